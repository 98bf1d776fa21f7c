//! `tsumugu-server check [--rebuild]`: reads everything, and makes the views anew.

mod folder;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use tsumugu_durable::FolderLock;
use tsumugu_durable::atomic::create_dir_durable;
use tsumugu_durable::attachments::{AttachmentKey, UploadName};
use tsumugu_trust::directory::Directory;
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::value::Id;

use crate::keys;
use crate::ledger::{LOG, Ledger, LedgerError, OpenError, VIEWS};
use crate::releases::Releases;
use crate::restraint::is_held;
use crate::run::{RunError, check_is_exchange, check_published};

/// What the check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Leaves in the log.
    pub leaves: u64,
    /// Root of the tree, hex.
    pub root: String,
    /// SHA-256 over all keys and values of the views: equal before and after a rebuild.
    pub views: String,
    /// Leaves that were applied to the views now.
    pub applied: u64,
    /// Tiles and entry bundles in `log/` whose bytes are not those of the journal.
    pub wrong_tiles: Vec<String>,
    /// Tiles and entry bundles that `log/checkpoint` needs and that are not there.
    pub missing_tiles: Vec<String>,
    /// Leaves of `log/checkpoint`, which is written at ticks and when the server stops.
    pub folder_leaves: u64,
    /// Messages whose sealed body cannot be read.
    pub unreadable_bodies: u64,
    /// Attachments that a letter names and that are not there, or not as they were uploaded.
    pub unreadable_attachments: u64,
    /// Files among the named attachments that no letter names.
    pub orphaned_attachments: u64,
    /// Files of catalogue releases that are not there, or not what the release names.
    pub wrong_catalogue_files: u64,
    /// Uploads that no letter names yet; they are given up by themselves one day.
    pub uploads: u64,
}

impl Checked {
    /// Whether nothing is damaged or missing.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.wrong_tiles.is_empty()
            && self.missing_tiles.is_empty()
            && self.unreadable_bodies == 0
            && self.unreadable_attachments == 0
            && self.orphaned_attachments == 0
            && self.wrong_catalogue_files == 0
    }
}

/// Opens the ledger, reads every leaf, every body, every attachment and every tile. With `rebuild`, the views are deleted
/// first: a crash in between leaves none or half, and the next start-up completes them.
///
/// # Errors
/// [`RunError`]
pub fn check(dir: &Path, rebuild: bool) -> Result<Checked, RunError> {
    check_is_exchange(dir)?;
    let _lock = FolderLock::acquire(dir, Duration::from_secs(1))?;
    if rebuild {
        let views = dir.join(VIEWS);
        if views.exists() {
            std::fs::remove_dir_all(&views).map_err(RunError::Listen)?;
        }
        create_dir_durable(&views)?;
    }
    let (origin, log_key) = keys::load(dir)?;
    let (ledger, recovery) = Ledger::open_as(dir, &origin, log_key, is_held(dir)?)?;
    check_published(&ledger, dir)?;
    let reader = ledger.reader();
    let published = reader.published();
    let read = |error: LedgerError| RunError::Open(OpenError::Ledger(error));
    for index in 0..published.size {
        reader.leaf_info(index).map_err(read)?;
    }
    let mut unreadable_bodies = 0;
    let prefix = [crate::ledger::table::MESSAGE];
    for pair in reader.views().scan(&prefix, &prefix) {
        let (_, value) = pair.map_err(|e| read(e.into()))?;
        let row = <crate::ledger::MessageRow as prost::Message>::decode(&value[..])
            .map_err(|_| read(LedgerError::Contradiction("a message row does not decode")))?;
        if !row.body.is_empty() && reader.body(&row.body).is_err() {
            unreadable_bodies += 1;
        }
    }
    let (unreadable_attachments, orphaned_attachments) = attachments(&reader).map_err(read)?;
    let folder = folder::compare(&dir.join(LOG), &reader).map_err(read)?;
    let checked = Checked {
        leaves: published.size,
        root: reader.root_at(published.size).map_or(String::new(), |root| root.to_string()),
        views: views_digest(&reader).map_err(read)?,
        applied: recovery.applied,
        wrong_tiles: folder.wrong,
        missing_tiles: folder.missing,
        folder_leaves: folder.leaves,
        unreadable_bodies,
        unreadable_attachments,
        orphaned_attachments,
        wrong_catalogue_files: catalogue_files(dir, &published.directory)?,
        uploads: reader.attachments().unnamed() as u64,
    };
    reader.views().flush().map_err(|e| read(e.into()))?;
    Ok(checked)
}

/// Reads every attachment that the log names: how many are not as they should be, and how many files
/// nothing names.
fn attachments(reader: &crate::ledger::Reader) -> Result<(u64, u64), LedgerError> {
    let damaged = || LedgerError::Contradiction("an attachment's row does not decode");
    let store = reader.attachments();
    let mut unreadable = 0;
    let prefix = [crate::ledger::table::ATTACHMENT];
    for pair in reader.views().scan(&prefix, &prefix) {
        let (key, value) = pair?;
        let row = <crate::ledger::AttachmentRow as prost::Message>::decode(&value[..]);
        let length = row.map_err(|_| damaged())?.length;
        let (owner, digest) = key
            .get(1..)
            .and_then(|rest| rest.split_first_chunk::<16>())
            .and_then(|(owner, digest)| Some((*owner, digest.try_into().ok()?)))
            .ok_or_else(damaged)?;
        if store.verify(UploadName { owner, digest, length }).is_err() {
            unreadable += 1;
        }
    }
    let mut orphaned = 0;
    for AttachmentKey { owner, digest } in store.named()? {
        if reader.attachment(Id(owner), Hash(digest))?.is_none() {
            orphaned += 1;
        }
    }
    Ok((unreadable, orphaned))
}

/// How many files that releases name are not there, or are something else.
fn catalogue_files(dir: &Path, directory: &Directory) -> Result<u64, RunError> {
    let releases = Releases::open(dir)?;
    let mut wrong = BTreeSet::new();
    for release in directory.catalogues() {
        wrong.extend(releases.missing(&release.body)?);
    }
    Ok(wrong.len() as u64)
}

fn views_digest(reader: &crate::ledger::Reader) -> Result<String, LedgerError> {
    let mut all = Vec::new();
    for pair in reader.views().all() {
        let (key, value) = pair?;
        for part in [&key, &value] {
            all.extend((part.len() as u64).to_be_bytes());
            all.extend(part);
        }
    }
    Ok(sha256(&[&all]).to_string())
}
