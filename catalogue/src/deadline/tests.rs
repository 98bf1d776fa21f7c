//! Worked cases, a second implementation, and what no sentence may say.

mod naive;
mod provisions;
pub(super) mod rules;
mod table;
mod wording;

use jiff::civil::{Date, Weekday};

use super::{Admission, AdmissionRules, Deadlines, When, deadlines};
use crate::calendar::{Closing, HolidayHabit, OfficeCalendar, Span};

pub(super) fn labour_day(day: Date) -> Option<&'static str> {
    (day == jiff::civil::date(2026, 11, 23)).then_some("勤労感謝の日")
}

/// Monday to Friday, 9:00 to 18:00.
pub(super) fn weekdays(holidays: HolidayHabit, closings: Vec<Closing>) -> OfficeCalendar {
    let days =
        [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
    let week = days.map(|day| Span::new(day, 9 * 60, 18 * 60).unwrap());
    OfficeCalendar::new(week.to_vec(), closings, holidays, labour_day).unwrap()
}

pub(super) fn admitted(text: &str) -> Admission {
    Admission { at: When::parse(text).unwrap(), planned: false, learnt: None }
}

pub(super) fn compute(admitted_at: &str, calendar: &OfficeCalendar) -> Deadlines {
    let admission = admitted(admitted_at);
    let rules = AdmissionRules::find(rules::with_next(), admission.at.day, None).unwrap();
    deadlines(rules, &admission, calendar)
}
