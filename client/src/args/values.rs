//! How typed values are read; a wrong one is answered in both languages.

use jiff::civil::Date;
use tsumugu_catalogue::calendar::Closing;
use tsumugu_catalogue::deadline::{When, WhenFault};
use tsumugu_catalogue::{Catalogue, DateFault};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::sheet_code::SheetCode;
use tsumugu_trust::statement::{Day, Hours, NamedUnit};
use tsumugu_trust::value::{InstitutionKind, InstitutionNumber, Telephone, Text, Unit, Value};
use unicode_normalization::UnicodeNormalization;

use super::RecipientArg;
use crate::fingerprint;
use crate::messages::Sentence;
use crate::office::FactName;
use crate::statistic::Month;

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

/// `2026-11`
pub(super) fn month(typed: &str) -> Read<Month> {
    typed.parse().map_err(|_| wrong("args.month"))
}

/// What stands on paper for a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperCode {
    /// The verification code (確認コード).
    Short(SheetCode),
    /// All of it.
    Whole(Hash),
}

impl PaperCode {
    /// Whether it stands for a digest.
    #[must_use]
    pub fn is_of(self, digest: Hash) -> bool {
        match self {
            Self::Short(code) => code == SheetCode::of(digest),
            Self::Whole(hash) => hash == digest,
        }
    }
}

/// A verification code, or a digest in hexadecimal; what a scanner read before it may stay.
pub(super) fn paper_code(typed: &str) -> Read<PaperCode> {
    let scanned = typed.rsplit(':').next().unwrap_or(typed);
    if let Some(hash) = fingerprint::parse(scanned) {
        return Ok(PaperCode::Whole(hash));
    }
    typed.parse().map(PaperCode::Short).map_err(|_| wrong("args.paper-code"))
}

/// `ID=NAME`
pub(super) fn named_unit(typed: &str) -> Read<NamedUnit> {
    let (id, name) = typed.split_once('=').ok_or_else(|| wrong("args.unit"))?;
    Ok(NamedUnit { unit: unit(id.trim())?, name: text(name)? })
}

/// As [`hours::parse`](crate::hours::parse).
pub(super) fn hours(typed: &str) -> Read<HoursSpan> {
    let read = crate::hours::parse(typed).map(HoursSpan);
    read.map_err(|part| wrong_with("args.hours", "part", &part.0))
}

/// A date and time, or a date alone, in either calendar.
pub(super) fn when(typed: &str) -> Read<When> {
    When::parse(typed).map_err(|fault| match fault {
        WhenFault::Midnight => wrong("args.midnight"),
        WhenFault::Date(fault) => wrong(no_date(&fault)),
        WhenFault::Other => wrong("args.when"),
    })
}

/// The name of a fact of a case; `same-as` is `case join`'s.
pub(super) fn fact(typed: &str) -> Read<FactName> {
    let named = FactName::parse(typed).filter(|name| *name != FactName::SameAs);
    named.ok_or_else(|| {
        let names = FactName::ALL.into_iter().filter(|name| *name != FactName::SameAs);
        let names: Vec<_> = names.map(FactName::word).collect();
        wrong_with("args.fact", "names", &names.join(" "))
    })
}

/// A date in either calendar.
pub(super) fn date(typed: &str) -> Read<Date> {
    let read = when(typed)?;
    if read.time.is_some() { Err(wrong("args.when")) } else { Ok(read.day) }
}

/// `2026-12-29`, `2026-12-29..2027-01-03`, or of every year `12-29..01-03`.
pub(super) fn closing(typed: &str) -> Read<Closing> {
    let Some((from, until)) = typed.split_once("..") else {
        return date(typed).map(Closing::day);
    };
    if let (Some(from), Some(until)) = (month_day(from), month_day(until)) {
        return Ok(Closing::Yearly { from, until });
    }
    let (from, until) = (date(from)?, date(until)?);
    if from <= until { Ok(Closing::Days { from, until }) } else { Err(wrong("args.closing")) }
}

/// One of the catalogue's care levels, also in full width, or its code in the national tables.
pub(super) fn care_level(typed: &str) -> Read<String> {
    let narrow: String = typed.trim().nfkc().collect();
    let levels = Catalogue::built_in().list("care_level");
    let options = levels.map(|levels| levels.options.as_slice()).unwrap_or_default();
    let meant = |(level, code): &&(String, Option<String>)| {
        *level == narrow || code.as_ref() == Some(&narrow)
    };
    let level = options.iter().find(meant).map(|(level, _)| level.clone());
    level.ok_or_else(|| {
        let known: Vec<_> = options.iter().map(|(level, _)| level.as_str()).collect();
        wrong_with("args.care-level", "levels", &known.join(" "))
    })
}

/// `12-29`; 29 February is one.
fn month_day(typed: &str) -> Option<(i8, i8)> {
    let narrow: String = typed.trim().nfkc().collect();
    let day: Date = format!("2024-{narrow}").parse().ok()?;
    let same = format!("{:02}-{:02}", day.month(), day.day()) == narrow;
    same.then_some((day.month(), day.day()))
}

fn no_date(fault: &DateFault) -> &'static str {
    match fault {
        DateFault::NotDate => "args.when",
        DateFault::NoSuchDay => "args.no-such-day",
        DateFault::OtherEra { .. } => "args.other-era",
        DateFault::OutOfRange => "args.out-of-range",
    }
}

fn wrong(key: &str) -> String {
    both(&Sentence::new(key))
}

fn wrong_with(key: &str, name: &str, value: &str) -> String {
    both(&Sentence::new(key).with(name, value))
}

fn both(sentence: &Sentence) -> String {
    format!("{} / {}", sentence.ja(), sentence.en())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_closings_and_care_levels() {
        for same in [
            "R8.11.24 20:00",
            "2026/11/24 20:00",
            "2026年11月24日20時",
            "2026年11月24日 20:00",
            "令8.11.24 午後8時",
        ] {
            assert_eq!(when(same), when("2026-11-24T20:00"), "{same}");
        }
        assert_eq!(date("2026年11月24日"), date("2026/11/24"));
        assert!(date("2026/11/24").is_ok() && date("2026/11/24 20:00").is_err());
        for (bad, says) in [
            ("2026-11-24T24:00", "23:59"),
            ("2026-02-29", "暦にない"),
            ("平成33年1月1日", "元号"),
            ("2200-01-01", "2199"),
            ("soon", "20:00"),
        ] {
            let said = when(bad).unwrap_err();
            assert!(said.contains(says) && said.contains(" / "), "{said}");
        }
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(closing("R8.12.29").unwrap(), Closing::day(day("2026-12-29")));
        let (from, until) = (day("2026-12-29"), day("2027-01-03"));
        assert_eq!(closing("2026-12-29..R9.1.3").unwrap(), Closing::Days { from, until });
        let year_end = Closing::Yearly { from: (12, 29), until: (1, 3) };
        assert_eq!(closing("12-29..01-03").unwrap(), year_end);
        assert_eq!(
            closing("02-29..03-01").unwrap(),
            Closing::Yearly { from: (2, 29), until: (3, 1) }
        );
        for bad in
            ["", "12-29", "02-30..03-01", "12-29..2027-01-03", "2027-01-03..2026-12-29", "a..b"]
        {
            assert!(closing(bad).unwrap_err().contains(" / "), "{bad}");
        }
        assert_eq!(care_level(" 要介護２ ").unwrap(), "要介護2");
        assert_eq!(care_level("12").unwrap(), "要支援1");
        assert!(care_level("要介護6").unwrap_err().contains("要支援1"));
    }

    #[test]
    fn typed_values_are_brought_into_their_spelling() {
        assert_eq!(text(" か\u{3099} ").unwrap().as_str(), "が");
        assert_eq!(number("１２７０００００１１").unwrap().as_str(), "1270000011");
        let named = recipient("１２７０００００１１／renkei").unwrap();
        let unit = named.unit.as_ref().map(Unit::as_str);
        assert_eq!((named.number.as_str(), unit), ("1270000011", Some("renkei")));
        assert_eq!(recipient("1270000011").unwrap().unit, None);
        assert!(recipient("1270000011/").is_err());
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
