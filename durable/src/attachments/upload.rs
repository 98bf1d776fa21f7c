//! One upload: what is there, and how it grows.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{Context, SHA256};

use super::name::{DIGEST, UploadName};
use super::{AttachmentError, AttachmentStore, Progress, blocks, lock, remove_if_there};
use crate::atomic;
use crate::crash::crash_point;
use crate::disk::{DiskFile, directory_of};
use crate::error::DiskError;
use crate::fault::{FaultPlan, Step};

/// Bytes that are written at most before they are synced: what a power cut costs, and what the last
/// sync has to do.
const SYNC_EVERY: u64 = 8 * 1024 * 1024;

/// One upload. Its lock is held while its file is worked on; nobody else waits for that.
#[derive(Debug)]
pub(super) struct Upload {
    name: UploadName,
    whole: AtomicBool,
    touched_ms: AtomicU64,
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    /// Nothing is on the disk.
    Fresh,
    /// An earlier run left it; nobody has looked inside.
    Unread,
    /// It grows.
    Part(Part),
    /// All is there and has the digest.
    Whole,
    /// It was discarded: whoever still holds it begins anew.
    Discarded,
}

/// Whole blocks from the beginning, and the digest over them.
#[derive(Debug)]
struct Part {
    written: u64,
    synced: u64,
    hash: Hasher,
    /// Open while somebody writes.
    file: Option<DiskFile>,
}

/// SHA-256 over what has come so far.
#[derive(Clone)]
pub(super) struct Hasher(Context);

impl Upload {
    pub(super) fn new(name: UploadName, now_ms: u64) -> Self {
        Self::in_state(name, State::Fresh, now_ms)
    }

    pub(super) fn unread(name: UploadName, touched_ms: u64) -> Self {
        Self::in_state(name, State::Unread, touched_ms)
    }

    pub(super) fn whole(name: UploadName, touched_ms: u64) -> Self {
        Self::in_state(name, State::Whole, touched_ms)
    }

    fn in_state(name: UploadName, state: State, touched_ms: u64) -> Self {
        Self {
            name,
            whole: AtomicBool::new(matches!(state, State::Whole)),
            touched_ms: AtomicU64::new(touched_ms),
            state: Mutex::new(state),
        }
    }

    pub(super) fn name(&self) -> &UploadName {
        &self.name
    }

    pub(super) fn is_whole(&self) -> bool {
        self.whole.load(Ordering::Acquire)
    }

    pub(super) fn touched_ms(&self) -> u64 {
        self.touched_ms.load(Ordering::Acquire)
    }

    /// Bytes that are there, synced or not.
    pub(super) fn written(&self, store: &AttachmentStore) -> Result<u64, AttachmentError> {
        self.working(store, |state| match state {
            State::Part(part) => Ok(part.written),
            State::Whole => Ok(self.name.length),
            _ => Ok(0),
        })
    }

    /// Appends from a buffer whose first byte is `offset` of the attachment, and takes from it what
    /// is there now: what was there before and whole blocks, at the end the last one.
    pub(super) fn append(
        &self,
        store: &AttachmentStore,
        offset: u64,
        buffer: &mut Vec<u8>,
        now_ms: u64,
    ) -> Result<(), AttachmentError> {
        self.working(store, |state| {
            if let State::Whole = state {
                buffer.clear();
                return Ok(());
            }
            let path = store.part_path(&self.name);
            let part = match state {
                State::Part(part) => part,
                _ => {
                    atomic::create_dir_durable(directory_of(&path))?;
                    blocks::create(&path, store.faults())?;
                    *state = State::Part(Part::new(0, Hasher::new()));
                    let State::Part(part) = state else { return Err(AttachmentError::GivenUp) };
                    part
                }
            };
            let received = part.written;
            if offset > received {
                return Err(AttachmentError::Hole { received });
            }
            let known = (received - offset).min(buffer.len() as u64) as usize;
            buffer.drain(..known);
            let ends = received + buffer.len() as u64 == self.name.length;
            let over = if ends { 0 } else { buffer.len() % blocks::ATTACHMENT_BLOCK };
            let taken = buffer.len() - over;
            let bytes: Vec<u8> = buffer.drain(..taken).collect();
            if bytes.is_empty() {
                return Ok(());
            }
            let blocks = blocks::encode(received, &bytes);
            let file = part.file(store, &path)?;
            file.write_at(blocks::place(received), &blocks)?;
            file.touch(now_ms);
            crash_point("attachment.written");
            part.written += taken as u64;
            part.hash.update(&bytes);
            self.touched_ms.store(now_ms, Ordering::Release);
            if part.written - part.synced >= SYNC_EVERY {
                part.sync(store, &path)?;
            }
            Ok(())
        })
    }

    /// Syncs what is there, finishes it when it is all, and says how much that is.
    pub(super) fn settle(
        &self,
        store: &AttachmentStore,
        now_ms: u64,
    ) -> Result<Progress, AttachmentError> {
        self.working(store, |state| {
            self.touched_ms.store(now_ms, Ordering::Release);
            let progress = match state {
                State::Whole => {
                    touch(&store.whole_path(&self.name), now_ms);
                    return Ok(Progress { received: self.name.length, complete: true });
                }
                State::Part(part) => {
                    let path = store.part_path(&self.name);
                    if part.written > part.synced {
                        part.sync(store, &path)?;
                    }
                    part.file = None;
                    touch(&path, now_ms);
                    Progress { received: part.synced, complete: part.synced == self.name.length }
                }
                _ => Progress::default(),
            };
            if let (true, State::Part(part)) = (progress.complete, &*state) {
                self.finish(store, part)?;
                *state = State::Whole;
                self.whole.store(true, Ordering::Release);
            }
            Ok(progress)
        })
    }

    /// A user is about to go: its file is closed, and when it is the last one, an upload of which
    /// nothing was written is forgotten.
    pub(super) fn release(self: &Arc<Self>, store: &AttachmentStore) {
        let mut index = store.index();
        // One for the index and one for the user: nobody else gets one while the index is locked.
        let is_alone = Arc::strong_count(self) == 2;
        let Ok(mut state) = self.state.try_lock() else { return };
        match &mut *state {
            State::Part(part) => part.file = None,
            State::Fresh if is_alone => {
                *state = State::Discarded;
                index.remove(&self.name);
            }
            _ => {}
        }
    }

    /// Removes it, and everyone who holds it learns so.
    pub(super) fn discard(&self, store: &AttachmentStore) -> Result<(), AttachmentError> {
        let mut state = lock(&self.state);
        self.discarded(store, &mut state)
    }

    /// All is there and synced: compares the digest and gives it its name. A crash before the rename
    /// leaves a part that is all there, one after it perhaps the old name: both are finished when
    /// they are next asked for.
    fn finish(&self, store: &AttachmentStore, part: &Part) -> Result<(), AttachmentError> {
        if part.hash.clone().digest() != self.name.digest {
            return Err(AttachmentError::WrongDigest);
        }
        let (from, to) = (store.part_path(&self.name), store.whole_path(&self.name));
        let renamed = store.faults().around(Step::Rename, || atomic::rename(&from, &to));
        renamed.map_err(DiskError::io("move the attachment to its name", &to))?;
        crash_point("attachment.renamed");
        atomic::settle_name(&to, store.faults())?;
        crash_point("attachment.finished");
        Ok(())
    }

    /// Works under the lock, on an upload whose file was read. After a failure of the disk nobody
    /// knows what the file holds, and a wrong digest makes it worthless: it is discarded, alone.
    fn working<T>(
        &self,
        store: &AttachmentStore,
        work: impl FnOnce(&mut State) -> Result<T, AttachmentError>,
    ) -> Result<T, AttachmentError> {
        let mut state = lock(&self.state);
        let done = self.known(store, &mut state).and_then(|()| work(&mut state));
        if matches!(done, Err(AttachmentError::Disk(_) | AttachmentError::WrongDigest)) {
            // Should this fail, too, the file stays behind and start-up finds it.
            let _ = self.discarded(store, &mut state);
        }
        done
    }

    /// Reads what an earlier run left: its blocks up to the first that is not whole. What follows is
    /// cut, what remains is synced before anyone is told of it.
    fn known(&self, store: &AttachmentStore, state: &mut State) -> Result<(), AttachmentError> {
        match state {
            State::Discarded => return Err(AttachmentError::GivenUp),
            State::Unread => {}
            _ => return Ok(()),
        }
        let path = store.part_path(&self.name);
        let mut hash = Hasher::new();
        let file = DiskFile::open(&path, store.faults())?;
        let written = blocks::scan(&file, self.name.length, |block| hash.update(block))?;
        *state = if written == 0 {
            // Not even a header may be there: it begins anew.
            drop(file);
            remove_if_there(&path).map_err(DiskError::io("remove the file", &path))?;
            State::Fresh
        } else {
            file.truncate(blocks::file_length(written))?;
            State::Part(Part::new(written, hash))
        };
        Ok(())
    }

    fn discarded(&self, store: &AttachmentStore, state: &mut State) -> Result<(), AttachmentError> {
        *state = State::Discarded;
        self.whole.store(false, Ordering::Release);
        store.forget(self);
        for path in [store.part_path(&self.name), store.whole_path(&self.name)] {
            let removed = store.faults().around(Step::Remove, || remove_if_there(&path));
            removed.map_err(DiskError::io("remove the file", &path))?;
        }
        Ok(())
    }
}

impl Part {
    fn new(written: u64, hash: Hasher) -> Self {
        Self { written, synced: written, hash, file: None }
    }

    fn file(&mut self, store: &AttachmentStore, path: &Path) -> Result<&DiskFile, DiskError> {
        let open = match self.file.take() {
            Some(open) => open,
            None => DiskFile::open(path, store.faults())?,
        };
        Ok(self.file.insert(open))
    }

    fn sync(&mut self, store: &AttachmentStore, path: &Path) -> Result<(), DiskError> {
        self.file(store, path)?.sync_data()?;
        crash_point("attachment.synced");
        self.synced = self.written;
        Ok(())
    }
}

/// When somebody was last at it stands in the file's time. A file that does not open is found by
/// whoever needs what is in it.
fn touch(path: &Path, now_ms: u64) {
    if let Ok(file) = DiskFile::open(path, &FaultPlan::none()) {
        file.touch(now_ms);
    }
}

impl Hasher {
    pub(super) fn new() -> Self {
        Self(Context::new(&SHA256))
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn digest(self) -> [u8; DIGEST] {
        let mut digest = [0; DIGEST];
        digest.copy_from_slice(self.0.finish().as_ref());
        digest
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}
