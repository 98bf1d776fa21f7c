//! Uploading the attachments of letters that wait, before the letters go out.
//!
//! Outside of the outbox's turn: a file of 200 MiB on a slow line keeps no urgent notice back. What the
//! exchange has it keeps, also after a crash of either side, and is asked first: nothing that it has goes
//! out again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;

use tokio::task::spawn_blocking;
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
use crate::post::{Carrier, Post};
use crate::progress::Progress;

/// The folder below the home folder whose lock one uploader at a time holds.
const UPLOADING: &str = "upload";

/// How often one flush goes on with an attachment that came only in part without an error.
const MAX_GOES: u32 = 16;

/// What became of the attachments of some entries.
#[derive(Debug)]
pub(crate) struct Uploaded {
    /// The entries.
    pub(crate) tried: BTreeSet<Id>,
    /// Those whose attachments are not all there, with why.
    ///
    /// # Errors
    /// What ends the whole command.
    pub(super) failed: Result<BTreeMap<Id, Failure>, Failure>,
}

/// An upload that goes on beside everything else while it is asked for; given up at any point, what the
/// exchange has stays there.
pub(crate) type Upload = Pin<Box<dyn Future<Output = Uploaded>>>;

/// Uploads what `entries` name, in their order, with a bar for each. Gives the entries whose attachments
/// are not all there, with why.
///
/// # Errors
/// What ends the whole command.
pub(super) async fn upload_all(
    post: &mut impl Post,
    entries: Vec<Entry>,
) -> Result<BTreeMap<Id, Failure>, Failure> {
    let carrier = match post.carrier().await {
        Err(failure) if verdict(&failure) == Verdict::Stop => return Err(failure),
        Err(failure) => return Ok(all_failed(&entries, || failure.repeated())),
        Ok(carrier) => carrier,
    };
    let said = Sentence::new("attachment.uploading");
    let mut uploader = Uploader {
        carrier,
        store: Store::of(post.vault()),
        home: post.home().to_owned(),
        bar: |length| post.progress(&said, length),
    };
    uploader.all(&entries).await
}

/// Begins to upload what `entries` name, unattended.
///
/// # Errors
/// The exchange is not reached.
pub(super) async fn upload_beside(
    post: &mut impl Post,
    entries: Vec<Entry>,
) -> Result<Upload, Failure> {
    let mut uploader = Uploader {
        carrier: post.carrier().await?,
        store: Store::of(post.vault()),
        home: post.home().to_owned(),
        bar: |_| Progress::default(),
    };
    let tried = entries.iter().map(|entry| entry.id).collect();
    Ok(Box::pin(async move { Uploaded { tried, failed: uploader.all(&entries).await } }))
}

/// Whether all attachments of an entry are at the exchange.
///
/// # Errors
/// `attachment.uploading-elsewhere`; the exchange is not reached.
pub(super) async fn all_there(post: &mut impl Post, entry: &Entry) -> Result<(), Failure> {
    if entry.attachments().is_empty() {
        return Ok(());
    }
    let mut carrier = post.carrier().await?;
    for sealed in entry.attachments() {
        if !carrier.upload_state(sealed).await?.complete {
            return Err(uploading_elsewhere());
        }
    }
    Ok(())
}

struct Uploader<C, B> {
    carrier: C,
    store: Store,
    home: PathBuf,
    /// Makes a bar of a length.
    bar: B,
}

impl<C: Carrier, B: Fn(u64) -> Progress> Uploader<C, B> {
    async fn all(&mut self, entries: &[Entry]) -> Result<BTreeMap<Id, Failure>, Failure> {
        let mut failed: BTreeMap<Id, Failure> = BTreeMap::new();
        let Some(_lock) = lock(&self.home)? else {
            return Ok(all_failed(entries, uploading_elsewhere));
        };
        let mut out_of_reach: Option<Failure> = None;
        for entry in entries {
            if let Some(why) = &out_of_reach {
                failed.insert(entry.id, why.repeated());
                continue;
            }
            for sealed in entry.attachments() {
                let Err(failure) = self.patiently(entry.id, sealed).await else { continue };
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

    /// Uploads an attachment; where the exchange asks to wait for a moment, after that moment.
    async fn patiently(&mut self, entry: Id, sealed: BytesRef) -> Result<(), Failure> {
        let mut waits = 0;
        loop {
            let failure = match self.one(entry, sealed).await {
                Err(failure) if waits < MAX_WAITS => failure,
                said => return said,
            };
            match failure.retry_after().filter(|wait| *wait <= SHORT_WAIT) {
                Some(wait) if verdict(&failure) == Verdict::Wait => self.carrier.pause(wait).await,
                _ => return Err(failure),
            }
            waits += 1;
        }
    }

    async fn one(&mut self, entry: Id, sealed: BytesRef) -> Result<(), Failure> {
        let mut state = self.carrier.upload_state(sealed).await?;
        if state.complete {
            return Ok(());
        }
        // What the disk spoiled would be refused only after it went out whole.
        if !self.is_sound(sealed).await? {
            return Err(damaged(entry));
        }
        let progress = (self.bar)(sealed.length);
        let file = self.store.file(&sealed);
        for _ in 0..MAX_GOES {
            if state.received > sealed.length {
                return Err(crate::rpc::incomplete("received"));
            }
            let before = state.received;
            state = match self.carrier.upload(sealed, before, &file, &progress).await {
                // Given up or thrown away meanwhile: what is here is sound, and goes out anew.
                Err(refused) if is_begun_anew(&refused) => {
                    state = self.carrier.upload_state(sealed).await?;
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

    /// Beside the connection's work: reading 200 MiB takes a while.
    async fn is_sound(&self, sealed: BytesRef) -> Result<bool, Failure> {
        let store = self.store.clone();
        let read = spawn_blocking(move || store.is_sound(&sealed)).await;
        read.map_err(|error| Failure::fault("reading a file").because(error))?
    }
}

fn all_failed(entries: &[Entry], why: impl Fn() -> Failure) -> BTreeMap<Id, Failure> {
    entries.iter().map(|entry| (entry.id, why())).collect()
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

fn lock(home: &Path) -> Result<Option<FolderLock>, Failure> {
    let folder = home.join(UPLOADING);
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
