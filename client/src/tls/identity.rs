//! This terminal's own certificate.

use rcgen::{CertificateParams, DistinguishedName, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// The terminal's (or administrator's) certificate and its key.
#[derive(Debug)]
pub struct ClientIdentity {
    /// The certificate, then what issued it.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its private key.
    pub key: PrivateKeyDer<'static>,
}

impl ClientIdentity {
    /// From a certificate chain and a PKCS #8 key (RFC 5958), all DER.
    #[must_use]
    pub fn from_der(chain: impl IntoIterator<Item = Vec<u8>>, key: &[u8]) -> Self {
        let chain = chain.into_iter().map(CertificateDer::from).collect();
        Self { chain, key: PrivateKeyDer::Pkcs8(key.to_vec().into()) }
    }
}

impl Clone for ClientIdentity {
    fn clone(&self) -> Self {
        Self { chain: self.chain.clone(), key: self.key.clone_key() }
    }
}

/// A new key and the request for its certificate.
#[derive(Debug)]
pub struct CertificateRequest {
    /// PKCS #8 (RFC 5958), DER: into the vault.
    pub key: Zeroizing<Vec<u8>>,
    /// PKCS #10 (RFC 2986), DER: to the exchange.
    pub csr: Vec<u8>,
}

/// Makes an ECDSA P-256 key and a certificate request for it (P-256 because other programs' TLS
/// takes no Ed25519 certificates).
///
/// The request names nobody: the exchange writes the name that the key's owner was admitted under.
///
/// # Errors
/// The cryptographic library failed (no randomness).
pub fn csr() -> Result<CertificateRequest, Failure> {
    let make = || {
        let pair = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        let csr = params.serialize_request(&pair)?.der().to_vec();
        Ok(CertificateRequest { key: Zeroizing::new(pair.serialize_der()), csr })
    };
    make().map_err(|error: rcgen::Error| Failure::fault("certificate request").because(error))
}

#[cfg(test)]
mod tests {
    use x509_parser::prelude::{FromDer, X509CertificationRequest};

    use super::*;

    #[test]
    fn the_request_is_signed_and_names_nobody() {
        let request = csr().unwrap();
        let (rest, parsed) = X509CertificationRequest::from_der(&request.csr).unwrap();
        assert!(rest.is_empty());
        assert_eq!(parsed.certification_request_info.subject.iter().count(), 0);
        let again = rcgen::CertificateSigningRequestParams::from_der(&request.csr.into()).unwrap();
        let pair = KeyPair::try_from(request.key.as_slice()).unwrap();
        assert_eq!(
            rcgen::PublicKeyData::der_bytes(&again.public_key),
            rcgen::PublicKeyData::der_bytes(&pair)
        );
        assert_ne!(csr().unwrap().key, request.key);
    }
}
