//! What waits: invitations' documents, requests, half-signed records. Not history, so not in the log;
//! not derivable, so never only in the views. One file each, written atomically: a crash leaves the
//! old file or the new one.

mod terminals;

use std::path::{Path, PathBuf};

use prost::Message;
use tokio::sync::{Mutex, MutexGuard};
use tsumugu_durable::DiskError;
use tsumugu_durable::atomic::{
    create_dir_durable, read_limited, remove_durable, sweep_temporaries, write_atomic,
};
use tsumugu_proto::v1;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::value::{Id, Value};

pub use terminals::{StoredTerminal, TERMINAL_DAY_MS, TERMINALS};

/// Invitations' folder.
pub const INVITATIONS: &str = "enrolments";
/// Half-signed statements' folder.
pub const PROPOSALS: &str = "proposals";
/// Longest file, bytes: 16 statements, a document with trust lists, and room.
pub const MAX_FILE: u64 = 1 << 20;

/// Files of what waits. Changes are made under [`Pending::lock`].
#[derive(Debug)]
pub struct Pending {
    dir: PathBuf,
    lock: Mutex<()>,
}

/// An invitation with all that came for it.
#[derive(Clone, PartialEq, Message)]
pub struct StoredInvitation {
    /// What the applicant is shown.
    #[prost(message, optional, tag = "1")]
    pub document: Option<v1::InvitationDocument>,
    /// Statement of kind "invitation"; empty for the bootstrap code.
    #[prost(bytes = "vec", tag = "2")]
    pub invitation: Vec<u8>,
    /// The code's secret, sealed to the administrators.
    #[prost(bytes = "vec", tag = "3")]
    pub sealed_secret: Vec<u8>,
    /// The request, or trust list 1.
    #[prost(bytes = "vec", tag = "4")]
    pub request: Vec<u8>,
    /// Its MAC.
    #[prost(bytes = "vec", tag = "5")]
    pub mac: Vec<u8>,
    /// The finished statements.
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub statements: Vec<Vec<u8>>,
    /// The certificate request.
    #[prost(bytes = "vec", tag = "7")]
    pub csr: Vec<u8>,
    /// The record or list with the signatures so far.
    #[prost(bytes = "vec", tag = "8")]
    pub draft: Vec<u8>,
    /// The bootstrap code's secret: only the exchange itself can check that code. Erased with its use.
    #[prost(bytes = "vec", tag = "9")]
    pub bootstrap_secret: Vec<u8>,
}

impl Pending {
    /// Opens the folders.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn open(dir: &Path) -> Result<Self, DiskError> {
        for folder in [INVITATIONS, PROPOSALS, TERMINALS] {
            let folder = dir.join(folder);
            create_dir_durable(&folder)?;
            sweep_temporaries(&folder)?;
        }
        Ok(Self { dir: dir.to_owned(), lock: Mutex::new(()) })
    }

    /// One change at a time.
    pub async fn lock(&self) -> MutexGuard<'_, ()> {
        self.lock.lock().await
    }

    /// An invitation; `None` when there is none of that id.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn invitation(&self, id: Id) -> Result<Option<StoredInvitation>, DiskError> {
        let path = self.invitation_path(id);
        if !path.exists() {
            return Ok(None);
        }
        Ok(StoredInvitation::decode(&read_limited(&path, MAX_FILE)?[..]).ok())
    }

    /// Stores an invitation.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn put_invitation(&self, id: Id, stored: &StoredInvitation) -> Result<(), DiskError> {
        write_atomic(&self.invitation_path(id), &stored.encode_to_vec())
    }

    /// Every invitation, by id.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn invitations(&self) -> Result<Vec<(Id, StoredInvitation)>, DiskError> {
        let mut all = Vec::new();
        for name in names(&self.dir.join(INVITATIONS)) {
            if let Some(id) = Id::decode(&name)
                && let Some(stored) = self.invitation(id)?
            {
                all.push((id, stored));
            }
        }
        all.sort_by_key(|(id, _)| *id);
        Ok(all)
    }

    /// A half-signed statement by its digest.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn proposal(&self, digest: Hash) -> Result<Option<Vec<u8>>, DiskError> {
        let path = self.proposal_path(digest);
        if path.exists() { read_limited(&path, MAX_FILE).map(Some) } else { Ok(None) }
    }

    /// Stores a half-signed statement.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn put_proposal(&self, digest: Hash, statement: &[u8]) -> Result<(), DiskError> {
        write_atomic(&self.proposal_path(digest), statement)
    }

    /// Forgets a half-signed statement. A crash before it leaves one that the log has already: the next
    /// signature finds that.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn remove_proposal(&self, digest: Hash) -> Result<(), DiskError> {
        let path = self.proposal_path(digest);
        if path.exists() { remove_durable(&path) } else { Ok(()) }
    }

    /// Every half-signed statement.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn proposals(&self) -> Result<Vec<Vec<u8>>, DiskError> {
        let digests =
            names(&self.dir.join(PROPOSALS)).into_iter().filter_map(|name| Hash::decode(&name));
        digests.filter_map(|digest| self.proposal(digest).transpose()).collect()
    }

    fn invitation_path(&self, id: Id) -> PathBuf {
        self.dir.join(INVITATIONS).join(id.to_string())
    }

    fn proposal_path(&self, digest: Hash) -> PathBuf {
        self.dir.join(PROPOSALS).join(digest.encode())
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}
