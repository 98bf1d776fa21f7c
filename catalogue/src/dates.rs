//! Dates, times and moments as people write them.

use std::fmt;

use jiff::civil::{Date, DateTime, Time};

use crate::{
    era::{self, EraError, MAX_DATE, MIN_DATE},
    text::{digits, fold_width},
};

/// Most minutes that a zone is away from UTC: 14 hours (Line Islands).
const MAX_OFFSET_MINUTES: i16 = 14 * 60;

/// A date and a time of day to the minute, local, with the zone if it was told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Moment {
    /// As the clock on the wall shows it; seconds are zero.
    pub local: DateTime,
    /// Minutes east of UTC, at most 14 hours either way; none if the text told none.
    pub offset_minutes: Option<i16>,
}

impl fmt::Display for Moment {
    /// `2026-11-22T09:30`, with `Z` or `+09:00` behind if the zone was told (RFC 3339, section 5.6,
    /// without seconds).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.local;
        write!(f, "{}T{:02}:{:02}", local.date(), local.hour(), local.minute())?;
        match self.offset_minutes {
            None => Ok(()),
            Some(0) => f.write_str("Z"),
            Some(offset) => {
                let sign = if offset < 0 { '-' } else { '+' };
                let minutes = offset.unsigned_abs();
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
        }
    }
}

/// A text is not a date.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DateFault {
    /// The calendar has no such day, such as 30 February.
    #[error("the calendar has no such day")]
    NoSuchDay,
    /// Neither ISO 8601 nor a date of a Japanese era.
    #[error("not a date")]
    NotDate,
    /// The day belongs to another era, which is told.
    #[error("the day is {actual}")]
    OtherEra {
        /// The same day in its own era.
        actual: String,
    },
    /// Before 1873 or after 2199.
    #[error("the date is outside 1873 to 2199")]
    OutOfRange,
}

impl From<EraError> for DateFault {
    fn from(error: EraError) -> Self {
        match error {
            EraError::NoSuchDay => Self::NoSuchDay,
            EraError::NotEraDate => Self::NotDate,
            EraError::OtherEra { actual } => Self::OtherEra { actual },
            EraError::OutOfRange => Self::OutOfRange,
        }
    }
}

/// Reads a date: `2026-11-22` (ISO 8601), or of an era as [`era::parse`] reads it; also in full
/// width.
///
/// # Errors
/// Anything else, days that do not exist, and days before 1873 or after 2199.
pub fn parse_date(text: &str) -> Result<Date, DateFault> {
    let folded = fold_width(text);
    let folded = folded.trim();
    if !folded.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(era::parse(folded)?);
    }
    let mut parts = folded.split('-');
    let (Some(year), Some(month), Some(day), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(DateFault::NotDate);
    };
    let (Some(year), Some(month), Some(day)) =
        (digits(year, 4..=4), digits(month, 2..=2), digits(day, 2..=2))
    else {
        return Err(DateFault::NotDate);
    };
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else {
        return Err(DateFault::NoSuchDay);
    };
    let date = Date::new(year, month, day).map_err(|_| DateFault::NoSuchDay)?;
    if date < MIN_DATE || date > MAX_DATE { Err(DateFault::OutOfRange) } else { Ok(date) }
}

/// Reads a time of day: `9:30`, `09:30`, `09:30:00`, 9時30分 or 9時; also in full width. Seconds
/// other than zero and 24:00 are refused: which day would the latter belong to?
pub(crate) fn parse_time(text: &str) -> Option<Time> {
    let text: String = fold_width(text).chars().filter(|c| *c != ' ').collect();
    let (hour, minute) = if let Some((hour, minute)) = text.split_once('時') {
        (hour, if minute.is_empty() { "00" } else { minute.strip_suffix('分')? })
    } else {
        let (hour, minute) = text.split_once(':')?;
        let minute = minute.strip_suffix(":00").unwrap_or(minute);
        (minute.len() == 2).then_some(())?;
        (hour, minute)
    };
    let hour = i8::try_from(digits(hour, 1..=2)?).ok()?;
    let minute = i8::try_from(digits(minute, 1..=2)?).ok()?;
    Time::new(hour, minute, 0, 0).ok()
}

/// Why a text is not a moment.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum MomentFault {
    Date(DateFault),
    Other,
}

/// Reads a moment: a date and a time of day with `T`, a space or nothing (after 日) between, and
/// optionally `Z` or an offset such as `+09:00` behind.
pub(crate) fn parse_moment(text: &str) -> Result<Moment, MomentFault> {
    let folded = fold_width(text);
    let (date, rest) = split_moment(folded.trim()).ok_or(MomentFault::Other)?;
    let date = parse_date(date).map_err(MomentFault::Date)?;
    let (time, offset_minutes) = split_offset(rest).ok_or(MomentFault::Other)?;
    let time = parse_time(time).ok_or(MomentFault::Other)?;
    Ok(Moment { local: date.to_datetime(time), offset_minutes })
}

/// A time of day to the minute, `09:30`.
pub(crate) fn format_time(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

fn split_moment(text: &str) -> Option<(&str, &str)> {
    if let Some(at) = text.find('日') {
        return Some(text.split_at(at + '日'.len_utf8()));
    }
    // The era's letter T (大正) stands first, the separator never does.
    let after_first = text.char_indices().skip(1);
    let at = after_first.into_iter().find(|(_, c)| matches!(c, 'T' | 't' | ' '))?.0;
    Some((&text[..at], &text[at + 1..]))
}

fn split_offset(text: &str) -> Option<(&str, Option<i16>)> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time, Some(0)));
    }
    let Some(at) = text.find(['+', '-']) else { return Some((text, None)) };
    let (time, offset) = text.split_at(at);
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = offset[1..].split_once(':')?;
    let (hours, minutes) = (digits(hours, 2..=2)?, digits(minutes, 2..=2)?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= MAX_OFFSET_MINUTES).then_some((time, Some(sign * total)))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_are_read_in_both_calendars() {
        for text in ["2026-11-22", "２０２６－１１－２２", "令和8年11月22日", "R8.11.22"]
        {
            assert_eq!(parse_date(text), Ok(date(2026, 11, 22)), "{text}");
        }
        assert_eq!(parse_date("1873-01-01"), Ok(MIN_DATE));
        assert_eq!(parse_date("1872-12-31"), Err(DateFault::OutOfRange));
        assert_eq!(parse_date("2199-12-31"), Ok(MAX_DATE));
        assert_eq!(parse_date("2200-01-01"), Err(DateFault::OutOfRange));
        assert_eq!(parse_date("2026-02-29"), Err(DateFault::NoSuchDay));
        for text in ["", "2026-1-2", "20261122", "2026/11/22", "2026-11-22-", "26-11-22"] {
            assert_eq!(parse_date(text), Err(DateFault::NotDate), "{text}");
        }
    }

    #[test]
    fn times_are_read_to_the_minute() {
        for text in ["9:30", "09:30", "09:30:00", "9時30分", "９：３０"] {
            assert_eq!(parse_time(text).map(format_time).as_deref(), Some("09:30"), "{text}");
        }
        assert_eq!(parse_time("7時").map(format_time).as_deref(), Some("07:00"));
        for text in ["24:00", "9:3", "9:60", "9", "09:30:01", "", ":", "9時半", "-1:00"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn moments_are_read_and_written() {
        for (text, canonical) in [
            ("2026-11-22T09:30", "2026-11-22T09:30"),
            ("2026-11-22 9:30", "2026-11-22T09:30"),
            ("2026-11-22T09:30:00+09:00", "2026-11-22T09:30+09:00"),
            ("2026-11-22T09:30Z", "2026-11-22T09:30Z"),
            ("2026-11-22T09:30-05:30", "2026-11-22T09:30-05:30"),
            ("2026-11-22T09:30+14:00", "2026-11-22T09:30+14:00"),
            ("令和8年11月22日 9時30分", "2026-11-22T09:30"),
            ("令和8年11月22日9時30分", "2026-11-22T09:30"),
            ("R8.11.22 9:30", "2026-11-22T09:30"),
            ("T15.12.24 9:30", "1926-12-24T09:30"),
        ] {
            let moment = parse_moment(text).map(|moment| moment.to_string());
            assert_eq!(moment.as_deref(), Ok(canonical), "{text}");
        }
        for text in ["2026-11-22", "2026-11-22T", "2026-11-22T09:30+14:01", "2026-11-22T09:30+9:00"]
        {
            assert_eq!(parse_moment(text), Err(MomentFault::Other), "{text}");
        }
        let fault = parse_moment("2026-02-29T09:30");
        assert_eq!(fault, Err(MomentFault::Date(DateFault::NoSuchDay)));
    }

    proptest! {
        #[test]
        fn moments_come_back_and_no_text_panics(text in ".{0,30}", iso in "[0-9]{4}-[0-9]{2}-[0-9]{2}[T 日時][0-9]{2}:[0-9]{2}([+-][0-9]{2}:[0-9]{2})?") {
            for text in [text, iso] {
                if let Ok(moment) = parse_moment(&text) {
                    prop_assert_eq!(parse_moment(&moment.to_string()), Ok(moment));
                }
            }
        }
    }
}
