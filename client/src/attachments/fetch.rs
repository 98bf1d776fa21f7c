//! Fetching a sealed attachment: it goes on where it was, and counts once its digest is right.

use std::fs::File;
use std::time::Duration;

use tsumugu_durable::PartFile;
use tsumugu_durable::atomic::{create_dir_durable, remove_durable};
use tsumugu_durable::crash::crash_point;
use tsumugu_durable::lock::{FolderLock, LockError};
use tsumugu_trust::hash::Hasher;
use tsumugu_trust::statement::BytesRef;
use tsumugu_trust::value::Id;

use super::Attachment;
use super::store::{Store, digest, unusable};
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::post::Post;

/// The folder below the home folder whose lock one fetcher at a time holds.
const FETCHING: &str = "fetch";

/// How long one command waits for another one that fetches.
const PATIENCE: Duration = Duration::from_secs(60);

/// Fetches an attachment into the vault, if it is not there; gives the bytes that were fetched.
///
/// # Errors
/// `attachment.gone`, `attachment.bytes-differ`, `attachment.fetching-elsewhere`; the exchange is not
/// reached: what came stays, and the next call goes on from there.
pub(crate) async fn fetch(
    post: &mut impl Post,
    letter: (Id, Id),
    attachment: &Attachment,
) -> Result<u64, Failure> {
    let store = Store::of(post.vault());
    let sealed = attachment.sealed;
    if store.has(&sealed) {
        return Ok(0);
    }
    store.create()?;
    let _lock = lock(post)?;
    let mut fetched = 0;
    // What lay here before may be spoiled by a power cut; only what was fetched at one go is the
    // exchange's word.
    for _ in 0..2 {
        if store.has(&sealed) {
            break;
        }
        let resumed = store.received(&sealed);
        fetched += fetch_rest(post, letter, attachment, &store).await?;
        if !store.has(&sealed) && resumed == 0 {
            return Err(Failure::new("attachment.bytes-differ").with("file", attachment.called()));
        }
    }
    Ok(fetched)
}

/// Fetches what is missing. What has the wrong digest in the end is removed.
async fn fetch_rest(
    post: &mut impl Post,
    letter: (Id, Id),
    attachment: &Attachment,
    store: &Store,
) -> Result<u64, Failure> {
    let sealed = attachment.sealed;
    let path = store.part(&sealed);
    let disk = |error| unusable(&path, error);
    let mut hasher = begun(store, &sealed)?;
    let mut part = PartFile::open(&path).map_err(disk)?;
    let start = part.length().map_err(disk)?;
    let mut at = start;
    if start < sealed.length {
        let progress = post.progress(&Sentence::new("attachment.fetching"), sealed.length);
        let mut take = |piece: &[u8]| {
            at += piece.len() as u64;
            if at > sealed.length {
                return Err(crate::rpc::incomplete("attachment"));
            }
            hasher.update(piece);
            part.add(piece).map_err(|error| unusable(&path, error))?;
            progress.at(at);
            crash_point("client.attachment.fetching");
            Ok(())
        };
        let came = post.fetch_attachment(letter, sealed.digest, start, &mut take).await;
        came.map_err(|failure| gone(failure, attachment))?;
    }
    if at < sealed.length {
        return Err(crate::rpc::incomplete("attachment"));
    }
    if hasher.finish() == sealed {
        part.finish(&store.file(&sealed)).map_err(disk)?;
    } else {
        drop(part);
        remove_durable(&path).map_err(disk)?;
    }
    Ok(at - start)
}

/// The digest of what is here already; what is too long is removed.
fn begun(store: &Store, sealed: &BytesRef) -> Result<Hasher, Failure> {
    let path = store.part(sealed);
    let Ok(mut file) = File::open(&path) else { return Ok(Hasher::default()) };
    let hasher = digest(&mut file).map_err(|error| unusable(&path, error))?;
    if hasher.length() <= sealed.length {
        return Ok(hasher);
    }
    drop(file);
    remove_durable(&path).map_err(|error| unusable(&path, error))?;
    Ok(Hasher::default())
}

fn gone(failure: Failure, attachment: &Attachment) -> Failure {
    match failure.key() {
        "server.body-gone" | "server.not-found" => {
            Failure::new("attachment.gone").with("file", attachment.called()).because(failure)
        }
        _ => failure,
    }
}

fn lock(post: &impl Post) -> Result<FolderLock, Failure> {
    let folder = post.home().join(FETCHING);
    create_dir_durable(&folder).map_err(|error| Failure::home_unusable(&folder, error))?;
    FolderLock::acquire(&folder, PATIENCE).map_err(|error| match &error {
        LockError::Held { .. } => Failure::new("attachment.fetching-elsewhere").because(error),
        LockError::Disk(_) => Failure::home_unusable(&folder, error),
    })
}
