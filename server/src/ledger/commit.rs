//! Committing a round.

use std::sync::Arc;

use prost::Message;
use tsumugu_durable::crash::crash_point;
use tsumugu_durable::journal::Position;
use tsumugu_trust::checkpoint::Checkpoint;

use super::{
    ClearRow, LeafRow, Ledger, LedgerError, Published, Views, key, read_lock, table, write_lock,
};

impl Ledger {
    /// Whether the round has anything to commit.
    #[must_use]
    pub fn has_staged(&self) -> bool {
        !self.round.leaves.is_empty()
    }

    /// Commits, applies and publishes what was staged.
    ///
    /// # Errors
    /// [`LedgerError`]: whether the round is on the disk is not known. The process must stop, and
    /// start-up decides; nobody may be answered.
    pub fn commit(&mut self) -> Result<Arc<Published>, LedgerError> {
        if !self.has_staged() {
            return Ok(self.published.load_full());
        }
        let (size, root) = {
            let tree = read_lock(&self.tree);
            (tree.size(), tree.root())
        };
        let checkpoint = Checkpoint::new(self.origin.as_str(), size, root)
            .and_then(|checkpoint| checkpoint.sign(&self.log_key))
            .map_err(|_| LedgerError::Signing)?
            .encode()
            .into_bytes();
        let round = std::mem::take(&mut self.round);
        // Views that cannot take a committed round could never be opened again.
        Views::check(&round.changes)?;

        // A crash from here on to the journal's sync loses the round or keeps it whole. Bodies
        // without a leaf are never named by anything.
        crash_point("server.commit.staged");
        if round.bodies {
            self.bodies.sync()?;
        }
        crash_point("server.commit.bodies-synced");
        self.roll_at_month_end(size - round.leaves.len() as u64)?;
        let positions = self.journal.append_round(&round.frames, &checkpoint)?;
        // The round is committed. A crash from here on leaves views that are behind; start-up
        // applies the missing leaves. Callers who got no answer ask again and get this receipt.
        crash_point("server.commit.committed");

        let mut changes = round.changes;
        for leaf in &round.leaves {
            let row = leaf_row(&positions, leaf)?;
            changes.insert(key(table::LEAF, &[&leaf.index.to_be_bytes()]), row.encode_to_vec());
        }
        changes.insert(key(table::APPLIED, &[]), size.to_be_bytes().to_vec());
        self.views.write(&changes)?;
        self.recent.extend(round.infos.into_values());
        crash_point("server.commit.applied");
        // Now that the views know them, they are no longer uploads. A crash before leaves them among
        // those, complete; start-up moves them.
        for named in round.named {
            self.attachments.name(named)?;
        }

        let published = self.publish(size, checkpoint, round.clear);
        self.ringer.ring(&round.concerns);
        crash_point("server.commit.published");
        Ok(published)
    }

    pub(super) fn publish(
        &mut self,
        size: u64,
        checkpoint: Vec<u8>,
        clear: Vec<ClearRow>,
    ) -> Arc<Published> {
        // The directory is copied only when it changed, a tick apart from that: rarely.
        let before = self.published.load_full();
        let changed = !clear.is_empty() || before.size == 0;
        let directory = if changed {
            Arc::new(self.chain.directory().clone())
        } else {
            before.directory.clone()
        };
        write_lock(&self.clear).extend(clear);
        let published = Arc::new(Published {
            size,
            clear: self.chain.next_number(),
            checkpoint,
            directory,
            time: self.last_time,
        });
        self.published.store(published.clone());
        published
    }

    /// Each month's records lie in files of their own, so that old ones can be erased.
    fn roll_at_month_end(&mut self, first: u64) -> Result<(), LedgerError> {
        let label = month(self.last_time.0);
        let current = self.journal.segments().last().map(|segment| segment.label.clone());
        if current.as_deref() != Some(label.as_str()) {
            self.journal.roll(first, &label)?;
        }
        Ok(())
    }
}

fn leaf_row(
    positions: &[Position],
    leaf: &super::stage::StagedLeaf,
) -> Result<LeafRow, LedgerError> {
    let at = |frame: usize| {
        positions
            .get(frame)
            .map(|p| p.to_bytes().to_vec())
            .ok_or(LedgerError::Contradiction("the journal gave too few positions"))
    };
    let maybe = |frame: Option<usize>| frame.map_or(Ok(Vec::new()), at);
    Ok(LeafRow {
        leaf: at(leaf.leaf)?,
        record: maybe(leaf.record)?,
        detail: maybe(leaf.detail)?,
        readers: leaf.readers.iter().map(|id| id.0.to_vec()).collect(),
    })
}

fn month(ms: u64) -> String {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(ms)
        .map_or_else(|_| "later".to_owned(), |time| time.strftime("%Y-%m").to_string())
}
