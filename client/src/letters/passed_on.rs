//! A letter that somebody passes on (取次): who wrote it is proved to the third party as to the first.

use tsumugu_proto::v1;
use tsumugu_trust::directory::{Directory, check_envelope};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::receipt;
use tsumugu_trust::statement::{Envelope, Statement};
use tsumugu_trust::value::Id;

use super::worker::all_log_keys;
use super::{Incoming, OpenedLetter, Unreadable, check_letter};

/// Most bytes of what the one who passes a letter on adds (UTF-8).
pub const MAX_PASSED_ON_COMMENT: usize = 4_000;

/// The word for everything that is absent or not in its place.
const MALFORMED: Unreadable = Unreadable::Malformed("the letter that it passes on");

/// A letter that was passed on, with its own letter checked. Only [`passed_on`] makes it.
#[derive(Debug)]
pub struct PassedOn {
    envelope: Envelope,
    digest: Hash,
    at: LogPosition,
    letter: OpenedLetter,
    comment: String,
}

impl PassedOn {
    /// The envelope of the letter as it was first sent.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// Digest of that envelope.
    #[must_use]
    pub fn digest(&self) -> Hash {
        self.digest
    }

    /// Where it stands in the log.
    #[must_use]
    pub fn at(&self) -> LogPosition {
        self.at
    }

    /// The letter as it was first sent.
    #[must_use]
    pub fn letter(&self) -> &OpenedLetter {
        &self.letter
    }

    /// What the one who passed it on added; may be empty.
    #[must_use]
    pub fn comment(&self) -> &str {
        &self.comment
    }
}

/// The letter that a letter from `by` passes on, checked as its first recipient checked it; nothing
/// where it passes none on.
///
/// What is shown as the outer letter's text is the inner one's, byte for byte, of the same case; it
/// was sent to the one who passes it on, and is not one that was passed on already.
///
/// # Errors
/// [`Unreadable`]
pub fn passed_on(
    directory: &Directory,
    by: Id,
    outer: &OpenedLetter,
) -> Result<Option<PassedOn>, Unreadable> {
    let Some(said) = &outer.author().passed_on else { return Ok(None) };
    let receipt = said.receipt.as_ref().ok_or(MALFORMED)?;
    let keys = all_log_keys(directory);
    let (origin, memory) = (directory.origin(), directory.checkpoints());
    let verified = receipt::verify_remembering(receipt, None, origin, &keys, memory)
        .map_err(Unreadable::Receipt)?;
    let statement = Statement::parse(&verified.record).map_err(|_| MALFORMED)?;
    let checked =
        check_envelope(directory, verified.at, &statement).map_err(Unreadable::Envelope)?;
    let incoming = Incoming { envelope: &checked, at: verified.at };
    let letter = check_letter(directory, incoming, &said.letter)?;
    let envelope = checked.envelope().clone();
    let digest = statement.digest();
    let about = outer.about().ok_or(MALFORMED)?;
    let is_whole = envelope.to.institution == by
        && (about.from, about.id, about.envelope) == (envelope.from, envelope.id, digest)
        && (letter.kind(), letter.body_type(), letter.body())
            == (outer.kind(), outer.body_type(), outer.body())
        && letter.case_id() == outer.case_id()
        && letter.author().passed_on.is_none()
        && said.comment.len() <= MAX_PASSED_ON_COMMENT;
    if !is_whole {
        return Err(MALFORMED);
    }
    let comment = said.comment.clone();
    Ok(Some(PassedOn { envelope, digest, at: verified.at, letter, comment }))
}

impl PassedOn {
    /// What travels of a letter that is passed on; `receipt` is its envelope's, with the record.
    pub(crate) fn to_travel(
        receipt: v1::Receipt,
        letter: &OpenedLetter,
        comment: &str,
    ) -> v1::PassedOn {
        let letter = letter.bytes().to_vec().into();
        v1::PassedOn { receipt: Some(receipt), letter, comment: comment.to_owned() }
    }
}
