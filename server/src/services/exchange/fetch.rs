use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tsumugu_durable::bodies::BodyPieces;
use tsumugu_proto::v1::{self, ErrorReason, fetch_response::Part};
use tsumugu_trust::value::Id;

use crate::exchange::{Exchange, TerminalCaller, broken};
use crate::refused::Refused;
use crate::sequencer::{Command, Done, Outcome};
use crate::services::text_id;

/// Bytes of a body in one message.
const CHUNK: usize = 64 * 1024;

/// Messages that wait for a slow reader: what he makes us hold is this and one more.
const AHEAD: usize = 1;

type Piece = Result<v1::FetchResponse, Status>;

/// Hands out a body. The command returns after "fetched" is committed; only then the body is read,
/// and each piece only when the one before it is on its way.
pub(super) async fn fetch(
    exchange: &Arc<Exchange>,
    caller: TerminalCaller,
    request: v1::FetchRequest,
) -> Result<ReceiverStream<Piece>, Refused> {
    let (from, id) = (text_id(&request.from)?, text_id(&request.id)?);
    let command =
        Command::Fetch { institution: caller.institution(), terminal: caller.terminal(), from, id };
    let Done { outcome, published } = exchange.sequencer.submit(command).await?;
    let Outcome::Body { fetched, location } = outcome else {
        return Err(broken(&"leaves where a body was asked for"));
    };
    let receipt = fetched.map(|leaf| exchange.receipt(&leaf, &published, true)).transpose()?;
    let pieces = exchange.reader.body_pieces(&location)?;
    // What cannot be read at all is a refusal, not a stream that breaks off.
    let (pieces, first) =
        next(exchange, pieces).await.map_err(|refused| or_gone(exchange, from, id, refused))?;
    let (to, stream) = mpsc::channel(AHEAD);
    let exchange = Arc::clone(exchange);
    tokio::spawn(async move {
        if let Some(receipt) = receipt
            && to.send(Ok(response(Part::Receipt(receipt)))).await.is_err()
        {
            return;
        }
        if let Err(refused) = send_pieces(&exchange, pieces, first, &to).await {
            let refused = or_gone(&exchange, from, id, refused);
            drop(to.send(Err(refused.into())).await);
        }
    });
    Ok(ReceiverStream::new(stream))
}

async fn send_pieces(
    exchange: &Arc<Exchange>,
    mut pieces: BodyPieces,
    mut piece: Option<Vec<u8>>,
    to: &mpsc::Sender<Piece>,
) -> Result<(), Refused> {
    while let Some(chunk) = piece {
        // The place is taken before the next piece is read, so that none is held for a slow reader.
        let Ok(place) = to.reserve().await else { return Ok(()) };
        place.send(Ok(response(Part::Chunk(chunk.into()))));
        (pieces, piece) = next(exchange, pieces).await?;
    }
    Ok(())
}

async fn next(
    exchange: &Arc<Exchange>,
    mut pieces: BodyPieces,
) -> Result<(BodyPieces, Option<Vec<u8>>), Refused> {
    let read = exchange.reading(move |_| {
        let piece = pieces.next(CHUNK).map_err(|error| broken(&error))?;
        Ok((pieces, piece))
    });
    read.await
}

/// What cannot be read because it was destroyed between the command and the read is gone.
fn or_gone(exchange: &Exchange, from: Id, id: Id, refused: Refused) -> Refused {
    match exchange.reader.message(from, id) {
        Ok(Some(row)) if row.body.is_empty() => {
            Refused::new(ErrorReason::BodyGone, "the exchange's copy was destroyed")
        }
        _ => refused,
    }
}

fn response(part: Part) -> v1::FetchResponse {
    v1::FetchResponse { part: Some(part) }
}
