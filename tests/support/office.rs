//! An institution with one PC: what it sends, fetches, answers and says of itself.

use std::sync::Arc;

use tonic::{Status, Streaming};
use tsumugu_client::tls::ClientIdentity;
use tsumugu_durable::clock::Clock;
use tsumugu_proto::v1;
use tsumugu_proto::v1::fetch_response::Part as FetchPart;
use tsumugu_proto::v1::subscribe_response::Part as SubscribePart;
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::letter::{content_commitment, pack};
use tsumugu_trust::receipt::VerifiedReceipt;
use tsumugu_trust::seal::{seal_to, seal_with_key};
use tsumugu_trust::state::{Event, MessageState};
use tsumugu_trust::statement::{
    Answer, AnyBody, Body, BytesRef, Destination, DetailRef, Disposition, Envelope, KeySet,
    KeySets, OffSystem, Opened, RecipientText, RemovalReason, Statement, TerminalRemoved, Urgency,
    sign,
};
use tsumugu_trust::value::{Id, Origin, Time, Unit};

use super::applicant::{Applicant, Secrets};
use super::eye::Eye;
use super::fresh;
use super::link::Link;
use super::town::Town;

#[derive(Debug)]
pub struct Office {
    pub id: Id,
    pub origin: Origin,
    pub secrets: Secrets,
    pub identity: ClientIdentity,
    pub link: Link,
    pub eye: Eye,
    pub clock: Arc<dyn Clock>,
    /// The newest key set, and the digest of its statement.
    pub key_set: (KeySet, Hash),
}

/// A sealed letter.
#[derive(Debug, Clone)]
pub struct Letter {
    pub envelope: Statement,
    pub lines: Envelope,
    pub body: Vec<u8>,
}

impl Letter {
    pub fn outgoing(&self) -> v1::OutgoingLetter {
        let (envelope, body) = (self.envelope.bytes().into(), self.body.clone().into());
        v1::OutgoingLetter { envelope, body }
    }
}

impl Office {
    /// Takes the certificate of an approved enrolment, and checks the workers' receipts.
    pub async fn join(town: &Town, applicant: Applicant) -> Self {
        let link = town.link(None).await;
        let request = v1::GetEnrolmentRequest { invitation_id: applicant.paper.id() };
        let answer = link.enrolment().get_enrolment(request).await.unwrap().into_inner();
        assert_eq!(answer.state(), v1::EnrolmentState::Approved);
        let workers = &applicant.statements[3..];
        assert_eq!(answer.worker_receipts.len(), workers.len());
        for (receipt, worker) in answer.worker_receipts.iter().zip(workers) {
            town.eye.taken(Some(receipt), worker);
        }
        let chain = answer.certificates.iter().map(|certificate| certificate.to_vec());
        let identity = ClientIdentity::from_der(chain, &applicant.tls.key);
        let AnyBody::KeySet(key_set) = &applicant.statements[1].body else { unreachable!() };
        Self {
            id: applicant.secrets.institution,
            link: town.link(Some(identity.clone())).await,
            identity,
            eye: town.eye.clone(),
            clock: town.clock.clone(),
            key_set: (key_set.clone(), applicant.statements[1].digest()),
            origin: applicant.origin,
            secrets: applicant.secrets,
        }
    }

    /// Signs with the terminal's key.
    pub fn by_terminal(&self, body: &impl Body) -> Statement {
        sign(&self.origin, body, &[&self.secrets.terminal_key(&self.origin)]).unwrap()
    }

    /// Signs with the institution's key.
    pub fn by_institution(&self, body: &impl Body) -> Statement {
        sign(&self.origin, body, &[&self.secrets.institution_key(&self.origin)]).unwrap()
    }

    /// A letter that is really sealed to both.
    pub fn letter(&self, to: &Office) -> Letter {
        let plain = pack("先日の退院前カンファレンスについて".as_bytes()).unwrap();
        let recipients = [self, to].map(|one| one.secrets.sealing().to_recipient());
        let different = if self.id == to.id { &recipients[..1] } else { &recipients[..] };
        self.letter_with(to, seal_to(different, &plain).unwrap(), |_| {})
    }

    /// An envelope around any body, with changed lines.
    pub fn letter_with(
        &self,
        to: &Office,
        body: Vec<u8>,
        change: impl FnOnce(&mut Envelope),
    ) -> Letter {
        let now = Time(self.clock.now_ms());
        let mut lines = Envelope {
            id: Id::for_message(now, &fresh()),
            from: self.id,
            to: Destination { institution: to.id, unit: Unit::main() },
            content: content_commitment(&fresh(), b"letter"),
            body: BytesRef { digest: sha256(&[&body]), length: body.len() as u64 },
            attachments: Vec::new(),
            urgency: Urgency::Normal,
            ack_by: None,
            replaces: None,
            key_sets: KeySets { sender: self.key_set.1, recipient: to.key_set.1 },
            composed: now,
        };
        change(&mut lines);
        Letter { envelope: self.by_terminal(&lines), lines, body }
    }

    /// A letter around a short body.
    pub fn note(&self, to: &Office, change: impl FnOnce(&mut Envelope)) -> Letter {
        self.letter_with(to, b"sealed".to_vec(), change)
    }

    /// Hands letters over and checks their receipts.
    pub async fn send(&self, letters: &[&Letter]) -> Result<Vec<VerifiedReceipt>, Status> {
        let outgoing = letters.iter().map(|letter| letter.outgoing()).collect();
        let request = v1::SendRequest { letters: outgoing };
        let answer = self.link.exchange().send(request).await?.into_inner();
        assert_eq!(answer.receipts.len(), letters.len());
        let pairs = answer.receipts.iter().zip(letters);
        let checked =
            pairs.map(|(receipt, letter)| self.eye.taken(Some(receipt), &letter.envelope));
        Ok(checked.collect())
    }

    /// Hands one letter over.
    pub async fn send_one(&self, letter: &Letter) -> Result<VerifiedReceipt, Status> {
        Ok(self.send(&[letter]).await?.remove(0))
    }

    /// Fetches a body; with it the receipt of "fetched", unless it is one's own letter.
    pub async fn fetch(
        &self,
        letter: &Letter,
    ) -> Result<(Option<VerifiedReceipt>, Vec<u8>), Status> {
        let request = fetch_request(letter);
        let mut stream = self.link.exchange().fetch(request).await?.into_inner();
        let (mut receipt, mut body) = (None, Vec::new());
        while let Some(piece) = stream.message().await? {
            match piece.part.unwrap() {
                FetchPart::Receipt(one) => {
                    assert!(receipt.is_none() && body.is_empty(), "the receipt comes first");
                    receipt = Some(self.eye.receipt(&one, None));
                }
                FetchPart::Chunk(chunk) => body.extend_from_slice(&chunk),
            }
        }
        Ok((receipt, body))
    }

    pub fn opened_statement(&self, letter: &Letter) -> Statement {
        let Envelope { from, id, content, .. } = letter.lines;
        let envelope = letter.envelope.digest();
        self.by_terminal(&Opened { from, id, envelope, content, by: self.id })
    }

    /// Says that a person opened a letter. The receipt brings a record when somebody said so before.
    pub async fn opened(&self, letter: &Letter) -> Result<VerifiedReceipt, Status> {
        let statement = self.opened_statement(letter);
        let request = v1::OpenedRequest { statement: statement.bytes().into() };
        let receipt = self.link.exchange().opened(request).await?.into_inner().receipt.unwrap();
        let known = statement.bytes();
        Ok(self.eye.receipt(&receipt, receipt.record.is_empty().then_some(&known)))
    }

    /// A person's answer with its sealed detail, or a terminal's without.
    pub fn disposition(&self, letter: &Letter, answer: Answer) -> (Statement, Vec<u8>) {
        self.disposition_after(letter, answer, None)
    }

    /// An answer after another one, whose digest is given.
    pub fn disposition_after(
        &self,
        letter: &Letter,
        answer: Answer,
        previous: Option<Hash>,
    ) -> (Statement, Vec<u8>) {
        let detail = match answer {
            Answer::Unreadable => Vec::new(),
            _ => seal_with_key(&[9; 32], "理由".as_bytes()).unwrap(),
        };
        let reference = (answer != Answer::Unreadable).then(|| DetailRef {
            commitment: Hash(fresh()),
            sealed: BytesRef { digest: sha256(&[&detail]), length: detail.len() as u64 },
        });
        let Envelope { from, id, content, .. } = letter.lines;
        let (envelope, answered) = (letter.envelope.digest(), Time(self.clock.now_ms()));
        let by = self.id;
        let lines = Disposition {
            from,
            id,
            envelope,
            content,
            by,
            answer,
            answered,
            previous,
            detail: reference,
        };
        (self.by_terminal(&lines), detail)
    }

    pub async fn dispose(
        &self,
        (statement, detail): &(Statement, Vec<u8>),
    ) -> Result<VerifiedReceipt, Status> {
        let (bytes, detail) = (statement.bytes().into(), detail.clone().into());
        let request = v1::DisposeRequest { statement: bytes, detail };
        let answer = self.link.exchange().dispose(request).await?.into_inner();
        Ok(self.eye.taken(answer.receipt.as_ref(), statement))
    }

    /// A record of something that went past the exchange, with its sealed detail.
    pub fn record(
        &self,
        about: Option<Id>,
        change: impl FnOnce(&mut OffSystem),
    ) -> (Statement, Vec<u8>) {
        let sealed = seal_to(&[self.secrets.sealing().to_recipient()], "FAX".as_bytes()).unwrap();
        self.record_with(sealed, about, change)
    }

    /// The same around any detail.
    pub fn record_with(
        &self,
        detail: Vec<u8>,
        about: Option<Id>,
        change: impl FnOnce(&mut OffSystem),
    ) -> (Statement, Vec<u8>) {
        let now = Time(self.clock.now_ms());
        let sealed = BytesRef { digest: sha256(&[&detail]), length: detail.len() as u64 };
        let mut lines = OffSystem {
            from: self.id,
            id: Id::for_message(now, &fresh()),
            about,
            recorded: now,
            detail: DetailRef { commitment: Hash(fresh()), sealed },
        };
        change(&mut lines);
        (self.by_terminal(&lines), detail)
    }

    pub async fn hand_in_record(
        &self,
        (statement, detail): &(Statement, Vec<u8>),
    ) -> Result<VerifiedReceipt, Status> {
        let (bytes, detail) = (statement.bytes().into(), detail.clone().into());
        let request = v1::RecordOffSystemRequest { statement: bytes, detail };
        let answer = self.link.exchange().record_off_system(request).await?.into_inner();
        Ok(self.eye.taken(answer.receipt.as_ref(), statement))
    }

    /// The details that the mailbox brings, in order.
    pub async fn details(&self) -> Vec<Vec<u8>> {
        let mut stream = self.subscribe(0, true).await.unwrap();
        let mut details = Vec::new();
        while let Some(piece) = stream.message().await.unwrap() {
            let Some(SubscribePart::Events(events)) = piece.part else { continue };
            details.extend(events.events.into_iter().map(|event| event.detail.to_vec()));
        }
        details.retain(|detail| !detail.is_empty());
        details
    }

    /// The records of a message, checked, with their details.
    pub async fn track(&self, letter: &Letter) -> Result<Vec<(VerifiedReceipt, Vec<u8>)>, Status> {
        let (from, id) = (letter.lines.from.to_string(), letter.lines.id.to_string());
        let answer = self.link.exchange().track(v1::TrackRequest { from, id }).await?;
        let records = answer.into_inner().records;
        Ok(records.iter().map(|event| self.event(event)).collect())
    }

    /// The state of a message: the join of what `track` shows.
    pub async fn state(&self, letter: &Letter) -> MessageState {
        let records = self.track(letter).await.unwrap();
        state_of(letter, records.iter().map(|(receipt, _)| receipt))
    }

    /// The mailbox from a number on, as a stream.
    pub async fn subscribe(
        &self,
        start: u64,
        stop_at_end: bool,
    ) -> Result<Streaming<v1::SubscribeResponse>, Status> {
        let request = v1::SubscribeRequest { start, stop_at_end };
        Ok(self.link.exchange().subscribe(request).await?.into_inner())
    }

    /// The whole mailbox: numbers without gaps, every receipt checked.
    pub async fn mailbox(&self) -> Vec<VerifiedReceipt> {
        let mut stream = self.subscribe(0, true).await.unwrap();
        let mut mail = Vec::new();
        while let Some(piece) = stream.message().await.unwrap() {
            let Some(SubscribePart::Events(events)) = piece.part else { continue };
            for event in &events.events {
                assert_eq!(event.number, mail.len() as u64);
                mail.push(self.event(event).0);
            }
        }
        mail
    }

    /// What the mailbox says of letters: all but the institution's own workers.
    pub async fn letters(&self) -> Vec<VerifiedReceipt> {
        let mut mail = self.mailbox().await;
        mail.retain(|event| !event.record.starts_with(b"tsumugu/v1/worker\n"));
        mail
    }

    fn event(&self, event: &v1::MailboxEvent) -> (VerifiedReceipt, Vec<u8>) {
        let receipt = self.eye.receipt(event.receipt.as_ref().unwrap(), None);
        (receipt, event.detail.to_vec())
    }

    /// Publishes what the institution says of itself.
    pub async fn publish(&self, statement: &Statement) -> Result<VerifiedReceipt, Status> {
        let request = v1::PublishStatementRequest { statement: statement.bytes().into() };
        let answer = self.link.directory().publish_statement(request).await?.into_inner();
        Ok(self.eye.taken(answer.receipt.as_ref(), statement))
    }

    /// Publishes the next key set.
    pub async fn rotate(&mut self) {
        let seed = fresh();
        self.secrets.sealing_seed = seed;
        let recipient = RecipientText::from(&self.secrets.sealing().to_recipient());
        let (number, previous) = (self.key_set.0.number + 1, Some(self.key_set.1));
        let next = KeySet { institution: self.id, number, previous, recipient };
        let statement = self.by_institution(&next);
        self.publish(&statement).await.unwrap();
        self.key_set = (next, statement.digest());
    }

    /// The institution's word that its terminal was lost.
    pub fn removal(&self) -> TerminalRemoved {
        let (institution, terminal) = (self.id, self.secrets.terminal);
        TerminalRemoved { institution, terminal, reason: RemovalReason::Lost }
    }
}

pub fn fetch_request(letter: &Letter) -> v1::FetchRequest {
    let (from, id) = (letter.lines.from.to_string(), letter.lines.id.to_string());
    v1::FetchRequest { from, id }
}

/// The join over a message's leaves, by this program and not by the exchange.
pub fn state_of<'a>(
    letter: &Letter,
    records: impl Iterator<Item = &'a VerifiedReceipt>,
) -> MessageState {
    let mut state = MessageState::default();
    for receipt in records {
        let at: LogPosition = receipt.at;
        let event = match Statement::parse(&receipt.record).unwrap().body {
            AnyBody::Envelope(e) if e.id == letter.lines.id => Event::Accepted,
            AnyBody::Envelope(_) => Event::Superseded,
            AnyBody::Fetched(_) => Event::Fetched,
            AnyBody::Opened(_) => Event::Opened,
            AnyBody::Disposition(d) => Event::Answered(d.answer),
            other => panic!("a {} about a letter", other.kind()),
        };
        state.join(at, event);
    }
    state
}
