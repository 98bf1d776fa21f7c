use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tsumugu_proto::v1;

use crate::exchange::Exchange;
use crate::refused::Refused;

/// Entries in one message.
const AT_ONCE: u64 = 64;

type Piece = Result<v1::ListLeavesResponse, Status>;

/// Sends leaf entries; private ones are digests, so anyone may read all.
pub(super) fn list_leaves(
    exchange: Arc<Exchange>,
    request: v1::ListLeavesRequest,
) -> ReceiverStream<Piece> {
    let (to, stream) = mpsc::channel(1);
    tokio::spawn(async move {
        let end = request.end.min(exchange.reader.published().size);
        let mut start = request.start;
        while start < end {
            let until = end.min(start + AT_ONCE);
            let read = exchange.reading(move |exchange| {
                let entry = |index| Ok(exchange.reader.entry(index)?.unwrap_or_default().into());
                (start..until).map(entry).collect::<Result<Vec<_>, Refused>>()
            });
            let piece = match read.await {
                Ok(entries) => Ok(v1::ListLeavesResponse { start, entries }),
                Err(refused) => Err(refused.into()),
            };
            let failed = piece.is_err();
            if to.send(piece).await.is_err() || failed {
                return;
            }
            start = until;
        }
    });
    ReceiverStream::new(stream)
}
