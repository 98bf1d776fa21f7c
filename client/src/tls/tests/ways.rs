//! Ways to the exchange: through a proxy, over either kind of address, past wrong clocks.

use tokio::net::TcpStream;

use super::*;

/// A proxy that answers each request for a way so, and leads to `target` when that says yes.
async fn proxy(answer: &'static [u8], target: String) -> String {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        loop {
            let (mut from, _) = listener.accept().await.unwrap();
            let target = target.clone();
            tokio::spawn(async move {
                let mut asked = Vec::new();
                while !asked.ends_with(b"\r\n\r\n") {
                    from.readable().await.unwrap();
                    let mut buffer = [0; 512];
                    if let Ok(count) = from.try_read(&mut buffer) {
                        asked.extend_from_slice(&buffer[..count]);
                    }
                }
                write_all(&mut from, answer).await.unwrap();
                let to = TcpStream::connect(target).await.unwrap();
                tokio::join!(pour(&from, &to), pour(&to, &from));
            });
        }
    });
    address.to_string()
}

async fn pour(from: &TcpStream, to: &TcpStream) {
    let mut buffer = [0; 4_096];
    loop {
        from.readable().await.unwrap();
        let count = match from.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(_) => return,
        };
        let mut left = &buffer[..count];
        while !left.is_empty() {
            to.writable().await.unwrap();
            if let Ok(written) = to.try_write(left) {
                left = &left[written..];
            }
        }
    }
}

async fn by(proxy: &str, address: &str, trust: &ServerTrust) -> Result<u64, TlsFailure> {
    let way = Way { address: address.to_owned(), proxy: Some(Proxy::parse(proxy).unwrap()) };
    let connected = connect_by(&way, ORIGIN, trust, None, ManualClock::at(NOW_MS)).await;
    connected.map(|(_, traffic)| traffic.total())
}

#[tokio::test]
async fn a_proxy_leads_to_the_exchange_and_is_not_taken_for_it() {
    let ca = Ca::new("Exchange CA");
    let address = serve(server(ca.issue("exchange.example"))).await;
    let leads = proxy(b"HTTP/1.1 200 OK\r\n\r\n", address).await;
    // The name of the exchange is for the proxy to know.
    let moved = by(&leads, "exchange.invalid", &ca.pinned()).await.unwrap();
    assert!(moved > 1_000, "the handshake was counted: {moved}");
    let other = Ca::new("Hospital Inspection CA");
    let inspects = serve(server(other.issue("exchange.example"))).await;
    let inspects = proxy(b"HTTP/1.1 200 OK\r\n\r\n", inspects).await;
    let error = by(&inspects, "exchange.invalid", &ca.pinned()).await.unwrap_err();
    assert!(matches!(error, TlsFailure::NotPinned { .. }), "{error}");
}

#[tokio::test]
async fn a_proxy_that_does_not_lead_there_is_named() {
    let trust = ServerTrust::BlindUntilDocument;
    let (listener, nobody) = listen().await;
    drop(listener);
    let error = by(&nobody.to_string(), "exchange.invalid", &trust).await.unwrap_err();
    let failure = Failure::from(error);
    assert_eq!((failure.key(), failure.exit()), ("proxy.not-reached", Exit::Unreachable));
    let refuses = proxy(b"HTTP/1.1 503 No way\r\n\r\n", nobody.to_string()).await;
    let failure = Failure::from(by(&refuses, "exchange.invalid", &trust).await.unwrap_err());
    assert_eq!((failure.key(), failure.exit()), ("proxy.refused", Exit::Unreachable));
    assert!(failure.sentence().ja().contains("503 No way"));
    let error = by("proxy.invalid:1", "exchange.invalid", &trust).await.unwrap_err();
    assert!(matches!(error, TlsFailure::ProxyNotReached { .. }), "{error}");
}

#[tokio::test]
async fn an_ipv6_address_is_an_address_and_a_name() {
    let ca = Ca::new("Exchange CA");
    let Ok(listener) = TcpListener::bind("[::1]:0").await else { return };
    let address = listener.local_addr().unwrap().to_string();
    let acceptor = TlsAcceptor::from(Arc::new(server(ca.issue("exchange.example"))));
    tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            if let Ok(mut stream) = acceptor.accept(stream).await {
                write_all(&mut stream, &[0, 0, 0, 4, 0, 0, 0, 0, 0]).await.unwrap();
                open.push(stream);
            }
        }
    });
    try_connect(&address, &ca.pinned()).await.unwrap();
    // As who has nothing but the address on paper.
    let blind = ServerTrust::BlindUntilDocument;
    connect(&address, "::1", &blind, None, ManualClock::at(NOW_MS)).await.unwrap();
}

#[test]
fn a_certificate_of_ours_that_has_ended_is_told_from_a_removed_one() {
    let key =
        |alert: &str| Failure::from(TlsFailure::RefusedByServer { alert: alert.into() }).key();
    assert_eq!(key("certificate expired"), "tls.own-expired");
    assert_eq!(key("certificate revoked"), "tls.own-revoked");
    assert_eq!(key("access denied"), "tls.list-expired");
    assert_eq!(key("bad certificate"), "tls.refused");
}
