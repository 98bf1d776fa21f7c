//! AdminService: for administrators. Nothing here can open a sheet.

pub(in crate::services) mod approve;
mod close_invitation;
mod create_invitation;
mod list_pending;
mod propose;
mod resume;
mod upload_catalogue_file;

use std::sync::Arc;

use tonic::Request;
use tsumugu_proto::v1;
use tsumugu_proto::v1::admin_service_server::AdminService;

use super::{Answer, answer};
use crate::exchange::Exchange;

/// The service.
#[derive(Debug, Clone)]
pub struct Admin(pub Arc<Exchange>);

#[tonic::async_trait]
impl AdminService for Admin {
    async fn create_invitation(
        &self,
        request: Request<v1::CreateInvitationRequest>,
    ) -> Answer<v1::CreateInvitationResponse> {
        self.0.administrator(&request)?;
        answer(create_invitation::create_invitation(&self.0, request.into_inner()).await)
    }
    async fn list_pending(
        &self,
        request: Request<v1::ListPendingRequest>,
    ) -> Answer<v1::ListPendingResponse> {
        self.0.administrator(&request)?;
        answer(list_pending::list_pending(&self.0, &request.into_inner()))
    }
    async fn approve(&self, request: Request<v1::ApproveRequest>) -> Answer<v1::ApproveResponse> {
        self.0.administrator(&request)?;
        answer(approve::approve(&self.0, request.into_inner()).await)
    }
    async fn close_invitation(
        &self,
        request: Request<v1::CloseInvitationRequest>,
    ) -> Answer<v1::CloseInvitationResponse> {
        self.0.administrator(&request)?;
        answer(close_invitation::close_invitation(&self.0, request.into_inner()).await)
    }
    async fn propose(&self, request: Request<v1::ProposeRequest>) -> Answer<v1::ProposeResponse> {
        self.0.administrator(&request)?;
        answer(propose::propose(&self.0, request.into_inner()).await)
    }
    async fn upload_catalogue_file(
        &self,
        request: Request<v1::UploadCatalogueFileRequest>,
    ) -> Answer<v1::UploadCatalogueFileResponse> {
        self.0.administrator(&request)?;
        let request = request.into_inner();
        answer(upload_catalogue_file::upload_catalogue_file(&self.0, request).await)
    }
    async fn resume(&self, request: Request<v1::ResumeRequest>) -> Answer<v1::ResumeResponse> {
        let caller = self.0.administrator(&request)?;
        answer(resume::resume(&self.0, caller, &request.into_inner()))
    }
}
