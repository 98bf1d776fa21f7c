//! The outbox (送信箱): what is to be said to the exchange, kept on disk before the first attempt, and
//! until the log has it.
//!
//! ```text
//! outbox/ENTRY          JSON: the commands' statements, attempts, why it was refused
//! outbox-part/ENTRY-…   letters and sealed bodies, written before the entry that names them
//!
//! attachments uploaded ─┐
//! queue ── saved ────────┴── call ── replied ── receipts verified ── recorded ── entry removed
//! ```
//!
//! At every attempt the same bytes go out: the exchange recognises a command by them and answers a
//! repeat with its first receipt, so that nothing is sent twice. Letters are sealed anew only after the
//! explicit refusal `STALE_KEY_SET`, and then the new bytes are saved before they go out. A crash
//! leaves the entry (the next attempt repeats it) or nothing.

mod entry;
mod flush;
mod owner;
mod queue;
mod record;
mod settled;
#[cfg(test)]
mod tests;
mod upload;

pub use entry::{
    Attempt, Command, Entry, QueuedAnswer, QueuedLetter, RefusedEntry, SendGroup, damaged_entries,
    entries,
};
pub(crate) use entry::{sayable, unsent};
pub use owner::Owner;
pub use record::{SentRecord, sent_path};

pub(crate) use flush::{
    Delivered, FlushReport, begin_upload, flush, flush_small, say_uploaded, waiting,
};
pub(crate) use queue::{
    drop_entry, queue_answer, queue_off_system, queue_opened, queue_replies, queue_send, sealing,
};
pub(crate) use record::{previous_message, remember_previous, was_made_here};
pub(crate) use settled::said_by_others;
pub(crate) use upload::{Upload, Uploaded};

/// Crash points of the outbox, in the order in which one entry passes them.
pub const CRASH_POINTS: &[&str] = &[
    "client.outbox.parts",
    "client.outbox.saved",
    "client.outbox.replied",
    "client.outbox.recorded",
    "client.outbox.done",
];
