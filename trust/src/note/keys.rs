//! Keys of signed notes and their text form, the "vkey".

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::{Engine, prelude::BASE64_STANDARD};

use super::{KEY_ID_LENGTH, NoteSignature};
use crate::hash::sha256;

/// Bytes in an Ed25519 public key (RFC 8032, section 5.1.5).
const PUBLIC_LENGTH: usize = 32;

/// The algorithm byte of a key (C2SP signed-note, "Signature types"). It enters the key id, so
/// signatures of different types never count for one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SignatureType {
    /// Ed25519 over the note's text: what this crate signs and checks.
    Ed25519 = 0x01,
    /// A witness' timestamped Ed25519 cosignature (C2SP tlog-cosignature). Recognised, not checked.
    Ed25519Cosignature = 0x04,
    /// A witness' timestamped ML-DSA-44 cosignature (C2SP tlog-cosignature). Recognised, not
    /// checked.
    MlDsa44Cosignature = 0x06,
}

impl SignatureType {
    /// The type that a key's first byte names, where it is one of the above.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        [Self::Ed25519, Self::Ed25519Cosignature, Self::MlDsa44Cosignature]
            .into_iter()
            .find(|t| *t as u8 == byte)
    }
}

/// A named Ed25519 key that signs notes. Never printed.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: VerifyingKey,
}

impl SigningKey {
    /// The key with the given name whose secret is the 32-byte seed of RFC 8032, section 5.1.5.
    ///
    /// # Errors
    ///
    /// [`ParseKeyError::Name`] where the name cannot stand in a signature line.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, ParseKeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| ParseKeyError::Key)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| ParseKeyError::Key)?;
        Ok(Self { public: VerifyingKey::new(name, public)?, pair })
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.public.name()
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }

    /// Signs a note's text. Its `Display` is the signature line.
    #[must_use]
    pub fn sign(&self, text: &str) -> NoteSignature {
        NoteSignature {
            name: self.name().to_owned(),
            key_id: self.public.key_id(),
            signature: self.pair.sign(text.as_bytes()).as_ref().to_vec(),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("public", &self.public).finish_non_exhaustive()
    }
}

/// A named Ed25519 public key, written `name+hex(id)+base64(type || public key)`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerifyingKey {
    name: String,
    public: [u8; PUBLIC_LENGTH],
}

impl VerifyingKey {
    /// A key from its parts.
    ///
    /// # Errors
    ///
    /// [`ParseKeyError::Name`] where the name cannot stand in a signature line.
    pub fn new(name: &str, public: [u8; PUBLIC_LENGTH]) -> Result<Self, ParseKeyError> {
        if !is_key_name(name) {
            return Err(ParseKeyError::Name);
        }
        Ok(Self { name: name.to_owned(), public })
    }

    /// The key's name, such as `exchange.example/terminal/0190…`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The Ed25519 public key.
    #[must_use]
    pub fn public(&self) -> &[u8; PUBLIC_LENGTH] {
        &self.public
    }

    /// The first four bytes of `SHA-256(name || LF || type || public key)`.
    #[must_use]
    pub fn key_id(&self) -> [u8; KEY_ID_LENGTH] {
        let kind = [SignatureType::Ed25519 as u8];
        let hash = sha256(&[self.name.as_bytes(), b"\n", &kind, &self.public]);
        let [a, b, c, d, ..] = hash.0;
        [a, b, c, d]
    }

    pub(super) fn accepts(&self, text: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.public).verify(text, signature).is_ok()
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let raw = [&[SignatureType::Ed25519 as u8][..], &self.public].concat();
        let id = hex::encode(self.key_id());
        write!(f, "{}+{id}+{}", self.name, BASE64_STANDARD.encode(raw))
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for VerifyingKey {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Base64 may hold "+", the other two parts may not.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(ParseKeyError::Form);
        };
        let raw = BASE64_STANDARD.decode(encoded).map_err(|_| ParseKeyError::Form)?;
        let (kind, public) = raw.split_first().ok_or(ParseKeyError::Form)?;
        if SignatureType::from_byte(*kind) != Some(SignatureType::Ed25519) {
            return Err(ParseKeyError::Type(*kind));
        }
        let key = Self::new(name, public.try_into().map_err(|_| ParseKeyError::Form)?)?;
        // Also refuses an id in upper case.
        if hex::encode(key.key_id()) == id { Ok(key) } else { Err(ParseKeyError::Id) }
    }
}

/// A key or its text is not usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseKeyError {
    /// Not `name+id+base64` with a key of the right length.
    #[error("a note key is written NAME+ID+BASE64")]
    Form,
    /// The id does not belong to this name and key: one of the three was mistyped.
    #[error("the note key's id does not belong to its name and key")]
    Id,
    /// The cryptographic library refuses the seed.
    #[error("the seed is not usable as an Ed25519 key")]
    Key,
    /// Empty, or with a plus sign, white space or a control character.
    #[error("a key name is not empty and has no plus sign, white space or control character")]
    Name,
    /// A signature type other than Ed25519.
    #[error("the note key is of type {0:#04x}, not Ed25519")]
    Type(u8),
}

/// Whether `name` can name a key: not empty, neither Unicode space nor plus (C2SP signed-note,
/// "Signatures"), and no control character, which a note could not carry.
#[must_use]
pub fn is_key_name(name: &str) -> bool {
    let forbidden = |c: char| c == '+' || c.is_whitespace() || c.is_control();
    !name.is_empty() && !name.contains(forbidden)
}
