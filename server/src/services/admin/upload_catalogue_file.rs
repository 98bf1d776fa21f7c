use std::collections::BTreeSet;
use std::sync::Arc;

use tsumugu_proto::v1::{self, ErrorReason};
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::statement::{AnyBody, CatalogueRelease, Statement};

use crate::exchange::{Exchange, broken};
use crate::refused::Refused;
use crate::releases::MAX_CATALOGUE_FILE;

/// Keeps a file for the next release. What it says is for the administrators' programs to check.
pub(super) async fn upload_catalogue_file(
    exchange: &Arc<Exchange>,
    request: v1::UploadCatalogueFileRequest,
) -> Result<v1::UploadCatalogueFileResponse, Refused> {
    let content = request.content;
    if content.len() > MAX_CATALOGUE_FILE {
        return Err(Refused::limit("catalogue_file_bytes", MAX_CATALOGUE_FILE));
    }
    if content.is_empty() || sha256(&[&content]).0[..] != request.sha256[..] {
        return Err(Refused::new(
            ErrorReason::Malformed,
            "a file is not empty, and has its digest",
        ));
    }
    exchange.space.check()?;
    let _one = exchange.pending.lock().await;
    let writing = exchange.reading(move |exchange| {
        let kept = named(exchange)?;
        exchange.releases.make_room(&kept).map_err(|e| broken(&e))?;
        exchange.releases.put(&content).map_err(|e| broken(&e))
    });
    writing.await.map(|()| v1::UploadCatalogueFileResponse {})
}

/// The files of every release, and of those that wait for signatures.
fn named(exchange: &Exchange) -> Result<BTreeSet<Hash>, Refused> {
    let digests = |release: &CatalogueRelease| -> Vec<Hash> {
        release.files.iter().map(|file| file.content.digest).collect()
    };
    let directory = exchange.reader.published().directory.clone();
    let mut named: BTreeSet<Hash> =
        directory.catalogues().iter().flat_map(|release| digests(&release.body)).collect();
    for note in exchange.pending.proposals().map_err(|e| broken(&e))? {
        if let Ok(Statement { body: AnyBody::CatalogueRelease(waiting), .. }) =
            Statement::parse(&note)
        {
            named.extend(digests(&waiting));
        }
    }
    Ok(named)
}
