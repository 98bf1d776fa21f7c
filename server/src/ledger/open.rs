//! Start-up: the journal is read, and the views are brought up to it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, RwLock};

use arc_swap::ArcSwap;
use prost::Message;
use tsumugu_durable::DiskError;
use tsumugu_durable::atomic::create_dir_durable;
use tsumugu_durable::attachments::{AttachmentError, AttachmentStore};
use tsumugu_durable::bodies::{BodyError, BodyLocation, BodyStore, DIGEST};
use tsumugu_durable::journal::{
    DroppedTail, Journal, JournalError, JournalReader, Position, Round,
};
use tsumugu_trust::checkpoint::VerifiedCheckpoint;
use tsumugu_trust::directory::{ChainAlarm, ClearChain};
use tsumugu_trust::leaf::{Leaf, LogPosition};
use tsumugu_trust::merkle::Tree;
use tsumugu_trust::note::{SigningKey, VerifyingKey};
use tsumugu_trust::statement::Statement;
use tsumugu_trust::value::{Id, Key, Origin, Time};

use super::frames::{self, split_record};
use super::stage::Round as Staging;
use super::{
    ATTACHMENTS, BODIES, ClearRow, InvitationRow, JOURNAL, LeafRow, Ledger, LedgerError, Published,
    Retention, VIEWS, ViewError, Views, WorkerRow, key, table,
};

/// Leaves whose changes are written to the views at a time.
const BATCH: usize = 512;

/// What start-up did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Leaves in the log.
    pub leaves: u64,
    /// Leaves that the views did not have yet.
    pub applied: u64,
    /// A last round that a crash had torn: nobody was told of it.
    pub dropped: Option<DroppedTail>,
    /// Files of large bodies whose letters were never committed: they were removed.
    pub orphans: u64,
}

/// The ledger does not open. Nothing was changed that a second try would miss.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A folder cannot be made or read.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The journal is damaged.
    #[error("the journal does not open")]
    Journal(#[from] JournalError),
    /// The body store is damaged.
    #[error("the body store does not open")]
    Bodies(#[from] BodyError),
    /// The store of attachments is damaged.
    #[error("the store of attachments does not open")]
    Attachments(#[from] AttachmentError),
    /// The views are damaged.
    #[error(transparent)]
    Views(#[from] ViewError),
    /// Applying the missing leaves failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A leaf in the journal is not one.
    #[error("leaf {index} of the journal does not parse")]
    Leaf {
        /// Its index.
        index: u64,
    },
    /// The clear chain in the journal breaks a rule.
    #[error("the journal's clear chain is not one")]
    Chain(#[from] ChainAlarm),
    /// A round's checkpoint does not fit its leaves, or is signed with another key.
    #[error("the checkpoint at {size} leaves does not fit the journal or the log key")]
    Checkpoint {
        /// Leaves up to it.
        size: u64,
    },
    /// Something outside the journal has seen more leaves than it holds: it was rolled back.
    #[error(
        "the journal holds {journal} leaves, but {known} were committed: an older copy of it was put back"
    )]
    RolledBack {
        /// Leaves in the journal.
        journal: u64,
        /// Leaves that the views or the published checkpoint know of.
        known: u64,
    },
}

impl Ledger {
    /// Opens the ledger in a folder, and brings the views up to the journal.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn open(
        dir: &Path,
        origin: &Origin,
        log_key: SigningKey,
    ) -> Result<(Self, Recovery), OpenError> {
        Self::open_as(dir, origin, log_key, false)
    }

    /// [`Self::open`], of an exchange that may be `held`: read-only. Then no sealed bytes go: a log that is
    /// too old does not know what names them. They go after the first round that is accepted, and those
    /// that no letter names at the next start.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn open_as(
        dir: &Path,
        origin: &Origin,
        log_key: SigningKey,
        held: bool,
    ) -> Result<(Self, Recovery), OpenError> {
        for folder in [JOURNAL, BODIES, ATTACHMENTS, super::LOG] {
            create_dir_durable(&dir.join(folder))?;
        }
        let views = Views::open(&dir.join(VIEWS))?;
        let applied = views.number(&key(table::APPLIED, &[]))?.unwrap_or(0);
        let mut replay = Replay::new(origin.clone(), applied);
        let mut failure = None;
        let journal = Journal::open(&dir.join(JOURNAL), |round| {
            if failure.is_none() {
                failure = replay.round(round).err();
            }
        })?;
        if let Some(failure) = failure {
            return Err(failure);
        }
        let size = replay.tree.size();
        if applied > size {
            return Err(OpenError::RolledBack { journal: size, known: applied });
        }
        if size > 0 {
            VerifiedCheckpoint::verify(
                &replay.checkpoint,
                origin.as_str(),
                &[log_key.verifying_key().clone()],
            )
            .map_err(|_| OpenError::Checkpoint { size })?;
        }
        let mut bodies = BodyStore::open(&dir.join(BODIES))?;
        // The journal, not the views, says which files were ever committed.
        let orphans = bodies.retain_files(|digest| held || replay.files.contains(digest))?;
        let attachments = AttachmentStore::open(&dir.join(ATTACHMENTS))?;
        let recovery = Recovery {
            leaves: size,
            applied: size - applied,
            dropped: journal.dropped(),
            orphans: orphans as u64,
        };
        let empty = Published {
            size: 0,
            clear: 0,
            checkpoint: Vec::new(),
            directory: Arc::new(replay.chain.directory().clone()),
            time: Time(0),
        };
        let mut ledger = Self {
            origin: origin.clone(),
            log_key,
            journal,
            bodies,
            attachments,
            views,
            retention: Retention::default(),
            // Also when the views have all leaves: a crash may have come before the bytes went.
            doomed: true,
            chain: replay.chain,
            tree: Arc::new(RwLock::new(replay.tree)),
            clear: Arc::new(RwLock::new(Vec::new())),
            mail: HashMap::new(),
            invitations: BTreeMap::new(),
            last_time: replay.last_time,
            recent: Default::default(),
            round: Staging::default(),
            published: Arc::new(ArcSwap::from_pointee(empty)),
            ringer: Default::default(),
        };
        ledger.apply_missing(&replay.missing, size)?;
        ledger.round.concerns.clear();
        ledger.load_small_tables()?;
        ledger.name_committed()?;
        if !held {
            ledger.destroy_doomed()?;
        }
        if size > 0 {
            ledger.publish(size, replay.checkpoint, replay.clear);
        }
        Ok((ledger, recovery))
    }

    /// Applies leaves that are committed and not in the views. A crash in between leaves views that
    /// are behind by less; the next start-up goes on from there.
    fn apply_missing(&mut self, missing: &[MissingLeaf], size: u64) -> Result<(), LedgerError> {
        let reader = self.journal_reader();
        for batch in missing.chunks(BATCH) {
            for leaf in batch {
                self.apply_leaf(&reader, leaf)?;
            }
            let done = batch.last().map_or(size, |leaf| leaf.at.index + 1);
            let mut changes = std::mem::take(&mut self.round.changes);
            changes.insert(key(table::APPLIED, &[]), done.to_be_bytes().to_vec());
            self.views.write(&changes)?;
        }
        Ok(())
    }

    fn apply_leaf(
        &mut self,
        reader: &JournalReader,
        leaf: &MissingLeaf,
    ) -> Result<(), LedgerError> {
        let statement = match &leaf.record {
            None => clear_statement(&reader.read(leaf.leaf)?.payload),
            Some(position) => {
                let frame = reader.read(*position)?;
                match frame.frame_type {
                    frames::RECORD => split_record(&frame.payload)
                        .and_then(|(_, record)| Statement::parse(record).ok()),
                    // Erased: it has no reader and means nothing more.
                    _ => None,
                }
            }
        };
        let mut row = LeafRow {
            leaf: leaf.leaf.to_bytes().to_vec(),
            record: leaf.record.map_or(Vec::new(), |p| p.to_bytes().to_vec()),
            detail: leaf.detail.map_or(Vec::new(), |p| p.to_bytes().to_vec()),
            readers: Vec::new(),
        };
        if let Some(statement) = statement {
            if leaf.record.is_some() {
                let body = match leaf.body {
                    Some(position) => BodyLocation::from_bytes(&reader.read(position)?.payload),
                    None => None,
                };
                let readers = self.mean(leaf.at, &statement, body.as_ref())?;
                row.readers = readers.iter().map(|id| id.0.to_vec()).collect();
            }
            if !statement.body.is_unsigned() {
                self.remember_command(&statement, leaf.at);
            }
        }
        self.round
            .changes
            .insert(key(table::LEAF, &[&leaf.at.index.to_be_bytes()]), row.encode_to_vec());
        Ok(())
    }

    /// Tables that are small and asked at each command: in memory.
    fn load_small_tables(&mut self) -> Result<(), LedgerError> {
        let decode = |_| LedgerError::Contradiction("a row does not decode");
        let prefix = key(table::WORKER, &[]);
        for pair in self.views.scan(&prefix, &prefix) {
            let (worker_key, value) = pair?;
            let row = WorkerRow::decode(&value[..]).map_err(decode)?;
            let worker = worker_key.get(17..33).and_then(|bytes| bytes.try_into().ok()).map(Id);
            let bound = row.key.as_slice().try_into().ok().map(Key);
            if let (Some(worker), Some(bound)) = (worker, bound) {
                self.chain.directory_mut().bind_worker_key(&bound, worker).map_err(|_| {
                    LedgerError::Contradiction("a worker's key is bound to another holder")
                })?;
            }
        }
        let prefix = key(table::INVITATION, &[]);
        self.invitations.clear();
        for pair in self.views.scan(&prefix, &prefix) {
            let (invitation_key, value) = pair?;
            let row = InvitationRow::decode(&value[..]).map_err(decode)?;
            if let (0, Ok(id)) = (row.end, invitation_key[1..].try_into()) {
                self.invitations.insert(Id(id), Time(row.expires));
            }
        }
        Ok(())
    }
}

/// A committed leaf that the views do not have.
struct MissingLeaf {
    at: LogPosition,
    leaf: Position,
    record: Option<Position>,
    detail: Option<Position>,
    body: Option<Position>,
}

/// What one pass over the journal gives.
pub(super) struct Replay {
    pub(super) chain: ClearChain,
    pub(super) tree: Tree,
    clear: Vec<ClearRow>,
    missing: Vec<MissingLeaf>,
    pub(super) checkpoint: Vec<u8>,
    last_time: Time,
    applied: u64,
    origin: Origin,
    /// Digests of all large bodies that were ever committed.
    files: HashSet<[u8; DIGEST]>,
}

impl Replay {
    pub(super) fn new(origin: Origin, applied: u64) -> Self {
        Self {
            chain: ClearChain::new(origin.clone()),
            tree: Tree::new(),
            clear: Vec::new(),
            missing: Vec::new(),
            checkpoint: Vec::new(),
            last_time: Time(0),
            applied,
            origin,
            files: HashSet::new(),
        }
    }

    pub(super) fn round(&mut self, round: Round) -> Result<(), OpenError> {
        for (position, frame) in round.frames {
            match frame.frame_type {
                frames::CLEAR_LEAF | frames::PRIVATE_LEAF => self.leaf(position, &frame.payload)?,
                frames::RECORD | frames::ERASED | frames::DETAIL | frames::BODY => {
                    if let (frames::BODY, Some(BodyLocation::File { digest, .. })) =
                        (frame.frame_type, BodyLocation::from_bytes(&frame.payload))
                    {
                        self.files.insert(digest);
                    }
                    self.attachment(position, frame.frame_type)
                }
                _ => return Err(OpenError::Leaf { index: self.tree.size() }),
            }
        }
        let size = self.tree.size();
        let expected = format!("{}\n{size}\n", self.origin);
        let root = self.tree.root();
        let stated = tsumugu_trust::note::Note::parse(&round.end)
            .ok()
            .and_then(|note| note.text().parse::<tsumugu_trust::checkpoint::Checkpoint>().ok());
        let fits = stated.is_some_and(|c| c.root() == root && c.text().starts_with(&expected));
        if !fits {
            return Err(OpenError::Checkpoint { size });
        }
        self.checkpoint = round.end;
        Ok(())
    }

    fn leaf(&mut self, position: Position, entry: &[u8]) -> Result<(), OpenError> {
        let index = self.tree.size();
        let leaf = Leaf::parse(entry).ok_or(OpenError::Leaf { index })?;
        if let Leaf::Clear(_) = &leaf {
            self.chain.push(index, entry)?;
            self.clear.push(ClearRow { index, entry: entry.to_vec() });
        }
        self.tree.append(leaf.hash());
        self.last_time = leaf.time();
        if index >= self.applied {
            let at = leaf.at(index);
            self.missing.push(MissingLeaf {
                at,
                leaf: position,
                record: None,
                detail: None,
                body: None,
            });
        }
        Ok(())
    }

    fn attachment(&mut self, position: Position, frame_type: u8) {
        let last = self.tree.size().wrapping_sub(1);
        let Some(leaf) = self.missing.last_mut().filter(|leaf| leaf.at.index == last) else {
            return;
        };
        match frame_type {
            frames::DETAIL => leaf.detail = Some(position),
            frames::BODY => leaf.body = Some(position),
            // An erased frame stands first for the record, then for the detail.
            _ if leaf.record.is_none() => leaf.record = Some(position),
            _ => leaf.detail = Some(position),
        }
    }
}

fn clear_statement(entry: &[u8]) -> Option<Statement> {
    match Leaf::parse(entry)? {
        Leaf::Clear(leaf) => leaf.parse_statement().ok(),
        Leaf::Private(_) => None,
    }
}

impl Ledger {
    /// Refuses to go on when a checkpoint of our own shows more leaves than the journal has.
    ///
    /// # Errors
    /// [`OpenError::RolledBack`]
    pub fn check_not_rolled_back(&self, signed_checkpoint: &[u8]) -> Result<(), OpenError> {
        let journal = super::read_lock(&self.tree).size();
        match self.standing_of(signed_checkpoint) {
            Standing::Ahead(known) => Err(OpenError::RolledBack { journal, known }),
            // A copy that is damaged is written anew.
            Standing::Continued | Standing::Unreadable => Ok(()),
        }
    }

    /// How this log stands to a checkpoint.
    #[must_use]
    pub fn standing_of(&self, signed_checkpoint: &[u8]) -> Standing {
        let (origin, keys) = (self.origin.as_str(), self.log_keys());
        let Ok(checkpoint) = VerifiedCheckpoint::verify(signed_checkpoint, origin, &keys) else {
            return Standing::Unreadable;
        };
        let known = checkpoint.size();
        let tree = super::read_lock(&self.tree);
        let same = tree.root_at(known).is_ok_and(|root| root == checkpoint.root());
        if known > tree.size() || !same { Standing::Ahead(known) } else { Standing::Continued }
    }

    /// Every key that the log has had: the present one, and those of all trust lists.
    #[must_use]
    pub fn log_keys(&self) -> Vec<VerifyingKey> {
        let mut keys = vec![self.log_key.verifying_key().clone()];
        let lists = self.chain.directory().trust_lists().iter().rev();
        for key in lists.flat_map(|list| list.body.logs.iter().map(|log| &log.0)) {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        keys
    }
}

/// How this log stands to a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// This log signed it and continues it.
    Continued,
    /// This log signed it, over so many leaves, and does not continue it.
    Ahead(u64),
    /// It is no checkpoint, or none of a key that this log has had.
    Unreadable,
}
