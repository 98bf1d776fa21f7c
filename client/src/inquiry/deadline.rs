//! Until when an inquiry wants its answer.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use tsumugu_catalogue::calendar::{Closing, DayState, HolidayHabit, OfficeCalendar, Span};
use tsumugu_catalogue::national_holiday;
use tsumugu_trust::statement::Profile;
use tsumugu_trust::value::Time;

use crate::{hours, jst};

/// Days that are looked at: an institution that is closed for longer is asked without a deadline.
pub const LONGEST_CLOSED: i32 = 31;

/// The hours of one that gives none: 09:00 to 17:00, Monday to Friday.
const USUAL: (u16, u16) = (9 * 60, 17 * 60);

/// The end of the recipient's next business day (翌営業日), by its profile and Japan's holidays.
///
/// Provisional (暫定): regions have rules of their own (the flow's step `adm.cm-inquiry`). Nothing where
/// no day within [`LONGEST_CLOSED`] is one.
#[must_use]
pub fn answer_due(profile: Option<&Profile>, now: Time) -> Option<Time> {
    let told = profile.map(|profile| hours::spans(&profile.hours)).unwrap_or_default();
    let week = if told.is_empty() { usual() } else { told };
    let closed = profile.map(|profile| profile.closed.as_slice()).unwrap_or_default();
    let closings = closed.iter().map(|day| Closing::day(day.0)).collect();
    // A profile says no habit; what is asked on a holiday would be overdue before anybody is there.
    let holidays = HolidayHabit::Closed;
    let calendar = OfficeCalendar::new(week, closings, holidays, national_holiday)?;
    let today = jst::civil(now).date();
    (1..=LONGEST_CLOSED).find_map(|days| {
        let day: Date = today.checked_add(days.days()).ok()?;
        match calendar.day(day) {
            DayState::Open { closes } => jst::at(day, closes),
            DayState::Closed(_) | DayState::NotTold => None,
        }
    })
}

fn usual() -> Vec<Span> {
    let days =
        [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
    days.iter().filter_map(|day| Span::new(*day, USUAL.0, USUAL.1)).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use tsumugu_trust::statement::{Day, Hours, NamedUnit, Weekday as TrustWeekday};
    use tsumugu_trust::value::{Id, Unit};

    use super::*;

    fn due(profile: Option<&Profile>, now: &str) -> Option<String> {
        answer_due(profile, now.parse().unwrap()).map(jst::iso)
    }

    fn profile(closed: Vec<Day>) -> Profile {
        let hours = [TrustWeekday::Monday, TrustWeekday::Tuesday, TrustWeekday::Saturday];
        let hours = hours.map(|day| Hours { day, from: 510, until: 750 });
        let unit = NamedUnit { unit: Unit::main(), name: "本所".parse().unwrap() };
        Profile {
            institution: Id([1; 16]),
            version: 1,
            units: vec![unit],
            hours: hours.to_vec(),
            closed,
        }
    }

    #[test]
    fn it_is_the_end_of_the_next_business_day() {
        // Friday evening; Monday 23 November is a holiday.
        let friday = "2026-11-20T09:00:00.000Z";
        assert_eq!(due(None, friday).unwrap(), "2026-11-24T17:00:00+09:00");
        assert_eq!(due(Some(&profile(vec![])), friday).unwrap(), "2026-11-21T12:30:00+09:00");
        let closed = vec![Day(date(2026, 11, 21))];
        assert_eq!(due(Some(&profile(closed)), friday).unwrap(), "2026-11-24T12:30:00+09:00");
        // Before midnight in Greenwich it is the next day in Japan already.
        let late = "2026-11-24T16:00:00.000Z";
        assert_eq!(due(None, late).unwrap(), "2026-11-26T17:00:00+09:00");
    }

    #[test]
    fn who_is_closed_for_a_month_has_no_deadline() {
        let open_again = |day: i8| {
            let mut profile = profile(vec![]);
            // Tuesdays only: 1, 8, 15, 22, 29 December 2026, then 5 January 2027.
            profile.hours.retain(|hours| hours.day == TrustWeekday::Tuesday);
            profile.closed = (24..=30)
                .map(|day| date(2026, 11, day))
                .chain((1..=day).map(|day| date(2026, 12, day)))
                .map(Day)
                .collect();
            due(Some(&profile), "2026-11-28T00:00:00.000Z")
        };
        // 29 December is the thirty-first day.
        assert_eq!(open_again(28).unwrap(), "2026-12-29T12:30:00+09:00");
        assert_eq!(open_again(29), None);
    }
}
