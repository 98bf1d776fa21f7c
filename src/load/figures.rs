//! What was measured, in the fields that others' load tools give too.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::args::Args;
use super::exchange::Cost;

/// What the pairs count.
#[derive(Debug)]
pub(super) struct Tally {
    counted: Mutex<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    began: Option<Instant>,
    last: Option<Instant>,
    sends_us: Vec<u32>,
    acknowledgements_us: Vec<u32>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self { counted: Mutex::default() }
    }

    /// A pair begins; the first one's time counts.
    pub(super) fn begin(&self) {
        self.lock().began.get_or_insert_with(Instant::now);
    }

    /// A letter was sealed, handed over, and its receipt verified.
    pub(super) fn sent(&self, took: Duration) {
        self.lock().sends_us.push(micros(took));
    }

    /// A letter was checked, fetched, opened and acknowledged, and every receipt verified.
    pub(super) fn acknowledged(&self, took: Duration) {
        let mut counted = self.lock();
        counted.acknowledgements_us.push(micros(took));
        counted.last = Some(Instant::now());
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The outcome of a run.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    engine: &'static str,
    senders: usize,
    size: usize,
    /// Sealed end to end.
    e2e: bool,
    cycles: usize,
    per_second: f64,
    wall_s: f64,
    send_us: Quantiles,
    receive_ack_us: Quantiles,
    /// Processor time of the server for one cycle, milliseconds.
    server_cpu_ms: Option<f64>,
    /// Processor time of all the clients for one cycle, milliseconds.
    client_cpu_ms: Option<f64>,
    /// Most resident memory of the server, KiB.
    server_peak_rss_kib: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachment: Option<Carried>,
}

/// Half of them, and all but one in a hundred, took no longer: microseconds.
#[derive(Debug, Serialize)]
struct Quantiles {
    p50: u32,
    p99: u32,
}

/// One attachment there and back.
#[derive(Debug, Serialize)]
pub(super) struct Carried {
    /// Plain bytes.
    pub(super) bytes: u64,
    /// Seal and upload, megabytes a second.
    pub(super) up_mb_s: f64,
    /// Download and open, megabytes a second.
    pub(super) down_mb_s: f64,
    /// Growth of the server's most resident memory, KiB.
    pub(super) server_rss_growth_kib: Option<u64>,
    /// Growth of the clients' most resident memory, KiB.
    pub(super) client_rss_growth_kib: Option<u64>,
}

impl Figures {
    pub(super) fn new(
        args: &Args,
        tally: &Tally,
        attachment: Option<Carried>,
        (before, after): (Cost, Cost),
        wall: Duration,
    ) -> Self {
        let mut counted = tally.lock();
        let cycles = counted.acknowledgements_us.len();
        let took = counted.began.zip(counted.last).map_or(0.0, |(a, b)| (b - a).as_secs_f64());
        let each = |cpu_s: f64| (cpu_s * 1_000.0 / cycles.max(1) as f64 * 100.0).round() / 100.0;
        let server = after.cpu_s.zip(before.cpu_s).map(|(after, before)| each(after - before));
        Self {
            engine: "tsumugu",
            senders: args.senders,
            size: args.size,
            e2e: true,
            cycles,
            per_second: if took > 0.0 { (cycles as f64 / took).round() } else { 0.0 },
            wall_s: wall.as_secs_f64(),
            send_us: Quantiles::of(&mut counted.sends_us),
            receive_ack_us: Quantiles::of(&mut counted.acknowledgements_us),
            server_cpu_ms: server,
            client_cpu_ms: Cost::own().cpu_s.map(each),
            server_peak_rss_kib: after.peak_rss_kib,
            attachment,
        }
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} 組、本文 {} バイト / {} pairs", self.senders, self.size, self.senders)?;
        writeln!(f, "往復 / full cycles: {} ({} /s)", self.cycles, self.per_second)?;
        let Quantiles { p50, p99 } = self.send_us;
        writeln!(f, "送信 / send: p50 {p50} µs, p99 {p99} µs")?;
        let Quantiles { p50, p99 } = self.receive_ack_us;
        writeln!(f, "受領 / receive and acknowledge: p50 {p50} µs, p99 {p99} µs")?;
        if let (Some(server), Some(client)) = (self.server_cpu_ms, self.client_cpu_ms) {
            writeln!(f, "CPU / 往復 cycle: server {server} ms, clients {client} ms")?;
        }
        if let Some(carried) = &self.attachment {
            let Carried { bytes, up_mb_s, down_mb_s, .. } = carried;
            writeln!(f, "添付 / attachment {bytes} B: up {up_mb_s} MB/s, down {down_mb_s} MB/s")?;
        }
        Ok(())
    }
}

impl Quantiles {
    fn of(micros: &mut [u32]) -> Self {
        micros.sort_unstable();
        let at = |share: f64| {
            let place = (micros.len() as f64 * share).ceil() as usize;
            micros.get(place.saturating_sub(1)).copied().unwrap_or_default()
        };
        Self { p50: at(0.5), p99: at(0.99) }
    }
}

fn micros(took: Duration) -> u32 {
    u32::try_from(took.as_micros()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_what_was_measured() {
        let mut all: Vec<u32> = (1..=200).rev().collect();
        let Quantiles { p50, p99 } = Quantiles::of(&mut all);
        assert_eq!((p50, p99), (100, 198));
        assert_eq!(Quantiles::of(&mut []).p99, 0);
        assert_eq!(Quantiles::of(&mut [7]).p50, 7);
    }
}
