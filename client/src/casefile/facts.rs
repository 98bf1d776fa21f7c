//! The facts of a case, each in its newest revision.

use std::collections::BTreeMap;

use jiff::civil::Date;
use tsumugu_catalogue::Pattern;
use tsumugu_catalogue::deadline::When;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::value::Id;

use crate::failure::Failure;
use crate::office::{self, Entry, FactName, FactValue, Key, ToldBy};
use crate::vault::Vault;

/// A fact of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fact {
    /// The case under whose id it was entered.
    pub(crate) case_id: Id,
    /// Its value.
    pub(crate) value: FactValue,
    /// Its revision.
    pub(crate) revision: u64,
    /// Who entered it, by worker id.
    pub(crate) worker_id: String,
    /// Index of its letter's leaf; nothing while only this PC has it.
    pub(crate) index: Option<u64>,
}

/// The facts of a case by name; those taken back are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Facts(BTreeMap<FactName, Fact>);

impl Facts {
    /// Reads those of a case with all its ids; of the same name that which came to the log last.
    pub(super) fn read(vault: &Vault, members: &[Id]) -> Result<Self, Failure> {
        let mut facts: BTreeMap<FactName, Fact> = BTreeMap::new();
        for case in members {
            for name in FactName::ALL {
                let Some(kept) = office::get(vault, &Key::CaseFact(*case, name))? else { continue };
                let Said::CaseFact(said) = kept.entry.said() else { continue };
                let Some(value) = value(&kept.entry) else { continue };
                let fact = Fact {
                    case_id: *case,
                    value,
                    revision: kept.entry.revision(),
                    worker_id: said.worker_id.clone(),
                    index: kept.index,
                };
                // What the log does not have yet is the newest.
                let place = |fact: &Fact| fact.index.unwrap_or(u64::MAX);
                match facts.get(&name) {
                    Some(known) if place(known) >= place(&fact) => {}
                    _ => drop(facts.insert(name, fact)),
                }
            }
        }
        Ok(Self(facts))
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = (FactName, &Fact)> {
        self.0.iter().map(|(name, fact)| (*name, fact))
    }

    /// The fact of that name.
    pub(crate) fn get(&self, name: FactName) -> Option<&Fact> {
        self.0.get(&name)
    }

    /// When the person was or will be admitted (入院日時).
    pub(crate) fn admitted(&self) -> Option<When> {
        self.when(FactName::Admitted)
    }

    /// When the office learnt of it.
    pub(crate) fn learnt(&self) -> Option<When> {
        self.when(FactName::Learnt)
    }

    /// From whom it learnt of it.
    pub(crate) fn learnt_from(&self) -> Option<ToldBy> {
        match self.value(FactName::LearntFrom)? {
            FactValue::Told(by) => Some(*by),
            _ => None,
        }
    }

    /// Whether the admission is planned.
    pub(crate) fn planned(&self) -> Option<bool> {
        match self.value(FactName::Planned)? {
            FactValue::Flag(yes) => Some(*yes),
            _ => None,
        }
    }

    /// Whether there is a care manager already.
    pub(crate) fn pattern(&self) -> Option<Pattern> {
        match self.value(FactName::Pattern)? {
            FactValue::Pattern(pattern) => Some(*pattern),
            _ => None,
        }
    }

    /// The day on which the person left.
    pub(crate) fn discharged(&self) -> Option<Date> {
        match self.value(FactName::Discharged)? {
            FactValue::Day(day) => Some(*day),
            _ => None,
        }
    }

    /// Care level.
    pub(crate) fn care_level(&self) -> Option<&str> {
        match self.value(FactName::CareLevel)? {
            FactValue::Text(text) => Some(text),
            _ => None,
        }
    }

    fn value(&self, name: FactName) -> Option<&FactValue> {
        self.get(name).map(|fact| &fact.value)
    }

    fn when(&self, name: FactName) -> Option<When> {
        match self.value(name)? {
            FactValue::When(when) => Some(*when),
            _ => None,
        }
    }
}

/// The value that a record has; nothing where it was taken back.
pub(super) fn value(entry: &Entry) -> Option<FactValue> {
    let (Key::CaseFact(_, name), Said::CaseFact(said)) = (entry.key(), entry.said()) else {
        return None;
    };
    name.read(&said.value)
}
