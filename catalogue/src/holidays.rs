//! The national holidays of a year, by rule (国民の祝日に関する法律).
//!
//! Three kinds of day off follow from each other: the holidays themselves (国民の祝日, article 2),
//! the next day that is no holiday after one on a Sunday (振替休日, article 3 paragraph 2), and a
//! day between two holidays (国民の休日, article 3 paragraph 3).

use jiff::civil::{Date, Weekday};

use crate::{Source, words::words};

/// The rules of the national holidays for a range of years. They come only out of a
/// [`Draft`](crate::Draft) that passed its check, so every rule gives a day in each of its years and
/// no two give the same one.
#[derive(Debug)]
pub struct Holidays {
    pub(crate) first_year: i16,
    pub(crate) last_year: i16,
    pub(crate) version: String,
    pub(crate) source: Source,
    pub(crate) cites: Vec<String>,
    pub(crate) substitute: Name,
    pub(crate) between: Name,
    pub(crate) equinox: Equinox,
    pub(crate) rules: Vec<HolidayRule>,
}

/// A day off (休日) and why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct DayOff<'a> {
    /// The day.
    pub date: Date,
    /// Why it is off.
    pub kind: DayOffKind,
    /// In Japanese, such as 敬老の日.
    pub ja: &'a str,
    /// As ASCII.
    pub en: &'a str,
}

words! {
    /// Why a day is off.
    DayOffKind {
        /// A day between two holidays (国民の休日).
        Between = "between",
        /// A national holiday (国民の祝日).
        Holiday = "holiday",
        /// Because a holiday fell on a Sunday (振替休日).
        Substitute = "substitute",
    }
}

impl Holidays {
    /// Whether the rules hold for the day: outside their years nothing is known of it.
    pub fn cover(&self, day: Date) -> bool {
        (self.first_year..=self.last_year).contains(&day.year())
    }

    /// Why the day is off; none on other days, and outside the years of the rules.
    pub fn on(&self, day: Date) -> Option<DayOff<'_>> {
        if let Some(rule) = self.holiday(day) {
            let (ja, en) = (&rule.name.ja, &rule.name.en);
            return Some(DayOff { date: day, kind: DayOffKind::Holiday, ja, en });
        }
        let (kind, name) = if self.is_substitute(day) {
            (DayOffKind::Substitute, &self.substitute)
        } else if self.is_between(day) {
            (DayOffKind::Between, &self.between)
        } else {
            return None;
        };
        Some(DayOff { date: day, kind, ja: &name.ja, en: &name.en })
    }

    /// The days off of a year in their order; none outside the years of the rules.
    pub fn in_year(&self, year: i16) -> Vec<DayOff<'_>> {
        if !(self.first_year..=self.last_year).contains(&year) {
            return Vec::new();
        }
        let Ok(first) = Date::new(year, 1, 1) else { return Vec::new() };
        let days = std::iter::successors(Some(first), |day| day.tomorrow().ok());
        days.take_while(|day| day.year() == year).filter_map(|day| self.on(day)).collect()
    }

    /// First and last year of the rules.
    pub fn years(&self) -> (i16, i16) {
        (self.first_year, self.last_year)
    }

    /// Which edition of the law the rules follow.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How sure the rules are.
    pub fn source(&self) -> Source {
        self.source
    }

    /// Sources by id of `data/sources.toml`.
    pub fn cites(&self) -> &[String] {
        &self.cites
    }

    fn holiday(&self, day: Date) -> Option<&HolidayRule> {
        if !self.cover(day) {
            return None;
        }
        self.rules.iter().find(|rule| rule.on(day.year(), &self.equinox) == Some(day))
    }

    /// The days back to a Sunday are holidays without a break, the Sunday too.
    fn is_substitute(&self, day: Date) -> bool {
        let before = std::iter::successors(day.yesterday().ok(), |day| day.yesterday().ok());
        let mut holidays = before.take_while(|day| self.holiday(*day).is_some());
        holidays.any(|day| day.weekday() == Weekday::Sunday)
    }

    fn is_between(&self, day: Date) -> bool {
        let is_holiday = |day: Result<Date, _>| day.is_ok_and(|day| self.holiday(day).is_some());
        is_holiday(day.yesterday()) && is_holiday(day.tomorrow())
    }
}

/// The name of the day off in the built-in catalogue, for [`OfficeCalendar`](crate::calendar::OfficeCalendar);
/// none on other days and outside the years of its rules.
pub fn national_holiday(day: Date) -> Option<&'static str> {
    crate::Catalogue::built_in().holidays()?.on(day).map(|off| off.ja)
}

#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) ja: String,
    pub(crate) en: String,
}

/// One holiday, on one day in each of its years.
#[derive(Debug)]
pub(crate) struct HolidayRule {
    pub(crate) name: Name,
    pub(crate) from_year: i16,
    pub(crate) to_year: i16,
    pub(crate) month: i8,
    pub(crate) day: DayRule,
    /// In these years it was on another day.
    pub(crate) moved: Vec<Date>,
}

impl HolidayRule {
    pub(crate) fn on(&self, year: i16, equinox: &Equinox) -> Option<Date> {
        if !(self.from_year..=self.to_year).contains(&year) {
            return None;
        }
        if let Some(moved) = self.moved.iter().find(|day| day.year() == year) {
            return Some(*moved);
        }
        let day = match self.day {
            DayRule::Day(day) => day,
            DayRule::Monday(nth) => return nth_monday(year, self.month, nth),
            DayRule::Vernal => equinox.day(equinox.vernal, year)?,
            DayRule::Autumnal => equinox.day(equinox.autumnal, year)?,
        };
        Date::new(year, self.month, day).ok()
    }
}

/// Which day of the month a holiday falls on.
#[derive(Clone, Copy, Debug)]
pub(crate) enum DayRule {
    Autumnal,
    Day(i8),
    Monday(i8),
    Vernal,
}

/// The usual approximation of the equinoxes (春分・秋分の略算式), in millionths of a day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Equinox {
    pub(crate) epoch: i16,
    pub(crate) drift: i64,
    pub(crate) vernal: i64,
    pub(crate) autumnal: i64,
}

impl Equinox {
    /// The day of the month.
    pub(crate) fn day(&self, base: i64, year: i16) -> Option<i8> {
        let years = i64::from(year) - i64::from(self.epoch);
        let drifted = base.checked_add(self.drift.checked_mul(years)?)?;
        i8::try_from(drifted.div_euclid(1_000_000) - years.div_euclid(4)).ok()
    }
}

fn nth_monday(year: i16, month: i8, nth: i8) -> Option<Date> {
    Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, Weekday::Monday).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::national_holiday;
    use crate::{Catalogue, DayOffKind, calendar::NationalHoliday};

    fn days(year: i16) -> String {
        let calendar = Catalogue::built_in().holidays().unwrap();
        let days = calendar.in_year(year).into_iter().map(|off| {
            let mark = match off.kind {
                DayOffKind::Holiday => "",
                DayOffKind::Substitute => "s",
                DayOffKind::Between => "b",
            };
            format!("{}/{}{mark}", off.date.month(), off.date.day())
        });
        days.collect::<Vec<_>>().join(" ")
    }

    /// The published lists (内閣府) to 2026; from 2027 on as the formula has the equinoxes.
    #[test]
    fn the_lists_of_the_years_come_out() {
        for (year, expected) in [
            (
                2024,
                "1/1 1/8 2/11 2/12s 2/23 3/20 4/29 5/3 5/4 5/5 5/6s 7/15 8/11 8/12s 9/16 9/22 9/23s 10/14 11/3 11/4s 11/23",
            ),
            (
                2025,
                "1/1 1/13 2/11 2/23 2/24s 3/20 4/29 5/3 5/4 5/5 5/6s 7/21 8/11 9/15 9/23 10/13 11/3 11/23 11/24s",
            ),
            (
                2026,
                "1/1 1/12 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6s 7/20 8/11 9/21 9/22b 9/23 10/12 11/3 11/23",
            ),
            (
                2027,
                "1/1 1/11 2/11 2/23 3/21 3/22s 4/29 5/3 5/4 5/5 7/19 8/11 9/20 9/23 10/11 11/3 11/23",
            ),
            (2028, "1/1 1/10 2/11 2/23 3/20 4/29 5/3 5/4 5/5 7/17 8/11 9/18 9/22 10/9 11/3 11/23"),
            (
                2029,
                "1/1 1/8 2/11 2/12s 2/23 3/20 4/29 4/30s 5/3 5/4 5/5 7/16 8/11 9/17 9/23 9/24s 10/8 11/3 11/23",
            ),
            (
                2030,
                "1/1 1/14 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6s 7/15 8/11 8/12s 9/16 9/23 10/14 11/3 11/4s 11/23",
            ),
        ] {
            assert_eq!(days(year), expected, "{year}");
        }
    }

    #[test]
    fn the_years_of_the_accession_and_the_games_come_out() {
        for (year, expected) in [
            (
                2018,
                "1/1 1/8 2/11 2/12s 3/21 4/29 4/30s 5/3 5/4 5/5 7/16 8/11 9/17 9/23 9/24s 10/8 11/3 11/23 12/23 12/24s",
            ),
            (
                2019,
                "1/1 1/14 2/11 3/21 4/29 4/30b 5/1 5/2b 5/3 5/4 5/5 5/6s 7/15 8/11 8/12s 9/16 9/23 10/14 10/22 11/3 11/4s 11/23",
            ),
            (
                2020,
                "1/1 1/13 2/11 2/23 2/24s 3/20 4/29 5/3 5/4 5/5 5/6s 7/23 7/24 8/10 9/21 9/22 11/3 11/23",
            ),
            (
                2021,
                "1/1 1/11 2/11 2/23 3/20 4/29 5/3 5/4 5/5 7/22 7/23 8/8 8/9s 9/20 9/23 11/3 11/23",
            ),
            // The days between that the law of 2007 gave first.
            (
                2009,
                "1/1 1/12 2/11 3/20 4/29 5/3 5/4 5/5 5/6s 7/20 9/21 9/22b 9/23 10/12 11/3 11/23 12/23",
            ),
        ] {
            assert_eq!(days(year), expected, "{year}");
        }
    }

    #[test]
    fn days_have_their_names_and_nothing_is_known_outside_the_years() {
        let calendar = Catalogue::built_in().holidays().unwrap();
        let name = |day| calendar.on(day).map(|off| off.ja);
        assert_eq!(name(date(2026, 9, 21)), Some("敬老の日"));
        assert_eq!(name(date(2026, 9, 22)), Some("国民の休日"));
        assert_eq!(name(date(2026, 5, 6)), Some("振替休日"));
        assert_eq!(name(date(2019, 10, 14)), Some("体育の日"));
        assert_eq!(name(date(2026, 10, 12)), Some("スポーツの日"));
        assert_eq!(name(date(2026, 11, 22)), None);
        assert!(calendar.cover(date(2007, 1, 1)) && calendar.cover(date(2099, 12, 31)));
        assert!(!calendar.cover(date(2006, 12, 31)) && !calendar.cover(date(2100, 1, 1)));
        assert_eq!(name(date(2006, 1, 1)), None);
        assert_eq!(days(2006), "");
        assert_eq!(calendar.years(), (2007, 2099));
        let built_in: NationalHoliday = national_holiday;
        assert_eq!(built_in(date(2026, 9, 22)), Some("国民の休日"));
        assert_eq!(built_in(date(2026, 9, 24)), None);
    }

    /// No day off is a Sunday that no holiday made, and each substitute has its Sunday.
    #[test]
    fn every_year_keeps_the_law() {
        let calendar = Catalogue::built_in().holidays().unwrap();
        for year in 2007..=2099 {
            let days = calendar.in_year(year);
            let count = |kind| days.iter().filter(|off| off.kind == kind).count();
            let sundays = days.iter().filter(|off| {
                off.kind == DayOffKind::Holiday
                    && off.date.weekday() == jiff::civil::Weekday::Sunday
            });
            assert_eq!(sundays.count(), count(DayOffKind::Substitute), "{year}");
            let holidays = count(DayOffKind::Holiday);
            let expected = match year {
                2007..=2015 => 15,
                2019 => 17,
                _ => 16,
            };
            assert_eq!(holidays, expected, "{year}");
        }
    }
}
