//! Whether the other end is the exchange.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, PeerIncompatible, RootCertStore,
    SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tsumugu_trust::hash::sha256;

use super::{ServerTrust, TlsFailure};

pub(super) fn for_trust(
    trust: &ServerTrust,
    host: &str,
    provider: &Arc<CryptoProvider>,
) -> Arc<dyn ServerCertVerifier> {
    let pins = match trust {
        ServerTrust::Pinned { ca_pins } => Some(ca_pins.clone()),
        ServerTrust::BlindUntilDocument => None,
    };
    Arc::new(Verifier { pins, host: host.to_owned(), provider: Arc::clone(provider) })
}

#[derive(Debug)]
struct Verifier {
    /// `None`: take any certificate. An empty list takes none.
    pins: Option<Vec<[u8; 32]>>,
    host: String,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(pins) = &self.pins else { return Ok(ServerCertVerified::assertion()) };
        let mut roots = RootCertStore::empty();
        for certificate in intermediates.iter().filter(|certificate| is_pinned(certificate, pins)) {
            roots.add(certificate.clone().into_owned())?;
        }
        if roots.is_empty() {
            return Err(not_pinned(&self.host, end_entity));
        }
        WebPkiServerVerifier::builder_with_provider(roots.into(), Arc::clone(&self.provider))
            .build()
            .map_err(|error| Error::General(error.to_string()))?
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::ServerDoesNotSupportTls12Or13.into())
    }

    /// Also where any certificate is taken: the other end has to hold its key.
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// The longest name of an issuer that is shown, in characters.
const MAX_ISSUER: usize = 200;

/// CA pin = SHA-256 of the DER certificate (`docs/FORMATS.md`, section 5).
fn is_pinned(certificate: &CertificateDer<'_>, pins: &[[u8; 32]]) -> bool {
    pins.contains(sha256(&[certificate]).as_bytes())
}

fn not_pinned(host: &str, end_entity: &CertificateDer<'_>) -> Error {
    let issuer = match x509_parser::parse_x509_certificate(end_entity) {
        // Shown to a person, as a stranger wrote it.
        Ok((_, certificate)) => {
            let issuer = certificate.issuer().to_string();
            issuer.chars().filter(|c| !c.is_control()).take(MAX_ISSUER).collect()
        }
        Err(_) => String::from("?"),
    };
    let failure = TlsFailure::NotPinned { host: host.to_owned(), issuer };
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(failure))))
}
