//! `metrics_listen`: a plain HTTP listener of its own for `/metrics`, `/healthz` and `/readyz`.
//!
//! It has no TLS and asks nobody who he is, so it listens on loopback unless the operator decides
//! otherwise. What it tells is in `metrics.rs`: nothing of anybody's traffic.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;

use super::Condition;
use super::gather::Sources;

/// The content type of OpenMetrics text.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// A round that lasts longer than this hangs, milliseconds: disks answer in seconds or not at all.
const ROUND_LIMIT_MS: u64 = 60_000;

/// The listener, open.
#[derive(Debug)]
pub(crate) struct Endpoint(TcpListener);

impl Endpoint {
    /// Listens; nothing is answered before [`Endpoint::serve`].
    ///
    /// # Errors
    /// What the system says.
    pub(crate) async fn bind(address: SocketAddr) -> std::io::Result<Self> {
        if !address.ip().is_loopback() {
            tracing::warn!(%address, "metrics_listen is not on loopback: whoever reaches it can read it");
        }
        Ok(Self(TcpListener::bind(address).await?))
    }

    /// The address that it listens on.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn address(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Answers until the task is dropped.
    pub(crate) async fn serve(self, sources: Arc<Sources>) {
        let router = Router::new()
            .route("/metrics", get(metrics_text))
            .route("/healthz", get(healthz))
            .route("/readyz", get(readyz))
            .with_state(sources);
        if let Err(error) = axum::serve(self.0, router).await {
            tracing::error!(%error, "the metrics listener ended");
        }
    }
}

async fn metrics_text(State(sources): State<Arc<Sources>>) -> impl IntoResponse {
    let gathered = tokio::task::spawn_blocking(move || {
        sources.gather();
        sources.metrics.encode()
    });
    // Only a panic keeps it from ending; then there is nothing to show.
    match gathered.await {
        Ok(text) => (StatusCode::OK, [(header::CONTENT_TYPE, OPEN_METRICS)], text),
        Err(_) => {
            let plain = [(header::CONTENT_TYPE, "text/plain")];
            (StatusCode::INTERNAL_SERVER_ERROR, plain, String::new())
        }
    }
}

/// Whether the process should be left running: no while a round hangs on the disk.
async fn healthz(State(sources): State<Arc<Sources>>) -> (StatusCode, &'static str) {
    let now = sources.exchange.clock.now_ms();
    if is_stuck(sources.metrics.round_began(), now) {
        (StatusCode::SERVICE_UNAVAILABLE, "stuck\n")
    } else {
        (StatusCode::OK, "ok\n")
    }
}

/// Whether it should be sent traffic.
async fn readyz(State(sources): State<Arc<Sources>>) -> (StatusCode, &'static str) {
    match sources.condition() {
        Condition::Serving if sources.list_has_expired() => {
            (StatusCode::SERVICE_UNAVAILABLE, "revocation list expired\n")
        }
        Condition::Serving => (StatusCode::OK, "serving\n"),
        Condition::ReadOnly => (StatusCode::SERVICE_UNAVAILABLE, "read-only\n"),
        Condition::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
    }
}

fn is_stuck(round_began_ms: Option<u64>, now_ms: u64) -> bool {
    round_began_ms.is_some_and(|began| now_ms.saturating_sub(began) > ROUND_LIMIT_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_that_hangs_shows_at_the_edge() {
        assert!(!is_stuck(None, u64::MAX));
        assert!(!is_stuck(Some(5), 5 + ROUND_LIMIT_MS));
        assert!(is_stuck(Some(5), 6 + ROUND_LIMIT_MS));
        assert!(!is_stuck(Some(9), 5), "a clock that went back");
    }
}
