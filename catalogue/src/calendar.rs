//! An office's business calendar (営業日・営業時間): the hours and closing days of its operating rules
//! (運営規程) as they stood on a date. Japan's time; no clock.

use jiff::civil::{Date, Weekday};

/// Minutes of a day; closing at this minute is closing at 24:00.
pub const MINUTES_OF_DAY: u16 = 24 * 60;
/// Most closing days or periods of a calendar.
pub const MAX_CLOSINGS: usize = 400;

/// Business hours on a day of the week.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Span {
    weekday: Weekday,
    from: u16,
    until: u16,
}

impl Span {
    /// Hours from `from` to before `until`, in minutes after midnight; none unless
    /// `from < until <= 1,440`.
    #[must_use]
    pub fn new(weekday: Weekday, from: u16, until: u16) -> Option<Self> {
        (from < until && until <= MINUTES_OF_DAY).then_some(Self { weekday, from, until })
    }
}

/// Days on which an office is closed whatever the weekday.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Closing {
    /// From a day to a day, both closed.
    Days {
        /// First closed day.
        from: Date,
        /// Last closed day.
        until: Date,
    },
    /// The same every year (年末年始), both closed; over the turn of the year if `from` is later.
    Yearly {
        /// Month and day of the first closed day.
        from: (i8, i8),
        /// Month and day of the last closed day.
        until: (i8, i8),
    },
}

impl Closing {
    /// One closed day.
    #[must_use]
    pub fn day(day: Date) -> Self {
        Self::Days { from: day, until: day }
    }

    /// Whether it closes a day.
    #[must_use]
    pub fn closes(self, day: Date) -> bool {
        match self {
            Self::Days { from, until } => (from..=until).contains(&day),
            Self::Yearly { from, until } => {
                let at = (day.month(), day.day());
                if from <= until { from <= at && at <= until } else { from <= at || at <= until }
            }
        }
    }
}

/// What an office does on national holidays (国民の祝日).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HolidayHabit {
    /// Closed.
    Closed,
    /// As on any other day of that weekday.
    Open,
    /// Nobody said. Counted as open, since a last day is never later for it.
    NotTold,
}

/// Names the national holiday that a day is, if it is one.
pub type NationalHoliday = fn(Date) -> Option<&'static str>;

/// Why a day is no business day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ClosedFor {
    /// The weekday has no hours.
    Weekday,
    /// The national holiday of this name.
    Holiday(&'static str),
    /// One of the closing days that the office named.
    OwnClosing,
}

/// What a day is to an office.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DayState {
    /// A business day (営業日).
    Open {
        /// When the last hours of the day end, in minutes after midnight, at most 1,440.
        closes: u16,
    },
    /// No business day.
    Closed(ClosedFor),
    /// The office gives no hours, and nothing else closes the day.
    NotTold,
}

/// An office's business calendar.
#[derive(Clone, Debug)]
pub struct OfficeCalendar {
    week: Vec<Span>,
    closings: Vec<Closing>,
    holidays: HolidayHabit,
    national: NationalHoliday,
}

impl OfficeCalendar {
    /// A calendar of weekly hours (an empty list: not told), closing days and what the office does
    /// on national holidays, which `national` names; none with more than [`MAX_CLOSINGS`] closings.
    #[must_use]
    pub fn new(
        week: Vec<Span>,
        closings: Vec<Closing>,
        holidays: HolidayHabit,
        national: NationalHoliday,
    ) -> Option<Self> {
        (closings.len() <= MAX_CLOSINGS).then_some(Self { week, closings, holidays, national })
    }

    /// What the office does on national holidays.
    #[must_use]
    pub fn holidays(&self) -> HolidayHabit {
        self.holidays
    }

    /// What a day is to the office.
    #[must_use]
    pub fn day(&self, day: Date) -> DayState {
        if self.closings.iter().any(|closing| closing.closes(day)) {
            return DayState::Closed(ClosedFor::OwnClosing);
        }
        if self.holidays == HolidayHabit::Closed
            && let Some(name) = (self.national)(day)
        {
            return DayState::Closed(ClosedFor::Holiday(name));
        }
        if self.week.is_empty() {
            return DayState::NotTold;
        }
        let here = self.week.iter().filter(|span| span.weekday == day.weekday());
        match here.map(|span| span.until).max() {
            Some(closes) => DayState::Open { closes },
            None => DayState::Closed(ClosedFor::Weekday),
        }
    }

    /// Why a day is no business day; nothing if it is one or that is not known.
    #[must_use]
    pub fn closed(&self, day: Date) -> Option<ClosedFor> {
        match self.day(day) {
            DayState::Closed(why) => Some(why),
            DayState::Open { .. } | DayState::NotTold => None,
        }
    }

    /// The national holiday on a day on which the office might be closed for it, but did not say.
    #[must_use]
    pub fn open_question(&self, day: Date) -> Option<&'static str> {
        let asked = self.holidays == HolidayHabit::NotTold && self.closed(day).is_none();
        asked.then(|| (self.national)(day)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn labour(day: Date) -> Option<&'static str> {
        (day == date(2026, 11, 23)).then_some("勤労感謝の日")
    }

    fn mondays(holidays: HolidayHabit, closings: Vec<Closing>) -> OfficeCalendar {
        let hours = [(540, 720), (780, 1080)];
        let week = hours.map(|(from, until)| Span::new(Weekday::Monday, from, until).unwrap());
        OfficeCalendar::new(week.to_vec(), closings, holidays, labour).unwrap()
    }

    #[test]
    fn spans_have_minutes_of_a_day() {
        let span = |from, until| Span::new(Weekday::Monday, from, until);
        assert!(span(0, MINUTES_OF_DAY).is_some() && span(540, 541).is_some());
        assert!(span(0, MINUTES_OF_DAY + 1).is_none() && span(540, 540).is_none());
    }

    #[test]
    fn a_day_closes_with_its_last_hours_and_for_the_first_reason() {
        let holiday = date(2026, 11, 23);
        assert_eq!(
            mondays(HolidayHabit::Open, vec![]).day(holiday),
            DayState::Open { closes: 1080 }
        );
        let closed = mondays(HolidayHabit::Closed, vec![]);
        assert_eq!(closed.closed(holiday), Some(ClosedFor::Holiday("勤労感謝の日")));
        assert_eq!(closed.closed(date(2026, 11, 24)), Some(ClosedFor::Weekday));
        let own = mondays(HolidayHabit::Closed, vec![Closing::day(holiday)]);
        assert_eq!(own.closed(holiday), Some(ClosedFor::OwnClosing));
        let unsaid = mondays(HolidayHabit::NotTold, vec![]);
        assert_eq!(unsaid.closed(holiday), None);
        assert_eq!(unsaid.open_question(holiday), Some("勤労感謝の日"));
        assert_eq!(closed.open_question(holiday), None);
        let nothing =
            OfficeCalendar::new(vec![], vec![Closing::day(holiday)], HolidayHabit::Open, labour)
                .unwrap();
        assert_eq!(nothing.day(date(2026, 11, 24)), DayState::NotTold);
        assert_eq!(nothing.closed(holiday), Some(ClosedFor::OwnClosing));
    }

    #[test]
    fn the_turn_of_the_year_is_one_closing() {
        let year_end = Closing::Yearly { from: (12, 29), until: (1, 3) };
        let closed = |year, month, day| year_end.closes(date(year, month, day));
        assert!(closed(2026, 12, 29) && closed(2026, 12, 31) && closed(2027, 1, 1));
        assert!(closed(2031, 1, 3) && !closed(2026, 12, 28) && !closed(2027, 1, 4));
        let summer = Closing::Yearly { from: (8, 13), until: (8, 15) };
        assert!(summer.closes(date(2026, 8, 13)) && summer.closes(date(2026, 8, 15)));
        assert!(!summer.closes(date(2026, 8, 12)) && !summer.closes(date(2026, 8, 16)));
        let period = Closing::Days { from: date(2026, 8, 13), until: date(2026, 8, 15) };
        assert!(period.closes(date(2026, 8, 14)) && !period.closes(date(2027, 8, 14)));
    }

    #[test]
    fn the_limit_of_closings() {
        let all = vec![Closing::day(date(2026, 1, 1)); MAX_CLOSINGS];
        let make = |all| OfficeCalendar::new(vec![], all, HolidayHabit::Open, labour);
        assert!(make(all.clone()).is_some());
        assert!(make([all, vec![Closing::day(date(2026, 1, 1))]].concat()).is_none());
    }
}
