//! A moment in Japan as people write it, or a day whose hour nobody knows.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use super::typed::usual;
use crate::dates::{MomentFault, parse_moment};
use crate::era::{MAX_DATE, MIN_DATE};
use crate::text::fold_width;
use crate::{DateFault, parse_date};

/// Japan's time: nine hours ahead of UTC, without summer time since 1952.
const JAPAN: Offset = Offset::constant(9);

/// A day in Japan, with the time of day where it is known. Days go from 1873 to 2199.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct When {
    /// The calendar day in Japan.
    pub day: Date,
    /// The time of day in Japan; none if nobody knows the hour.
    pub time: Option<Time>,
}

/// A text is neither a date nor a date with a time.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum WhenFault {
    /// The day.
    #[error(transparent)]
    Date(#[from] DateFault),
    /// 24:00 is the end of one day and the beginning of the next; on which of the two something
    /// happened decides the last day, so it has to be said.
    #[error("24:00 belongs to two days; write 23:59, or 00:00 of the next day")]
    Midnight,
    /// Neither of the two.
    #[error("not a date and time")]
    Other,
}

impl When {
    /// A date and time in Japan.
    #[must_use]
    pub fn at(moment: DateTime) -> Self {
        Self { day: moment.date(), time: Some(moment.time()) }
    }

    /// A day whose hour is not known.
    #[must_use]
    pub fn on(day: Date) -> Self {
        Self { day, time: None }
    }

    /// Whether it is surely before another: on an earlier day, or at an earlier time where both are
    /// known.
    #[must_use]
    pub fn is_before(self, other: Self) -> bool {
        let earlier_time = match (self.time, other.time) {
            (Some(one), Some(other)) => one < other,
            _ => false,
        };
        self.day < other.day || (self.day == other.day && earlier_time)
    }

    /// Reads `2026-11-24T20:00`, `2026-11-24 20:00`, RFC 3339 with seconds and an offset (else
    /// Japan's time), 令和8年11月24日 20時00分, R8.11.24 20:00, 令8.11.24 午後8時, 2026/11/24 20時半,
    /// 2026年11月24日20時, or a day alone in either calendar.
    ///
    /// # Errors
    /// Anything else, 24:00, and days outside 1873 to 2199.
    pub fn parse(text: &str) -> Result<Self, WhenFault> {
        let folded = fold_width(text);
        let text = folded.trim();
        if is_midnight(text) {
            return Err(WhenFault::Midnight);
        }
        let usual = usual(text);
        let text = usual.as_str();
        let has_time = text.contains([':', '時']);
        if !has_time {
            return Ok(Self::on(parse_date(text)?));
        }
        let moment = match text.parse::<Timestamp>() {
            Ok(stamp) => in_japan(stamp),
            Err(_) => match text.parse::<DateTime>() {
                Ok(local) => local,
                Err(_) => of_moment(text)?,
            },
        };
        let known = (MIN_DATE..=MAX_DATE).contains(&moment.date());
        if known { Ok(Self::at(moment)) } else { Err(DateFault::OutOfRange.into()) }
    }
}

/// Whether 24:00 stands in the hour's place; 18:24:00 is twenty-four minutes past six.
fn is_midnight(text: &str) -> bool {
    let is_hour = |(at, _): (usize, &str)| {
        !text[..at].ends_with(|before: char| before.is_ascii_digit() || ":+-".contains(before))
    };
    text.match_indices("24:00").chain(text.match_indices("24時")).any(is_hour)
}

fn in_japan(stamp: Timestamp) -> DateTime {
    stamp.to_zoned(TimeZone::fixed(JAPAN)).datetime()
}

/// As the forms write moments, in either calendar.
fn of_moment(text: &str) -> Result<DateTime, WhenFault> {
    let moment = parse_moment(text).map_err(|fault| match fault {
        MomentFault::Date(fault) => WhenFault::Date(fault),
        MomentFault::Other => WhenFault::Other,
    })?;
    let Some(minutes) = moment.offset_minutes else { return Ok(moment.local) };
    let offset = Offset::from_seconds(i32::from(minutes) * 60).map_err(|_| WhenFault::Other)?;
    let stamp = offset.to_timestamp(moment.local).map_err(|_| WhenFault::Other)?;
    Ok(in_japan(stamp))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn moments_are_japans_in_either_calendar() {
        let at = When::at(date(2026, 11, 24).at(20, 0, 0, 0));
        for text in [
            "2026-11-24T20:00",
            "2026-11-24 20:00",
            "2026-11-24T20:00:00+09:00",
            "2026-11-24T11:00Z",
            "2026-11-24T11:00:00Z",
            "令和8年11月24日 20時00分",
            "令和8年11月24日20:00",
            "R8.11.24 20:00",
            "R8.11.24T11:00Z",
            "Ｒ８．１１．２４　２０：００",
            "2026/11/24 20:00",
            "2026年11月24日20時",
            "2026年11月24日　午後8時",
            "令8.11.24 20時",
        ] {
            assert_eq!(When::parse(text), Ok(at), "{text}");
        }
        let days = ["2026-11-24", "令和8年11月24日", "R8.11.24", " R8/11/24 "];
        for text in days.into_iter().chain(["2026/11/24", "2026年11月24日", "令8.11.24"]) {
            assert_eq!(When::parse(text), Ok(When::on(date(2026, 11, 24))), "{text}");
        }
    }

    #[test]
    fn midnight_belongs_to_the_day_it_begins() {
        let midnight = When::at(date(2026, 11, 25).at(0, 0, 0, 0));
        for text in ["2026-11-25T00:00", "2026-11-24T15:00:00Z", "R8.11.25 0:00"] {
            assert_eq!(When::parse(text), Ok(midnight), "{text}");
        }
        let before = When::parse("2026-11-24T14:59:59.999Z").unwrap();
        assert_eq!(before.day, date(2026, 11, 24));
        for text in ["2026-11-24T24:00", "令和8年11月24日24時", "２０２６-11-24 ２４：００"]
        {
            assert_eq!(When::parse(text), Err(WhenFault::Midnight), "{text}");
        }
    }

    #[test]
    fn twenty_four_minutes_past_is_not_midnight() {
        let at = When::at(date(2026, 11, 24).at(18, 24, 0, 0));
        for text in ["2026-11-24T18:24:00", "2026-11-24T18:24:00+09:00", "2026-11-24T09:24:00Z"] {
            assert_eq!(When::parse(text), Ok(at), "{text}");
        }
        assert_eq!(
            When::parse("2026-11-24T00:24:00").unwrap().time,
            Some(jiff::civil::time(0, 24, 0, 0))
        );
        for text in ["2026-11-24T24:00:00", "R8.11.24 24:00", "24:00", "2026-11-24 24:00:00+09:00"]
        {
            assert_eq!(When::parse(text), Err(WhenFault::Midnight), "{text}");
        }
    }

    #[test]
    fn before_is_said_only_where_it_is_sure() {
        let at = |text| When::parse(text).unwrap();
        assert!(at("2026-11-24").is_before(at("2026-11-25T00:00")));
        assert!(at("2026-11-24T10:00").is_before(at("2026-11-24T10:01")));
        assert!(!at("2026-11-24T10:00").is_before(at("2026-11-24T10:00")));
        assert!(!at("2026-11-24").is_before(at("2026-11-24T10:00")));
        assert!(!at("2026-11-25").is_before(at("2026-11-24T10:00")));
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "20:00",
            "午後8時",
            "R8.11.24 午後12時",
            "11/24",
            "tomorrow",
            "2026-11-24T25:00",
            "2026-11-24T20:0x",
        ] {
            assert!(When::parse(text).is_err(), "{text}");
        }
        for text in ["2026-02-29", "2026-02-29T10:00"] {
            let fault = Err(WhenFault::Date(DateFault::NoSuchDay));
            assert_eq!(When::parse(text), fault, "{text}");
        }
        for text in ["2200-01-01", "2200-01-01T00:00", "1872-12-31T23:59"] {
            let fault = Err(WhenFault::Date(DateFault::OutOfRange));
            assert_eq!(When::parse(text), fault, "{text}");
        }
        assert!(When::parse("2199-12-31T23:59").is_ok() && When::parse("1873-01-01").is_ok());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,40}", near in "[0-9RT令和年月日時分:.+Z -]{0,30}") {
            let _ = (When::parse(&text), When::parse(&near));
        }
    }
}
