//! What happens by itself: ticks, and the server's own certificate.

use std::sync::Arc;
use std::time::Duration;

use tsumugu_durable::DiskError;

use crate::ca::{IssuingCa, needs_renewal};
use crate::exchange::Exchange;
use crate::operations::Condition;
use crate::sequencer::Command;
use crate::settings::AltName;
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
        let names = &exchange.settings.extra_names;
        renew(&exchange.ca, names, &certificate, exchange.clock.now_ms());
        if exchange.condition.now() == Condition::ReadOnly {
            continue;
        }
        if let Err(refused) = exchange.sequencer.submit(Command::Tick).await {
            tracing::error!(reason = refused.reason.text(), "the tick was not taken");
        }
        if let Err(error) = sweep(&exchange).await {
            tracing::error!(%error, "invitations that are over could not be removed");
        }
    }
}

/// A keyring that its terminal has not fetched in time is kept no longer.
async fn sweep(exchange: &Exchange) -> Result<(), DiskError> {
    let _one = exchange.pending.lock().await;
    exchange.pending.sweep_terminals(exchange.now())
}

/// The server's certificate lives in memory: a new one needs no restart. Clients know it by its CA.
fn renew(ca: &IssuingCa, names: &[AltName], certificate: &ServerCertificate, now_ms: u64) {
    if !certificate.leaf().is_none_or(|leaf| needs_renewal(&leaf, now_ms)) {
        return;
    }
    let renewed = ca.issue_server(names, now_ms).map_err(|e| e.to_string());
    let replaced = renewed.and_then(|issued| {
        certificate.replace(issued.chain, issued.key).map_err(|e| e.to_string())
    });
    match replaced {
        Ok(()) => tracing::info!("the server's certificate was renewed"),
        Err(error) => tracing::error!(%error, "the server's certificate could not be renewed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ca::{LEAF_DAYS, RENEWAL_DAYS};

    const NOW: u64 = 1_800_000_000_000;
    const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

    #[test]
    fn the_servers_certificate_is_renewed_in_its_last_third_while_it_runs() {
        let ca = IssuingCa::create("exchange.test", NOW).unwrap();
        let issued = ca.issue_server(&[], NOW).unwrap();
        let certificate = ServerCertificate::new(issued.chain, issued.key).unwrap();
        let first = certificate.leaf().unwrap();
        let last_third = NOW + (LEAF_DAYS as u64 - RENEWAL_DAYS) * DAY_MS;
        renew(&ca, &[], &certificate, last_third);
        assert_eq!(certificate.leaf().unwrap(), first);
        renew(&ca, &[], &certificate, last_third + 1_000);
        let second = certificate.leaf().unwrap();
        assert_ne!(second, first);
        assert!(!needs_renewal(&second, last_third + 1_000 + 59 * DAY_MS));
        // A CA that has come to its end leaves the old one, which is better than none.
        let end = NOW + 20 * 365 * DAY_MS;
        renew(&ca, &[], &certificate, end);
        assert_eq!(certificate.leaf().unwrap(), second);
    }
}
