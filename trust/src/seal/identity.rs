//! The secret side: what opens.

use std::fmt;
use std::str::FromStr;

use age_core::format::FileKey;
use bech32::Hrp;
use ml_kem::kem::Decapsulate;
use ml_kem::{KemCore, MlKem768};
use rand::{CryptoRng, RngCore};
use secrecy::SecretString;
use sha3::Shake256;
use sha3::digest::{ExtendableOutput, Update, XofReader};
use zeroize::{Zeroize, Zeroizing};

use super::OpenError;
use super::bech32::{KeyTextError, decode, encode};
use super::exchange::ExchangeSecret;
use super::hybrid::{DecapsulationKey, EncapsulationKey, WrappedKey, combine};
use super::recipient::SealingRecipient;

const PREFIX: Hrp = Hrp::parse_unchecked("age-secret-key-pq-");

/// A secret key that opens what is sealed to its [`SealingRecipient`], written
/// `AGE-SECRET-KEY-PQ-1…` (C2SP age). Never printed by accident, and wiped when dropped.
pub struct SealingIdentity {
    seed: Zeroizing<[u8; 32]>,
    kem: Box<DecapsulationKey>,
    kem_public: Box<EncapsulationKey>,
    exchange: ExchangeSecret,
}

impl SealingIdentity {
    /// Bytes of the seed that the whole identity grows from.
    pub const SEED_LENGTH: usize = 32;

    /// A new identity. `rng` is the operating system's generator except in tests.
    #[must_use]
    pub fn generate<R: RngCore + CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut seed = Zeroizing::new([0; Self::SEED_LENGTH]);
        rng.fill_bytes(&mut *seed);
        Self::from_seed(&seed)
    }

    /// The identity of a seed; the same seed always gives the same identity. X-Wing's key
    /// generation: SHAKE256 stretches the seed to ML-KEM's two seeds and the X25519 secret.
    #[must_use]
    pub fn from_seed(seed: &[u8; Self::SEED_LENGTH]) -> Self {
        let mut stretched = Zeroizing::new([[0_u8; 32]; 3]);
        let mut shake = Shake256::default();
        shake.update(seed);
        shake.finalize_xof().read(stretched.as_flattened_mut());
        let [d, z, x] = &*stretched;
        let (kem, kem_public) = MlKem768::generate_deterministic(d.into(), z.into());
        Self {
            seed: Zeroizing::new(*seed),
            kem: Box::new(kem),
            kem_public: Box::new(kem_public),
            exchange: ExchangeSecret::new(x),
        }
    }

    /// The seed, for a recovery sheet or a vault.
    #[must_use]
    pub fn seed(&self) -> &Zeroizing<[u8; Self::SEED_LENGTH]> {
        &self.seed
    }

    /// The public side.
    #[must_use]
    pub fn to_recipient(&self) -> SealingRecipient {
        SealingRecipient::new((*self.kem_public).clone(), self.exchange.public())
    }

    /// The secret's text, upper case as the specification writes it.
    #[must_use]
    pub fn secret_string(&self) -> SecretString {
        let mut text = encode(PREFIX, &*self.seed);
        text.make_ascii_uppercase();
        SecretString::from(text)
    }

    /// The file key that `wrapped` carries to this identity, or nothing where it is for another.
    pub(super) fn unwrap_key(&self, wrapped: &WrappedKey) -> Result<Option<FileKey>, OpenError> {
        let enc = &wrapped.enc;
        // No honest sender's share has low order.
        let exchanged = self.exchange.agree(enc.share).ok_or(OpenError::Malformed)?;
        // A ciphertext that is for another key decapsulates to a secret that opens nothing.
        let mut kem = self.kem.decapsulate(&enc.ciphertext).map_err(|()| OpenError::Malformed)?;
        let secret = combine(&kem, &exchanged, enc.share, self.exchange.public());
        kem.as_mut_slice().zeroize();
        Ok(wrapped.unwrap(&secret))
    }
}

impl fmt::Debug for SealingIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingIdentity").finish_non_exhaustive()
    }
}

impl FromStr for SealingIdentity {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.bytes().any(|b| b.is_ascii_lowercase()) {
            return Err(KeyTextError::Form);
        }
        let lower = Zeroizing::new(text.to_ascii_lowercase());
        let bytes = decode(PREFIX, &lower)?;
        let seed = bytes.as_slice().try_into().map_err(|_| KeyTextError::Key)?;
        Ok(Self::from_seed(seed))
    }
}
