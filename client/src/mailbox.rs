//! The mailbox (受信箱): every record of the log that concerns the institution, in one order, and the
//! letters behind them.
//!
//! ```text
//! events from the cursor on ── clear chain up to date ── each receipt, each record checked
//!     ── message/FROM/ID written ── cursor moved
//! each new letter: fetched, opened, checked ── letter/FROM/ID written, or answered `unreadable`
//! ```
//!
//! A crash between two steps leaves the cursor behind: the same events come again and change nothing.

mod apply;
mod find;
pub mod message;
mod receive;
mod sync;
#[cfg(test)]
pub(crate) mod tests;

pub use find::{SHORT_ID, all, find, short_ids};

pub(crate) use apply::{apply_record, check_record, corrected, subject};
pub(crate) use find::one_of;
pub(crate) use receive::{Unfetched, waiting_letters};
pub(crate) use sync::{MailboxReport, gap, known, sync_mailbox, take_live};
