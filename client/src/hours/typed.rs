//! Business hours as people type them. What is stored has one spelling, that of [`Hours::encode`].

use tsumugu_trust::statement::{Hours, Weekday};
use tsumugu_trust::value::Value;
use unicode_normalization::UnicodeNormalization;

use super::japanese;

/// Most bytes of typed hours: a week with a break on each day is far shorter.
pub const MAX_TYPED_BYTES: usize = 1_000;

/// Most characters of the part that a refusal names.
const MAX_NAMED_CHARS: usize = 30;

/// The part of typed hours that was not understood, in narrow and small letters, cut short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread(pub String);

impl Unread {
    fn new(part: &str) -> Self {
        let shown = |c: char| if c.is_control() { '?' } else { c };
        Self(part.trim().chars().take(MAX_NAMED_CHARS).map(shown).collect())
    }
}

/// Reads hours as people type them, `Mon-Fri 9:00-18:00`, 月・水・金 9時～17時半 or 土日 10:00–15:00, and
/// as [`week`](super::week) shows them; also in full width. 、 and ・ and a comma stand between days,
/// between the hours of a day, and before the next days.
///
/// # Errors
/// The first part that is no day or no span of hours: also days from a later to an earlier one, hours
/// that do not end after they begin, and anything past 24:00.
pub fn parse(typed: &str) -> Result<Vec<Hours>, Unread> {
    if typed.len() > MAX_TYPED_BYTES {
        return Err(Unread::new(typed));
    }
    let plain: String = typed.nfkc().map(plain).collect::<String>().to_lowercase();
    let mut hours = Vec::new();
    let (mut days, mut clocks) = (Vec::new(), Vec::new());
    let mut last = "";
    for part in plain.split(['、', ',', '・']) {
        last = part;
        let (named, clock) =
            part.split_at(part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len()));
        let (named, clock) = (named.trim(), clock.trim());
        if named.is_empty() && (clock.is_empty() || days.is_empty()) {
            return Err(Unread::new(if clock.is_empty() { &plain } else { part }));
        }
        if !named.is_empty() {
            if !clocks.is_empty() {
                add(&mut hours, &days, &clocks)?;
                (days, clocks) = (Vec::new(), Vec::new());
            }
            days.extend(read_days(named).ok_or_else(|| Unread::new(named))?);
        }
        if !clock.is_empty() {
            clocks.push(clock);
        }
    }
    if clocks.is_empty() {
        return Err(Unread::new(last));
    }
    add(&mut hours, &days, &clocks)?;
    Ok(hours)
}

fn add(hours: &mut Vec<Hours>, days: &[Weekday], clocks: &[&str]) -> Result<(), Unread> {
    for day in days {
        for clock in clocks {
            hours.push(read_span(*day, clock).ok_or_else(|| Unread::new(clock))?);
        }
    }
    Ok(())
}

/// Every dash and wave of Japanese keyboards as `-`.
fn plain(c: char) -> char {
    let dash = matches!(c, '〜' | '~' | '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | 'ー');
    if dash { '-' } else { c }
}

/// `mon`, `mon-fri`, 月曜日, 月〜金 or 土日.
fn read_days(text: &str) -> Option<Vec<Weekday>> {
    let text = text.replace("曜日", "").replace('曜', "");
    if let Some((first, last)) = text.split_once('-') {
        let days = Weekday::ALL.get(place(first.trim())?..=place(last.trim())?)?;
        return (!days.is_empty()).then(|| days.to_vec());
    }
    let one = |word: &str| Weekday::ALL.get(place(word)?).copied();
    match one(text.trim()) {
        Some(day) => Some(vec![day]),
        None => text.chars().map(|c| one(c.encode_utf8(&mut [0; 4]))).collect(),
    }
}

/// Place of a day of the week, from Monday, by its word or in Japanese.
fn place(word: &str) -> Option<usize> {
    Weekday::ALL.iter().position(|day| day.word() == word || japanese(*day) == word)
}

fn read_span(day: Weekday, text: &str) -> Option<Hours> {
    let (from, until) = text.split_once('-')?;
    Hours::decode(&format!("{day} {}-{}", read_clock(from.trim())?, read_clock(until.trim())?))
}

/// `9:00`, 9時, 9時半 or 9時30分 as `09:00`; the limits of a day are those of [`Hours`].
fn read_clock(text: &str) -> Option<String> {
    let (hour, minute) = match text.split_once('時') {
        None => text.split_once(':').filter(|(_, minute)| minute.len() == 2)?,
        Some((hour, "")) => (hour, "00"),
        Some((hour, "半")) => (hour, "30"),
        Some((hour, minute)) => (hour, minute.strip_suffix('分')?),
    };
    let number = |text: &str| -> Option<u8> {
        let digits = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    };
    Some(format!("{:02}:{:02}", number(hour)?, number(minute)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelt(typed: &str) -> Vec<String> {
        let read = parse(typed).unwrap_or_else(|part| panic!("{typed}: {part:?}"));
        read.iter().map(Value::encode).collect()
    }

    #[test]
    fn typed_hours_are_read_in_both_languages() {
        let week = spelt("Mon-Fri 09:00-18:00");
        assert_eq!((week.len(), week[4].as_str()), (5, "fri 09:00-18:00"));
        for same in [
            "月〜金 09:00〜18:00",
            "月-金　０９：００～１８：００",
            "mon-thu 09:00-18:00, 金 09:00-18:00",
            "月-金 9:00-18:00",
            "月～金 9:00～18:00",
            "月–金 9:00 – 18:00",
            "mon - fri 09:00 - 18:00",
            "月曜〜金曜 9時～18時",
            "月曜日〜金曜日9時〜18時00分",
            "月火水木金 9:00−18:00",
            "月・火、水,木･金曜日 9:00ー18:00",
        ] {
            assert_eq!(spelt(same), week, "{same}");
        }
        assert_eq!(spelt(" sun 00:00-24:00 "), ["sun 00:00-24:00"]);
        assert_eq!(spelt("月・水・金 9時半-17時15分").len(), 3);
        assert_eq!(spelt("土日 9時半〜12時"), ["sat 09:30-12:00", "sun 09:30-12:00"]);
        let breaks = ["tue 09:00-12:00", "tue 13:00-18:00", "sun 10:00-11:00"];
        assert_eq!(spelt("火 09:00〜12:00・13:00〜18:00、日曜 10時〜11時"), breaks);
        assert_eq!(spelt("火 9:00-12:00、13:00-18:00、日 10:00-11:00"), breaks);
    }

    #[test]
    fn the_part_that_is_not_understood_is_named() {
        for (typed, part) in [
            ("", ""),
            (",", ","),
            ("mon", "mon"),
            ("mon 09:00-18:00,", "mon 09:00-18:00,"),
            ("mon 9:00-18:00、火", "火"),
            ("9:00-18:00", "9:00-18:00"),
            ("月〜金 9:00-18:00、祝 9:00-12:00", "祝"),
            ("fri-mon 09:00-18:00", "fri-mon"),
            ("mon-fri-sun 09:00-18:00", "mon-fri-sun"),
            ("mon 18:00-09:00", "18:00-09:00"),
            ("mon 09:00-24:01", "09:00-24:01"),
            ("月 9:00-12:00・13-18", "13-18"),
            ("月 9時〜", "9時-"),
            ("月 9:0-18:00", "9:0-18:00"),
            ("月 9:00-18:00 火 9:00-18:00", "9:00-18:00 火 9:00-18:00"),
            ("xyz\u{1b} 09:00-18:00", "xyz?"),
        ] {
            assert_eq!(parse(typed), Err(Unread(part.to_owned())), "{typed}");
        }
        let long = format!("mon 09:00-18:00{}", " ".repeat(MAX_TYPED_BYTES - 15));
        assert!(parse(&long).is_ok() && parse(&(long + " ")).is_err());
        let named = parse(&"あ".repeat(MAX_NAMED_CHARS + 1)).unwrap_err();
        assert_eq!(named.0.chars().count(), MAX_NAMED_CHARS);
    }
}
