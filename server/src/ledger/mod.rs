//! The ledger: the log, what it means, and where it lies.
//!
//! One thread, the sequencer's, owns a [`Ledger`] and changes it; everyone else reads what the last
//! committed round published. A round goes through four steps, and each says what a crash there leaves:
//!
//! 1. **stage** ([`stage`]): leaves, frames and changes are collected in memory, bodies written but
//!    not synced. A crash loses the round; nobody was told anything.
//! 2. **commit** ([`commit`]): bodies are synced, then one append and one `fdatasync` of the journal.
//!    A crash before the sync returns loses the round or keeps it whole; start-up decides by the
//!    round's last frame.
//! 3. **apply**: the views take the round's changes. A crash leaves views behind the journal; start-up
//!    applies the missing leaves with the same code.
//! 4. **publish**: readers see the round, callers get their receipts. A crash leaves callers without
//!    an answer; they repeat the same bytes and get the first receipt.
//!
//! What the round says is destroyed goes after that ([`destruction`](Ledger::destroy_doomed)).

mod bells;
mod commit;
mod destruction;
mod frames;
mod meaning;
mod open;
mod read;
mod recent;
mod references;
mod rows;
mod stage;
mod survey;
mod views;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, RwLock};

use arc_swap::ArcSwap;
use tsumugu_durable::attachments::{AttachmentError, AttachmentStore};
use tsumugu_durable::bodies::{BodyError, BodyStore};
use tsumugu_durable::journal::{Journal, JournalError, JournalReader};
use tsumugu_trust::directory::{ClearChain, Directory};
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::merkle::Tree;
use tsumugu_trust::note::SigningKey;
use tsumugu_trust::value::{Id, Origin, Time};

pub use bells::Bells;
pub use destruction::{MAX_DESTROYED_PER_TICK, MAX_GIVEN_UP_PER_TICK, Retention};
pub use open::{OpenError, Recovery, Standing};
pub(crate) use read::wire_hashes;
pub use read::{LeafInfo, Reader, Visibility};
pub(crate) use references::upload_name;
pub use rows::{
    AttachmentRow, HoldRow, InvitationRow, LeafRow, MAX_ANSWERS, MessageRow, WorkerRow,
};
pub use stage::Attached;
pub use survey::Survey;
pub use views::{Changes, ViewError, Views};
pub(crate) use views::{key, table};

/// The journal's folder.
pub const JOURNAL: &str = "journal";
/// The bodies' folder.
pub const BODIES: &str = "bodies";
/// The attachments' folder.
pub const ATTACHMENTS: &str = "attachments";
/// The views' folder; may be deleted while the server is stopped.
pub const VIEWS: &str = "views";
/// The C2SP tlog-tiles folder.
pub const LOG: &str = "log";

/// What readers see: the state after the last committed round.
#[derive(Debug, Clone)]
pub struct Published {
    /// Leaves in the log.
    pub size: u64,
    /// Clear leaves in the log.
    pub clear: u64,
    /// The signed checkpoint, verbatim; empty before entry 0.
    pub checkpoint: Vec<u8>,
    /// The directory.
    pub directory: Arc<Directory>,
    /// The last leaf's time.
    pub time: Time,
}

/// A clear leaf, kept in memory: the clear chain is small and everyone reads it.
#[derive(Debug, Clone)]
pub struct ClearRow {
    /// Index in the log.
    pub index: u64,
    /// The leaf entry.
    pub entry: Vec<u8>,
}

/// The log and what it means. Owned by the sequencer.
#[derive(Debug)]
pub struct Ledger {
    origin: Origin,
    log_key: SigningKey,
    journal: Journal,
    bodies: BodyStore,
    attachments: AttachmentStore,
    views: Views,
    retention: Retention,
    /// Whether committed or staged leaves have left something to destroy.
    doomed: bool,
    chain: ClearChain,
    /// Shared with readers; leaves of a round that is not committed are beyond what is published.
    tree: Arc<RwLock<Tree>>,
    clear: Arc<RwLock<Vec<ClearRow>>>,
    /// Next event number of each mailbox.
    mail: HashMap<Id, u64>,
    /// Open invitations by id, with their expiry.
    invitations: BTreeMap<Id, Time>,
    last_time: Time,
    recent: recent::Recent,
    round: stage::Round,
    published: Arc<ArcSwap<Published>>,
    ringer: bells::Ringer,
}

/// The ledger cannot go on. The process stops; start-up decides what is true.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The journal could not be written, synced or read.
    #[error("the journal failed")]
    Journal(#[from] JournalError),
    /// The bodies could not be written, synced or read.
    #[error("the body store failed")]
    Bodies(#[from] BodyError),
    /// The attachments could not be moved or destroyed.
    #[error("the store of attachments failed")]
    Attachments(#[from] AttachmentError),
    /// The views could not be written or read.
    #[error("the views failed")]
    Views(#[from] ViewError),
    /// The log key could not sign, or the system gave no randomness.
    #[error("the log cannot sign or has no randomness")]
    Signing,
    /// Two parts of the ledger contradict each other: a fault of this program or of the disk.
    #[error("the ledger contradicts itself: {0}")]
    Contradiction(&'static str),
}

impl Ledger {
    /// The directory, with what this round has staged.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        self.chain.directory()
    }

    /// The log's origin.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether entry 0 is there.
    #[must_use]
    pub fn is_bootstrapped(&self) -> bool {
        self.chain.next_number() > 0
    }

    /// The place of the next private leaf, at `now` or the last leaf's time if that is later.
    #[must_use]
    pub fn next_position(&self, now: Time) -> LogPosition {
        let size = read_lock(&self.tree).size();
        let before = self.chain.next_number().saturating_sub(1);
        LogPosition::of_private(before, size, now.max(self.last_time))
    }

    /// The place of the next clear leaf.
    #[must_use]
    pub fn next_clear_position(&self, now: Time) -> LogPosition {
        let at = self.next_position(now);
        LogPosition::of_clear(self.chain.next_number(), at.index, at.time)
    }

    /// Invitations that are open, with their expiry.
    pub fn open_invitations(&self) -> impl Iterator<Item = (Id, Time)> + '_ {
        self.invitations.iter().map(|(id, expires)| (*id, *expires))
    }

    /// What the gRPC services read from.
    #[must_use]
    pub fn reader(&self) -> Reader {
        Reader {
            origin: self.origin.clone(),
            log_key: self.log_key.verifying_key().clone(),
            published: self.published.clone(),
            bells: self.ringer.bells(),
            tree: self.tree.clone(),
            clear: self.clear.clone(),
            journal: self.journal.reader(),
            bodies: self.bodies.reader(),
            attachments: self.attachments.clone(),
            views: self.views.clone(),
            recent: self.recent.clone(),
        }
    }

    fn journal_reader(&self) -> JournalReader {
        self.journal.reader()
    }
}

/// Reads a lock. A poisoned one means that a thread died while it changed memory; what it guards is
/// only appended to, and readers stay within what is published.
pub(crate) fn read_lock<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

pub(crate) fn write_lock<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(std::sync::PoisonError::into_inner)
}
