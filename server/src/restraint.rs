//! Why the exchange is read-only (読み取り専用), and what ends it.
//!
//! | file in the folder | what it says | written | goes |
//! |---|---|---|---|
//! | `restored` | a backup was restored, and nobody has let the exchange go on yet | by `restore` | when an administrator says `admin resume` |
//! | `ahead` | a checkpoint that this log signed and does not continue: the largest that a client has shown | when a client shows it | at a start with a log that continues it |
//!
//! While either is there, the exchange answers what changes nothing, and signs nothing: what it would
//! sign now contradicts what it signed before. A crash between writing `ahead` and answering leaves a
//! file that is true.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tsumugu_durable::DiskError;
use tsumugu_durable::atomic::{read_limited, remove_durable, write_atomic};
use tsumugu_proto::v1::ErrorReason;
use tsumugu_trust::checkpoint::VerifiedCheckpoint;

use crate::backup::RESTORED;
use crate::ledger::Ledger;
use crate::operations::{Condition, Conditions};
use crate::refused::Refused;
use crate::run::{MAX_CHECKPOINT, RunError};

/// The checkpoint, verbatim.
pub const AHEAD: &str = "ahead";

/// The metadata `rule` of the refusal to resume while somebody holds more of the log.
pub const RESUME_AHEAD: &str = "resume-ahead";

/// What keeps an exchange from signing.
#[derive(Debug)]
pub struct Restraint {
    dir: PathBuf,
    conditions: Arc<Conditions>,
    /// Leaves that the largest checkpoint shows which this log does not continue.
    ahead: Mutex<Option<u64>>,
}

impl Restraint {
    /// What the folder says, which decides in what condition the exchange begins.
    ///
    /// # Errors
    /// [`RunError::Disk`]
    pub fn of(dir: &Path, ledger: &Ledger) -> Result<Self, RunError> {
        let ahead = ahead(dir, ledger)?;
        let is_restored = dir.join(RESTORED).exists();
        if is_restored || ahead.is_some() {
            tracing::warn!(is_restored, ahead, "read-only: nothing is signed or accepted");
        }
        let is_held = is_restored || ahead.is_some();
        let first = if is_held { Condition::ReadOnly } else { Condition::Serving };
        let conditions = Arc::new(Conditions::new(first));
        Ok(Self { dir: dir.to_owned(), conditions, ahead: Mutex::new(ahead) })
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
        if ahead.is_some_and(|known| known >= size) {
            return;
        }
        tracing::error!(
            size,
            "read-only: a client holds a checkpoint signed by this log that it does not continue"
        );
        if let Err(error) = write_atomic(&self.dir.join(AHEAD), checkpoint.note_bytes()) {
            // It holds for this run; the next one is told again by the same client.
            tracing::error!(%error, "the checkpoint could not be kept");
        }
        *ahead = Some(size);
    }

    /// Lets the exchange go on, on an administrator's word, which has been checked.
    ///
    /// # Errors
    /// [`Refused`] with the rule [`RESUME_AHEAD`] when a client has shown a larger checkpoint;
    /// [`ErrorReason::Unavailable`] when the disk refused: then it is as before.
    pub fn resume(&self) -> Result<(), Refused> {
        let ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(size) = *ahead {
            return Err(Refused::new(
                ErrorReason::Rule,
                "a client holds more of this log than is here: restore a newer backup",
            )
            .with("rule", RESUME_AHEAD)
            .with("size", size.to_string()));
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

/// The size in the file `ahead`, which goes when the log does continue it: a newer one was restored.
fn ahead(dir: &Path, ledger: &Ledger) -> Result<Option<u64>, DiskError> {
    let path = dir.join(AHEAD);
    let bytes = match read_limited(&path, MAX_CHECKPOINT) {
        Err(DiskError::Missing { .. }) => return Ok(None),
        read => read?,
    };
    match ledger.ahead_of(&bytes) {
        Some(size) => Ok(Some(size)),
        None => remove_durable(&path).map(|()| None),
    }
}
