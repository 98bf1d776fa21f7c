//! What went past the exchange (交換所を通さない連絡): FAX, post, visits, telephone, as the office recorded
//! it.
//!
//! A record is one leaf of the log, which only the own institution reads; everything that it says is in
//! its sealed detail, so every PC of the office has it whole or not at all. Nothing is changed
//! afterwards: who confirmed the receipt, corrections, and taking it back are later records about the
//! first.
//!
//! ```text
//! paper/ID     JSON: receipt with record, sealed detail; checked again at each reading
//! ```

mod gather;
mod keep;
mod limits;
mod said;
mod write;

pub use gather::{Paper, PaperRecord, PaperState, Papers, UnreadPaper, gather};
pub use limits::*;
pub use said::{BadRecord, Said, means_japanese, means_word, sheet_of};

pub(crate) use keep::{keep, place};
pub(crate) use write::{new_record_id, queue_record};

#[cfg(test)]
mod tests;
