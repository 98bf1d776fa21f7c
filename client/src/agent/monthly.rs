//! The month's counts for the council (協議会への集計): one letter of each institution, after the month.

use tsumugu_trust::value::Time;

use crate::failure::Failure;
use crate::jst;
use crate::post::Post;
use crate::probe::signing_worker;
use crate::statistic::{Month, council_of, is_on, queue, statistic, was_sent};

/// How often it is looked whether there is something to tell.
const LOOK_MS: u64 = 60 * 60 * 1_000;

/// Days of the new month before the first PC of an office tells: answers of the last days come in.
const FIRST_DAY: usize = 2;

/// Days that each further PC waits for the one before it, which may be off.
const DAYS_APART: usize = 2;

/// The duty.
#[derive(Debug)]
pub(crate) struct Monthly {
    /// Looked at no earlier.
    next: Time,
}

impl Monthly {
    /// Looks at the first step.
    pub(crate) fn new() -> Self {
        Self { next: Time(0) }
    }

    /// Queues the letter when it is this PC's turn; gives the month.
    ///
    /// # Errors
    /// The vault.
    pub(crate) fn step(&mut self, post: &impl Post) -> Result<Option<Month>, Failure> {
        let now = post.now();
        if now < self.next {
            return Ok(None);
        }
        self.next = Time(now.0 + LOOK_MS);
        let today = jst::civil(now).date();
        if usize::from(today.day().unsigned_abs()) < turn(post)? {
            return Ok(None);
        }
        let month = Month::of(today).before();
        let own = post.keys()?.institution;
        let Some(to) = council_of(post.directory(), own) else { return Ok(None) };
        if !is_on(post)? || was_sent(post, month)? {
            return Ok(None);
        }
        // Nobody who signs: another PC may have somebody.
        let Ok(worker) = signing_worker(post.keys()?) else { return Ok(None) };
        queue(post, to, &statistic(post, month)?, worker)?;
        Ok(Some(month))
    }
}

/// The day of the month from which on it is this PC's turn: PCs take it by their ids.
fn turn(post: &impl Post) -> Result<usize, Failure> {
    let keys = post.keys()?;
    let terminals = post.directory().member(keys.institution).map(|member| &member.terminals);
    let active = terminals.into_iter().flatten().filter(|(_, entry)| entry.removed.is_none());
    let before = active.filter(|(id, _)| **id < keys.terminal).count();
    // So that every PC has a turn in every month.
    Ok((FIRST_DAY + before * DAYS_APART).min(28))
}
