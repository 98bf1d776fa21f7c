//! The canary (一日一回のテスト送信): a test letter a day, at a random minute, so that a broken way is
//! found before a sheet is late.

use serde::{Deserialize, Serialize};
use tsumugu_trust::value::{Id, Time};

use super::state::CanaryState;
use crate::failure::Failure;
use crate::identity::text;
use crate::jst;
use crate::post::Post;
use crate::probe::{Probe, echo_of, signing_worker};
use crate::vault::Vault;

/// The record of when the next one is due, and of the one under way.
pub(crate) const RECORD: &str = "agent/canary";

/// A test letter that is not through after so long counts as failed.
pub(crate) const CANARY_LIMIT_MS: u64 = 10 * 60 * 1_000;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

const MINUTE_MS: u64 = 60 * 1_000;

/// The office's mornings: PCs that were off are not all to begin in the same minute.
const SPREAD_MS: u64 = 30 * MINUTE_MS;

/// The canary's duty.
#[derive(Debug)]
pub(crate) struct Canary {
    own: Id,
    stored: Stored,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stored {
    /// When the next one is due, by this PC's clock.
    #[serde(with = "text::one")]
    pub(crate) due: Time,
    /// The one under way.
    pub(crate) probe: Option<Probe>,
}

impl Canary {
    /// # Errors
    /// The vault.
    pub(crate) fn open(post: &impl Post, own: Id) -> Result<Self, Failure> {
        let now = post.now();
        let stored: Option<Stored> = post.vault().read_json(RECORD)?;
        let mut canary = Self { own, stored: Stored { due: now, probe: None } };
        match stored {
            // Long overdue: this PC was off, and so were others.
            Some(stored) if stored.due.0 + SPREAD_MS < now.0 => {
                let due = Time(now.0 + drawn(post, SPREAD_MS));
                canary.stored = Stored { due, ..stored };
            }
            // The clock was set back: else nothing would be sent for years.
            Some(stored) if stored.due.0 > now.0 + 2 * DAY_MS => {
                canary.stored = Stored { due: Time(now.0 + drawn(post, DAY_MS)), ..stored };
            }
            Some(stored) => canary.stored = stored,
            None => canary.stored.due = Time(now.0 + drawn(post, DAY_MS)),
        }
        canary.save(post.vault())?;
        Ok(canary)
    }

    /// Begins one when it is due, and looks after the one under way; gives the result of one that is
    /// over.
    ///
    /// # Errors
    /// The vault.
    pub(crate) fn step(&mut self, post: &impl Post) -> Result<Option<CanaryState>, Failure> {
        if let Some(mut probe) = self.stored.probe.take() {
            let before = probe.clone();
            probe.look(post)?;
            let age = post.now().0.abs_diff(probe.begun().0);
            let is_over = probe.is_done() || age > CANARY_LIMIT_MS;
            let result = is_over.then(|| result(&probe));
            self.stored.probe = (!is_over).then_some(probe);
            if self.stored.probe.as_ref() != Some(&before) {
                self.save(post.vault())?;
            }
            return Ok(result);
        }
        if post.now() < self.stored.due {
            return Ok(None);
        }
        self.stored.due = next_due(post);
        // Nobody who answers, or nobody who signs: there is nothing to test.
        let echo = echo_of(post.directory(), self.own);
        if let Some(echo) = echo
            && let Ok(worker) = signing_worker(post.keys()?)
        {
            let probe = Probe::new(post, echo)?;
            // Written before it is queued: a crash in between leaves one that fails, not one unseen.
            self.stored.probe = Some(probe.clone());
            self.save(post.vault())?;
            probe.queue(post, worker, "")?;
        } else {
            self.save(post.vault())?;
        }
        Ok(None)
    }

    fn save(&self, vault: &Vault) -> Result<(), Failure> {
        Ok(vault.write_json(RECORD, &self.stored)?)
    }
}

fn result(probe: &Probe) -> CanaryState {
    CanaryState {
        at: jst::iso(probe.begun()),
        ok: probe.is_done(),
        took_ms: probe.links().last().and_then(|(_, took)| took),
        failed: probe.broken().map(str::to_owned),
    }
}

/// A random minute of the next day in Japan.
fn next_due(post: &impl Post) -> Time {
    const JAPAN_MS: u64 = 9 * 60 * MINUTE_MS;
    let today = (post.now().0 + JAPAN_MS) / DAY_MS;
    Time((today + 1) * DAY_MS - JAPAN_MS + drawn(post, DAY_MS) / MINUTE_MS * MINUTE_MS)
}

fn drawn(post: &impl Post, below: u64) -> u64 {
    post.with_random(|random| random.next_u64() % below)
}
