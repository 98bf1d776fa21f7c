//! X25519 (RFC 7748): the half of the sealing that is not post-quantum.

use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use zeroize::Zeroizing;

/// Bytes of a public key, of a secret, and of what two of them agree on.
pub(super) const KEY: usize = 32;

/// A public key: any 32 bytes, since X25519 knows no others. Whether it has low order shows when a
/// secret meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ExchangePublic(pub(super) [u8; KEY]);

/// A secret with its public key. The library wipes it when it is dropped.
#[derive(Debug)]
pub(super) struct ExchangeSecret {
    key: PrivateKey,
    public: ExchangePublic,
}

impl ExchangeSecret {
    /// The secret of 32 bytes, of which X25519 fixes five bits itself.
    pub(super) fn new(secret: &[u8; KEY]) -> Self {
        let key = PrivateKey::from_private_key(&X25519, secret).expect("any 32 bytes are a secret");
        let public = key.compute_public_key().expect("the public key was made with the secret");
        let public = public.as_ref().try_into().expect("a public key of X25519 has 32 bytes");
        Self { key, public: ExchangePublic(public) }
    }

    pub(super) fn public(&self) -> ExchangePublic {
        self.public
    }

    /// What both sides agree on, or nothing where `theirs` has low order: then it would be zero
    /// under every secret, and known to everybody.
    pub(super) fn agree(&self, theirs: ExchangePublic) -> Option<Zeroizing<[u8; KEY]>> {
        let theirs = UnparsedPublicKey::new(&X25519, theirs.0);
        agree(&self.key, theirs, (), |shared| shared.try_into().map(Zeroizing::new).map_err(drop))
            .ok()
    }
}

impl ExchangePublic {
    /// Whether secrets agree on anything with this key.
    pub(super) fn is_contributory(self) -> bool {
        // Points of low order go to zero under every secret, so any secret finds them.
        ExchangeSecret::new(&[1; KEY]).agree(self).is_some()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use x25519_dalek::{PublicKey, StaticSecret};

    use super::*;

    proptest! {
        #[test]
        fn a_second_implementation_agrees(ours: [u8; KEY], theirs: [u8; KEY]) {
            let (mine, other) = (ExchangeSecret::new(&ours), StaticSecret::from(ours));
            prop_assert_eq!(mine.public().0, PublicKey::from(&other).to_bytes());
            let shared = other.diffie_hellman(&PublicKey::from(theirs));
            let agreed = mine.agree(ExchangePublic(theirs));
            prop_assert_eq!(agreed.map(|agreed| *agreed), Some(shared.to_bytes()));
        }
    }

    #[test]
    fn keys_of_low_order_agree_on_nothing() {
        let prime_less_one = [&[0xec][..], &[0xff; 30], &[0x7f]].concat().try_into().unwrap();
        for point in [[0; KEY], std::array::from_fn(|i| u8::from(i == 0)), prime_less_one] {
            assert!(!ExchangePublic(point).is_contributory(), "{point:?}");
            assert!(ExchangeSecret::new(&[7; KEY]).agree(ExchangePublic(point)).is_none());
        }
        assert!(ExchangeSecret::new(&[7; KEY]).public().is_contributory());
    }
}
