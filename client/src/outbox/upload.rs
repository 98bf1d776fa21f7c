//! Uploading the attachments of letters that wait, before the letters go out.
//!
//! Outside of the outbox's turn: a file of 200 MiB on a slow line keeps no urgent notice back. What the
//! exchange has it keeps, also after a crash of either side, and is asked first: nothing that it has goes
//! out again.

use std::collections::BTreeMap;
use std::time::Duration;

use tsumugu_durable::atomic::create_dir_durable;
use tsumugu_durable::crash::crash_point;
use tsumugu_durable::lock::{FolderLock, LockError};
use tsumugu_trust::statement::BytesRef;
use tsumugu_trust::value::Id;

use super::Entry;
use super::entry::damaged;
use super::flush::{MAX_WAITS, SHORT_WAIT};
use super::owner::{Verdict, verdict};
use crate::attachments::Store;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::post::Post;

/// The folder below the home folder whose lock one uploader at a time holds.
const UPLOADING: &str = "upload";

/// How often one flush goes on with an attachment that came only in part without an error.
const MAX_GOES: u32 = 16;

/// Uploads what `entries` name, in their order. Gives the entries whose attachments are not all there,
/// with why.
///
/// # Errors
/// What ends the whole command.
pub(super) async fn upload_all(
    post: &mut impl Post,
    entries: &[Entry],
) -> Result<BTreeMap<Id, Failure>, Failure> {
    let mut failed: BTreeMap<Id, Failure> = BTreeMap::new();
    let _lock = match lock(post)? {
        Some(lock) => lock,
        None => {
            let elsewhere = |entry: &Entry| (entry.id, uploading_elsewhere());
            return Ok(entries.iter().map(elsewhere).collect());
        }
    };
    let mut out_of_reach: Option<Failure> = None;
    for entry in entries {
        if let Some(why) = &out_of_reach {
            failed.insert(entry.id, why.repeated());
            continue;
        }
        for sealed in entry.attachments() {
            let Err(failure) = patiently(post, entry.id, sealed).await else { continue };
            match verdict(&failure) {
                Verdict::Stop => return Err(failure),
                Verdict::Wait => out_of_reach = Some(failure.repeated()),
                Verdict::Refused(_) => {}
            }
            failed.insert(entry.id, failure);
            break;
        }
    }
    Ok(failed)
}

/// Whether all attachments of an entry are at the exchange.
///
/// # Errors
/// `attachment.uploading-elsewhere`; the exchange is not reached.
pub(super) async fn all_there(post: &mut impl Post, entry: &Entry) -> Result<(), Failure> {
    for sealed in entry.attachments() {
        if !post.upload_state(sealed).await?.complete {
            return Err(uploading_elsewhere());
        }
    }
    Ok(())
}

/// Uploads an attachment; where the exchange asks to wait for a moment, after that moment.
async fn patiently(post: &mut impl Post, entry: Id, sealed: BytesRef) -> Result<(), Failure> {
    let mut waits = 0;
    loop {
        let failure = match upload(post, entry, sealed).await {
            Err(failure) if waits < MAX_WAITS => failure,
            said => return said,
        };
        match failure.retry_after().filter(|wait| *wait <= SHORT_WAIT) {
            Some(wait) if verdict(&failure) == Verdict::Wait => post.pause(wait).await,
            _ => return Err(failure),
        }
        waits += 1;
    }
}

async fn upload(post: &mut impl Post, entry: Id, sealed: BytesRef) -> Result<(), Failure> {
    let mut state = post.upload_state(sealed).await?;
    if state.complete {
        return Ok(());
    }
    let store = Store::of(post.vault());
    // What the disk spoiled would be refused only after it went out whole.
    if !store.is_sound(&sealed)? {
        return Err(damaged(entry));
    }
    let progress = post.progress(&Sentence::new("attachment.uploading"), sealed.length);
    for _ in 0..MAX_GOES {
        if state.received > sealed.length {
            return Err(crate::rpc::incomplete("received"));
        }
        let before = state.received;
        state = match post.upload(sealed, before, &store.file(&sealed), &progress).await {
            // Given up or thrown away meanwhile: what is here is sound, and goes out anew.
            Err(refused) if is_begun_anew(&refused) => {
                state = post.upload_state(sealed).await?;
                continue;
            }
            answer => answer?,
        };
        if state.complete {
            crash_point("client.attachment.uploaded");
            return Ok(());
        }
        if state.received <= before {
            break;
        }
    }
    Err(crate::rpc::incomplete("complete"))
}

fn is_begun_anew(refused: &Failure) -> bool {
    let rule = refused.sentence().argument("rule");
    refused.key() == "server.rule" && matches!(rule, Some("offset" | "digest"))
}

/// The refusal of a letter whose attachments the exchange no longer has: they go out again.
pub(super) fn lost_attachments(refused: Failure) -> Failure {
    let rule = refused.sentence().argument("rule");
    if refused.key() == "server.rule" && rule == Some("attachments") {
        return Failure::new("attachment.not-there").because(refused);
    }
    refused
}

fn lock(post: &impl Post) -> Result<Option<FolderLock>, Failure> {
    let folder = post.home().join(UPLOADING);
    create_dir_durable(&folder).map_err(|error| Failure::home_unusable(&folder, error))?;
    match FolderLock::acquire(&folder, Duration::ZERO) {
        Ok(lock) => Ok(Some(lock)),
        Err(LockError::Held { .. }) => Ok(None),
        Err(error @ LockError::Disk(_)) => Err(Failure::home_unusable(&folder, error)),
    }
}

fn uploading_elsewhere() -> Failure {
    Failure::new("attachment.uploading-elsewhere")
}
