//! The views: one sled tree that may be deleted at any time and is rebuilt from the journal.
//!
//! sled 0.34's `flush` does not reach the drive's platter, and that is fine here: the journal is the
//! truth. What must not happen is a view *ahead* of the journal; the journal is synced first, always.
//! Values stay far below 4 KiB: sled writes larger leaves into files that it never syncs.

mod queue;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use prost::Message;

use queue::{Queue, Writer};

/// Longest value.
pub(super) const MAX_VALUE: usize = 4_096;
/// sled's default is 1 GiB, and it uses several times the number.
const CACHE_BYTES: u64 = 64 << 20;
/// sled lets go of its lock some time after the last handle is dropped.
const LOCK_PATIENCE: u32 = 50;

/// Table prefixes, one byte each.
pub(crate) mod table {
    /// leaf index → [`super::super::rows::LeafRow`]
    pub(crate) const LEAF: u8 = b'l';
    /// institution, number → leaf index
    pub(crate) const MAIL: u8 = b'm';
    /// sender, message id → [`super::super::rows::MessageRow`]
    pub(crate) const MESSAGE: u8 = b'g';
    /// statement digest → leaf index
    pub(crate) const COMMAND: u8 = b'c';
    /// institution, worker, terminal → [`super::super::rows::WorkerRow`]
    pub(crate) const WORKER: u8 = b'w';
    /// invitation → [`super::super::rows::InvitationRow`]
    pub(crate) const INVITATION: u8 = b'i';
    /// owner, digest → [`super::super::rows::AttachmentRow`]
    pub(crate) const ATTACHMENT: u8 = b't';
    /// digest → messages whose large body that file is
    pub(crate) const BODY_FILE: u8 = b'f';
    /// time of the answer, sender, message id → [`super::PRESENT`]: bodies that retention waits for
    pub(crate) const SETTLED: u8 = b's';
    /// sender, message id → [`super::super::rows::HoldRow`]
    pub(crate) const HOLD: u8 = b'h';
    /// institution, record id → index of the off-system record
    pub(crate) const OFF_SYSTEM: u8 = b'o';
    /// index of the `destroyed` leaf → [`super::super::rows::DoomedRow`]
    pub(crate) const DOOMED: u8 = b'd';
    /// nothing → number of leaves applied
    pub(crate) const APPLIED: u8 = b'a';
}

/// The views cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The store failed.
    #[error("the views cannot be read or written; stop the server and run check --rebuild")]
    Sled(#[from] sled::Error),
    /// sled panics on some kinds of damage.
    #[error("the views are damaged; stop the server and run check --rebuild")]
    Damaged,
    /// The disk failed around the store.
    #[error("the folder of the views cannot be prepared")]
    Folder(#[source] std::io::Error),
    /// A value outgrew its limit: a fault of this program.
    #[error("a value of the views is over {MAX_VALUE} bytes")]
    TooLarge,
}

/// Read and write access to the views.
#[derive(Debug, Clone)]
pub struct Views {
    db: sled::Db,
    tree: sled::Tree,
    queue: Queue,
    /// With the last clone goes the thread that writes.
    _writer: Arc<Writer>,
}

/// The value of a key that says all by being there.
pub(super) const PRESENT: u8 = 1;

/// Changes of one round, not yet written. An empty value takes the key away: no row is empty.
pub type Changes = BTreeMap<Vec<u8>, Vec<u8>>;

impl Views {
    /// Opens or makes the views in a folder.
    ///
    /// # Errors
    /// [`ViewError`]; the remedy is always a rebuild.
    pub fn open(folder: &Path) -> Result<Self, ViewError> {
        std::fs::create_dir_all(folder).map_err(ViewError::Folder)?;
        remove_torn_snapshots(folder).map_err(ViewError::Folder)?;
        let config =
            sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).flush_every_ms(Some(500));
        // sled answers some damage with a panic (spacejam/sled#1387): it must not take the server along.
        let db =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| open_when_unlocked(&config)))
                .map_err(|_| ViewError::Damaged)??;
        let tree = db.open_tree("views")?;
        let (queue, writer) = Queue::begin(tree.clone()).map_err(ViewError::Folder)?;
        Ok(Self { db, tree, queue, _writer: Arc::new(writer) })
    }

    /// The bytes at a key.
    ///
    /// # Errors
    /// [`ViewError::Sled`]
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        // In this order: what leaves the queue is in the store already.
        match self.queue.get(key) {
            Some(value) => Ok(Some(value).filter(|value| !value.is_empty())),
            None => Ok(self.tree.get(key)?.map(|value| value.to_vec())),
        }
    }

    /// A row.
    ///
    /// # Errors
    /// [`ViewError`]
    pub fn row<R: Message + Default>(&self, key: &[u8]) -> Result<Option<R>, ViewError> {
        self.get(key)?
            .map(|bytes| R::decode(&bytes[..]).map_err(|_| ViewError::Damaged))
            .transpose()
    }

    /// A number.
    ///
    /// # Errors
    /// [`ViewError`]
    pub fn number(&self, key: &[u8]) -> Result<Option<u64>, ViewError> {
        let decode = |bytes: Vec<u8>| {
            bytes.try_into().map(u64::from_be_bytes).map_err(|_| ViewError::Damaged)
        };
        self.get(key)?.map(decode).transpose()
    }

    /// Keys and values from `start` on that begin with `prefix`, in order.
    pub fn scan(
        &self,
        prefix: &[u8],
        start: &[u8],
    ) -> impl Iterator<Item = Result<(Vec<u8>, Vec<u8>), ViewError>> + use<> {
        // In this order, as in `get`; where both have a key, the queue's value counts.
        let mut queued = self.queue.range(prefix, start).into_iter().peekable();
        let prefix = prefix.to_vec();
        let mut stored = self
            .tree
            .range(start.to_vec()..)
            .map(|pair| pair.map(|(k, v)| (k.to_vec(), v.to_vec())).map_err(ViewError::from))
            .take_while(move |pair| pair.as_ref().map_or(true, |(key, _)| key.starts_with(&prefix)))
            .peekable();
        let merged = std::iter::from_fn(move || {
            let next = match (queued.peek(), stored.peek()) {
                (Some((queue, _)), Some(Ok((store, _)))) => queue <= store,
                (Some(_), None) => true,
                _ => false,
            };
            if !next {
                return stored.next();
            }
            let (key, value) = queued.next()?;
            stored.next_if(|pair| pair.as_ref().is_ok_and(|(store, _)| *store == key));
            Some(Ok((key, value)))
        });
        merged.filter(|pair| pair.as_ref().map_or(true, |(_, value)| !value.is_empty()))
    }

    /// The last key that begins with `prefix`.
    ///
    /// # Errors
    /// [`ViewError::Sled`]
    pub fn last_key(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, ViewError> {
        let queued = self.queue.range(prefix, prefix);
        let of_queue = queued.iter().rev().find(|(_, value)| !value.is_empty()).map(|(key, _)| key);
        let mut of_store = None;
        for pair in self.tree.scan_prefix(prefix).rev() {
            let (key, _) = pair?;
            if !queued.contains_key(&*key) {
                of_store = Some(key.to_vec());
                break;
            }
        }
        Ok(of_queue.cloned().max(of_store))
    }

    /// Whether the views can take these changes.
    ///
    /// # Errors
    /// [`ViewError::TooLarge`]
    pub fn check(changes: &Changes) -> Result<(), ViewError> {
        if changes.values().all(|value| value.len() <= MAX_VALUE) {
            Ok(())
        } else {
            Err(ViewError::TooLarge)
        }
    }

    /// Takes the changes of a round: readers see them at once, the store has them soon, all or none.
    ///
    /// # Errors
    /// [`ViewError`]; also of an earlier round that the store could not take.
    pub fn write(&self, changes: &Changes) -> Result<(), ViewError> {
        Self::check(changes)?;
        self.queue.add(changes)
    }

    /// Everything, for comparing a rebuilt store with the old one.
    pub fn all(&self) -> impl Iterator<Item = Result<(Vec<u8>, Vec<u8>), ViewError>> + use<> {
        self.scan(&[], &[])
    }

    /// Hands everything to the system.
    ///
    /// # Errors
    /// [`ViewError`]
    pub fn flush(&self) -> Result<(), ViewError> {
        self.queue.settle()?;
        self.db.flush().map(|_| ()).map_err(ViewError::from)
    }
}

/// A key of a table.
#[must_use]
pub(crate) fn key(table: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut out = vec![table];
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// A half-written snapshot is taken for the newest one and blocks the open (spacejam/sled#1527).
fn remove_torn_snapshots(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn open_when_unlocked(config: &sled::Config) -> sled::Result<sled::Db> {
    for _ in 0..LOCK_PATIENCE {
        match config.open() {
            Err(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock") => {
                std::thread::sleep(Duration::from_millis(100));
            }
            done => return done,
        }
    }
    config.open()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_torn_snapshot_does_not_block() {
        let dir = tempfile::tempdir().unwrap();
        drop(Views::open(dir.path()).unwrap());
        std::fs::write(dir.path().join("snap.FFFFFFFFFFFFFFFF.generating"), b"half").unwrap();
        Views::open(dir.path()).unwrap();
    }

    #[test]
    fn the_limit_of_a_value() {
        let dir = tempfile::tempdir().unwrap();
        let views = Views::open(dir.path()).unwrap();
        assert!(views.write(&Changes::from([(vec![1], vec![0; MAX_VALUE])])).is_ok());
        let over = views.write(&Changes::from([(vec![2], vec![0; MAX_VALUE + 1])]));
        assert!(matches!(over, Err(ViewError::TooLarge)));
        assert_eq!(views.get(&[2]).unwrap(), None);
        views.write(&Changes::from([(vec![1], Vec::new())])).unwrap();
        assert_eq!(views.get(&[1]).unwrap(), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Whether a change is on its way or in the store shows to no reader, nor after a restart.
        #[test]
        fn readers_see_one_store(
            rounds in vec((vec((any::<[bool; 4]>(), 0..3_u8), 1..6), any::<bool>()), 1..12),
        ) {
            let dir = tempfile::tempdir().unwrap();
            let views = Views::open(dir.path()).unwrap();
            let mut told = Changes::new();
            for (changes, settles) in rounds {
                let changes = changes.into_iter().map(|(key, length)| {
                    (key.map(u8::from).to_vec(), vec![length; length.into()])
                });
                let changes = Changes::from_iter(changes);
                views.write(&changes).unwrap();
                told.extend(changes);
                told.retain(|_, value| !value.is_empty());
                if settles {
                    views.flush().unwrap();
                }
                same(&views, &told);
            }
            drop(views);
            same(&Views::open(dir.path()).unwrap(), &told);
        }
    }

    fn same(views: &Views, told: &Changes) {
        for prefix in [&[][..], &[0], &[1], &[0, 1], &[1, 1, 1]] {
            let of_prefix = |(key, _): &(&Vec<u8>, &Vec<u8>)| key.starts_with(prefix);
            let wanted: Vec<_> =
                told.iter().filter(of_prefix).map(|(k, v)| (k.clone(), v.clone())).collect();
            let found: Vec<_> = views.scan(prefix, prefix).map(Result::unwrap).collect();
            assert_eq!(found, wanted);
            let last = wanted.last().map(|(key, _)| key.clone());
            assert_eq!(views.last_key(prefix).unwrap(), last);
        }
        let start = [1, 0, 1];
        let wanted: Vec<_> = told.range(start.to_vec()..).map(|(key, _)| key.clone()).collect();
        let found: Vec<_> = views.scan(&[], &start).map(|pair| pair.unwrap().0).collect();
        assert_eq!(found, wanted);
        for key in 0..16_u8 {
            let key: Vec<u8> = (0..4).map(|bit| key >> bit & 1).collect();
            assert_eq!(views.get(&key).unwrap(), told.get(&key).cloned());
        }
    }
}
