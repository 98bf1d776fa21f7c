//! Business hours and closing days of a profile: whether somebody is there now, how they read, and how
//! they are typed.
//!
//! Japan's time. National holidays are not regarded: a profile says its closing days.

mod typed;

use std::fmt;

use jiff::civil::{Date, DateTime};
use tsumugu_catalogue::calendar::Span;
use tsumugu_trust::statement::{Hours, Profile, Weekday};
use tsumugu_trust::value::Time;

use crate::jst;

pub use typed::{MAX_TYPED_BYTES, Unread, parse};

/// Whether an institution is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenState {
    /// 営業中, until so many minutes after midnight.
    Open {
        /// Minutes after midnight, at most 1,440.
        until: u16,
    },
    /// 時間外: outside its hours.
    OutOfHours,
    /// 休業日: the profile names the day.
    ClosedToday,
    /// It gives no hours.
    Unknown,
}

impl OpenState {
    /// Whether it is open; nothing where that is not known.
    #[must_use]
    pub fn is_open(self) -> Option<bool> {
        match self {
            Self::Open { .. } => Some(true),
            Self::OutOfHours | Self::ClosedToday => Some(false),
            Self::Unknown => None,
        }
    }
}

impl fmt::Display for OpenState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { until } => write!(f, "【営業中 open】～{}", clock(*until)),
            Self::OutOfHours => f.write_str("【時間外 out of hours】"),
            Self::ClosedToday => f.write_str("【休業日 closed today】"),
            Self::Unknown => Ok(()),
        }
    }
}

/// Whether an institution is open at a time, by its profile.
#[must_use]
pub fn open_state(profile: &Profile, now: Time) -> OpenState {
    if profile.hours.is_empty() {
        return OpenState::Unknown;
    }
    let now = jst::civil(now);
    if profile.closed.iter().any(|day| day.0 == now.date()) {
        return OpenState::ClosedToday;
    }
    let minute = minute_of(now);
    let today = weekday(now.date());
    let here = |hours: &&Hours| hours.day == today && (hours.from..hours.until).contains(&minute);
    match profile.hours.iter().filter(here).map(|hours| hours.until).max() {
        Some(until) => OpenState::Open { until },
        None => OpenState::OutOfHours,
    }
}

/// HH:MM of minutes after midnight.
#[must_use]
pub fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A week on one line, days of the same hours together: 月〜金 08:30〜17:30、土 09:00〜12:30.
#[must_use]
pub fn week(hours: &[Hours]) -> String {
    let of = |day: Weekday| -> Vec<String> {
        let mut spans: Vec<&Hours> = hours.iter().filter(|hours| hours.day == day).collect();
        spans.sort_by_key(|hours| hours.from);
        spans.iter().map(|h| format!("{}〜{}", clock(h.from), clock(h.until))).collect()
    };
    // Every day is in a run, also those without hours: so days in one run follow each other.
    let mut runs: Vec<(Weekday, Weekday, Vec<String>)> = Vec::new();
    for day in Weekday::ALL.iter().copied() {
        let spans = of(day);
        match runs.last_mut() {
            Some((_, last, same)) if *same == spans => *last = day,
            _ => runs.push((day, day, spans)),
        }
    }
    let shown = runs.iter().filter(|(.., spans)| !spans.is_empty()).map(|(first, last, spans)| {
        let days = if first == last {
            japanese(*first).to_owned()
        } else {
            format!("{}〜{}", japanese(*first), japanese(*last))
        };
        format!("{days} {}", spans.join("・"))
    });
    shown.collect::<Vec<_>>().join("、")
}

/// The hours as the catalogue's calendar has them.
#[must_use]
pub fn spans(hours: &[Hours]) -> Vec<Span> {
    hours.iter().filter_map(|one| Span::new(civil_weekday(one.day), one.from, one.until)).collect()
}

fn minute_of(time: DateTime) -> u16 {
    // 0 to 23 and 0 to 59: neither is negative.
    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
}

fn weekday(date: Date) -> Weekday {
    match date.weekday() {
        jiff::civil::Weekday::Monday => Weekday::Monday,
        jiff::civil::Weekday::Tuesday => Weekday::Tuesday,
        jiff::civil::Weekday::Wednesday => Weekday::Wednesday,
        jiff::civil::Weekday::Thursday => Weekday::Thursday,
        jiff::civil::Weekday::Friday => Weekday::Friday,
        jiff::civil::Weekday::Saturday => Weekday::Saturday,
        jiff::civil::Weekday::Sunday => Weekday::Sunday,
    }
}

fn civil_weekday(day: Weekday) -> jiff::civil::Weekday {
    match day {
        Weekday::Monday => jiff::civil::Weekday::Monday,
        Weekday::Tuesday => jiff::civil::Weekday::Tuesday,
        Weekday::Wednesday => jiff::civil::Weekday::Wednesday,
        Weekday::Thursday => jiff::civil::Weekday::Thursday,
        Weekday::Friday => jiff::civil::Weekday::Friday,
        Weekday::Saturday => jiff::civil::Weekday::Saturday,
        Weekday::Sunday => jiff::civil::Weekday::Sunday,
    }
}

fn japanese(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "月",
        Weekday::Tuesday => "火",
        Weekday::Wednesday => "水",
        Weekday::Thursday => "木",
        Weekday::Friday => "金",
        Weekday::Saturday => "土",
        Weekday::Sunday => "日",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tsumugu_trust::statement::{Day, NamedUnit};
    use tsumugu_trust::value::{Id, Unit, Value};

    use super::*;

    fn profile(hours: &[&str], closed: &[&str]) -> Profile {
        Profile {
            institution: Id([7; 16]),
            version: 1,
            units: vec![NamedUnit { unit: Unit::main(), name: "代表".parse().unwrap() }],
            hours: hours.iter().map(|text| Hours::decode(text).unwrap()).collect(),
            closed: closed.iter().map(|text| Day::decode(text).unwrap()).collect(),
        }
    }

    fn at(japan: &str) -> Time {
        jst::parse(japan).unwrap()
    }

    #[test]
    fn open_by_the_minute_in_japan() {
        let office =
            profile(&["mon 09:00-12:00", "mon 13:00-18:00", "sun 00:00-24:00"], &["2026-11-30"]);
        for (time, state) in [
            ("2026-11-23 08:59", OpenState::OutOfHours),
            ("2026-11-23 09:00", OpenState::Open { until: 720 }),
            ("2026-11-23 12:00", OpenState::OutOfHours),
            ("2026-11-23 17:59", OpenState::Open { until: 1080 }),
            ("2026-11-23 18:00", OpenState::OutOfHours),
            ("2026-11-24 10:00", OpenState::OutOfHours),
            ("2026-11-22 23:59", OpenState::Open { until: 1440 }),
            ("2026-11-30 10:00", OpenState::ClosedToday),
        ] {
            assert_eq!(open_state(&office, at(time)), state, "{time}");
        }
        assert_eq!(
            open_state(&profile(&[], &["2026-11-30"]), at("2026-11-30 10:00")).is_open(),
            None
        );
        assert!(OpenState::Open { until: 1440 }.to_string().ends_with("～24:00"));
    }

    #[test]
    fn a_week_reads_in_one_line() {
        let hours = |texts: &[&str]| week(&profile(texts, &[]).hours);
        let days = ["mon", "tue", "wed", "thu", "fri"].map(|day| format!("{day} 08:30-17:30"));
        let mut all: Vec<&str> = days.iter().map(String::as_str).collect();
        all.push("sat 09:00-12:30");
        assert_eq!(hours(&all), "月〜金 08:30〜17:30、土 09:00〜12:30");
        assert_eq!(
            hours(&["tue 13:00-18:00", "tue 09:00-12:00", "sun 09:00-10:00"]),
            "火 09:00〜12:00・13:00〜18:00、日 09:00〜10:00"
        );
        assert_eq!(hours(&[]), "");
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_typed_and_no_text_panics(
            typed in proptest::collection::btree_set((0usize..7, 0u16..1440, 1u16..=1440), 1..8),
            text in ".{0,40}",
            near in "[a-z月火〜-]{1,8} [0-9:〜・, -]{0,24}",
        ) {
            let of = |(day, from, until): (usize, u16, u16)| Hours { day: Weekday::ALL[day], from, until };
            let hours: Vec<_> = typed.into_iter().map(of).filter(|one| one.from < one.until).collect();
            let shown = week(&hours);
            let mut read = parse(&shown).unwrap_or_default();
            // Runs of days put hours into another order; a day's own order stays.
            let place = |day| Weekday::ALL.iter().position(|one| *one == day);
            read.sort_by_key(|one| (place(one.day), one.from, one.until));
            prop_assert_eq!(read, hours, "{}", shown);
            for text in [text, near] {
                for one in parse(&text).unwrap_or_default() {
                    prop_assert!(one.from < one.until && one.until <= 1440);
                }
            }
        }
    }
}
