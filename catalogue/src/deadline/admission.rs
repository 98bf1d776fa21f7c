//! The last days of 入院時情報連携加算(Ⅰ) and (Ⅱ) of one admission.

use jiff::Span;
use jiff::civil::Date;

use super::note::Note;
use super::rule::{AdmissionRules, Rule, RuleRef};
use super::said::Said;
use super::when::When;
use super::words;
use super::{Circumstance, circumstance};
use crate::calendar::OfficeCalendar;

/// An admission to a hospital, as the care office knows it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Admission {
    /// When the person was or will be admitted.
    pub at: When,
    /// Whether it is still planned, so that the day may move.
    pub planned: bool,
    /// When the office learnt of it; no last day depends on it.
    pub learnt: Option<When>,
}

/// The last day of one class, inclusive: until its 24:00 in Japan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LastDay {
    /// The rule that says so.
    pub rule: RuleRef,
    /// The last day.
    pub day: Date,
    /// Whether an exception moved it.
    pub extended: bool,
    /// The last day if it turns out that the admission was after closing time; only where nobody
    /// knows the hour and the day would be another.
    pub if_after_closing: Option<Date>,
    /// Whether no official paper confirms all of what led to the day (暫定).
    pub provisional: bool,
    /// The rule, its validity, why this day, and what is provisional.
    pub reason: Said,
}

/// The last days of both classes.
#[derive(Clone, Debug)]
pub struct Deadlines {
    /// The rule set, such as R6.
    pub rule_set: String,
    /// The admission.
    pub admission: Admission,
    /// How it lies to the office's hours.
    pub circumstance: Circumstance,
    /// Last day of (Ⅰ).
    pub class_1: LastDay,
    /// Last day of (Ⅱ).
    pub class_2: LastDay,
    /// What else is to be known, and what is missing.
    pub notes: Vec<Note>,
    pub(super) once_a_month: bool,
    pub(super) not_for: Vec<String>,
}

/// The last days of an admission by the office's calendar as it stood then.
#[must_use]
pub fn deadlines(
    rules: AdmissionRules<'_>,
    admission: &Admission,
    calendar: &OfficeCalendar,
) -> Deadlines {
    let circumstance = circumstance(admission, calendar);
    let class = |rule| last_day(rule, admission, circumstance, calendar);
    let (class_1, class_2) = (class(rules.class_1), class(rules.class_2));
    let notes = notes(rules, admission, circumstance, calendar, &class_1);
    let edition = rules.class_1.edition;
    Deadlines {
        rule_set: edition.version.clone(),
        admission: *admission,
        circumstance,
        class_1,
        class_2,
        notes,
        once_a_month: edition.per_month == Some(1),
        not_for: edition.excluded_care_levels.clone(),
    }
}

/// A last day that another computation puts elsewhere.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// The last day as it was.
    pub before: (RuleRef, Date),
    /// The last day as it is now.
    pub after: (RuleRef, Date),
    /// The difference.
    pub said: Said,
}

/// What a second computation says otherwise, such as after a change of the rules.
#[must_use]
pub fn differences(before: &Deadlines, after: &Deadlines) -> Vec<Difference> {
    let pairs = [(&before.class_1, &after.class_1), (&before.class_2, &after.class_2)];
    let differing = pairs.into_iter().filter(|(before, after)| before.day != after.day);
    let told = differing.map(|(before, after)| Difference {
        before: (before.rule.clone(), before.day),
        after: (after.rule.clone(), after.day),
        said: words::difference(before, after),
    });
    told.collect()
}

fn last_day(
    rule: Rule<'_>,
    admission: &Admission,
    circumstance: Circumstance,
    calendar: &OfficeCalendar,
) -> LastDay {
    let plain = add(admission.at.day, rule.deadline.last_day);
    let closed = |day| calendar.closed(day);
    let ending = |circumstance| {
        let moved = rule.moved(plain, circumstance, closed);
        let day = add(plain, i16::from(moved.by_admission) + i16::from(moved.by_closed_day));
        (moved, day)
    };
    let (moved, day) = ending(circumstance);
    let if_after_closing = match circumstance {
        Circumstance::HourNotTold { closes } => {
            let later = ending(Circumstance::AfterClosing { closes }).1;
            (later != day).then_some(later)
        }
        _ => None,
    };
    let last = add(plain, i16::from(moved.by_admission));
    let reason = words::reason(&words::Reasoned {
        rule,
        admission,
        circumstance,
        last,
        closed: closed(last),
        moved,
        day,
    });
    let (rule, provisional) = (rule.reference(), rule.deadline.is_provisional());
    LastDay { rule, day, extended: day != plain, if_after_closing, provisional, reason }
}

fn notes(
    rules: AdmissionRules<'_>,
    admission: &Admission,
    circumstance: Circumstance,
    calendar: &OfficeCalendar,
    class_1: &LastDay,
) -> Vec<Note> {
    let mut notes = Vec::new();
    match circumstance {
        Circumstance::HourNotTold { closes } => notes.push(Note::NoHour { closes }),
        Circumstance::HoursNotTold => notes.push(Note::NoHours),
        _ => {}
    }
    let days = [admission.at.day, add(admission.at.day, rules.class_2.deadline.last_day)];
    let holiday = |day: &Date| Some((*day, calendar.open_question(*day)?));
    if let Some((day, name)) = days.iter().find_map(holiday) {
        notes.push(Note::HolidayOpenQuestion { day, name });
    }
    if admission.planned {
        notes.push(Note::Planned);
    }
    if let Some(learnt) = admission.learnt.filter(|learnt| learnt.day > class_1.day) {
        notes.push(Note::LearntLate { learnt: learnt.day });
    }
    notes
}

/// A day so many days later; the calendar's last day if there is none.
pub(super) fn add(day: Date, days: i16) -> Date {
    day.saturating_add(Span::new().days(days))
}
