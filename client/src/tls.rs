//! The connection to the exchange: TLS 1.3 (RFC 8446) with X25519MLKEM768, and nothing else.
//!
//! [`connect`] gives the channel; [`ServerTrust`] says how the exchange is recognised; every way in
//! which it can fail is a [`TlsFailure`] that says who is at fault.

mod dial;
mod failure;
mod identity;
mod proxy;
mod race;
mod traffic;
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
pub use proxy::{MAX_PROXY_URL, Proxy};
pub use traffic::Traffic;

use dial::Dialer;
pub(crate) use dial::host_and_port;

/// For each of: the look-up of the name and the connection, the proxy's answer, the TLS handshake. A
/// handshake has 8 KiB, and a line that loses packets sends some of them thrice.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// A silent connection is asked for a sign of life so often: routers forget idle ones after a minute.
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);

/// Without that sign of life for so long, the connection counts as broken. On a line of 64 kbit/s it
/// stands behind what is on the way: 64 seconds of [`CONNECTION_WINDOW`].
pub const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(90);

/// HTTP/2 window of one stream, in bytes: 64 KiB, the default, is slow on long lines.
pub const STREAM_WINDOW: u32 = 256 * 1024;

/// HTTP/2 window of the connection, in bytes. More would pile up before a slow line, and signs of life
/// behind it.
pub const CONNECTION_WINDOW: u32 = 512 * 1024;

/// The way to an exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// `HOST:PORT` or `HOST` (port 443); an IPv6 address stands in brackets.
    pub address: String,
    /// The proxy that leads there; none when the way is straight.
    pub proxy: Option<Proxy>,
}

impl Way {
    /// Straight to an address.
    #[must_use]
    pub fn straight(address: &str) -> Self {
        Self { address: address.to_owned(), proxy: None }
    }
}

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

/// Connects straight to the exchange: see [`connect_by`].
///
/// # Errors
/// As [`connect_by`].
pub async fn connect(
    address: &str,
    origin: &str,
    trust: &ServerTrust,
    identity: Option<ClientIdentity>,
    clock: Arc<dyn Clock>,
) -> Result<Channel, TlsFailure> {
    let way = Way::straight(address);
    let connected = connect_by(&way, origin, trust, identity, clock).await;
    connected.map(|(channel, _)| channel)
}

/// Connects to the exchange; gives the channel, and what it moves.
///
/// `origin` is the log's origin, whose host part has to be in the exchange's certificate. The channel connects again by itself, with the same checks,
/// when the connection breaks. Calls set their own deadlines.
///
/// # Errors
/// See [`TlsFailure`]. A certificate that the exchange refuses is an error here, not at the first
/// call: the first bytes of the exchange are awaited.
pub async fn connect_by(
    way: &Way,
    origin: &str,
    trust: &ServerTrust,
    identity: Option<ClientIdentity>,
    clock: Arc<dyn Clock>,
) -> Result<(Channel, Arc<Traffic>), TlsFailure> {
    let host = host_of(origin);
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| TlsFailure::BadAddress { address: host.to_owned() })?;
    let config = client_config(host, trust, identity, clock)?;
    let dialer = Arc::new(Dialer::new(way, name, config, CONNECT_TIMEOUT)?);
    let traffic = dialer.traffic();
    let connector = tower::service_fn(move |_| {
        let dialer = Arc::clone(&dialer);
        async move { dialer.dial().await.map(TokioIo::new) }
    });
    let failed = |error: tonic::transport::Error| {
        TlsFailure::cause_of(&error).unwrap_or_else(|| TlsFailure::Network {
            address: way.address.clone(),
            detail: error.to_string(),
        })
    };
    let channel = endpoint(host).map_err(failed)?.connect_with_connector(connector).await;
    Ok((channel.map_err(failed)?, traffic))
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
    // As it stands in a URL (RFC 3986, section 3.2.2).
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
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
