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

use super::TlsFailure;

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
    name: ServerName<'static>,
    connector: TlsConnector,
    patience: Duration,
}

impl Dialer {
    pub(super) fn new(
        address: &str,
        name: ServerName<'static>,
        config: Arc<ClientConfig>,
        patience: Duration,
    ) -> Result<Self, TlsFailure> {
        let bad = || TlsFailure::BadAddress { address: address.to_owned() };
        let (host, port) = parse_address(address).ok_or_else(bad)?;
        let address = address.to_owned();
        let host = host.to_owned();
        Ok(Self { address, host, port, name, connector: config.into(), patience })
    }

    pub(super) async fn dial(&self) -> Result<TlsStream<TcpStream>, TlsFailure> {
        let stream = timeout(self.patience, self.handshake());
        let mut stream = match stream.await {
            Ok(stream) => stream?,
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

    async fn handshake(&self) -> Result<TlsStream<TcpStream>, TlsFailure> {
        let unknown =
            |detail: String| TlsFailure::NameNotFound { address: self.address.clone(), detail };
        let addresses = tokio::net::lookup_host((self.host.as_str(), self.port));
        let addresses = addresses.await.map_err(|error| unknown(error.to_string()))?;
        let mut last = unknown(String::from("no address"));
        for address in addresses {
            match TcpStream::connect(address).await {
                Ok(stream) => {
                    stream.set_nodelay(true).map_err(|error| self.failed(&error))?;
                    let stream = self.connector.connect(self.name.clone(), stream);
                    return stream.await.map_err(|error| self.failed(&error));
                }
                Err(error) => last = self.failed(&error),
            }
        }
        Err(last)
    }

    fn failed(&self, error: &io::Error) -> TlsFailure {
        TlsFailure::from_io(error, &self.address, &self.name.to_str())
    }
}

/// Whether bytes came (and stay to be read), rather than the end.
async fn has_bytes(stream: &mut TlsStream<TcpStream>) -> io::Result<bool> {
    poll_fn(|context| {
        Pin::new(&mut *stream).poll_fill_buf(context).map_ok(|bytes| !bytes.is_empty())
    })
    .await
}

/// `HOST`, `HOST:PORT`, `[IPv6]` or `[IPv6]:PORT`.
fn parse_address(address: &str) -> Option<(&str, u16)> {
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
        None => Some((host, DEFAULT_PORT)),
        Some(port) => Some((host, Some(port).filter(digits)?.parse().ok().filter(|&p| p > 0)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_host_and_port() {
        assert_eq!(parse_address("a.example"), Some(("a.example", 443)));
        assert_eq!(parse_address("a.example:8443"), Some(("a.example", 8443)));
        assert_eq!(parse_address("127.0.0.1:1"), Some(("127.0.0.1", 1)));
        assert_eq!(parse_address("[::1]:65535"), Some(("::1", 65535)));
        assert_eq!(parse_address("[::1]"), Some(("::1", 443)));
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
            assert_eq!(parse_address(bad), None, "{bad}");
        }
        assert!(parse_address(&"a".repeat(253)).is_some());
        assert!(parse_address(&"a".repeat(254)).is_none());
    }
}
