//! What can go wrong with one file or directory.

use std::io;
use std::path::{Path, PathBuf};

/// A file operation failed, or a file is not what the caller may take.
#[derive(Debug, thiserror::Error)]
pub enum DiskError {
    /// The operating system refused; after a failed write or sync the state of the file is unknown.
    #[error("{}: cannot {action}", path.display())]
    Io {
        /// What was tried, as a verb and its object.
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// Why the operating system refused.
        source: io::Error,
    },
    /// The name is taken; the file that has it was left alone.
    #[error("{}: there is already a file of this name", path.display())]
    Exists {
        /// The taken name.
        path: PathBuf,
    },
    /// There is no such file.
    #[error("{}: there is no such file", path.display())]
    Missing {
        /// The name that nothing has.
        path: PathBuf,
    },
    /// The file is longer than its reader may take.
    #[error("{}: longer than {max} bytes", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The reader's limit in bytes.
        max: u64,
    },
}

impl DiskError {
    /// Wraps an error of the operating system; "no such file" becomes [`DiskError::Missing`].
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { path: path.to_owned() },
            _ => Self::Io { action, path: path.to_owned(), source },
        }
    }
}
