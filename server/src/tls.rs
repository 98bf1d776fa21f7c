//! TLS 1.3 (RFC 8446) with the hybrid key exchange X25519MLKEM768, and nothing else.
//!
//! What is recorded on the wire today must not be readable by tomorrow's quantum computer, so a
//! peer that cannot do the hybrid exchange is refused, not served with less.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::time_provider::TimeProvider;
use tsumugu_durable::clock::Clock;

use crate::gate::Gate;

/// The only protocol above TLS: HTTP/2, by its ALPN name (RFC 7301, RFC 9113 section 3.2).
pub const ALPN: &[u8] = b"h2";

/// Algorithms of AWS-LC, cut down to TLS 1.3 and one key exchange.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites.retain(|suite| suite.tls13().is_some());
    provider.kx_groups = vec![aws_lc_rs::kx_group::X25519MLKEM768];
    Arc::new(provider)
}

/// Our clock, in the form in which TLS asks for the time.
#[must_use]
pub fn time_provider(clock: Arc<dyn Clock>) -> Arc<dyn TimeProvider> {
    Arc::new(ClockTime(clock))
}

/// How the exchange meets every connection.
///
/// A client certificate is asked for and not demanded: who is about to enrol has none, and is
/// answered by the enrolment service only, which is decided at each request. One that is shown
/// must pass `gate`, or the handshake fails.
///
/// # Errors
/// [`rustls::Error`] when the provider lacks TLS 1.3, which would be a fault of the build.
pub fn server_config(
    gate: Arc<Gate>,
    certificate: Arc<ServerCertificate>,
    clock: Arc<dyn Clock>,
) -> Result<Arc<ServerConfig>, rustls::Error> {
    let mut config = ServerConfig::builder_with_details(provider(), time_provider(clock))
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(gate)
        .with_cert_resolver(certificate);
    config.alpn_protocols = vec![ALPN.to_vec()];
    // A resumed session takes over the old certificate chain without asking the verifier, so a
    // client whose certificate has ended since would be let in. Both doors are shut: no tickets,
    // which the client would keep, and no cache, which we would.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(Arc::new(config))
}

/// The exchange's own certificate, which is renewed while connections are being accepted.
pub struct ServerCertificate(ArcSwap<CertifiedKey>);

impl ServerCertificate {
    /// Takes a chain, leaf first, and the key of the leaf.
    ///
    /// # Errors
    /// [`rustls::Error`]: the key is unreadable or not that of the leaf.
    pub fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Arc<Self>, rustls::Error> {
        let certified = CertifiedKey::from_der(chain, key, &provider())?;
        Ok(Arc::new(Self(ArcSwap::from_pointee(certified))))
    }

    /// Shows another chain from the next handshake on; open connections keep theirs.
    ///
    /// # Errors
    /// As [`Self::new`]; then the old one stays.
    pub fn replace(
        &self,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<(), rustls::Error> {
        self.0.store(Arc::new(CertifiedKey::from_der(chain, key, &provider())?));
        Ok(())
    }

    /// The leaf that is shown now; [`needs_renewal`](crate::ca::needs_renewal) asks for it.
    #[must_use]
    pub fn leaf(&self) -> Option<CertificateDer<'static>> {
        self.0.load().cert.first().cloned()
    }
}

impl ResolvesServerCert for ServerCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        // One certificate for every name asked for: which name is right is the client's to check.
        Some(self.0.load_full())
    }
}

impl fmt::Debug for ServerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerCertificate").finish_non_exhaustive()
    }
}

/// Milliseconds since 1970 as TLS counts them: in whole seconds.
pub(crate) fn unix_time(now_ms: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_millis(now_ms))
}

#[derive(Debug)]
struct ClockTime(Arc<dyn Clock>);

impl TimeProvider for ClockTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(unix_time(self.0.now_ms()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_the_hybrid_group_and_tls_1_3() {
        let provider = provider();
        let groups: Vec<_> = provider.kx_groups.iter().map(|group| group.name()).collect();
        assert_eq!(groups, [rustls::NamedGroup::X25519MLKEM768]);
        assert!(!provider.cipher_suites.is_empty());
        assert!(provider.cipher_suites.iter().all(|suite| suite.tls13().is_some()));
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        let ca = crate::ca::IssuingCa::create("exchange.test", 1_800_000_000_000).unwrap();
        let one = ca.issue_server(&[], 1_800_000_000_000).unwrap();
        let other = ca.issue_server(&[], 1_800_000_000_000).unwrap();
        assert!(ServerCertificate::new(one.chain, other.key).is_err());
    }

    #[test]
    fn both_doors_to_a_resumed_session_are_shut() {
        let ca = crate::ca::IssuingCa::create("exchange.test", 1_800_000_000_000).unwrap();
        let server = ca.issue_server(&[], 1_800_000_000_000).unwrap();
        let certificate = ServerCertificate::new(server.chain, server.key).unwrap();
        let gate = Gate::new("exchange.test", &[ca.certificate().clone()]).unwrap();
        let clock = tsumugu_durable::clock::ManualClock::at(0);
        let config = server_config(gate, certificate, clock).unwrap();
        assert_eq!(config.send_tls13_tickets, 0);
        assert!(!config.session_storage.can_cache());
        assert!(!config.ticketer.enabled());
        assert_eq!(config.max_early_data_size, 0);
    }
}
