//! Against real servers on loopback: the right one, and the wrong ones.

mod calls;
mod ways;

use std::net::SocketAddr;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::AsyncWrite;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tsumugu_durable::clock::ManualClock;
use tsumugu_trust::hash::sha256;

use super::*;
use crate::failure::{Exit, Failure};

const ORIGIN: &str = "exchange.example/region";

/// 2026-04-01T00:00:00Z, inside the certificates' time.
const NOW_MS: u64 = 1_775_001_600_000;

struct Ca(CertifiedIssuer<'static, KeyPair>);

impl Ca {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2036, 1, 1);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    fn pinned(&self) -> ServerTrust {
        ServerTrust::Pinned { ca_pins: vec![[0; 32], sha256(&[&self.der()]).0] }
    }

    /// A certificate of the first half of 2026, with its chain.
    fn issue(&self, name: &str) -> ClientIdentity {
        let pair = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2026, 7, 1);
        let certificate = params.signed_by(&pair, &self.0).unwrap();
        let chain = vec![certificate.der().clone(), self.der()];
        ClientIdentity { chain, key: PrivateKeyDer::Pkcs8(pair.serialize_der().into()) }
    }
}

fn server(identity: ClientIdentity) -> ServerConfig {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(identity.chain, identity.key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

/// Takes connections, and after each handshake sends an empty SETTINGS frame (RFC 9113, 6.5).
async fn serve(config: ServerConfig) -> String {
    let (listener, address) = listen().await;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await?;
                write_all(&mut stream, &[0, 0, 0, 4, 0, 0, 0, 0, 0]).await?;
                std::future::pending::<std::io::Result<()>>().await
            });
        }
    });
    address.to_string()
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

async fn write_all(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> std::io::Result<()> {
    let mut left = bytes;
    while !left.is_empty() {
        let pin = &mut *stream;
        let written =
            std::future::poll_fn(|cx| std::pin::Pin::new(&mut *pin).poll_write(cx, left)).await?;
        left = &left[written..];
    }
    std::future::poll_fn(|cx| std::pin::Pin::new(&mut *stream).poll_flush(cx)).await
}

async fn try_at(
    address: &str,
    trust: &ServerTrust,
    identity: Option<ClientIdentity>,
    now_ms: u64,
) -> Result<(), TlsFailure> {
    connect(address, ORIGIN, trust, identity, ManualClock::at(now_ms)).await.map(|_| ())
}

async fn try_connect(address: &str, trust: &ServerTrust) -> Result<(), TlsFailure> {
    try_at(address, trust, None, NOW_MS).await
}

#[tokio::test]
async fn the_pinned_exchange_is_taken() {
    let ca = Ca::new("Exchange CA");
    let address = serve(server(ca.issue("exchange.example"))).await;
    try_connect(&address, &ca.pinned()).await.unwrap();
}

#[tokio::test]
async fn another_issuer_is_named_as_inspection() {
    let inspector = Ca::new("Hospital Inspection CA");
    let address = serve(server(inspector.issue("exchange.example"))).await;
    let error = try_connect(&address, &Ca::new("Exchange CA").pinned()).await.unwrap_err();
    let expected = TlsFailure::NotPinned {
        host: "exchange.example".into(),
        issuer: "CN=Hospital Inspection CA".into(),
    };
    assert_eq!(error, expected);
    let failure = Failure::from(error);
    assert!(failure.sentence().ja().contains("Hospital Inspection CA"));
    let no_pins = ServerTrust::Pinned { ca_pins: vec![] };
    let error = try_connect(&address, &no_pins).await.unwrap_err();
    assert!(matches!(error, TlsFailure::NotPinned { .. }));
}

#[tokio::test]
async fn showing_the_pinned_certificate_is_not_enough() {
    let ca = Ca::new("Exchange CA");
    let mut stranger = Ca::new("Exchange CA").issue("exchange.example");
    stranger.chain[1] = ca.der();
    let address = serve(server(stranger)).await;
    let error = try_connect(&address, &ca.pinned()).await.unwrap_err();
    assert!(matches!(error, TlsFailure::BadCertificate { .. }), "{error}");
    // A leaf that is itself the pin, as of a stolen CA certificate, has no chain to it.
    let leaf = ca.issue("exchange.example");
    let pins = ServerTrust::Pinned { ca_pins: vec![sha256(&[&leaf.chain[0]]).0] };
    let address = serve(server(leaf)).await;
    let error = try_connect(&address, &pins).await.unwrap_err();
    assert!(matches!(error, TlsFailure::NotPinned { .. }), "{error}");
}

#[tokio::test]
async fn certificates_outside_their_time_name_both_clocks() {
    let ca = Ca::new("Exchange CA");
    let address = serve(server(ca.issue("exchange.example"))).await;
    let trust = ca.pinned();
    // 2026-01-01 and 2026-07-01, UTC; 2025-04-01 and 2027-04-01 on the PC.
    let early = try_at(&address, &trust, None, 1_743_465_600_000).await.unwrap_err();
    let expected = TlsFailure::NotYetValid { limit_s: 1_767_225_600, now_s: 1_743_465_600 };
    assert_eq!(early, expected);
    let late = try_at(&address, &trust, None, 1_806_537_600_000).await.unwrap_err();
    assert_eq!(late, TlsFailure::Expired { limit_s: 1_782_864_000, now_s: 1_806_537_600 });
    let failure = Failure::from(late);
    assert!(failure.sentence().en().contains("2026-07-01 09:00"), "{failure}");
    assert!(failure.sentence().en().contains("2027-04-01 09:00"), "{failure}");
}

#[tokio::test]
async fn the_name_has_to_be_the_origins() {
    let ca = Ca::new("Exchange CA");
    let address = serve(server(ca.issue("other.example"))).await;
    let error = try_connect(&address, &ca.pinned()).await.unwrap_err();
    assert_eq!(error, TlsFailure::WrongName { host: "exchange.example".into() });
}

#[tokio::test]
async fn a_certificate_that_the_exchange_refuses_is_known_at_once() {
    let ca = Ca::new("Exchange CA");
    let identity = ca.issue("exchange.example");
    let mut roots = rustls::RootCertStore::empty();
    roots.add(ca.der()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider());
    let clock = Arc::new(ClockTime(ManualClock::at(NOW_MS)));
    let config = ServerConfig::builder_with_details(provider(), clock)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(identity.chain, identity.key)
        .unwrap();
    let address = serve(config).await;
    let stranger = Ca::new("Elsewhere").issue("terminal.example");
    let error = try_at(&address, &ca.pinned(), Some(stranger), NOW_MS).await.unwrap_err();
    assert_eq!(error, TlsFailure::RefusedByServer { alert: "unknown ca".into() });
    assert_eq!(Failure::from(error).exit(), Exit::Refused);
    let error = try_connect(&address, &ca.pinned()).await.unwrap_err();
    assert_eq!(error, TlsFailure::RefusedByServer { alert: "certificate required".into() });
}

#[tokio::test]
async fn without_the_hybrid_group_there_is_no_connection() {
    let ca = Ca::new("Exchange CA");
    let identity = ca.issue("exchange.example");
    let classical = CryptoProvider {
        kx_groups: vec![aws_lc_rs::kx_group::X25519, aws_lc_rs::kx_group::SECP256R1],
        ..aws_lc_rs::default_provider()
    };
    let config = ServerConfig::builder_with_provider(Arc::new(classical))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(identity.chain, identity.key)
        .unwrap();
    let address = serve(config).await;
    let error = try_connect(&address, &ca.pinned()).await.unwrap_err();
    assert!(matches!(error, TlsFailure::Incompatible { .. }), "{error}");
}

#[tokio::test]
async fn blind_takes_any_certificate_but_not_a_stolen_one() {
    let anyone = Ca::new("Anyone");
    let address = serve(server(anyone.issue("whatever.example"))).await;
    try_connect(&address, &ServerTrust::BlindUntilDocument).await.unwrap();
    // The chain of one server with the key of another.
    let chain = anyone.issue("exchange.example").chain;
    let key = anyone.issue("exchange.example").key;
    let key = provider().key_provider.load_private_key(key).unwrap();
    let stolen = Arc::new(rustls::sign::CertifiedKey::new(chain, key));
    let mut config = server(anyone.issue("exchange.example"));
    config.cert_resolver = Arc::new(rustls::sign::SingleCertAndKey::from(stolen));
    let address = serve(config).await;
    let error = try_connect(&address, &ServerTrust::BlindUntilDocument).await.unwrap_err();
    assert!(matches!(error, TlsFailure::BadCertificate { .. }), "{error}");
}

#[tokio::test]
async fn what_is_not_tls_or_not_there_is_told_apart() {
    let trust = ServerTrust::Pinned { ca_pins: vec![[0; 32]] };
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        }
    });
    let error = try_connect(&address.to_string(), &trust).await.unwrap_err();
    assert_eq!(error, TlsFailure::NotTls { address: address.to_string() });

    let (listener, address) = listen().await;
    drop(listener);
    let error = try_connect(&address.to_string(), &trust).await.unwrap_err();
    assert_eq!(error, TlsFailure::ConnectionRefused { address: address.to_string() });

    let error = try_connect("exchange.invalid:443", &trust).await.unwrap_err();
    assert!(matches!(error, TlsFailure::NameNotFound { .. }), "{error}");
    let error = try_connect("https://exchange.example", &trust).await.unwrap_err();
    assert!(matches!(error, TlsFailure::BadAddress { .. }), "{error}");
    assert_eq!(Failure::from(error).exit(), Exit::Usage);
}

#[tokio::test]
async fn silence_ends_in_time() {
    let (_listener, address) = listen().await;
    let config =
        client_config("a", &ServerTrust::BlindUntilDocument, None, ManualClock::at(NOW_MS));
    let name = ServerName::try_from("exchange.example").unwrap();
    let patience = Duration::from_millis(100);
    let dialer =
        Dialer::new(&Way::straight(&address.to_string()), name, config.unwrap(), patience).unwrap();
    let error = dialer.dial().await.unwrap_err();
    assert_eq!(error, TlsFailure::TimedOut { address: address.to_string() });
}

#[tokio::test]
async fn a_broken_key_of_ours_is_ours() {
    let ca = Ca::new("Exchange CA");
    let mut identity = ca.issue("terminal.example");
    identity.key = ca.issue("terminal.example").key;
    let error = try_at("127.0.0.1:1", &ca.pinned(), Some(identity), NOW_MS).await.unwrap_err();
    assert!(matches!(error, TlsFailure::OwnCertificate { .. }), "{error}");
    let garbage = ClientIdentity::from_der([b"x".to_vec()], b"y");
    let error = try_at("127.0.0.1:1", &ca.pinned(), Some(garbage), NOW_MS).await.unwrap_err();
    assert!(matches!(error, TlsFailure::OwnCertificate { .. }), "{error}");
}

#[test]
fn the_host_is_the_origins_first_part() {
    assert_eq!(host_of("exchange.example/region/2"), "exchange.example");
    assert_eq!(host_of("exchange.example"), "exchange.example");
}
