//! Re-reads the revocation list when its file changes, or when the operator says so (SIGHUP).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tsumugu_durable::clock::Clock;

use super::Gate;
use super::revocation::{Freshness, RevocationLists};

/// How often the file is looked at.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Watches until the task is dropped. A list that cannot be used is logged, and the one before stays
/// in force until its own end.
pub(crate) async fn watch(gate: Arc<Gate>, path: PathBuf, clock: Arc<dyn Clock>) {
    let mut told = Freshness::Fresh;
    // Read once more at once: it may have changed since the start.
    let mut seen = None;
    let mut timer = tokio::time::interval(LOOK_EVERY);
    let mut hangup = Hangup::new();
    loop {
        let asked = tokio::select! {
            _ = timer.tick() => false,
            () = hangup.next() => true,
        };
        // The stamp is taken before the file is read: a change in between shows at the next look.
        let found = Some(stamp(&path));
        if asked || found != seen {
            seen = found;
            take(&gate, &path, clock.now_ms(), asked).await;
        }
        told = tell(told, &gate, clock.now_ms());
    }
}

/// Reads the file and puts it in force.
async fn take(gate: &Arc<Gate>, path: &Path, now_ms: u64, asked: bool) {
    let (gate, path) = (Arc::clone(gate), path.to_owned());
    let taken = tokio::task::spawn_blocking(move || {
        let lists = RevocationLists::read(&path, &gate.roots())?;
        let (revoked, until) = (lists.revoked(), shown(lists.next_update_s()));
        gate.replace_lists(lists, now_ms).map(|is_new| (is_new, revoked, until))
    });
    match taken.await {
        Ok(Ok((is_new, revoked, until))) if is_new || asked => {
            tracing::info!(revoked, until, "the revocation list is in force");
        }
        Ok(Err(error)) => tracing::error!(
            error = with_causes(&error),
            "the revocation list cannot be used; the one before stays in force until its nextUpdate"
        ),
        // The same list again; or the reading panicked, and said so.
        Ok(Ok(_)) | Err(_) => {}
    }
}

/// Tells the operator of the lists' age, once at each change.
fn tell(told: Freshness, gate: &Gate, now_ms: u64) -> Freshness {
    let Some(lists) = gate.lists() else { return told };
    let (now, until) = (lists.freshness(now_ms), shown(lists.next_update_s()));
    match now {
        _ if now == told => {}
        Freshness::Fresh => tracing::info!(until, "the revocation list is fresh"),
        Freshness::Due => tracing::warn!(
            until,
            "less than a third of the revocation list's time is left: put a new one in its place, or \
             nobody with a certificate is let in any more (openssl ca -gencrl)"
        ),
        Freshness::Expired => tracing::error!(
            until,
            "the revocation list has expired: nobody with a certificate is let in until a new one lies \
             in its place (openssl ca -gencrl)"
        ),
    }
    now
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let source_text = source.to_string();
        // A transparent error repeats its source.
        if !text.ends_with(&source_text) {
            text.push_str(": ");
            text.push_str(&source_text);
        }
        cause = source.source();
    }
    text
}

/// Time and length: a file that is replaced within one tick of the file system's clock has another
/// length, or SIGHUP says so.
fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn shown(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |at| at.to_string())
}

/// SIGHUP where there is one; elsewhere never.
struct Hangup {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangup {
    #[cfg(unix)]
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self { signal: signal(SignalKind::hangup()).ok() }
    }

    #[cfg(not(unix))]
    fn new() -> Self {
        Self {}
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal {
            signal.recv().await;
            return;
        }
        std::future::pending::<()>().await;
    }
}
