//! An institution of the load: its keys, and what it does with letters.

use std::sync::Arc;

use rand::rngs::OsRng;
use tsumugu_client::letters::{
    ComposedLetter, Content, Header, Incoming, Reply, SealedLetter, Sealing, Signer, answer,
    compose, open, seal,
};
use tsumugu_client::rpc::Rpc;
use tsumugu_durable::clock::Clock;
use tsumugu_proto::v1;
use tsumugu_proto::v1::fetch_response::Part;
use tsumugu_trust::checkpoint::{CheckpointMemory, VerifiedCheckpoint};
use tsumugu_trust::directory::check_envelope;
use tsumugu_trust::leaf::Leaf;
use tsumugu_trust::merkle::verify_consistency;
use tsumugu_trust::note::{SigningKey, VerifyingKey};
use tsumugu_trust::receipt::{self, VerifiedReceipt, hashes};
use tsumugu_trust::seal::SealingIdentity;
use tsumugu_trust::statement::{
    Answer, AnyBody, BytesRef, Destination, Envelope, Statement, Urgency,
};
use tsumugu_trust::value::{Id, Origin, Time, Unit};

use super::Outcome;
use super::town::{Chain, sync, with_directory};

/// An admitted institution with one terminal and one worker.
pub(super) struct Office {
    pub(super) institution: Id,
    pub(super) origin: Origin,
    pub(super) log_key: VerifyingKey,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) chain: Chain,
    pub(super) terminal: SigningKey,
    pub(super) worker: SigningKey,
    pub(super) shown: v1::ShownWorker,
    pub(super) sealing: SealingIdentity,
    pub(super) rpc: Rpc,
    /// Of this office alone, as each has a program of its own.
    pub(super) memory: CheckpointMemory,
}

/// A letter that arrived: its envelope was checked at its place in the log.
pub(super) struct Arrived {
    pub(super) statement: Statement,
    pub(super) lines: Envelope,
    pub(super) receipt: VerifiedReceipt,
}

/// What a letter holds.
pub(super) struct Enclosed {
    pub(super) body: Vec<u8>,
    /// The sealed files, and what the reader learns of them.
    pub(super) attachments: Vec<(BytesRef, v1::AttachmentSecret)>,
}

impl Office {
    /// This office's time.
    pub(super) fn now(&self) -> Time {
        Time(self.clock.now_ms())
    }

    /// Writes, signs and seals a letter, as `tsumugu send` does.
    pub(super) fn letter(
        &self,
        to: Id,
        enclosed: Enclosed,
        known: &VerifiedCheckpoint,
    ) -> Outcome<SealedLetter> {
        let now = self.now();
        let (sealed, secrets) = enclosed.attachments.into_iter().unzip();
        let header = Header {
            id: Id::for_message(now, &random()),
            from: self.institution,
            to: Destination { institution: to, unit: Unit::main() },
            attachments: sealed,
            urgency: Urgency::Normal,
            ack_by: None,
            replaces: None,
            composed: now,
        };
        let content = Content {
            kind: v1::LetterKind::Sheet,
            about: None,
            passed_on: None,
            case_id: None,
            attachments: secrets,
            body: enclosed.body.into(),
        };
        let composed = compose(&self.origin, header, &content, self.signer(), &mut OsRng)?;
        self.seal(&composed, known)
    }

    pub(super) fn seal(
        &self,
        composed: &ComposedLetter,
        known: &VerifiedCheckpoint,
    ) -> Outcome<SealedLetter> {
        with_directory(&self.chain, |directory| {
            let last = directory.last().ok_or("an empty directory")?;
            let clear_head = directory.head_at(last.clear).ok_or("a directory without an end")?;
            let with = Sealing {
                directory,
                terminal: &self.terminal,
                checkpoint: known.note_bytes(),
                clear_number: last.clear,
                clear_head,
                previous: None,
            };
            Ok(seal(composed, with, &mut OsRng)?)
        })
    }

    /// Hands a letter over and verifies its receipt: from here on "sent" may be shown.
    pub(super) async fn send(&self, letter: SealedLetter) -> Outcome<VerifiedReceipt> {
        let envelope = letter.envelope.bytes();
        let outgoing =
            v1::OutgoingLetter { envelope: envelope.clone().into(), body: letter.body.into() };
        let answer = self.rpc.send(v1::SendRequest { letters: vec![outgoing] }).await?;
        self.verify(answer.receipts.first(), Some(&envelope)).await
    }

    /// Checks an envelope that the mailbox brings.
    pub(super) async fn arrived(&self, event: &v1::MailboxEvent) -> Outcome<Option<Arrived>> {
        let receipt = self.verify(event.receipt.as_ref(), None).await?;
        let statement = Statement::parse(&receipt.record)?;
        let lines = match &statement.body {
            AnyBody::Envelope(lines) if lines.from != self.institution => lines.clone(),
            _ => return Ok(None),
        };
        Ok(Some(Arrived { statement, lines, receipt }))
    }

    /// Fetches a letter, verifies that the exchange logged it, opens it, and acknowledges it under the
    /// worker's name.
    pub(super) async fn acknowledge(&self, arrived: &Arrived) -> Outcome<usize> {
        let Arrived { statement, lines, receipt } = arrived;
        let body = self.fetch(lines).await?;
        let (letter_key, length) = with_directory(&self.chain, |directory| {
            let envelope = check_envelope(directory, receipt.at, statement)?;
            let incoming = Incoming { envelope: &envelope, at: receipt.at };
            let letter = open(directory, incoming, &body, &[&self.sealing])?;
            Outcome::Ok((*letter.letter_key(), letter.body().len()))
        })?;
        let reply = Reply {
            envelope: lines,
            digest: statement.digest(),
            answer: Answer::Acknowledged,
            answered: self.now(),
            previous: None,
            comment: "",
        };
        let (signer, terminal) = (self.signer(), &self.terminal);
        let said = answer(&self.origin, reply, &letter_key, signer, terminal, &mut OsRng)?;
        let bytes = said.statement.bytes();
        let request =
            v1::DisposeRequest { statement: bytes.clone().into(), detail: said.sealed.into() };
        let answer = self.rpc.dispose(request).await?;
        self.verify(answer.receipt.as_ref(), Some(&bytes)).await?;
        Ok(length)
    }

    async fn fetch(&self, lines: &Envelope) -> Outcome<Vec<u8>> {
        let request = v1::FetchRequest { from: lines.from.to_string(), id: lines.id.to_string() };
        let mut pieces = self.rpc.fetch(request).await?;
        let (mut body, mut logged) = (Vec::new(), false);
        while let Some(piece) = pieces.next().await? {
            match piece.part.ok_or("an empty piece")? {
                Part::Receipt(receipt) => {
                    self.verify(Some(&receipt), None).await?;
                    logged = true;
                }
                Part::Chunk(chunk) => body.extend_from_slice(&chunk),
            }
        }
        if logged { Ok(body) } else { Err("a body without its receipt".into()) }
    }

    /// Verifies a receipt: checkpoint, inclusion, and that it stands in our clear chain.
    async fn verify(
        &self,
        receipt: Option<&v1::Receipt>,
        known: Option<&[u8]>,
    ) -> Outcome<VerifiedReceipt> {
        let receipt = receipt.ok_or("no receipt")?;
        let keys = std::slice::from_ref(&self.log_key);
        let verified =
            receipt::verify_remembering(receipt, known, &self.origin, keys, &self.memory)?;
        if let Leaf::Private(leaf) = &verified.leaf {
            let holds = || with_directory(&self.chain, |directory| directory.holds(leaf));
            if holds().is_none() {
                sync(&self.rpc, &self.chain).await?;
            }
            if holds() != Some(true) {
                return Err("the record stands in another clear chain".into());
            }
        }
        Ok(verified)
    }

    /// The newest checkpoint, proved to continue `earlier`.
    pub(super) async fn follow(
        &self,
        earlier: Option<&VerifiedCheckpoint>,
    ) -> Outcome<VerifiedCheckpoint> {
        let known = earlier.map_or_else(Vec::new, |earlier| earlier.note_bytes().to_vec());
        let request = v1::GetCheckpointRequest { known_checkpoint: known.into() };
        let answer = self.rpc.get_checkpoint(request).await?;
        let keys = std::slice::from_ref(&self.log_key);
        let newest = VerifiedCheckpoint::verify(&answer.checkpoint, self.origin.as_str(), keys)?;
        if let Some(old) = earlier {
            let proof = hashes(&answer.consistency_proof).ok_or("a malformed proof")?;
            let (roots, sizes) = ((old.root(), newest.root()), (old.size(), newest.size()));
            verify_consistency(sizes.0, &roots.0, sizes.1, &roots.1, &proof)?;
        }
        Ok(newest)
    }

    pub(super) fn signer(&self) -> Signer<'_> {
        Signer { key: &self.worker, shown: &self.shown }
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::RngCore::fill_bytes(&mut OsRng, &mut bytes);
    bytes
}
