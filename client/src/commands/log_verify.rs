//! `tsumugu log verify`: the whole log, from the exchange or from a folder.

mod online;

use std::path::Path;

use serde::Serialize;
use tsumugu_trust::hash::Hash;

use crate::args::LogVerifyArgs;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::fingerprint::grouped;
use crate::log_folder::WholeLog;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The log's origin.
    pub origin: String,
    /// Leaves of the log, each of which was hashed.
    pub size: u64,
    /// Merkle root over them, 64 hexadecimal digits.
    pub root: String,
    /// Clear leaves among them, replayed through every rule.
    pub clear_leaves: u64,
    /// Entry bundles that were read; none where the exchange was asked.
    pub bundles: u64,
    /// Hash tiles that were compared; none where the exchange was asked.
    pub tiles: u64,
    /// Root fingerprint, 64 hexadecimal digits.
    pub fingerprint: String,
    /// Whether that fingerprint is the one given, or the vault's.
    pub anchored: bool,
    /// Receipts in this vault that were held against the log.
    pub receipts: u64,
    /// Whether a kept alarm was settled.
    pub settled: bool,
    #[serde(skip)]
    trust_root: Hash,
}

impl Verified {
    /// The exit code: a log whose root nobody compared is consistent, and no more.
    #[must_use]
    pub fn exit(&self) -> Exit {
        if self.anchored { Exit::Ok } else { Exit::RootNotChecked }
    }
}

impl Outcome for Verified {
    fn lines(&self, page: &mut Page) {
        let said = Sentence::new("log.verified").with("origin", &self.origin);
        page.say(&said.with("size", self.size).with("clear", self.clear_leaves));
        if self.tiles > 0 {
            let said = Sentence::new("log.files-verified").with("bundles", self.bundles);
            page.say(&said.with("tiles", self.tiles));
        }
        if self.receipts > 0 {
            page.say(&Sentence::new("log.receipts-verified").with("count", self.receipts));
        }
        if !self.anchored {
            page.say(&Sentence::new("log.root-not-checked"));
        }
        page.row(&format!("    {}", grouped(&self.trust_root)));
        if self.settled {
            page.say(&Sentence::new("session.settled"));
        }
    }
}

/// Runs the command.
///
/// # Errors
/// An alarm where anything does not hold; a file is missing or cannot be read; the exchange is not
/// reached.
pub async fn run(ctx: &Context, args: &LogVerifyArgs) -> Result<Verified, Failure> {
    match &args.dir {
        Some(dir) => verify_folder(dir, args.fingerprint),
        None => online::verify(ctx, args.settled).await,
    }
}

/// Checks a folder; `fingerprint` is the one on the city's paper.
///
/// # Errors
/// As [`WholeLog::read`]; an alarm where it is not the log of the fingerprint.
pub fn verify_folder(dir: &Path, fingerprint: Option<Hash>) -> Result<Verified, Failure> {
    let whole = WholeLog::read(dir)?;
    let tiles = whole.check_tiles(dir)?;
    let root = whole.root_fingerprint()?;
    if fingerprint.is_some_and(|given| given != root) {
        return Err(Failure::new("log.other-root"));
    }
    let WholeLog { replay, checkpoint, bundles } = &whole;
    Ok(Verified {
        origin: checkpoint.origin().to_owned(),
        size: checkpoint.size(),
        root: checkpoint.root().to_string(),
        clear_leaves: replay.chain().next_number(),
        bundles: *bundles,
        tiles,
        fingerprint: root.to_string(),
        anchored: fingerprint.is_some(),
        receipts: 0,
        settled: false,
        trust_root: root,
    })
}
