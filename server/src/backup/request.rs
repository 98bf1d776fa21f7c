//! Asking an administrator for the key of a backup.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use secrecy::ExposeSecret;
use tsumugu_durable::atomic::{create_dir_durable, read_limited, write_atomic};
use tsumugu_trust::backup::{MAX_REQUEST, RestoreRequest};
use tsumugu_trust::seal::{MAX_HEADER, SealingIdentity, head_of};

use super::RestoreError;
use super::restore::check_free;
use crate::keys::KeyError;

/// The file that is handed to an administrator; nothing in it is secret.
pub const REQUEST: &str = "restore.request";
/// The identity that opens the answer. It leaves with the restore.
pub(super) const SECRET: &str = "restore.secret";
const MAX_SECRET: u64 = 256;

/// A request that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requested {
    /// The 24 digits that the administrator is told over the telephone.
    pub digits: String,
}

/// Writes the request for a backup into the folder in which it shall be restored; the same one when that
/// was done before.
///
/// # Errors
/// [`RestoreError`]
pub fn request(file: &Path, dir: &Path) -> Result<Requested, RestoreError> {
    let head = head(file)?;
    create_dir_durable(dir)?;
    check_free(dir)?;
    if let Ok((request, _)) = asked(dir)
        && request.head() == head
    {
        return Ok(Requested { digits: request.digits() });
    }
    let mut seed = zeroize::Zeroizing::new([0; SealingIdentity::SEED_LENGTH]);
    aws_lc_rs::rand::fill(&mut *seed).map_err(|_| KeyError::Randomness)?;
    let identity = SealingIdentity::from_seed(&seed);
    let request = RestoreRequest::new(&head, identity.to_recipient())?;
    // A crash between the two leaves a secret that no request is of: both are made anew.
    write_atomic(&dir.join(SECRET), identity.secret_string().expose_secret().as_bytes())?;
    write_atomic(&dir.join(REQUEST), request.text().as_bytes())?;
    Ok(Requested { digits: request.digits() })
}

/// The request in a folder, with the identity that opens its answer.
pub(super) fn asked(dir: &Path) -> Result<(RestoreRequest, SealingIdentity), RestoreError> {
    let read = |name: &str, most| read_limited(&dir.join(name), most);
    let request = read(REQUEST, MAX_REQUEST as u64).map_err(|_| RestoreError::NoRequest)?;
    let secret = read(SECRET, MAX_SECRET).map_err(|_| RestoreError::NoRequest)?;
    let secret = zeroize::Zeroizing::new(secret);
    let request = RestoreRequest::parse(&request).map_err(|_| RestoreError::NoRequest)?;
    let identity: Option<SealingIdentity> =
        std::str::from_utf8(&secret).ok().and_then(|text| text.parse().ok());
    match identity.filter(|identity| identity.to_recipient() == *request.recipient()) {
        Some(identity) => Ok((request, identity)),
        None => Err(RestoreError::NoRequest),
    }
}

/// The head of a backup.
pub(super) fn head(file: &Path) -> Result<Vec<u8>, RestoreError> {
    let mut beginning = Vec::new();
    let opened = File::open(file).map_err(RestoreError::Read)?;
    opened.take(MAX_HEADER as u64).read_to_end(&mut beginning).map_err(RestoreError::Read)?;
    let head = head_of(&beginning).map_err(|_| RestoreError::NotABackup)?;
    Ok(head.to_vec())
}
