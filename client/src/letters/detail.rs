//! Opening the detail of a disposition: who answered, and what was said.

use prost::Message;
use tsumugu_proto::v1;
use tsumugu_trust::directory::{CheckedAnswer, Directory};
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::letter::{MAX_DETAIL, author_digest, detail_commitment, disposition_header};
use tsumugu_trust::seal::open_with_key;
use tsumugu_trust::statement::Disposition;
use zeroize::Zeroizing;

use super::read::is_named;
use super::worker::{Signed, check_signer};
use super::{NamedWorker, Unreadable};

/// A detail that passed every check. Only [`read_detail`] makes it.
pub struct OpenedDetail {
    plain: Zeroizing<Vec<u8>>,
    worker: NamedWorker,
    comment: String,
    shown: Option<v1::ShownWorker>,
}

impl OpenedDetail {
    /// Who answered.
    #[must_use]
    pub fn worker(&self) -> &NamedWorker {
        &self.worker
    }

    /// The worker as shown, with statement and receipt: evidence needs it.
    #[must_use]
    pub fn shown_worker(&self) -> Option<&v1::ShownWorker> {
        self.shown.as_ref()
    }

    /// What the worker said; may be empty.
    #[must_use]
    pub fn comment(&self) -> &str {
        &self.comment
    }

    /// The salt that blinds the commitment.
    #[must_use]
    pub fn salt(&self) -> &[u8] {
        &self.plain[..32]
    }

    /// Bytes of `Detail`, which the disposition commits to.
    #[must_use]
    pub fn detail(&self) -> &[u8] {
        &self.plain[32..]
    }
}

/// Opens and checks the detail of a disposition that was checked at its place in the log.
///
/// # Errors
/// [`Unreadable`]; [`Unreadable::Malformed`] also where the disposition has no detail.
pub fn read_detail(
    directory: &Directory,
    at: LogPosition,
    disposition: &CheckedAnswer<Disposition>,
    sealed: &[u8],
    letter_key: &[u8; 32],
) -> Result<OpenedDetail, Unreadable> {
    let lines = disposition.body();
    let reference = lines.detail.as_ref().ok_or(Unreadable::Malformed("the detail"))?;
    if !is_named(sealed, &reference.sealed) {
        return Err(Unreadable::Body);
    }
    let plain = open_with_key(letter_key, sealed, MAX_DETAIL).map_err(Unreadable::Seal)?;
    let (salt, detail) =
        plain.split_first_chunk::<32>().ok_or(Unreadable::Malformed("the detail"))?;
    if detail_commitment(salt, detail) != reference.commitment {
        return Err(Unreadable::Content);
    }
    let parts = v1::Detail::decode(detail).map_err(|_| Unreadable::Malformed("the detail"))?;
    let author = v1::DetailAuthor::decode(&parts.author[..])
        .map_err(|_| Unreadable::Malformed("the author part"))?;
    let signed = Signed {
        institution: lines.by,
        at,
        note: &parts.author_note,
        header: disposition_header(directory.origin(), lines),
        author: author_digest(&parts.author),
    };
    let worker = check_signer(directory, author.worker.as_ref(), &signed)?;
    Ok(OpenedDetail { plain, worker, comment: author.comment, shown: author.worker })
}
