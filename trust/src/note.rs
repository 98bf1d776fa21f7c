//! Signed notes: text, an empty line, signature lines (C2SP signed-note 1.0.0).
//!
//! ```text
//! text, every line ended by LF
//! <empty line>
//! — key-name base64(4-byte key id || signature)
//! ```
//!
//! The text ends at the last empty line and holds its own final LF: that is what is signed.

mod keys;

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};

pub use keys::{ParseKeyError, SignatureType, SigningKey, VerifyingKey, is_key_name};

/// The largest note that is read, in bytes, signature lines included.
pub const MAX_NOTE: usize = 1 << 20;

/// The most signature lines that a note may carry. The specification demands at least 16.
pub const MAX_SIGNATURES: usize = 100;

/// What begins a signature line: an em dash (U+2014) and a space.
const SIGNATURE_PREFIX: &str = "\u{2014} ";

/// Bytes of key id before each signature.
const KEY_ID_LENGTH: usize = 4;

/// A well-formed note. Nothing is said about its signatures until [`Note::verify`] has said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// A note that nobody has signed yet.
    ///
    /// # Errors
    ///
    /// [`NoteError`] where `text` is longer than [`MAX_NOTE`], does not end in LF, or holds another
    /// ASCII control character.
    pub fn new(text: impl Into<String>) -> Result<Self, NoteError> {
        let text = text.into();
        if text.len() > MAX_NOTE {
            return Err(NoteError::TooLong);
        }
        if has_control_character(&text) {
            return Err(NoteError::ControlCharacter);
        }
        if !text.ends_with('\n') {
            return Err(NoteError::TextEnd);
        }
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Reads a note, strictly: whatever is accepted is what [`Note::encode`] gives back.
    ///
    /// # Errors
    ///
    /// [`NoteError`] says which rule is broken. A note without any signature line is refused.
    pub fn parse(bytes: impl AsRef<[u8]>) -> Result<Self, NoteError> {
        let bytes = bytes.as_ref();
        if bytes.len() > MAX_NOTE {
            return Err(NoteError::TooLong);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteError::NotUtf8)?;
        let cut = whole.rfind("\n\n").ok_or(NoteError::NoSignatures)?;
        let mut note = Self::new(&whole[..=cut])?;
        let lines = &whole[cut + 2..];
        if lines.is_empty() {
            return Err(NoteError::NoSignatures);
        }
        for line in lines.split_inclusive('\n') {
            note.add(NoteSignature::parse(line)?)?;
        }
        Ok(note)
    }

    /// Adds a signature line after those that are there.
    ///
    /// # Errors
    ///
    /// [`NoteError::TooManySignatures`] beyond [`MAX_SIGNATURES`], [`NoteError::TooLong`] beyond
    /// [`MAX_NOTE`].
    pub fn add(&mut self, signature: NoteSignature) -> Result<(), NoteError> {
        if self.signatures.len() == MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        let lines: usize = self.signatures.iter().map(NoteSignature::encoded_length).sum();
        if self.text.len() + 1 + lines + signature.encoded_length() > MAX_NOTE {
            return Err(NoteError::TooLong);
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// Signs the text and adds the line.
    ///
    /// # Errors
    ///
    /// As [`Note::add`].
    pub fn sign(&mut self, key: &SigningKey) -> Result<(), NoteError> {
        self.add(key.sign(&self.text))
    }

    /// Brings the signature lines into the order of their key names, byte by byte.
    pub fn sort_signatures(&mut self) {
        self.signatures.sort_by(|a, b| (&a.name, a.key_id).cmp(&(&b.name, b.key_id)));
    }

    /// What is signed; ends in LF.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines in their order.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The note as it travels; the same as its `Display`.
    #[must_use]
    pub fn encode(&self) -> String {
        self.to_string()
    }

    /// Checks the signature of one known key.
    ///
    /// Lines of other keys are ignored, also those that bear this name with another key id: they
    /// may be of a [`SignatureType`] that this reader does not check.
    ///
    /// # Errors
    ///
    /// [`VerifyError::NotSigned`] where no line is this key's; [`VerifyError::BadSignature`] where
    /// one is and fails. The latter condemns the note whatever else it carries.
    pub fn verify<'a>(&'a self, key: &'a VerifyingKey) -> Result<VerifiedNote<'a>, VerifyError> {
        let id = key.key_id();
        let mut signed = false;
        for line in self.signatures.iter().filter(|s| s.key_id == id && s.name == key.name()) {
            if !key.accepts(self.text.as_bytes(), &line.signature) {
                return Err(VerifyError::BadSignature { name: key.name().to_owned() });
            }
            signed = true;
        }
        if signed { Ok(VerifiedNote { note: self, key }) } else { Err(VerifyError::NotSigned) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|s| writeln!(f, "{s}"))
    }
}

/// One signature line, not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    name: String,
    key_id: [u8; KEY_ID_LENGTH],
    signature: Vec<u8>,
}

impl NoteSignature {
    /// The name of the key that is said to have signed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The short id that tells keys of one name apart. Not a fingerprint: 32 bits.
    #[must_use]
    pub fn key_id(&self) -> [u8; KEY_ID_LENGTH] {
        self.key_id
    }

    /// The signature's bytes; their meaning depends on the key's [`SignatureType`].
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Bytes of the line with its LF.
    fn encoded_length(&self) -> usize {
        let base64 = (KEY_ID_LENGTH + self.signature.len()).div_ceil(3) * 4;
        SIGNATURE_PREFIX.len() + self.name.len() + 1 + base64 + 1
    }

    fn parse(line: &str) -> Result<Self, NoteError> {
        let line = line.strip_suffix('\n').ok_or(NoteError::SignatureLine)?;
        let line = line.strip_prefix(SIGNATURE_PREFIX).ok_or(NoteError::SignatureLine)?;
        let (name, encoded) = line.split_once(' ').ok_or(NoteError::SignatureLine)?;
        if !is_key_name(name) {
            return Err(NoteError::SignatureLine);
        }
        // The decoder demands padding and zero bits at the end: one spelling for one signature.
        let raw = BASE64_STANDARD.decode(encoded).map_err(|_| NoteError::SignatureLine)?;
        match raw.split_first_chunk::<KEY_ID_LENGTH>() {
            Some((id, signature)) if !signature.is_empty() => {
                Ok(Self { name: name.to_owned(), key_id: *id, signature: signature.to_vec() })
            }
            _ => Err(NoteError::SignatureLine),
        }
    }
}

/// The line without its LF.
impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let raw = [&self.key_id[..], &self.signature].concat();
        write!(f, "{SIGNATURE_PREFIX}{} {}", self.name, BASE64_STANDARD.encode(raw))
    }
}

/// A note that one known key has signed. Only [`Note::verify`] makes it.
#[derive(Debug, Clone, Copy)]
pub struct VerifiedNote<'a> {
    note: &'a Note,
    key: &'a VerifyingKey,
}

impl<'a> VerifiedNote<'a> {
    /// The text that the key has signed.
    #[must_use]
    pub fn text(&self) -> &'a str {
        &self.note.text
    }

    /// The note, with lines of other keys that nobody may have checked.
    #[must_use]
    pub fn note(&self) -> &'a Note {
        self.note
    }

    /// The key that has signed.
    #[must_use]
    pub fn key(&self) -> &'a VerifyingKey {
        self.key
    }
}

/// The bytes are not a note (C2SP signed-note, "Format").
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// An ASCII control character other than LF.
    #[error("the note holds a control character other than the line feed")]
    ControlCharacter,
    /// No empty line, or nothing after it.
    #[error("the note carries no signature line")]
    NoSignatures,
    /// Not UTF-8.
    #[error("the note is not UTF-8")]
    NotUtf8,
    /// A line after the last empty line is not a signature line in its one spelling.
    #[error("the note has a malformed signature line")]
    SignatureLine,
    /// The text does not end in LF.
    #[error("the note's text does not end in a line feed")]
    TextEnd,
    /// More than [`MAX_NOTE`] bytes.
    #[error("the note is longer than {MAX_NOTE} bytes")]
    TooLong,
    /// More than [`MAX_SIGNATURES`] signature lines.
    #[error("the note carries more than {MAX_SIGNATURES} signatures")]
    TooManySignatures,
}

/// The note is not signed as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// A line of a known key holds a signature that this key did not make.
    #[error("the signature of {name} on the note is wrong")]
    BadSignature {
        /// The key's name.
        name: String,
    },
    /// No line is of a known key.
    #[error("the note is not signed by the expected key")]
    NotSigned,
}

/// ASCII control characters as the specification counts them: below U+0020, LF excepted.
fn has_control_character(text: &str) -> bool {
    text.bytes().any(|b| b < 0x20 && b != b'\n')
}

#[cfg(test)]
mod tests;
