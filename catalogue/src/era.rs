//! Japanese eras (和暦), 明治 to 令和, to and from the Gregorian calendar.
//!
//! Dates start on 1 January 1873 (明治6年1月1日), when Japan took up the Gregorian calendar: the
//! months of earlier years are those of another calendar. The days of change are those of the
//! imperial rescripts of 1912 and 1926 and of the ordinances 昭和64年政令第1号 and 平成31年政令第143号; a
//! day of change belongs to the new era.

use jiff::civil::Date;

use crate::text::{digits, fold_width};

/// The first date that this crate reads and writes: 明治6年1月1日.
pub const MIN_DATE: Date = jiff::civil::date(1873, 1, 1);
/// The last date that this crate reads; later ones are slips of the pen.
pub const MAX_DATE: Date = jiff::civil::date(2199, 12, 31);

/// An era since the Gregorian calendar came.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Era {
    /// 明治, to 29 July 1912.
    Meiji,
    /// 大正, from 30 July 1912.
    Taisho,
    /// 昭和, from 25 December 1926.
    Showa,
    /// 平成, from 8 January 1989.
    Heisei,
    /// 令和, from 1 May 2019.
    Reiwa,
}

impl Era {
    /// Every era, oldest first.
    pub const ALL: [Self; 5] = [Self::Meiji, Self::Taisho, Self::Showa, Self::Heisei, Self::Reiwa];

    /// The era of a date and the year in it, from 1; none before [`MIN_DATE`].
    pub fn of(date: Date) -> Option<(Self, i16)> {
        let era = Self::ALL.into_iter().rev().find(|era| era.first_day() <= date)?;
        Some((era, date.year() - era.year_before()))
    }

    /// The first day of the era, of 明治 the first of the Gregorian calendar.
    pub fn first_day(self) -> Date {
        match self {
            Self::Meiji => MIN_DATE,
            Self::Taisho => jiff::civil::date(1912, 7, 30),
            Self::Showa => jiff::civil::date(1926, 12, 25),
            Self::Heisei => jiff::civil::date(1989, 1, 8),
            Self::Reiwa => jiff::civil::date(2019, 5, 1),
        }
    }

    /// The name, such as 令和.
    pub fn name_ja(self) -> &'static str {
        match self {
            Self::Meiji => "明治",
            Self::Taisho => "大正",
            Self::Showa => "昭和",
            Self::Heisei => "平成",
            Self::Reiwa => "令和",
        }
    }

    /// The letter of the short form, such as R.
    pub fn letter(self) -> char {
        match self {
            Self::Meiji => 'M',
            Self::Taisho => 'T',
            Self::Showa => 'S',
            Self::Heisei => 'H',
            Self::Reiwa => 'R',
        }
    }

    /// The Gregorian year before the era's first year (元年).
    fn year_before(self) -> i16 {
        match self {
            Self::Meiji => 1867,
            Self::Taisho => 1911,
            Self::Showa => 1925,
            Self::Heisei => 1988,
            Self::Reiwa => 2018,
        }
    }
}

/// A text is not a date of an era.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum EraError {
    /// The calendar has no such day, such as 30 February.
    #[error("the calendar has no such day")]
    NoSuchDay,
    /// Not of the form 令和8年11月22日 or R8.11.22.
    #[error("not a date of a Japanese era")]
    NotEraDate,
    /// The day belongs to another era, which is told.
    #[error("the day is {actual}")]
    OtherEra {
        /// The same day in its own era.
        actual: String,
    },
    /// Before [`MIN_DATE`] or after [`MAX_DATE`].
    #[error("the date is outside 1873 to 2199")]
    OutOfRange,
}

/// A date in its era, such as 令和8年11月22日 or 令和元年5月1日; in ISO 8601 before [`MIN_DATE`].
pub fn format(date: Date) -> String {
    let Some((era, year)) = Era::of(date) else { return date.to_string() };
    let year = if year == 1 { "元".to_owned() } else { year.to_string() };
    format!("{}{year}年{}月{}日", era.name_ja(), date.month(), date.day())
}

/// A date in its era, short, such as R8.11.22; in ISO 8601 before [`MIN_DATE`].
pub fn format_short(date: Date) -> String {
    let Some((era, year)) = Era::of(date) else { return date.to_string() };
    format!("{}{year}.{}.{}", era.letter(), date.month(), date.day())
}

/// Reads 令和8年11月22日, 令和元年5月1日, R8.11.22, R8/11/22 or R8-11-22, also in full width and with
/// spaces between.
///
/// # Errors
/// Anything else, a day that does not exist, and a day outside its era: 昭和64年1月8日 was 平成元年.
pub fn parse(text: &str) -> Result<Date, EraError> {
    let text: String = fold_width(text).chars().filter(|c| *c != ' ').collect();
    let (era, rest) = Era::ALL
        .into_iter()
        .find_map(|era| {
            let long = text.strip_prefix(era.name_ja());
            long.or_else(|| text.strip_prefix(era.letter())).map(|rest| (era, rest))
        })
        .ok_or(EraError::NotEraDate)?;
    let (year, month, day) = parts(rest).ok_or(EraError::NotEraDate)?;
    let (month, day) = (i8::try_from(month), i8::try_from(day));
    let (Ok(month), Ok(day)) = (month, day) else { return Err(EraError::NoSuchDay) };
    let year = era.year_before() + year;
    let date = Date::new(year, month, day).map_err(|_| EraError::NoSuchDay)?;
    match Era::of(date) {
        None => Err(EraError::OutOfRange),
        Some(_) if date > MAX_DATE => Err(EraError::OutOfRange),
        Some((actual, _)) if actual != era => Err(EraError::OtherEra { actual: format(date) }),
        Some(_) => Ok(date),
    }
}

/// Year, month and day behind the era's name.
fn parts(rest: &str) -> Option<(i16, i16, i16)> {
    let (year, month, day) = if let Some((year, rest)) = rest.split_once('年') {
        let (month, day) = rest.strip_suffix('日')?.split_once('月')?;
        (year, month, day)
    } else {
        let separator = ['.', '/', '-'].into_iter().find(|c| rest.contains(*c))?;
        let (year, rest) = rest.split_once(separator)?;
        let (month, day) = rest.split_once(separator)?;
        (year, month, day)
    };
    let year = if year == "元" { 1 } else { digits(year, 1..=3)? };
    (year >= 1).then_some(())?;
    Some((year, digits(month, 1..=2)?, digits(day, 1..=2)?))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_days_of_every_change_are_right() {
        let days = [
            (date(1873, 1, 1), "明治6年1月1日", "M6.1.1"),
            (date(1912, 7, 29), "明治45年7月29日", "M45.7.29"),
            (date(1912, 7, 30), "大正元年7月30日", "T1.7.30"),
            (date(1926, 12, 24), "大正15年12月24日", "T15.12.24"),
            (date(1926, 12, 25), "昭和元年12月25日", "S1.12.25"),
            (date(1989, 1, 7), "昭和64年1月7日", "S64.1.7"),
            (date(1989, 1, 8), "平成元年1月8日", "H1.1.8"),
            (date(2019, 4, 30), "平成31年4月30日", "H31.4.30"),
            (date(2019, 5, 1), "令和元年5月1日", "R1.5.1"),
            (date(2020, 1, 1), "令和2年1月1日", "R2.1.1"),
            (date(2199, 12, 31), "令和181年12月31日", "R181.12.31"),
        ];
        for (day, long, short) in days {
            assert_eq!((format(day).as_str(), format_short(day).as_str()), (long, short));
            assert_eq!((parse(long), parse(short)), (Ok(day), Ok(day)));
        }
        assert_eq!(format(date(1872, 12, 31)), "1872-12-31");
    }

    #[test]
    fn days_outside_their_era_are_refused_with_the_right_one() {
        let other = |actual: &str| Err(EraError::OtherEra { actual: actual.to_owned() });
        assert_eq!(parse("昭和64年1月8日"), other("平成元年1月8日"));
        assert_eq!(parse("昭和元年12月24日"), other("大正15年12月24日"));
        assert_eq!(parse("平成33年3月31日"), other("令和3年3月31日"));
        assert_eq!(parse("令和元年4月30日"), other("平成31年4月30日"));
        assert_eq!(parse("明治5年12月31日"), Err(EraError::OutOfRange));
        assert_eq!(parse("令和182年1月1日"), Err(EraError::OutOfRange));
    }

    #[test]
    fn other_spellings_are_read() {
        for text in ["R8/11/22", "R8-11-22", "Ｒ８．１１．２２", "令和 8年 11月 22日", "R08.11.22"]
        {
            assert_eq!(parse(text), Ok(date(2026, 11, 22)), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in
            ["", "R", "令和", "令和8年", "R8.11", "R8.11.22.1", "R0.1.1", "X8.1.1", "r8.1.1"]
        {
            assert_eq!(parse(text), Err(EraError::NotEraDate), "{text}");
        }
        assert_eq!(parse("令和8年2月29日"), Err(EraError::NoSuchDay));
        assert_eq!(parse("R8.13.1"), Err(EraError::NoSuchDay));
        assert_eq!(parse("R8.1.0"), Err(EraError::NoSuchDay));
    }

    proptest! {
        #[test]
        fn every_date_comes_back(days in 0i64..119_000) {
            let date = MIN_DATE.saturating_add(jiff::Span::new().days(days));
            prop_assert_eq!(parse(&format(date)), Ok(date));
            prop_assert_eq!(parse(&format_short(date)), Ok(date));
        }

        #[test]
        fn no_text_panics(text in "[令和昭平成R]?.{0,12}") {
            let _ = parse(&text);
        }
    }
}
