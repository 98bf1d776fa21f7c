//! Taking in what the administrators released: after the chain is proved, from the exchange, by digest.

use tsumugu_proto::v1;
use tsumugu_trust::statement::{CatalogueFile, CatalogueRelease};

use super::store::is_content;
use super::{Catalogues, Store};
use crate::failure::Failure;
use crate::rpc::Rpc;

/// Fetches a file that a release names.
///
/// # Errors
/// The exchange does not have it, or is not reached; `catalogue.spoilt-file` where what it gives is
/// another one.
pub(crate) async fn file(
    rpc: &Rpc,
    store: &Store,
    release: u64,
    file: &CatalogueFile,
) -> Result<Vec<u8>, Failure> {
    if let Some(bytes) = store.file(&file.content) {
        return Ok(bytes);
    }
    let sha256 = file.content.digest.0.to_vec().into();
    let answer = rpc.fetch_catalogue_file(v1::FetchCatalogueFileRequest { sha256 }).await?;
    if is_content(&file.content, &answer.content) {
        Ok(answer.content.into())
    } else {
        let failure = Failure::new("catalogue.spoilt-file").with("release", release);
        Err(failure.with("file", &file.name))
    }
}

/// Brings every release here that is not wholly here. A crash leaves files that the next
/// synchronisation finds.
///
/// # Errors
/// As [`file`], the first one: the newest release is asked for first.
pub(crate) async fn take_in(
    rpc: &Rpc,
    store: &Store,
    releases: &[CatalogueRelease],
) -> Result<(), Failure> {
    let mut first = Ok(());
    for release in releases.iter().rev().filter(|release| !store.has(release)) {
        let brought = bring(rpc, store, release).await;
        first = first.and(brought);
    }
    first
}

async fn bring(rpc: &Rpc, store: &Store, release: &CatalogueRelease) -> Result<(), Failure> {
    for one in &release.files {
        let bytes = file(rpc, store, release.version, one).await?;
        store.put(&bytes)?;
    }
    Ok(())
}

impl crate::session::Session<'_> {
    /// Takes in the releases of the catalogue that the chain names. What does not come is said once,
    /// and asked for again with the next synchronisation; the release before stays in use meanwhile.
    pub(crate) async fn take_in_releases(&mut self) {
        let releases: Vec<CatalogueRelease> =
            self.directory().catalogues().iter().map(|entry| entry.body.clone()).collect();
        if releases.is_empty() || self.releases_here() == releases.len() {
            return;
        }
        let store = Store::of(self.ctx().home());
        let taken = match self.connect().await {
            Ok(rpc) => take_in(&rpc, &store, &releases).await,
            Err(failure) => Err(failure),
        };
        let listed = store.list(&releases);
        match taken.and(listed) {
            Ok(()) => self.set_releases_here(releases.len()),
            Err(failure) => self.warn_once(failure.key().to_owned(), failure.sentence()),
        }
        let known = Catalogues::of(self.ctx().home(), self.directory().catalogues());
        let newest = releases.last().map(|release| release.version);
        if self.releases_here() == releases.len() && known.newest().release != newest {
            let said = crate::messages::Sentence::new("catalogue.newer-than-program");
            self.warn_once("catalogue.newer-than-program".to_owned(), &said);
        }
        self.ctx().use_catalogues(known);
    }
}
