//! Attachments (添付): files that go with a letter, each sealed under a key that only the letter holds
//! (`docs/FORMATS.md`, section 4.4).
//!
//! ```text
//! file ── name made safe ── looked into ── sealed ──> vault/attachment/DIGEST.age   before the outbox's entry
//! vault/attachment/DIGEST.age ── uploaded, resumed ──> exchange                     before the letter
//! exchange ── fetched, resumed ──> DIGEST.part ── digest ──> DIGEST.age
//! DIGEST.age ── looked into ── opened ── digest, length ──> DIR/NAME                save
//! ```
//!
//! What does not verify is not written out (隔離): the letter and the other attachments stay readable.

mod attach;
mod fetch;
mod inspect;
mod kind;
mod name;
mod office;
mod pdf;
mod received;
mod save;
mod store;
mod zip;

pub use inspect::{CheckedKind, Forbidden, Inspected, inspect};
pub use kind::FileKind;
pub use name::{FileName, MAX_NAME};

pub(crate) use attach::{attach, sweep_forgotten};
pub(crate) use fetch::fetch;
pub(crate) use received::{Attachment, SetAside, Whereabouts, attachments, called};
pub(crate) use save::save;
pub(crate) use store::{FOLDER, Store, digest};

/// Crash points of attachments, in the order in which one passes them.
pub const CRASH_POINTS: &[&str] = &[
    "client.attachment.sealed",
    "client.attachment.uploading",
    "client.attachment.uploaded",
    "client.attachment.fetching",
];

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
pub(crate) mod tests;
