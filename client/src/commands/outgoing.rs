//! A letter on its way out: the same form for each recipient, with what the send itself fills in.

use tsumugu_catalogue::{FilledForm, FormKind};
use tsumugu_proto::v1::{self, AttachmentSecret, LetterKind};
use tsumugu_trust::statement::{BytesRef, Destination, Urgency};
use tsumugu_trust::value::{Id, Time};

use super::form_file::fill_by_send;
use crate::casefile::CaseFile;
use crate::failure::Failure;
use crate::letters::{
    About, ComposedLetter, Content, Header, SealedLetter, Signer, compose_with_steps, seal,
};
use crate::outbox::{previous_message, sealing};
use crate::post::Post;
use crate::session::Session;

/// What all recipients get.
#[derive(Clone)]
pub(super) struct Outgoing<'a> {
    /// The filled form.
    pub(super) form: &'a FilledForm,
    /// Sheet, notice, or a reply to `about`.
    pub(super) kind: LetterKind,
    /// How soon it wants to be read.
    pub(super) urgency: Urgency,
    /// An answer is asked for by then.
    pub(super) ack_by: Option<Time>,
    /// The case that it belongs to.
    pub(super) case: Option<Id>,
    /// The message that it answers or passes on.
    pub(super) about: Option<About>,
    /// The letter that it passes on: its body goes in place of the form's own text.
    pub(super) passed_on: Option<(v1::PassedOn, Vec<u8>)>,
    /// What the readers learn of the attachments.
    pub(super) secrets: Vec<AttachmentSecret>,
    /// The sealed attachments, in the same order.
    pub(super) sealed: Vec<BytesRef>,
    /// What this office recorded of the case's steps.
    pub(super) steps: Vec<v1::SharedStep>,
}

impl<'a> Outgoing<'a> {
    /// A form without anything beside it; in a case it takes along what this office recorded of that.
    ///
    /// # Errors
    /// The vault.
    pub(super) fn new(
        session: &Session<'_>,
        case: Option<Id>,
        form: &'a FilledForm,
    ) -> Result<Self, Failure> {
        let kind = match form.form().kind {
            FormKind::Sheet => LetterKind::Sheet,
            FormKind::Notice => LetterKind::Notice,
        };
        let (about, passed_on, urgency) = (None, None, Urgency::Normal);
        let (ack_by, secrets, sealed) = (None, Vec::new(), Vec::new());
        let steps = match case {
            Some(case) => CaseFile::gather(session, case)?.own_steps(),
            None => Vec::new(),
        };
        Ok(Self { form, kind, urgency, ack_by, case, about, passed_on, secrets, sealed, steps })
    }

    /// The letter to one of them, written by the worker and sealed.
    ///
    /// # Errors
    /// An institution's name does not fit the form; the recipient has no keys; over a limit.
    pub(super) fn letter(
        &self,
        session: &Session<'_>,
        to: &Destination,
        signer: Signer<'_>,
    ) -> Result<(ComposedLetter, SealedLetter), Failure> {
        let (keys, now) = (session.identity().terminal()?, session.ctx().now());
        let (from, institution) = (keys.institution, to.institution);
        let content = Content {
            kind: self.kind,
            case_id: self.case,
            about: self.about,
            passed_on: self.passed_on.as_ref().map(|(said, _)| said.clone()),
            attachments: self.secrets.clone(),
            body: self.body(session, (from, institution), now)?.into(),
        };
        let header = Header {
            id: Id::for_message(now, &session.ctx().random()),
            from,
            to: to.clone(),
            attachments: self.sealed.clone(),
            urgency: self.urgency,
            ack_by: self.ack_by,
            replaces: None,
            composed: now,
        };
        let (origin, terminal) = (session.origin(), keys.terminal_key(session.origin())?);
        let previous = previous_message(session.vault(), institution)?;
        let with = sealing(session, &terminal, previous)?;
        session.with_random(|rng| {
            let composed = compose_with_steps(origin, header, &content, &self.steps, signer, rng)?;
            let sealed = seal(&composed, with, rng)?;
            Ok((composed, sealed))
        })
    }

    fn body(
        &self,
        session: &Session<'_>,
        parties: (Id, Id),
        now: Time,
    ) -> Result<Vec<u8>, Failure> {
        if let Some((_, body)) = &self.passed_on {
            return Ok(body.clone());
        }
        let mut form = self.form.clone();
        fill_by_send(&mut form, session.directory(), parties, now)?;
        Ok(form.to_json().to_string().into_bytes())
    }
}
