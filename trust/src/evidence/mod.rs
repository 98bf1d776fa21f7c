//! Evidence (証拠): one file that proves to anyone what became of a message, without network, vault or
//! faith in whoever hands it over (`docs/FORMATS.md`, section 7).
//!
//! [`EvidenceBuilder`] makes a file, [`Evidence::parse`] reads one, [`verify`] says what it proves.
//! What the log shows of a message is in a [`Report`], which nothing else makes.
//!
//! A file shows no more of the log than the message needs, so it cannot show that something did *not*
//! happen: a later leaf may have been left out, and a removal is seen only in a whole clear chain.

mod author;
mod build;
mod chain;
mod file;
mod message;
mod needed;
mod places;
mod refused;
mod report;
mod verify;

#[cfg(test)]
mod tests;

pub use build::EvidenceBuilder;
pub use file::{Evidence, MAX_EVIDENCE, ShownClear, ShownDetail, ShownPrivate};
pub use needed::Needed;
pub use refused::{ContentFault, EvidenceRefused};
pub use report::{
    AnswerReport, AttachmentReport, Happening, LetterReport, Moment, Outcome, Party, RecallReport,
    Report, ReportedWorker, Word,
};
pub use verify::verify;
