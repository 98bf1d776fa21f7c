//! What the operator sees and steers (運用): metrics, probes, logs, and in what condition the exchange is.
//!
//! Nothing here knows a person's name or a sheet; labels and log lines hold no institution either.

mod condition;
mod endpoint;
mod gather;
pub mod logs;
pub(crate) mod manager;
mod metrics;
mod observe;
#[cfg(feature = "otel")]
mod otel;
pub mod probe;

pub use self::condition::{Condition, ConditionReader, Conditions};
pub(crate) use self::endpoint::Endpoint;
pub(crate) use self::gather::Sources;
pub(crate) use self::metrics::Held;
pub use self::metrics::{HandshakeFailure, Metrics};
pub(crate) use self::observe::ObserveLayer;
#[cfg(feature = "otel")]
pub(crate) use self::otel::watch as export;
