//! Why the body store refused.

use super::BodyLocation;
use crate::error::DiskError;

/// A refusal of the body store.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// An earlier write or sync failed, so nobody knows what the disk holds; start-up finds out.
    #[error("the body store stopped after a failed write; a restart decides what was kept")]
    Stopped,
    /// The body was destroyed.
    #[error("the body was destroyed")]
    Destroyed,
    /// Nothing stands at the location: a destroyed file, or a location of another store.
    #[error("there is no body at {location:?}")]
    Absent {
        /// The location.
        location: BodyLocation,
    },
    /// The bytes at the location are not as they were written.
    #[error("the body at {location:?} is damaged")]
    Damaged {
        /// The location.
        location: BodyLocation,
    },
    /// A body segment is not one.
    #[error("body segment {segment} is damaged at its beginning")]
    BadSegment {
        /// Its number.
        segment: u32,
    },
    /// The folder holds a name that the store did not make.
    #[error("{name:?} is not the name of a body file")]
    BadName {
        /// The name.
        name: String,
    },
    /// There are as many body segments as there can be.
    #[error("there can be no more body segments")]
    Full,
    /// A file could not be read, written, or synced.
    #[error(transparent)]
    Disk(#[from] DiskError),
}
