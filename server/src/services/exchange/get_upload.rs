use std::sync::Arc;

use tsumugu_durable::attachments::Progress;
use tsumugu_proto::v1;

use super::attachments::{is_named, on_disk, upload};
use crate::exchange::{Exchange, TerminalCaller};
use crate::refused::Refused;

/// How much of the caller's upload there is; of another institution's it says nothing.
pub(super) async fn get_upload(
    exchange: &Arc<Exchange>,
    caller: TerminalCaller,
    request: v1::GetUploadRequest,
) -> Result<v1::GetUploadResponse, Refused> {
    let name = upload(exchange, caller, &request.digest, request.length)?;
    if is_named(exchange, name).await? {
        return Ok(v1::GetUploadResponse { received: name.length, complete: true });
    }
    let now = exchange.now().0;
    let progress = on_disk(exchange, move |store| store.progress(name, now)).await?;
    let Progress { received, complete } = progress;
    Ok(v1::GetUploadResponse { received, complete })
}
