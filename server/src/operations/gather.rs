//! What is looked up when somebody asks for the metrics.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tsumugu_durable::space::{DiskSpace, FreeSpace, size_of};

use super::Condition;
use super::metrics::{CertificateLabel, Measured, Metrics, PartLabel};
use crate::exchange::Exchange;
use crate::gate::revocation::Freshness;
use crate::ledger::{BODIES, JOURNAL, LOG, VIEWS};
use crate::tls::ServerCertificate;

/// A disk is walked at most this often, milliseconds: a scrape every 15 seconds shall cost nothing.
const WALK_EVERY_MS: u64 = 60_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Where the looked-up numbers come from.
#[derive(Debug)]
pub(crate) struct Sources {
    pub(super) exchange: Arc<Exchange>,
    pub(super) metrics: Arc<Metrics>,
    certificate: Arc<ServerCertificate>,
    dir: PathBuf,
    /// When the disk was last walked, milliseconds since 1970.
    walked_ms: Mutex<Option<u64>>,
}

impl Sources {
    /// Of a running exchange in the folder `dir`.
    pub(crate) fn new(
        dir: PathBuf,
        exchange: Arc<Exchange>,
        certificate: Arc<ServerCertificate>,
        metrics: Arc<Metrics>,
    ) -> Arc<Self> {
        Arc::new(Self { exchange, metrics, certificate, dir, walked_ms: Mutex::new(None) })
    }

    /// A path of the settings: relative ones are in the exchange's folder.
    pub(crate) fn in_folder(&self, path: &Path) -> PathBuf {
        self.dir.join(path)
    }

    /// What is counted.
    pub(crate) fn metrics(&self) -> Arc<Metrics> {
        self.metrics.clone()
    }

    /// In what condition the exchange is.
    pub(super) fn condition(&self) -> Condition {
        self.exchange.condition.now()
    }

    /// Whether the operator has a revocation list, and it counts no more: nobody is let in.
    pub(super) fn list_has_expired(&self) -> bool {
        let now = self.exchange.clock.now_ms();
        let lists = self.exchange.gate.lists();
        lists.is_some_and(|lists| lists.freshness(now) == Freshness::Expired)
    }

    /// Brings the gauges up to now. Reads the disk: not for a thread that others wait for.
    pub(super) fn gather(&self) {
        let measured = &self.metrics.measured;
        let published = self.exchange.reader.published();
        measured.leaves.set(whole(published.size));
        measured.clear_leaves.set(whole(published.clear));
        measured.queue.set(whole(self.exchange.sequencer.waiting() as u64));
        measured.streams.set(self.streams());
        measured.ready.set((self.condition() == Condition::Serving).into());
        let now = self.exchange.clock.now_ms();
        if let Some(last) = self.metrics.last_tick() {
            measured.tick_age.set(now.saturating_sub(last) as f64 / 1_000.0);
        }
        self.certificates(measured, now);
        self.disk(measured, now);
    }

    fn streams(&self) -> i64 {
        let subscribers = self.exchange.subscribers.lock().unwrap_or_else(PoisonError::into_inner);
        subscribers.values().map(|count| i64::from(*count)).sum()
    }

    fn certificates(&self, measured: &Measured, now: u64) {
        let lists = self.exchange.gate.lists();
        if let Some(lists) = &lists {
            let age = now as f64 / 1_000.0 - lists.this_update_s() as f64;
            measured.list_age.get_or_create(&CertificateLabel { certificate: "crl" }).set(age);
        }
        let ends = [
            ("server", self.certificate.leaf().as_ref().and_then(crate::ca::not_after_ms)),
            ("ca", crate::ca::not_after_ms(self.exchange.ca.certificate())),
            ("crl", lists.as_ref().map(|lists| lists.next_update_s().saturating_mul(1_000))),
        ];
        for (certificate, end) in ends {
            if let Some(end) = end {
                let left = (end - i64::try_from(now).unwrap_or(i64::MAX)).div_euclid(DAY_MS);
                measured
                    .certificate_days
                    .get_or_create(&CertificateLabel { certificate })
                    .set(left);
            }
        }
    }

    fn disk(&self, measured: &Measured, now: u64) {
        if let Ok(free) = DiskSpace::of(&self.dir).free() {
            measured.free.set(whole(free));
        }
        let mut walked = self.walked_ms.lock().unwrap_or_else(PoisonError::into_inner);
        if walked.is_some_and(|at| now.saturating_sub(at) < WALK_EVERY_MS) {
            return;
        }
        *walked = Some(now);
        for part in [JOURNAL, BODIES, VIEWS, LOG] {
            let bytes = size_of(&self.dir.join(Path::new(part)));
            measured.stored.get_or_create(&PartLabel { part }).set(whole(bytes));
        }
    }
}

/// As the metrics hold whole numbers.
fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
