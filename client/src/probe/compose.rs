//! Writing a test letter.

use serde_json::json;
use tsumugu_catalogue::Catalogue;
use tsumugu_proto::v1::LetterKind;
use tsumugu_trust::statement::{Destination, Urgency};
use tsumugu_trust::value::{Id, Unit};

use super::{FORM, NOTE, REPLY_TO};
use crate::failure::Failure;
use crate::identity::{TerminalKeys, WorkerSecret};
use crate::letters::{Content, Header, SealedLetter, Signer, compose, seal};
use crate::outbox::{previous_message, sealing};
use crate::post::Post;

/// What a test letter says.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filling<'a> {
    /// A short note.
    pub(crate) note: &'a str,
    /// The test letter that it replies to.
    pub(crate) reply_to: Option<Id>,
}

/// The worker who signs what no person writes: the first of this PC.
///
/// # Errors
/// `worker.needed`
pub(crate) fn signing_worker(keys: &TerminalKeys) -> Result<&WorkerSecret, Failure> {
    keys.workers.first().ok_or_else(Failure::worker_needed)
}

/// Writes and seals a test letter under an id.
///
/// # Errors
/// The recipient has no keys; the worker's keys are unusable; the note does not fit its field.
pub(crate) fn compose_test(
    post: &impl Post,
    (id, to): (Id, Id),
    worker: &WorkerSecret,
    filling: Filling<'_>,
) -> Result<SealedLetter, Failure> {
    let form = Catalogue::built_in().empty(FORM);
    let mut form = form.ok_or_else(|| Failure::unknown_form(FORM))?;
    let reply_to = filling.reply_to.map(|id| id.to_string()).unwrap_or_default();
    for (field, value) in [(NOTE, filling.note), (REPLY_TO, &reply_to)] {
        if !value.is_empty() {
            form.set(field, &json!(value)).map_err(|error| {
                let said = error.message();
                let said = format!("{} / {}", said.fault_ja, said.fault_en);
                Failure::bad_form_value(FORM, field, &said).because(error)
            })?;
        }
    }
    let keys = post.keys()?;
    let now = post.now();
    let header = Header {
        id,
        from: keys.institution,
        to: Destination { institution: to, unit: Unit::main() },
        urgency: Urgency::Normal,
        attachments: Vec::new(),
        ack_by: None,
        replaces: None,
        composed: now,
    };
    let body = form.to_json().to_string().into_bytes();
    let content = Content {
        kind: LetterKind::Notice,
        about: None,
        passed_on: None,
        case_id: None,
        body: body.into(),
        attachments: Vec::new(),
    };
    let (origin, terminal) = (post.origin(), keys.terminal_key(post.origin())?);
    let (key, shown) = (worker.signing_key(origin)?, worker.shown()?);
    let previous = previous_message(post.vault(), to)?;
    let with = sealing(post, &terminal, previous)?;
    post.with_random(|random| {
        let signer = Signer { key: &key, shown: &shown };
        let composed = compose(origin, header, &content, signer, random)?;
        Ok(seal(&composed, with, random)?)
    })
}
