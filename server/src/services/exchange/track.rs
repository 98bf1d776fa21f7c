use std::sync::Arc;

use tsumugu_proto::v1;

use super::{event, is_party};
use crate::exchange::{Exchange, TerminalCaller};
use crate::refused::Refused;
use crate::services::text_id;

/// Everything that the log has on one message, for its sender and its recipient.
pub(super) async fn track(
    exchange: &Arc<Exchange>,
    caller: TerminalCaller,
    request: v1::TrackRequest,
) -> Result<v1::TrackResponse, Refused> {
    let (from, id) = (text_id(&request.from)?, text_id(&request.id)?);
    let found = exchange.reading(move |exchange| {
        let row = exchange
            .reader
            .message(from, id)?
            .filter(|row| is_party(caller, from, row))
            .ok_or_else(Refused::not_found)?;
        let published = exchange.reader.published();
        let mut indexes: Vec<u64> = row.events.iter().map(|event| event.index).collect();
        indexes.extend((row.destroyed > 0).then_some(row.destroyed));
        indexes.sort_unstable();
        indexes.dedup();
        indexes.retain(|index| *index < published.size);
        let records = indexes
            .into_iter()
            .map(|index| event(exchange, &published, 0, index))
            .collect::<Result<_, _>>()?;
        Ok(v1::TrackResponse { records })
    });
    found.await
}
