//! SHA-256 digests (FIPS 180-4), the only hash that the log, statements and bodies are named by.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{Context, SHA256};

use crate::statement::BytesRef;

/// A SHA-256 digest, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; Self::LENGTH]);

impl Hash {
    /// Bytes in a digest.
    pub const LENGTH: usize = 32;

    /// The bytes of the digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

/// The digest of the concatenation of `parts`. Parts are not delimited: a caller whose parts vary
/// in length delimits them itself.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; Hash::LENGTH];
    out.copy_from_slice(context.finish().as_ref());
    Hash(out)
}

/// A digest that is computed while the bytes go by, with their number.
#[derive(Clone)]
pub struct Hasher {
    context: Context,
    length: u64,
}

impl Hasher {
    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
        self.length += bytes.len() as u64;
    }

    /// Bytes so far.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Digest and length of all bytes.
    #[must_use]
    pub fn finish(self) -> BytesRef {
        let mut out = [0; Hash::LENGTH];
        out.copy_from_slice(self.context.finish().as_ref());
        BytesRef { digest: Hash(out), length: self.length }
    }
}

impl Default for Hasher {
    fn default() -> Self {
        Self { context: Context::new(&SHA256), length: 0 }
    }
}

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 digest is 64 lower-case hexadecimal digits")]
pub struct ParseHashError;

impl FromStr for Hash {
    type Err = ParseHashError;

    /// Upper case is refused, so that one digest has one spelling in everything that is signed.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(ParseHashError);
        }
        let mut out = [0; Self::LENGTH];
        hex::decode_to_slice(text, &mut out).map_err(|_| ParseHashError)?;
        Ok(Self(out))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<[u8; Self::LENGTH]> for Hash {
    fn from(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // FIPS 180-4, the one-block example "abc".
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn known_digest_from_whole_and_parts() {
        assert_eq!(sha256(&[b"abc"]).to_string(), ABC);
        assert_eq!(sha256(&[b"a", b"", b"bc"]), sha256(&[b"abc"]));
        assert_eq!(format!("{:?}", sha256(&[b"abc"])), ABC);
    }

    #[test]
    fn text_round_trip() {
        assert_eq!(ABC.parse::<Hash>().unwrap(), sha256(&[b"abc"]));
    }

    #[test]
    fn other_spellings_are_refused() {
        let upper = ABC.to_uppercase();
        let long = format!("{ABC}0");
        let spaced = format!(" {}", &ABC[1..]);
        for text in ["", "0", &ABC[..63], &ABC[..62], &long, &upper, &spaced, &"é".repeat(32)] {
            assert_eq!(text.parse::<Hash>(), Err(ParseHashError), "{text}");
        }
    }
}
