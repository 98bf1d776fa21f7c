//! What happens by itself: ticks, and the server's own certificate.

use std::sync::Arc;
use std::time::Duration;

use tsumugu_durable::DiskError;

use crate::ca::needs_renewal;
use crate::exchange::Exchange;
use crate::sequencer::Command;
use crate::tls::ServerCertificate;

/// Ticks until the task is dropped. A tick that fails is logged; the sequencer's own failure stops the
/// server elsewhere.
pub(crate) async fn run(
    exchange: Arc<Exchange>,
    certificate: Arc<ServerCertificate>,
    interval: Duration,
) {
    let mut timer = tokio::time::interval(interval);
    loop {
        timer.tick().await;
        if let Err(refused) = exchange.sequencer.submit(Command::Tick).await {
            tracing::error!(reason = refused.reason.text(), "the tick was not taken");
        }
        if let Err(error) = sweep(&exchange).await {
            tracing::error!(%error, "invitations that are over could not be removed");
        }
        renew(&exchange, &certificate);
    }
}

/// A keyring that its terminal has not fetched in time is kept no longer.
async fn sweep(exchange: &Exchange) -> Result<(), DiskError> {
    let _one = exchange.pending.lock().await;
    exchange.pending.sweep_terminals(exchange.now())
}

/// The server's certificate lives in memory: a new one needs no restart.
fn renew(exchange: &Exchange, certificate: &ServerCertificate) {
    let now = exchange.clock.now_ms();
    if !certificate.leaf().is_none_or(|leaf| needs_renewal(&leaf, now)) {
        return;
    }
    let renewed =
        exchange.ca.issue_server(&exchange.settings.extra_names, now).map_err(|e| e.to_string());
    let replaced = renewed.and_then(|issued| {
        certificate.replace(issued.chain, issued.key).map_err(|e| e.to_string())
    });
    match replaced {
        Ok(()) => tracing::info!("the server's certificate was renewed"),
        Err(error) => tracing::error!(%error, "the server's certificate could not be renewed"),
    }
}
