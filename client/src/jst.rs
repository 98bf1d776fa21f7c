//! Times as people in Japan read and write them: 和暦, Japan's time. Stored and sent times stay UTC.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};
use tsumugu_catalogue::deadline::When;
use tsumugu_catalogue::era;
use tsumugu_trust::value::Time;

use crate::failure::Failure;

/// Japan's time: nine hours ahead of UTC, without summer time since 1952.
const JAPAN: Offset = Offset::constant(9);

/// Such as 令和8年11月22日 17:00.
#[must_use]
pub fn show(time: Time) -> String {
    let zoned = zoned(time);
    format!("{} {:02}:{:02}", era::format(zoned.date()), zoned.hour(), zoned.minute())
}

/// The same of a time that is kept as text (RFC 3339); another text is shown as it is.
#[must_use]
pub fn show_stored(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), show)
}

/// Such as 11/22 17:00, for lists.
#[must_use]
pub fn short(time: Time) -> String {
    let zoned = zoned(time);
    format!("{:02}/{:02} {:02}:{:02}", zoned.month(), zoned.day(), zoned.hour(), zoned.minute())
}

/// The calendar day, ISO 8601: what a sheet's 情報提供日 says.
#[must_use]
pub fn day(time: Time) -> String {
    zoned(time).date().to_string()
}

/// The time in ISO 8601 with Japan's offset, for `--json`.
#[must_use]
pub fn iso(time: Time) -> String {
    zoned(time).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Reads a time that a person typed, as [`When::parse`] does: Japan's time, or RFC 3339 with an offset.
///
/// # Errors
/// `command.bad-time`
pub fn parse(text: &str) -> Result<Time, Failure> {
    let bad = || Failure::bad_time(text);
    let typed = When::parse(text).map_err(|fault| bad().because(fault))?;
    // A date alone would be its midnight, which nobody means by a deadline.
    let time = typed.time.ok_or_else(bad)?;
    let stamp = JAPAN.to_timestamp(typed.day.to_datetime(time));
    let stamp = stamp.map_err(|error| bad().because(error))?;
    u64::try_from(stamp.as_millisecond()).map(Time).map_err(|_| bad())
}

/// Date and time of day in Japan.
#[must_use]
pub fn civil(time: Time) -> DateTime {
    zoned(time).datetime()
}

/// So many minutes after a day's midnight in Japan; the last minute of the day for 1,440. Nothing before
/// 1970.
#[must_use]
pub fn at(day: Date, minutes: u16) -> Option<Time> {
    let minutes = minutes.min(24 * 60 - 1);
    let (hour, minute) = (i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?);
    let stamp = JAPAN.to_timestamp(day.at(hour, minute, 0, 0)).ok()?;
    u64::try_from(stamp.as_millisecond()).ok().map(Time)
}

fn zoned(time: Time) -> Zoned {
    let ms = i64::try_from(time.0).unwrap_or(i64::MAX);
    let stamp = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX);
    stamp.to_zoned(TimeZone::fixed(JAPAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_japan() {
        let time: Time = "2026-11-22T15:30:05.000Z".parse().unwrap();
        assert_eq!(show(time), "令和8年11月23日 00:30");
        assert_eq!(short(time), "11/23 00:30");
        assert_eq!(day(time), "2026-11-23");
        assert_eq!(iso(time), "2026-11-23T00:30:05+09:00");
        assert_eq!(show_stored("2026-11-22T15:30:05.000Z"), show(time));
        assert_eq!(show_stored("yesterday"), "yesterday");
        // Nothing is shown wrong where nothing can be shown right.
        assert!(!show(Time(u64::MAX)).is_empty());
    }

    #[test]
    fn typed_times_are_japans_unless_they_say_otherwise() {
        let five: Time = "2026-11-22T08:00:00.000Z".parse().unwrap();
        for text in [
            "2026-11-22T17:00",
            "2026-11-22 17:00",
            "2026-11-22T17:00:00+09:00",
            "2026-11-22T08:00:00Z",
            "2026/11/22 17:00",
            "2026年11月22日 午後5時",
            "令8.11.22 17時",
        ] {
            assert_eq!(parse(text).unwrap(), five, "{text}");
        }
        for text in ["", "17:00", "2026-11-22", "tomorrow", "2026-02-30T17:00", "1969-11-22T17:00"]
        {
            assert_eq!(parse(text).unwrap_err().key(), "command.bad-time", "{text}");
        }
    }
}
