//! The call that gives in pieces.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use tokio::sync::mpsc::{Sender, channel};
use tokio::task::spawn_blocking;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Request;
use tsumugu_durable::crash::crash_point;
use tsumugu_proto::v1;
use tsumugu_proto::v1::upload_attachment_request::Part;

use super::Rpc;
use super::moving::{STANDSTILL, while_moving};
use crate::failure::Failure;
use crate::progress::Progress;

/// Bytes of one piece; the exchange takes up to 1 MiB.
pub const UPLOAD_PIECE: usize = 512 * 1024;

/// How long the answer may take after the last byte moved: the exchange makes all of it durable first.
pub const UPLOAD_ANSWER: Duration = Duration::from_secs(120);

/// Pieces that are read ahead.
const AHEAD: usize = 2;

impl Rpc {
    /// Uploads a sealed attachment from `start.offset` on.
    ///
    /// # Errors
    /// The exchange refuses, or the line stands still for [`STANDSTILL`]; the file cannot be read.
    pub async fn upload_attachment(
        &self,
        start: v1::UploadStart,
        file: &Path,
        progress: &Progress,
    ) -> Result<v1::UploadAttachmentResponse, Failure> {
        let mut client = self.exchange();
        let (pieces, stream) = channel(AHEAD);
        let call = client.upload_attachment(Request::new(ReceiverStream::new(stream)));
        tokio::pin!(call);
        let answer = tokio::select! {
            // The exchange may refuse before it has everything.
            answer = &mut call => answer,
            given = self.give(pieces, start, file, progress) => {
                given?;
                match while_moving(&self.traffic, UPLOAD_ANSWER, call).await {
                    Some(answer) => answer,
                    None => return Err(Failure::new("connection.no-answer")),
                }
            }
        };
        Ok(answer?.into_inner())
    }

    /// Gives the pieces. Where the exchange has ended the call, its answer says why.
    async fn give(
        &self,
        to: Sender<v1::UploadAttachmentRequest>,
        start: v1::UploadStart,
        path: &Path,
        progress: &Progress,
    ) -> Result<(), Failure> {
        let unreadable = |error: std::io::Error| Failure::file_unreadable(path, error);
        let mut file = File::open(path).map_err(unreadable)?;
        file.seek(SeekFrom::Start(start.offset)).map_err(unreadable)?;
        let (mut at, length) = (start.offset, start.length);
        let mut part = Part::Start(start);
        loop {
            let request = v1::UploadAttachmentRequest { part: Some(part) };
            match while_moving(&self.traffic, STANDSTILL, to.send(request)).await {
                Some(Ok(())) => {}
                Some(Err(_closed)) => return Ok(()),
                None => return Err(Failure::new("connection.no-answer")),
            }
            progress.at(at);
            if at >= length {
                return Ok(());
            }
            crash_point("client.attachment.uploading");
            // Beside the connection's work, which is on this thread.
            let read = spawn_blocking(move || {
                let mut piece = Vec::with_capacity(UPLOAD_PIECE);
                let read = (&file).take(UPLOAD_PIECE as u64).read_to_end(&mut piece);
                read.map(|_| (file, piece))
            });
            let read =
                read.await.map_err(|error| Failure::fault("reading a file").because(error))?;
            let (read, piece) = read.map_err(unreadable)?;
            file = read;
            if piece.is_empty() {
                // Shorter than it was: the exchange answers that it is not complete.
                return Ok(());
            }
            at += piece.len() as u64;
            part = Part::Chunk(piece.into());
        }
    }
}
