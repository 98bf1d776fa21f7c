//! What happened in a case.

use jiff::civil::DateTime;

/// Something that happened. Equal ones count once.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Event {
    /// A letter that the log has.
    Letter(Letter),
    /// Somebody recorded a step.
    Record(Record),
}

/// A letter that the log has. One that was withdrawn is none; one that was corrected is, as it was given
/// then.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Letter {
    /// When the exchange accepted it, in Japan.
    pub at: DateTime,
    /// The caller's name for it.
    pub key: String,
    /// Id of its form.
    pub form: String,
    /// The sender's roles.
    pub from: Vec<String>,
    /// The recipient's roles.
    pub to: Vec<String>,
    /// Whether this side sent it.
    pub ours: bool,
    /// When the recipient acknowledged it (受領確認), in Japan.
    pub acknowledged: Option<DateTime>,
    /// Whether it did not reach whom it was for: undelivered, or sent back.
    pub failed: bool,
}

/// A step as somebody recorded it. One that was taken back is none.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Record {
    /// When, as the one who recorded it says, in Japan.
    pub at: DateTime,
    /// The caller's name for it.
    pub key: String,
    /// Id of the step.
    pub step: String,
    /// Whether this side recorded it; else it is the other side's word.
    pub ours: bool,
    /// What became of the step.
    pub what: Recorded,
}

/// What became of a recorded step.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Recorded {
    /// It was done.
    Done,
    /// It was left out for a reason, by its id.
    Skipped(String),
}
