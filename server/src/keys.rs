//! The log key and the origin: what makes this exchange this exchange.

use std::path::Path;

use tsumugu_durable::DiskError;
use tsumugu_durable::atomic::{read_limited, write_new};
use tsumugu_trust::note::SigningKey;
use tsumugu_trust::value::{Origin, Value};

/// The log key's file: `tsumugu/v1/log-key`, the origin, the 32-byte Ed25519 seed in hex.
pub const FILE: &str = "log-key";
const MAGIC: &str = "tsumugu/v1/log-key";
const MAX_FILE: u64 = 1_024;

/// The log key cannot be made or read: the operator's to mend, from a backup.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file is missing, exists already, or the disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Not in its form.
    #[error("the file log-key is damaged; take it from a backup")]
    Damaged,
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Randomness,
}

/// A log key that is not stored yet.
pub struct NewLogKey {
    key: SigningKey,
    text: String,
}

impl NewLogKey {
    /// Makes one.
    ///
    /// # Errors
    /// [`KeyError::Randomness`]
    pub fn generate(origin: &Origin) -> Result<Self, KeyError> {
        let mut seed = [0; 32];
        aws_lc_rs::rand::fill(&mut seed).map_err(|_| KeyError::Randomness)?;
        let text = format!("{MAGIC}\n{origin}\n{}\n", hex::encode(seed));
        let key = SigningKey::from_seed(origin.as_str(), &seed).map_err(|_| KeyError::Damaged)?;
        Ok(Self { key, text })
    }

    /// Its public half.
    #[must_use]
    pub fn vkey(&self) -> String {
        self.key.verifying_key().to_string()
    }

    /// Stores it (mode 0600). A crash leaves the whole file or none; an existing key is never replaced.
    ///
    /// # Errors
    /// [`KeyError::Disk`]
    pub fn store(self, dir: &Path) -> Result<(), KeyError> {
        Ok(write_new(&dir.join(FILE), self.text.as_bytes())?)
    }
}

/// Reads origin and log key.
///
/// # Errors
/// [`KeyError`]
pub fn load(dir: &Path) -> Result<(Origin, SigningKey), KeyError> {
    let bytes = read_limited(&dir.join(FILE), MAX_FILE)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| KeyError::Damaged)?;
    let parsed = parse(text).ok_or(KeyError::Damaged)?;
    Ok(parsed)
}

fn parse(text: &str) -> Option<(Origin, SigningKey)> {
    let mut lines = text.lines();
    if lines.next()? != MAGIC {
        return None;
    }
    let origin = Origin::decode(lines.next()?)?;
    let mut seed = [0; 32];
    hex::decode_to_slice(lines.next()?, &mut seed).ok()?;
    if lines.next().is_some() {
        return None;
    }
    let key = SigningKey::from_seed(origin.as_str(), &seed).ok()?;
    Some((origin, key))
}
