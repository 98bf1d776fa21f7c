//! A letter of a case, with what the log says of it and whose word each time is.

use serde::Serialize;
use tsumugu_catalogue::FilledForm;
use tsumugu_proto::v1;
use tsumugu_proto::v1::LetterKind;
use tsumugu_trust::state::{Delivery, Validity};
use tsumugu_trust::statement::Answer;
use tsumugu_trust::value::{Id, Time, Unit};

use crate::commands::shown::{ShownWorker, form_of};
use crate::commands::track::{TrackedEvent, happened};
use crate::failure::Failure;
use crate::letters::OpenedLetter;
use crate::mailbox::all;
use crate::mailbox::message::Message;
use crate::post::Post;
use crate::releases::Catalogues;
use crate::workers::Leavers;

/// A letter of a case.
#[derive(Debug)]
#[allow(dead_code, reason = "what is gathered is whole, whoever reads it")]
pub(crate) struct CaseLetter {
    /// Who sent it.
    pub(crate) from: Id,
    /// The message.
    pub(crate) id: Id,
    /// Whether this office sent it.
    pub(crate) outgoing: bool,
    /// This office.
    pub(crate) own: Id,
    /// The other institution.
    pub(crate) other: Id,
    /// The recipient's unit.
    pub(crate) unit: Unit,
    /// Sheet, notice or another kind.
    pub(crate) kind: LetterKind,
    /// The form's name, as the letter has it.
    pub(crate) name: Option<FormName>,
    /// What was filled in; nothing where this program's catalogue does not know the form.
    pub(crate) form: Option<FilledForm>,
    /// Who wrote it.
    pub(crate) author: ShownWorker,
    /// When it was composed: the sender's word.
    pub(crate) composed: Time,
    /// When the exchange logged it: the exchange's word.
    pub(crate) accepted: Time,
    /// Index of its leaf in the log (記録番号).
    pub(crate) index: u64,
    /// When it was first fetched: the exchange's word.
    pub(crate) fetched: Option<Time>,
    /// When somebody opened it: the recipient's word, at the exchange's time.
    pub(crate) opened: Option<Time>,
    /// How far it has come.
    pub(crate) delivery: Option<Delivery>,
    /// The answer that counts.
    pub(crate) answer: Option<CaseAnswer>,
    /// Whether it still counts.
    pub(crate) validity: Validity,
    /// The message that it corrects.
    pub(crate) replaces: Option<Id>,
    /// An answer is wanted by then.
    pub(crate) ack_by: Option<Time>,
    /// What the sender recorded of the case's steps: its word.
    pub(crate) steps: Vec<v1::SharedStep>,
    /// How many attachments it has.
    pub(crate) attachments: usize,
    /// Everything that happened to it, in log order, each with its index and whose word it is.
    pub(crate) events: Vec<TrackedEvent>,
}

/// A form as a letter names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, serde::Deserialize)]
pub(crate) struct FormName {
    /// Id.
    #[serde(rename = "form")]
    pub(crate) id: String,
    /// Version.
    pub(crate) version: String,
}

/// The answer to a letter: the first one in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CaseAnswer {
    /// What it says.
    pub(crate) answer: Answer,
    /// When the exchange logged it: the exchange's word.
    pub(crate) logged: Time,
    /// Index of its leaf in the log.
    pub(crate) index: u64,
    /// Who answered; nothing where the detail is not here or does not verify.
    pub(crate) worker: Option<ShownWorker>,
    /// What the worker said.
    pub(crate) comment: Option<String>,
}

impl CaseLetter {
    /// Every letter of this vault that names a case, with that case. One that does not verify any more
    /// names none.
    pub(super) fn all(post: &impl Post) -> Result<Vec<(Id, Self)>, Failure> {
        let own = post.keys()?.institution;
        let catalogues = Catalogues::of(post.home(), post.directory().catalogues());
        let mut letters = Vec::new();
        for (from, id) in all(post.vault())? {
            let Some(message) = Message::load(post.vault(), from, id)? else { continue };
            if message.is_of_the_office() {
                continue;
            }
            let letter = match message.read_letter(post.vault(), post.directory()) {
                Err(bad) if bad.key() == "message.quarantined" => None,
                letter => letter?,
            };
            let Some((case, letter)) = letter.and_then(|one| Some((one.case_id()?, one))) else {
                continue;
            };
            letters
                .extend(Self::of(post, &catalogues, own, &message, &letter).map(|one| (case, one)));
        }
        Ok(letters)
    }

    fn of(
        post: &impl Post,
        catalogues: &Catalogues,
        own: Id,
        message: &Message,
        letter: &OpenedLetter,
    ) -> Option<Self> {
        let (_, lines) = message.envelope()?;
        let state = message.state();
        let accepted = state.accepted_at()?;
        let events = happened(post.directory(), Leavers::of(post), message, letter);
        let time = |what| events.iter().find(|event| event.what == what).map(TrackedEvent::time);
        let outgoing = lines.from == own;
        Some(Self {
            from: lines.from,
            id: message.id(),
            outgoing,
            own,
            other: if outgoing { lines.to.institution } else { lines.from },
            unit: lines.to.unit.clone(),
            kind: letter.kind(),
            name: serde_json::from_slice(letter.body()).ok(),
            form: form_of(catalogues, letter),
            author: letter.worker().into(),
            composed: lines.composed,
            accepted: accepted.time,
            index: accepted.index,
            fetched: time("fetched"),
            opened: time("opened"),
            delivery: state.delivery(),
            answer: state.answer().map(|(at, answer)| {
                let event = events.iter().find(|event| event.index == at.index);
                CaseAnswer {
                    answer,
                    logged: at.time,
                    index: at.index,
                    worker: event.and_then(|event| event.worker.clone()),
                    comment: event.and_then(|event| event.comment.clone()),
                }
            }),
            validity: state.validity(),
            replaces: lines.replaces,
            ack_by: lines.ack_by,
            steps: letter.steps().to_vec(),
            attachments: lines.attachments.len(),
            events,
        })
    }

    /// Whom it went to.
    pub(crate) fn recipient(&self) -> Id {
        if self.outgoing { self.other } else { self.own }
    }

    /// Whether it counts: not corrected, not withdrawn.
    pub(crate) fn is_current(&self) -> bool {
        self.validity == Validity::Current
    }

    /// Id of its form.
    pub(crate) fn form_id(&self) -> Option<&str> {
        self.name.as_ref().map(|name| name.id.as_str())
    }
}
