//! Where a case (事例) stands in the flow of admission and discharge: for each step whether it is done,
//! left out, next, late or the other side's, until when, and why.
//!
//! A pure engine: no I/O, no clock. What happened comes as [`Event`]s in any order and any number of
//! times; the same events give the same rows. Days and rules are those of the [`Catalogue`]. Nothing
//! here says that a fee is earned (算定できる): only what the records show, and what is missing.
//!
//! Three phases of the data have a meaning of their own, by their id: steps of [`PEACE`] are not counted
//! for a case, those of [`PLANNED`] only for a planned admission, those of [`EXCEPTION`] only once they
//! happened.

mod admission_info;
mod apply;
mod due;
mod event;
mod row;
#[cfg(test)]
mod tests;
mod words;

use jiff::civil::DateTime;

use crate::calendar::OfficeCalendar;
use crate::deadline::When;
use crate::{Catalogue, Pattern, Phase};

pub use admission_info::AdmissionInfo;
pub use due::Due;
pub use event::{Event, Letter, Record, Recorded};
pub use row::{Doing, Row, State, Turn};

/// The phase of normal times (平時): its steps belong to no case.
pub const PEACE: &str = "peace";
/// The phase before a planned admission (入院前).
pub const PLANNED: &str = "planned";
/// The phase of what seldom happens (例外).
pub const EXCEPTION: &str = "exception";

/// A case as one side knows it.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    /// The roles that this side has in the flow, such as `care-manager`.
    pub roles: &'a [&'a str],
    /// Whether there was a care manager before; not told: as if there was.
    pub pattern: Option<Pattern>,
    /// When the person was or will be admitted.
    pub admitted: Option<When>,
    /// Whether the admission is planned.
    pub planned: bool,
    /// When this side learnt of it.
    pub learnt: Option<When>,
    /// The person's care level, as the catalogue's list names it.
    pub care_level: Option<&'a str>,
    /// The newest word on the day of discharge.
    pub discharge: Option<Expected>,
    /// The newest word on the conference.
    pub conference: Option<Expected>,
    /// Now, in Japan.
    pub now: DateTime,
    /// This side's business calendar as it stood on the day of admission.
    pub calendar: &'a OfficeCalendar,
}

/// A date that may still move.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Expected {
    /// The date.
    pub when: When,
    /// Whether it is fixed (決定), not only expected (見込み).
    pub fixed: bool,
}

/// Where a case stands.
#[derive(Clone, Debug)]
pub struct Timeline<'c> {
    /// The rows by phase, in the order of the flow.
    pub phases: Vec<(&'c Phase, Vec<Row<'c>>)>,
    /// The sheet at the admission and 入院時情報連携加算; nothing where the day of admission is not
    /// known, no rule holds on it, or this side gives no such sheet.
    pub admission_info: Option<AdmissionInfo>,
}

impl<'c> Timeline<'c> {
    /// Every row, in the order of the flow.
    pub fn rows(&self) -> impl Iterator<Item = &Row<'c>> {
        self.phases.iter().flat_map(|(_, rows)| rows)
    }

    /// The rows that somebody has to act on: what is late first, then what ends first; of equal ones
    /// ours before the other side's, then in the order of the flow.
    #[must_use]
    pub fn pending(&self) -> Vec<&Row<'c>> {
        let mut pending: Vec<&Row<'c>> = self.rows().filter(|row| row.is_pending()).collect();
        // Stable: rows of equal rank stay in the order of the flow.
        pending.sort_by_key(|row| row.urgency());
        pending
    }

    /// The one row to look at first, and whose turn it is.
    #[must_use]
    pub fn next(&self) -> Option<&Row<'c>> {
        self.pending().first().copied()
    }

    /// How many rows are late.
    #[must_use]
    pub fn late(&self) -> usize {
        self.rows().filter(|row| row.state == State::Late).count()
    }
}

/// Puts the events of a case into the flow.
#[must_use]
pub fn timeline<'c>(catalogue: &'c Catalogue, case: &Case<'_>, events: &[Event]) -> Timeline<'c> {
    let mut events: Vec<&Event> = events.iter().collect();
    events.sort();
    events.dedup();
    let done = apply::apply(catalogue, case, &events);
    let phases = catalogue.phases().iter().map(|phase| {
        let rows = phase.steps.iter().map(|step| row::row(catalogue, case, &done, phase, step));
        (phase, rows.collect())
    });
    let phases = phases.collect();
    Timeline { phases, admission_info: admission_info::of(catalogue, case, &done) }
}
