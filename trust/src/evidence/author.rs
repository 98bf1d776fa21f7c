//! Who wrote a letter or detail: the part that the log only commits to.

use prost::Message;
use tsumugu_proto::v1;

use super::places::Places;
use super::{AttachmentReport, ContentFault, LetterReport, ReportedWorker};
use crate::directory::{Directory, Refusal, check_author_note, check_worker};
use crate::hash::Hash;
use crate::leaf::{Leaf, LogPosition};
use crate::letter::{
    MAX_DETAIL, MAX_LETTER, author_digest, card_commitment, content_commitment, detail_commitment,
};
use crate::note::VerifyingKey;
use crate::receipt;
use crate::statement::{BytesRef, MAX_ATTACHMENTS, Statement};
use crate::value::{Id, Text, Value};

/// Longest form id that is reported.
const MAX_FORM: usize = 64;

/// A letter, decoded. Nothing is checked.
pub(super) struct OpenLetter {
    author: v1::Author,
    salt: [u8; 32],
    pub(super) signed: Signed,
}

/// A detail, decoded. Nothing is checked.
pub(super) struct OpenDetail {
    comment: String,
    pub(super) signed: Signed,
}

/// What a worker signed, and the worker who is shown for it.
pub(super) struct Signed {
    author: Hash,
    note: Statement,
    /// The worker's admission.
    pub(super) admission: Statement,
    shown: v1::ShownWorker,
}

/// Where the signature must count, and for what.
pub(super) struct Place {
    /// The leaf of envelope, disposition or recall.
    pub(super) at: LogPosition,
    /// The institution that the worker must be of.
    pub(super) institution: Id,
    /// Digest of the clear header.
    pub(super) header: Hash,
}

/// What a worker is checked with.
pub(super) struct Witnesses<'a> {
    /// Admissions, removals, keys.
    pub(super) directory: &'a Directory,
    /// What the leaves that are shown say of the clear chain.
    pub(super) places: &'a Places,
    /// Keys that receipts inside letters may lead to.
    pub(super) log_keys: &'a [VerifyingKey],
    /// Worker statements that are shown as leaves.
    pub(super) workers: &'a [(LogPosition, Statement)],
}

impl OpenLetter {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ContentFault> {
        if bytes.len() > MAX_LETTER {
            return Err(ContentFault::Malformed("the letter"));
        }
        let letter =
            v1::Letter::decode(bytes).map_err(|_| ContentFault::Malformed("the letter"))?;
        let author = v1::Author::decode(letter.author.as_ref());
        let mut author = author.map_err(|_| ContentFault::Malformed("the author part"))?;
        if author.attachments.len() > MAX_ATTACHMENTS {
            return Err(ContentFault::Malformed("the author part"));
        }
        let maker = letter.maker.ok_or(ContentFault::Malformed("the maker part"))?;
        let salt = maker
            .salt
            .as_ref()
            .try_into()
            .map_err(|_| ContentFault::Malformed("the maker part"))?;
        let signed = Signed::decode(&letter.author, &letter.author_note, author.worker.take())?;
        Ok(Self { author, salt, signed })
    }

    /// The letter against the commitment in its envelope, and its author.
    pub(super) fn check(
        &self,
        bytes: &[u8],
        content: Hash,
        attachments: &[BytesRef],
        place: &Place,
        witnesses: &Witnesses<'_>,
    ) -> Result<LetterReport, ContentFault> {
        if content_commitment(&self.salt, bytes) != content {
            return Err(ContentFault::Commitment);
        }
        if self.author.attachments.len() != attachments.len() {
            return Err(ContentFault::Malformed("the list of attachments"));
        }
        let author = self.signed.check(place, witnesses)?;
        Ok(LetterReport {
            kind: self.author.kind(),
            form: form_id(&self.author),
            attachments: self.author.attachments.iter().zip(attachments).map(attachment).collect(),
            author,
        })
    }
}

impl OpenDetail {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ContentFault> {
        // The salt counts towards the limit.
        if bytes.len() + 32 > MAX_DETAIL {
            return Err(ContentFault::Malformed("the detail"));
        }
        let detail =
            v1::Detail::decode(bytes).map_err(|_| ContentFault::Malformed("the detail"))?;
        let author = v1::DetailAuthor::decode(detail.author.as_ref());
        let author = author.map_err(|_| ContentFault::Malformed("the author part"))?;
        let signed = Signed::decode(&detail.author, &detail.author_note, author.worker)?;
        Ok(Self { comment: author.comment, signed })
    }

    /// The detail against the commitment in its statement, and its author.
    pub(super) fn check(
        self,
        salt: &[u8; 32],
        bytes: &[u8],
        commitment: Hash,
        place: &Place,
        witnesses: &Witnesses<'_>,
    ) -> Result<(ReportedWorker, String), ContentFault> {
        if detail_commitment(salt, bytes) != commitment {
            return Err(ContentFault::Commitment);
        }
        Ok((self.signed.check(place, witnesses)?, self.comment))
    }
}

impl Signed {
    fn decode(
        author: &[u8],
        note: &[u8],
        shown: Option<v1::ShownWorker>,
    ) -> Result<Self, ContentFault> {
        let shown = shown.ok_or(ContentFault::Malformed("the worker"))?;
        Ok(Self {
            author: author_digest(author),
            note: Statement::parse(note)?,
            admission: Statement::parse(&shown.statement)?,
            shown,
        })
    }

    /// Admission, institution, card, signature.
    fn check(
        &self,
        place: &Place,
        witnesses: &Witnesses<'_>,
    ) -> Result<ReportedWorker, ContentFault> {
        let directory = witnesses.directory;
        let worker = check_worker(directory, self.admitted_at(witnesses)?, &self.admission)?;
        let lines = worker.worker();
        if lines.institution != place.institution {
            return Err(Refusal::Mismatch.into());
        }
        let salt = self.shown.card_salt.as_ref().try_into().map_err(|_| ContentFault::Card)?;
        if card_commitment(salt, &self.shown.card) != lines.card {
            return Err(ContentFault::Card);
        }
        check_author_note(directory, place.at, &self.note, &worker, place.header, self.author)?;
        read_card(lines.worker, &self.shown.card).ok_or(ContentFault::Card)
    }

    /// Where the admission stands: by a leaf that is shown, or else by the receipt in the letter.
    fn admitted_at(&self, witnesses: &Witnesses<'_>) -> Result<LogPosition, ContentFault> {
        if let Some((at, _)) = witnesses.workers.iter().find(|(_, s)| *s == self.admission) {
            return Ok(*at);
        }
        let receipt = self.shown.receipt.as_ref().ok_or(ContentFault::Malformed("the receipt"))?;
        let origin = witnesses.directory.origin();
        let known = Some(self.shown.statement.as_ref());
        let verified = receipt::verify(receipt, known, origin, witnesses.log_keys)?;
        match &verified.leaf {
            Leaf::Private(leaf)
                if witnesses.places.fits(verified.at.index, leaf)
                    && witnesses.directory.holds(leaf) != Some(false) =>
            {
                Ok(verified.at)
            }
            _ => Err(ContentFault::Malformed("the receipt")),
        }
    }
}

/// What the letter says of an attachment, beside what the envelope says.
fn attachment((secret, sealed): (&v1::AttachmentSecret, &BytesRef)) -> AttachmentReport {
    let digest = secret.digest[..].try_into().ok().map(Hash);
    let plain = digest.map(|digest| BytesRef { digest, length: secret.length });
    AttachmentReport { name: Text::decode(&secret.name), plain, sealed: *sealed }
}

/// A card whose words can be shown. The role may be empty.
fn read_card(id: Id, card: &[u8]) -> Option<ReportedWorker> {
    let card = v1::WorkerCard::decode(card).ok()?;
    let role = if card.role.is_empty() { None } else { Some(Text::decode(&card.role)?) };
    Some(ReportedWorker { id, name: Text::decode(&card.name)?, role })
}

/// The id of the form that a body fills; nothing where it is no form or names it strangely.
fn form_id(author: &v1::Author) -> Option<String> {
    if author.body_type != "application/json" {
        return None;
    }
    let body: serde_json::Value = serde_json::from_slice(&author.body).ok()?;
    let form = body.get("form")?.as_str()?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    let fits = (1..=MAX_FORM).contains(&form.len()) && form.bytes().all(plain);
    fits.then(|| form.to_owned())
}
