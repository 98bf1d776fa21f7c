//! One sealed record.
//!
//! ```text
//! "tsumugu/v1/vault-record" LF | nonce (24) | ciphertext with tag (16)
//! ```
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): its nonce is long enough to be random. The
//! associated data is `"tsumugu/v1/vault\0" | record path`, so that a file opens only at its place.

use std::path::Path;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::VaultError;
use super::key::{VaultKey, fill_random};
use super::path::RecordPath;

/// The largest record, in bytes before it is sealed.
pub const MAX_RECORD_BYTES: usize = 8 * 1024 * 1024;

/// The largest file of a record.
pub(super) const MAX_FILE_BYTES: u64 = (MAX_RECORD_BYTES + HEADER.len() + NONCE + TAG) as u64;

const HEADER: &[u8] = b"tsumugu/v1/vault-record\n";
const CONTEXT: &[u8] = b"tsumugu/v1/vault\0";
const NONCE: usize = 24;
const TAG: usize = 16;

pub(super) fn seal(
    key: &VaultKey,
    path: &RecordPath<'_>,
    bytes: &[u8],
) -> Result<Vec<u8>, VaultError> {
    if bytes.len() > MAX_RECORD_BYTES {
        return Err(VaultError::TooLarge);
    }
    let mut nonce = [0; NONCE];
    fill_random(&mut nonce)?;
    let payload = Payload { msg: bytes, aad: &associated(path) };
    let ciphertext = cipher(key).encrypt(XNonce::from_slice(&nonce), payload);
    let ciphertext = ciphertext.expect("a record is far below the cipher's limit of 256 GiB");
    Ok([HEADER, &nonce, &ciphertext].concat())
}

/// `file` is only named in errors.
pub(super) fn open(
    key: &VaultKey,
    path: &RecordPath<'_>,
    sealed: &[u8],
    file: &Path,
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let damaged = || VaultError::Damaged { file: file.to_owned() };
    let Some(rest) = sealed.strip_prefix(HEADER) else {
        return Err(match version(sealed, "vault-record") {
            Some(version) => VaultError::Newer { file: file.to_owned(), version },
            None => damaged(),
        });
    };
    let (nonce, ciphertext) = rest.split_at_checked(NONCE).ok_or_else(damaged)?;
    let payload = Payload { msg: ciphertext, aad: &associated(path) };
    let bytes = cipher(key).decrypt(XNonce::from_slice(nonce), payload).map_err(|_| damaged())?;
    Ok(Zeroizing::new(bytes))
}

/// The version of a first line `tsumugu/vN/KIND` with a number above 1.
pub(super) fn version(bytes: &[u8], kind: &str) -> Option<u32> {
    let line = bytes.split(|&byte| byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let number = line.strip_prefix("tsumugu/v")?.strip_suffix(kind)?.strip_suffix('/')?;
    let version = number.parse().ok().filter(|&version: &u32| version > 1)?;
    (version.to_string() == number).then_some(version)
}

fn associated(path: &RecordPath<'_>) -> Vec<u8> {
    [CONTEXT, path.as_str().as_bytes()].concat()
}

fn cipher(key: &VaultKey) -> XChaCha20Poly1305 {
    use chacha20poly1305::KeyInit;
    XChaCha20Poly1305::new(key.bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_newer_version_is_called_newer() {
        let of = |line: &str| version(line.as_bytes(), "vault-record");
        assert_eq!(of("tsumugu/v2/vault-record\nabc"), Some(2));
        assert_eq!(of("tsumugu/v10/vault-record"), Some(10));
        for other in [
            "tsumugu/v1/vault-record\n",
            "tsumugu/v0/vault-record\n",
            "tsumugu/v02/vault-record\n",
            "tsumugu/v+2/vault-record\n",
            "tsumugu/v2/vault-key\n",
            "tsumugu/v2vault-record\n",
            "",
            "tsumugu/v/vault-record\n",
            "tsumugu/v4294967296/vault-record\n",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
