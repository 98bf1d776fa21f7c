//! The one reader of the system's clock.
//!
//! Everything else takes a [`Clock`], so that tests can move time. Tests of the real programs move
//! it with the environment variable [`CLOCK_OFFSET`], in builds with debug assertions only.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

/// Milliseconds to add to the system's clock (may be negative). Debug builds only.
pub const CLOCK_OFFSET: &str = "TSUMUGU_CLOCK_OFFSET_MS";

/// Tells the time.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Milliseconds since 1970-01-01T00:00:00Z. May jump, also backwards.
    fn now_ms(&self) -> u64;
}

/// The system's clock.
#[derive(Debug, Clone, Default)]
pub struct SystemClock {
    offset_ms: i64,
}

impl SystemClock {
    /// Reads [`CLOCK_OFFSET`] in debug builds.
    #[must_use]
    pub fn new() -> Self {
        let offset_ms = if cfg!(debug_assertions) {
            std::env::var(CLOCK_OFFSET).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
        } else {
            0
        };
        Self { offset_ms }
    }

    /// As a shared clock.
    #[must_use]
    pub fn shared() -> Arc<dyn Clock> {
        Arc::new(Self::new())
    }
}

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)] // the one place
    fn now_ms(&self) -> u64 {
        // A clock before 1970 reads as 1970: certificates and the log refuse it by name later.
        let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX).saturating_add_signed(self.offset_ms)
    }
}

/// A clock that stands still until a test moves it.
#[derive(Debug, Default)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// Starts at `ms`.
    #[must_use]
    pub fn at(ms: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(ms)))
    }

    /// Moves on by `ms`.
    pub fn advance(&self, ms: u64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    /// Jumps to `ms`.
    pub fn set(&self, ms: u64) {
        self.0.store(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}
