//! Sealing: what the terminal makes anew each time.

use prost::Message;
use tsumugu_proto::v1;
use tsumugu_trust::directory::{Directory, Refusal, check_before_signing};
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::letter::{MAX_SEALED_BODY, PackError, content_commitment, pack};
use tsumugu_trust::note::SigningKey;
use tsumugu_trust::seal::{SealError, seal_to};
use tsumugu_trust::statement::{BytesRef, KeySets, Malformed, Statement, sign};
use tsumugu_trust::value::Id;
use zeroize::Zeroizing;

use super::{ComposedLetter, Randomness, random_32};

/// After everything that the directory knows: where the next leaf will stand.
pub(super) const NEXT: LogPosition = LogPosition::END;

/// What this terminal knows when it seals.
#[derive(Clone, Copy)]
pub struct Sealing<'a> {
    /// The directory, just brought up to date.
    pub directory: &'a Directory,
    /// The terminal's key.
    pub terminal: &'a SigningKey,
    /// The last verified checkpoint, a signed note.
    pub checkpoint: &'a [u8],
    /// Number of the last clear leaf that this terminal has.
    pub clear_number: u64,
    /// SHA-256 of that clear leaf entry.
    pub clear_head: Hash,
    /// Id and envelope digest of the last receipted message to the same institution.
    pub previous: Option<(Id, Hash)>,
}

/// A letter ready to be handed over, and to be kept until the answer is logged.
pub struct SealedLetter {
    /// The envelope, signed by the terminal.
    pub envelope: Statement,
    /// The sealed body, an age file.
    pub body: Vec<u8>,
    /// The plain letter: the sender's own copy, and what evidence reveals.
    pub letter: Zeroizing<Vec<u8>>,
}

/// Nothing was sealed, and nothing sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSealed {
    /// The exchange would refuse it by the directory that this terminal knows.
    #[error("the exchange would refuse it")]
    Refused(#[from] Refusal),
    /// Letter or detail is over its limit ([`tsumugu_trust::letter`]).
    #[error("over the limit of {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// A reason has to be given.
    #[error("this answer needs a comment")]
    CommentNeeded,
    /// The sealing failed.
    #[error(transparent)]
    Sealing(#[from] SealError),
    /// The lines make no statement.
    #[error(transparent)]
    Malformed(#[from] Malformed),
}

/// Seals a letter to both newest key sets, and signs its envelope.
///
/// Called again after `STALE_KEY_SET`, it keeps header and author and makes the rest anew.
///
/// # Errors
/// [`NotSealed`]
pub fn seal(
    letter: &ComposedLetter,
    with: Sealing<'_>,
    rng: &mut (impl Randomness + ?Sized),
) -> Result<SealedLetter, NotSealed> {
    let header = letter.header();
    let key_set = |id| with.directory.member(id).and_then(|member| member.key_set());
    let sender = key_set(header.from).ok_or(Refusal::UnknownParty)?;
    let recipient = key_set(header.to.institution).ok_or(Refusal::RecipientInactive)?;
    let salt = random_32(rng);
    let plain = letter_bytes(letter, with, salt);
    let packed = pack(&plain).map_err(|error| match error {
        PackError::TooLarge => too_large(tsumugu_trust::letter::MAX_LETTER),
        PackError::Malformed => Malformed::NotAStatement.into(),
    })?;
    // The reader's stanza comes first: whoever opens tries them in order, and a try costs as much as
    // the sealing. The sender seldom opens its own copy.
    let mut recipients = vec![recipient.body.recipient.recipient()];
    if header.from != header.to.institution {
        recipients.push(sender.body.recipient.recipient());
    }
    let body = seal_to(&recipients, &packed)?;
    if body.len() > MAX_SEALED_BODY {
        return Err(too_large(MAX_SEALED_BODY));
    }
    let reference = BytesRef { digest: sha256(&[&body]), length: body.len() as u64 };
    let key_sets = KeySets { sender: sender.digest, recipient: recipient.digest };
    let lines = header.envelope(content_commitment(&salt, &plain), reference, key_sets);
    // What the exchange would refuse by what we know is said here, with nothing sent.
    check_before_signing(with.directory, NEXT, &lines, with.terminal.verifying_key())?;
    let envelope = sign(with.directory.origin(), &lines, &[with.terminal])?;
    Ok(SealedLetter { envelope, body, letter: plain })
}

fn letter_bytes(letter: &ComposedLetter, with: Sealing<'_>, salt: [u8; 32]) -> Zeroizing<Vec<u8>> {
    let (previous_id, previous_envelope) = match with.previous {
        Some((id, digest)) => (id.to_string(), digest.0.to_vec().into()),
        None => Default::default(),
    };
    let maker = v1::Maker {
        salt: salt.to_vec().into(),
        checkpoint: with.checkpoint.to_vec().into(),
        clear_number: with.clear_number,
        clear_head: with.clear_head.0.to_vec().into(),
        previous_id,
        previous_envelope,
    };
    let letter = v1::Letter {
        author: letter.author().to_vec().into(),
        author_note: letter.note().to_vec().into(),
        maker: Some(maker),
    };
    Zeroizing::new(letter.encode_to_vec())
}

pub(super) fn too_large(limit: usize) -> NotSealed {
    NotSealed::TooLarge { limit }
}
