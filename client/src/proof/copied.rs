//! Up to where a case was copied into the office's care software (支援経過への転記).
//!
//! A note of the office, so that a colleague's PC does not ask for what was copied at another one. It is
//! the index of the last leaf that the sentences told of: a receipt that comes later is still missing.

use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::value::Id;

use super::record::CaseRecord;
use crate::failure::Failure;
use crate::office::{self, Key};
use crate::vault::Vault;

/// What was copied of a case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Copied {
    /// Index of the last leaf that was told of; nothing where nothing was copied.
    pub(crate) up_to: Option<u64>,
    revision: u64,
}

impl Copied {
    /// Reads it. What another version wrote counts as nothing copied.
    ///
    /// # Errors
    /// The vault.
    pub(crate) fn of(vault: &Vault, case: Id) -> Result<Self, Failure> {
        let Some(kept) = office::get(vault, &Key::Note(name(case)))? else {
            return Ok(Self::default());
        };
        let Said::Note(note) = kept.entry.said() else { return Ok(Self::default()) };
        let up_to = std::str::from_utf8(&note.value).ok().and_then(|text| text.parse().ok());
        Ok(Self { up_to, revision: kept.entry.revision() })
    }

    /// Whether everything that the record tells of was copied.
    pub(crate) fn covers(self, record: &CaseRecord) -> bool {
        last(record).is_none_or(|last| self.up_to.is_some_and(|up_to| last <= up_to))
    }

    /// The record that says that everything was copied.
    pub(crate) fn all_of(self, case: Id, record: &CaseRecord) -> v1::Note {
        let value = last(record).map(|last| last.to_string()).unwrap_or_default();
        v1::Note { name: name(case), revision: self.revision + 1, value: value.into_bytes().into() }
    }
}

/// The last leaf that a sentence tells of: acceptances and answers of letters, and off-system records.
fn last(record: &CaseRecord) -> Option<u64> {
    let accepted = record.deliveries.iter().filter_map(|one| one.accepted()).map(|one| one.index);
    let answers = record.deliveries.iter().filter_map(|one| one.answer.as_ref());
    let others = record.off_system.iter().filter_map(|one| one.index);
    accepted.chain(answers.map(|one| one.index)).chain(others).max()
}

fn name(case: Id) -> String {
    format!("copied-{case}")
}

#[cfg(test)]
mod tests {
    use super::super::record::tests::example;
    use super::*;

    #[test]
    fn what_came_after_the_copying_is_missing_again() {
        let mut record = example();
        let id = Id([7; 16]);
        let nothing = Copied::default();
        assert!(!nothing.covers(&record));
        let note = nothing.all_of(id, &record);
        assert_eq!((note.revision, &note.value[..]), (1, &b"30"[..]));
        assert!(crate::office::Entry::check(Said::Note(note)).is_ok());
        let copied = Copied { up_to: Some(30), revision: 1 };
        assert!(copied.covers(&record));
        record.deliveries[0].answer = record.deliveries[1].answer.clone();
        record.deliveries[0].answer.as_mut().unwrap().index = 31;
        assert!(!copied.covers(&record));
        record.deliveries.clear();
        record.off_system.clear();
        assert!(nothing.covers(&record), "there is nothing to copy");
    }
}
