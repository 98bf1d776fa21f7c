//! What is applied and not yet in the store: sled pays for each batch with a write and with waking all
//! of its threads, so rounds that follow each other closely share one.
//!
//! The changes wait in memory, where every reader finds them. A crash loses at most those, and the
//! journal has them: start-up applies them again.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::{Changes, ViewError};

/// Rounds are gathered for so long before they are written.
const GATHER: Duration = Duration::from_millis(50);
/// So many changes are written without gathering more.
const MANY: usize = 8_192;
/// So many make the sequencer wait for the store.
const TOO_MANY: usize = 8 * MANY;

/// Changes on their way into the store. Clones are the same queue.
#[derive(Debug, Clone)]
pub(super) struct Queue(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Newer than `writing`.
    waiting: Changes,
    /// In the batch that is being written now.
    writing: Arc<Changes>,
    /// Somebody waits for the store to have everything.
    hurry: bool,
    closing: bool,
    failed: Option<sled::Error>,
}

/// The thread that writes. Dropping it writes what waits.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Queue,
    thread: Option<JoinHandle<()>>,
}

impl Queue {
    /// Begins to write to `tree`.
    pub(super) fn begin(tree: sled::Tree) -> std::io::Result<(Self, Writer)> {
        let queue = Self(Arc::new(Shared::default()));
        let of_thread = queue.clone();
        let thread = std::thread::Builder::new()
            .name("views".to_owned())
            .spawn(move || of_thread.write_all(&tree))?;
        let writer = Writer { queue: queue.clone(), thread: Some(thread) };
        Ok((queue, writer))
    }

    /// Adds the changes of a round.
    pub(super) fn add(&self, changes: &Changes) -> Result<(), ViewError> {
        let mut state = self.lock();
        while state.waiting.len() >= TOO_MANY && state.failed.is_none() {
            state = self.0.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.sound()?;
        for (key, value) in changes {
            state.waiting.insert(key.clone(), value.clone());
        }
        drop(state);
        self.0.moved.notify_all();
        Ok(())
    }

    /// Waits until the store has everything.
    pub(super) fn settle(&self) -> Result<(), ViewError> {
        let mut state = self.lock();
        state.hurry = true;
        self.0.moved.notify_all();
        while !state.is_empty() && state.failed.is_none() {
            state = self.0.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.sound()
    }

    /// The newest value on its way; empty where the key is to go.
    pub(super) fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        let state = self.lock();
        state.waiting.get(key).or_else(|| state.writing.get(key)).cloned()
    }

    /// What is on its way from `start` on, among the keys that begin with `prefix`.
    pub(super) fn range(&self, prefix: &[u8], start: &[u8]) -> Changes {
        let state = self.lock();
        let of = |changes: &Changes| -> BTreeMap<Vec<u8>, Vec<u8>> {
            changes
                .range::<[u8], _>((Bound::Included(start), Bound::Unbounded))
                .take_while(|(key, _)| key.starts_with(prefix))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()
        };
        let mut found = of(&state.writing);
        found.extend(of(&state.waiting));
        found
    }

    fn write_all(&self, tree: &sled::Tree) {
        while let Some(changes) = self.next() {
            let done = catch_unwind(AssertUnwindSafe(|| tree.apply_batch(batch(&changes))));
            let mut state = self.lock();
            match done {
                Ok(Ok(())) => state.writing = Arc::default(),
                Ok(Err(error)) => state.failed = Some(error),
                // sled answers some damage with a panic (spacejam/sled#1387).
                Err(_) => {
                    let told = "the store gave up".to_owned();
                    state.failed = Some(sled::Error::ReportableBug(told));
                }
            }
            let failed = state.failed.is_some();
            drop(state);
            self.0.moved.notify_all();
            if failed {
                return;
            }
        }
    }

    /// The next batch, or nothing where the queue is empty and closing.
    fn next(&self) -> Option<Arc<Changes>> {
        let mut state = self.lock();
        while state.waiting.is_empty() {
            if state.closing {
                return None;
            }
            state = self.0.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let gathers =
            |state: &mut State| state.waiting.len() < MANY && !state.hurry && !state.closing;
        let waited = self.0.moved.wait_timeout_while(state, GATHER, gathers);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.hurry = false;
        state.writing = Arc::new(std::mem::take(&mut state.waiting));
        Some(state.writing.clone())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.writing.is_empty()
    }

    fn sound(&self) -> Result<(), ViewError> {
        self.failed.clone().map_or(Ok(()), |error| Err(error.into()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.lock().closing = true;
        self.queue.0.moved.notify_all();
        if let Some(thread) = self.thread.take() {
            // A writer that failed has said so to the sequencer.
            let _ = thread.join();
        }
    }
}

/// All or none of a batch is found after a crash: whole rounds, since only whole rounds are added.
fn batch(changes: &Changes) -> sled::Batch {
    let mut batch = sled::Batch::default();
    for (key, value) in changes {
        if value.is_empty() {
            batch.remove(key.as_slice());
        } else {
            batch.insert(key.as_slice(), value.as_slice());
        }
    }
    batch
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(number: usize, size: usize) -> Changes {
        let key = |at: usize| (number * size + at).to_be_bytes().to_vec();
        (0..size).map(|at| (key(at), vec![1])).collect()
    }

    /// The sequencer gives more than is taken at a time: it waits, and nothing is lost.
    #[test]
    fn more_than_waits_at_a_time_goes_through() {
        let db = sled::Config::new().temporary(true).open().unwrap();
        let tree = db.open_tree("views").unwrap();
        let (queue, writer) = Queue::begin(tree.clone()).unwrap();
        let (rounds, size) = (2 * TOO_MANY / MANY + 1, MANY - 1);
        for number in 0..rounds {
            queue.add(&round(number, size)).unwrap();
            assert!(queue.lock().waiting.len() < TOO_MANY + size);
        }
        queue.settle().unwrap();
        assert!(queue.lock().is_empty());
        assert_eq!(tree.len(), rounds * size);
        // Two who wait for an empty queue wait for nothing.
        queue.settle().unwrap();
        queue.add(&Changes::from([(vec![255; 9], vec![1])])).unwrap();
        drop(writer);
        assert_eq!(tree.len(), rounds * size + 1, "dropping the writer writes what waits");
    }

    #[test]
    fn a_store_that_failed_takes_nothing_more() {
        let db = sled::Config::new().temporary(true).open().unwrap();
        let (queue, _writer) = Queue::begin(db.open_tree("views").unwrap()).unwrap();
        queue.lock().failed = Some(sled::Error::Unsupported("a test".to_owned()));
        assert!(queue.add(&round(0, 1)).is_err());
        assert!(queue.settle().is_err());
        queue.lock().failed = None;
    }
}
