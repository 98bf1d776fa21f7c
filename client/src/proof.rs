//! What an inspection (運営指導) asks for: what was given to whom, when, and who received it.
//!
//! ```text
//! CaseFile ── account ──> CaseRecord ── sentences: 支援経過(第5表) to paste
//!                             ├── encode: the record file, whose digest and code stand on paper
//!                             └── print::record_pdf: 情報提供・受領記録票
//! ```
//!
//! Nothing here says that a fee is earned: it says what the log shows, what the office says, and what
//! is missing.

mod account;
mod copied;
mod note;
mod past;
mod record;

pub(crate) use account::{account, admission_forms, assessed, computed, confirmed};
pub(crate) use copied::Copied;
pub use note::sentences;
pub use record::{
    Account, Admission, BadRecord, CaseName, CaseRecord, Class, Delivery, Event, Exchange, FORMAT,
    MAX_RECORD, OffSystemItem, PartyName, Receipt,
};

#[cfg(test)]
pub(crate) use record::tests::example;
