use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tsumugu_proto::v1;

use crate::exchange::{Exchange, broken};

/// Entries in one message.
const AT_ONCE: u64 = 64;

type Piece = Result<v1::ListLeavesResponse, Status>;

/// Sends leaf entries; private ones are digests, so anyone may read all.
pub(super) fn list_leaves(
    exchange: Arc<Exchange>,
    request: v1::ListLeavesRequest,
) -> ReceiverStream<Piece> {
    let (to, stream) = mpsc::channel(4);
    tokio::spawn(async move {
        let end = request.end.min(exchange.reader.published().size);
        let mut start = request.start;
        while start < end {
            let until = end.min(start + AT_ONCE);
            let entries = (start..until)
                .map(|index| exchange.reader.entry(index).map(Option::unwrap_or_default));
            let piece = match entries.collect::<Result<Vec<_>, _>>() {
                Ok(entries) => Ok(v1::ListLeavesResponse {
                    start,
                    entries: entries.into_iter().map(Into::into).collect(),
                }),
                Err(error) => Err(broken(&error).into()),
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
