use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tsumugu_proto::v1::{self, fetch_response::Part};

use crate::exchange::{Exchange, TerminalCaller, broken};
use crate::refused::Refused;
use crate::sequencer::{Command, Done, Outcome};
use crate::services::text_id;

/// Bytes of a body in one message.
const CHUNK: usize = 64 * 1024;

type Piece = Result<v1::FetchResponse, Status>;

/// Hands out a body. The command returns after "fetched" is committed; only then the body is read.
pub(super) async fn fetch(
    exchange: &Exchange,
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
    let mut pieces = Vec::new();
    if let Some(leaf) = fetched {
        pieces.push(Part::Receipt(exchange.receipt(&leaf, &published, true)?));
    }
    let body = exchange.reader.body(&location)?;
    pieces.extend(body.chunks(CHUNK).map(|chunk| Part::Chunk(chunk.to_vec().into())));
    let (to, stream) = mpsc::channel(4);
    tokio::spawn(async move {
        for part in pieces {
            if to.send(Ok(v1::FetchResponse { part: Some(part) })).await.is_err() {
                return;
            }
        }
    });
    Ok(ReceiverStream::new(stream))
}
