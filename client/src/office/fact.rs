//! Facts of a case (事例の事実): dates and circumstances that the office itself enters, each a short text
//! of its own kind.

use jiff::civil::Date;
use tsumugu_catalogue::deadline::When;
use tsumugu_catalogue::{Pattern, parse_date};
use tsumugu_trust::value::{Id, Text, Value};

/// Names of facts, each with its kind of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactName {
    /// When the person was or will be admitted (入院日時): a day, or a day and a time.
    Admitted,
    /// When the office learnt of it (入院を知った日時): likewise.
    Learnt,
    /// From whom it learnt of it (だれから).
    LearntFrom,
    /// Whether the admission is planned (予定入院).
    Planned,
    /// A: there is a care manager already; B: there is none yet.
    Pattern,
    /// The day on which the person left (退院日), when it has come.
    Discharged,
    /// Care level (要介護状態区分), as the catalogue's list `care_level` names it.
    CareLevel,
    /// This case is the same as that one: both sides had begun one (同じ事例).
    SameAs,
}

/// The value of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactValue {
    /// A moment, or a day whose hour nobody knows.
    When(When),
    /// A day.
    Day(Date),
    /// From whom.
    Told(ToldBy),
    /// Yes or no.
    Flag(bool),
    /// A or B.
    Pattern(Pattern),
    /// A text.
    Text(String),
    /// A case.
    Case(Id),
}

/// From whom an office learnt of an admission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToldBy {
    /// 本人・家族.
    Family,
    /// 病院.
    Hospital,
    /// 事業所（サービス事業所など）.
    Office,
}

impl FactName {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Admitted,
        Self::Learnt,
        Self::LearntFrom,
        Self::Planned,
        Self::Pattern,
        Self::Discharged,
        Self::CareLevel,
        Self::SameAs,
    ];

    /// The name as a record has it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Admitted => "admitted",
            Self::Learnt => "learnt",
            Self::LearntFrom => "learnt-from",
            Self::Planned => "planned",
            Self::Pattern => "pattern",
            Self::Discharged => "discharged",
            Self::CareLevel => "care-level",
            Self::SameAs => "same-as",
        }
    }

    /// The name of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.word() == word)
    }

    /// Reads a value; only what [`FactValue::word`] writes is one.
    #[must_use]
    pub fn read(self, text: &str) -> Option<FactValue> {
        let value = match self {
            Self::Admitted | Self::Learnt => FactValue::When(When::parse(text).ok()?),
            Self::LearntFrom => FactValue::Told(ToldBy::parse(text)?),
            Self::Planned => FactValue::Flag(text == "yes"),
            Self::Pattern => {
                FactValue::Pattern(if text == "A" { Pattern::Known } else { Pattern::New })
            }
            Self::Discharged => FactValue::Day(parse_date(text).ok()?),
            Self::CareLevel => FactValue::Text(Text::decode(text)?.to_string()),
            Self::SameAs => FactValue::Case(text.parse().ok()?),
        };
        (value.word() == text).then_some(value)
    }
}

impl FactValue {
    /// The value as a record has it: `2026-11-24`, `2026-11-24T20:00`, `family`, `yes`, `A`, an id.
    #[must_use]
    pub fn word(&self) -> String {
        match self {
            Self::When(when) => match when.time {
                None => when.day.to_string(),
                Some(time) => format!("{}T{:02}:{:02}", when.day, time.hour(), time.minute()),
            },
            Self::Day(day) => day.to_string(),
            Self::Told(by) => by.word().to_owned(),
            Self::Flag(yes) => if *yes { "yes" } else { "no" }.to_owned(),
            Self::Pattern(Pattern::New) => "B".to_owned(),
            Self::Pattern(_) => "A".to_owned(),
            Self::Text(text) => text.clone(),
            Self::Case(id) => id.to_string(),
        }
    }
}

impl ToldBy {
    /// The word of a record.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Family => "family",
            Self::Hospital => "hospital",
            Self::Office => "office",
        }
    }

    /// In Japanese.
    #[must_use]
    pub fn ja(self) -> &'static str {
        match self {
            Self::Family => "本人・家族",
            Self::Hospital => "病院",
            Self::Office => "事業所",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Family, Self::Hospital, Self::Office].into_iter().find(|by| by.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_written_in_one_way_only() {
        use FactName::*;
        for (name, good) in [
            (Admitted, &["2026-11-24", "2026-11-24T20:00"][..]),
            (Learnt, &["2026-11-24", "2026-11-24T20:00"]),
            (LearntFrom, &["family", "hospital", "office"]),
            (Planned, &["yes", "no"]),
            (Pattern, &["A", "B"]),
            (Discharged, &["2026-12-01"]),
            (CareLevel, &["要介護2"]),
            (SameAs, &["0190f3c1000070008000000000000001"]),
        ] {
            assert_eq!(FactName::parse(name.word()), Some(name));
            for text in good {
                assert_eq!(name.read(text).unwrap().word(), *text);
            }
        }
        for (name, bad) in [
            (
                Admitted,
                &[
                    "令和8年11月24日",
                    "2026-11-24T20:00:30",
                    "2026-11-24 20:00",
                    "2026-11-24T24:00",
                    "",
                ][..],
            ),
            (Planned, &["true", "", "はい"]),
            (Pattern, &["AB", "a"]),
            (LearntFrom, &["x"]),
            (Discharged, &["2026-12-01T10:00", "R8.12.1"]),
            (CareLevel, &["\u{202e}", ""]),
            (SameAs, &["0190F3C1000070008000000000000001", "1"]),
        ] {
            for text in bad {
                assert_eq!(name.read(text), None, "{text}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,30}") {
            for name in FactName::ALL {
                if let Some(value) = name.read(&text) {
                    prop_assert_eq!(value.word(), &*text);
                }
            }
        }
    }
}
