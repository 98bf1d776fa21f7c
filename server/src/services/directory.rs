//! DirectoryService: the clear chain, and what institutions say about themselves.

mod fetch_catalogue_file;
mod publish_statement;
mod sync_directory;

use std::sync::Arc;

use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use tsumugu_proto::v1;
use tsumugu_proto::v1::directory_service_server::DirectoryService;

use super::{Answer, answer};
use crate::exchange::Exchange;

/// The service.
#[derive(Debug, Clone)]
pub struct Directory(pub Arc<Exchange>);

#[tonic::async_trait]
impl DirectoryService for Directory {
    type SyncDirectoryStream = ReceiverStream<Result<v1::SyncDirectoryResponse, Status>>;

    async fn sync_directory(
        &self,
        request: Request<v1::SyncDirectoryRequest>,
    ) -> Answer<Self::SyncDirectoryStream> {
        self.0.caller(&request)?;
        Ok(Response::new(sync_directory::sync_directory(self.0.clone(), request.into_inner())))
    }
    async fn publish_statement(
        &self,
        request: Request<v1::PublishStatementRequest>,
    ) -> Answer<v1::PublishStatementResponse> {
        let caller = self.0.signer(&request)?;
        answer(publish_statement::publish_statement(&self.0, caller, request.into_inner()).await)
    }
    async fn fetch_catalogue_file(
        &self,
        request: Request<v1::FetchCatalogueFileRequest>,
    ) -> Answer<v1::FetchCatalogueFileResponse> {
        let caller = self.0.caller(&request)?;
        let request = request.into_inner();
        answer(fetch_catalogue_file::fetch_catalogue_file(&self.0, caller, request).await)
    }
}
