//! Re-reads the revocation list when its file changes, or when the operator says so (SIGHUP).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tsumugu_durable::DiskError;
use tsumugu_durable::clock::Clock;

use super::Gate;
use super::revocation::{Freshness, RevocationError, RevocationLists};

/// How often the file is looked at.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Watches until the task is dropped. A list that cannot be used is logged, and the one before stays
/// in force until its own end.
pub(crate) async fn watch(gate: Arc<Gate>, path: PathBuf, clock: Arc<dyn Clock>) {
    let mut told = Freshness::Fresh;
    // Read once more at once: it may have changed since the start.
    let mut seen = Seen::Nothing;
    let mut timer = tokio::time::interval(LOOK_EVERY);
    let mut hangup = Hangup::new();
    loop {
        let asked = tokio::select! {
            _ = timer.tick() => false,
            () = hangup.next() => true,
        };
        // The stamp is taken before the file is read: a change in between shows at the next look.
        let found = stamp(&path);
        if asked || seen.is_to_be_read(found) {
            let path = path.clone();
            let read = move |gate: &Gate| RevocationLists::read(&path, &gate.roots());
            let is_settled = take(&gate, clock.now_ms(), asked, seen.was_told(found), read).await;
            seen = if is_settled { Seen::Settled(found) } else { Seen::Tried(found) };
        }
        told = tell(told, &gate, clock.now_ms());
    }
}

/// What is known of the file.
#[derive(Clone, Copy)]
enum Seen {
    /// Nothing yet.
    Nothing,
    /// It could not be read, or does not count yet: that can change without the file's stamp, so it is
    /// tried at every look.
    Tried(Stamp),
    /// It was taken, or refused for what stands in it: only another file is worth reading.
    Settled(Stamp),
}

impl Seen {
    fn is_to_be_read(self, found: Stamp) -> bool {
        !matches!(self, Self::Settled(stamp) if stamp == found)
    }

    /// Whether the operator was told of this file's failure already.
    fn was_told(self, found: Stamp) -> bool {
        matches!(self, Self::Tried(stamp) if stamp == found)
    }
}

/// Reads the file and puts it in force; gives whether the same file has no more to say.
async fn take(
    gate: &Arc<Gate>,
    now_ms: u64,
    asked: bool,
    was_told: bool,
    read: impl FnOnce(&Gate) -> Result<RevocationLists, RevocationError> + Send + 'static,
) -> bool {
    let gate = Arc::clone(gate);
    let taken = tokio::task::spawn_blocking(move || {
        let lists = read(&gate)?;
        let (revoked, until) = (lists.revoked(), shown(lists.next_update_s()));
        gate.replace_lists(lists, now_ms).map(|is_new| (is_new, revoked, until))
    });
    match taken.await {
        Ok(Ok((is_new, revoked, until))) if is_new || asked => {
            tracing::info!(revoked, until, "the revocation list is in force");
        }
        Ok(Err(error)) => {
            if asked || !was_told {
                tracing::error!(
                    error = with_causes(&error),
                    "the revocation list cannot be used; the one before stays in force until its \
                     nextUpdate"
                );
            }
            return is_of_content(&error);
        }
        // The same list again; or the reading panicked, and said so.
        Ok(Ok(_)) | Err(_) => {}
    }
    true
}

/// Whether the same file will be refused again, whatever the disk and the clock do.
fn is_of_content(error: &RevocationError) -> bool {
    match error {
        RevocationError::Disk(error) => matches!(error, DiskError::TooLong { .. }),
        RevocationError::NotYet { .. } => false,
        _ => true,
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
/// length, or SIGHUP says so. None where there is no file.
type Stamp = Option<(SystemTime, u64)>;

fn stamp(path: &Path) -> Stamp {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ca::IssuingCa;

    const NOW: u64 = 1_800_000_000_000;
    const NOW_S: i64 = 1_800_000_000;

    fn gate_and_list(begin_s: i64) -> (Arc<Gate>, RevocationLists) {
        let ca = IssuingCa::create("exchange.test", NOW).unwrap();
        let roots = [ca.certificate().clone()];
        let list = ca.list(&[], begin_s, begin_s + 3_600);
        (
            Gate::new("exchange.test", &roots).unwrap(),
            RevocationLists::parse(&list, &roots).unwrap(),
        )
    }

    async fn look(
        seen: Seen,
        gate: &Arc<Gate>,
        now_ms: u64,
        answer: Result<RevocationLists, RevocationError>,
    ) -> Seen {
        let found = Some((SystemTime::UNIX_EPOCH, 100));
        assert!(seen.is_to_be_read(found));
        match take(gate, now_ms, false, seen.was_told(found), move |_| answer).await {
            true => Seen::Settled(found),
            false => Seen::Tried(found),
        }
    }

    #[tokio::test]
    async fn a_list_that_cannot_be_read_is_tried_again_though_its_stamp_stays() {
        let (gate, list) = gate_and_list(NOW_S);
        let refused = || DiskError::Io {
            action: "read it",
            path: "crl.pem".into(),
            source: std::io::ErrorKind::PermissionDenied.into(),
        };
        let mut seen = Seen::Nothing;
        for _ in 0..3 {
            seen = look(seen, &gate, NOW, Err(refused().into())).await;
        }
        assert!(gate.lists().is_none());
        // Somebody gave the file to the server's user: neither time nor length tell.
        let seen = look(seen, &gate, NOW, Ok(list.clone())).await;
        assert_eq!(gate.lists(), Some(list));
        assert!(!seen.is_to_be_read(Some((SystemTime::UNIX_EPOCH, 100))));
        assert!(
            seen.is_to_be_read(Some((SystemTime::UNIX_EPOCH, 101))) && seen.is_to_be_read(None)
        );
    }

    #[tokio::test]
    async fn what_is_refused_for_its_content_is_read_once_and_what_begins_later_again() {
        let found = Some((SystemTime::UNIX_EPOCH, 100));
        let (gate, list) = gate_and_list(NOW_S + 3_000);
        for refused in [RevocationError::Unreadable, RevocationError::Older] {
            assert!(!look(Seen::Nothing, &gate, NOW, Err(refused)).await.is_to_be_read(found));
        }
        let long = DiskError::TooLong { path: "crl.pem".into(), max: 1 };
        assert!(!look(Seen::Nothing, &gate, NOW, Err(long.into())).await.is_to_be_read(found));
        let seen = look(Seen::Nothing, &gate, NOW, Ok(list.clone())).await;
        assert!(gate.lists().is_none());
        look(seen, &gate, NOW + 3_000_000, Ok(list.clone())).await;
        assert_eq!(gate.lists(), Some(list));
    }
}
