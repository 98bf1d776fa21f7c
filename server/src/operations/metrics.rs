//! What is counted and measured, and under which names (計測値).
//!
//! Labels are closed sets: methods of our own services, gRPC codes, reasons, causes. No label holds an
//! id, a name or an address, so the metrics tell nobody who writes to whom.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use prost::Message;
use tonic::Code;

/// Bounds of call durations, seconds: from a look-up in memory to the longest allowed request.
pub(super) const CALL_SECONDS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
/// Bounds of commit durations, seconds: from one sync of a solid-state disk to a disk in trouble.
pub(super) const COMMIT_SECONDS: [f64; 11] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];
/// Bounds of round sizes, commands.
pub(super) const ROUND_COMMANDS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// The label of paths that are none of our methods: what strangers make up shall not fill the memory.
const OTHER: &str = "other";
/// A service that is not in our own schema.
const HEALTH: &str = "grpc.health.v1.Health";

/// Counters and histograms of one running exchange. What can be looked up when somebody asks is
/// [`Measured`], not here.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Paths of methods, with the label of each.
    methods: HashMap<String, Arc<str>>,
    connections: Gauge,
    handshakes_failed: Family<CauseLabel, Counter>,
    in_flight: Gauge,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<MethodLabel, Histogram, fn() -> Histogram>,
    refusals: Family<ReasonLabel, Counter>,
    rounds: Histogram,
    commits: Histogram,
    last_tick_ms: AtomicU64,
    round_began_ms: AtomicU64,
    pub(super) measured: Measured,
    #[cfg(feature = "otel")]
    otel: super::otel::Instruments,
}

/// What is looked up at the moment at which somebody asks.
#[derive(Debug, Default)]
pub(super) struct Measured {
    pub(super) queue: Gauge,
    pub(super) leaves: Gauge,
    pub(super) clear_leaves: Gauge,
    pub(super) streams: Gauge,
    pub(super) stored: Family<PartLabel, Gauge>,
    pub(super) free: Gauge,
    pub(super) tick_age: Gauge<f64, AtomicU64>,
    pub(super) certificate_days: Family<CertificateLabel, Gauge>,
    /// Absent where there is no list.
    pub(super) list_age: Family<CertificateLabel, Gauge<f64, AtomicU64>>,
    pub(super) ready: Gauge,
}

/// Why a TLS handshake failed: who is at fault, and whether it is worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum HandshakeFailure {
    /// The peer broke the connection off, such as a port scanner.
    Closed,
    /// The peer said nothing for too long.
    Timeout,
    /// The peer cannot do TLS 1.3 with X25519MLKEM768.
    Incompatible,
    /// The peer refused us: it pinned another CA, or a box between us inspects TLS.
    RefusedByPeer,
    /// Its certificate has expired, or is not valid yet.
    Validity,
    /// Its certificate was revoked.
    Revoked,
    /// The revocation list is out of date: the operator must renew it.
    RevocationList,
    /// Its certificate is not ours, or not for a party of this exchange.
    Certificate,
    /// What the peer sent is not TLS.
    Protocol,
    /// It passed, and all places of its kind are taken.
    NoPlace,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CauseLabel {
    cause: HandshakeFailure,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MethodLabel {
    method: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: Arc<str>,
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct PartLabel {
    pub(super) part: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct CertificateLabel {
    pub(super) certificate: &'static str,
}

impl Metrics {
    /// All of them at zero.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let seconds: fn() -> Histogram = || Histogram::new(CALL_SECONDS);
        let mut metrics = Self {
            registry: Registry::with_prefix("tsumugu"),
            methods: methods(),
            connections: Gauge::default(),
            handshakes_failed: Family::default(),
            in_flight: Gauge::default(),
            requests: Family::default(),
            seconds: Family::new_with_constructor(seconds),
            refusals: Family::default(),
            rounds: Histogram::new(ROUND_COMMANDS),
            commits: Histogram::new(COMMIT_SECONDS),
            last_tick_ms: AtomicU64::new(0),
            round_began_ms: AtomicU64::new(0),
            measured: Measured::default(),
            #[cfg(feature = "otel")]
            otel: super::otel::Instruments::new(),
        };
        metrics.register();
        Arc::new(metrics)
    }

    fn register(&mut self) {
        let r = &mut self.registry;
        r.register("connections", "Open TLS connections", self.connections.clone());
        r.register(
            "handshakes_failed",
            "TLS handshakes that failed, by cause",
            self.handshakes_failed.clone(),
        );
        r.register("requests_in_flight", "Calls and streams not ended", self.in_flight.clone());
        r.register("requests", "Calls by method and gRPC code", self.requests.clone());
        r.register_with_unit(
            "request_duration",
            "Time until a call is answered, or a stream begins",
            Unit::Seconds,
            self.seconds.clone(),
        );
        r.register("refusals", "Refused calls by reason", self.refusals.clone());
        r.register("round_commands", "Commands of one round", self.rounds.clone());
        r.register_with_unit(
            "commit_duration",
            "Time to commit, apply and publish a round",
            Unit::Seconds,
            self.commits.clone(),
        );
        let m = &self.measured;
        r.register("sequencer_queue", "Commands that wait", m.queue.clone());
        r.register("log_leaves", "Leaves in the log", m.leaves.clone());
        r.register("log_clear_leaves", "Clear leaves in the log", m.clear_leaves.clone());
        r.register("mailbox_streams", "Terminals that wait for mail", m.streams.clone());
        r.register_with_unit(
            "stored",
            "Size of the parts of the folder",
            Unit::Bytes,
            m.stored.clone(),
        );
        r.register_with_unit("disk_free", "Room on the disk", Unit::Bytes, m.free.clone());
        r.register_with_unit(
            "last_tick_age",
            "Time since the last tick of the log; clients stop at two hours",
            Unit::Seconds,
            m.tick_age.clone(),
        );
        r.register(
            "certificate_days_left",
            "Whole days until a certificate or list ends",
            m.certificate_days.clone(),
        );
        r.register_with_unit(
            "revocation_list_age",
            "Time since the thisUpdate of the oldest revocation list",
            Unit::Seconds,
            m.list_age.clone(),
        );
        r.register("ready", "1 while every call is taken", m.ready.clone());
    }

    /// The text format of OpenMetrics 1.0, which Prometheus reads.
    #[must_use]
    pub(super) fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }

    /// The label of a request's path.
    pub(super) fn method(&self, path: &str) -> Arc<str> {
        self.methods.get(path).cloned().unwrap_or_else(|| OTHER.into())
    }

    /// A handshake failed.
    pub(crate) fn handshake_failed(&self, cause: HandshakeFailure) {
        self.handshakes_failed.get_or_create(&CauseLabel { cause }).inc();
    }

    /// A connection is open until the guard is dropped.
    pub(crate) fn connected(&self) -> Held {
        Held::hold(&self.connections)
    }

    /// Connections that are open.
    #[cfg(feature = "otel")]
    pub(super) fn connections_open(&self) -> i64 {
        self.connections.get()
    }

    /// A call is in flight until the guard is dropped.
    pub(super) fn began(&self) -> Held {
        Held::hold(&self.in_flight)
    }

    /// A call was answered, or its stream begins.
    pub(super) fn answered(&self, method: &Arc<str>, took: Duration) {
        let label = MethodLabel { method: method.clone() };
        self.seconds.get_or_create(&label).observe(took.as_secs_f64());
        #[cfg(feature = "otel")]
        self.otel.answered(method, took);
    }

    /// A call ended.
    pub(super) fn ended(&self, method: &Arc<str>, code: Code, reason: Option<&'static str>) {
        let code = code_name(code);
        let labels = RequestLabels { method: method.clone(), code };
        self.requests.get_or_create(&labels).inc();
        if let Some(reason) = reason {
            self.refusals.get_or_create(&ReasonLabel { reason }).inc();
        }
        #[cfg(feature = "otel")]
        self.otel.ended(method, code, reason);
    }

    /// The sequencer takes up a round.
    pub(crate) fn round_begins(&self, now_ms: u64) {
        self.round_began_ms.store(now_ms.max(1), Ordering::Relaxed);
    }

    /// The round is answered.
    pub(crate) fn round_ended(&self, commands: usize, commit: Duration) {
        self.round_began_ms.store(0, Ordering::Relaxed);
        self.rounds.observe(commands as f64);
        self.commits.observe(commit.as_secs_f64());
        #[cfg(feature = "otel")]
        self.otel.round_ended(commands, commit);
    }

    /// When the round that is under way began, milliseconds since 1970; `None` between rounds.
    pub(super) fn round_began(&self) -> Option<u64> {
        Some(self.round_began_ms.load(Ordering::Relaxed)).filter(|began| *began > 0)
    }

    /// A tick was committed.
    pub(crate) fn ticked(&self, now_ms: u64) {
        self.last_tick_ms.store(now_ms, Ordering::Relaxed);
    }

    /// When the last tick was committed, milliseconds since 1970; `None` before the first.
    pub(super) fn last_tick(&self) -> Option<u64> {
        Some(self.last_tick_ms.load(Ordering::Relaxed)).filter(|at| *at > 0)
    }
}

/// Something that is counted while this is held.
#[derive(Debug)]
pub(crate) struct Held(Gauge);

impl Held {
    fn hold(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Methods of our schema: `/tsumugu.v1.ExchangeService/Send` is shown as `ExchangeService/Send`.
fn methods() -> HashMap<String, Arc<str>> {
    let schema = prost_types::FileDescriptorSet::decode(tsumugu_proto::FILE_DESCRIPTOR_SET)
        .unwrap_or_default();
    let mut methods = HashMap::new();
    for file in &schema.file {
        for service in &file.service {
            for method in &service.method {
                let label = format!("{}/{}", service.name(), method.name());
                let path = format!("/{}.{label}", file.package());
                methods.insert(path, label.into());
            }
        }
    }
    for method in ["Check", "Watch", "List"] {
        methods.insert(format!("/{HEALTH}/{method}"), format!("Health/{method}").into());
    }
    methods
}

/// The name of a gRPC code, as its specification spells it.
fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_methods_have_labels_of_their_own() {
        let metrics = Metrics::new();
        assert_eq!(&*metrics.method("/tsumugu.v1.ExchangeService/Send"), "ExchangeService/Send");
        assert_eq!(&*metrics.method("/grpc.health.v1.Health/Check"), "Health/Check");
        for made_up in ["", "/", "/tsumugu.v1.ExchangeService/Sent", "/a/b"] {
            assert_eq!(&*metrics.method(made_up), OTHER);
        }
    }

    #[test]
    fn what_is_held_is_let_go() {
        let metrics = Metrics::new();
        let open = metrics.connected();
        assert!(metrics.encode().contains("\ntsumugu_connections 1\n"));
        drop(open);
        assert!(metrics.encode().contains("\ntsumugu_connections 0\n"));
    }

    #[test]
    fn a_round_under_way_shows_since_when() {
        let metrics = Metrics::new();
        assert_eq!(metrics.round_began(), None);
        metrics.round_begins(7);
        assert_eq!(metrics.round_began(), Some(7));
        metrics.round_ended(3, Duration::from_millis(2));
        assert_eq!(metrics.round_began(), None);
        let text = metrics.encode();
        assert!(text.contains("tsumugu_round_commands_sum 3.0\n"), "{text}");
        assert!(text.contains("tsumugu_commit_duration_seconds_count 1\n"), "{text}");
    }
}
