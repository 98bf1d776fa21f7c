//! Until when a step is to be done.

use jiff::civil::{Date, Time};
use jiff::{Span, ToSpan};

use super::Case;
use crate::calendar::DayState;
use crate::deadline::{
    ADMISSION_INFO_1, ADMISSION_INFO_2, Admission, AdmissionRules, day_counts, deadlines,
};
use crate::{Anchor, Catalogue, Recurs, Step, TimeUnit};

/// Most days that business days are looked for.
const MAX_SEARCH: i32 = 60;

/// The last day of a step.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Due {
    /// The last day, inclusive: until its 24:00 in Japan, unless there is a time.
    pub day: Date,
    /// The time of that day.
    pub time: Option<Time>,
    /// A second last day that is still open after this one: of (Ⅱ), after that of (Ⅰ).
    pub then: Option<Date>,
    /// Whether no official paper confirms it, or the date that it is counted from may move (暫定).
    pub provisional: bool,
    /// Id of the fee whose rule says so, if it is one's.
    pub rule: Option<String>,
}

impl Due {
    /// Whether it has passed.
    pub(super) fn is_past(&self, case: &Case<'_>) -> bool {
        let (day, last) = (case.now.date(), self.then.map_or(self.day, |then| then.max(self.day)));
        match self.time {
            Some(time) => (self.day, time) < (day, case.now.time()),
            None => last < day,
        }
    }
}

/// The last day of a step by the rules of its fees, else by its own timing; `last_done` is when a step
/// that comes again was done.
pub(super) fn due(
    catalogue: &Catalogue,
    case: &Case<'_>,
    step: &Step,
    last_done: Option<Date>,
) -> Option<Due> {
    let timing = step.timing.as_ref()?;
    if let Some(due) = by_rules(catalogue, case, step) {
        return Some(due);
    }
    if let Some(Recurs::Days(days)) = timing.recurs {
        // Over with the discharge.
        if case.discharge.is_some_and(|out| out.when.day <= case.now.date()) {
            return None;
        }
        let base = last_done.or_else(|| Some(case.admitted?.day))?;
        let day = add(base, i64::from(days));
        return Some(Due {
            day,
            time: None,
            then: None,
            provisional: step.is_provisional(),
            rule: None,
        });
    }
    let (day, time) = plain(case, step)?;
    let provisional = step.is_provisional() || may_move(case, timing.anchor);
    Some(Due { day, time, then: None, provisional, rule: None })
}

/// The last day by the step's own timing alone.
pub(super) fn plain(case: &Case<'_>, step: &Step) -> Option<(Date, Option<Time>)> {
    let timing = step.timing.as_ref()?;
    let until = timing.until?;
    let base = anchor(case, timing.anchor?)?;
    match timing.unit {
        TimeUnit::Days => Some((add(base.day, i64::from(until)), None)),
        TimeUnit::BusinessDays => Some((business_day(case, base.day, until), None)),
        TimeUnit::Hours => {
            let from = base.day.to_datetime(base.time?);
            let end = from.checked_add(i64::from(until).hours()).ok()?;
            Some((end.date(), Some(end.time())))
        }
    }
}

/// The first day of a step, where it has one and what it is counted from is known.
pub(super) fn first_day(case: &Case<'_>, step: &Step) -> Option<Date> {
    let timing = step.timing.as_ref()?;
    let (from, base) = (timing.from?, anchor(case, timing.anchor?)?);
    Some(match timing.unit {
        TimeUnit::Days => add(base.day, i64::from(from)),
        TimeUnit::BusinessDays => business_day(case, base.day, from),
        TimeUnit::Hours => base.day,
    })
}

/// The date that a timing is counted from, if it is known.
pub(super) fn anchor(case: &Case<'_>, anchor: Anchor) -> Option<crate::deadline::When> {
    match anchor {
        Anchor::Admission => case.admitted,
        Anchor::Learnt => case.learnt,
        Anchor::Discharge => case.discharge.map(|expected| expected.when),
        Anchor::Conference => case.conference.map(|expected| expected.when),
        Anchor::Contract | Anchor::Decision => None,
    }
}

fn may_move(case: &Case<'_>, anchor: Option<Anchor>) -> bool {
    match anchor {
        Some(Anchor::Admission) => case.planned,
        Some(Anchor::Discharge) => case.discharge.is_some_and(|expected| !expected.fixed),
        Some(Anchor::Conference) => case.conference.is_some_and(|expected| !expected.fixed),
        _ => false,
    }
}

/// The last day that the fee rules of a step give: the earliest where they differ.
fn by_rules(catalogue: &Catalogue, case: &Case<'_>, step: &Step) -> Option<Due> {
    let timing = step.timing.as_ref()?;
    let base = anchor(case, timing.anchor?)?.day;
    if timing.rules.iter().any(|rule| rule == ADMISSION_INFO_1) {
        let admission = admission(case)?;
        let computed =
            deadlines(AdmissionRules::find(catalogue, base, None)?, &admission, case.calendar);
        let (one, two) = (&computed.class_1, &computed.class_2);
        let has_two = timing.rules.iter().any(|rule| rule == ADMISSION_INFO_2);
        let second = has_two && case.now.date() > one.day;
        let (last, rule) = if second { (two, ADMISSION_INFO_2) } else { (one, ADMISSION_INFO_1) };
        return Some(Due {
            day: last.day,
            time: None,
            then: (has_two && !second && two.day > one.day).then_some(two.day),
            provisional: last.provisional || case.planned,
            rule: Some(rule.to_owned()),
        });
    }
    let counts = day_counts(catalogue, timing.anchor?, base, None, None);
    let counts = counts.into_iter().filter(|count| timing.rules.contains(&count.rule.id));
    let first =
        counts.min_by(|one, other| (one.day, &one.rule.id).cmp(&(other.day, &other.rule.id)))?;
    Some(Due {
        day: first.day,
        time: None,
        then: None,
        provisional: first.provisional || may_move(case, timing.anchor),
        rule: Some(first.rule.id),
    })
}

/// The admission as the deadline engine takes it.
pub(super) fn admission(case: &Case<'_>) -> Option<Admission> {
    Some(Admission { at: case.admitted?, planned: case.planned, learnt: case.learnt })
}

/// So many business days after a day; a day that nobody calls closed counts.
fn business_day(case: &Case<'_>, base: Date, days: i16) -> Date {
    let (mut day, mut left) = (base, i32::from(days.unsigned_abs()));
    let one = if days < 0 { -1 } else { 1 };
    for _ in 0..MAX_SEARCH {
        if left == 0 {
            break;
        }
        day = add(day, one);
        if !matches!(case.calendar.day(day), DayState::Closed(_)) {
            left -= 1;
        }
    }
    day
}

fn add(day: Date, days: i64) -> Date {
    day.saturating_add(Span::new().days(days))
}
