//! Making attachments out of files: looked into, sealed, and kept, before the letter is written.
//!
//! ```text
//! attaching/DIGEST written ── DIGEST.age there ── letter, parts, entry of the outbox ── attaching/DIGEST removed
//! ```
//!
//! A crash before the entry leaves a sealed file and its mark, which the next flush removes together. A
//! crash after it leaves the mark alone to be removed: the entry names the file.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tsumugu_durable::atomic::{create_dir_durable, remove_durable, sweep_temporaries};
use tsumugu_durable::crash::crash_point;
use tsumugu_durable::lock::{FolderLock, LockError};
use tsumugu_durable::{Access, NewFile};
use tsumugu_proto::v1;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::letter::{AttachmentError, MAX_ATTACHMENT, seal_attachment};
use tsumugu_trust::seal::StreamError;
use tsumugu_trust::statement::{BytesRef, MAX_ATTACHMENTS};
use zeroize::Zeroizing;

use super::store::{Store, unusable};
use super::{FileKind, FileName, Inspected, inspect};
use crate::failure::Failure;
use crate::letters::Randomness;
use crate::messages::Sentence;
use crate::outbox::entries;
use crate::post::Post;
use crate::progress::Watched;
use crate::vault::Vault;

/// The folder of marks of attachments whose letter is not in the outbox yet.
const MARKS: &str = "attaching";

/// How long one command waits for another one that seals: 20 files of the largest size.
const PATIENCE: Duration = Duration::from_secs(300);

/// Attachments that are sealed and kept. While it lives, nobody takes them for forgotten.
pub(crate) struct Attached {
    /// What the letter says of them.
    pub(crate) secrets: Vec<v1::AttachmentSecret>,
    /// What the envelope says of them, in the same order.
    pub(crate) sealed: Vec<BytesRef>,
    lock: Option<FolderLock>,
}

/// A file that may be attached.
struct Checked<'a> {
    path: &'a Path,
    file: File,
    length: u64,
    name: FileName,
    kind: FileKind,
}

/// Looks into all files, then seals them, each under a new key.
///
/// # Errors
/// `file.too-many`, `file.too-large`, `file.unreadable`, `file.changed`, `content.…`: nothing is left of
/// any of them.
pub(crate) fn attach(post: &impl Post, files: &[PathBuf]) -> Result<Attached, Failure> {
    if files.len() > MAX_ATTACHMENTS {
        return Err(Failure::too_many_attachments(MAX_ATTACHMENTS));
    }
    let mut attached = Attached { secrets: Vec::new(), sealed: Vec::new(), lock: None };
    if files.is_empty() {
        return Ok(attached);
    }
    let mut names = BTreeSet::new();
    let mut checked = Vec::with_capacity(files.len());
    for path in files {
        checked.push(check(path, &mut names)?);
    }
    let store = Store::of(post.vault());
    attached.lock = Some(lock(post, PATIENCE)?.ok_or_else(|| Failure::new("outbox.busy"))?);
    sweep(post.vault())?;
    for file in checked {
        let (secret, sealed) = keep(post, &store, file)?;
        attached.secrets.push(secret);
        attached.sealed.push(sealed);
    }
    Ok(attached)
}

impl Attached {
    /// The outbox names them now.
    ///
    /// # Errors
    /// The vault.
    pub(crate) fn settle(self, vault: &Vault) -> Result<(), Failure> {
        if self.lock.is_some() { sweep(vault) } else { Ok(()) }
    }
}

/// Removes what a crash left of attachments whose letter never came into the outbox, unless somebody is
/// just sealing.
///
/// # Errors
/// The vault.
pub(crate) fn sweep_forgotten(post: &impl Post) -> Result<(), Failure> {
    let store = Store::of(post.vault());
    if post.vault().list(MARKS)?.is_empty() && !store.has_temporaries() {
        return Ok(());
    }
    match lock(post, Duration::ZERO)? {
        Some(_lock) => sweep(post.vault()),
        None => Ok(()),
    }
}

fn sweep(vault: &Vault) -> Result<(), Failure> {
    let marks = vault.list(MARKS)?;
    let entries = entries(vault)?;
    let named: BTreeSet<Hash> =
        entries.iter().flat_map(|entry| entry.attachments()).map(|named| named.digest).collect();
    let store = Store::of(vault);
    store.create()?;
    sweep_temporaries(store.folder()).map_err(|error| unusable(store.folder(), error))?;
    for mark in marks {
        let digest = mark.rsplit('/').next().and_then(|digest| digest.parse().ok());
        if let Some(digest) = digest.filter(|digest| !named.contains(digest)) {
            let path = store.file(&BytesRef { digest, length: 0 });
            remove_durable(&path).map_err(|error| unusable(&path, error))?;
        }
        vault.remove(&mark)?;
    }
    Ok(())
}

/// One command seals at a time; nothing where another one does.
fn lock(post: &impl Post, patience: Duration) -> Result<Option<FolderLock>, Failure> {
    let folder = post.home().join(MARKS);
    create_dir_durable(&folder).map_err(|error| Failure::home_unusable(&folder, error))?;
    match FolderLock::acquire(&folder, patience) {
        Ok(lock) => Ok(Some(lock)),
        Err(LockError::Held { .. }) => Ok(None),
        Err(error @ LockError::Disk(_)) => Err(Failure::home_unusable(&folder, error)),
    }
}

fn check<'a>(path: &'a Path, names: &mut BTreeSet<String>) -> Result<Checked<'a>, Failure> {
    let unreadable = |error: std::io::Error| Failure::file_unreadable(path, error);
    let mut file = File::open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    if !about.is_file() {
        return Err(Failure::file_unreadable(path, "not a file"));
    }
    if about.len() > MAX_ATTACHMENT {
        return Err(Failure::file_too_large(path, MAX_ATTACHMENT));
    }
    let first = FileName::of(path);
    let kind = inspect(&mut file, &first).map_err(|error| match error {
        Inspected::Forbidden(forbidden) => {
            Failure::new(forbidden.key()).with("file", path.display()).because(forbidden)
        }
        Inspected::Unreadable(error) => unreadable(error),
    })?;
    let mut name = first.clone();
    for number in 2.. {
        if names.insert(name.folded()) {
            break;
        }
        name = first.numbered(number);
    }
    std::io::Seek::rewind(&mut file).map_err(unreadable)?;
    Ok(Checked { path, file, length: about.len(), name, kind: kind.kind() })
}

fn keep(
    post: &impl Post,
    store: &Store,
    from: Checked<'_>,
) -> Result<(v1::AttachmentSecret, BytesRef), Failure> {
    let progress = post.progress(&Sentence::new("attachment.sealing"), from.length);
    let mut out = NewFile::create(store.folder(), Access::Private)
        .map_err(|error| unusable(store.folder(), error))?;
    let (key, made) = post
        .with_random(|rng| {
            let key = key(rng);
            let plain = Watched::new(&from.file, &progress);
            seal_attachment(&key, plain, from.length, &mut out, rng).map(|made| (key, made))
        })
        .map_err(|error| match error {
            AttachmentError::Stream(StreamError::Read(error)) => {
                Failure::file_unreadable(from.path, error)
            }
            AttachmentError::Stream(error) => unusable(store.folder(), error),
            error => Failure::new("file.changed").with("file", from.path.display()).because(error),
        })?;
    // The mark first: a file without one would stay for ever.
    post.vault().write(&format!("{MARKS}/{}", made.sealed.digest), b"")?;
    let path = store.file(&made.sealed);
    out.replace(&path).map_err(|error| unusable(&path, error))?;
    crash_point("client.attachment.sealed");
    let secret = v1::AttachmentSecret {
        name: from.name.as_str().to_owned(),
        media_type: from.kind.media_type().to_owned(),
        digest: made.plain.digest.0.to_vec().into(),
        length: made.plain.length,
        key: key.to_vec().into(),
    };
    Ok((secret, made.sealed))
}

fn key(rng: &mut dyn Randomness) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    rng.fill_bytes(key.as_mut_slice());
    key
}
