//! What an office keeps for itself (事業所内の記録): drafts, cases, workers, who has taken what on.
//!
//! ```text
//! write ── sealed to the own institution, queued ──> log ──> mailbox of every terminal ── take_in
//! office-unsent/KEY   what this PC wrote and the log does not have yet
//! office/KEY          what the log has: the newest of each key
//! ```
//!
//! Each record is a letter to one's own institution, so a second PC that replays its mailbox has the
//! same truth, and so has one that was restored. Of two records of one key the one with the higher
//! revision counts, and of equal revisions the later one in the log: whatever order they come in, every
//! PC ends with the same. `office/` can be made anew from the letters.

mod entry;
mod fact;
mod limits;
mod snapshot;
mod state;
mod take_in;
mod write;

pub use entry::{BadRecord, Entry, Key};
pub(crate) use entry::{is_reason_name, is_step_name};
pub use fact::{FactName, FactValue, ToldBy};
pub use limits::*;

pub(crate) use snapshot::{needs_snapshot, write_snapshot};
pub(crate) use state::{Kept, all, get};
pub(crate) use take_in::{OwnLetter, take_in};
pub(crate) use write::write;

#[cfg(test)]
mod tests;
