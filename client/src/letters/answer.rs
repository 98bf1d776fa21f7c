//! What the recipient says back: opened (開封), and the disposition (受領確認).

use prost::Message;
use tsumugu_proto::v1;
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::letter::{MAX_DETAIL, author_digest, detail_commitment, disposition_header};
use tsumugu_trust::note::SigningKey;
use tsumugu_trust::seal::seal_with_key;
use tsumugu_trust::statement::{
    Answer, Author, BytesRef, DetailRef, Disposition, Envelope, Malformed, Opened, Statement, sign,
};
use tsumugu_trust::value::{Origin, Time};
use zeroize::Zeroizing;

use super::seal::too_large;
use super::{NotSealed, Randomness, Signer, random_32};

/// Most bytes of a comment (UTF-8): it shares [`MAX_DETAIL`] with the worker and the proof of the
/// worker's admission, which may take some 4,000.
pub const MAX_COMMENT: usize = 4_000;

/// A person's answer.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'a> {
    /// The envelope that is answered.
    pub envelope: &'a Envelope,
    /// Its digest.
    pub digest: Hash,
    /// The answer; not [`Answer::Unreadable`], which is the terminal's own.
    pub answer: Answer,
    /// When.
    pub answered: Time,
    /// Digest of the disposition before it, when the message has one already.
    pub previous: Option<Hash>,
    /// Why, or anything else; empty when nothing is said.
    pub comment: &'a str,
}

/// A disposition with its sealed detail, and the plain one for the own records.
pub struct SealedAnswer {
    /// The disposition, signed by the terminal.
    pub statement: Statement,
    /// The sealed detail it commits to.
    pub sealed: Vec<u8>,
    /// Salt (32 bytes) and detail, plain.
    pub plain: Zeroizing<Vec<u8>>,
}

/// Says that a person opened the letter.
///
/// # Errors
/// [`Malformed`]
pub fn opened(
    origin: &Origin,
    envelope: &Envelope,
    digest: Hash,
    terminal: &SigningKey,
) -> Result<Statement, Malformed> {
    let lines = Opened {
        from: envelope.from,
        id: envelope.id,
        envelope: digest,
        content: envelope.content,
        by: envelope.to.institution,
    };
    sign(origin, &lines, &[terminal])
}

/// Answers for the terminal itself: the letter does not open here.
///
/// # Errors
/// [`Malformed`]
pub fn unreadable(
    origin: &Origin,
    envelope: &Envelope,
    digest: Hash,
    answered: Time,
    terminal: &SigningKey,
) -> Result<Statement, Malformed> {
    let comment = "";
    let previous = None;
    let answer = Answer::Unreadable;
    let reply = Reply { envelope, digest, answer, answered, previous, comment };
    sign(origin, &lines(reply), &[terminal])
}

/// Answers for a worker. The detail opens with the letter's own key, so both sides can read it.
///
/// # Errors
/// [`NotSealed::CommentNeeded`] when a rejection gives no reason, [`NotSealed::TooLarge`] above
/// [`MAX_COMMENT`], [`NotSealed::Malformed`] for [`Answer::Unreadable`].
pub fn answer(
    origin: &Origin,
    reply: Reply<'_>,
    letter_key: &[u8; 32],
    signer: Signer<'_>,
    terminal: &SigningKey,
    rng: &mut (impl Randomness + ?Sized),
) -> Result<SealedAnswer, NotSealed> {
    if reply.answer == Answer::Rejected && reply.comment.trim().is_empty() {
        return Err(NotSealed::CommentNeeded);
    }
    if reply.comment.len() > MAX_COMMENT {
        return Err(too_large(MAX_COMMENT));
    }
    let mut lines = lines(reply);
    let (worker, comment) = (Some(signer.shown.clone()), reply.comment.to_owned());
    let author = v1::DetailAuthor { worker, comment, off_system: None };
    let author = author.encode_to_vec();
    let header = disposition_header(origin, &lines);
    let note = sign(origin, &Author { header, author: author_digest(&author) }, &[signer.key])?;
    let detail =
        v1::Detail { author: author.into(), author_note: note.bytes().into() }.encode_to_vec();
    let salt = random_32(rng);
    let plain = Zeroizing::new([salt.as_slice(), &detail].concat());
    if plain.len() > MAX_DETAIL {
        return Err(too_large(MAX_DETAIL));
    }
    let sealed = seal_with_key(letter_key, &plain)?;
    lines.detail = Some(DetailRef {
        commitment: detail_commitment(&salt, &detail),
        sealed: BytesRef { digest: sha256(&[&sealed]), length: sealed.len() as u64 },
    });
    let statement = sign(origin, &lines, &[terminal])?;
    Ok(SealedAnswer { statement, sealed, plain })
}

/// The disposition without its detail, which its header leaves out.
fn lines(reply: Reply<'_>) -> Disposition {
    Disposition {
        from: reply.envelope.from,
        id: reply.envelope.id,
        envelope: reply.digest,
        content: reply.envelope.content,
        by: reply.envelope.to.institution,
        answer: reply.answer,
        answered: reply.answered,
        previous: reply.previous,
        detail: None,
    }
}
