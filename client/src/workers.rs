//! Workers (担当者) at this terminal, and what the mailbox tells of the institution's other terminals.
//!
//! ```text
//! identity                 workers who sign here: key, card, statement, receipt
//! worker-pending/WORKER    one whose statement was made and is not receipted yet
//! worker/WORKER            terminals that have a key of the worker, and whether it was removed
//! worker-pin/WORKER        the PIN that chooses the worker here; it never leaves this PC
//! office/worker/WORKER     the card, by an office record of whichever PC added the worker
//! ```
//!
//! The key lies in the vault before its statement is handed in: after a lost answer or a crash the same
//! bytes are handed in again, and get the first receipt.

mod admit;
mod make;
mod pin;
mod record;
mod register;
mod remove;

pub use admit::{admit_worker, settle_workers};
pub use pin::{MAX_WRONG_PINS, PIN_WAIT_MS};
pub use record::WorkerRecord;
pub use remove::remove_worker;

pub(crate) use admit::{certify, is_made_here, new_here, waiting};
pub(crate) use make::{new_worker, worker_here};
pub(crate) use pin::{check as check_pin, is_set as has_pin, set as set_pin};
pub(crate) use record::{Leavers, is_removed, note_admitted, records};
pub(crate) use register::{Registered, register, registered, unregister};
pub(crate) use remove::forget;
