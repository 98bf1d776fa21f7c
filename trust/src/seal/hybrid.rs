//! The `mlkem768x25519` stanza: HPKE (RFC 9180) in its base mode with the KEM MLKEM768-X25519
//! ("X-Wing", draft-connolly-cfrg-xwing-kem), HKDF-SHA256 and ChaCha20-Poly1305, written out for
//! this one suite (C2SP age, "The hybrid post-quantum recipient type").

use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::secrecy::ExposeSecret;
use chacha20poly1305::{AeadInPlace, ChaCha20Poly1305, KeyInit, Tag};
use hkdf::{Hkdf, HkdfExtract};
use ml_kem::{KemCore, MlKem768};
use sha2::Sha256;
use sha3::{Digest, Sha3_256};
use zeroize::Zeroizing;

use super::OpenError;
use super::exchange::{ExchangePublic, KEY};
use super::header::decode;

pub(super) type EncapsulationKey = <MlKem768 as KemCore>::EncapsulationKey;
pub(super) type DecapsulationKey = <MlKem768 as KemCore>::DecapsulationKey;

/// The stanza's type.
pub(super) const TAG: &str = "mlkem768x25519";

/// Bytes of an ML-KEM-768 encapsulation key (FIPS 203, table 3).
pub(super) const ENCAPSULATION_KEY: usize = 1184;

/// Bytes of an ML-KEM-768 ciphertext.
const CIPHERTEXT: usize = 1088;

/// Bytes that authenticate the file key.
const MAC: usize = 16;

/// What binds the keys to age (C2SP age).
const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";

/// "HPKE", the KEM 0x647a, the KDF HKDF-SHA256 and the AEAD ChaCha20Poly1305 (RFC 9180, section 7).
const SUITE: &[u8] = b"HPKE\x64\x7a\x00\x01\x00\x03";

/// The label of X-Wing's combiner, a picture of an X-wing.
const XWING_LABEL: &[u8] = br"\.//^\";

/// Both halves of the KEM's ciphertext, "enc" in HPKE.
pub(super) struct Encapsulation {
    pub(super) ciphertext: ml_kem::Ciphertext<MlKem768>,
    pub(super) share: ExchangePublic,
}

/// A file key as one stanza carries it.
pub(super) struct WrappedKey {
    pub(super) enc: Encapsulation,
    body: [u8; FILE_KEY_BYTES + MAC],
}

impl WrappedKey {
    /// Reads a stanza of this type: one argument of the right length, a body of the right length.
    /// The length of the body keeps one stanza from holding keys for several readers.
    pub(super) fn parse(stanza: &Stanza) -> Result<Self, OpenError> {
        let [argument] = stanza.args.as_slice() else { return Err(OpenError::Malformed) };
        let enc = decode(argument)?;
        let (ciphertext, share) = enc.split_at_checked(CIPHERTEXT).ok_or(OpenError::Malformed)?;
        Ok(Self {
            enc: Encapsulation {
                ciphertext: ciphertext.try_into().map_err(|_| OpenError::Malformed)?,
                share: ExchangePublic(share.try_into().map_err(|_| OpenError::Malformed)?),
            },
            body: stanza.body.as_slice().try_into().map_err(|_| OpenError::Malformed)?,
        })
    }

    /// The file key, or nothing where the secret is not this stanza's.
    pub(super) fn unwrap(&self, secret: &[u8; KEY]) -> Option<FileKey> {
        let (cipher, nonce) = key_schedule(secret);
        let (text, tag) = self.body.split_at(FILE_KEY_BYTES);
        FileKey::try_init_with_mut(|key| {
            key.copy_from_slice(text);
            cipher.decrypt_in_place_detached(&nonce.into(), b"", key, Tag::from_slice(tag))
        })
        .ok()
    }
}

/// The stanza that carries `file_key` under the KEM's secret.
pub(super) fn wrap(file_key: &FileKey, secret: &[u8; KEY], enc: &Encapsulation) -> Stanza {
    use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
    let (cipher, nonce) = key_schedule(secret);
    let mut body = file_key.expose_secret().to_vec();
    let tag = cipher
        .encrypt_in_place_detached(&nonce.into(), b"", &mut body)
        .expect("16 bytes are far below the cipher's limit");
    body.extend(tag);
    let enc = [enc.ciphertext.as_slice(), &enc.share.0].concat();
    Stanza { tag: TAG.to_owned(), args: vec![BASE64_STANDARD_NO_PAD.encode(enc)], body }
}

/// X-Wing's combiner: SHA3-256 over both secrets and the X25519 half of the exchange. The ML-KEM
/// half needs no place in it: its own secret binds it.
pub(super) fn combine(
    kem: &[u8],
    exchange: &[u8; KEY],
    share: ExchangePublic,
    public: ExchangePublic,
) -> Zeroizing<[u8; KEY]> {
    let mut hash = Sha3_256::new();
    for part in [kem, exchange, &share.0, &public.0, XWING_LABEL] {
        hash.update(part);
    }
    Zeroizing::new(hash.finalize().into())
}

/// `KeySchedule` of RFC 9180, section 5.1, in mode base; the sequence number is always 0, so the
/// base nonce is the nonce.
fn key_schedule(secret: &[u8; KEY]) -> (ChaCha20Poly1305, [u8; 12]) {
    let (psk_id_hash, _) = labeled_extract(b"", b"psk_id_hash", b"");
    let (info_hash, _) = labeled_extract(b"", b"info_hash", INFO);
    let context = [&[0][..], &psk_id_hash, &info_hash].concat();
    let (_, prk) = labeled_extract(secret, b"secret", b"");
    let key = Zeroizing::new(labeled_expand::<KEY>(&prk, b"key", &context));
    let nonce = labeled_expand(&prk, b"base_nonce", &context);
    (ChaCha20Poly1305::new((&*key).into()), nonce)
}

/// RFC 9180, section 4.
fn labeled_extract(salt: &[u8], label: &[u8], ikm: &[u8]) -> ([u8; KEY], Hkdf<Sha256>) {
    let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
    for part in [b"HPKE-v1", SUITE, label, ikm] {
        extract.input_ikm(part);
    }
    let (prk, hkdf) = extract.finalize();
    (prk.into(), hkdf)
}

/// RFC 9180, section 4. `N` is at most 32 here.
fn labeled_expand<const N: usize>(prk: &Hkdf<Sha256>, label: &[u8], info: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    let length = (N as u16).to_be_bytes();
    prk.expand_multi_info(&[&length, b"HPKE-v1", SUITE, label, info], &mut out)
        .expect("a key and a nonce are below HKDF's limit of 8,160 bytes");
    out
}
