//! What a backup has to take: the journal as it stands now, and what it refers to.
//!
//! Read from the journal alone, also while the exchange runs: the views belong to its process.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use tsumugu_durable::attachments::UploadName;
use tsumugu_durable::bodies::BodyLocation;
use tsumugu_durable::journal::{JournalSnapshot, Round};
use tsumugu_trust::checkpoint::VerifiedCheckpoint;
use tsumugu_trust::directory::Directory;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::note::VerifyingKey;
use tsumugu_trust::statement::{AnyBody, Statement};
use tsumugu_trust::value::{Id, Origin};

use super::frames::{self, split_record};
use super::open::Replay;
use super::{JOURNAL, OpenError};

/// The log as it stands, checked through, and the files that it refers to.
#[derive(Debug)]
pub struct Survey {
    /// Leaves in the log.
    pub leaves: u64,
    /// Root of the tree over them.
    pub root: Hash,
    /// The signed checkpoint; empty before entry 0.
    pub checkpoint: Vec<u8>,
    /// The directory.
    pub directory: Directory,
    /// The journal's files.
    pub journal: JournalSnapshot,
    /// Files of the body store that something undestroyed stands in, and how many bytes of each are needed.
    pub bodies: BTreeMap<String, u64>,
    /// Attachments that a letter names whose copy was not destroyed.
    pub attachments: BTreeSet<UploadName>,
}

impl Survey {
    /// Reads the journal of an exchange, changes nothing, and checks every leaf, the clear chain and the
    /// checkpoints' roots, and the last one's signature.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn take(dir: &Path, origin: &Origin, log_key: &VerifyingKey) -> Result<Self, OpenError> {
        // Of a log that is all in the views nothing is missing there: the replay remembers no leaf.
        let mut replay = Replay::new(origin.clone(), u64::MAX);
        let mut kept = Kept::default();
        let mut failure = None;
        let journal = JournalSnapshot::take(&dir.join(JOURNAL), |round| {
            if failure.is_none() {
                kept.round(&round);
                failure = replay.round(round).err();
            }
        })?;
        if let Some(failure) = failure {
            return Err(failure);
        }
        let leaves = replay.tree.size();
        if leaves > 0 {
            let keys = std::slice::from_ref(log_key);
            VerifiedCheckpoint::verify(&replay.checkpoint, origin.as_str(), keys)
                .map_err(|_| OpenError::Checkpoint { size: leaves })?;
        }
        let (bodies, attachments) = kept.files();
        Ok(Self {
            leaves,
            root: replay.tree.root(),
            checkpoint: replay.checkpoint,
            directory: replay.chain.directory().clone(),
            journal,
            bodies,
            attachments,
        })
    }
}

/// What letters refer to, as far as no leaf says that it was destroyed.
#[derive(Debug, Default)]
struct Kept {
    /// Segments are overwritten, not removed: their bytes stay where they are.
    segments: BTreeMap<String, u64>,
    letters: HashMap<(Id, Id), Letter>,
    /// The envelope that the next frames belong to.
    current: Option<(Id, Id)>,
}

#[derive(Debug, Default)]
struct Letter {
    file: Option<BodyLocation>,
    attachments: Vec<UploadName>,
}

impl Kept {
    fn round(&mut self, round: &Round) {
        for (_, frame) in &round.frames {
            match frame.frame_type {
                frames::CLEAR_LEAF | frames::PRIVATE_LEAF => self.current = None,
                frames::RECORD => self.record(&frame.payload),
                frames::BODY => self.body(&frame.payload),
                _ => {}
            }
        }
    }

    fn record(&mut self, payload: &[u8]) {
        let statement = split_record(payload).and_then(|(_, text)| Statement::parse(text).ok());
        match statement.map(|statement| statement.body) {
            Some(AnyBody::Envelope(envelope)) => {
                let (from, id) = (envelope.from, envelope.id);
                let name = |sealed: &tsumugu_trust::statement::BytesRef| UploadName {
                    owner: from.0,
                    digest: sealed.digest.0,
                    length: sealed.length,
                };
                self.current = Some((from, id));
                let attachments: Vec<_> = envelope.attachments.iter().map(name).collect();
                if !attachments.is_empty() {
                    self.letters.entry((from, id)).or_default().attachments = attachments;
                }
            }
            Some(AnyBody::Destroyed(destroyed)) => {
                self.letters.remove(&(destroyed.from, destroyed.id));
            }
            _ => {}
        }
    }

    fn body(&mut self, payload: &[u8]) {
        match (BodyLocation::from_bytes(payload), self.current) {
            (Some(location @ BodyLocation::Segment { .. }), _) => {
                let (file, needed) = location.file();
                let known = self.segments.entry(file).or_default();
                *known = needed.max(*known);
            }
            (Some(location @ BodyLocation::File { .. }), Some(letter)) => {
                self.letters.entry(letter).or_default().file = Some(location);
            }
            _ => {}
        }
    }

    fn files(self) -> (BTreeMap<String, u64>, BTreeSet<UploadName>) {
        let mut bodies = self.segments;
        bodies.extend(self.letters.values().filter_map(|letter| Some(letter.file?.file())));
        let attachments = self.letters.into_values().flat_map(|letter| letter.attachments);
        (bodies, attachments.collect())
    }
}
