use std::sync::Arc;

use tsumugu_proto::v1::{self, ErrorReason};
use tsumugu_trust::hash::Hash;

use crate::exchange::{Caller, Exchange, broken};
use crate::refused::Refused;

/// Hands out a file of a release; to administrators also what was handed in for the next one, so that
/// they can look at it before they sign.
pub(super) async fn fetch_catalogue_file(
    exchange: &Arc<Exchange>,
    caller: Caller,
    request: v1::FetchCatalogueFileRequest,
) -> Result<v1::FetchCatalogueFileResponse, Refused> {
    let digest = <[u8; 32]>::try_from(&request.sha256[..])
        .map(Hash)
        .map_err(|_| Refused::new(ErrorReason::Malformed, "a digest has 32 bytes"))?;
    let reading = exchange.reading(move |exchange| {
        let may_see = match caller {
            Caller::Administrator(_) => true,
            Caller::Terminal(_) => {
                let directory = exchange.reader.published().directory.clone();
                let mut files = directory.catalogues().iter().flat_map(|one| &one.body.files);
                files.any(|file| file.content.digest == digest)
            }
        };
        if !may_see {
            return Err(Refused::not_found());
        }
        let content = exchange.releases.file(digest).map_err(|e| broken(&e))?;
        content.ok_or_else(Refused::not_found)
    });
    let content = reading.await?;
    Ok(v1::FetchCatalogueFileResponse { content: content.into() })
}
