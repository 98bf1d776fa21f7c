//! The steps that the office recorded.

use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::value::{Id, Time};

use crate::failure::Failure;
use crate::office;
use crate::vault::Vault;

/// A step that somebody of the office recorded (手順の記録), in its newest revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordedStep {
    /// The record's id.
    pub(crate) id: Id,
    /// The case under whose id it was recorded.
    pub(crate) case_id: Id,
    /// Its revision.
    pub(crate) revision: u64,
    /// Id of the step in the flow.
    pub(crate) step: String,
    /// What became of it.
    pub(crate) state: v1::CaseStepState,
    /// When, as the one who recorded it says.
    pub(crate) at: Time,
    /// Why it was left out.
    pub(crate) skip_reason: Option<String>,
    /// Who recorded it, by worker id.
    pub(crate) worker_id: String,
    /// The letter that did it: sender and message.
    pub(crate) letter: Option<(Id, Id)>,
    /// The off-system record that did it.
    pub(crate) off_system: Option<Id>,
    /// Free text.
    pub(crate) note: String,
    /// Index of its letter's leaf; nothing while only this PC has it.
    pub(crate) index: Option<u64>,
}

impl RecordedStep {
    /// Those of a case with all its ids, by their time and id.
    pub(super) fn all(vault: &Vault, members: &[Id]) -> Result<Vec<Self>, Failure> {
        let mut steps = Vec::new();
        for case in members {
            for kept in office::all(vault, &format!("case-step/{case}"))? {
                if let Said::CaseStep(said) = kept.entry.said() {
                    steps.extend(Self::of(said, kept.index));
                }
            }
        }
        steps.sort_by_key(|step: &Self| (step.at, step.id));
        Ok(steps)
    }

    /// As other parties of the case learn it; nothing where it was taken back.
    pub(crate) fn shared(&self) -> Option<v1::SharedStep> {
        (self.state != v1::CaseStepState::TakenBack).then(|| v1::SharedStep {
            step: self.step.clone(),
            state: self.state.into(),
            at_ms: self.at.0,
            skip_reason: self.skip_reason.clone().unwrap_or_default(),
        })
    }

    /// Nothing only where the record was not checked.
    fn of(said: &v1::CaseStep, index: Option<u64>) -> Option<Self> {
        let letter = said.from.parse().ok().zip(said.message.parse().ok());
        Some(Self {
            id: said.id.parse().ok()?,
            case_id: said.case_id.parse().ok()?,
            revision: said.revision,
            step: said.step.clone(),
            state: said.state(),
            at: Time(said.at_ms),
            skip_reason: Some(said.skip_reason.clone()).filter(|reason| !reason.is_empty()),
            worker_id: said.worker_id.clone(),
            letter,
            off_system: said.off_system.parse().ok(),
            note: said.note.clone(),
            index,
        })
    }
}
