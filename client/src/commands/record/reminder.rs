//! What still has to be confirmed: said wherever somebody looks at the day's work.

use serde::Serialize;

use super::papers;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::session::Session;

/// Milliseconds of a day.
const DAY: u64 = 86_400_000;

/// How much went by FAX or post that nobody confirmed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Unconfirmed {
    /// How many.
    pub count: usize,
    /// Whole days since the oldest of them went.
    pub oldest_days: u64,
}

impl Unconfirmed {
    /// By this PC's time.
    ///
    /// # Errors
    /// The vault.
    pub(in crate::commands) fn of(session: &Session<'_>) -> Result<Self, Failure> {
        let (papers, now) = (papers(session)?, session.ctx().now());
        let oldest = papers.unconfirmed().map(|paper| paper.time()).min();
        let age = oldest.map_or(0, |oldest| now.0.saturating_sub(oldest.0));
        Ok(Self { count: papers.unconfirmed().count(), oldest_days: age / DAY })
    }

    /// The sentence; nothing where all are confirmed.
    pub(in crate::commands) fn sentence(self) -> Option<Sentence> {
        let said = Sentence::new("record.unconfirmed").with("count", self.count);
        (self.count > 0).then(|| said.with("days", self.oldest_days))
    }
}
