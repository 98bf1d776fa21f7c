//! The feature `otel`: spans and metrics by OTLP over gRPC, to a collector of the operator's.
//!
//! On when the standard variable `OTEL_EXPORTER_OTLP_ENDPOINT` is set, and otherwise idle. What is sent
//! is what the log and `/metrics` say: method names, codes, durations, sizes; nothing of anybody's traffic.
//! The exporters run on a thread and runtime of their own: a collector that hangs holds up nobody.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use opentelemetry::metrics::{Counter, Histogram, Meter};
use opentelemetry::trace::TracerProvider;
use opentelemetry::{KeyValue, global};
use opentelemetry_otlp::{MetricExporter, SpanExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use super::gather::Sources;
use super::metrics::{CALL_SECONDS, COMMIT_SECONDS, ROUND_COMMANDS};

/// The standard variable with the collector's address, such as `http://127.0.0.1:4317`.
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// The name of this service, and of its meter and tracer.
const SERVICE: &str = "tsumugu-server";

struct Exporting {
    spans: SdkTracerProvider,
    metrics: SdkMeterProvider,
    /// The exporters' connections live here; dropped last.
    _runtime: tokio::runtime::Runtime,
}

static EXPORTING: OnceLock<Option<Exporting>> = OnceLock::new();

/// Instruments that are written as things happen; idle where nothing is exported.
#[derive(Debug)]
pub(super) struct Instruments {
    requests: Counter<u64>,
    refusals: Counter<u64>,
    seconds: Histogram<f64>,
    rounds: Histogram<f64>,
    commits: Histogram<f64>,
}

/// Hands spans of ours to the exporter, if there is one: those that an operator's log would name, too.
pub(super) fn spans<S>() -> Option<impl Layer<S>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let exporting = EXPORTING.get_or_init(start).as_ref()?;
    let layer = tracing_opentelemetry::layer().with_tracer(exporting.spans.tracer(SERVICE));
    Some(layer.with_filter(filter_fn(|metadata| {
        metadata.target().starts_with("tsumugu") && *metadata.level() <= Level::INFO
    })))
}

/// Sends what is left. A collector that does not answer is given up after its own limit.
pub(super) fn finish() {
    if let Some(Some(exporting)) = EXPORTING.get() {
        for done in [exporting.spans.shutdown(), exporting.metrics.shutdown()] {
            if let Err(error) = done {
                tracing::warn!(%error, "the last of the telemetry was not taken");
            }
        }
    }
}

fn start() -> Option<Exporting> {
    std::env::var_os(ENDPOINT).filter(|endpoint| !endpoint.is_empty())?;
    // No log is there yet to say why, and no telemetry is no reason to stop an exchange.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("otlp")
        .enable_all()
        .build()
        .ok()?;
    // The exporters take the runtime that they are made in.
    let entered = runtime.enter();
    let resource = Resource::builder().with_service_name(SERVICE).build();
    let spans = SpanExporter::builder().with_tonic().build().ok()?;
    let spans = SdkTracerProvider::builder()
        .with_batch_exporter(spans)
        .with_resource(resource.clone())
        .build();
    let metrics = MetricExporter::builder().with_tonic().build().ok()?;
    let metrics =
        SdkMeterProvider::builder().with_periodic_exporter(metrics).with_resource(resource).build();
    global::set_meter_provider(metrics.clone());
    drop(entered);
    Some(Exporting { spans, metrics, _runtime: runtime })
}

impl Instruments {
    pub(super) fn new() -> Self {
        let meter = meter();
        Self {
            requests: meter.u64_counter("tsumugu.requests").build(),
            refusals: meter.u64_counter("tsumugu.refusals").build(),
            seconds: histogram(&meter, "tsumugu.request.duration", "s", &CALL_SECONDS),
            rounds: histogram(&meter, "tsumugu.round.commands", "{command}", &ROUND_COMMANDS),
            commits: histogram(&meter, "tsumugu.commit.duration", "s", &COMMIT_SECONDS),
        }
    }

    pub(super) fn answered(&self, method: &Arc<str>, took: Duration) {
        self.seconds.record(took.as_secs_f64(), &[of_method(method)]);
    }

    pub(super) fn ended(
        &self,
        method: &Arc<str>,
        code: &'static str,
        reason: Option<&'static str>,
    ) {
        self.requests.add(1, &[of_method(method), KeyValue::new("code", code)]);
        if let Some(reason) = reason {
            self.refusals.add(1, &[KeyValue::new("reason", reason)]);
        }
    }

    pub(super) fn round_ended(&self, commands: usize, commit: Duration) {
        self.rounds.record(commands as f64, &[]);
        self.commits.record(commit.as_secs_f64(), &[]);
    }
}

/// Lets the exporter ask for what is looked up, as long as the exchange runs.
pub(crate) fn watch(sources: &Arc<Sources>) {
    type Look = fn(&Sources) -> f64;
    let gauges: [(&'static str, Look); 7] = [
        ("tsumugu.connections", |s| s.metrics.connections_open() as f64),
        ("tsumugu.sequencer.queue", |s| s.metrics.measured.queue.get() as f64),
        ("tsumugu.log.leaves", |s| s.metrics.measured.leaves.get() as f64),
        ("tsumugu.mailbox.streams", |s| s.metrics.measured.streams.get() as f64),
        ("tsumugu.disk.free", |s| s.metrics.measured.free.get() as f64),
        ("tsumugu.last_tick.age", |s| s.metrics.measured.tick_age.get()),
        ("tsumugu.ready", |s| s.metrics.measured.ready.get() as f64),
    ];
    let meter = meter();
    for (name, look) in gauges {
        let sources: Weak<Sources> = Arc::downgrade(sources);
        meter
            .f64_observable_gauge(name)
            .with_callback(move |observer| {
                if let Some(sources) = sources.upgrade() {
                    sources.gather();
                    observer.observe(look(&sources), &[]);
                }
            })
            .build();
    }
}

fn histogram(
    meter: &Meter,
    name: &'static str,
    unit: &'static str,
    bounds: &[f64],
) -> Histogram<f64> {
    meter.f64_histogram(name).with_unit(unit).with_boundaries(bounds.to_vec()).build()
}

fn meter() -> Meter {
    global::meter(SERVICE)
}

fn of_method(method: &Arc<str>) -> KeyValue {
    KeyValue::new("method", method.clone())
}
