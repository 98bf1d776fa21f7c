//! The public side: whom something is sealed to.

use std::fmt;
use std::str::FromStr;

use age_core::format::{FileKey, Stanza};
use bech32::Hrp;
use ml_kem::EncodedSizeUser;
use ml_kem::kem::Encapsulate;
use rand::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use super::bech32::{KeyTextError, decode, encode};
use super::exchange::{ExchangePublic, ExchangeSecret, KEY};
use super::hybrid::{ENCAPSULATION_KEY, Encapsulation, EncapsulationKey, combine, wrap};

const PREFIX: Hrp = Hrp::parse_unchecked("age1pq");

/// A public key to seal to, written `age1pq1…`, 1,959 characters (C2SP age).
///
/// Both its halves are valid keys: text that holds anything else is refused.
#[derive(Clone)]
pub struct SealingRecipient {
    kem: Box<EncapsulationKey>,
    exchange: ExchangePublic,
}

impl SealingRecipient {
    pub(super) fn new(kem: EncapsulationKey, exchange: ExchangePublic) -> Self {
        Self { kem: Box::new(kem), exchange }
    }

    /// The stanza that carries `file_key` to this recipient, or nothing where the recipient's
    /// X25519 key has low order.
    pub(super) fn wrap_key(
        &self,
        file_key: &FileKey,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Option<Stanza> {
        let (ciphertext, kem) = self.kem.encapsulate(rng).ok()?;
        let kem = Zeroizing::new(<[u8; KEY]>::from(kem));
        let mut ephemeral = Zeroizing::new([0; KEY]);
        rng.fill_bytes(&mut *ephemeral);
        let ephemeral = ExchangeSecret::new(&ephemeral);
        let share = ephemeral.public();
        let exchanged = ephemeral.agree(self.exchange)?;
        let secret = combine(&*kem, &exchanged, share, self.exchange);
        Some(wrap(file_key, &secret, &Encapsulation { ciphertext, share }))
    }

    fn bytes(&self) -> Vec<u8> {
        [self.kem.as_bytes().as_slice(), &self.exchange.0].concat()
    }
}

impl fmt::Display for SealingRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode(PREFIX, &self.bytes()))
    }
}

/// The beginning and the end of the text: enough to tell recipients apart in a test's output.
impl fmt::Debug for SealingRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_string();
        write!(f, "SealingRecipient({}…{})", &text[..15], &text[text.len() - 8..])
    }
}

impl PartialEq for SealingRecipient {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for SealingRecipient {}

impl FromStr for SealingRecipient {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = decode(PREFIX, text)?;
        let (kem_bytes, exchange) =
            bytes.split_at_checked(ENCAPSULATION_KEY).ok_or(KeyTextError::Key)?;
        let exchange = <[u8; 32]>::try_from(exchange).map_err(|_| KeyTextError::Key)?;
        let encoded = kem_bytes.try_into().map_err(|_| KeyTextError::Key)?;
        let kem = EncapsulationKey::from_bytes(encoded);
        // The modulus check of FIPS 203, section 7.2, which the library leaves to its caller.
        if kem.as_bytes().as_slice() != kem_bytes {
            return Err(KeyTextError::Key);
        }
        let exchange = ExchangePublic(exchange);
        if !exchange.is_contributory() {
            return Err(KeyTextError::Key);
        }
        Ok(Self::new(kem, exchange))
    }
}
