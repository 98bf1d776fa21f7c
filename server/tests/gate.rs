//! The gate over real sockets: what a TLS peer must bring, and what a request is then worth.

#![allow(clippy::unwrap_used, reason = "clippy sees no tests in the helpers of a test program")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, Issuer, KeyPair, SanType};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, HandshakeKind, NamedGroup, ProtocolVersion, RootCertStore};
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tsumugu_durable::clock::{Clock, ManualClock};
use tsumugu_server::bounds::Bounds;
use tsumugu_server::ca::{IssuingCa, RequestedKey};
use tsumugu_server::gate::{Doorway, Gate, GateError, incoming};
use tsumugu_server::party::Party;
use tsumugu_server::settings::Limits;
use tsumugu_server::tls;

const NOW: u64 = 1_800_000_000_000;
const DAY_MS: u64 = 86_400_000;
const ORIGIN: &str = "exchange.test/east";
const TERMINAL: Party = Party::Terminal { institution: [0xa1; 16], terminal: [0xb2; 16] };
const SOON: Duration = Duration::from_secs(5);

/// What each request was taken for.
type Seen = Arc<Mutex<Vec<Result<Option<Party>, GateError>>>>;

struct Exchange {
    address: SocketAddr,
    ca: IssuingCa,
    gate: Arc<Gate>,
    clock: Arc<ManualClock>,
    seen: Seen,
    _stop: oneshot::Sender<()>,
}

impl Exchange {
    async fn start(limits: Limits) -> Self {
        let ca = IssuingCa::create(ORIGIN, NOW).unwrap();
        let clock = ManualClock::at(NOW);
        let gate = Gate::new(ORIGIN, &[ca.certificate().clone()]).unwrap();
        let server = ca.issue_server(&[], NOW).unwrap();
        let certificate = tls::ServerCertificate::new(server.chain, server.key).unwrap();
        let config = tls::server_config(gate.clone(), certificate, clock.clone()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();

        let seen = Seen::default();
        let (_, health) = tonic_health::server::health_reporter();
        let (asked, with, time) = (seen.clone(), gate.clone(), clock.clone());
        let service = InterceptedService::new(health, move |request: Request<()>| {
            let found = with.identify(request.extensions(), time.now_ms());
            let found = found.map(|party| party.map(|party| party.party()));
            asked.lock().unwrap().push(found.clone());
            found.map(|_| request).map_err(|error| Status::unauthenticated(error.to_string()))
        });
        let (stop, stopped) = oneshot::channel();
        let (bounds, gate_too) = (Bounds::new(&limits), gate.clone());
        let metrics = tsumugu_server::operations::Metrics::new();
        let doorway = Doorway { gate: gate_too, bounds, clock: clock.clone(), metrics };
        let serve = Server::builder()
            .add_service(service)
            .serve_with_incoming_shutdown(incoming(listener, config, doorway, &limits), async {
                drop(stopped.await)
            });
        tokio::spawn(serve);
        Self { address, ca, gate, clock, seen, _stop: stop }
    }

    /// A client with its own clock at the start of the test, so that only the server's moves.
    fn client(&self, identity: Option<Identity>) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.ca.certificate().clone()).unwrap();
        let time = tls::time_provider(ManualClock::at(NOW));
        let builder = ClientConfig::builder_with_details(tls::provider(), time)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match identity {
            Some((chain, key)) => builder.with_client_auth_cert(chain, key).unwrap(),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![tls::ALPN.to_vec()];
        config
    }

    fn terminal(&self) -> Identity {
        issued_by(&self.ca, &TERMINAL, NOW)
    }

    async fn handshake(&self, config: ClientConfig) -> std::io::Result<TlsStream<TcpStream>> {
        handshake(self.address, Arc::new(config)).await
    }

    async fn call(&self, identity: Option<Identity>) -> Result<(), Status> {
        check(&mut self.connect(identity).await?).await
    }

    async fn connect(&self, identity: Option<Identity>) -> Result<HealthClient<Channel>, Status> {
        let (config, address) = (Arc::new(self.client(identity)), self.address);
        let connector = tower::service_fn(move |_| {
            let config = config.clone();
            async move { handshake(address, config).await.map(TokioIo::new) }
        });
        let endpoint = Endpoint::from_static("http://exchange.test");
        let channel = endpoint.connect_with_connector(connector).await;
        channel.map(HealthClient::new).map_err(|error| Status::unavailable(error.to_string()))
    }

    /// The alert by which the server refuses this identity. In TLS 1.3 the client has finished by
    /// then, so it comes at the first read.
    async fn alert(&self, identity: Identity) -> String {
        let mut stream = self.handshake(self.client(Some(identity))).await.unwrap();
        let read = tokio::time::timeout(SOON, stream.read_to_end(&mut Vec::new())).await;
        read.expect("an alert").expect_err("an alert").to_string()
    }

    fn seen(&self) -> Vec<Result<Option<Party>, GateError>> {
        self.seen.lock().unwrap().clone()
    }
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

async fn handshake(
    address: SocketAddr,
    config: Arc<ClientConfig>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let name = ServerName::try_from("exchange.test").unwrap();
    TlsConnector::from(config).connect(name, TcpStream::connect(address).await?).await
}

async fn check(client: &mut HealthClient<Channel>) -> Result<(), Status> {
    let request = HealthCheckRequest { service: String::new() };
    tokio::time::timeout(SOON, client.check(request)).await.expect("an answer").map(|_| ())
}

fn new_key() -> KeyPair {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap()
}

fn private(key: &KeyPair) -> PrivateKeyDer<'static> {
    PrivateKeyDer::try_from(key.serialize_der()).unwrap()
}

fn issued_by(ca: &IssuingCa, party: &Party, now_ms: u64) -> Identity {
    let key = new_key();
    let csr = CertificateParams::default().serialize_request(&key).unwrap();
    let requested = RequestedKey::from_csr(csr.der()).unwrap();
    (ca.issue_client(party, &requested, now_ms).unwrap(), private(&key))
}

/// A client certificate with names that our CA would not write.
fn params(uris: &[String]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.subject_alt_names =
        uris.iter().map(|uri| SanType::URI(uri.as_str().try_into().unwrap())).collect();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let now = OffsetDateTime::from_unix_timestamp((NOW / 1_000) as i64).unwrap();
    (params.not_before, params.not_after) =
        (now - time::Duration::days(1), now + time::Duration::days(1));
    params
}

/// Signed by the CA's key all the same: what the operator's own PKI might get wrong.
fn signed_by_the_ca(ca: &IssuingCa, params: &CertificateParams) -> Identity {
    let dir = tempfile::tempdir().unwrap();
    ca.store(dir.path()).unwrap();
    let pem = std::fs::read_to_string(dir.path().join("ca/key.pem")).unwrap();
    let ca_key = KeyPair::from_pem(&pem).unwrap();
    let issuer = Issuer::from_ca_cert_der(ca.certificate(), ca_key).unwrap();
    let key = new_key();
    let leaf = params.signed_by(&key, &issuer).unwrap();
    (vec![leaf.der().clone()], private(&key))
}

#[tokio::test]
async fn a_terminal_is_known_by_its_certificate_over_the_hybrid_group() {
    let exchange = Exchange::start(Limits::default()).await;
    let config = exchange.client(Some(exchange.terminal()));
    let stream = exchange.handshake(config).await.unwrap();
    let (_, session) = stream.get_ref();
    assert_eq!(session.protocol_version(), Some(ProtocolVersion::TLSv1_3));
    let group = session.negotiated_key_exchange_group().unwrap().name();
    assert_eq!(group, NamedGroup::X25519MLKEM768);
    assert_eq!(session.alpn_protocol(), Some(tls::ALPN));

    exchange.call(Some(exchange.terminal())).await.unwrap();
    let administrator = Party::Administrator { id: [0xc3; 16] };
    let identity = issued_by(&exchange.ca, &administrator, NOW);
    exchange.call(Some(identity)).await.unwrap();
    assert_eq!(exchange.seen(), [Ok(Some(TERMINAL)), Ok(Some(administrator))]);
}

#[tokio::test]
async fn without_a_certificate_one_is_let_in_as_nobody() {
    let exchange = Exchange::start(Limits::default()).await;
    exchange.call(None).await.unwrap();
    assert_eq!(exchange.seen(), [Ok(None)]);
}

#[tokio::test]
async fn classical_key_exchange_is_refused() {
    let exchange = Exchange::start(Limits::default()).await;
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    provider.kx_groups = vec![
        rustls::crypto::aws_lc_rs::kx_group::X25519,
        rustls::crypto::aws_lc_rs::kx_group::SECP256R1,
    ];
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let error = exchange.handshake(config).await.unwrap_err();
    assert!(error.to_string().contains("HandshakeFailure"), "{error}");
}

#[tokio::test]
async fn tls_1_2_is_refused() {
    // A ClientHello (RFC 5246, section 7.4.1.2) with an ECDSA suite, P-256, and no word of 1.3.
    let body = [
        &[3, 3][..],
        &[7; 32],
        &[0],
        &[0, 2, 0xc0, 0x2b],
        &[1, 0],
        &[0, 26],
        &[0, 10, 0, 4, 0, 2, 0, 23],
        &[0, 11, 0, 2, 1, 0],
        &[0, 13, 0, 4, 0, 2, 4, 3],
        &[0, 23, 0, 0],
    ]
    .concat();
    let message = [&[1, 0, 0, body.len() as u8][..], &body].concat();
    let record = [&[22, 3, 1, 0, message.len() as u8][..], &message].concat();
    let exchange = Exchange::start(Limits::default()).await;
    let mut tcp = TcpStream::connect(exchange.address).await.unwrap();
    tcp.write_all(&record).await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(SOON, tcp.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert_eq!(answer, [21, 3, 3, 0, 2, 2, 70], "fatal alert protocol_version");
}

#[tokio::test]
async fn time_and_issuer_are_checked_at_the_handshake_and_named() {
    let exchange = Exchange::start(Limits::default()).await;
    let old = issued_by(&exchange.ca, &TERMINAL, NOW - 91 * DAY_MS);
    let early = issued_by(&exchange.ca, &TERMINAL, NOW + 2 * DAY_MS);
    // The same name as our CA, another key.
    let foreign = issued_by(&IssuingCa::create(ORIGIN, NOW).unwrap(), &TERMINAL, NOW);
    let key = new_key();
    let own = params(&[TERMINAL.spiffe_id(ORIGIN)]).self_signed(&key).unwrap();
    let own = (vec![own.der().clone()], private(&key));
    for (identity, cause, alert) in [
        (old, GateError::Expired, "CertificateExpired"),
        (early, GateError::NotYetValid, "CertificateExpired"),
        (foreign, GateError::UnknownIssuer, "UnknownCA"),
        (own, GateError::UnknownIssuer, "UnknownCA"),
    ] {
        assert_eq!(exchange.gate.authenticate(&identity.0, NOW), Err(cause));
        let received = exchange.alert(identity).await;
        assert!(received.contains(alert), "{received} is not {alert}");
    }
    assert_eq!(exchange.gate.authenticate(&[], NOW), Err(GateError::NoCertificate));
    assert_eq!(exchange.seen(), [], "no request came through");
}

#[tokio::test]
async fn names_are_checked_at_the_handshake_and_named() {
    let exchange = Exchange::start(Limits::default()).await;
    let (ours, elsewhere) = (TERMINAL.spiffe_id(ORIGIN), TERMINAL.spiffe_id("exchange.test"));
    let foreign = GateError::ForeignOrigin { origin: "exchange.test".to_owned() };
    let upper = ours.to_uppercase().replace("SPIFFE://EXCHANGE.TEST/EAST", "spiffe://");
    let server = exchange.ca.issue_server(&[], NOW).unwrap();
    let mut ca_like = params(std::slice::from_ref(&ours));
    ca_like.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    for (identity, cause, alert) in [
        (signed_by_the_ca(&exchange.ca, &params(&[])), GateError::NoName, "CertificateUnknown"),
        (signed_by_the_ca(&exchange.ca, &params(&[elsewhere])), foreign, "CertificateUnknown"),
        (
            signed_by_the_ca(&exchange.ca, &params(&[ours.clone(), ours.clone()])),
            GateError::Malformed,
            "CertificateUnknown",
        ),
        (
            signed_by_the_ca(&exchange.ca, &params(&[upper])),
            GateError::Malformed,
            "CertificateUnknown",
        ),
        (signed_by_the_ca(&exchange.ca, &ca_like), GateError::Malformed, "CertificateUnknown"),
        ((server.chain, server.key), GateError::WrongPurpose, "UnsupportedCertificate"),
    ] {
        assert_eq!(exchange.gate.authenticate(&identity.0, NOW), Err(cause));
        let received = exchange.alert(identity).await;
        assert!(received.contains(alert), "{received} is not {alert}");
    }
    // What the refused ones were made from passes when nothing is wrong with it.
    exchange.call(Some(signed_by_the_ca(&exchange.ca, &params(&[ours])))).await.unwrap();
}

#[tokio::test]
async fn a_certificate_that_ends_is_refused_on_the_open_connection() {
    let exchange = Exchange::start(Limits::default()).await;
    let (chain, key) = exchange.terminal();
    let mut client = exchange.connect(Some((chain.clone(), key))).await.unwrap();
    check(&mut client).await.unwrap();

    let end = NOW + 90 * DAY_MS;
    exchange.clock.set(end + 999);
    check(&mut client).await.unwrap();
    assert!(exchange.gate.authenticate(&chain, end + 999).is_ok(), "the last second is in");
    exchange.clock.set(end + 1_000);
    let refused = check(&mut client).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert_eq!(refused.message(), "the certificate has expired");

    let begin = NOW - 86_400_000;
    assert_eq!(exchange.gate.authenticate(&chain, begin - 1), Err(GateError::NotYetValid));
    assert!(exchange.gate.authenticate(&chain, begin).is_ok());
    exchange.clock.set(NOW);
    check(&mut client).await.unwrap();
}

#[tokio::test]
async fn replaced_roots_count_on_the_open_connection() {
    let exchange = Exchange::start(Limits::default()).await;
    let mut client = exchange.connect(Some(exchange.terminal())).await.unwrap();
    check(&mut client).await.unwrap();
    let next = IssuingCa::create(ORIGIN, NOW).unwrap();
    let both = [exchange.ca.certificate().clone(), next.certificate().clone()];
    exchange.gate.replace_roots(&both).unwrap();
    check(&mut client).await.unwrap();
    exchange.call(Some(issued_by(&next, &TERMINAL, NOW))).await.unwrap();
    exchange.gate.replace_roots(&both[1..]).unwrap();
    let refused = check(&mut client).await.unwrap_err();
    assert_eq!(refused.message(), "the certificate was not issued by this exchange");
    assert!(exchange.gate.replace_roots(&[]).is_err());
    assert!(check(&mut client).await.is_err(), "a refused replacement changes nothing");
}

#[tokio::test]
async fn a_session_is_never_resumed() {
    let exchange = Exchange::start(Limits::default()).await;
    // rustls' clients keep tickets and offer them unless told otherwise.
    let config = Arc::new(exchange.client(Some(exchange.terminal())));
    for _ in 0..3 {
        let mut stream = handshake(exchange.address, config.clone()).await.unwrap();
        // Tickets come after the handshake: the server's first frame shows that none was sent.
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        stream.read_exact(&mut [0; 9]).await.unwrap();
        let (_, session) = stream.get_ref();
        assert_eq!(session.handshake_kind(), Some(HandshakeKind::Full));
        assert_eq!(session.tls13_tickets_received(), 0);
    }
}

#[tokio::test]
async fn slow_handshakes_hold_up_nobody() {
    let exchange = Exchange::start(Limits::default()).await;
    let mut slow = Vec::new();
    for _ in 0..Limits::default().handshakes - 1 {
        let mut tcp = TcpStream::connect(exchange.address).await.unwrap();
        tcp.write_all(&[22, 3, 1]).await.unwrap();
        slow.push(tcp);
    }
    let answered = tokio::time::timeout(SOON, exchange.call(Some(exchange.terminal()))).await;
    answered.expect("an answer in time").unwrap();
}

#[tokio::test]
async fn a_handshake_too_many_of_one_address_is_closed() {
    let exchange = Exchange::start(Limits { arrivals_per_address: 1, ..Limits::default() }).await;
    let mut first = TcpStream::connect(exchange.address).await.unwrap();
    first.write_all(&[22, 3, 1]).await.unwrap();
    let mut second = TcpStream::connect(exchange.address).await.unwrap();
    let read = tokio::time::timeout(SOON, second.read(&mut [0; 1])).await.expect("an end");
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
    drop(first);
    // The place is free once the exchange has seen the end.
    while exchange.call(Some(exchange.terminal())).await.is_err() {}
}

#[tokio::test]
async fn a_renewed_server_certificate_is_shown_without_a_restart() {
    let ca = IssuingCa::create(ORIGIN, NOW).unwrap();
    let first = ca.issue_server(&[], NOW).unwrap();
    let shown = tls::ServerCertificate::new(first.chain.clone(), first.key).unwrap();
    assert_eq!(shown.leaf().as_ref(), first.chain.first());
    let second = ca.issue_server(&[], NOW).unwrap();
    shown.replace(second.chain.clone(), second.key).unwrap();
    assert_eq!(shown.leaf().as_ref(), second.chain.first());
}
