//! What the worker writes and signs: made once, kept through every sealing.

use prost::Message;
use tsumugu_proto::v1;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::letter::{author_digest, envelope_header};
use tsumugu_trust::statement::{
    Author, BytesRef, Destination, Envelope, KeySets, Malformed, Urgency, sign,
};
use tsumugu_trust::value::{Id, Origin, Time};
use zeroize::Zeroizing;

use super::steps::MAX_SHARED_STEPS;
use super::{About, FORM_TYPE, Randomness, Signer, random_32};

/// The lines of an envelope that sealing anew does not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The message (UUIDv7), made before the first attempt.
    pub id: Id,
    /// The sender.
    pub from: Id,
    /// The recipient.
    pub to: Destination,
    /// The sealed attachments.
    pub attachments: Vec<BytesRef>,
    /// How soon it wants to be read.
    pub urgency: Urgency,
    /// The sender asks for an answer by then (回答期限).
    pub ack_by: Option<Time>,
    /// The message that it corrects.
    pub replaces: Option<Id>,
    /// When it was composed, by this terminal's clock.
    pub composed: Time,
}

impl Header {
    /// The envelope of this header around a sealed body.
    #[must_use]
    pub fn envelope(&self, content: Hash, body: BytesRef, key_sets: KeySets) -> Envelope {
        Envelope {
            id: self.id,
            from: self.from,
            to: self.to.clone(),
            content,
            body,
            attachments: self.attachments.clone(),
            urgency: self.urgency,
            ack_by: self.ack_by,
            replaces: self.replaces,
            key_sets,
            composed: self.composed,
        }
    }

    /// What the author note signs of it (`docs/FORMATS.md`, section 4.2). No line that sealing adds
    /// enters, so these may be empty here.
    #[must_use]
    pub fn digest(&self, origin: &Origin) -> Hash {
        let none = Hash([0; 32]);
        let body = BytesRef { digest: none, length: 0 };
        let key_sets = KeySets { sender: none, recipient: none };
        envelope_header(origin, &self.envelope(none, body, key_sets))
    }
}

/// What a letter says.
#[derive(Clone)]
pub struct Content {
    /// Sheet, notice, or a record of the office.
    pub kind: v1::LetterKind,
    /// The case it belongs to.
    pub case_id: Option<Id>,
    /// The message that it answers or passes on.
    pub about: Option<About>,
    /// The letter that it passes on.
    pub passed_on: Option<v1::PassedOn>,
    /// What the readers learn of the attachments, in the header's order.
    pub attachments: Vec<v1::AttachmentSecret>,
    /// A filled form's canonical JSON ([`FORM_TYPE`]), or bytes of `OfficeRecord`.
    pub body: Zeroizing<Vec<u8>>,
}

/// A letter with its worker's signature, ready to be sealed as often as needed.
#[derive(Clone)]
pub struct ComposedLetter {
    header: Header,
    author: Zeroizing<Vec<u8>>,
    note: Vec<u8>,
}

impl ComposedLetter {
    /// One that [`compose`] made and the outbox kept.
    #[must_use]
    pub fn kept(header: Header, author: Zeroizing<Vec<u8>>, note: Vec<u8>) -> Self {
        Self { header, author, note }
    }

    /// The lines that stay.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Bytes of `Author`, as signed.
    #[must_use]
    pub fn author(&self) -> &[u8] {
        &self.author
    }

    /// The author note.
    #[must_use]
    pub fn note(&self) -> &[u8] {
        &self.note
    }
}

/// Writes a letter and has its worker sign it.
///
/// # Errors
/// [`Malformed`]: the lines do not make a statement.
pub fn compose(
    origin: &Origin,
    header: Header,
    content: &Content,
    signer: Signer<'_>,
    rng: &mut (impl Randomness + ?Sized),
) -> Result<ComposedLetter, Malformed> {
    compose_with_steps(origin, header, content, &[], signer, rng)
}

/// As [`compose`], and tells what the sender recorded of the steps of the case; of more than
/// [`MAX_SHARED_STEPS`] the first ones.
///
/// # Errors
/// As [`compose`].
pub fn compose_with_steps(
    origin: &Origin,
    header: Header,
    content: &Content,
    steps: &[v1::SharedStep],
    signer: Signer<'_>,
    rng: &mut (impl Randomness + ?Sized),
) -> Result<ComposedLetter, Malformed> {
    let author = v1::Author {
        case_id: content.case_id.map(|id| id.to_string()).unwrap_or_default(),
        kind: content.kind.into(),
        body_type: body_type(content.kind).to_owned(),
        body: content.body.to_vec().into(),
        attachments: content.attachments.clone(),
        worker: Some(signer.shown.clone()),
        letter_key: random_32(rng).to_vec().into(),
        steps: steps.iter().take(MAX_SHARED_STEPS).cloned().collect(),
        about: content.about.map(About::to_proto),
        passed_on: content.passed_on.clone(),
    };
    let author = Zeroizing::new(author.encode_to_vec());
    let lines = Author { header: header.digest(origin), author: author_digest(&author) };
    let note = sign(origin, &lines, &[signer.key])?.bytes();
    Ok(ComposedLetter { header, author, note })
}

/// The media type of a letter's body.
fn body_type(kind: v1::LetterKind) -> &'static str {
    match kind {
        v1::LetterKind::OfficeRecord => crate::office::BODY_TYPE,
        v1::LetterKind::Statistic => crate::statistic::BODY_TYPE,
        _ => FORM_TYPE,
    }
}
