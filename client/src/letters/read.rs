//! Opening a letter: nothing of it is shown before every check has passed.

use prost::Message;
use tsumugu_proto::v1;
use tsumugu_trust::directory::{CheckedEnvelope, Directory};
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::letter::{
    MAX_SEALED_BODY, author_digest, content_commitment, envelope_header, unpack,
};
use tsumugu_trust::seal::{OpenError, SealingIdentity, open_with};
use tsumugu_trust::statement::BytesRef;
use tsumugu_trust::value::Id;
use zeroize::Zeroizing;

use super::worker::{Signed, check_signer};
use super::{About, NamedWorker, Unreadable};

/// A message as it comes: the envelope was checked at its place in the log before.
#[derive(Clone, Copy)]
pub struct Incoming<'a> {
    /// The envelope.
    pub envelope: &'a CheckedEnvelope,
    /// Where it stands in the log.
    pub at: LogPosition,
}

/// A letter that passed every check. Only [`open`] and [`check_letter`] make it.
pub struct OpenedLetter {
    bytes: Zeroizing<Vec<u8>>,
    author: v1::Author,
    maker: v1::Maker,
    worker: NamedWorker,
    letter_key: Zeroizing<[u8; 32]>,
    case_id: Option<Id>,
    about: Option<About>,
}

impl OpenedLetter {
    /// The letter's bytes, which the log fixes.
    #[must_use]
    pub fn bytes(&self) -> &Zeroizing<Vec<u8>> {
        &self.bytes
    }

    /// What kind of letter it is.
    #[must_use]
    pub fn kind(&self) -> v1::LetterKind {
        self.author.kind()
    }

    /// What the worker wrote.
    #[must_use]
    pub(crate) fn author(&self) -> &v1::Author {
        &self.author
    }

    /// Media type of the body.
    #[must_use]
    pub fn body_type(&self) -> &str {
        &self.author.body_type
    }

    /// The body; for forms the canonical JSON.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.author.body
    }

    /// What it says of its attachments, as many as the envelope names; each is still to be checked.
    #[must_use]
    pub fn attachments(&self) -> &[v1::AttachmentSecret] {
        &self.author.attachments
    }

    /// The case it belongs to.
    #[must_use]
    pub fn case_id(&self) -> Option<Id> {
        self.case_id
    }

    /// What the sender recorded of the case's steps: its word.
    #[must_use]
    pub fn steps(&self) -> &[v1::SharedStep] {
        &self.author.steps
    }

    /// The message that it answers or passes on, by its author's word.
    #[must_use]
    pub fn about(&self) -> Option<About> {
        self.about
    }

    /// Who wrote it.
    #[must_use]
    pub fn worker(&self) -> &NamedWorker {
        &self.worker
    }

    /// The worker as shown, with statement and receipt: evidence needs it.
    #[must_use]
    pub fn shown_worker(&self) -> Option<&v1::ShownWorker> {
        self.author.worker.as_ref()
    }

    /// What the sender's terminal knew when it sealed.
    #[must_use]
    pub fn maker(&self) -> &v1::Maker {
        &self.maker
    }

    /// The sender's message before this one to the same institution, as the sender's terminal says.
    ///
    /// When it is not in the mailbox, something was withheld.
    #[must_use]
    pub fn previous(&self) -> Option<(Id, Hash)> {
        let id = self.maker.previous_id.parse().ok()?;
        let digest = self.maker.previous_envelope[..].try_into().ok()?;
        Some((id, Hash(digest)))
    }

    /// The key of details that answer it.
    #[must_use]
    pub fn letter_key(&self) -> &[u8; 32] {
        &self.letter_key
    }
}

/// Shows nobody's data.
impl std::fmt::Debug for OpenedLetter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenedLetter").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// Opens a sealed body with this terminal's sealing keys, and checks the letter in it.
///
/// # Errors
/// [`Unreadable`]
pub fn open(
    directory: &Directory,
    incoming: Incoming<'_>,
    body: &[u8],
    identities: &[&SealingIdentity],
) -> Result<OpenedLetter, Unreadable> {
    let envelope = incoming.envelope.envelope();
    if !is_named(body, &envelope.body) {
        return Err(Unreadable::Body);
    }
    let packed = open_with(identities, body, MAX_SEALED_BODY).map_err(|error| match error {
        OpenError::NotForTheseKeys if !holds_named_key(directory, incoming, identities) => {
            Unreadable::KeyNotHere
        }
        error => Unreadable::Seal(error),
    })?;
    let letter = unpack(&packed).map_err(Unreadable::Packing)?;
    check_letter(directory, incoming, &letter)
}

/// Checks a letter that is open already: one's own copy, one kept in the vault, one in evidence.
///
/// # Errors
/// [`Unreadable`]
pub fn check_letter(
    directory: &Directory,
    incoming: Incoming<'_>,
    letter: &[u8],
) -> Result<OpenedLetter, Unreadable> {
    let envelope = incoming.envelope.envelope();
    let parts = v1::Letter::decode(letter).map_err(|_| Unreadable::Malformed("the letter"))?;
    let maker = parts.maker.ok_or(Unreadable::Malformed("the maker"))?;
    let salt = maker.salt[..].try_into().map_err(|_| Unreadable::Malformed("the salt"))?;
    if content_commitment(salt, letter) != envelope.content {
        return Err(Unreadable::Content);
    }
    let author = v1::Author::decode(&parts.author[..])
        .map_err(|_| Unreadable::Malformed("the author part"))?;
    let signed = Signed {
        institution: envelope.from,
        at: incoming.at,
        note: &parts.author_note,
        header: envelope_header(directory.origin(), envelope),
        author: author_digest(&parts.author),
    };
    let worker = check_signer(directory, author.worker.as_ref(), &signed)?;
    let letter_key = author.letter_key[..].try_into().map(Zeroizing::new);
    let letter_key = letter_key.map_err(|_| Unreadable::Malformed("the letter key"))?;
    let case_id = optional_id(&author.case_id).ok_or(Unreadable::Malformed("the case id"))?;
    let about = author.about.as_ref().map(About::of_proto);
    let about =
        about.map(|about| about.ok_or(Unreadable::Malformed("the message that it is about")));
    let about = about.transpose()?;
    if author.passed_on.is_some() && about.is_none() {
        return Err(Unreadable::Malformed("the letter that it passes on"));
    }
    optional_id(&maker.previous_id).ok_or(Unreadable::Malformed("the previous message"))?;
    if !super::steps::are_good(&author) {
        return Err(Unreadable::Malformed("the steps"));
    }
    if author.attachments.len() != envelope.attachments.len() {
        return Err(Unreadable::Malformed("the list of attachments"));
    }
    // An office speaks of its own drafts and cases to itself, and to nobody else.
    let is_to_itself = envelope.from == envelope.to.institution;
    let is_of_the_office = author.kind() == v1::LetterKind::OfficeRecord;
    if author.kind() == v1::LetterKind::Unspecified || is_to_itself != is_of_the_office {
        return Err(Unreadable::Malformed("the kind of letter"));
    }
    let bytes = Zeroizing::new(letter.to_vec());
    Ok(OpenedLetter { bytes, author, maker, worker, letter_key, case_id, about })
}

/// Whether the bytes are those that a statement names.
pub(super) fn is_named(bytes: &[u8], by: &BytesRef) -> bool {
    bytes.len() as u64 == by.length && sha256(&[bytes]) == by.digest
}

/// Whether one of our keys is that of a key set which the envelope names as ours.
fn holds_named_key(
    directory: &Directory,
    incoming: Incoming<'_>,
    identities: &[&SealingIdentity],
) -> bool {
    let envelope = incoming.envelope.envelope();
    let named = [
        (envelope.from, envelope.key_sets.sender),
        (envelope.to.institution, envelope.key_sets.recipient),
    ];
    let ours: Vec<_> = identities.iter().map(|one| one.to_recipient().to_string()).collect();
    named.into_iter().any(|(institution, digest)| {
        let sets = directory.member(institution).map(|member| member.key_sets.as_slice());
        let set = sets.unwrap_or_default().iter().find(|set| set.digest == digest);
        set.is_some_and(|set| ours.iter().any(|our| our == set.body.recipient.as_str()))
    })
}

/// `None` for a text that is neither empty nor an id.
fn optional_id(text: &str) -> Option<Option<Id>> {
    if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
}
