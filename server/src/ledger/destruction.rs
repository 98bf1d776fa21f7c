//! Destroying what the exchange keeps no longer: the log says so first, then the bytes go.
//!
//! | step | what a crash there leaves |
//! |---|---|
//! | the leaf `destroyed` is staged and committed | as any leaf; with it a row of what is to be done |
//! | bodies are overwritten, files unlinked, folders synced | some of them: start-up does it again |
//! | the rows go | rows whose work is done: it is done again |
//!
//! The rows are counted from the log alone. Before a file goes, it is asked again whether nothing
//! needs it: views that a power cut set back may bring back old rows, and the same attachment may
//! have been uploaded and named anew.

use prost::Message;
use tsumugu_durable::attachments::AttachmentKey;
use tsumugu_durable::bodies::BodyLocation;
use tsumugu_durable::crash::crash_point;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::statement::{Destroyed, DestroyedReason, unsigned};
use tsumugu_trust::value::{Id, Time};

use super::references::{attachment_key, body_key};
use super::rows::{AttachmentRow, DoomedRow, HoldRow, MessageRow};
use super::stage::Attached;
use super::{Changes, Ledger, LedgerError, ViewError, key, table};

/// Messages whose copies one tick destroys at most. The next one goes on.
pub const MAX_DESTROYED_PER_TICK: usize = 128;

/// Uploads that one tick gives up at most. The next one goes on.
pub const MAX_GIVEN_UP_PER_TICK: usize = 1_024;

/// Rows of things to do that are done between two looks at the views.
const BATCH: usize = 256;

const DAY_MS: u64 = 24 * 3_600_000;

/// How long the exchange keeps what it may destroy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Days from the answer to the end of the exchange's copy of body and attachments.
    pub body_days: u32,
    /// Days until an upload that no letter names is given up.
    pub upload_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        let limits = crate::settings::Limits::default();
        Self { body_days: limits.body_retention_days, upload_days: limits.upload_days }
    }
}

impl Ledger {
    /// Sets how long things are kept. In force from the next tick on.
    pub fn keep(&mut self, retention: Retention) {
        self.retention = retention;
    }

    /// Messages that were fetched and answered long enough ago and that nobody holds, oldest first, at
    /// most [`MAX_DESTROYED_PER_TICK`].
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn outlived(&self, now: Time) -> Result<Vec<(Id, Id)>, LedgerError> {
        let kept = u64::from(self.retention.body_days) * DAY_MS;
        let prefix = key(table::SETTLED, &[]);
        let mut outlived = Vec::new();
        for pair in self.views.scan(&prefix, &prefix) {
            let (settled, _) = pair?;
            let (answered, from, id) = parse_settled(&settled)
                .ok_or(LedgerError::Contradiction("a settled message's key does not decode"))?;
            if answered.0.saturating_add(kept) > now.0 || outlived.len() == MAX_DESTROYED_PER_TICK {
                break;
            }
            let held: Option<HoldRow> = self.lookup(&hold_key(from, id))?;
            if held.is_none_or(|held| !held.on) {
                outlived.push((from, id));
            }
        }
        Ok(outlived)
    }

    /// Stages that the exchange destroys its copy of a message; nothing when it did before. The bytes
    /// go in [`Self::destroy_doomed`], after the leaf is committed.
    ///
    /// # Errors
    /// [`LedgerError`]
    pub fn stage_destroyed(
        &mut self,
        now: Time,
        from: Id,
        id: Id,
        reason: DestroyedReason,
    ) -> Result<(), LedgerError> {
        let row: Option<MessageRow> = self.lookup(&key(table::MESSAGE, &[&from.0, &id.0]))?;
        let Some(row) = row.filter(|row| !row.body.is_empty()) else { return Ok(()) };
        let digest = row.digest.as_slice().try_into().map(Hash);
        let envelope = digest.map_err(|_| LedgerError::Contradiction("a message has no digest"))?;
        let said = unsigned(self.origin(), &Destroyed { from, id, envelope, reason })
            .map_err(|_| LedgerError::Contradiction("our own statement is malformed"))?;
        self.stage_private(now, &said, Attached::default())?;
        Ok(())
    }

    /// Destroys what committed leaves say is destroyed. Called after each round, and at start-up.
    ///
    /// # Errors
    /// [`LedgerError`]: the process must stop; start-up does it again.
    pub fn destroy_doomed(&mut self) -> Result<(), LedgerError> {
        while self.doomed {
            let prefix = key(table::DOOMED, &[]);
            let mut done = Changes::new();
            let (mut bodies, mut attachments) = (Vec::new(), Vec::new());
            for pair in self.views.scan(&prefix, &prefix).take(BATCH) {
                let (doomed, value) = pair?;
                let row = DoomedRow::decode(&value[..]).map_err(|_| ViewError::Damaged)?;
                bodies.extend(self.doomed_body(&row)?);
                attachments.extend(self.doomed_attachments(&row)?);
                done.insert(doomed, Vec::new());
            }
            self.bodies.destroy_all(&bodies)?;
            self.attachments.destroy(&attachments)?;
            crash_point("server.destroyed");
            self.doomed = done.len() == BATCH;
            self.views.write(&done)?;
        }
        Ok(())
    }

    /// Gives up uploads that no letter names and nobody has touched for long.
    ///
    /// # Errors
    /// [`LedgerError::Attachments`]: those that are left are tried again.
    pub fn give_up_uploads(&self, now: Time) -> Result<usize, LedgerError> {
        let before = now.0.saturating_sub(u64::from(self.retention.upload_days) * DAY_MS);
        Ok(self.attachments.give_up(before, MAX_GIVEN_UP_PER_TICK)?)
    }

    /// Moves what committed letters name out of the uploads, where a crash came before that.
    pub(super) fn name_committed(&self) -> Result<(), LedgerError> {
        for upload in self.attachments.whole() {
            let row: Option<AttachmentRow> =
                self.views.row(&attachment_key(Id(upload.owner), Hash(upload.digest)))?;
            if row.is_some_and(|row| row.length == upload.length) {
                self.attachments.name(upload)?;
            }
        }
        Ok(())
    }

    fn doomed_body(&self, row: &DoomedRow) -> Result<Option<BodyLocation>, LedgerError> {
        Ok(match BodyLocation::from_bytes(&row.body) {
            Some(BodyLocation::File { digest, .. })
                if self.views.number(&body_key(Hash(digest)))?.is_some() =>
            {
                None
            }
            location => location,
        })
    }

    fn doomed_attachments(&self, row: &DoomedRow) -> Result<Vec<AttachmentKey>, LedgerError> {
        let damaged = |_| LedgerError::Views(ViewError::Damaged);
        let owner: [u8; 16] = row.owner.as_slice().try_into().map_err(damaged)?;
        let mut doomed = Vec::new();
        for digest in &row.attachments {
            let digest: [u8; 32] = digest.as_slice().try_into().map_err(damaged)?;
            if self.views.get(&attachment_key(Id(owner), Hash(digest)))?.is_none() {
                doomed.push(AttachmentKey { owner, digest });
            }
        }
        Ok(doomed)
    }
}

/// The key of the newest hold of a message.
pub(super) fn hold_key(from: Id, id: Id) -> Vec<u8> {
    key(table::HOLD, &[&from.0, &id.0])
}

/// The key of a message that retention waits for.
pub(super) fn settled_key(answered: Time, from: Id, id: Id) -> Vec<u8> {
    key(table::SETTLED, &[&answered.0.to_be_bytes(), &from.0, &id.0])
}

fn parse_settled(settled: &[u8]) -> Option<(Time, Id, Id)> {
    let (time, rest) = settled.get(1..)?.split_first_chunk::<8>()?;
    let (from, id) = rest.split_first_chunk::<16>()?;
    Some((Time(u64::from_be_bytes(*time)), Id(*from), Id(id.try_into().ok()?)))
}
