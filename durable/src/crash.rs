//! Crash points: named places where a test can make the whole program die.
//!
//! A crash point costs nothing in a release build. In a build with debug assertions it reads the
//! environment variable [`CRASH_AT`] once; when that is `name` or `name:N`, the N-th passage (the
//! first is 1) of the point of that name kills the process. On Unix that is `SIGKILL`: no destructor
//! runs, no buffer is flushed, exactly as when the kernel or a person kills the program. What a
//! power cut adds to that, the loss of what was not synced, is [`FaultPlan`](crate::FaultPlan)'s part.

/// The environment variable that arms one crash point: `name` or `name:N` with N counted from 1.
pub const CRASH_AT: &str = "TSUMUGU_CRASH_AT";

/// The crash points inside this crate, in the order in which one command passes them.
pub const CRASH_POINTS: &[&str] = &[
    "atomic.temporary-written",
    "atomic.temporary-synced",
    "atomic.renamed",
    "atomic.moved",
    "journal.half-written",
    "journal.written",
    "journal.synced",
    "erase.intent-written",
    "erase.overwritten",
    "erase.synced",
    "bodies.written",
    "bodies.synced",
    "bodies.overwritten",
    "attachment.written",
    "attachment.synced",
    "attachment.renamed",
    "attachment.finished",
    "attachment.named",
    "attachment.unlinked",
];

/// Kills the process here if [`CRASH_AT`] names this point and this passage of it.
///
/// Without debug assertions, and when the variable is absent or malformed, nothing happens.
#[inline]
pub fn crash_point(name: &'static str) {
    #[cfg(debug_assertions)]
    armed::pass(name);
    #[cfg(not(debug_assertions))]
    let _ = name;
}

/// Whether [`CRASH_AT`] names this point, so that a writer can stop half-way for it.
#[inline]
pub(crate) fn is_armed(name: &'static str) -> bool {
    #[cfg(debug_assertions)]
    return armed::point().is_some_and(|point| point.name == name);
    #[cfg(not(debug_assertions))]
    {
        let _ = name;
        false
    }
}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    pub(super) struct Point {
        pub(super) name: String,
        pub(super) passage: u64,
    }

    static PASSED: AtomicU64 = AtomicU64::new(0);

    pub(super) fn point() -> Option<&'static Point> {
        static POINT: OnceLock<Option<Point>> = OnceLock::new();
        POINT.get_or_init(|| parse(&std::env::var(super::CRASH_AT).ok()?)).as_ref()
    }

    pub(super) fn pass(name: &'static str) {
        let Some(point) = point().filter(|point| point.name == name) else { return };
        if PASSED.fetch_add(1, Ordering::Relaxed) + 1 == point.passage {
            die();
        }
    }

    pub(super) fn parse(text: &str) -> Option<Point> {
        let (name, passage) = match text.split_once(':') {
            None => (text, 1),
            Some((name, passage)) => (name, passage.parse().ok().filter(|&n| n > 0)?),
        };
        (!name.is_empty()).then(|| Point { name: name.to_owned(), passage })
    }

    fn die() -> ! {
        #[cfg(unix)]
        {
            // The signal cannot be caught; should the kernel be slow to deliver it, abort follows.
            let _ = rustix::process::kill_process(
                rustix::process::getpid(),
                rustix::process::Signal::KILL,
            );
        }
        std::process::abort()
    }
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::armed::parse;

    #[test]
    fn the_variable_is_a_name_and_a_passage() {
        let named = |text| parse(text).map(|point| (point.name, point.passage));
        assert_eq!(named("a.b"), Some(("a.b".into(), 1)));
        assert_eq!(named("a.b:3"), Some(("a.b".into(), 3)));
        for bad in ["", ":1", "a:", "a:0", "a:x", "a:1:2"] {
            assert_eq!(named(bad), None, "{bad}");
        }
    }
}
