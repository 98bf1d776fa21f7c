//! What a service manager (systemd) is told: that we serve, that we stop, and that we are alive.
//!
//! Elsewhere, and where nobody asked (`NOTIFY_SOCKET`, `WATCHDOG_USEC`), nothing is said.

use std::sync::Arc;

use super::Metrics;
use tsumugu_durable::clock::Clock;

/// We serve from here on.
#[cfg(target_os = "linux")]
pub(crate) fn ready() {
    say(sd_notify::NotifyState::Ready);
}

/// We stop.
#[cfg(target_os = "linux")]
pub(crate) fn stopping() {
    say(sd_notify::NotifyState::Stopping);
}

/// Says that we are alive, twice as often as asked for, until the task is dropped. A round that has
/// hung for as long as the manager waits is no life.
#[cfg(target_os = "linux")]
pub(crate) async fn live(metrics: Arc<Metrics>, clock: Arc<dyn Clock>) {
    let Some(patience) = sd_notify::watchdog_enabled() else { return };
    let patience_ms = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
    let mut timer = tokio::time::interval(patience / 2);
    loop {
        timer.tick().await;
        let hangs = metrics
            .round_began()
            .is_some_and(|began| clock.now_ms().saturating_sub(began) > patience_ms);
        if !hangs {
            say(sd_notify::NotifyState::Watchdog);
        }
    }
}

#[cfg(target_os = "linux")]
fn say(state: sd_notify::NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn ready() {}

#[cfg(not(target_os = "linux"))]
pub(crate) fn stopping() {}

#[cfg(not(target_os = "linux"))]
pub(crate) async fn live(_: Arc<Metrics>, _: Arc<dyn Clock>) {}
