//! Files under a key that sender and receiver share already: attachments, and the details of
//! dispositions. One such file serves every recipient of a letter that carries its key, and
//! outlives a re-sealing of that letter.
//!
//! The stanza, of this project's own type:
//!
//! ```text
//! -> tsumugu-key base64(16 bytes of random salt, no padding)
//! base64(file key under ChaCha20-Poly1305, 32 bytes)
//! ```
//!
//! with the key `HKDF-SHA-256(ikm: the shared key, salt: the salt, info:
//! "tsumugu/v1/tsumugu-key")` and a nonce of zeros, which the salt makes safe to repeat.

use std::collections::HashSet;

use age::EncryptError;
use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::primitives::{aead_decrypt, aead_encrypt, hkdf};
use age_core::secrecy::ExposeSecret;
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use rand::RngCore;
use zeroize::Zeroizing;

use super::header::decode;
use super::{OpenError, SealError, file};

/// The stanza's type.
const TAG: &str = "tsumugu-key";

/// What binds a derived key to this stanza.
const INFO: &[u8] = b"tsumugu/v1/tsumugu-key";

/// Bytes of random salt.
pub(super) const SALT: usize = 16;

/// Bytes of the wrapped file key: the key and what authenticates it.
const BODY: usize = FILE_KEY_BYTES + 16;

/// How the type of a stanza ends that means nothing: writers of age files add one with random bytes
/// to keep readers honest. Any other type beside ours would be a second way in.
const GREASE: &str = "-grease";

/// Seals `plain` so that whoever has `key` can open it.
///
/// # Errors
///
/// None that depends on the arguments; [`SealError::UnusableRecipient`] stands for a failure
/// within the age library.
pub fn seal_with_key(key: &[u8; 32], plain: &[u8]) -> Result<Vec<u8>, SealError> {
    file::seal(&Keyed(key), plain)
}

/// Opens what [`seal_with_key`] made, where its plaintext has at most `limit` bytes.
///
/// # Errors
///
/// [`OpenError::Malformed`] also where the file has several `tsumugu-key` stanzas, or one of another
/// type beside it that is not grease (`docs/FORMATS.md`, section 4.3).
pub fn open_with_key(
    key: &[u8; 32],
    sealed: &[u8],
    limit: usize,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let file = file::SealedFile::parse(sealed, limit)?;
    file.open(&file_key(key, file.stanzas())?)
}

/// The file key of a header with exactly one stanza of ours, and no other way in.
pub(super) fn file_key(key: &[u8; 32], stanzas: &[Stanza]) -> Result<FileKey, OpenError> {
    let mut ours = stanzas.iter().filter(|stanza| !stanza.tag.ends_with(GREASE));
    match (ours.next(), ours.next()) {
        (Some(stanza), None) if stanza.tag == TAG => unwrap_key(key, stanza),
        _ => Err(OpenError::Malformed),
    }
}

/// The stanza of a file key, as its two lines.
pub(super) fn stanza_text(key: &[u8; 32], salt: &[u8; SALT], file_key: &FileKey) -> String {
    let stanza = wrap_key(key, salt, file_key);
    let body = BASE64_STANDARD_NO_PAD.encode(&stanza.body);
    format!("-> {TAG} {}\n{body}\n", stanza.args.join(" "))
}

fn wrap_key(key: &[u8; 32], salt: &[u8; SALT], file_key: &FileKey) -> Stanza {
    let derived = Zeroizing::new(hkdf(salt, INFO, key));
    let body = aead_encrypt(&derived, file_key.expose_secret());
    let args = vec![BASE64_STANDARD_NO_PAD.encode(salt)];
    Stanza { tag: TAG.to_owned(), args, body }
}

fn unwrap_key(key: &[u8; 32], stanza: &Stanza) -> Result<FileKey, OpenError> {
    let [salt] = stanza.args.as_slice() else { return Err(OpenError::Malformed) };
    let salt = decode(salt)?;
    if salt.len() != SALT || stanza.body.len() != BODY {
        return Err(OpenError::Malformed);
    }
    let derived = Zeroizing::new(hkdf(&salt, INFO, key));
    let plain = aead_decrypt(&derived, FILE_KEY_BYTES, &stanza.body)
        .map_err(|_| OpenError::NotForTheseKeys)?;
    let plain = Zeroizing::new(plain);
    Ok(FileKey::init_with_mut(|key| key.copy_from_slice(&plain)))
}

struct Keyed<'a>(&'a [u8; 32]);

impl age::Recipient for Keyed<'_> {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let mut salt = [0; SALT];
        rand::rngs::OsRng.fill_bytes(&mut salt);
        Ok((vec![wrap_key(self.0, &salt, file_key)], HashSet::new()))
    }
}
