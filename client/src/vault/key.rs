//! The vault's key, and how the passphrase seals it.
//!
//! Plaintext of `key.age`: `"tsumugu/v1/vault-key" LF | key (32)`. The file is an armored age file
//! with one scrypt stanza (C2SP age), so it can be opened with any age program in an emergency.

use std::path::Path;

use tsumugu_trust::seal::{
    DEFAULT_WORK_FACTOR, MAX_ARMORED, OpenError, open_with_passphrase, seal_with_passphrase,
};
use zeroize::Zeroizing;

use super::VaultError;
use super::record::version;
use crate::passphrase::Passphrase;

/// scrypt's work factor (log2 N) for a new vault: 128 MiB and about half a second, which a thief of
/// the PC pays for each guess.
pub const WORK_FACTOR: u8 = DEFAULT_WORK_FACTOR;

/// Lowers [`WORK_FACTOR`], so that tests of the real programs are quick. Read only in builds with
/// debug assertions: what is shipped has no way to a weaker vault.
pub const TEST_WORK_FACTOR: &str = "TSUMUGU_TEST_WORK_FACTOR";

/// The largest file of a key.
pub(super) const MAX_FILE_BYTES: u64 = MAX_ARMORED as u64;

const HEADER: &[u8] = b"tsumugu/v1/vault-key\n";
const KEY: usize = 32;

/// The longest plaintext that is opened: a later version may hold more than a key.
const MAX_PLAINTEXT: usize = 4096;

/// The key that seals the records; it does not print.
pub(super) struct VaultKey(Zeroizing<[u8; KEY]>);

impl VaultKey {
    pub(super) fn generate() -> Result<Self, VaultError> {
        let mut key = Zeroizing::new([0; KEY]);
        fill_random(key.as_mut_slice())?;
        Ok(Self(key))
    }

    pub(super) fn seal(&self, passphrase: &Passphrase) -> Result<String, VaultError> {
        let plain = Zeroizing::new([HEADER, self.0.as_slice()].concat());
        seal_with_passphrase(passphrase.secret(), work_factor(), &plain)
            .map_err(|error| VaultError::Sealing(Box::new(error)))
    }

    /// `file` is only named in errors.
    pub(super) fn open(
        sealed: &[u8],
        passphrase: &Passphrase,
        file: &Path,
    ) -> Result<Self, VaultError> {
        let damaged = || VaultError::Damaged { file: file.to_owned() };
        let sealed = std::str::from_utf8(sealed).map_err(|_| damaged())?;
        let plain = open_with_passphrase(passphrase.secret(), sealed, MAX_PLAINTEXT);
        let plain = plain.map_err(|error| match error {
            OpenError::NotForTheseKeys => VaultError::WrongPassphrase,
            _ => damaged(),
        })?;
        if let Some(version) = version(&plain, "vault-key") {
            return Err(VaultError::Newer { file: file.to_owned(), version });
        }
        let key = plain.strip_prefix(HEADER).ok_or_else(damaged)?;
        let key = <[u8; KEY]>::try_from(key).map_err(|_| damaged())?;
        Ok(Self(Zeroizing::new(key)))
    }

    pub(super) fn bytes(&self) -> &[u8; KEY] {
        &self.0
    }
}

impl std::fmt::Debug for VaultKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("VaultKey")
    }
}

/// From the operating system's generator.
pub(super) fn fill_random(bytes: &mut [u8]) -> Result<(), VaultError> {
    aws_lc_rs::rand::fill(bytes).map_err(|_| VaultError::NoRandomness)
}

fn work_factor() -> u8 {
    if cfg!(test) {
        return 1;
    }
    if !cfg!(debug_assertions) {
        return WORK_FACTOR;
    }
    let lowered = std::env::var(TEST_WORK_FACTOR).ok().and_then(|text| text.parse::<u8>().ok());
    lowered.map_or(WORK_FACTOR, |lowered| lowered.clamp(1, WORK_FACTOR))
}
