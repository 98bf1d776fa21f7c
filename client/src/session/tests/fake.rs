//! An exchange that shows whatever a test wants it to show.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio_stream::Iter;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status};
use tsumugu_proto::v1;
use tsumugu_proto::v1::directory_service_server::{DirectoryService, DirectoryServiceServer};
use tsumugu_proto::v1::log_service_server::{LogService, LogServiceServer};
use tsumugu_proto::v1::sync_directory_response::Part;
use tsumugu_trust::checkpoint::Checkpoint;
use tsumugu_trust::leaf::Leaf;
use tsumugu_trust::merkle::Tree;
use tsumugu_trust::note::Note;
use tsumugu_trust::testing::World;

use crate::rpc::Rpc;

/// What the exchange shows, and how it lies.
pub(super) struct Shown {
    pub(super) world: World,
    /// Leaves that the directory leaves out, by index.
    pub(super) hidden: Vec<u64>,
    /// How far its clock is ahead of the newest leaf, in milliseconds.
    pub(super) ahead_ms: u64,
    /// Calls of `GetCheckpoint`.
    pub(super) asked: usize,
}

#[derive(Clone)]
pub(super) struct FakeExchange(Arc<Mutex<Shown>>);

impl FakeExchange {
    pub(super) fn new(world: World) -> Self {
        let shown = Shown { world, hidden: Vec::new(), ahead_ms: 0, asked: 0 };
        Self(Arc::new(Mutex::new(shown)))
    }

    pub(super) fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap()
    }

    /// Listens on loopback, and gives the connection to it.
    pub(super) async fn serve(&self) -> Rpc {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let incoming = tonic::transport::server::TcpIncoming::from(listener);
        let server = Server::builder()
            .add_service(DirectoryServiceServer::new(self.clone()))
            .add_service(LogServiceServer::new(self.clone()));
        tokio::spawn(server.serve_with_incoming(incoming));
        let channel: Channel =
            Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        Rpc::over(channel)
    }
}

impl Shown {
    fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        tree.extend(self.world.entries.iter().map(|entry| entry.leaf.hash()));
        tree
    }
}

#[tonic::async_trait]
impl LogService for FakeExchange {
    async fn get_checkpoint(
        &self,
        request: Request<v1::GetCheckpointRequest>,
    ) -> Result<Response<v1::GetCheckpointResponse>, Status> {
        let mut shown = self.shown();
        shown.asked += 1;
        let known = Note::parse(&request.get_ref().known_checkpoint).ok();
        let known: Option<Checkpoint> = known.and_then(|note| note.text().parse().ok());
        let tree = shown.tree();
        let proof = known.and_then(|known| tree.consistency_proof(known.size(), tree.size()).ok());
        Ok(Response::new(v1::GetCheckpointResponse {
            checkpoint: shown.world.checkpoint().note_bytes().to_vec().into(),
            consistency_proof: proof.iter().flatten().map(|h| h.0.to_vec().into()).collect(),
            time_ms: shown.world.now.0 + shown.ahead_ms,
        }))
    }

    async fn get_inclusion_proofs(
        &self,
        _: Request<v1::GetInclusionProofsRequest>,
    ) -> Result<Response<v1::GetInclusionProofsResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    type ListLeavesStream = Iter<std::vec::IntoIter<Result<v1::ListLeavesResponse, Status>>>;

    async fn list_leaves(
        &self,
        _: Request<v1::ListLeavesRequest>,
    ) -> Result<Response<Self::ListLeavesStream>, Status> {
        Err(Status::unimplemented(""))
    }
}

#[tonic::async_trait]
impl DirectoryService for FakeExchange {
    type SyncDirectoryStream = Iter<std::vec::IntoIter<Result<v1::SyncDirectoryResponse, Status>>>;

    async fn sync_directory(
        &self,
        request: Request<v1::SyncDirectoryRequest>,
    ) -> Result<Response<Self::SyncDirectoryStream>, Status> {
        let shown = self.shown();
        let start = request.get_ref().start_number;
        let mut last = 0;
        let mut pieces = Vec::new();
        for (index, entry) in (0..).zip(&shown.world.entries) {
            let Leaf::Clear(leaf) = &entry.leaf else { continue };
            last = index;
            if leaf.number >= start && !shown.hidden.contains(&index) {
                let leaf = v1::ClearLeaf { index, entry: entry.leaf.encode().into() };
                pieces.push(Part::Leaves(v1::ClearLeaves { leaves: vec![leaf] }));
            }
        }
        let receipt = v1::Receipt { record: Vec::new().into(), ..shown.world.receipt(last) };
        pieces.push(Part::Head(receipt));
        let pieces =
            pieces.into_iter().map(|part| Ok(v1::SyncDirectoryResponse { part: Some(part) }));
        Ok(Response::new(tokio_stream::iter(pieces.collect::<Vec<_>>())))
    }

    async fn publish_statement(
        &self,
        _: Request<v1::PublishStatementRequest>,
    ) -> Result<Response<v1::PublishStatementResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn fetch_catalogue_file(
        &self,
        _: Request<v1::FetchCatalogueFileRequest>,
    ) -> Result<Response<v1::FetchCatalogueFileResponse>, Status> {
        Err(Status::not_found(""))
    }
}
