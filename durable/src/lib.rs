//! The one place that talks to the disk, for the server and the client.
//!
//! Everything here is synchronous and runs on Linux and Windows. "Durable" means: a power cut after
//! the function returned does not undo it, on a disk that does not lie about what it has written.
//!
//! | module | what it is | what a crash in the middle leaves |
//! |---|---|---|
//! | [`atomic`] | whole files and directories that appear, change and go in one step | the old state or the new one, and perhaps a temporary file, which [`sweep_temporaries`] removes |
//! | [`attachments`] | sealed attachments, which arrive in pieces and are destroyed one day | what was acknowledged; an upload that goes on where it was; a destruction that start-up repeats |
//! | [`bodies`] | sealed bodies that are destroyed one day | bodies that no location leads to, which are in nobody's way; a destruction that start-up repeats |
//! | [`clock`] | the one reader of the system's clock | nothing |
//! | [`crash`] | named places where a test makes the program die | what dying there leaves: that is what it is for |
//! | [`fault`] | tests make the n-th write or sync fail | in a test, exactly what it asked for |
//! | [`journal`] | the append-only sequence of rounds: the truth | a last round that is not whole, which start-up drops; an erasure that start-up completes |
//! | [`lines`] | a file of lines that need not outlive a power cut | a last line in part, which the reader leaves out |
//! | [`streamed`] | files too large for memory: named once they are whole, or continued | a temporary file, or the part that came |
//! | [`lock`] | one process per folder | nothing: the lock goes with the process |
//! | [`space`] | how much the disk can still take | nothing |
//!
//! # One round, and what a crash leaves at each step
//!
//! ```text
//! BodyStore::put                    bodies (or a part of them) that no location leads to
//! BodyStore::sync                   the same, lasting
//! Journal::append_round: write      part of a round: dropped; or all of it: start-up takes it
//! Journal::append_round: fdatasync  the round is there: start-up applies it, though nobody was told
//! BodyStore::destroy_all            some of the bodies: start-up repeats what the journal says
//! ```
//!
//! # Rules
//!
//! * After a failed write or sync, [`Journal`] and [`BodyStore`] refuse everything: what the disk
//!   holds is not known, and a second sync that succeeds proves nothing. The process stops, and
//!   start-up decides. Of [`AttachmentStore`] only the upload concerned is discarded: nothing in
//!   the log names it yet.
//! * Damage is never repaired silently. Only what a crash can have done is undone.
//! * Checksums (CRC-32) find torn and rotten bytes. They do not stop a person who can write to the
//!   folder: that is what the log's signatures and the bodies' digests are for.
//! * [`FaultPlan`] and [`crash_point`] do something only in builds with debug assertions.

pub mod atomic;
pub mod attachments;
pub mod bodies;
pub mod clock;
pub mod crash;
mod disk;
mod error;
pub mod fault;
pub mod journal;
pub mod lines;
pub mod lock;
pub mod space;
pub mod streamed;

pub use self::atomic::{
    Access, TEMPORARY_SUFFIX, create_dir_durable, create_dir_durable_with, move_durable,
    read_limited, remove_durable, sweep_temporaries, write_atomic, write_atomic_with, write_new,
    write_new_with,
};
pub use self::attachments::{
    ATTACHMENT_BLOCK, ATTACHMENT_MAGIC, AttachmentError, AttachmentKey, AttachmentStore, OWNER,
    Progress, Quota, UploadName, UploadWriter,
};
pub use self::bodies::{BodyError, BodyLocation, BodyReader, BodyStore};
pub use self::crash::{CRASH_AT, CRASH_POINTS, crash_point};
pub use self::error::DiskError;
pub use self::fault::{Fault, FaultPlan, Step};
pub use self::journal::{
    CopyError, Damage, DroppedTail, Erasure, FRAME_OVERHEAD, Frame, Journal, JournalError,
    JournalReader, JournalSnapshot, MAX_END, MAX_ERASURES, MAX_FRAME, MAX_LABEL, MAX_ROUND,
    MAX_SEGMENTS, Position, ROUND_END, Round, SegmentInfo,
};
pub use self::lock::{FolderLock, LOCK_FILE, LockError};
pub use self::streamed::{NewFile, PartFile};
