//! Turns (順番): what one process at a time may do with a vault, while others wait.
//!
//! Commands and the agent share a vault. Each write takes the vault's own lock for a moment; a turn
//! is held for a whole exchange with the server, so that two processes do not do the same twice.

use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tsumugu_durable::atomic::create_dir_durable;
use tsumugu_durable::lock::{FolderLock, LockError};

use crate::failure::Failure;

/// How long one process waits for the turn of another.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The pause between two tries. The wait is asynchronous: a live connection goes on meanwhile.
const PAUSE: Duration = Duration::from_millis(50);

/// What is done one process at a time. The folder below the home folder holds the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Saying what waits: two that seal the same letter anew would use its id for two envelopes.
    Outbox,
    /// Taking in what is new: two that set aside the same letter would answer it twice.
    Mailbox,
}

impl Turn {
    /// Waits for the turn; it ends when the lock is dropped, and with the process.
    ///
    /// # Errors
    /// `outbox.busy`, `mailbox.busy` after [`PATIENCE`]; the folder cannot be used.
    pub(crate) async fn take(self, home: &Path) -> Result<FolderLock, Failure> {
        let (folder, busy) = match self {
            Self::Outbox => (home.join("outbox"), "outbox.busy"),
            Self::Mailbox => (home.join("mailbox"), "mailbox.busy"),
        };
        create_dir_durable(&folder).map_err(|error| Failure::home_unusable(&folder, error))?;
        let end = Instant::now() + PATIENCE;
        loop {
            match FolderLock::acquire(&folder, Duration::ZERO) {
                Ok(turn) => return Ok(turn),
                Err(LockError::Held { .. }) if Instant::now() < end => sleep(PAUSE).await,
                Err(error @ LockError::Held { .. }) => {
                    return Err(Failure::new(busy).because(error));
                }
                Err(error) => return Err(Failure::home_unusable(&folder, error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_second_waits_for_its_turn_and_not_for_ever() {
        let home = tempfile::tempdir().unwrap();
        let first = Turn::Mailbox.take(home.path()).await.unwrap();
        // Another turn is free.
        drop(Turn::Outbox.take(home.path()).await.unwrap());
        let refused = Turn::Mailbox.take(home.path()).await.unwrap_err();
        assert_eq!(refused.key(), "mailbox.busy");
        let waiting = async {
            sleep(PATIENCE / 2).await;
            drop(first);
        };
        let (second, ()) = tokio::join!(Turn::Mailbox.take(home.path()), waiting);
        second.unwrap();
    }
}
