//! Asking a proxy for the way to the exchange.

use std::io;

use tokio::net::TcpStream;

use super::Proxy;
use crate::tls::TlsFailure;

/// The longest head of a proxy's answer, in bytes.
pub(crate) const MAX_HEAD: usize = 16 * 1024;

/// What a proxy's answer begins with.
const BEGINNING: &[u8] = b"HTTP/1.";

/// The longest reason that is shown of what a proxy says.
const MAX_REASON: usize = 80;

/// Has the proxy connect to `target`, `HOST:PORT`. What is said over the stream from then on goes to
/// the exchange.
pub(crate) async fn connect(
    proxy: &Proxy,
    stream: &TcpStream,
    target: &str,
) -> Result<(), TlsFailure> {
    let broken = |error: io::Error| TlsFailure::ProxyNotReached {
        proxy: proxy.to_string(),
        detail: error.to_string(),
    };
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    if let Some(authorization) = &proxy.authorization {
        request.push_str(&format!("Proxy-Authorization: {}\r\n", &**authorization));
    }
    let request = zeroize::Zeroizing::new(request + "\r\n");
    write(stream, request.as_bytes()).await.map_err(broken)?;
    let head = read_head(stream).await.map_err(broken)?;
    judge(proxy, &head.ok_or_else(|| not_a_proxy(proxy))?)
}

async fn write(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The answer up to its empty line; nothing where it is none. The exchange does not speak before us,
/// so that no byte of its own is taken along.
async fn read_head(stream: &TcpStream) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    let mut buffer = [0; 1_024];
    loop {
        stream.readable().await?;
        match stream.try_read(&mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => head.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        }
        let is_http = head.iter().zip(BEGINNING).all(|(one, other)| one == other);
        if !is_http || head.len() > MAX_HEAD {
            return Ok(None);
        }
        if head.windows(4).any(|end| end == b"\r\n\r\n") {
            return Ok(Some(head));
        }
    }
}

/// Whether the way is open.
fn judge(proxy: &Proxy, head: &[u8]) -> Result<(), TlsFailure> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let status = first.split(' ').nth(1).and_then(|status| status.parse::<u16>().ok());
    let status = status.ok_or_else(|| not_a_proxy(proxy))?;
    let shown = proxy.to_string();
    match status {
        200..300 if text.ends_with("\r\n\r\n") => Ok(()),
        // Words of nobody who has been asked for anything.
        200..300 => Err(not_a_proxy(proxy)),
        407 => {
            let asked: Vec<&str> = lines.filter_map(scheme).collect();
            let is_basic = asked.iter().any(|scheme| scheme.eq_ignore_ascii_case("basic"));
            Err(match &proxy.authorization {
                _ if !is_basic && !asked.is_empty() => {
                    TlsFailure::ProxyOtherLogin { proxy: shown, scheme: cleaned(&asked.join(", ")) }
                }
                None => TlsFailure::ProxyNeedsPassword { proxy: shown },
                Some(_) => TlsFailure::ProxyWrongPassword { proxy: shown },
            })
        }
        _ => {
            let said = first.split_once(' ').map_or("", |(_, said)| said);
            Err(TlsFailure::ProxyRefused { proxy: shown, status: cleaned(said) })
        }
    }
}

/// The scheme of a line `Proxy-Authenticate` (RFC 9110, section 11.7.1).
fn scheme(line: &str) -> Option<&str> {
    let (name, value) = line.split_once(':')?;
    let is_asked = name.eq_ignore_ascii_case("proxy-authenticate");
    value.split_whitespace().next().filter(|_| is_asked)
}

fn cleaned(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_REASON).collect()
}

fn not_a_proxy(proxy: &Proxy) -> TlsFailure {
    TlsFailure::NotAProxy { proxy: proxy.to_string() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::net::TcpListener;

    use super::*;

    /// What the client makes of an answer, and what it had asked.
    async fn answered(url: &str, answer: &[u8]) -> (Result<(), TlsFailure>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (end, _) = listener.accept().await.unwrap();
        write(&end, answer).await.unwrap();
        let proxy = Proxy::parse(url).unwrap();
        let said = connect(&proxy, &stream, "exchange.example:443").await;
        let mut asked = vec![0; 4_096];
        end.readable().await.unwrap();
        let count = end.try_read(&mut asked).unwrap();
        (said, String::from_utf8_lossy(&asked[..count]).into_owned())
    }

    #[tokio::test]
    async fn the_way_is_asked_for_and_opened() {
        let (said, asked) = answered("p:1", b"HTTP/1.1 200 Connection established\r\n\r\n").await;
        assert_eq!(said, Ok(()));
        let expected =
            "CONNECT exchange.example:443 HTTP/1.1\r\nHost: exchange.example:443\r\n\r\n";
        assert_eq!(asked, expected);
        let (said, asked) = answered("http://u:p@p:1", b"HTTP/1.0 200 OK\r\nVia: x\r\n\r\n").await;
        assert_eq!(said, Ok(()));
        assert!(asked.contains("\r\nProxy-Authorization: Basic dTpw\r\n"), "{asked}");
    }

    #[tokio::test]
    async fn refusals_are_told_apart() {
        let proxy = || "p:1".to_owned();
        let of =
            async |url: &str, answer: &str| answered(url, answer.as_bytes()).await.0.unwrap_err();
        let said = of("p:1", "HTTP/1.1 403 Forbidden by policy\r\n\r\n").await;
        let status = "403 Forbidden by policy".to_owned();
        assert_eq!(said, TlsFailure::ProxyRefused { proxy: proxy(), status });
        let ask = "HTTP/1.1 407 Log in\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n";
        assert_eq!(of("p:1", ask).await, TlsFailure::ProxyNeedsPassword { proxy: proxy() });
        assert_eq!(of("u:p@p:1", ask).await, TlsFailure::ProxyWrongPassword { proxy: proxy() });
        let bare = "HTTP/1.1 407 Log in\r\n\r\n";
        assert_eq!(of("p:1", bare).await, TlsFailure::ProxyNeedsPassword { proxy: proxy() });
        let windows =
            "HTTP/1.1 407 x\r\nproxy-authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n";
        let other =
            TlsFailure::ProxyOtherLogin { proxy: proxy(), scheme: "Negotiate, NTLM".into() };
        assert_eq!(of("u:p@p:1", windows).await, other);
        for strange in
            ["SSH-2.0-x\r\n\r\n", "HTTP/1.1 x\r\n\r\n", "HTTP/2", "HTTP/1.1 200 OK\r\n\r\nmore"]
        {
            assert_eq!(of("p:1", strange).await, TlsFailure::NotAProxy { proxy: proxy() });
        }
    }

    #[tokio::test]
    async fn the_head_has_an_edge() {
        let head = |filler: usize| format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "a".repeat(filler));
        let most = MAX_HEAD - head(0).len();
        assert_eq!(answered("p:1", head(most).as_bytes()).await.0, Ok(()));
        let over = answered("p:1", head(most + 1).as_bytes()).await.0;
        assert_eq!(over, Err(TlsFailure::NotAProxy { proxy: "p:1".into() }));
    }

    proptest! {
        #[test]
        fn any_head_is_judged(head in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = judge(&Proxy::parse("p:1").unwrap(), &head);
        }

        #[test]
        fn any_text_is_a_proxy_or_none(text in ".{0,80}") {
            let _ = Proxy::parse(&text);
        }
    }
}
