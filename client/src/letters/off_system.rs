//! Records of what went past the exchange: one statement, and one detail that only the own institution
//! can open. The detail holds all of it, the sheet among it, so that the log has a record whole or not
//! at all.

use prost::Message;
use tsumugu_proto::v1;
use tsumugu_trust::directory::{Directory, Refusal, check_off_system};
use tsumugu_trust::hash::sha256;
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::letter::{
    MAX_LETTER, MAX_SEALED_RECORD, author_digest, detail_commitment, off_system_header, pack,
    unpack,
};
use tsumugu_trust::note::SigningKey;
use tsumugu_trust::seal::{OpenError, SealingIdentity, open_with, seal_to};
use tsumugu_trust::statement::{AnyBody, Author, BytesRef, DetailRef, OffSystem, Statement, sign};
use tsumugu_trust::value::{Id, Time};
use zeroize::Zeroizing;

use super::read::is_named;
use super::seal::too_large;
use super::worker::{Signed, check_signer};
use super::{NamedWorker, NotSealed, Randomness, SealedAnswer, Signer, Unreadable, random_32};

/// The lines of a record that its author note covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OffSystemLines {
    /// The institution that records it.
    pub from: Id,
    /// Id of the record.
    pub id: Id,
    /// The first record that it confirms, corrects or takes back.
    pub about: Option<Id>,
    /// When it is recorded.
    pub recorded: Time,
}

/// A record that passed every check. Only [`read_record`] makes it.
pub struct OpenedRecord {
    lines: OffSystem,
    worker: NamedWorker,
    said: v1::OffSystem,
    shown: Option<v1::ShownWorker>,
    plain: Zeroizing<Vec<u8>>,
}

impl OpenedRecord {
    /// The statement's lines.
    #[must_use]
    pub fn lines(&self) -> &OffSystem {
        &self.lines
    }

    /// Who recorded it.
    #[must_use]
    pub fn worker(&self) -> &NamedWorker {
        &self.worker
    }

    /// What it says, as signed; what it may say is checked in [`crate::paper`].
    #[must_use]
    pub fn said(&self) -> &v1::OffSystem {
        &self.said
    }

    /// The worker as shown, with statement and receipt.
    #[must_use]
    pub fn shown_worker(&self) -> Option<&v1::ShownWorker> {
        self.shown.as_ref()
    }

    /// Salt (32 bytes) and bytes of `Detail`, which the statement commits to.
    #[must_use]
    pub fn plain(&self) -> &[u8] {
        &self.plain
    }
}

/// Records something under a worker's name, sealed to the own newest key set.
///
/// # Errors
/// [`NotSealed::TooLarge`] above [`MAX_SEALED_RECORD`]: a sheet of a hundred pages;
/// [`NotSealed::Refused`] without a key set.
pub fn record_off_system(
    directory: &Directory,
    with: OffSystemLines,
    said: v1::OffSystem,
    signer: Signer<'_>,
    terminal: &SigningKey,
    rng: &mut (impl Randomness + ?Sized),
) -> Result<SealedAnswer, NotSealed> {
    let OffSystemLines { from, id, about, recorded } = with;
    let key_set = directory.member(from).and_then(|member| member.key_set());
    let recipient = key_set.ok_or(Refusal::UnknownParty)?.body.recipient.recipient();
    let nothing = BytesRef { digest: sha256(&[]), length: 0 };
    let detail = DetailRef { commitment: sha256(&[]), sealed: nothing };
    let mut lines = OffSystem { from, id, about, recorded, detail };
    let author = v1::DetailAuthor {
        worker: Some(signer.shown.clone()),
        comment: String::new(),
        off_system: Some(said),
    };
    let author = author.encode_to_vec();
    let origin = directory.origin();
    let header = off_system_header(origin, &lines);
    let note = sign(origin, &Author { header, author: author_digest(&author) }, &[signer.key])?;
    let detail =
        v1::Detail { author: author.into(), author_note: note.bytes().into() }.encode_to_vec();
    let salt = random_32(rng);
    let plain = Zeroizing::new([salt.as_slice(), &detail].concat());
    // Packed as letters are: the length tells the exchange little of what a record holds.
    let packed = pack(&plain).map_err(|_| too_large(MAX_LETTER))?;
    let sealed = seal_to(&[recipient], &packed)?;
    if sealed.len() > MAX_SEALED_RECORD {
        return Err(too_large(MAX_SEALED_RECORD));
    }
    lines.detail = DetailRef {
        commitment: detail_commitment(&salt, &detail),
        sealed: BytesRef { digest: sha256(&[&sealed]), length: sealed.len() as u64 },
    };
    let statement = sign(origin, &lines, &[terminal])?;
    Ok(SealedAnswer { statement, sealed, plain })
}

/// Opens and checks a record at its place in the log; one that waits in the outbox stands after
/// everything ([`LogPosition::END`]).
///
/// # Errors
/// [`Unreadable`]
pub fn read_record(
    directory: &Directory,
    at: LogPosition,
    statement: &Statement,
    sealed: &[u8],
    identities: &[&SealingIdentity],
) -> Result<OpenedRecord, Unreadable> {
    let AnyBody::OffSystem(lines) = &statement.body else {
        return Err(Unreadable::Author(Refusal::WrongKind));
    };
    check_off_system(directory, at, statement).map_err(Unreadable::Author)?;
    if !is_named(sealed, &lines.detail.sealed) {
        return Err(Unreadable::Body);
    }
    let packed = open_with(identities, sealed, MAX_SEALED_RECORD).map_err(|error| match error {
        OpenError::NotForTheseKeys => Unreadable::KeyNotHere,
        error => Unreadable::Seal(error),
    })?;
    let plain = unpack(&packed).map_err(Unreadable::Packing)?;
    let (salt, detail) =
        plain.split_first_chunk::<32>().ok_or(Unreadable::Malformed("the detail"))?;
    if detail_commitment(salt, detail) != lines.detail.commitment {
        return Err(Unreadable::Content);
    }
    let parts = v1::Detail::decode(detail).map_err(|_| Unreadable::Malformed("the detail"))?;
    let author = v1::DetailAuthor::decode(&parts.author[..])
        .map_err(|_| Unreadable::Malformed("the author part"))?;
    let signed = Signed {
        institution: lines.from,
        at,
        note: &parts.author_note,
        header: off_system_header(directory.origin(), lines),
        author: author_digest(&parts.author),
    };
    let worker = check_signer(directory, author.worker.as_ref(), &signed)?;
    let said = author.off_system.ok_or(Unreadable::Malformed("the record"))?;
    Ok(OpenedRecord { lines: lines.clone(), worker, said, shown: author.worker, plain })
}
