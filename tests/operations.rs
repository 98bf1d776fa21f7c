//! What the operator sees and steers: metrics, probes, reflection, and the stop.

#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use support::link::{reason, refusal};
use support::office::Office;
use support::running::{Process, output};
use support::town::{Running, Town};
use tonic::{Code, Request};
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1;
use tonic_reflection::pb::v1alpha;
use tsumugu_proto::v1::{self as wire, ErrorReason};
use tsumugu_trust::value::Id;

/// How long a test waits for what must come; none of them measures.
const PATIENCE: Duration = Duration::from_secs(60);

/// A loopback address that was free a moment ago.
fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// The value of a sample, by its name and labels.
#[track_caller]
fn sample(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
}

async fn observed() -> (Town, SocketAddr, Office, Office) {
    let mut town = Town::new_here().await;
    let (mut from, mut to) = (town.office().await, town.office().await);
    let metrics = free();
    town.folder.settings(|settings| settings.metrics_listen = Some(metrics));
    town.restart(&mut [&mut from, &mut to]).await;
    (town, metrics, from, to)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_metrics_tell_what_happened_and_nothing_of_anybody() {
    let (mut town, metrics, from, to) = observed().await;
    let letter = from.letter(&to);
    from.send_one(&letter).await.unwrap();
    to.fetch(&letter).await.unwrap();
    let mut waiting = to.subscribe(0, false).await.unwrap();
    waiting.message().await.unwrap();
    let nothing = wire::TrackRequest { from: from.id.to_string(), id: Id([9; 16]).to_string() };
    assert_eq!(reason(to.link.exchange().track(nothing).await), ErrorReason::NotFound);
    // A stranger who speaks no TLS, and waits until he was turned away.
    let mut stranger = TcpStream::connect(&town.address).unwrap();
    stranger.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let _ = stranger.read_to_end(&mut Vec::new());

    let answer = get(metrics, "/metrics");
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("application/openmetrics-text; version=1.0.0"), "{head}");
    assert!(text.ends_with("# EOF\n"));
    let value = |name: &str| sample(text, name);
    assert!(value("tsumugu_connections") >= 3.0);
    assert_eq!(value("tsumugu_handshakes_failed_total{cause=\"Protocol\"}"), 1.0);
    let sent = "method=\"ExchangeService/Send\"";
    assert_eq!(value(&format!("tsumugu_requests_total{{{sent},code=\"OK\"}}")), 1.0);
    assert_eq!(value(&format!("tsumugu_request_duration_seconds_count{{{sent}}}")), 1.0);
    let tracked = "tsumugu_requests_total{method=\"ExchangeService/Track\",code=\"NOT_FOUND\"}";
    assert_eq!(value(tracked), 1.0);
    assert_eq!(value("tsumugu_refusals_total{reason=\"NOT_FOUND\"}"), 1.0);
    assert_eq!(value("tsumugu_mailbox_streams"), 1.0);
    assert!(value("tsumugu_requests_in_flight") >= 1.0);
    assert!(value("tsumugu_round_commands_count") >= 2.0);
    assert!(value("tsumugu_commit_duration_seconds_count") >= 2.0);
    assert_eq!(value("tsumugu_sequencer_queue"), 0.0);
    assert!(value("tsumugu_log_leaves") > value("tsumugu_log_clear_leaves"));
    assert!(value("tsumugu_stored_bytes{part=\"journal\"}") > 1_000.0);
    assert!(value("tsumugu_stored_bytes{part=\"bodies\"}") > letter.body.len() as f64);
    assert!(value("tsumugu_disk_free_bytes") > 0.0);
    assert_eq!(value("tsumugu_last_tick_age_seconds"), 0.0, "the test's clock stands still");
    assert_eq!(value("tsumugu_certificate_days_left{certificate=\"server\"}"), 90.0);
    assert_eq!(value("tsumugu_certificate_days_left{certificate=\"ca\"}"), 3_652.0);
    assert_eq!(value("tsumugu_ready"), 1.0);

    let directory = town.eye.directory();
    let number = directory.member(from.id).unwrap().record().unwrap().number.to_string();
    for secret in [from.id.to_string(), to.id.to_string(), number, "病院".to_owned()] {
        assert!(!text.contains(&secret), "{secret}");
    }
    // Who makes up methods gets no label for it.
    let made_up = tonic::codegen::http::uri::PathAndQuery::from_static("/tsumugu.v1.No/Such");
    let mut raw = tonic::client::Grpc::new(from.link.channel());
    raw.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<wire::TrackRequest, wire::TrackResponse>::default();
    let answer = raw.unary(Request::new(wire::TrackRequest::default()), made_up, codec).await;
    assert_eq!(answer.unwrap_err().code(), Code::Unimplemented);
    let text = get(metrics, "/metrics");
    let other = "tsumugu_requests_total{method=\"other\",code=\"UNIMPLEMENTED\"}";
    assert_eq!(sample(&text, other), 1.0);
    assert!(!text.contains("Such"));
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_say_whether_it_serves() {
    let (mut town, metrics, ..) = observed().await;
    for (path, said) in [("/healthz", "ok\n"), ("/readyz", "serving\n")] {
        let answer = get(metrics, path);
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with(said), "{answer}");
    }
    assert!(get(metrics, "/").starts_with("HTTP/1.1 404 "));
    let dir = town.folder.path.to_str().unwrap().to_owned();
    let probe = |more: &'static [&'static str]| {
        let dir = dir.clone();
        tokio::task::spawn_blocking(move || {
            let (status, out, err) = output(&[&["probe", "--dir", &dir], more].concat());
            (status.code(), out, err)
        })
    };
    assert_eq!(probe(&[]).await.unwrap(), (Some(0), "serving\n".into(), String::new()));
    assert_eq!(probe(&["--alive"]).await.unwrap(), (Some(0), "ok\n".into(), String::new()));
    town.stop().await;
    let (code, _, err) = probe(&[]).await.unwrap();
    assert_eq!(code, Some(1));
    assert!(err.contains("交換所の様子を聞けません"), "{err}");
    town.folder.settings(|settings| settings.metrics_listen = None);
    assert!(probe(&[]).await.unwrap().2.contains("metrics_listen is not set"));
    town.start().await;
    assert!(TcpStream::connect(metrics).is_err(), "absent means off");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_schema_is_shown_to_parties_when_the_operator_says_so() {
    let mut town = Town::new_here().await;
    let list = || v1::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1::server_reflection_request::MessageRequest::ListServices(
            String::new(),
        )),
    };
    let list_alpha = || v1alpha::ServerReflectionRequest {
        host: String::new(),
        message_request: Some(v1alpha::server_reflection_request::MessageRequest::ListServices(
            String::new(),
        )),
    };
    let ask = async |link: &support::link::Link| {
        v1::server_reflection_client::ServerReflectionClient::new(link.channel())
            .server_reflection_info(tokio_stream::once(list()))
            .await
            .map(tonic::Response::into_inner)
    };
    let off = ask(&town.administrators[0].link).await.unwrap_err();
    assert_eq!(off.code(), Code::Unimplemented);

    town.folder.settings(|settings| settings.reflection = true);
    town.restart(&mut []).await;
    let link = town.administrators[0].link.clone();
    let mut stream = ask(&link).await.unwrap();
    let Some(v1::server_reflection_response::MessageResponse::ListServicesResponse(services)) =
        stream.message().await.unwrap().unwrap().message_response
    else {
        panic!("a list")
    };
    let names: Vec<String> = services.service.into_iter().map(|service| service.name).collect();
    for name in ["tsumugu.v1.ExchangeService", "grpc.health.v1.Health"] {
        assert!(names.iter().any(|found| found == name), "{name} in {names:?}");
    }
    let mut alpha = v1alpha::server_reflection_client::ServerReflectionClient::new(link.channel())
        .server_reflection_info(tokio_stream::once(list_alpha()))
        .await
        .unwrap()
        .into_inner();
    assert!(alpha.message().await.unwrap().unwrap().message_response.is_some());
    // Strangers are answered by enrolment only.
    let stranger = ask(&town.link(None).await).await.unwrap_err();
    assert_eq!(refusal(&stranger).0, ErrorReason::NoCertificate);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_finishes_what_is_in_flight_and_ends_streams() {
    let mut town = Town::process().await;
    let (mut from, mut to) = (town.office().await, town.office().await);
    let mut waiting = to.subscribe(0, false).await.unwrap();
    let asked = tonic_health::pb::HealthCheckRequest::default();
    let mut health =
        HealthClient::new(from.link.channel()).watch(asked).await.unwrap().into_inner();
    let serving = health.message().await.unwrap().unwrap().status();
    assert_eq!(serving, tonic_health::pb::health_check_response::ServingStatus::Serving);
    let letters: Vec<_> = (0..40).map(|_| from.letter(&to)).collect();
    let sending = letters.iter().map(|letter| {
        let mut exchange = from.link.exchange();
        let letters = vec![letter.outgoing()];
        tokio::spawn(async move { exchange.send(wire::SendRequest { letters }).await })
    });
    let sending: Vec<_> = sending.collect();
    // Some are answered by now, some are in flight, some have not left.
    let first = waiting.message().await.unwrap().unwrap();
    assert!(first.part.is_some());
    town.stop().await;

    let ended = loop {
        match waiting.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream ended as if all were well"),
            Err(status) => break status,
        }
    };
    assert_eq!(ended.code(), Code::Unavailable);
    assert!(ended.message().contains("stopping"), "{ended:?}");
    let serving = health.message().await.unwrap().unwrap().status();
    assert_eq!(serving, tonic_health::pb::health_check_response::ServingStatus::NotServing);
    let log = std::fs::read_to_string(town.folder.path.join("errors.txt")).unwrap();
    assert!(!log.contains("connections were still open"), "{log}");
    let mut answered = Vec::new();
    for (call, letter) in sending.into_iter().zip(&letters) {
        match call.await.unwrap() {
            Ok(_) => answered.push(letter),
            // A request that had not left is given up on our side.
            Err(status) => {
                assert!(matches!(status.code(), Code::Unavailable | Code::Cancelled), "{status:?}")
            }
        }
    }
    town.start_process(&[]);
    town.reconnect(&mut [&mut from, &mut to]).await;
    for letter in answered {
        assert_eq!(to.fetch(letter).await.unwrap().1, letter.body, "what was answered is there");
    }
    town.stop().await;
}

/// A call whose request never ends, so that its connection never closes by itself.
async fn hang(town: &Town) -> tokio::task::JoinHandle<()> {
    let mut raw = tonic::client::Grpc::new(town.administrators[0].link.channel());
    raw.ready().await.unwrap();
    let path = tonic::codegen::http::uri::PathAndQuery::from_static(
        "/tsumugu.v1.LogService/GetCheckpoint",
    );
    let codec =
        tonic_prost::ProstCodec::<wire::GetCheckpointRequest, wire::GetCheckpointResponse>::default(
        );
    let call = tokio::spawn(async move {
        let never = Request::new(tokio_stream::pending());
        let _ = raw.client_streaming(never, path, codec).await;
    });
    // Another call on the same connection is answered after it: the server has seen both.
    town.sync().await;
    call
}

fn process(town: &mut Town) -> Process {
    let Running::Process(process) = std::mem::replace(&mut town.running, Running::Not) else {
        panic!("no program runs")
    };
    process
}

async fn log_says(town: &Town, words: &str) {
    let log = town.folder.path.join("errors.txt");
    tokio::time::timeout(PATIENCE, async {
        while !std::fs::read_to_string(&log).unwrap().contains(words) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_hangs_does_not_hold_the_stop_up() {
    let mut town = Town::process().await;
    town.stop().await;
    town.folder.limits(|limits| (limits.stop_seconds, limits.request_timeout_seconds) = (2, 600));
    town.start_process(&[]);
    town.reconnect(&mut []).await;
    let call = hang(&town).await;
    let process = process(&mut town);
    process.signal("TERM");
    let status = tokio::task::spawn_blocking(|| process.wait()).await.unwrap();
    assert_eq!(status.code(), Some(0));
    log_says(&town, "connections were still open at the end of the stop").await;
    call.abort();
    assert!(town.folder.check(false).wrong_tiles.is_empty(), "the tiles were written");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_at_once() {
    let mut town = Town::process().await;
    town.stop().await;
    town.folder.limits(|limits| (limits.stop_seconds, limits.request_timeout_seconds) = (600, 600));
    town.start_process(&[]);
    town.reconnect(&mut []).await;
    let call = hang(&town).await;
    let process = process(&mut town);
    process.signal("TERM");
    log_says(&town, "a second signal ends at once").await;
    process.signal("INT");
    let status = tokio::task::spawn_blocking(|| process.wait()).await.unwrap();
    assert_eq!(status.code(), Some(1));
    call.abort();
    town.start_process(&[]);
    town.reconnect(&mut []).await;
    town.sync().await;
    town.stop().await;
}
