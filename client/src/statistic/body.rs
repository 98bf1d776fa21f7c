//! The body of a statistic letter (`docs/FORMATS.md`, section 4.6).

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::count::{Count, guard, total};

/// The media type of the body.
pub const BODY_TYPE: &str = "application/x-tsumugu-statistic";

/// The first field of every statistic.
pub const FORMAT: &str = "tsumugu/v1/statistic";

/// Longest body, in bytes.
pub const MAX_STATISTIC: usize = 4_096;

/// Largest number in it: no institution of a region has more of anything in a month.
pub const MAX_COUNT: u32 = 100_000;

/// A body that breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no statistic")]
pub struct BadStatistic;

/// A calendar month in Japan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: i16,
    month: i8,
}

/// Which side an institution stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// A care office (居宅介護支援など).
    Care,
    /// A hospital or clinic.
    Hospital,
    /// Anybody else.
    Other,
}

/// What an institution counted in a month, before anything is hidden.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Cases with something in that month.
    pub cases: u32,
    /// Admissions in that month with information in time for (Ⅰ), (Ⅱ), past both, and without.
    pub admissions: [u32; 4],
    /// Letters accepted in that month: acknowledged within an hour, a day, three days, later, and not.
    pub letters: [u32; 5],
    /// Discharges in that month: told before, and not (連絡漏れ).
    pub discharges: [u32; 2],
}

/// What an institution tells of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statistic {
    format: Format,
    /// The month.
    pub month: Month,
    /// Which side it is.
    pub side: Side,
    /// Cases with something in that month.
    pub cases: Count,
    /// Admissions.
    pub admissions: Admissions,
    /// Letters.
    pub letters: Letters,
    /// Discharges.
    pub discharges: Discharges,
}

/// Admissions of a month, by when the information was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Admissions {
    /// All of them.
    pub total: Count,
    /// In time for (Ⅰ).
    pub class_1: Count,
    /// In time for (Ⅱ).
    pub class_2: Count,
    /// After both.
    pub past: Count,
    /// Without.
    pub none: Count,
}

/// Letters of a month, by the time to their acknowledgement (受領確認までの時間).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Letters {
    /// All of them.
    pub total: Count,
    /// Within an hour.
    pub hour: Count,
    /// Within 24 hours.
    pub day: Count,
    /// Within 72 hours.
    pub three_days: Count,
    /// Later.
    pub later: Count,
    /// Not, as of the counting.
    pub none: Count,
}

/// Discharges of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discharges {
    /// All of them.
    pub total: Count,
    /// A letter told the day before it came.
    pub told: Count,
    /// None did (連絡漏れ).
    pub untold: Count,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "tsumugu/v1/statistic")]
    V1,
}

impl Figures {
    /// What may be told of it.
    #[must_use]
    pub fn guarded(&self, month: Month, side: Side) -> Statistic {
        let (total, [class_1, class_2, past, none]) = guard(self.admissions);
        let admissions = Admissions { total, class_1, class_2, past, none };
        let (total, [hour, day, three_days, later, none]) = guard(self.letters);
        let letters = Letters { total, hour, day, three_days, later, none };
        let (total, [told, untold]) = guard(self.discharges);
        let discharges = Discharges { total, told, untold };
        let cases = Count::alone(self.cases);
        Statistic { format: Format::V1, month, side, cases, admissions, letters, discharges }
    }
}

impl Statistic {
    /// The body of its letter.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a body that [`Self::to_bytes`] made, and no other.
    ///
    /// # Errors
    /// [`BadStatistic`]
    pub fn parse(bytes: &[u8]) -> Result<Self, BadStatistic> {
        if bytes.len() > MAX_STATISTIC {
            return Err(BadStatistic);
        }
        let read: Self = serde_json::from_slice(bytes).map_err(|_| BadStatistic)?;
        if read.to_bytes() == bytes && read.is_sound() { Ok(read) } else { Err(BadStatistic) }
    }

    /// Numbers are within their limit, and totals are what may be told of their parts.
    fn is_sound(&self) -> bool {
        let (a, l, d) = (&self.admissions, &self.letters, &self.discharges);
        is_small_enough(self.cases)
            && adds_up(a.total, &a.parts())
            && adds_up(l.total, &l.parts())
            && adds_up(d.total, &d.parts())
    }
}

impl Admissions {
    /// The parts in their order.
    #[must_use]
    pub fn parts(&self) -> [Count; 4] {
        [self.class_1, self.class_2, self.past, self.none]
    }
}

impl Letters {
    /// The parts in their order.
    #[must_use]
    pub fn parts(&self) -> [Count; 5] {
        [self.hour, self.day, self.three_days, self.later, self.none]
    }
}

impl Discharges {
    /// The parts in their order.
    #[must_use]
    pub fn parts(&self) -> [Count; 2] {
        [self.told, self.untold]
    }
}

fn adds_up(of: Count, parts: &[Count]) -> bool {
    parts.iter().all(|part| is_small_enough(*part)) && of == total(parts)
}

/// A part is told, or small; a total of parts is compared.
fn is_small_enough(part: Count) -> bool {
    part.high().is_some_and(|high| high <= MAX_COUNT)
}

impl Month {
    /// The month of a day.
    #[must_use]
    pub fn of(day: Date) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    /// Whether a day lies in it.
    #[must_use]
    pub fn has(self, day: Date) -> bool {
        Self::of(day) == self
    }

    /// Its first day.
    #[must_use]
    pub fn first_day(self) -> Date {
        Date::new(self.year, self.month, 1).unwrap_or(Date::MIN)
    }

    /// How many months from this one to another one, both counted; nothing backwards.
    #[must_use]
    pub fn until(self, last: Self) -> u32 {
        let number = |month: Self| i32::from(month.year) * 12 + i32::from(month.month);
        u32::try_from(number(last) - number(self) + 1).unwrap_or(0)
    }

    /// The one before.
    #[must_use]
    pub fn before(self) -> Self {
        match self.month {
            1 => Self { year: self.year.saturating_sub(1), month: 12 },
            month => Self { month: month - 1, ..self },
        }
    }

    /// The one after.
    #[must_use]
    pub fn after(self) -> Self {
        match self.month {
            12 => Self { year: self.year.saturating_add(1), month: 1 },
            month => Self { month: month + 1, ..self },
        }
    }
}

/// `2026-11`
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = BadStatistic;

    /// Years from 2020 to 2199.
    fn from_str(text: &str) -> Result<Self, BadStatistic> {
        let (year, month) = text.split_once('-').ok_or(BadStatistic)?;
        let is_digits =
            |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
        if !is_digits(year, 4) || !is_digits(month, 2) {
            return Err(BadStatistic);
        }
        let year = year.parse().map_err(|_| BadStatistic)?;
        let month = month.parse().map_err(|_| BadStatistic)?;
        let is_one = (2020..=2199).contains(&year) && (1..=12).contains(&month);
        if is_one { Ok(Self { year, month }) } else { Err(BadStatistic) }
    }
}

impl Serialize for Month {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    fn figures() -> Figures {
        Figures {
            cases: 9,
            admissions: [6, 5, 0, 0],
            letters: [12, 8, 2, 1, 3],
            discharges: [5, 6],
        }
    }

    #[test]
    fn a_body_is_what_the_format_says() {
        let body = figures().guarded(month("2026-10"), Side::Care).to_bytes();
        insta::assert_snapshot!(String::from_utf8(body.clone()).unwrap());
        assert_eq!(Statistic::parse(&body).unwrap().to_bytes(), body);
    }

    #[test]
    fn nothing_else_is_read() {
        let body = figures().guarded(month("2026-10"), Side::Care).to_bytes();
        let text = String::from_utf8(body).unwrap();
        for (from, to) in [
            ("\"cases\":9", "\"cases\":4"),
            ("\"cases\":9", "\"cases\":100001"),
            ("\"cases\":9", "\"cases\":-1"),
            ("\"cases\":9", "\"cases\":9.0"),
            ("\"cases\":9", "\"cases\":\"9\""),
            ("\"cases\":9", "\"cases\":9,\"name\":\"x\""),
            ("\"total\":11", "\"total\":12"),
            ("2026-10", "2026-13"),
            ("2026-10", "2019-12"),
            ("/v1/", "/v2/"),
            ("{\"format", " {\"format"),
        ] {
            assert!(text.contains(from), "{from}");
            assert!(Statistic::parse(text.replacen(from, to, 1).as_bytes()).is_err(), "{to}");
        }
        assert!(Statistic::parse(&vec![b' '; MAX_STATISTIC + 1]).is_err());
    }

    #[test]
    fn the_largest_count_is_taken() {
        let with =
            |cases| Figures { cases, ..figures() }.guarded(month("2026-10"), Side::Care).to_bytes();
        assert!(Statistic::parse(&with(MAX_COUNT)).is_ok());
        assert!(Statistic::parse(&with(MAX_COUNT + 1)).is_err());
    }

    #[test]
    fn months_follow_each_other() {
        let december = month("2026-12");
        assert_eq!(december.after().to_string(), "2027-01");
        assert_eq!(december.after().before(), december);
        assert_eq!(december.until(december), 1);
        assert_eq!(month("2026-01").until(month("2027-12")), 24);
        assert_eq!(december.until(month("2026-10")), 0);
        assert!(december.has(jiff::civil::date(2026, 12, 31)));
        assert!(!december.has(jiff::civil::date(2025, 12, 31)));
        for bad in ["", "2026", "2026-1", "2026-00", "26-01", "2200-01", "2026-01-01", "+026-01"] {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_told_is_read(cases in 0_u32..40, a in [0_u32..9, 0..9, 0..9, 0..9],
            l in [0_u32..9, 0..9, 0..9, 0..9, 0..9], d in [0_u32..9, 0..9]) {
            let figures = Figures { cases, admissions: a, letters: l, discharges: d };
            let told = figures.guarded(month("2026-10"), Side::Hospital);
            prop_assert_eq!(Statistic::parse(&told.to_bytes()), Ok(told));
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(Statistic::parse(&bytes).is_err());
        }
    }
}
