use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tsumugu_durable::attachments::UploadName;
use tsumugu_proto::v1::{self, ErrorReason};

use super::attachments::{digest, on_disk};
use super::is_party;
use crate::exchange::{Exchange, Guest, TerminalCaller, broken};
use crate::ledger::upload_name;
use crate::refused::Refused;
use crate::services::text_id;

/// Bytes of an attachment in one message.
const CHUNK: usize = 256 * 1024;
/// Messages that wait for a slow reader.
const WAITING: usize = 1;

type Piece = Result<v1::FetchAttachmentResponse, Status>;

/// Hands out an attachment from an offset on. To the recipient only after "fetched" is in the log:
/// it takes the body first.
pub(super) async fn fetch_attachment(
    exchange: &Arc<Exchange>,
    guest: Guest,
    request: v1::FetchAttachmentRequest,
) -> Result<ReceiverStream<Piece>, Refused> {
    let caller = guest.caller();
    let asked = request.clone();
    let name = exchange.reading(move |exchange| asked_for(exchange, caller, &asked)).await?;
    let offset = request.offset;
    if offset > name.length {
        return Err(
            Refused::new(ErrorReason::Rule, "the attachment is not so long").with("rule", "offset")
        );
    }
    let (to, stream) = mpsc::channel(WAITING);
    let exchange = Arc::clone(exchange);
    tokio::spawn(async move {
        if let Err(mut refused) = send_pieces(&exchange, &guest, name, offset, &to).await {
            // A file that is gone although the log does not say so is the operator's matter.
            let is_gone = refused.reason == ErrorReason::BodyGone;
            if is_gone && asked_for(&exchange, caller, &request).is_ok() {
                refused = broken(&"an attachment that a letter names is missing");
            }
            drop(to.send(Err(refused.into())).await);
        }
    });
    Ok(ReceiverStream::new(stream))
}

fn asked_for(
    exchange: &Exchange,
    caller: TerminalCaller,
    request: &v1::FetchAttachmentRequest,
) -> Result<UploadName, Refused> {
    let (from, id) = (text_id(&request.from)?, text_id(&request.id)?);
    let digest = digest(&request.digest)?;
    let row = exchange
        .reader
        .message(from, id)?
        .filter(|row| is_party(caller, from, row))
        .ok_or_else(Refused::not_found)?;
    let named = row.attachments().into_iter().find(|named| named.digest == digest);
    let named = named.ok_or_else(Refused::not_found)?;
    if row.body.is_empty() {
        return Err(Refused::new(ErrorReason::BodyGone, "the exchange's copy was destroyed"));
    }
    if caller.institution() != from && row.state().fetched_at().is_none() {
        return Err(Refused::new(
            ErrorReason::Rule,
            "the body comes first: it was not fetched yet",
        )
        .with("rule", "fetched"));
    }
    Ok(upload_name(from, &named))
}

/// One piece is read when the one before it was taken, and its file is closed again: a slow reader
/// holds two pieces in memory and no file, and a destroyed attachment ends at the next piece.
async fn send_pieces(
    exchange: &Arc<Exchange>,
    guest: &Guest,
    name: UploadName,
    mut offset: u64,
    to: &mpsc::Sender<Piece>,
) -> Result<(), Refused> {
    while offset < name.length {
        let Ok(place) = to.reserve().await else { return Ok(()) };
        exchange.still(guest)?;
        let chunk = on_disk(exchange, move |store| store.read(name, offset, CHUNK)).await?;
        offset += chunk.len() as u64;
        place.send(Ok(v1::FetchAttachmentResponse { chunk: chunk.into() }));
    }
    Ok(())
}
