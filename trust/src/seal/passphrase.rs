//! Small secrets under a passphrase: age's `scrypt` recipient type, in armor, so that the file can
//! be looked at and copied as text.

use std::io::{Read, Write};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::{DecryptError, Identity, scrypt};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{OpenError, SealError, file};

/// The binary logarithm of scrypt's cost for new files: 128 MiB of memory and about half a second.
pub const DEFAULT_WORK_FACTOR: u8 = 17;

/// The highest work factor that is made or opened: 1 GiB of memory and several seconds.
pub const MAX_WORK_FACTOR: u8 = 20;

/// The longest armored file, in bytes. A vault's key has about 300.
pub const MAX_ARMORED: usize = 64 * 1024;

/// The stanza's type.
const TAG: &str = "scrypt";

/// Seals `secret` under `passphrase` as armored text that ends in LF.
///
/// `work_factor` is [`DEFAULT_WORK_FACTOR`] except in tests.
///
/// # Errors
///
/// [`SealError::WorkFactor`] unless it is 1 to [`MAX_WORK_FACTOR`]; [`SealError::TooLarge`] where
/// the text would be longer than [`MAX_ARMORED`].
pub fn seal_with_passphrase(
    passphrase: &SecretString,
    work_factor: u8,
    secret: &[u8],
) -> Result<String, SealError> {
    if !(1..=MAX_WORK_FACTOR).contains(&work_factor) {
        return Err(SealError::WorkFactor);
    }
    let mut recipient = scrypt::Recipient::new(passphrase.clone());
    recipient.set_work_factor(work_factor);
    let armored = armor(&file::seal(&recipient, secret)?);
    if armored.len() > MAX_ARMORED { Err(SealError::TooLarge) } else { Ok(armored) }
}

/// Opens what [`seal_with_passphrase`] made, where its plaintext has at most `limit` bytes.
///
/// # Errors
///
/// [`OpenError::NotForTheseKeys`] where the passphrase is wrong, [`OpenError::TooMuchWork`] where
/// the file asks for more than [`MAX_WORK_FACTOR`], and the others as they say.
pub fn open_with_passphrase(
    passphrase: &SecretString,
    armored: &str,
    limit: usize,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let sealed = dearmor(armored)?;
    let file = file::SealedFile::parse(&sealed, limit)?;
    // The specification wants the stanza alone: nothing else may share a passphrase's file.
    let [stanza] = file.stanzas() else { return Err(OpenError::Malformed) };
    if stanza.tag != TAG {
        return Err(OpenError::Malformed);
    }
    let mut identity = scrypt::Identity::new(passphrase.clone());
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    match identity.unwrap_stanza(stanza) {
        Some(Ok(file_key)) => file.open(&file_key),
        // Matched, never printed: the library's message for this one overflows on fast machines.
        Some(Err(DecryptError::ExcessiveWork { required, .. })) => {
            Err(OpenError::TooMuchWork { asked: required })
        }
        Some(Err(DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed)) => {
            Err(OpenError::NotForTheseKeys)
        }
        Some(Err(_)) | None => Err(OpenError::Malformed),
    }
}

pub(super) fn armor(sealed: &[u8]) -> String {
    let written = ArmoredWriter::wrap_output(Vec::new(), Format::AsciiArmor)
        .and_then(|mut writer| writer.write_all(sealed).and_then(|()| writer.finish()))
        .expect("a vector takes every write");
    String::from_utf8(written).expect("armor is ASCII")
}

/// Reads armor in its one spelling: LF, no white space around it.
fn dearmor(armored: &str) -> Result<Vec<u8>, OpenError> {
    if armored.len() > MAX_ARMORED {
        return Err(OpenError::Malformed);
    }
    let mut sealed = Vec::new();
    ArmoredReader::new(armored.as_bytes())
        .read_to_end(&mut sealed)
        .map_err(|_| OpenError::Malformed)?;
    if armor(&sealed) == armored { Ok(sealed) } else { Err(OpenError::Malformed) }
}
