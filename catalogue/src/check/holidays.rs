//! The check of the calendar of holidays: every year is counted through.

use std::collections::BTreeSet;

use super::Check;
use crate::{
    Holidays, Problem,
    draft::{In, RawEquinox, RawHoliday, RawHolidays, RawMonthRule},
    era::{MAX_DATE, MIN_DATE},
    holidays::{DayRule, Equinox, HolidayRule, Name},
};

/// The days of the month that an equinox falls on.
const EQUINOX_DAYS: std::ops::RangeInclusive<i8> = 19..=24;

impl Check<'_> {
    pub(super) fn holidays(&mut self) -> Option<Holidays> {
        let draft = self.draft;
        let (first, more) = draft.holidays.split_first()?;
        for In { file, .. } in more {
            self.at(file);
            self.report("holidays", Problem::SecondCalendar);
        }
        self.at(&first.file);
        self.calendar(&first.entry)
    }

    fn calendar(&mut self, raw: &RawHolidays) -> Option<Holidays> {
        let place = "holidays";
        let years = i64::from(MIN_DATE.year())..=i64::from(MAX_DATE.year());
        self.range(place, "first_year", raw.first_year, years.clone());
        self.range(
            place,
            "last_year",
            raw.last_year,
            raw.first_year.max(*years.start())..=*years.end(),
        );
        let sound = years.contains(&raw.first_year)
            && years.contains(&raw.last_year)
            && raw.first_year <= raw.last_year;
        let texts = [
            ("version", &raw.version),
            ("substitute ja", &raw.substitute.ja),
            ("substitute en", &raw.substitute.en),
            ("between ja", &raw.between.ja),
            ("between en", &raw.between.en),
        ];
        self.texts(place, &texts);
        self.ascii(place, "substitute en", &raw.substitute.en);
        self.ascii(place, "between en", &raw.between.en);
        self.cites(place, &raw.cites);
        if raw.holiday.is_empty() {
            self.report(place, Problem::Empty("holiday"));
        }
        let source = self.word(place, "source", &raw.source);
        let equinox = self.equinox(&raw.equinox, raw);
        let mut seen = BTreeSet::new();
        let mut rules = Vec::new();
        for holiday in &raw.holiday {
            self.unique(&mut seen, &holiday.id, &holiday.id);
            rules.extend(self.holiday(holiday, raw).map(|rule| (holiday.id.as_str(), rule)));
        }
        let (true, Some(equinox), Some(source)) = (sound, equinox, source) else { return None };
        let first_year = i16::try_from(raw.first_year).ok()?;
        let last_year = i16::try_from(raw.last_year).ok()?;
        self.clashes(&rules, first_year..=last_year, &equinox);
        Some(Holidays {
            first_year,
            last_year,
            version: raw.version.clone(),
            source,
            cites: raw.cites.clone(),
            substitute: Name { ja: raw.substitute.ja.clone(), en: raw.substitute.en.clone() },
            between: Name { ja: raw.between.ja.clone(), en: raw.between.en.clone() },
            equinox,
            rules: rules.into_iter().map(|(_, rule)| rule).collect(),
        })
    }

    /// The formula is good for all years of the calendar, and gives days near the 21st.
    fn equinox(&mut self, raw: &RawEquinox, calendar: &RawHolidays) -> Option<Equinox> {
        let place = "equinox";
        let years = raw.first_year..=raw.last_year;
        if !years.contains(&calendar.first_year) || !years.contains(&calendar.last_year) {
            self.report(place, Problem::HolidayYears);
            return None;
        }
        let equinox = Equinox {
            epoch: i16::try_from(raw.epoch).ok().unwrap_or_default(),
            drift: millionths(raw.drift),
            vernal: millionths(raw.vernal),
            autumnal: millionths(raw.autumnal),
        };
        let first = i16::try_from(calendar.first_year).ok()?;
        let last = i16::try_from(calendar.last_year).ok()?;
        for year in first..=last {
            let near =
                |base| equinox.day(base, year).is_some_and(|day| EQUINOX_DAYS.contains(&day));
            if !near(equinox.vernal) || !near(equinox.autumnal) {
                self.report(place, Problem::BadEquinox(year));
                return None;
            }
        }
        Some(equinox)
    }

    fn holiday(&mut self, raw: &RawHoliday, calendar: &RawHolidays) -> Option<HolidayRule> {
        let place = raw.id.as_str();
        self.texts(place, &[("ja", &raw.ja), ("en", &raw.en)]);
        self.ascii(place, "en", &raw.en);
        let from_year = raw.from_year.unwrap_or(calendar.first_year);
        let to_year = raw.to_year.unwrap_or(calendar.last_year);
        let mut fit = calendar.first_year <= from_year
            && from_year <= to_year
            && to_year <= calendar.last_year;
        let mut moved = Vec::new();
        let mut moved_years = BTreeSet::new();
        for text in &raw.moved {
            let Some(day) = self.date(place, "moved", text) else { continue };
            let year = day.year();
            fit &= moved_years.insert(year) && (from_year..=to_year).contains(&i64::from(year));
            moved.push(day);
        }
        if !fit {
            self.report(place, Problem::HolidayYears);
        }
        let (month, day) = self.month_rule(place, &raw.rule)?;
        Some(HolidayRule {
            name: Name { ja: raw.ja.clone(), en: raw.en.clone() },
            from_year: i16::try_from(from_year).ok()?,
            to_year: i16::try_from(to_year).ok()?,
            month,
            day,
            moved,
        })
    }

    /// Exactly one of `day`, `monday` and `equinox`; every month has such a day in every year.
    fn month_rule(&mut self, place: &str, raw: &RawMonthRule) -> Option<(i8, DayRule)> {
        self.range(place, "month", raw.month, 1..=12);
        let month = i8::try_from(raw.month).ok()?;
        let rule = match (raw.day, raw.monday, &raw.equinox) {
            (Some(day), None, None) => {
                // A year without 29 February.
                let last = jiff::civil::Date::new(2001, month, 1).ok()?.days_in_month();
                self.range(place, "day", day, 1..=i64::from(last));
                DayRule::Day(i8::try_from(day).ok()?)
            }
            (None, Some(nth), None) => {
                self.range(place, "monday", nth, 1..=4);
                DayRule::Monday(i8::try_from(nth).ok()?)
            }
            (None, None, Some(word)) => {
                let known = [(DayRule::Vernal, "vernal"), (DayRule::Autumnal, "autumnal")];
                self.known(place, "equinox", word, &known, |(_, name)| name)?.0
            }
            (None, None, None) => {
                self.report(place, Problem::MissingKey { ty: "rule", key: "day" });
                return None;
            }
            _ => {
                self.report(
                    place,
                    Problem::SpareKey { ty: "rule with one kind of day", key: "second kind" },
                );
                return None;
            }
        };
        Some((month, rule))
    }

    /// Two holidays on one day would be one day off too few, and a name too many.
    fn clashes(
        &mut self,
        rules: &[(&str, HolidayRule)],
        years: std::ops::RangeInclusive<i16>,
        equinox: &Equinox,
    ) {
        let mut told = BTreeSet::new();
        for year in years {
            let mut days = BTreeSet::new();
            for (id, rule) in rules {
                let Some(day) = rule.on(year, equinox) else { continue };
                if !days.insert(day) && told.insert(*id) {
                    self.report(id, Problem::HolidayClash(year));
                }
            }
        }
    }
}

/// As a whole number, so that a year's day does not hang on the rounding of doubles.
fn millionths(value: f64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast saturates, and the days are checked"
    )]
    let value = (value * 1e6).round() as i64;
    value
}
