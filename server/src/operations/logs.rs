//! The log of the program (動作ログ): text for people, or JSON for a collector.
//!
//! Libraries below us may write down what they were handed: keys of the store, frames, header fields.
//! So of their lines only warnings and errors are taken, at whatever level ours are wanted. Ours hold
//! ids, names of rules and limits, and addresses; no payload and no person's name at any level.

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// The environment variable with the filter, such as `info` or `tsumugu_server=debug`.
pub const FILTER: &str = "TSUMUGU_LOG";
/// The environment variable behind `--log-format`.
pub const FORMAT: &str = "TSUMUGU_LOG_FORMAT";

/// How a line of the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// 人が読む文 / for people
    #[default]
    Text,
    /// 1行1件のJSON / one JSON object a line
    Json,
}

/// Writes the log to standard error from here on. Once per process; a second call changes nothing.
pub fn start(format: LogFormat) {
    let base = tracing_subscriber::registry().with(lines(format));
    #[cfg(feature = "otel")]
    let base = base.with(super::otel::spans());
    // An error means that a program around us has a log of its own already.
    let _ = base.try_init();
}

/// Before the end of the process: what is still to be sent is sent.
pub fn finish() {
    #[cfg(feature = "otel")]
    super::otel::finish();
}

fn lines<S>(format: LogFormat) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let filter = EnvFilter::try_from_env(FILTER).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines.with_ansi(false).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    lines.with_filter(filter.and(filter_fn(may_be_written)))
}

/// Whether a line may be written: ours at any level, others' from warnings on.
pub(super) fn may_be_written(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("tsumugu") || *metadata.level() <= Level::WARN
}
