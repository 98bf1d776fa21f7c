//! One agent for each vault.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tsumugu_durable::atomic::create_dir_durable;
use tsumugu_durable::lock::{FolderLock, LockError};

use crate::failure::Failure;

/// The agent's folder in the home folder.
pub(crate) fn folder(home: &Path) -> PathBuf {
    home.join("agent")
}

/// Proof that this process is the agent of a vault; the system takes it back when the process ends,
/// however it ends.
#[derive(Debug)]
pub(crate) struct Place {
    _lock: FolderLock,
}

impl Place {
    /// # Errors
    /// `agent.already-running`; the folder cannot be used.
    pub(crate) fn take(home: &Path) -> Result<Self, Failure> {
        let folder = folder(home);
        create_dir_durable(&folder).map_err(|error| Failure::home_unusable(&folder, error))?;
        match FolderLock::acquire(&folder, Duration::ZERO) {
            Ok(lock) => Ok(Self { _lock: lock }),
            Err(error @ LockError::Held { .. }) => {
                Err(Failure::new("agent.already-running").because(error))
            }
            Err(error) => Err(Failure::home_unusable(&folder, error)),
        }
    }
}

/// Whether an agent of this home runs now.
pub(crate) fn is_running(home: &Path) -> bool {
    let folder = folder(home);
    folder.is_dir()
        && matches!(FolderLock::acquire(&folder, Duration::ZERO), Err(LockError::Held { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_agent_is_refused_by_name() {
        let home = tempfile::tempdir().unwrap();
        assert!(!is_running(home.path()));
        let first = Place::take(home.path()).unwrap();
        assert!(is_running(home.path()));
        assert_eq!(Place::take(home.path()).unwrap_err().key(), "agent.already-running");
        drop(first);
        assert!(!is_running(home.path()));
        Place::take(home.path()).unwrap();
    }
}
