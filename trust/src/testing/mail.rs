//! Letters of a test, and what becomes of them.

use prost::Message;
use tsumugu_proto::v1;

use super::keys::{TestInstitution, TestWorker};
use super::log::World;
use crate::evidence::{EvidenceBuilder, EvidenceRefused};
use crate::hash::{Hash, sha256};
use crate::letter::{
    author_digest, content_commitment, detail_commitment, disposition_header, envelope_header,
    pack, recall_header,
};
use crate::seal::{seal_to, seal_with_key};
use crate::statement::{
    Answer, AnyBody, Author, BytesRef, Destination, DetailRef, Disposition, Envelope, Fetched,
    KeySets, Opened, Recall, Statement, Urgency,
};
use crate::value::{Id, Unit};

/// A sealed letter with what is in it.
#[derive(Debug, Clone)]
pub struct TestLetter {
    /// The envelope, signed by the sender's terminal.
    pub envelope: Statement,
    /// Its lines.
    pub lines: Envelope,
    /// Bytes of `Letter`: the evidence.
    pub letter: Vec<u8>,
    /// The key of details that answer it.
    pub letter_key: [u8; 32],
    /// The sealed body.
    pub sealed: Vec<u8>,
}

/// A disposition or recall with its detail.
#[derive(Debug, Clone)]
pub struct TestAnswer {
    /// The statement, signed by the terminal.
    pub statement: Statement,
    /// The detail of a person's answer.
    pub detail: Option<TestDetail>,
}

/// A detail, open and sealed.
#[derive(Debug, Clone)]
pub struct TestDetail {
    /// Blinds the commitment.
    pub salt: [u8; 32],
    /// Bytes of `Detail`.
    pub bytes: Vec<u8>,
    /// The sealed file.
    pub sealed: Vec<u8>,
}

impl World {
    /// Takes these sealed files in turn, instead of sealing anew: sealing draws on randomness that no
    /// seed reaches, and test vectors must stay as they are.
    pub fn use_recorded_seals(&mut self, files: impl IntoIterator<Item = Vec<u8>>) {
        self.recorded.extend(files);
    }

    /// Composes a letter and appends its envelope.
    pub fn send(&mut self, from: &TestInstitution, to: &TestInstitution) -> TestLetter {
        let letter = self.compose(from, to, |_| {});
        self.append(&letter.envelope);
        letter
    }

    /// Composes a letter whose envelope is not in the log yet. `change` may alter the lines that are
    /// in the header; content and body are filled in afterwards.
    pub fn compose(
        &mut self,
        from: &TestInstitution,
        to: &TestInstitution,
        change: impl FnOnce(&mut Envelope),
    ) -> TestLetter {
        let letter_key = self.random.bytes();
        let author = v1::Author {
            case_id: String::new(),
            kind: v1::LetterKind::Sheet.into(),
            body_type: "application/json".into(),
            body: br#"{"form":"mhlw-admission-info-r6","values":{},"version":1}"#.to_vec().into(),
            attachments: Vec::new(),
            worker: Some(self.show(&from.worker)),
            letter_key: letter_key.to_vec().into(),
            ..v1::Author::default()
        };
        let mut lines = self.empty_envelope(from, to);
        change(&mut lines);
        let author = author.encode_to_vec();
        let header = envelope_header(&self.origin, &lines);
        let author_note = self.author_note(&from.worker, header, &author).bytes();
        let salt = self.random.bytes();
        let maker = v1::Maker {
            salt: salt.to_vec().into(),
            checkpoint: self.checkpoint().note_bytes().to_vec().into(),
            clear_number: self.chain.next_number() - 1,
            clear_head: self.chain.head().0.to_vec().into(),
            previous_id: String::new(),
            previous_envelope: Vec::new().into(),
        };
        let (author, author_note) = (author.into(), author_note.into());
        let letter = v1::Letter { author, author_note, maker: Some(maker) }.encode_to_vec();
        let sealed = self.seal_letter(&letter, from, to);
        lines.content = content_commitment(&salt, &letter);
        lines.body = reference(&sealed);
        let envelope = self.by_terminal(from, &lines);
        TestLetter { envelope, lines, letter, letter_key, sealed }
    }

    /// The exchange's word that the recipient's terminal fetched the body.
    #[must_use]
    pub fn fetched(&self, letter: &TestLetter, by: &TestInstitution) -> Statement {
        let (from, id, envelope) = letter.named();
        self.unsigned(&Fetched { from, id, envelope, by: by.id, terminal: by.terminal.id })
    }

    /// The recipient's word that a person opened the letter.
    #[must_use]
    pub fn opened(&self, letter: &TestLetter, by: &TestInstitution) -> Statement {
        let (from, id, envelope) = letter.named();
        let content = letter.lines.content;
        self.by_terminal(by, &Opened { from, id, envelope, content, by: by.id })
    }

    /// The recipient's answer, with a detail where a person gives it.
    pub fn answer(
        &mut self,
        letter: &TestLetter,
        by: &TestInstitution,
        answer: Answer,
        comment: &str,
    ) -> TestAnswer {
        let (from, id, envelope) = letter.named();
        let mut lines = Disposition {
            from,
            id,
            envelope,
            content: letter.lines.content,
            by: by.id,
            answer,
            answered: self.now,
            previous: self.last_answer(letter),
            detail: None,
        };
        let header = disposition_header(&self.origin, &lines);
        let detail = (answer != Answer::Unreadable)
            .then(|| self.detail(&by.worker, header, comment, &letter.letter_key));
        lines.detail = detail.as_ref().map(TestDetail::reference);
        TestAnswer { statement: self.by_terminal(by, &lines), detail }
    }

    /// Digest of the newest disposition of a letter in the log.
    fn last_answer(&self, letter: &TestLetter) -> Option<crate::hash::Hash> {
        let (from, id, _) = letter.named();
        self.entries.iter().rev().find_map(|entry| {
            let statement = Statement::parse(&entry.record).ok()?;
            match &statement.body {
                crate::statement::AnyBody::Disposition(d) if (d.from, d.id) == (from, id) => {
                    Some(statement.digest())
                }
                _ => None,
            }
        })
    }

    /// The sender takes the letter back.
    pub fn recall(
        &mut self,
        letter: &TestLetter,
        by: &TestInstitution,
        comment: &str,
    ) -> TestAnswer {
        let (from, id, envelope) = letter.named();
        let mut lines = Recall { from, id, envelope, recalled: self.now, detail: None };
        let header = recall_header(&self.origin, &lines);
        let detail = self.detail(&by.worker, header, comment, &letter.letter_key);
        lines.detail = Some(detail.reference());
        TestAnswer { statement: self.by_terminal(by, &lines), detail: Some(detail) }
    }

    /// A detail by a worker, under a header.
    pub fn detail(
        &mut self,
        worker: &TestWorker,
        header: Hash,
        comment: &str,
        letter_key: &[u8; 32],
    ) -> TestDetail {
        let (shown, comment) = (Some(self.show(worker)), comment.into());
        let author = v1::DetailAuthor { worker: shown, comment, off_system: None };
        let author = author.encode_to_vec();
        let author_note = self.author_note(worker, header, &author).bytes();
        let (author, author_note) = (author.into(), author_note.into());
        let bytes = v1::Detail { author, author_note }.encode_to_vec();
        let salt: [u8; 32] = self.random.bytes();
        let plain = [&salt[..], &bytes].concat();
        let sealed = self.record_seal(|| seal_with_key(letter_key, &plain));
        TestDetail { salt, bytes, sealed }
    }

    /// The file of evidence about a letter: every leaf of the log that belongs, and these details.
    ///
    /// # Errors
    /// What the verifier has against it.
    pub fn evidence(
        &self,
        letter: &TestLetter,
        answers: &[&TestAnswer],
    ) -> Result<Vec<u8>, EvidenceRefused> {
        self.evidence_builder(letter, answers).build()
    }

    /// Sends a letter, and makes its evidence.
    ///
    /// # Errors
    /// What the verifier has against it.
    pub fn send_evidence(
        &mut self,
        from: &TestInstitution,
        to: &TestInstitution,
    ) -> Result<Vec<u8>, EvidenceRefused> {
        let letter = self.send(from, to);
        self.evidence(&letter, &[])
    }

    /// The evidence about a letter, before the builder has verified it.
    #[must_use]
    pub fn evidence_builder(
        &self,
        letter: &TestLetter,
        answers: &[&TestAnswer],
    ) -> EvidenceBuilder {
        let (from, id, _) = letter.named();
        let mut builder = EvidenceBuilder::new(self.directory(), &self.checkpoint(), from, id);
        builder.letter(letter.letter.clone());
        for answer in answers {
            if let Some(detail) = &answer.detail {
                let index = self.index_of(&answer.statement);
                builder.detail(index, detail.salt, detail.bytes.clone());
            }
        }
        let workers = builder.workers();
        self.add_leaves(&mut builder, false, |statement| {
            workers.contains(&statement.digest()) || is_about(&statement.body, from, id)
        });
        let needed = builder.needed(self.directory());
        self.add_leaves(&mut builder, true, |statement| needed.contains(&statement.body));
        builder
    }

    /// A worker as letters show one; without receipt, if the worker is not in the log.
    #[must_use]
    pub fn show(&self, worker: &TestWorker) -> v1::ShownWorker {
        let receipt = self.find(&worker.statement).map(|index| self.receipt(index));
        v1::ShownWorker {
            statement: worker.statement.bytes().into(),
            receipt: receipt.map(|receipt| v1::Receipt { record: Vec::new().into(), ..receipt }),
            card: worker.card.clone().into(),
            card_salt: worker.card_salt.to_vec().into(),
        }
    }

    fn add_leaves(
        &self,
        builder: &mut EvidenceBuilder,
        clear: bool,
        wanted: impl Fn(&Statement) -> bool,
    ) {
        for (index, entry) in (0..).zip(&self.entries) {
            let statement = Statement::parse(&entry.record).expect("the log holds statements");
            if statement.body.is_clear() == clear && wanted(&statement) {
                let added = builder.leaf(&self.verified(index), &self.proof(index));
                added.expect("the log's own proofs lead to its checkpoint");
            }
        }
    }

    fn empty_envelope(&mut self, from: &TestInstitution, to: &TestInstitution) -> Envelope {
        Envelope {
            id: Id::for_message(self.now, &self.random.bytes()),
            from: from.id,
            to: Destination { institution: to.id, unit: Unit::main() },
            content: sha256(&[]),
            body: BytesRef { digest: sha256(&[]), length: 0 },
            attachments: Vec::new(),
            urgency: Urgency::Normal,
            ack_by: None,
            replaces: None,
            key_sets: KeySets { sender: from.key_set_digest, recipient: to.key_set_digest },
            composed: self.now,
        }
    }

    fn author_note(&self, worker: &TestWorker, header: Hash, author: &[u8]) -> Statement {
        self.signed(&Author { header, author: author_digest(author) }, &[&worker.key])
    }

    fn seal_letter(
        &mut self,
        letter: &[u8],
        from: &TestInstitution,
        to: &TestInstitution,
    ) -> Vec<u8> {
        let mut recipients = vec![from.identity().to_recipient()];
        if from.id != to.id {
            recipients.push(to.identity().to_recipient());
        }
        let plain = pack(letter).expect("a test's letter is short");
        self.record_seal(|| seal_to(&recipients, &plain))
    }

    fn record_seal<E: std::fmt::Debug>(
        &mut self,
        seal: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Vec<u8> {
        let recorded = self.recorded.pop_front();
        let file = recorded.unwrap_or_else(|| seal().expect("test keys can be sealed to"));
        self.sealed.push(file.clone());
        file
    }
}

impl TestLetter {
    /// What later statements name it by: sender, id, digest of the envelope.
    #[must_use]
    pub fn named(&self) -> (Id, Id, Hash) {
        (self.lines.from, self.lines.id, self.envelope.digest())
    }
}

impl TestDetail {
    /// What the statement says of it.
    #[must_use]
    pub fn reference(&self) -> DetailRef {
        let commitment = detail_commitment(&self.salt, &self.bytes);
        DetailRef { commitment, sealed: reference(&self.sealed) }
    }
}

fn reference(bytes: &[u8]) -> BytesRef {
    BytesRef { digest: sha256(&[bytes]), length: bytes.len() as u64 }
}

/// Whether a record is about that message.
fn is_about(body: &AnyBody, from: Id, id: Id) -> bool {
    let about = match body {
        AnyBody::Envelope(lines) => (lines.from, lines.id),
        AnyBody::Fetched(lines) => (lines.from, lines.id),
        AnyBody::Undelivered(lines) => (lines.from, lines.id),
        AnyBody::Destroyed(lines) => (lines.from, lines.id),
        AnyBody::Opened(lines) => (lines.from, lines.id),
        AnyBody::Disposition(lines) => (lines.from, lines.id),
        AnyBody::Recall(lines) => (lines.from, lines.id),
        _ => return false,
    };
    about == (from, id)
}
