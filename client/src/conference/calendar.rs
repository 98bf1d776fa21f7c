//! A conference as a calendar file: iCalendar (RFC 5545), published or cancelled (RFC 5546).
//!
//! Written here and not by a crate: those that are kept well bring another library for dates, and this
//! is one event of known lines. `tests/interop` reads it with somebody else's parser.

use jiff::Timestamp;
use tsumugu_trust::value::{Id, Time};

use super::{Conference, Status};

/// How long a conference takes in the calendar, in minutes: invitations name no end, and the timed
/// agenda in use has half an hour.
pub const CONFERENCE_MINUTES: u64 = 30;

/// Most bytes of a line before its CRLF (RFC 5545, section 3.1).
pub const FOLD_AT: usize = 75;

/// What stands in the entry, which others in the office can read.
#[derive(Debug, Clone, Copy)]
pub struct Wording<'a> {
    /// The log's origin: with the case's id it makes the entry's own.
    pub origin: &'a str,
    /// Name of the institution that invites.
    pub organiser: &'a str,
    /// The short number of the case or message.
    pub short_id: &'a str,
    /// The patient's name, only where a person asked for it.
    pub name: Option<&'a str>,
}

/// There is nothing to write into a calendar: no version names a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no time is decided")]
pub struct NotInCalendar;

/// The calendar file of a conference as its newest version has it. Later versions have the same `UID`
/// and a higher `SEQUENCE`, so that calendars move or remove the entry they have.
///
/// # Errors
/// [`NotInCalendar`]: still looking for a date, or moved to a time that is not told.
pub fn calendar(conference: &Conference, wording: Wording<'_>) -> Result<String, NotInCalendar> {
    let newest = conference.newest().ok_or(NotInCalendar)?;
    let text = newest.text().ok_or(NotInCalendar)?;
    if text.status == Status::Scheduling {
        return Err(NotInCalendar);
    }
    let cancelled = text.status == Status::Cancelled;
    let earlier = || {
        let versions = conference.versions.iter().rev();
        versions.filter_map(|version| version.text()?.held_at).next()
    };
    // A cancellation need not repeat the time of what it cancels.
    let starts = text.held_at.or_else(|| cancelled.then(earlier).flatten());
    let starts = starts.ok_or(NotInCalendar)?;
    let ends = Time(starts.0.saturating_add(CONFERENCE_MINUTES * 60_000));
    let mut file = File::default();
    file.line("BEGIN", "VCALENDAR");
    file.line("VERSION", "2.0");
    file.line("PRODID", "-//Tsumugu//Conference//JA");
    file.line("CALSCALE", "GREGORIAN");
    file.line("METHOD", if cancelled { "CANCEL" } else { "PUBLISH" });
    file.line("BEGIN", "VEVENT");
    file.line("UID", &uid(conference, wording.origin));
    file.line("DTSTAMP", &utc(text.composed).ok_or(NotInCalendar)?);
    file.line("SEQUENCE", &(newest.number - 1).to_string());
    file.line("DTSTART", &utc(starts).ok_or(NotInCalendar)?);
    file.line("DTEND", &utc(ends).ok_or(NotInCalendar)?);
    let organiser = format!("ORGANIZER;CN=\"{}\"", quotable(wording.organiser));
    file.line(&organiser, &format!("urn:uuid:{}", hyphens(conference.from)));
    file.text("SUMMARY", &summary(cancelled, conference.is_case, wording));
    if let Some(place) = &text.place {
        file.text("LOCATION", place);
    }
    file.line("CLASS", "PRIVATE");
    file.line("STATUS", if cancelled { "CANCELLED" } else { "CONFIRMED" });
    file.line("END", "VEVENT");
    file.line("END", "VCALENDAR");
    Ok(file.0)
}

/// The same for every version and at every party.
fn uid(conference: &Conference, origin: &str) -> String {
    let host = origin.split('/').next().unwrap_or(origin);
    format!("conference-{}-{}-{}@{host}", conference.number, conference.key, conference.from)
}

fn summary(cancelled: bool, is_case: bool, wording: Wording<'_>) -> String {
    let mark = if cancelled { "【中止】" } else { "" };
    let what = if is_case { "事例" } else { "文書" };
    let name = wording.name.map(|name| format!("　{name}")).unwrap_or_default();
    format!("{mark}退院前カンファレンス（{what} {}）{name}", wording.short_id)
}

/// `20261208T070000Z`; nothing beyond the years that the format has.
fn utc(time: Time) -> Option<String> {
    let stamp = Timestamp::from_millisecond(i64::try_from(time.0).ok()?).ok()?;
    Some(stamp.strftime("%Y%m%dT%H%M%SZ").to_string()).filter(|text| text.len() == 16)
}

/// What a quoted parameter may hold: no quotation mark and no control character.
fn quotable(text: &str) -> String {
    text.chars().filter(|c| *c != '"' && !c.is_control()).collect()
}

/// As a UUID is written.
fn hyphens(id: Id) -> String {
    let digits = id.to_string();
    let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
    parts.map(|(from, until)| digits.get(from..until).unwrap_or_default()).join("-")
}

/// Lines, folded and ended as the format wants them.
#[derive(Default)]
struct File(String);

impl File {
    /// A line whose value needs no escaping.
    fn line(&mut self, name: &str, value: &str) {
        let line = format!("{name}:{value}");
        let mut used = 0;
        for c in line.chars() {
            if used + c.len_utf8() > FOLD_AT {
                self.0.push_str("\r\n ");
                used = 1;
            }
            self.0.push(c);
            used += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }

    /// A line of the value type TEXT (section 3.3.11).
    fn text(&mut self, name: &str, value: &str) {
        let mut escaped = String::with_capacity(value.len());
        for c in value.replace("\r\n", "\n").chars() {
            match c {
                '\\' | ';' | ',' => escaped.extend(['\\', c]),
                '\n' => escaped.push_str("\\n"),
                c if c.is_control() => {}
                c => escaped.push(c),
            }
        }
        self.line(name, &escaped);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Unfolds and unescapes as section 3.1 and 3.3.11 say.
    fn read(file: &str) -> Option<(String, String)> {
        let line = file.strip_suffix("\r\n")?.replace("\r\n ", "");
        let (name, value) = line.split_once(':')?;
        let mut text = String::new();
        let mut chars = value.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next()? {
                    'n' => text.push('\n'),
                    other => text.push(other),
                },
                ',' | ';' => return None,
                c => text.push(c),
            }
        }
        Some((name.to_owned(), text))
    }

    proptest! {
        #[test]
        fn texts_come_back_and_lines_stay_short(value in "[\\PC\n,;\\\\]{0,200}") {
            let mut file = File::default();
            file.text("LOCATION", &value);
            for line in file.0.strip_suffix("\r\n").unwrap().split("\r\n") {
                prop_assert!(line.len() <= FOLD_AT, "{}", line.len());
                prop_assert!(!line.contains(['\r', '\n']));
            }
            prop_assert_eq!(read(&file.0), Some(("LOCATION".to_owned(), value)));
        }
    }

    #[test]
    fn a_line_is_folded_behind_its_75th_byte() {
        let lines = |length: usize| {
            let mut file = File::default();
            file.line("X", &"a".repeat(length));
            file.0.matches("\r\n").count()
        };
        assert_eq!((lines(FOLD_AT - 2), lines(FOLD_AT - 1)), (1, 2));
    }
}
