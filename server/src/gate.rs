//! Who is at the other end: asked at the handshake, and again at every request.
//!
//! One HTTP/2 connection lives for days, and a certificate may end meanwhile. So the check that
//! opened the connection is run again, on the chain that was shown then, before each answer.
//! Whether the party is *admitted* is not asked here: that is what the log says.

mod failure;
mod incoming;
mod leaving;
mod passed;

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, OtherError, PeerIncompatible,
    RootCertStore, SignatureScheme,
};
use tonic::transport::server::TlsConnectInfo;
use x509_parser::extensions::GeneralName;

pub use self::incoming::{ACCEPT_PAUSE, Doorway, GatedStream, HANDSHAKE_LIMIT, Peer, incoming};
use self::passed::{Passed, Window};
use crate::party::{Party, PartyError};
use crate::tls;

/// Checks client certificates against the issuing CAs of the trust list.
pub struct Gate {
    origin: String,
    provider: Arc<CryptoProvider>,
    path: ArcSwap<PathCheck>,
}

/// A party whose certificate passed the gate at the time of a request. Only the gate makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AuthenticatedParty {
    party: Party,
    /// The last millisecond of the certificate's validity.
    until_ms: u64,
}

/// Why a certificate does not pass.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// Its last day is over: the terminal asks for a new one with its own key.
    #[error("the certificate has expired")]
    Expired,
    /// Its first day is still to come: a wrong clock, here or where it was issued.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// No issuing CA of this exchange has signed it.
    #[error("the certificate was not issued by this exchange")]
    UnknownIssuer,
    /// Issued by this exchange, but not for a client.
    #[error("the certificate is not for clients")]
    WrongPurpose,
    /// An empty chain.
    #[error("there is no certificate")]
    NoCertificate,
    /// It has no URI as a name.
    #[error("the certificate has no SPIFFE name")]
    NoName,
    /// It names a party of another exchange.
    #[error("the certificate names a party of another exchange ({origin})")]
    ForeignOrigin {
        /// The other exchange's origin.
        origin: String,
    },
    /// It is not readable, has more than one URI, or one that is no party's name.
    #[error("the certificate is malformed, or its name is")]
    Malformed,
}

/// The issuing CAs cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    /// One of them is not a certificate.
    #[error("a certificate of an issuing CA is unreadable")]
    Unreadable(#[source] rustls::Error),
    /// There is none.
    #[error("no issuing CA")]
    Unusable(#[source] VerifierBuilderError),
}

impl Gate {
    /// A gate for the parties of `origin`, with certificates issued by one of `roots`.
    ///
    /// # Errors
    /// [`RootsError`]: no root, or one that is not a certificate.
    pub fn new(
        origin: impl Into<String>,
        roots: &[CertificateDer<'_>],
    ) -> Result<Arc<Self>, RootsError> {
        let provider = tls::provider();
        let path = ArcSwap::from_pointee(PathCheck::new(roots, &provider)?);
        Ok(Arc::new(Self { origin: origin.into(), provider, path }))
    }

    /// Trusts these issuing CAs, and no others, from the next handshake and the next request on.
    ///
    /// # Errors
    /// As [`Self::new`]; then the old ones stay.
    pub fn replace_roots(&self, roots: &[CertificateDer<'_>]) -> Result<(), RootsError> {
        self.path.store(Arc::new(PathCheck::new(roots, &self.provider)?));
        Ok(())
    }

    /// Checks a chain, leaf first: issuer, time, purpose and name (RFC 5280 section 6, RFC 9618;
    /// SPIFFE X509-SVID section 5). The first and the last second of validity are in.
    ///
    /// # Errors
    /// [`GateError`], by cause.
    pub fn authenticate(
        &self,
        chain: &[CertificateDer<'_>],
        now_ms: u64,
    ) -> Result<AuthenticatedParty, GateError> {
        let (leaf, rest) = chain.split_first().ok_or(GateError::NoCertificate)?;
        self.check(leaf, rest, tls::unix_time(now_ms))
    }

    /// [`Self::authenticate`] for a request that came through [`incoming`]; `None` when its
    /// connection was opened without a certificate.
    ///
    /// # Errors
    /// [`GateError`], by cause.
    pub fn identify(
        &self,
        extensions: &http::Extensions,
        now_ms: u64,
    ) -> Result<Option<AuthenticatedParty>, GateError> {
        extensions
            .get::<Peer>()
            .map(|peer| &peer.tls)
            .and_then(TlsConnectInfo::peer_certs)
            .map(|chain| self.authenticate(&chain, now_ms))
            .transpose()
    }

    fn check(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<AuthenticatedParty, GateError> {
        let path = self.path.load();
        let chain = || std::iter::once(leaf).chain(rest);
        let digest = passed::digest(chain());
        if let Some(party) = path.passed.get(&digest, now.as_secs()) {
            return Ok(party);
        }
        path.verifier.verify_client_cert(leaf, rest, now).map_err(cause)?;
        let party = party_in(leaf, &self.origin)?;
        if let Some(window) = Window::of(chain()) {
            path.passed.put(digest, party, window);
        }
        Ok(party)
    }
}

impl ClientCertVerifier for Gate {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        // A hint helps clients with certificates of several exchanges to choose; ours have one.
        &[]
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        rest: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.check(leaf, rest, now)
            .map(|_| ClientCertVerified::assertion())
            .map_err(|error| alert(error).into())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(PeerIncompatible::Tls12NotOfferedOrEnabled.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.path.load().verifier.verify_tls13_signature(message, leaf, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl AuthenticatedParty {
    /// Who it is.
    #[must_use]
    pub fn party(&self) -> Party {
        self.party
    }

    /// The last millisecond at which its certificate is valid: a stream ends then, as a request
    /// would be refused.
    #[must_use]
    pub fn until_ms(&self) -> u64 {
        self.until_ms
    }
}

/// webpki's path check over one set of roots, and what passed it.
struct PathCheck {
    verifier: Arc<dyn ClientCertVerifier>,
    passed: Passed,
}

impl PathCheck {
    fn new(
        roots: &[CertificateDer<'_>],
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, RootsError> {
        let mut store = RootCertStore::empty();
        for root in roots {
            store.add(root.clone().into_owned()).map_err(RootsError::Unreadable)?;
        }
        WebPkiClientVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider))
            .build()
            .map(|verifier| Self { verifier, passed: Passed::default() })
            .map_err(RootsError::Unusable)
    }
}

fn party_in(leaf: &CertificateDer<'_>, origin: &str) -> Result<AuthenticatedParty, GateError> {
    let (_, certificate) =
        x509_parser::parse_x509_certificate(leaf).map_err(|_| GateError::Malformed)?;
    let names = certificate
        .subject_alternative_name()
        .map_err(|_| GateError::Malformed)?
        .ok_or(GateError::NoName)?;
    let mut uris = names.value.general_names.iter().filter_map(|name| match name {
        GeneralName::URI(uri) => Some(*uri),
        _ => None,
    });
    let uri = uris.next().ok_or(GateError::NoName)?;
    if uris.next().is_some() {
        return Err(GateError::Malformed);
    }
    let party = Party::from_spiffe_id(uri, origin).map_err(|error| match error {
        PartyError::ForeignOrigin { origin } => GateError::ForeignOrigin { origin },
        PartyError::Malformed => GateError::Malformed,
    })?;
    let last_second = u64::try_from(certificate.validity().not_after.timestamp()).unwrap_or(0);
    Ok(AuthenticatedParty { party, until_ms: last_second.saturating_mul(1_000) + 999 })
}

fn cause(error: rustls::Error) -> GateError {
    use CertificateError as Certificate;
    let rustls::Error::InvalidCertificate(error) = error else { return GateError::Malformed };
    match error {
        Certificate::Expired | Certificate::ExpiredContext { .. } => GateError::Expired,
        Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => GateError::NotYetValid,
        // Signed by another key than the issuer's, or by a sort of key that the issuer is not.
        Certificate::UnknownIssuer
        | Certificate::BadSignature
        | Certificate::UnsupportedSignatureAlgorithmContext { .. }
        | Certificate::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            GateError::UnknownIssuer
        }
        Certificate::InvalidPurpose | Certificate::InvalidPurposeContext { .. } => {
            GateError::WrongPurpose
        }
        _ => GateError::Malformed,
    }
}

/// The error whose TLS alert (RFC 8446 section 6.2) tells the client what to do about it.
fn alert(error: GateError) -> CertificateError {
    match error {
        GateError::Expired => CertificateError::Expired,
        GateError::NotYetValid => CertificateError::NotValidYet,
        GateError::UnknownIssuer => CertificateError::UnknownIssuer,
        GateError::WrongPurpose => CertificateError::InvalidPurpose,
        GateError::NoCertificate
        | GateError::NoName
        | GateError::ForeignOrigin { .. }
        | GateError::Malformed => CertificateError::Other(OtherError(Arc::new(error))),
    }
}
