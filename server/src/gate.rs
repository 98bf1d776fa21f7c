//! Who is at the other end: asked at the handshake, and again at every request.
//!
//! One HTTP/2 connection lives for days, and a certificate may end meanwhile. So the check that
//! opened the connection is run again, on the chain that was shown then, before each answer.
//! Whether the party is *admitted* is not asked here: that is what the log says.

mod failure;
mod incoming;
mod leaving;
mod passed;
pub mod revocation;
pub(crate) mod watch;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

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
use tokio::sync::watch as watch_channel;
use tonic::transport::server::TlsConnectInfo;
use x509_parser::extensions::GeneralName;

pub use self::incoming::{ACCEPT_PAUSE, Doorway, GatedStream, HANDSHAKE_LIMIT, Peer, incoming};
use self::passed::{Passed, Window};
use self::revocation::{RevocationError, RevocationLists};
use crate::party::{Party, PartyError};
use crate::tls;

/// Checks client certificates against the issuing CAs of the trust list.
pub struct Gate {
    origin: String,
    provider: Arc<CryptoProvider>,
    path: ArcSwap<PathCheck>,
    /// Counts the changes of what is let in, for streams that outlive a check.
    changes: watch_channel::Sender<u64>,
    /// Held while what is trusted changes, so that new roots and new lists cannot undo each other.
    changing: Mutex<()>,
}

/// A party whose certificate passed the gate at the time of a request. Only the gate makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AuthenticatedParty {
    party: Party,
    /// The last millisecond of the certificate's validity, and of the revocation list's.
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
    /// The operator's list says that it was revoked.
    #[error("the certificate was revoked")]
    Revoked,
    /// The operator's revocation list is out of date, or says nothing of this certificate's issuer.
    #[error("the exchange's revocation list has expired; its operator must renew it")]
    RevocationList,
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
        let roots = roots.iter().map(|root| root.clone().into_owned()).collect();
        let path = ArcSwap::from_pointee(PathCheck::new(roots, None, &provider)?);
        let changes = watch_channel::Sender::new(0);
        Ok(Arc::new(Self {
            origin: origin.into(),
            provider,
            path,
            changes,
            changing: Mutex::default(),
        }))
    }

    /// Trusts these issuing CAs, and no others, from the next handshake and the next request on.
    ///
    /// # Errors
    /// As [`Self::new`]; then the old ones stay.
    pub fn replace_roots(&self, roots: &[CertificateDer<'_>]) -> Result<(), RootsError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let roots = roots.iter().map(|root| root.clone().into_owned()).collect();
        self.put(PathCheck::new(roots, self.lists(), &self.provider)?);
        Ok(())
    }

    /// Refuses what these lists revoke, from the next handshake and the next request on, and
    /// everything once they have expired. Whoever holds a stream open learns of it: see
    /// [`Self::list_changes`]. Gives whether they are other ones than before.
    ///
    /// # Errors
    /// [`RevocationError`]: from the future, older than those in force, or expired while those are not;
    /// then those stay.
    pub fn replace_lists(
        &self,
        lists: RevocationLists,
        now_ms: u64,
    ) -> Result<bool, RevocationError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.path.load();
        if path.lists.as_ref() == Some(&lists) {
            return Ok(false);
        }
        lists.check_begun(now_ms)?;
        if let Some(before) = &path.lists {
            lists.check_follows(before, now_ms)?;
        }
        self.put(PathCheck::new(path.roots.clone(), Some(lists), &self.provider)?);
        Ok(true)
    }

    /// The issuing CAs that are trusted.
    #[must_use]
    pub fn roots(&self) -> Vec<CertificateDer<'static>> {
        self.path.load().roots.clone()
    }

    /// The revocation lists in force, where the operator has any.
    #[must_use]
    pub fn lists(&self) -> Option<RevocationLists> {
        self.path.load().lists.clone()
    }

    /// Changes when the roots or lists do: who was let in before has to be asked again.
    #[must_use]
    pub fn list_changes(&self) -> watch_channel::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The chains that passed under the old check are forgotten with it.
    fn put(&self, path: PathCheck) {
        self.path.store(Arc::new(path));
        self.changes.send_modify(|count| *count += 1);
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
        Self::shown(extensions).map(|chain| self.authenticate(&chain, now_ms)).transpose()
    }

    /// The chain that was shown when the connection of a request was opened.
    #[must_use]
    pub fn shown(extensions: &http::Extensions) -> Option<Arc<Vec<CertificateDer<'static>>>> {
        extensions.get::<Peer>().map(|peer| &peer.tls).and_then(TlsConnectInfo::peer_certs)
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
        let end = path.lists.as_ref().map(RevocationLists::next_update_s);
        let party = party_in(leaf, &self.origin)?.before(end);
        if let Some(window) = Window::of(chain()).map(|window| window.before(end)) {
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

    /// The last millisecond at which its certificate is valid and the revocation list counts: a stream
    /// asks again then, as a request would be refused.
    #[must_use]
    pub fn until_ms(&self) -> u64 {
        self.until_ms
    }

    /// Only before this second since 1970, where there is one.
    fn before(self, end_s: Option<i64>) -> Self {
        let end = |end_s| u64::try_from(end_s).unwrap_or(0).saturating_mul(1_000).saturating_sub(1);
        Self {
            until_ms: end_s.map_or(self.until_ms, |end_s| end(end_s).min(self.until_ms)),
            ..self
        }
    }
}

/// webpki's path check over one set of roots, and what passed it.
struct PathCheck {
    verifier: Arc<dyn ClientCertVerifier>,
    passed: Passed,
    roots: Vec<CertificateDer<'static>>,
    lists: Option<RevocationLists>,
}

impl PathCheck {
    fn new(
        roots: Vec<CertificateDer<'static>>,
        lists: Option<RevocationLists>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, RootsError> {
        let mut store = RootCertStore::empty();
        for root in &roots {
            store.add(root.clone()).map_err(RootsError::Unreadable)?;
        }
        // Without a list nothing is asked; with one, it counts until its end and for every certificate.
        WebPkiClientVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider))
            .with_crls(lists.iter().flat_map(RevocationLists::ders))
            .enforce_revocation_expiration()
            .build()
            .map(|verifier| Self { verifier, passed: Passed::default(), roots, lists })
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
        Certificate::Revoked => GateError::Revoked,
        Certificate::ExpiredRevocationList
        | Certificate::ExpiredRevocationListContext { .. }
        | Certificate::UnknownRevocationStatus => GateError::RevocationList,
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
        GateError::Revoked => CertificateError::Revoked,
        // Not "unknown CA", as is usual: the client would look for TLS inspection. "Access denied".
        GateError::RevocationList => CertificateError::ApplicationVerificationFailure,
        GateError::UnknownIssuer => CertificateError::UnknownIssuer,
        GateError::WrongPurpose => CertificateError::InvalidPurpose,
        GateError::NoCertificate
        | GateError::NoName
        | GateError::ForeignOrigin { .. }
        | GateError::Malformed => CertificateError::Other(OtherError(Arc::new(error))),
    }
}
