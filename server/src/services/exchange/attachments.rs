//! What the three calls about attachments share.

use std::sync::Arc;

use tsumugu_durable::attachments::{AttachmentError, AttachmentStore, UploadName};
use tsumugu_proto::v1::ErrorReason;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::statement::BytesRef;
use tsumugu_trust::value::Id;

use crate::exchange::{Exchange, TerminalCaller, broken};
use crate::ledger::upload_name;
use crate::refused::Refused;
use crate::settings::Limits;

/// An upload's name, within the operator's limit on its length.
///
/// # Errors
/// [`ErrorReason::Malformed`], [`ErrorReason::Limit`]
pub(super) fn upload(
    exchange: &Exchange,
    caller: TerminalCaller,
    sha256: &[u8],
    length: u64,
) -> Result<UploadName, Refused> {
    let digest = digest(sha256)?;
    if length == 0 {
        return Err(Refused::new(ErrorReason::Malformed, "an attachment is not empty"));
    }
    let most = exchange.settings.limits.attachment_bytes;
    if length > u64::from(most) {
        return Err(Refused::limit("attachment_bytes", most));
    }
    Ok(upload_name(caller.institution(), &BytesRef { digest, length }))
}

/// A digest as it travels.
///
/// # Errors
/// [`ErrorReason::Malformed`]
pub(super) fn digest(sha256: &[u8]) -> Result<Hash, Refused> {
    sha256
        .try_into()
        .map(Hash)
        .map_err(|_| Refused::new(ErrorReason::Malformed, "a digest has 32 bytes"))
}

/// Whether a committed letter of the caller names it: then it is complete, and no longer an upload.
///
/// # Errors
/// [`Refused`]
pub(super) async fn is_named(exchange: &Arc<Exchange>, name: UploadName) -> Result<bool, Refused> {
    let asking = exchange.reading(move |exchange| {
        let row = exchange.reader.attachment(Id(name.owner), Hash(name.digest))?;
        Ok(row.is_some_and(|row| row.length == name.length))
    });
    asking.await
}

/// Reads or writes away from the threads that answer everybody; see [`Exchange::reading`].
///
/// # Errors
/// What `work` gives.
pub(super) async fn on_disk<T: Send + 'static>(
    exchange: &Arc<Exchange>,
    work: impl FnOnce(&AttachmentStore) -> Result<T, AttachmentError> + Send + 'static,
) -> Result<T, Refused> {
    let working = exchange.reading(move |exchange| {
        let limits = &exchange.settings.limits;
        work(exchange.reader.attachments()).map_err(|error| refused(error, limits))
    });
    working.await
}

fn refused(error: AttachmentError, limits: &Limits) -> Refused {
    let rule = |why: &str, rule: &str| Refused::new(ErrorReason::Rule, why).with("rule", rule);
    match error {
        AttachmentError::Hole { received } => {
            rule("the bytes begin beyond what the exchange has", "offset")
                .with("received", received.to_string())
        }
        AttachmentError::GivenUp => {
            rule("the upload was discarded meanwhile; it begins anew", "offset")
                .with("received", "0")
        }
        AttachmentError::TooLong => rule("more bytes than were announced", "length"),
        AttachmentError::WrongDigest => {
            rule("the bytes do not have the digest; the upload was discarded", "digest")
        }
        AttachmentError::TooMany => {
            Refused::limit("uploads_per_institution", limits.uploads_per_institution)
        }
        AttachmentError::TooMuch => Refused::limit(
            "upload_megabytes_per_institution",
            limits.upload_megabytes_per_institution,
        ),
        AttachmentError::Absent => {
            Refused::new(ErrorReason::BodyGone, "the exchange's copy was destroyed")
        }
        AttachmentError::Damaged | AttachmentError::BadName { .. } | AttachmentError::Disk(_) => {
            broken(&error)
        }
    }
}
