//! The calls whose answer comes in pieces.

use std::time::Duration;

use tokio::time::timeout;
use tonic::{Request, Streaming};
use tsumugu_proto::v1;

use super::{CALL_TIMEOUT, Rpc};
use crate::failure::Failure;

/// How long the next piece of something that is there already may take: 64 KiB over a line of
/// 64 kbit/s are eight seconds, and others may share it.
pub const FETCH_IDLE: Duration = Duration::from_secs(60);

/// How long a live mailbox may be silent: the exchange sends heartbeats more often than that.
pub const LIVE_IDLE: Duration = Duration::from_secs(120);

/// The pieces of an answer, in order.
#[derive(Debug)]
pub struct Pieces<T> {
    stream: Streaming<T>,
    idle: Duration,
}

impl<T> Pieces<T> {
    /// The next piece; nothing after the last.
    ///
    /// # Errors
    /// The exchange breaks off, or is silent for too long.
    pub async fn next(&mut self) -> Result<Option<T>, Failure> {
        match timeout(self.idle, self.stream.message()).await {
            Ok(piece) => Ok(piece?),
            Err(elapsed) => Err(Failure::new("connection.no-answer").because(elapsed)),
        }
    }
}

/// Defines calls with one request and many answers. No deadline travels with the request: it would
/// end the stream.
macro_rules! streams {
    ($( $(#[$meta:meta])* $service:ident.$name:ident($request:ty) -> $piece:ty, $idle:expr; )*) => {
        impl Rpc {
            $(
                $(#[$meta])*
                ///
                /// # Errors
                /// The exchange refuses, or there is no answer.
                pub async fn $name(&self, request: $request) -> Result<Pieces<$piece>, Failure> {
                    let mut client = self.$service();
                    let call = client.$name(Request::new(request));
                    match timeout(CALL_TIMEOUT, call).await {
                        Ok(answer) => Ok(Pieces { stream: answer?.into_inner(), idle: $idle }),
                        Err(elapsed) => Err(Failure::new("connection.no-answer").because(elapsed)),
                    }
                }
            )*
        }
    };
}
streams! {
    /// The clear leaves from a number on, then the proof of the last.
    directory.sync_directory(v1::SyncDirectoryRequest) -> v1::SyncDirectoryResponse, FETCH_IDLE;
    /// The leaf entries of a range.
    log.list_leaves(v1::ListLeavesRequest) -> v1::ListLeavesResponse, FETCH_IDLE;
    /// The mailbox, then live.
    exchange.subscribe(v1::SubscribeRequest) -> v1::SubscribeResponse, LIVE_IDLE;
    /// A sealed body.
    exchange.fetch(v1::FetchRequest) -> v1::FetchResponse, FETCH_IDLE;
    /// A sealed attachment, from an offset on.
    exchange.fetch_attachment(v1::FetchAttachmentRequest) -> v1::FetchAttachmentResponse, FETCH_IDLE;
}
