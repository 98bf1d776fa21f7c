//! What the commands about one case's proof share.

use std::path::Path;
use tsumugu_durable::{DiskError, write_new};

use super::mail::exchange_mail;
use crate::casefile::CaseFile;
use crate::failure::Failure;
use crate::mailbox::one_of;
use crate::session::Session;

/// Brings everything up to date, and gathers the one case whose id begins with `text`: of this office,
/// or of its letters alone.
///
/// # Errors
/// `message.bad-id`, `office.unknown-id`, `message.ambiguous-id`; an alarm; the vault.
pub(super) async fn up_to_date(session: &mut Session<'_>, text: &str) -> Result<CaseFile, Failure> {
    exchange_mail(session).await?.tell_age(session.ctx());
    let ids: Vec<_> = CaseFile::ids(session)?.into_iter().map(|id| (id, id)).collect();
    let (_, id) = one_of(&ids, text).map_err(|failure| match failure.key() {
        "message.unknown-id" => Failure::new("office.unknown-id").with("id", text),
        _ => failure,
    })?;
    CaseFile::gather(session, id)
}

/// Writes a file of its own; one that is there is not written over.
///
/// # Errors
/// `file.exists`; the file cannot be written.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<String, Failure> {
    write_new(path, bytes).map_err(|error| match error {
        DiskError::Exists { .. } => Failure::file_exists(path),
        error => Failure::file_unwritable(path, error),
    })?;
    Ok(path.display().to_string())
}
