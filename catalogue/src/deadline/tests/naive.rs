//! A second implementation, written otherwise: a table of minutes, walked day by day.

use jiff::civil::{Date, Weekday, date};
use proptest::prelude::*;

use super::rules;
use crate::calendar::{Closing, HolidayHabit, OfficeCalendar, Span};
use crate::deadline::{Admission, AdmissionRules, When, deadlines};

/// What the office's week, closing days and holiday habit are, as plain data.
#[derive(Clone, Debug)]
struct Office {
    /// For each weekday from Monday: opening and closing minute.
    week: Vec<(usize, u16, u16)>,
    /// Days after the first day of the range, with the length of the closing.
    closed: Vec<(i32, i32)>,
    /// Closed from this month-day to that every year.
    yearly: Option<((i8, i8), (i8, i8))>,
    holidays: bool,
}

const FIRST: Date = date(2025, 12, 1);

/// Every 11th day of the year is a holiday here: more of them meet in the tests than in life.
fn holiday(day: Date) -> Option<&'static str> {
    (day.day_of_year() % 11 == 0).then_some("休日")
}

fn after(day: Date, days: i32) -> Date {
    day.checked_add(jiff::Span::new().days(days)).unwrap()
}

impl Office {
    fn calendar(&self) -> OfficeCalendar {
        const DAYS: [Weekday; 7] = [
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
            Weekday::Saturday,
            Weekday::Sunday,
        ];
        let week = self.week.iter().map(|(day, from, until)| Span::new(DAYS[*day], *from, *until));
        let days = self.closed.iter().map(|(start, length)| Closing::Days {
            from: after(FIRST, *start),
            until: after(FIRST, start + length),
        });
        let yearly = self.yearly.map(|(from, until)| Closing::Yearly { from, until });
        let holidays = if self.holidays { HolidayHabit::Closed } else { HolidayHabit::Open };
        let closings = days.chain(yearly).collect();
        OfficeCalendar::new(week.map(Option::unwrap).collect(), closings, holidays, holiday)
            .unwrap()
    }

    /// Whether somebody is there, for every minute of a day.
    fn minutes(&self, day: Date) -> Vec<bool> {
        let mut there = vec![false; 24 * 60];
        let number = day.weekday().to_monday_zero_offset();
        for (weekday, from, until) in &self.week {
            if i8::try_from(*weekday).unwrap() == number {
                there[usize::from(*from)..usize::from(*until)].fill(true);
            }
        }
        let mut shut = self.holidays && holiday(day).is_some();
        for (start, length) in &self.closed {
            for days in *start..=start + length {
                shut |= after(FIRST, days) == day;
            }
        }
        if let Some((from, until)) = self.yearly {
            // Walks the calendar from the first closed day to the last.
            let mut at = from;
            loop {
                shut |= at == (day.month(), day.day());
                if at == until {
                    break;
                }
                let next = date(2024, at.0, at.1).tomorrow().unwrap();
                at = (next.month(), next.day());
            }
        }
        if shut {
            there.fill(false);
        }
        there
    }

    /// The last days, walked one by one.
    fn last_days(&self, day: Date, minute: usize) -> (Date, Date) {
        let there = self.minutes(day);
        let closed_day = there.iter().all(|there| !there);
        let somebody_comes = there[minute..].iter().any(|there| *there);
        let after_closing = !closed_day && !somebody_comes;
        let mut first = day;
        if closed_day || after_closing {
            first = first.tomorrow().unwrap();
        }
        let mut second = day;
        let mut counted = 1;
        while counted < 3 {
            second = second.tomorrow().unwrap();
            counted += 1;
        }
        if after_closing && !self.minutes(second).contains(&true) {
            second = second.tomorrow().unwrap();
        }
        (first, second)
    }
}

fn office() -> impl Strategy<Value = Office> {
    let span = (0usize..7, 0u16..1440, 1u16..=1440)
        .prop_map(|(day, from, length)| (day, from, (from + length).min(1440).max(from + 1)));
    let month_day = (0i32..366).prop_map(|days| {
        let day = after(date(2024, 1, 1), days);
        (day.month(), day.day())
    });
    (
        proptest::collection::vec(span, 1..12),
        proptest::collection::vec((0i32..420, 0i32..9), 0..6),
        proptest::option::of((month_day.clone(), month_day)),
        any::<bool>(),
    )
        .prop_map(|(week, closed, yearly, holidays)| Office { week, closed, yearly, holidays })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn both_implementations_agree(office in office(), days in 0i32..420, minute in 0usize..1440) {
        let day = after(FIRST, days);
        let (hour, rest) = (i8::try_from(minute / 60).unwrap(), i8::try_from(minute % 60).unwrap());
        let at = When::at(day.at(hour, rest, 0, 0));
        let admission = Admission { at, planned: false, learnt: None };
        let rules = AdmissionRules::find(rules::with_next(), day, Some("R6")).unwrap();
        let computed = deadlines(rules, &admission, &office.calendar());
        let (class_1, class_2) = office.last_days(day, minute);
        prop_assert_eq!((computed.class_1.day, computed.class_2.day), (class_1, class_2));
        prop_assert_eq!(computed.class_1.extended, class_1 != day);
        // No exception moves a last day to before it, and (Ⅱ) never ends before (Ⅰ).
        prop_assert!(day <= class_1 && class_1 < class_2);
    }
}
