//! Restoring an exchange from a backup and an administrator's answer.
//!
//! What makes a folder an exchange is its log key, so that comes last: until then nothing starts here.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use tsumugu_durable::atomic::{
    create_dir_durable, list, move_durable, read_limited, remove_durable, settle_directory,
    write_atomic,
};
use tsumugu_durable::lock::LOCK_FILE;
use tsumugu_durable::{DiskError, FolderLock, TEMPORARY_SUFFIX, crash_point};
use tsumugu_trust::backup::{BackupKey, BackupSummary, MAX_SEALED_KEY};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::seal::{SealedReader, StreamError};
use tsumugu_trust::value::{Origin, Value};

use super::request::{REQUEST, SECRET, asked, head};
use super::unpack::unpack;
use super::{OnProgress, RestoreError};
use crate::ca::IssuingCa;
use crate::keys;
use crate::ledger::{LOG, Ledger, LedgerError, OpenError, Standing};
use crate::restraint::AHEAD;
use crate::run::{MAX_CHECKPOINT, RunError};
use crate::settings::Settings;
use crate::tiles;

/// Says that this exchange was restored and that nobody has let it go on yet.
pub const RESTORED: &str = "restored";
/// Where everything lies until it is whole.
const RESTORING: &str = "restoring";
/// In [`RESTORING`]: everything is there, was opened and checked, and may move to its place.
const WHOLE: &str = "whole";
/// Names at the top of the folder that are a restore's own.
pub(super) const RESERVED: [&str; 4] = [REQUEST, SECRET, RESTORING, WHOLE];

const MAX_MARK: u64 = 4_096;
const MARK: &str = "tsumugu/v1/restored";

/// An exchange that was restored. It starts read-only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The log.
    pub origin: String,
    /// Leaves in the log.
    pub leaves: u64,
    /// Root of the tree over them, hex.
    pub root: String,
    /// When the backup was made (RFC 3339).
    pub made: String,
}

/// What a restore is held against, where it is given.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// The log that it must be.
    pub origin: Option<Origin>,
    /// The root fingerprint (根の指紋) on the city's paper. Without it, the answer to the request is
    /// believed, and who makes a backup can answer himself.
    pub root: Option<Hash>,
    /// The file `ahead` of a folder that was restored before: what a client has shown there, and will not
    /// show again once it has raised its alarm.
    pub ahead: Option<PathBuf>,
}

/// Restores a backup into the folder in which it was asked for. Goes on where an earlier call was
/// interrupted after everything had been checked; then it needs no key.
///
/// # Errors
/// [`RestoreError`]
pub fn restore(
    file: &Path,
    dir: &Path,
    key: &Path,
    wanted: &Wanted,
    on_progress: OnProgress<'_>,
) -> Result<Restored, RestoreError> {
    check_free(dir)?;
    let _lock = FolderLock::acquire(dir, std::time::Duration::ZERO).map_err(RunError::from)?;
    let restoring = dir.join(RESTORING);
    if let Some(restored) = whole(&restoring) {
        move_in(dir, &restoring)?;
        return Ok(restored);
    }
    let (request, identity) = asked(dir)?;
    if head(file)? != request.head() {
        return Err(RestoreError::NoRequest);
    }
    let answer = read_limited(key, MAX_SEALED_KEY as u64)?;
    let key = BackupKey::read(&answer, &request, &identity).map_err(RestoreError::Key)?;
    if let Some(wanted) = wanted.origin.as_ref().filter(|wanted| **wanted != key.origin) {
        let (found, wanted) = (key.origin.to_string(), wanted.to_string());
        return Err(RestoreError::OtherOrigin { found, wanted });
    }
    let sealed = File::open(file).map_err(RestoreError::Read)?;
    let reader = SealedReader::with_file_key(&key.file_key, BufReader::new(sealed), u64::MAX);
    let reader = reader.map_err(|error| match error {
        StreamError::Open(error) => RestoreError::Damaged(error),
        StreamError::Read(error) | StreamError::Write(error) => RestoreError::Read(error),
    })?;
    if restoring.exists() {
        std::fs::remove_dir_all(&restoring).map_err(RestoreError::Write)?;
    }
    create_dir_durable(&restoring)?;
    let all = reader.length();
    let watched = Watched { from: reader, read: 0, all, tell: on_progress };
    let unpacked = unpack(watched, &restoring, &key.log_keys)
        .and_then(|summary| open(&restoring, &key, &summary, wanted).map(|()| summary));
    let summary = match unpacked {
        Ok(summary) => summary,
        Err(error) => {
            // Nothing of it is to be used; a folder that stays is begun anew the next time.
            let _ = std::fs::remove_dir_all(&restoring);
            return Err(error);
        }
    };
    let restored = Restored {
        origin: summary.origin.to_string(),
        leaves: summary.leaves,
        root: summary.root.to_string(),
        made: summary.made.encode(),
    };
    write_atomic(&restoring.join(RESTORED), restored.mark().as_bytes())?;
    write_atomic(&restoring.join(WHOLE), b"")?;
    crash_point("server.restore.whole");
    move_in(dir, &restoring)?;
    Ok(restored)
}

/// Refuses a folder with anything in it that is not a restore's own.
pub(super) fn check_free(dir: &Path) -> Result<(), RestoreError> {
    let is_going_on = whole(&dir.join(RESTORING)).is_some();
    for path in list(dir)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let ours = RESERVED.contains(&&*name)
            || name == LOCK_FILE
            || name.ends_with(TEMPORARY_SUFFIX)
            || (is_going_on && name != keys::FILE);
        if !ours {
            return Err(RestoreError::NotEmpty { name });
        }
    }
    Ok(())
}

/// Opens what was unpacked as an exchange would be opened, and makes its views and tiles.
fn open(
    folder: &Path,
    key: &BackupKey,
    summary: &BackupSummary,
    wanted: &Wanted,
) -> Result<(), RestoreError> {
    let incomplete = |what| Err(RestoreError::Incomplete { what });
    let (origin, log_key) = keys::load(folder)?;
    if origin != key.origin || summary.origin != origin {
        return incomplete("the origin of the log key is another one");
    }
    if !key.log_keys.contains(log_key.verifying_key()) {
        return incomplete("the administrator does not know the log key");
    }
    Settings::load(folder).map_err(RunError::from)?;
    IssuingCa::load(folder, origin.as_str()).map_err(RunError::from)?;
    let present = log_key.verifying_key().clone();
    let (ledger, _) = Ledger::open_as(folder, &origin, log_key, true)?;
    let reader = ledger.reader();
    let published = reader.published();
    // Entry 0 and what follows it are public: only the log key makes a log of them.
    if !published.directory.log_keys().contains(&present) {
        return incomplete("the log key is not in the log's own trust list");
    }
    let found = published.directory.root_fingerprint();
    if wanted.root.is_some() && found != wanted.root {
        return Err(RestoreError::OtherRoot);
    }
    if (published.size, reader.root_at(published.size)) != (summary.leaves, Some(summary.root)) {
        return incomplete("the journal is not the one of which the backup was made");
    }
    let failed = |_| OpenError::Ledger(LedgerError::Contradiction("the tiles cannot be made"));
    tiles::write(&folder.join(LOG), &reader, &published, 0).map_err(failed)?;
    reader.views().flush().map_err(OpenError::from)?;
    match &wanted.ahead {
        Some(shown) => keep(shown, folder, &ledger),
        None => Ok(()),
    }
}

/// Keeps what a client has shown before, where this log does not continue it either.
fn keep(shown: &Path, folder: &Path, ledger: &Ledger) -> Result<(), RestoreError> {
    let shown = read_limited(shown, MAX_CHECKPOINT)?;
    let size_of = |note: &[u8]| match ledger.standing_of(note) {
        Standing::Ahead(size) => Ok(Some(size)),
        Standing::Continued => Ok(None),
        Standing::Unreadable => Err(RestoreError::NotAhead),
    };
    let Some(size) = size_of(&shown)? else { return Ok(()) };
    // An exchange that was read-only when its backup was made has one of its own.
    let own = folder.join(AHEAD);
    let known = match read_limited(&own, MAX_CHECKPOINT) {
        Ok(known) => size_of(&known)?,
        Err(DiskError::Missing { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    if known < Some(size) {
        write_atomic(&own, &shown)?;
    }
    Ok(())
}

/// A crash leaves some of it here and some there, and the log key here: the next call goes on.
fn move_in(dir: &Path, restoring: &Path) -> Result<(), RestoreError> {
    let last = restoring.join(keys::FILE);
    for path in list(restoring)? {
        let name = path.file_name().unwrap_or_default().to_owned();
        if path != last && name != WHOLE {
            move_durable(&path, &dir.join(name))?;
            crash_point("server.restore.moved");
        }
    }
    for name in [SECRET, REQUEST] {
        remove_durable(&dir.join(name))?;
    }
    move_durable(&last, &dir.join(keys::FILE))?;
    crash_point("server.restore.done");
    std::fs::remove_dir_all(restoring).map_err(RestoreError::Write)?;
    Ok(settle_directory(dir)?)
}

/// What was restored, when everything is there.
fn whole(restoring: &Path) -> Option<Restored> {
    let is_whole = restoring.join(WHOLE).exists();
    let dir = restoring.parent()?;
    // It may have moved already.
    let mark = [restoring.join(RESTORED), dir.join(RESTORED)];
    let mark = mark.iter().find_map(|path| read_limited(path, MAX_MARK).ok())?;
    Restored::parse(std::str::from_utf8(&mark).ok()?).filter(|_| is_whole)
}

impl Restored {
    fn mark(&self) -> String {
        let Self { origin, leaves, root, made } = self;
        format!("{MARK}\n{origin}\nleaves {leaves}\nroot {root}\nmade {made}\n")
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != MARK {
            return None;
        }
        let restored = Self {
            origin: lines.next()?.to_owned(),
            leaves: lines.next()?.strip_prefix("leaves ")?.parse().ok()?,
            root: lines.next()?.strip_prefix("root ")?.to_owned(),
            made: lines.next()?.strip_prefix("made ")?.to_owned(),
        };
        (restored.mark() == text).then_some(restored)
    }
}

struct Watched<'a, R> {
    from: R,
    read: u64,
    all: u64,
    tell: OnProgress<'a>,
}

impl<R: std::io::Read> std::io::Read for Watched<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let read = self.from.read(into)?;
        self.read += read as u64;
        (self.tell)(self.read, self.all);
        Ok(read)
    }
}
