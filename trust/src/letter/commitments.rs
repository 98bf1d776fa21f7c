//! What the log fixes of a letter without showing it.

use crate::hash::{Hash, sha256};
use crate::statement::{Disposition, Envelope, OffSystem, Recall};
use crate::value::{Origin, Value};

/// `content` of an envelope: commits to the letter's bytes.
#[must_use]
pub fn content_commitment(salt: &[u8; 32], letter: &[u8]) -> Hash {
    sha256(&[b"tsumugu/v1/content\0", salt, letter])
}

/// `card` of a worker statement: commits to the bytes of `WorkerCard`.
#[must_use]
pub fn card_commitment(salt: &[u8; 32], card: &[u8]) -> Hash {
    sha256(&[b"tsumugu/v1/card\0", salt, card])
}

/// Commits to the bytes of `Detail`.
#[must_use]
pub fn detail_commitment(salt: &[u8; 32], detail: &[u8]) -> Hash {
    sha256(&[b"tsumugu/v1/detail\0", salt, detail])
}

/// `author` of an author note: the bytes of `Author` or `DetailAuthor`. They hold a random key or
/// travel under a blinded commitment, so the digest needs no salt of its own.
#[must_use]
pub fn author_digest(author: &[u8]) -> Hash {
    sha256(&[b"tsumugu/v1/author\0", author])
}

/// `header` of a letter's author note: what a re-seal does not change.
#[must_use]
pub fn envelope_header(origin: &Origin, envelope: &Envelope) -> Hash {
    let mut header = Header::new(origin);
    header.line("id", &envelope.id);
    header.line("from", &envelope.from);
    header.line("to", &envelope.to);
    for attachment in &envelope.attachments {
        header.line("attachment", attachment);
    }
    header.line("urgency", &envelope.urgency);
    header.maybe("ack-by", envelope.ack_by.as_ref());
    header.maybe("replaces", envelope.replaces.as_ref());
    header.line("composed", &envelope.composed);
    header.digest()
}

/// `header` of a disposition's author note.
#[must_use]
pub fn disposition_header(origin: &Origin, disposition: &Disposition) -> Hash {
    let mut header = Header::new(origin);
    header.line("from", &disposition.from);
    header.line("id", &disposition.id);
    header.line("envelope", &disposition.envelope);
    header.line("content", &disposition.content);
    header.line("by", &disposition.by);
    header.line("answer", &disposition.answer);
    header.line("answered", &disposition.answered);
    header.maybe("previous", disposition.previous.as_ref());
    header.digest()
}

/// `header` of a recall's author note.
#[must_use]
pub fn recall_header(origin: &Origin, recall: &Recall) -> Hash {
    let mut header = Header::new(origin);
    header.line("from", &recall.from);
    header.line("id", &recall.id);
    header.line("envelope", &recall.envelope);
    header.line("recalled", &recall.recalled);
    header.digest()
}

/// `header` of an off-system record's author note.
#[must_use]
pub fn off_system_header(origin: &Origin, record: &OffSystem) -> Hash {
    let mut header = Header::new(origin);
    header.line("from", &record.from);
    header.line("id", &record.id);
    header.maybe("about", record.about.as_ref());
    header.line("recorded", &record.recorded);
    header.digest()
}

struct Header(String);

impl Header {
    fn new(origin: &Origin) -> Self {
        Self(format!("tsumugu/v1/header\n{origin}\n"))
    }

    fn line(&mut self, name: &str, value: &impl Value) {
        self.0.push_str(&format!("{name} {}\n", value.encode()));
    }

    fn maybe(&mut self, name: &str, value: Option<&impl Value>) {
        if let Some(value) = value {
            self.line(name, value);
        }
    }

    fn digest(self) -> Hash {
        sha256(&[self.0.as_bytes()])
    }
}
