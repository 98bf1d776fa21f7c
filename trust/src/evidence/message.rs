//! What the private leaves that are shown say about the message.

use std::collections::BTreeSet;

use super::author::Place;
use super::{Evidence, EvidenceRefused, Happening, Moment, Word};
use crate::directory::{
    CheckedAnswer, CheckedEnvelope, Directory, Refusal, check_disposition, check_envelope,
    check_opened, check_recall,
};
use crate::hash::Hash;
use crate::leaf::LogPosition;
use crate::letter::{disposition_header, envelope_header, recall_header};
use crate::state::{Event, MessageState};
use crate::statement::{AnyBody, DetailRef, Disposition, Fetched, Recall, Statement};
use crate::value::{Id, Time};

/// A statement with its place.
pub(super) type Placed = (LogPosition, Statement);

/// The records that are shown, parsed and sorted out.
pub(super) struct Records {
    envelope: Placed,
    /// Worker statements.
    pub(super) workers: Vec<Placed>,
    /// What happened to the message, in log order.
    events: Vec<Placed>,
}

/// The message as its records tell it, each checked at its place.
pub(super) struct Message {
    pub(super) at: LogPosition,
    pub(super) envelope: CheckedEnvelope,
    pub(super) state: MessageState,
    pub(super) moments: Vec<Moment>,
    pub(super) answers: Vec<(LogPosition, CheckedAnswer<Disposition>)>,
    pub(super) recalls: Vec<(LogPosition, CheckedAnswer<Recall>)>,
}

impl Records {
    /// Parses the records and finds the one envelope. Nothing is checked yet.
    pub(super) fn read(evidence: &Evidence) -> Result<Self, EvidenceRefused> {
        let (mut envelope, mut workers, mut events) = (None, Vec::new(), Vec::new());
        let mut admitted = BTreeSet::new();
        for shown in &evidence.private {
            let index = shown.index;
            let statement = Statement::parse(&shown.record)
                .map_err(|source| EvidenceRefused::rule(index, source))?;
            if statement.origin != evidence.origin {
                return Err(EvidenceRefused::rule(index, Refusal::OtherOrigin));
            }
            let placed = (shown.leaf().at(index), statement);
            match &placed.1.body {
                AnyBody::Worker(worker) => {
                    if !admitted.insert((worker.worker, worker.terminal)) {
                        let twice = Refusal::Continuity("a worker is admitted once at a terminal");
                        return Err(EvidenceRefused::rule(index, twice));
                    }
                    workers.push(placed);
                }
                AnyBody::Envelope(lines)
                    if envelope.is_none()
                        && (lines.from, lines.id) == (evidence.from, evidence.id) =>
                {
                    envelope = Some(placed);
                }
                AnyBody::Fetched(_)
                | AnyBody::Undelivered(_)
                | AnyBody::Destroyed(_)
                | AnyBody::Opened(_)
                | AnyBody::Disposition(_)
                | AnyBody::Recall(_) => events.push(placed),
                _ => return Err(EvidenceRefused::Unrelated { index }),
            }
        }
        Ok(Self { envelope: envelope.ok_or(EvidenceRefused::NoEnvelope)?, workers, events })
    }

    /// Every record, for what they refer to.
    pub(super) fn all(&self) -> impl Iterator<Item = &Statement> {
        let rest = self.workers.iter().chain(&self.events);
        std::iter::once(&self.envelope).chain(rest).map(|(_, statement)| statement)
    }

    /// Checks envelope and events by the directory, each at its place.
    pub(super) fn check(&self, directory: &Directory) -> Result<Message, EvidenceRefused> {
        let (at, statement) = &self.envelope;
        let envelope = check_envelope(directory, *at, statement)
            .map_err(|source| EvidenceRefused::rule(at.index, source))?;
        let mut message = Message::accepted(*at, envelope);
        for (at, statement) in &self.events {
            if *at <= message.at {
                return Err(EvidenceRefused::Continuity { index: at.index });
            }
            message
                .take(directory, *at, statement)
                .map_err(|source| EvidenceRefused::rule(at.index, source))?;
        }
        Ok(message)
    }
}

impl Message {
    fn accepted(at: LogPosition, envelope: CheckedEnvelope) -> Self {
        let mut message = Self {
            at,
            state: MessageState::default(),
            moments: Vec::new(),
            answers: Vec::new(),
            recalls: Vec::new(),
            envelope,
        };
        let (composed, terminal) =
            (message.envelope.envelope().composed, message.envelope.terminal());
        message.state.join(at, Event::Accepted);
        message.note(at, Happening::Composed, (composed, Word::Sender), Some(terminal));
        message.note(at, Happening::Accepted, (at.time, Word::Exchange), Some(terminal));
        message
    }

    fn take(
        &mut self,
        directory: &Directory,
        at: LogPosition,
        statement: &Statement,
    ) -> Result<(), Refusal> {
        let exchange = (at.time, Word::Exchange);
        let (lines, digest) = (self.envelope.envelope().clone(), self.envelope.digest());
        match &statement.body {
            AnyBody::Fetched(fetched) => {
                self.check_named((fetched.from, fetched.id, fetched.envelope))?;
                self.check_fetcher(directory, at, fetched)?;
                self.state.join(at, Event::Fetched);
                self.note(at, Happening::Fetched, exchange, Some(fetched.terminal));
            }
            AnyBody::Undelivered(said) => {
                self.check_named((said.from, said.id, said.envelope))?;
                self.state.join(at, Event::Undelivered);
                self.note(at, Happening::Undelivered, exchange, None);
            }
            AnyBody::Destroyed(said) => {
                self.check_named((said.from, said.id, said.envelope))?;
                self.note(at, Happening::Destroyed, exchange, None);
            }
            AnyBody::Opened(_) => {
                let opened = check_opened(directory, at, statement, &lines, digest)?;
                self.state.join(at, Event::Opened);
                self.note(at, Happening::Opened, exchange, Some(opened.terminal()));
            }
            AnyBody::Disposition(said) => {
                let answer = check_disposition(directory, at, statement, &lines, digest)?;
                // The answer that counts is the first: it cannot be left out.
                if said.previous != self.answers.last().map(|(_, before)| before.digest()) {
                    return Err(Refusal::Mismatch);
                }
                let terminal = Some(answer.terminal());
                self.state.join(at, Event::Answered(said.answer));
                self.note(at, Happening::Answered, (said.answered, Word::Recipient), terminal);
                self.note(at, Happening::AnswerLogged, exchange, terminal);
                self.answers.push((at, answer));
            }
            AnyBody::Recall(said) => {
                let recall = check_recall(directory, at, statement, &lines, digest)?;
                let terminal = Some(recall.terminal());
                self.state.join(at, Event::Withdrawn);
                self.note(at, Happening::Recalled, (said.recalled, Word::Sender), terminal);
                self.note(at, Happening::RecallLogged, exchange, terminal);
                self.recalls.push((at, recall));
            }
            _ => return Err(Refusal::WrongKind),
        }
        Ok(())
    }

    /// Where the letter's author must count.
    pub(super) fn letter_place(&self, directory: &Directory) -> Place {
        let envelope = self.envelope.envelope();
        let header = envelope_header(directory.origin(), envelope);
        Place { at: self.at, institution: envelope.from, header }
    }

    /// What the leaf at `index` commits to, and where its author must count.
    pub(super) fn detail_place(
        &self,
        directory: &Directory,
        index: u64,
    ) -> Option<(DetailRef, Place)> {
        let origin = directory.origin();
        if let Some((at, answer)) = self.answers.iter().find(|(at, _)| at.index == index) {
            let lines = answer.body();
            let header = disposition_header(origin, lines);
            return Some((lines.detail?, Place { at: *at, institution: lines.by, header }));
        }
        let (at, recall) = self.recalls.iter().find(|(at, _)| at.index == index)?;
        let lines = recall.body();
        let header = recall_header(origin, lines);
        Some((lines.detail?, Place { at: *at, institution: lines.from, header }))
    }

    fn check_named(&self, named: (Id, Id, Hash)) -> Result<(), Refusal> {
        let envelope = self.envelope.envelope();
        let fits = named == (envelope.from, envelope.id, self.envelope.digest());
        if fits { Ok(()) } else { Err(Refusal::Mismatch) }
    }

    /// The body went to a terminal of the recipient that was admitted then.
    fn check_fetcher(
        &self,
        directory: &Directory,
        at: LogPosition,
        fetched: &Fetched,
    ) -> Result<(), Refusal> {
        if fetched.by != self.envelope.envelope().to.institution {
            return Err(Refusal::Mismatch);
        }
        let member = directory.member(fetched.by).ok_or(Refusal::UnknownParty)?;
        let terminal = member.terminals.get(&fetched.terminal);
        let counts = terminal.is_some_and(|terminal| terminal.counts_at(at));
        if counts { Ok(()) } else { Err(Refusal::NotAdmitted) }
    }

    fn note(
        &mut self,
        at: LogPosition,
        happening: Happening,
        (time, word): (Time, Word),
        terminal: Option<Id>,
    ) {
        self.moments.push(Moment { happening, time, word, index: at.index, terminal });
    }
}
