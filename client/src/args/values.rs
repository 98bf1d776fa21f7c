//! How typed values are read; a wrong one is answered in both languages.

use tsumugu_trust::hash::Hash;
use tsumugu_trust::statement::{Day, Hours, NamedUnit, Weekday};
use tsumugu_trust::value::{Id, InstitutionKind, InstitutionNumber, Telephone, Text, Unit, Value};
use unicode_normalization::UnicodeNormalization;

use super::RecipientArg;
use crate::fingerprint;
use crate::messages::Sentence;

type Read<T> = Result<T, String>;

/// Business hours on some days of the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoursSpan(pub Vec<Hours>);

/// A text; other spellings of the same characters are brought into NFC, as input methods differ.
pub(super) fn text(typed: &str) -> Read<Text> {
    let composed: String = typed.trim().nfc().collect();
    Text::decode(&composed).ok_or_else(|| wrong("args.text"))
}

pub(super) fn number(typed: &str) -> Read<InstitutionNumber> {
    let narrow: String = typed.trim().nfkc().collect();
    InstitutionNumber::decode(&narrow).ok_or_else(|| wrong("args.number"))
}

/// `NUMBER` or `NUMBER/UNIT`
pub(super) fn recipient(typed: &str) -> Read<RecipientArg> {
    let narrow: String = typed.trim().nfkc().collect();
    narrow.parse().map_err(|_| wrong("args.recipient"))
}

pub(super) fn id(typed: &str) -> Read<Id> {
    Id::decode(typed.trim()).ok_or_else(|| wrong("args.id"))
}

pub(super) fn telephone(typed: &str) -> Read<Telephone> {
    let narrow: String = typed.trim().nfkc().collect();
    Telephone::decode(&narrow).ok_or_else(|| wrong("args.telephone"))
}

/// The word, or its Japanese.
pub(super) fn kind(typed: &str) -> Read<InstitutionKind> {
    let typed = typed.trim();
    let named = |kind: &InstitutionKind| kind.word() == typed || kind.japanese() == typed;
    InstitutionKind::ALL.iter().copied().find(named).ok_or_else(|| wrong("args.kind"))
}

/// A reading: kana of either kind, which are sorted and searched by; half-width ones become whole.
pub(super) fn kana(typed: &str) -> Read<Text> {
    let whole: String = typed.trim().nfkc().collect();
    let is_kana = |c: char| {
        matches!(c, 'ぁ'..='ゖ' | 'ゝ' | 'ゞ' | 'ァ'..='ヺ' | '・' | 'ー' | 'ヽ' | 'ヾ' | ' ')
            || c.is_ascii_digit()
    };
    let good = whole.chars().all(is_kana).then(|| Text::decode(&whole)).flatten();
    good.ok_or_else(|| wrong("args.kana"))
}

/// `2026-12-31`
pub(super) fn day(typed: &str) -> Read<Day> {
    let narrow: String = typed.trim().nfkc().collect();
    Day::decode(&narrow).ok_or_else(|| wrong("args.day"))
}

pub(super) fn unit(typed: &str) -> Read<Unit> {
    Unit::decode(typed).ok_or_else(|| wrong("args.unit"))
}

pub(super) fn fingerprint(typed: &str) -> Read<Hash> {
    fingerprint::parse(typed).ok_or_else(|| wrong("args.fingerprint"))
}

/// `ID=NAME`
pub(super) fn named_unit(typed: &str) -> Read<NamedUnit> {
    let (id, name) = typed.split_once('=').ok_or_else(|| wrong("args.unit"))?;
    Ok(NamedUnit { unit: unit(id.trim())?, name: text(name)? })
}

/// `mon 09:00-18:00`, `Mon-Fri 09:00-18:00`
pub(super) fn hours(typed: &str) -> Read<HoursSpan> {
    span(typed).map(HoursSpan).ok_or_else(|| wrong("args.hours"))
}

fn span(typed: &str) -> Option<Vec<Hours>> {
    let (days, clock) = typed.trim().split_once(' ')?;
    let days = days.to_ascii_lowercase();
    let (first, last) = days.split_once('-').unwrap_or((&days, &days));
    let place = |word| Weekday::ALL.iter().position(|day| day.word() == word);
    let days = Weekday::ALL.get(place(first)?..=place(last)?)?;
    let read = |day: &Weekday| Hours::decode(&format!("{day} {}", clock.trim()));
    let hours: Option<Vec<_>> = days.iter().map(read).collect();
    hours.filter(|hours| !hours.is_empty())
}

fn wrong(key: &str) -> String {
    let sentence = Sentence::new(key);
    format!("{} / {}", sentence.ja(), sentence.en())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_a_row() {
        let HoursSpan(week) = hours("Mon-Fri 09:00-18:00").unwrap();
        assert_eq!(week.len(), 5);
        assert_eq!(week[4].encode(), "fri 09:00-18:00");
        assert_eq!(hours(" sun 00:00-24:00 ").unwrap().0.len(), 1);
        for bad in [
            "",
            "mon",
            "fri-mon 09:00-18:00",
            "mon 18:00-09:00",
            "mon 9:00-18:00",
            "xyz 09:00-18:00",
        ] {
            assert!(hours(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn typed_values_are_brought_into_their_spelling() {
        assert_eq!(text(" か\u{3099} ").unwrap().as_str(), "が");
        assert_eq!(number("１２７０００００１１").unwrap().as_str(), "1270000011");
        let named = recipient("１２７０００００１１／renkei").unwrap();
        let unit = named.unit.as_ref().map(Unit::as_str);
        assert_eq!((named.number.as_str(), unit), ("1270000011", Some("renkei")));
        assert_eq!(recipient("1270000011").unwrap().unit, None);
        assert!(recipient("1270000011/").is_err() && id("0190").is_err());
        assert_eq!(telephone("０４-7000-1234").unwrap().as_str(), "04-7000-1234");
        let ward = named_unit("ward-3=3階病棟").unwrap();
        assert_eq!((ward.unit.as_str(), ward.name.as_str()), ("ward-3", "3階病棟"));
        assert!(named_unit("ward").is_err() && named_unit("W=x").is_err());
        assert!(kind("Hospital").unwrap_err().contains(" / "));
        assert_eq!(kind("薬局").unwrap(), kind("pharmacy").unwrap());
        assert_eq!(kana("ｶﾞｲﾄﾞ さくら２").unwrap().as_str(), "ガイド さくら2");
        for wrong in ["", "桜", "さくらA", "さくら、", "さく\tら"] {
            assert!(kana(wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(day("２０２６-12-31").unwrap().encode(), "2026-12-31");
        assert!(day("12/31").is_err() && day("2026-02-30").is_err());
    }
}
