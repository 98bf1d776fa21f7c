//! The connection to the exchange: TLS 1.3 (RFC 8446) with X25519MLKEM768, and nothing else.
//!
//! [`connect`] gives the channel; [`ServerTrust`] says how the exchange is recognised; every way in
//! which it can fail is a [`TlsFailure`] that says who is at fault.

mod dial;
mod failure;
mod identity;
mod verifier;

use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::time_provider::TimeProvider;
use rustls_pki_types::{ServerName, UnixTime};
use tonic::transport::{Channel, Endpoint};
use tsumugu_durable::clock::Clock;

pub use failure::TlsFailure;
pub use identity::{CertificateRequest, ClientIdentity, csr};

use dial::Dialer;

/// From the look-up of the name to the end of the TLS handshake.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A silent connection is asked for a sign of life so often: routers forget idle ones after a minute.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);

/// Without that sign of life for so long, the connection counts as broken.
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// HTTP/2 window of one stream, in bytes: 64 KiB, the default, is slow on long lines.
pub const STREAM_WINDOW: u32 = 1024 * 1024;

/// HTTP/2 window of the connection, in bytes.
pub const CONNECTION_WINDOW: u32 = 4 * 1024 * 1024;

/// How the exchange is recognised.
#[derive(Debug, Clone)]
pub enum ServerTrust {
    /// By its issuing CA, whose certificate it has to send.
    Pinned {
        /// CA pins (`docs/FORMATS.md`, section 5), from the trust list or an authentic document.
        ca_pins: Vec<[u8; 32]>,
    },
    /// Not at all, and only to fetch the invitation document: its MAC under the code's secret says
    /// whether it is authentic, and it holds the pins. Nothing else may be asked or told over such
    /// a connection; it is closed, and the next one is [`ServerTrust::Pinned`].
    BlindUntilDocument,
}

/// Connects to the exchange.
///
/// `address` is `HOST:PORT` or `HOST` (port 443); `origin` is the log's origin, whose host part has
/// to be in the exchange's certificate. The channel connects again by itself, with the same checks,
/// when the connection breaks. Calls set their own deadlines.
///
/// # Errors
/// See [`TlsFailure`]. A certificate that the exchange refuses is an error here, not at the first
/// call: the first bytes of the exchange are awaited.
pub async fn connect(
    address: &str,
    origin: &str,
    trust: &ServerTrust,
    identity: Option<ClientIdentity>,
    clock: Arc<dyn Clock>,
) -> Result<Channel, TlsFailure> {
    let host = host_of(origin);
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| TlsFailure::BadAddress { address: host.to_owned() })?;
    let config = client_config(host, trust, identity, clock)?;
    let dialer = Arc::new(Dialer::new(address, name, config, CONNECT_TIMEOUT)?);
    let connector = tower::service_fn(move |_| {
        let dialer = Arc::clone(&dialer);
        async move { dialer.dial().await.map(TokioIo::new) }
    });
    let failed = |error: tonic::transport::Error| {
        TlsFailure::cause_of(&error).unwrap_or_else(|| TlsFailure::Network {
            address: address.to_owned(),
            detail: error.to_string(),
        })
    };
    endpoint(host).map_err(failed)?.connect_with_connector(connector).await.map_err(failed)
}

/// The cryptography of both ends: nothing is installed for the process, and the classical groups
/// are left out, so that what is recorded today stays closed to a quantum computer.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    let kx_groups = vec![aws_lc_rs::kx_group::X25519MLKEM768];
    Arc::new(CryptoProvider { kx_groups, ..aws_lc_rs::default_provider() })
}

/// The host part of an origin (`docs/FORMATS.md`, section 1).
fn host_of(origin: &str) -> &str {
    origin.split_once('/').map_or(origin, |(host, _)| host)
}

fn endpoint(host: &str) -> Result<Endpoint, tonic::transport::Error> {
    // The connector brings TLS; were the scheme https, tonic would ask for its own. The request's
    // scheme and authority are those of the origin, whatever the address.
    let mut endpoint = Endpoint::from_shared(format!("http://{host}"))?
        .user_agent(concat!("tsumugu/", env!("CARGO_PKG_VERSION")))?
        .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW);
    if let Ok(origin) = format!("https://{host}").parse() {
        endpoint = endpoint.origin(origin);
    }
    Ok(endpoint)
}

fn client_config(
    host: &str,
    trust: &ServerTrust,
    identity: Option<ClientIdentity>,
    clock: Arc<dyn Clock>,
) -> Result<Arc<rustls::ClientConfig>, TlsFailure> {
    let own = |error: rustls::Error| TlsFailure::OwnCertificate { detail: error.to_string() };
    let provider = provider();
    let verifier = verifier::for_trust(trust, host, &provider);
    let builder = rustls::ClientConfig::builder_with_details(provider, Arc::new(ClockTime(clock)))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(own)?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match identity {
        Some(ClientIdentity { chain, key }) => {
            builder.with_client_auth_cert(chain, key).map_err(own)?
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    // A resumed session would skip the checks of both certificates.
    config.resumption = Resumption::disabled();
    Ok(Arc::new(config))
}

/// Our clock as rustls asks for it.
#[derive(Debug)]
struct ClockTime(Arc<dyn Clock>);

impl TimeProvider for ClockTime {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_millis(self.0.now_ms())))
    }
}

#[cfg(test)]
mod tests;
