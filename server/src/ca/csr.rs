//! What is taken from a certificate request (PKCS #10, RFC 2986): a public key, and nothing else.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use rcgen::SubjectPublicKeyInfo;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_SIG_ECDSA_WITH_SHA256,
};
use x509_parser::prelude::FromDer;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo as Presented};

/// Longest request in bytes; one for P-256 with an ordinary name has about 300.
pub const MAX_CSR_BYTES: usize = 4_096;

/// `AlgorithmIdentifier` of ecdsa-with-SHA256, which has no parameters (RFC 5758, section 3.2).
const ECDSA_WITH_SHA256: [u8; 12] = [0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// An uncompressed point (SEC 1, section 2.3.3): 0x04 and two coordinates.
const POINT_BYTES: usize = 65;

/// A P-256 public key whose holder signed a request with it. Names, usages and dates that the
/// request asked for are gone: they are the exchange's to say.
#[derive(Debug, PartialEq, Eq)]
pub struct RequestedKey(SubjectPublicKeyInfo);

/// A certificate request that gets no certificate: the applicant's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsrError {
    /// Not signed with the key that it names.
    #[error("the certificate request is not signed with its own key")]
    BadSignature,
    /// Not a request in DER, or with bytes after it.
    #[error("the certificate request is unreadable")]
    Malformed,
    /// A key of another sort than ECDSA P-256, or signed otherwise than with SHA-256.
    #[error("the certificate request is for {found}, not for ECDSA P-256 with SHA-256")]
    NotP256 {
        /// The algorithm, by name where we know it, else as an object identifier.
        found: String,
    },
    /// Longer than [`MAX_CSR_BYTES`].
    #[error("the certificate request has more than {MAX_CSR_BYTES} bytes")]
    TooLong,
}

impl RequestedKey {
    /// Checks a request in DER.
    ///
    /// # Errors
    /// [`CsrError`], by cause.
    pub fn from_csr(der: &[u8]) -> Result<Self, CsrError> {
        if der.len() > MAX_CSR_BYTES {
            return Err(CsrError::TooLong);
        }
        let (rest, request) =
            X509CertificationRequest::from_der(der).map_err(|_| CsrError::Malformed)?;
        if !rest.is_empty() {
            return Err(CsrError::Malformed);
        }
        let info = &request.certification_request_info;
        let point = p256_point(&info.subject_pki)?;
        if request.signature_algorithm.algorithm != OID_SIG_ECDSA_WITH_SHA256 {
            return Err(not_p256(&request.signature_algorithm));
        }
        // What stands around the signed part is under no signature: only its one DER is taken.
        if canonical(info.raw, &request.signature_value.data) != der {
            return Err(CsrError::Malformed);
        }
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point)
            .verify(info.raw, &request.signature_value.data)
            .map_err(|_| CsrError::BadSignature)?;
        SubjectPublicKeyInfo::from_der(info.subject_pki.raw)
            .map(Self)
            .map_err(|_| CsrError::Malformed)
    }

    pub(super) fn as_public_key(&self) -> &SubjectPublicKeyInfo {
        &self.0
    }
}

/// The request as DER (X.690, section 10) writes it around `info`.
fn canonical(info: &[u8], signature: &[u8]) -> Vec<u8> {
    let signature = element(0x03, &[&[0], signature].concat());
    element(0x30, &[info, &ECDSA_WITH_SHA256, &signature].concat())
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let zeros = length.iter().take_while(|byte| **byte == 0).count();
    let length = length.get(zeros..).unwrap_or_default();
    let head = match length {
        [] => vec![tag, 0],
        [short @ 0..=0x7f] => vec![tag, *short],
        long => [&[tag, 0x80 | long.len() as u8], long].concat(),
    };
    [&head, content].concat()
}

fn p256_point<'a>(key: &'a Presented<'_>) -> Result<&'a [u8], CsrError> {
    let curve = key.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok());
    if key.algorithm.algorithm != OID_KEY_TYPE_EC_PUBLIC_KEY || curve != Some(OID_EC_P256) {
        return Err(not_p256(&key.algorithm));
    }
    let point: &[u8] = &key.subject_public_key.data;
    if point.len() != POINT_BYTES || point[0] != 4 {
        return Err(CsrError::NotP256 { found: "a P-256 key in another encoding".to_owned() });
    }
    Ok(point)
}

fn not_p256(algorithm: &AlgorithmIdentifier<'_>) -> CsrError {
    let curve = algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok());
    let oid = curve.as_ref().unwrap_or(&algorithm.algorithm).to_id_string();
    let known = match oid.as_str() {
        "1.2.840.113549.1.1.1" => "RSA",
        "1.2.840.10045.4.3.3" => "ECDSA with SHA-384",
        "1.2.840.10045.4.3.4" => "ECDSA with SHA-512",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        "1.3.132.0.34" => "ECDSA P-384",
        "1.3.132.0.35" => "ECDSA P-521",
        _ => return CsrError::NotP256 { found: oid },
    };
    CsrError::NotP256 { found: known.to_owned() }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PublicKeyData};

    use super::*;

    fn request(algorithm: &'static rcgen::SignatureAlgorithm) -> (KeyPair, Vec<u8>) {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let names = vec!["admin.example".to_owned()];
        let csr = CertificateParams::new(names).unwrap().serialize_request(&key).unwrap();
        (key, csr.der().to_vec())
    }

    #[test]
    fn the_key_of_a_p256_request_is_kept() {
        let (key, csr) = request(&rcgen::PKCS_ECDSA_P256_SHA256);
        let kept = RequestedKey::from_csr(&csr).unwrap();
        assert_eq!(kept.as_public_key().subject_public_key_info(), key.subject_public_key_info());
    }

    #[test]
    fn other_keys_are_refused_by_name() {
        for (algorithm, name) in [
            (&rcgen::PKCS_ED25519, "Ed25519"),
            (&rcgen::PKCS_ECDSA_P384_SHA384, "ECDSA P-384"),
            (&rcgen::PKCS_ECDSA_P521_SHA512, "ECDSA P-521"),
        ] {
            let (_, csr) = request(algorithm);
            let refused = RequestedKey::from_csr(&csr);
            assert_eq!(refused, Err(CsrError::NotP256 { found: name.to_owned() }));
        }
    }

    #[test]
    fn another_digest_is_refused_by_name() {
        let (_, mut csr) = request(&rcgen::PKCS_ECDSA_P256_SHA256);
        let sha256 = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
        let at = csr.windows(sha256.len()).position(|bytes| bytes == sha256).unwrap();
        csr[at + sha256.len() - 1] = 3;
        let found = "ECDSA with SHA-384".to_owned();
        assert_eq!(RequestedKey::from_csr(&csr), Err(CsrError::NotP256 { found }));
    }

    #[test]
    fn no_changed_bit_and_no_cut_passes() {
        let (_, csr) = request(&rcgen::PKCS_ECDSA_P256_SHA256);
        RequestedKey::from_csr(&csr).unwrap();
        for at in 0..csr.len() {
            for bit in 0..8 {
                let mut changed = csr.clone();
                changed[at] ^= 1 << bit;
                assert!(RequestedKey::from_csr(&changed).is_err(), "byte {at}, bit {bit}");
            }
            assert_eq!(RequestedKey::from_csr(&csr[..at]), Err(CsrError::Malformed));
        }
        let mut longer = csr;
        longer.push(0);
        assert_eq!(RequestedKey::from_csr(&longer), Err(CsrError::Malformed));
    }

    #[test]
    fn the_length_has_an_edge() {
        assert_eq!(RequestedKey::from_csr(&[0; MAX_CSR_BYTES]), Err(CsrError::Malformed));
        assert_eq!(RequestedKey::from_csr(&[0; MAX_CSR_BYTES + 1]), Err(CsrError::TooLong));
    }
}
