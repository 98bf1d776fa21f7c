//! Usual spellings of a day and an hour, brought into the one that the sheets' reader knows.
//!
//! Only for what a person types at a command: what stands in a sheet keeps its strict spellings.

use crate::era::Era;
use crate::text::{digits, fold_width};

/// Last hour of a half of the day: 午後12時 is noon to one and midnight to another.
const LAST_HALF_HOUR: i16 = 11;

/// The text in ASCII width, its date as ISO 8601 or of an era with its full name, its time of day
/// behind one space. What is not understood stays as it is, for the reader to refuse.
pub(super) fn usual(text: &str) -> String {
    let folded = fold_width(text);
    let text = folded.trim();
    if !text.contains([':', '時']) {
        return day(text);
    }
    let (date, time) = parts(text);
    if time.is_empty() { day(date) } else { format!("{} {}", day(date), time_of_day(time)) }
}

/// A date, and what stands behind it.
fn parts(text: &str) -> (&str, &str) {
    // The first sign may be 大正's letter T.
    let mut behind_first = text.char_indices().skip(1);
    let at = match text.find('日') {
        Some(at) => at + '日'.len_utf8(),
        None => behind_first
            .find(|(_, c)| matches!(c, 'T' | 't' | ' '))
            .map_or(text.len(), |(at, _)| at),
    };
    let (date, time) = text.split_at(at);
    let time = time.trim();
    (date, time.strip_prefix(['T', 't']).unwrap_or(time).trim())
}

/// 2026/11/27, 2026.11.27 and 2026年11月27日 as 2026-11-27, 令8.11.27 and 令8年… as R8.11.27 and 令和8年….
fn day(text: &str) -> String {
    if let Some(iso) = gregorian(text) {
        return iso;
    }
    let short = Era::ALL.into_iter().find_map(|era| {
        let first = era.name_ja().chars().next()?;
        let rest = text.strip_prefix(first)?;
        let counts = rest.trim_start().starts_with(|c: char| c.is_ascii_digit() || c == '元');
        counts.then(|| format!("{}{rest}", era.name_ja()))
    });
    short.unwrap_or_else(|| text.to_owned())
}

fn gregorian(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| *c != ' ').collect();
    let (year, month, day) = if let Some((year, rest)) = text.split_once('年') {
        let (month, day) = rest.strip_suffix('日')?.split_once('月')?;
        (year, month, day)
    } else {
        let separator = ['/', '.'].into_iter().find(|c| text.contains(*c))?;
        let (year, rest) = text.split_once(separator)?;
        let (month, day) = rest.split_once(separator)?;
        (year, month, day)
    };
    let (year, month) = (digits(year, 4..=4)?, digits(month, 1..=2)?);
    Some(format!("{year:04}-{month:02}-{:02}", digits(day, 1..=2)?))
}

/// 午後8時 as 20時, 20時半 as 20時30分.
fn time_of_day(text: &str) -> String {
    let half = match text.strip_suffix("時半") {
        Some(hour) => format!("{hour}時30分"),
        None => text.to_owned(),
    };
    let (later, rest) = match (half.strip_prefix("午前"), half.strip_prefix("午後")) {
        (Some(rest), _) => (0, rest.trim_start()),
        (_, Some(rest)) => (12, rest.trim_start()),
        _ => return half,
    };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (hour, minutes) = rest.split_at(end);
    match digits(hour, 1..=2).filter(|hour| *hour <= LAST_HALF_HOUR) {
        Some(hour) => format!("{}{minutes}", hour + later),
        None => half,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn usual_spellings_become_the_readers() {
        for (typed, read) in [
            ("2026/11/27", "2026-11-27"),
            ("2026/1/7", "2026-01-07"),
            ("2026.11.27", "2026-11-27"),
            ("2026年11月27日", "2026-11-27"),
            ("２０２６年　１月　７日", "2026-01-07"),
            ("令8.11.27", "令和8.11.27"),
            ("令元.5.1", "令和元.5.1"),
            ("R8.11.27", "R8.11.27"),
            ("2026年11月27日20時", "2026-11-27 20時"),
            ("2026年11月27日 20:00", "2026-11-27 20:00"),
            ("2026/11/27  午後8時", "2026-11-27 20時"),
            ("2026/11/27 午前0時5分", "2026-11-27 0時5分"),
            ("令8.11.27 午後 8:30", "令和8.11.27 20:30"),
            ("R8.11.27 20時半", "R8.11.27 20時30分"),
            ("T15.12.24T9:30", "T15.12.24 9:30"),
        ] {
            assert_eq!(usual(typed), read, "{typed}");
        }
    }

    #[test]
    fn what_means_two_things_stays_for_the_reader_to_refuse() {
        for text in
            ["2026-11-27 午後12時", "2026-11-27 午前12:00", "26/11/27", "11/27", "20:00", ""]
        {
            assert_eq!(usual(text), text, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_iso_stays(
            text in "[0-9RT令和年月日時半午前後分:./ -]{0,30}|.{0,40}",
            iso in "[12][0-9]{3}-[0-9]{2}-[0-9]{2}( [0-9]{2}:[0-9]{2})?",
        ) {
            let _ = usual(&text);
            prop_assert_eq!(usual(&iso), iso);
        }
    }
}
