//! LogService: the log for those who check it.

mod get_checkpoint;
mod get_inclusion_proofs;
mod list_leaves;

use std::sync::Arc;

use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use tsumugu_proto::v1;
use tsumugu_proto::v1::log_service_server::LogService;

use super::{Answer, answer};
use crate::exchange::Exchange;

/// The service.
#[derive(Debug, Clone)]
pub struct Log(pub Arc<Exchange>);

#[tonic::async_trait]
impl LogService for Log {
    type ListLeavesStream = ReceiverStream<Result<v1::ListLeavesResponse, Status>>;

    async fn get_checkpoint(
        &self,
        request: Request<v1::GetCheckpointRequest>,
    ) -> Answer<v1::GetCheckpointResponse> {
        self.0.caller(&request)?;
        answer(get_checkpoint::get_checkpoint(&self.0, &request.into_inner()))
    }
    async fn get_inclusion_proofs(
        &self,
        request: Request<v1::GetInclusionProofsRequest>,
    ) -> Answer<v1::GetInclusionProofsResponse> {
        let caller = self.0.caller(&request)?;
        answer(
            get_inclusion_proofs::get_inclusion_proofs(&self.0, caller, request.into_inner()).await,
        )
    }
    async fn list_leaves(
        &self,
        request: Request<v1::ListLeavesRequest>,
    ) -> Answer<Self::ListLeavesStream> {
        self.0.caller(&request)?;
        Ok(Response::new(list_leaves::list_leaves(self.0.clone(), request.into_inner())))
    }
}
