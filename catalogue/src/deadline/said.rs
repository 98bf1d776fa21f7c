//! Sentences in both languages, and days in them.

use jiff::civil::{Date, Time, Weekday};

use crate::era;

/// One thing said in Japanese and in English.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Said {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

impl Said {
    pub(crate) fn new(ja: impl Into<String>, en: impl Into<String>) -> Self {
        Self { ja: ja.into(), en: en.into() }
    }

    /// This and then another.
    #[must_use]
    pub(crate) fn then(self, next: &Self) -> Self {
        Self { ja: format!("{}{}", self.ja, next.ja), en: format!("{} {}", self.en, next.en) }
    }
}

/// A day for people: 令和8年11月24日(火), and 2026-11-24 (Tue).
#[must_use]
pub fn show_day(day: Date) -> Said {
    let (ja, en) = match day.weekday() {
        Weekday::Monday => ("月", "Mon"),
        Weekday::Tuesday => ("火", "Tue"),
        Weekday::Wednesday => ("水", "Wed"),
        Weekday::Thursday => ("木", "Thu"),
        Weekday::Friday => ("金", "Fri"),
        Weekday::Saturday => ("土", "Sat"),
        Weekday::Sunday => ("日", "Sun"),
    };
    Said::new(format!("{}({ja})", era::format(day)), format!("{day} ({en})"))
}

/// A day and, where it is known, the time of day.
pub(super) fn show_moment(day: Date, time: Option<Time>) -> Said {
    let Said { ja, en } = show_day(day);
    match time {
        None => Said { ja, en },
        Some(time) => {
            let clock = format!("{:02}:{:02}", time.hour(), time.minute());
            Said::new(format!("{ja}{clock}"), format!("{en} {clock}"))
        }
    }
}

/// HH:MM of minutes after midnight; 24:00 at the end of the day.
pub(super) fn show_minutes(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}
