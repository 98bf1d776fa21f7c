//! What can be wrong with a catalogue's data. The texts for people are in `finding/message.rs`.

mod message;

use std::fmt;

use crate::Message;

/// One thing that is wrong with a catalogue: the file, the entry in it, and what.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Name of the file as given to [`Draft::parse`](crate::Draft::parse).
    pub file: String,
    /// The entry: ids joined by `/`, such as `form/field`.
    pub place: String,
    /// What.
    pub problem: Problem,
}

impl Finding {
    /// The finding in Japanese, with what to do; [`Display`](fmt::Display) has it in English.
    pub fn ja(&self) -> String {
        format!("{} の {}: {}", self.file, self.place, self.problem.message().ja())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}: {}", self.file, self.place, self.problem.message().en())
    }
}

/// The kinds of finding.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Problem {
    /// An amount is not a number above 0 with at most two decimals.
    BadAmount,
    /// A day is not written as `2026-06-01`, or there is no such day.
    BadDate(&'static str),
    /// An id holds something else than lower-case ASCII letters, digits, `_` and `-`.
    BadId,
    /// A spelling is not one character outside of JIS X 0208 and one inside, or stands twice.
    BadSpelling(String),
    /// Something is named that the catalogue does not have.
    Dangling {
        /// The key that names it.
        key: &'static str,
        /// The name.
        target: String,
        /// Where it would stand.
        where_to: &'static str,
    },
    /// A cited source is not in `sources.toml`.
    DanglingCite(String),
    /// A condition names a field that the form does not have.
    DanglingCondition(String),
    /// `options_from` names a list that `codes.toml` does not have.
    DanglingList(String),
    /// An id stands twice where it must be unique.
    DuplicateId,
    /// An option, column or row stands twice.
    DuplicateItem {
        /// Which list of the entry.
        what: &'static str,
        /// What stands twice.
        item: String,
    },
    /// A form without a section, a section without a field, a fee without an edition.
    Empty(&'static str),
    /// A list of options, columns, rows or conditions has no item, or an empty one.
    EmptyItems(&'static str),
    /// A text that must not be empty is.
    EmptyText(&'static str),
    /// A condition names a field that comes later, or the field itself: conditions form no circle.
    ForwardCondition(String),
    /// A code is given to an option that the list does not have.
    LostCode(String),
    /// A key that the type needs is missing.
    MissingKey {
        /// The type of the entry.
        ty: &'static str,
        /// The key.
        key: &'static str,
    },
    /// Two holidays fall on one day of this year.
    HolidayClash(i16),
    /// There are two calendars of holidays.
    SecondCalendar,
    /// A holiday's days are not of its years.
    HolidayYears,
    /// The equinox does not fall on a day near the 21st in this year.
    BadEquinox(i16),
    /// A timing follows the deadline of a fee that has none.
    NoDeadline(String),
    /// A step is done by a form and names none.
    StepWithoutForm,
    /// A timing ends before it begins.
    TimingReversed,
    /// An English gloss is not ASCII.
    NotAscii(&'static str),
    /// One fee excludes another, which does not exclude it.
    OneSided(String),
    /// A number is outside its range.
    OutOfRange {
        /// The key.
        key: &'static str,
        /// The least.
        from: i64,
        /// The most.
        to: i64,
    },
    /// Between this edition and the one before are days without a rule.
    PeriodGap {
        /// The edition before.
        other: String,
    },
    /// This edition begins before the one before ends.
    PeriodOverlap {
        /// The edition before.
        other: String,
    },
    /// A period ends before it begins.
    PeriodReversed,
    /// A key that the type has no use for.
    SpareKey {
        /// The type of the entry.
        ty: &'static str,
        /// The key.
        key: &'static str,
    },
    /// Whether a field for everyone applies would tell the content of one for staff only.
    StaffOnlyLeak(String),
    /// Options here and from a list at once.
    TwoOptionLists,
    /// A condition names a field that is neither a choice nor a checklist.
    UnfitCondition(String),
    /// A condition waits for an option that its field does not have.
    UnknownConditionOption {
        /// The field of the condition.
        field: String,
        /// What it waits for.
        option: String,
    },
    /// The type is not one of the known types.
    UnknownType(String),
    /// A word that is not one of the known words of its key.
    UnknownWord {
        /// The key.
        key: &'static str,
        /// The word.
        word: String,
        /// The known words.
        known: Vec<&'static str>,
    },
}

impl Problem {
    /// What is wrong and what to do, in both languages.
    pub fn message(&self) -> Message {
        message::of(self)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message().en())
    }
}
