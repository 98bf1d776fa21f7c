//! From an address to a stream on which the exchange has spoken.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::io::AsyncBufRead;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::proxy::{self, Proxy};
use super::race;
use super::traffic::{Counted, Traffic};
use super::{TlsFailure, Way};

/// The port of an address that names none: the one that hospitals' firewalls leave open.
pub(super) const DEFAULT_PORT: u16 = 443;

/// How long the exchange has for its first bytes after the handshake. An exchange that waits for
/// ours is not at fault, so that silence is no error.
const FIRST_BYTES: Duration = Duration::from_secs(3);

/// Knows whom to reach and how to recognise it.
pub(super) struct Dialer {
    address: String,
    host: String,
    port: u16,
    proxy: Option<Proxy>,
    name: ServerName<'static>,
    connector: TlsConnector,
    patience: Duration,
    traffic: Arc<Traffic>,
}

impl Dialer {
    /// `patience` is for each step: reaching the other end, the proxy's answer, the handshake.
    pub(super) fn new(
        way: &Way,
        name: ServerName<'static>,
        config: Arc<ClientConfig>,
        patience: Duration,
    ) -> Result<Self, TlsFailure> {
        let bad = || TlsFailure::BadAddress { address: way.address.clone() };
        let (host, port) = host_and_port(&way.address).ok_or_else(bad)?;
        Ok(Self {
            address: way.address.clone(),
            host: host.to_owned(),
            port,
            proxy: way.proxy.clone(),
            name,
            connector: config.into(),
            patience,
            traffic: Arc::default(),
        })
    }

    /// What all its connections move.
    pub(super) fn traffic(&self) -> Arc<Traffic> {
        Arc::clone(&self.traffic)
    }

    pub(super) async fn dial(&self) -> Result<TlsStream<Counted>, TlsFailure> {
        let stream = match &self.proxy {
            None => self.reach().await?,
            Some(proxy) => self.through(proxy).await?,
        };
        let stream = Counted::new(stream, self.traffic());
        let shaken = timeout(self.patience, self.connector.connect(self.name.clone(), stream));
        let mut stream = match shaken.await {
            Ok(stream) => stream.map_err(|error| self.failed(&error))?,
            Err(_) => return Err(TlsFailure::TimedOut { address: self.address.clone() }),
        };
        // TLS 1.3: a server that refuses our certificate says so only after our side of the
        // handshake is done (RFC 8446, section 4.4.3). An HTTP/2 server speaks first (RFC 9113,
        // section 3.4), so its first bytes show that it took us; they stay in the stream.
        if let Ok(first) = timeout(FIRST_BYTES, has_bytes(&mut stream)).await
            && !first.map_err(|error| self.failed(&error))?
        {
            return Err(self.failed(&io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(stream)
    }

    async fn reach(&self) -> Result<TcpStream, TlsFailure> {
        let address = || self.address.clone();
        match timeout(self.patience, open(&self.host, self.port)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(Unopened::Unknown(detail))) => {
                Err(TlsFailure::NameNotFound { address: address(), detail })
            }
            Ok(Err(Unopened::Failed(error))) => Err(self.failed(&error)),
            Err(_) => Err(TlsFailure::TimedOut { address: address() }),
        }
    }

    /// The proxy looks up the exchange's name: a hospital's network may not know it.
    async fn through(&self, proxy: &Proxy) -> Result<TcpStream, TlsFailure> {
        let failed =
            |detail: String| TlsFailure::ProxyNotReached { proxy: proxy.to_string(), detail };
        let late = || failed(String::from("timed out"));
        let opened = timeout(self.patience, open(proxy.host(), proxy.port())).await;
        let stream = opened.map_err(|_| late())?.map_err(|error| match error {
            Unopened::Unknown(detail) => failed(detail),
            Unopened::Failed(error) => failed(error.to_string()),
        })?;
        let target = match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        };
        let asked = timeout(self.patience, proxy::connect(proxy, &stream, &target)).await;
        asked.map_err(|_| late())??;
        Ok(stream)
    }

    fn failed(&self, error: &io::Error) -> TlsFailure {
        TlsFailure::from_io(error, &self.address, &self.name.to_str())
    }
}

/// Why a host was not reached.
enum Unopened {
    /// Its name is not known; the system's words.
    Unknown(String),
    Failed(io::Error),
}

async fn open(host: &str, port: u16) -> Result<TcpStream, Unopened> {
    let found = tokio::net::lookup_host((host, port)).await;
    let addresses: Vec<_> = found.map_err(|error| Unopened::Unknown(error.to_string()))?.collect();
    if addresses.is_empty() {
        return Err(Unopened::Unknown(String::from("no address")));
    }
    race::connect(addresses).await.map_err(Unopened::Failed)
}

/// Whether bytes came (and stay to be read), rather than the end.
async fn has_bytes(stream: &mut TlsStream<Counted>) -> io::Result<bool> {
    poll_fn(|context| {
        Pin::new(&mut *stream).poll_fill_buf(context).map_ok(|bytes| !bytes.is_empty())
    })
    .await
}

/// `HOST`, `HOST:PORT`, `[IPv6]` or `[IPv6]:PORT`; without a port, 443.
pub(crate) fn host_and_port(address: &str) -> Option<(&str, u16)> {
    parse_host_and_port(address).map(|(host, port)| (host, port.unwrap_or(DEFAULT_PORT)))
}

/// The same, with the port where one is named.
pub(super) fn parse_host_and_port(address: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
        }
        None => match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
    if host.is_empty() || host.len() > 253 || !host.bytes().all(plain) {
        return None;
    }
    let digits = |port: &&str| port.bytes().all(|byte| byte.is_ascii_digit());
    match port {
        None => Some((host, None)),
        Some(port) => {
            let port = Some(port).filter(digits)?.parse().ok().filter(|&port| port > 0)?;
            Some((host, Some(port)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_host_and_port() {
        assert_eq!(host_and_port("a.example"), Some(("a.example", 443)));
        assert_eq!(host_and_port("a.example:8443"), Some(("a.example", 8443)));
        assert_eq!(host_and_port("127.0.0.1:1"), Some(("127.0.0.1", 1)));
        assert_eq!(host_and_port("[::1]:65535"), Some(("::1", 65535)));
        assert_eq!(host_and_port("[::1]"), Some(("::1", 443)));
        for bad in [
            "",
            ":443",
            "a:",
            "a:0",
            "a:65536",
            "a:+1",
            "a:1:2",
            "::1",
            "[::1",
            "[a]:1",
            "[::1]1",
            "https://a",
            "a b",
            "a/b",
            "[]:1",
        ] {
            assert_eq!(host_and_port(bad), None, "{bad}");
        }
        assert!(host_and_port(&"a".repeat(253)).is_some());
        assert!(host_and_port(&"a".repeat(254)).is_none());
    }
}
