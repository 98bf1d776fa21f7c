//! The certificate in an identity: how long it is good for, and for which key.

use rcgen::{KeyPair, PublicKeyData};
use tsumugu_trust::value::Time;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::TlsCredentials;

/// A certificate is renewed when less than one part of so many of its validity is left.
pub const RENEWAL_PARTS: i64 = 3;

/// Whether a certificate is to be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Not for a while.
    NotYet,
    /// Less than a third of its validity is left; it still serves.
    Soon,
    /// It has ended, by this PC's clock.
    Ended,
}

impl TlsCredentials {
    /// Whether the certificate is to be renewed now. One that cannot be read is, soon: the exchange says
    /// whether it still takes it.
    #[must_use]
    pub fn due(&self, now: Time) -> Due {
        let Some(leaf) = self.leaf() else { return Due::Soon };
        let (from, until) =
            (leaf.validity().not_before.timestamp(), leaf.validity().not_after.timestamp());
        let now = i64::try_from(now.0 / 1_000).unwrap_or(i64::MAX);
        let left = until.saturating_sub(now);
        match left {
            ..0 => Due::Ended,
            _ if left.saturating_mul(RENEWAL_PARTS) < until.saturating_sub(from) => Due::Soon,
            _ => Due::NotYet,
        }
    }

    /// Whether the certificate is for the key beside it.
    #[must_use]
    pub fn fits(&self) -> bool {
        let key = KeyPair::try_from(self.key.0.as_slice());
        let key = key.map(|key| key.subject_public_key_info());
        self.leaf().is_some_and(|leaf| key.is_ok_and(|key| leaf.public_key().raw == key))
    }

    fn leaf(&self) -> Option<X509Certificate<'_>> {
        let (rest, leaf) = X509Certificate::from_der(&self.chain.first()?.0).ok()?;
        rest.is_empty().then_some(leaf)
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, PKCS_ECDSA_P256_SHA256, date_time_ymd};

    use super::*;

    /// From 2027-01-01 to 2027-04-01, 90 days, under a key of its own.
    fn credentials() -> TlsCredentials {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut params = CertificateParams::default();
        params.not_before = date_time_ymd(2027, 1, 1);
        params.not_after = date_time_ymd(2027, 4, 1);
        let certificate = params.self_signed(&key).unwrap();
        TlsCredentials::new(&key.serialize_der(), &[certificate.der()])
    }

    #[test]
    fn it_is_renewed_when_less_than_a_third_is_left() {
        let credentials = credentials();
        let at = |time: &str| credentials.due(time.parse().unwrap());
        assert_eq!(at("2026-12-31T00:00:00.000Z"), Due::NotYet);
        assert_eq!(at("2027-03-02T00:00:00.000Z"), Due::NotYet);
        assert_eq!(at("2027-03-02T00:00:01.000Z"), Due::Soon);
        assert_eq!(at("2027-04-01T00:00:00.999Z"), Due::Soon);
        assert_eq!(at("2027-04-01T00:00:01.000Z"), Due::Ended);
        let unreadable = TlsCredentials::new(b"key", &[b"certificate"]);
        assert_eq!(unreadable.due(Time(0)), Due::Soon);
    }

    #[test]
    fn a_certificate_for_another_key_does_not_fit() {
        let (one, other) = (credentials(), credentials());
        assert!(one.fits());
        let swapped = TlsCredentials { key: other.key, chain: one.chain };
        assert!(!swapped.fits());
        assert!(!TlsCredentials::new(b"key", &[b"certificate"]).fits());
    }
}
