use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tsumugu_proto::v1::{self, sync_directory_response::Part};

use crate::exchange::Exchange;
use crate::refused::Refused;

/// Clear leaves in one message: at most 1 MiB of statements.
const AT_ONCE: usize = 64;

type Piece = Result<v1::SyncDirectoryResponse, Status>;

/// Sends the chain from a number on, then the proof of its last leaf.
pub(super) fn sync_directory(
    exchange: Arc<Exchange>,
    request: v1::SyncDirectoryRequest,
) -> ReceiverStream<Piece> {
    let (to, stream) = mpsc::channel(1);
    tokio::spawn(async move {
        if let Err(refused) = send_chain(&exchange, request.start_number, &to).await {
            // The client may have gone.
            drop(to.send(Err(refused.into())).await);
        }
    });
    ReceiverStream::new(stream)
}

async fn send_chain(
    exchange: &Exchange,
    start: u64,
    to: &mpsc::Sender<Piece>,
) -> Result<(), Refused> {
    let published = exchange.reader.published();
    let mut next = start;
    loop {
        let rows = exchange.reader.clear_leaves(next, &published, AT_ONCE);
        if rows.is_empty() {
            break;
        }
        next += rows.len() as u64;
        let leaves = rows
            .into_iter()
            .map(|row| v1::ClearLeaf { index: row.index, entry: row.entry.into() })
            .collect();
        let part = Part::Leaves(v1::ClearLeaves { leaves });
        if to.send(Ok(v1::SyncDirectoryResponse { part: Some(part) })).await.is_err() {
            return Ok(());
        }
    }
    let last = published.clear.checked_sub(1).ok_or_else(|| {
        Refused::new(v1::ErrorReason::NotBootstrapped, "the log has no entry yet")
    })?;
    let row =
        exchange.reader.clear_leaves(last, &published, 1).pop().ok_or_else(Refused::not_found)?;
    let leaf = exchange.reader.leaf_info(row.index)?.ok_or_else(Refused::not_found)?;
    let head = exchange.receipt(&leaf, &published, false)?;
    drop(to.send(Ok(v1::SyncDirectoryResponse { part: Some(Part::Head(head)) })).await);
    Ok(())
}
