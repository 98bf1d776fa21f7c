//! The real exchange.

use std::path::Path;
use std::time::Duration;

use tsumugu_proto::v1;
use tsumugu_proto::v1::fetch_response::Part as Piece;
use tsumugu_proto::v1::subscribe_response::Part as Event;
use tsumugu_trust::checkpoint::VerifiedCheckpoint;
use tsumugu_trust::directory::ClearChain;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::receipt::VerifiedReceipt;
use tsumugu_trust::statement::BytesRef;
use tsumugu_trust::value::{Id, Time};

use super::{Carrier, FetchedBody, MAX_EVENTS, Post, UploadState, Watching};
use crate::failure::Failure;
use crate::identity::TerminalKeys;
use crate::letters::Randomness;
use crate::messages::Sentence;
use crate::progress::Progress;
use crate::rpc::{Pieces, Rpc, incomplete};
use crate::session::Session;
use crate::vault::Vault;
use crate::workers;

impl Watching for Pieces<v1::SubscribeResponse> {
    async fn next(&mut self) -> Result<Option<v1::SubscribeResponse>, Failure> {
        Pieces::next(self).await
    }
}

impl Carrier for Rpc {
    async fn upload_state(&mut self, sealed: BytesRef) -> Result<UploadState, Failure> {
        let digest = sealed.digest.0.to_vec().into();
        let request = v1::GetUploadRequest { digest, length: sealed.length };
        let known = self.get_upload(request).await?;
        Ok(UploadState { received: known.received, complete: known.complete })
    }

    async fn upload(
        &mut self,
        sealed: BytesRef,
        offset: u64,
        file: &Path,
        progress: &Progress,
    ) -> Result<UploadState, Failure> {
        let digest = sealed.digest.0.to_vec().into();
        let start = v1::UploadStart { digest, length: sealed.length, offset };
        let known = self.upload_attachment(start, file, progress).await?;
        Ok(UploadState { received: known.received, complete: known.complete })
    }

    async fn pause(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }
}

impl Post for Session<'_> {
    type Watching = Pieces<v1::SubscribeResponse>;
    type Carrier = Rpc;

    fn home(&self) -> &Path {
        self.ctx().home()
    }

    fn vault(&self) -> &Vault {
        Session::vault(self)
    }

    fn keys(&self) -> Result<&TerminalKeys, Failure> {
        self.identity().terminal()
    }

    fn chain(&self) -> &ClearChain {
        Session::chain(self).chain()
    }

    fn checkpoint(&self) -> Option<&[u8]> {
        Session::checkpoint(self).map(|known| known.note_bytes())
    }

    fn now(&self) -> Time {
        self.ctx().now()
    }

    fn with_random<R>(&self, use_it: impl FnOnce(&mut dyn Randomness) -> R) -> R {
        self.ctx().with_random(use_it)
    }

    fn note(&self, sentence: &Sentence) {
        self.ctx().note(sentence);
    }

    fn forget_worker(&mut self, worker: Id, index: u64) -> Result<(), Failure> {
        workers::forget(self, worker, index)
    }

    fn keep_alarm(&self, failure: Failure) -> Failure {
        match Session::keep_alarm::<()>(self, Err(failure)) {
            Err(kept) => kept,
            Ok(()) => Failure::fault("an alarm was lost"),
        }
    }

    fn progress(&self, what: &Sentence, length: u64) -> Progress {
        self.ctx().progress(what, length)
    }

    async fn pause(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }

    async fn sync(&mut self) -> Result<(), Failure> {
        Session::sync(self).await.map(|_| ())
    }

    async fn verify(
        &mut self,
        receipt: &v1::Receipt,
        known: Option<&[u8]>,
    ) -> Result<VerifiedReceipt, Failure> {
        self.verify_receipt(receipt, known).await
    }

    async fn compare(&mut self, checkpoint: VerifiedCheckpoint) -> Result<(), Failure> {
        let compared = self.accept(checkpoint).await;
        Session::keep_alarm(self, compared)
    }

    async fn send(&mut self, request: v1::SendRequest) -> Result<v1::SendResponse, Failure> {
        // A letter may be sealed to a key whose removal is hidden.
        self.fresh().await?;
        self.connect().await?.send(request).await
    }

    async fn opened(&mut self, request: v1::OpenedRequest) -> Result<v1::OpenedResponse, Failure> {
        self.connect().await?.opened(request).await
    }

    async fn dispose(
        &mut self,
        request: v1::DisposeRequest,
    ) -> Result<v1::DisposeResponse, Failure> {
        self.connect().await?.dispose(request).await
    }

    async fn record_off_system(
        &mut self,
        request: v1::RecordOffSystemRequest,
    ) -> Result<v1::RecordOffSystemResponse, Failure> {
        self.connect().await?.record_off_system(request).await
    }

    async fn events(&mut self, start: u64) -> Result<Vec<v1::MailboxEvent>, Failure> {
        let request = v1::SubscribeRequest { start, stop_at_end: true };
        let mut pieces = self.connect().await?.subscribe(request).await?;
        let mut events = Vec::new();
        while let Some(piece) = pieces.next().await? {
            if let Some(Event::Events(more)) = piece.part {
                events.extend(more.events);
            }
            // The rest comes with the next question; the stream is dropped here.
            if events.len() >= MAX_EVENTS {
                break;
            }
        }
        Ok(events)
    }

    async fn watch(&mut self, start: u64) -> Result<Self::Watching, Failure> {
        let request = v1::SubscribeRequest { start, stop_at_end: false };
        self.connect().await?.subscribe(request).await
    }

    fn disconnect(&mut self) {
        Session::disconnect(self);
    }

    fn refresh(&mut self) -> Result<(), Failure> {
        Session::refresh(self)
    }

    async fn fetch(&mut self, from: Id, id: Id, limit: usize) -> Result<FetchedBody, Failure> {
        let request = v1::FetchRequest { from: from.to_string(), id: id.to_string() };
        let mut pieces = self.connect().await?.fetch(request).await?;
        let mut fetched = FetchedBody { receipt: None, body: Vec::new() };
        while let Some(piece) = pieces.next().await? {
            match piece.part {
                Some(Piece::Receipt(receipt)) if fetched.body.is_empty() => {
                    fetched.receipt = Some(receipt);
                }
                Some(Piece::Chunk(chunk)) if fetched.body.len() + chunk.len() <= limit => {
                    fetched.body.extend(&chunk);
                }
                _ => return Err(incomplete("body")),
            }
        }
        Ok(fetched)
    }

    async fn carrier(&mut self) -> Result<Rpc, Failure> {
        self.connect().await
    }

    async fn fetch_attachment(
        &mut self,
        (from, id): (Id, Id),
        digest: Hash,
        offset: u64,
        take: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let (from, id, digest) = (from.to_string(), id.to_string(), digest.0.to_vec().into());
        let request = v1::FetchAttachmentRequest { from, id, digest, offset };
        let mut pieces = self.connect().await?.fetch_attachment(request).await?;
        while let Some(piece) = pieces.next().await? {
            take(&piece.chunk)?;
        }
        Ok(())
    }

    async fn track(&mut self, from: Id, id: Id) -> Result<v1::TrackResponse, Failure> {
        let request = v1::TrackRequest { from: from.to_string(), id: id.to_string() };
        self.connect().await?.track(request).await
    }
}
