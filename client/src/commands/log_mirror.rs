//! `tsumugu log mirror`: a copy of the log that grows, from the exchange or from another copy.
//!
//! ```text
//! what the copy has      its checkpoint, and every entry against it
//! what is newer          a checkpoint that continues it, and every entry against that
//! write                  bundles, tiles, and last the checkpoint
//! ```
//!
//! A crash anywhere leaves a whole copy, the old one or the new one. No sheet is in a log, and none is
//! needed: private leaves are digests.

mod source;

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use tsumugu_durable::FolderLock;
use tsumugu_durable::atomic::{Access, create_dir_durable_with};
use tsumugu_durable::lock::LockError;
use tsumugu_trust::checkpoint::{Checkpoint, VerifiedCheckpoint};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::tiles::{encode_bundle, new_bundles};
use tsumugu_trust::value::Origin;

use crate::args::LogMirrorArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::fingerprint::grouped;
use crate::log_folder::{
    LogFolder, Replay, WholeLog, bad, claimed, first_difference, push_all, sweep, write_grown,
};
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};
use source::Source;

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mirrored {
    /// The log's origin.
    pub origin: String,
    /// Leaves of the copy now.
    pub size: u64,
    /// Leaves that are new in it.
    pub new: u64,
    /// Merkle root over all of them, 64 hexadecimal digits.
    pub root: String,
    /// Entry bundles that were written.
    pub bundles: u64,
    /// Hash tiles that were written.
    pub tiles: u64,
    /// Root fingerprint, 64 hexadecimal digits.
    pub fingerprint: String,
    /// Whether that fingerprint is the one given, or the vault's.
    pub anchored: bool,
    #[serde(skip)]
    trust_root: Hash,
}

/// Runs the command.
///
/// # Errors
/// An alarm where what is newer does not continue the copy, or is not the log that it says; the copy is
/// damaged or in use; the source is behind it; the disk.
pub async fn run(ctx: &Context, args: &LogMirrorArgs) -> Result<Mirrored, Failure> {
    let unusable = |error| Failure::file_unwritable(&args.dir, error);
    create_dir_durable_with(&args.dir, Access::Shared).map_err(unusable)?;
    let _lock = FolderLock::acquire(&args.dir, Duration::ZERO).map_err(|error| match error {
        LockError::Held { .. } => Failure::new("log.mirror-in-use").because(error),
        LockError::Disk(error) => Failure::file_unwritable(&args.dir, error),
    })?;
    let folder = LogFolder::at(&args.dir);
    sweep(&folder)?;
    let old = match folder.checkpoint()? {
        Some(note) => Some((claimed(&note)?, note)),
        None => None,
    };
    match &args.from {
        Some(from) => from_folder(&folder, old, from, args.fingerprint).await,
        None => from_exchange(ctx, &folder, old).await,
    }
}

/// The alarm over a copy's own files.
const BAD_FOLDER: &str = "log.bad-folder";

type Old = Option<(Checkpoint, Vec<u8>)>;

async fn from_exchange(ctx: &Context, folder: &LogFolder, old: Old) -> Result<Mirrored, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    session.sync().await?;
    let origin = session.origin().clone();
    of_this_log(&old, &origin)?;
    let rpc = session.connect().await?;
    let before = match &old {
        Some((_, note)) => Some(session.signed_before(note)?),
        None => None,
    };
    let newest = session.newest_after(before.as_ref()).await?;
    let source = Source::Exchange(rpc);
    let mirrored = grow(folder, &source, origin, before.as_ref(), &newest).await;
    let (mut mirrored, root) = match mirrored {
        // A damaged file of the copy says nothing about the exchange.
        Err(failure) if failure.key() == BAD_FOLDER => Err(failure),
        mirrored => session.keep_alarm(mirrored),
    }?;
    let known = session.identity().exchange.root;
    if root != known {
        return session.keep_alarm(Err(Failure::new("log.other-root")));
    }
    mirrored.anchored = true;
    Ok(mirrored)
}

async fn from_folder(
    folder: &LogFolder,
    old: Old,
    from: &Path,
    fingerprint: Option<Hash>,
) -> Result<Mirrored, Failure> {
    let whole = WholeLog::read(from)?;
    let newest = &whole.checkpoint;
    let origin: Origin = newest.origin().parse().map_err(|error| bad("origin").because(error))?;
    of_this_log(&old, &origin)?;
    let keys = whole.replay.all_log_keys();
    let before = old.map(|(_, note)| VerifiedCheckpoint::verify(&note, origin.as_str(), &keys));
    let before = before.transpose().map_err(|error| bad("checkpoint").because(error))?;
    let root = whole.root_fingerprint()?;
    if fingerprint.is_some_and(|given| given != root) {
        return Err(Failure::new("log.other-root"));
    }
    if let Some(before) = &before {
        continues(folder, before, &whole)?;
    }
    let source = Source::Folder(LogFolder::at(from));
    let (mut mirrored, _) = grow(folder, &source, origin, before.as_ref(), newest).await?;
    mirrored.anchored = fingerprint.is_some();
    Ok(mirrored)
}

/// Two copies of different logs are a wrong folder, not an attack.
fn of_this_log(old: &Old, origin: &Origin) -> Result<(), Failure> {
    match old {
        Some((claimed, _)) if claimed.origin() != origin.as_str() => {
            let failure = Failure::new("log.other-log").with("origin", claimed.origin());
            Err(failure.with("other", origin))
        }
        _ => Ok(()),
    }
}

/// The source has what the copy's checkpoint says, and is not behind it.
fn continues(
    folder: &LogFolder,
    before: &VerifiedCheckpoint,
    source: &WholeLog,
) -> Result<(), Failure> {
    let newest = &source.checkpoint;
    if source.replay.tree().root_at(before.size()) == Ok(before.root()) {
        return Ok(());
    }
    // The source is shorter, or another history: which, and where it begins, the copy's leaves tell.
    let own = WholeLog::read(folder.path())?;
    match first_difference(own.replay.tree(), source.replay.tree()) {
        Some(index) => Err(Failure::new("log.copies-differ").with("index", index)),
        None => Err(Failure::new("log.source-behind")
            .with("size", newest.size())
            .with("own", before.size())),
    }
}

/// Checks everything, then writes; gives the root fingerprint too.
async fn grow(
    folder: &LogFolder,
    source: &Source,
    origin: Origin,
    before: Option<&VerifiedCheckpoint>,
    newest: &VerifiedCheckpoint,
) -> Result<(Mirrored, Hash), Failure> {
    let had = before.map_or(0, VerifiedCheckpoint::size);
    let mut replay = Replay::new(origin);
    // What was deleted from the copy is fetched again: it has to have the old root as well.
    for bundle in new_bundles(0, had) {
        let bytes = match folder.tile(&bundle)? {
            Some(bytes) => bytes,
            None => encode_bundle(&source.bundle(&bundle).await?)
                .map_err(|error| source.blame(&bundle.to_string()).because(error))?,
        };
        push_all(&mut replay, &bundle, &bytes)?;
    }
    if let Some(before) = before
        && replay.tree().root() != before.root()
    {
        return Err(bad(&folder.part_that_differs(&replay)));
    }
    let push = |_, entry: &[u8]| {
        replay.push(entry).map_err(|error| source.blame(&error.to_string()).because(error))
    };
    source.each(had..newest.size(), push).await?;
    if replay.tree().root() != newest.root() {
        return Err(source.blame("root"));
    }
    let root = replay.chain().directory().root_fingerprint().ok_or_else(|| bad("trust-list"))?;
    let growth = write_grown(folder, &replay, newest, async |bundle| {
        let entries = source.bundle(bundle).await?;
        let same = replay.has(bundle, &entries);
        same.then_some(entries).ok_or_else(|| source.blame(&bundle.to_string()))
    });
    let growth = growth.await?;
    let mirrored = Mirrored {
        origin: newest.origin().to_owned(),
        size: newest.size(),
        new: newest.size() - had,
        root: newest.root().to_string(),
        bundles: growth.bundles,
        tiles: growth.tiles,
        fingerprint: root.to_string(),
        anchored: false,
        trust_root: root,
    };
    Ok((mirrored, root))
}

impl Outcome for Mirrored {
    fn lines(&self, page: &mut Page) {
        let said = Sentence::new("log.mirrored").with("origin", &self.origin);
        page.say(&said.with("size", self.size).with("new", self.new));
        if !self.anchored {
            page.say(&Sentence::new("log.root-not-checked"));
        }
        page.row(&format!("    {}", grouped(&self.trust_root)));
    }
}
