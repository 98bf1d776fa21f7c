//! Why the exchange is read-only (読み取り専用), and what ends it.
//!
//! | file in the folder | what it says | written | goes |
//! |---|---|---|---|
//! | `restored` | a backup was restored, and nobody has let the exchange go on yet | by `restore` | when an administrator says `admin resume` |
//! | `ahead` | a checkpoint that this log signed and does not continue: the largest that a client has shown | when a client shows it, and by `restore --ahead` | at a start with a log that continues it |
//!
//! While either is there, the exchange answers what changes nothing, and signs nothing: what it would
//! sign now contradicts what it signed before. Nothing that the log says is destroyed is destroyed, and
//! nothing that it does not name is removed: a log that is too old may name it later. An `ahead` that
//! cannot be read counts as one: it stays. A crash between writing `ahead` and answering leaves a
//! file that is true.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tsumugu_durable::DiskError;
use tsumugu_durable::atomic::{read_limited, remove_durable, write_atomic};
use tsumugu_proto::v1::ErrorReason;
use tsumugu_trust::checkpoint::VerifiedCheckpoint;
use tsumugu_trust::note::VerifyingKey;

use crate::backup::RESTORED;
use crate::ledger::{Ledger, Standing};
use crate::operations::{Condition, Conditions};
use crate::refused::Refused;
use crate::run::{MAX_CHECKPOINT, RunError};

/// The checkpoint, verbatim.
pub const AHEAD: &str = "ahead";

/// The metadata `rule` of the refusal to resume while somebody holds more of the log.
pub const RESUME_AHEAD: &str = "resume-ahead";

/// The metadata `rule` of the refusal to resume while nobody can tell what somebody holds.
pub const RESUME_UNREADABLE: &str = "resume-unreadable";

/// What a client has shown that this log does not continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ahead {
    /// So many leaves.
    Leaves(u64),
    /// The file is there, and is no checkpoint that a key of this log signed.
    Unreadable,
}

/// What keeps an exchange from signing.
#[derive(Debug)]
pub struct Restraint {
    dir: PathBuf,
    conditions: Arc<Conditions>,
    log_keys: Vec<VerifyingKey>,
    ahead: Mutex<Option<Ahead>>,
}

impl Restraint {
    /// What the folder says, which decides in what condition the exchange begins.
    ///
    /// # Errors
    /// [`RunError::Disk`]
    pub fn of(dir: &Path, ledger: &Ledger) -> Result<Self, RunError> {
        let ahead = ahead(dir, ledger)?;
        let is_restored = is_there(dir, RESTORED)?;
        if ahead == Some(Ahead::Unreadable) {
            tracing::error!(
                "read-only: the file `ahead` is no checkpoint signed by a key of this log; put it back from a copy, or restore with one"
            );
        }
        let is_held = is_restored || ahead.is_some();
        if is_held {
            tracing::warn!(is_restored, ?ahead, "read-only: nothing is signed or accepted");
        }
        let first = if is_held { Condition::ReadOnly } else { Condition::Serving };
        let conditions = Arc::new(Conditions::new(first));
        let log_keys = ledger.log_keys();
        Ok(Self { dir: dir.to_owned(), conditions, log_keys, ahead: Mutex::new(ahead) })
    }

    /// The condition, to be read and to be ended.
    #[must_use]
    pub fn conditions(&self) -> &Arc<Conditions> {
        &self.conditions
    }

    /// A client has shown a checkpoint that this log signed and does not continue.
    pub fn shown(&self, checkpoint: &VerifiedCheckpoint) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let size = checkpoint.size();
        self.conditions.read_only();
        match *ahead {
            Some(Ahead::Leaves(known)) if known >= size => return,
            // Nobody can tell which of the two is larger: what is there stays.
            Some(Ahead::Unreadable) => return,
            _ => {}
        }
        tracing::error!(
            size,
            "read-only: a client holds a checkpoint signed by this log that it does not continue"
        );
        // A client can write much beside the signature of the log.
        let kept =
            checkpoint.bare(&self.log_keys).map_err(|error| error.to_string()).and_then(|bare| {
                write_atomic(&self.dir.join(AHEAD), &bare).map_err(|error| error.to_string())
            });
        if let Err(error) = kept {
            // It holds for this run; the next one is told again by the same client.
            tracing::error!(error, "the checkpoint could not be kept");
        }
        *ahead = Some(Ahead::Leaves(size));
    }

    /// Lets the exchange go on, on an administrator's word, which has been checked.
    ///
    /// # Errors
    /// [`Refused`] with the rule [`RESUME_AHEAD`] when a client has shown a larger checkpoint, with
    /// [`RESUME_UNREADABLE`] when the one that a client has shown cannot be read any more;
    /// [`ErrorReason::Unavailable`] when the disk refused: then it is as before.
    pub fn resume(&self) -> Result<(), Refused> {
        let ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let rule = |text, rule| Refused::new(ErrorReason::Rule, text).with("rule", rule);
        match *ahead {
            None => {}
            Some(Ahead::Leaves(size)) => {
                let text = "a client holds more of this log than is here: restore a newer backup";
                return Err(rule(text, RESUME_AHEAD).with("size", size.to_string()));
            }
            Some(Ahead::Unreadable) => {
                let text = "the checkpoint that a client has shown cannot be read here";
                return Err(rule(text, RESUME_UNREADABLE));
            }
        }
        remove_durable(&self.dir.join(RESTORED)).map_err(|e| crate::exchange::broken(&e))?;
        self.conditions.resume();
        tracing::info!("an administrator has let the exchange go on");
        Ok(())
    }
}

/// The refusal of everything that would change something.
#[must_use]
pub fn read_only() -> Refused {
    Refused::new(
        ErrorReason::Unavailable,
        "the exchange is read-only until an administrator resumes it",
    )
}

/// Whether an exchange in this folder will be read-only, as far as its files say: a file `ahead` that the
/// log continues counts here.
///
/// # Errors
/// [`DiskError`] when that cannot be seen.
pub fn is_held(dir: &Path) -> Result<bool, DiskError> {
    Ok(is_there(dir, RESTORED)? || is_there(dir, AHEAD)?)
}

/// Whether the folder has a file of this name.
///
/// # Errors
/// [`DiskError`] when that cannot be seen.
pub(crate) fn is_there(dir: &Path, name: &str) -> Result<bool, DiskError> {
    let path = dir.join(name);
    path.try_exists().map_err(|source| DiskError::Io { action: "look for the file", path, source })
}

/// What the file `ahead` says. It goes when the log does continue it: a newer one was restored.
fn ahead(dir: &Path, ledger: &Ledger) -> Result<Option<Ahead>, DiskError> {
    let path = dir.join(AHEAD);
    let bytes = match read_limited(&path, MAX_CHECKPOINT) {
        Err(DiskError::Missing { .. }) => return Ok(None),
        Err(DiskError::TooLong { .. }) => return Ok(Some(Ahead::Unreadable)),
        read => read?,
    };
    match ledger.standing_of(&bytes) {
        Standing::Ahead(size) => Ok(Some(Ahead::Leaves(size))),
        Standing::Unreadable => Ok(Some(Ahead::Unreadable)),
        Standing::Continued => remove_durable(&path).map(|()| None),
    }
}
