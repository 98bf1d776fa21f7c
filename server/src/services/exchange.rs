//! ExchangeService: sealed letters.

mod attachments;
mod dispose;
mod fetch;
mod fetch_attachment;
mod get_upload;
mod opened;
mod record_off_system;
mod send;
mod subscribe;
mod track;
mod upload_attachment;

use std::sync::Arc;

use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use tsumugu_proto::v1;
use tsumugu_proto::v1::exchange_service_server::ExchangeService;

use super::{Answer, answer};
use crate::exchange::{Exchange, TerminalCaller};
use crate::ledger::Published;
use crate::refused::Refused;

/// The service.
#[derive(Debug, Clone)]
pub struct Letters(pub Arc<Exchange>);

#[tonic::async_trait]
impl ExchangeService for Letters {
    type SubscribeStream = ReceiverStream<Result<v1::SubscribeResponse, Status>>;
    type FetchStream = ReceiverStream<Result<v1::FetchResponse, Status>>;
    type FetchAttachmentStream = ReceiverStream<Result<v1::FetchAttachmentResponse, Status>>;

    async fn send(&self, request: Request<v1::SendRequest>) -> Answer<v1::SendResponse> {
        let caller = self.0.signer(&request)?;
        answer(send::send(&self.0, caller, request.into_inner()).await)
    }
    async fn subscribe(
        &self,
        request: Request<v1::SubscribeRequest>,
    ) -> Answer<Self::SubscribeStream> {
        let guest = self.0.guest(&request)?;
        let request = request.into_inner();
        Ok(Response::new(subscribe::subscribe(self.0.clone(), guest, request)?))
    }
    async fn fetch(&self, request: Request<v1::FetchRequest>) -> Answer<Self::FetchStream> {
        let caller = self.0.terminal(&request)?;
        Ok(Response::new(fetch::fetch(&self.0, caller, request.into_inner()).await?))
    }
    async fn opened(&self, request: Request<v1::OpenedRequest>) -> Answer<v1::OpenedResponse> {
        let caller = self.0.signer(&request)?;
        answer(opened::opened(&self.0, caller, request.into_inner()).await)
    }
    async fn dispose(&self, request: Request<v1::DisposeRequest>) -> Answer<v1::DisposeResponse> {
        let caller = self.0.signer(&request)?;
        answer(dispose::dispose(&self.0, caller, request.into_inner()).await)
    }
    async fn record_off_system(
        &self,
        request: Request<v1::RecordOffSystemRequest>,
    ) -> Answer<v1::RecordOffSystemResponse> {
        let caller = self.0.signer(&request)?;
        let request = request.into_inner();
        answer(record_off_system::record_off_system(&self.0, caller, request).await)
    }
    async fn track(&self, request: Request<v1::TrackRequest>) -> Answer<v1::TrackResponse> {
        let caller = self.0.terminal(&request)?;
        answer(track::track(&self.0, caller, request.into_inner()).await)
    }
    async fn upload_attachment(
        &self,
        request: Request<tonic::Streaming<v1::UploadAttachmentRequest>>,
    ) -> Answer<v1::UploadAttachmentResponse> {
        let guest = self.0.guest(&request)?;
        let pieces = request.into_inner();
        answer(upload_attachment::upload_attachment(&self.0, &guest, pieces).await)
    }
    async fn get_upload(
        &self,
        request: Request<v1::GetUploadRequest>,
    ) -> Answer<v1::GetUploadResponse> {
        let caller = self.0.terminal(&request)?;
        answer(get_upload::get_upload(&self.0, caller, request.into_inner()).await)
    }
    async fn fetch_attachment(
        &self,
        request: Request<v1::FetchAttachmentRequest>,
    ) -> Answer<Self::FetchAttachmentStream> {
        let guest = self.0.guest(&request)?;
        let request = request.into_inner();
        Ok(Response::new(fetch_attachment::fetch_attachment(&self.0, guest, request).await?))
    }
}

/// A record as an event of a mailbox.
fn event(
    exchange: &Exchange,
    published: &Published,
    number: u64,
    index: u64,
) -> Result<v1::MailboxEvent, Refused> {
    let leaf = exchange.reader.leaf_info(index)?.ok_or_else(Refused::not_found)?;
    let receipt = exchange.receipt(&leaf, published, true)?;
    Ok(v1::MailboxEvent { number, receipt: Some(receipt), detail: leaf.detail.into() })
}

/// Whether a message is the caller's: as sender or recipient.
fn is_party(
    caller: TerminalCaller,
    from: tsumugu_trust::value::Id,
    row: &crate::ledger::MessageRow,
) -> bool {
    caller.institution() == from || row.recipient() == Some(caller.institution())
}
