//! The calls of the exchange, one thin function each: a deadline, and a [`Failure`] for a status.
//!
//! Nothing here judges an answer; who asks does.

mod moving;
mod streams;
mod uploads;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use tsumugu_durable::clock::Clock;
use tsumugu_proto::v1;
use tsumugu_proto::v1::admin_service_client::AdminServiceClient;
use tsumugu_proto::v1::directory_service_client::DirectoryServiceClient;
use tsumugu_proto::v1::enrolment_service_client::EnrolmentServiceClient;
use tsumugu_proto::v1::exchange_service_client::ExchangeServiceClient;
use tsumugu_proto::v1::log_service_client::LogServiceClient;
use tsumugu_proto::v1::terminal_service_client::TerminalServiceClient;
use tsumugu_trust::value::Id;

pub use moving::{MOVED, STANDSTILL};
pub use streams::{FETCH_IDLE, LIVE_IDLE, Pieces};
pub use uploads::{UPLOAD_ANSWER, UPLOAD_PIECE};

use crate::failure::Failure;
use crate::tls::{self, ClientIdentity, ServerTrust, Traffic, Way};

/// How long an answer may take. A send waits for a disk and for the round before it.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest single message that is taken from the exchange, in bytes: all that waits for the
/// administrators, or all records of one message, with room.
pub const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// A connection to the exchange.
#[derive(Debug, Clone)]
pub struct Rpc {
    channel: Channel,
    traffic: Arc<Traffic>,
}

impl Rpc {
    /// Connects by a way. See [`tls::connect_by`].
    ///
    /// # Errors
    /// As [`tls::connect_by`].
    pub async fn connect_by(
        way: &Way,
        origin: &str,
        trust: &ServerTrust,
        identity: Option<ClientIdentity>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
        let (channel, traffic) = tls::connect_by(way, origin, trust, identity, clock).await?;
        Ok(Self { channel, traffic })
    }

    /// Connects straight. See [`tls::connect`].
    ///
    /// # Errors
    /// As [`tls::connect`].
    pub async fn connect(
        address: &str,
        origin: &str,
        trust: &ServerTrust,
        identity: Option<ClientIdentity>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
        Self::connect_by(&Way::straight(address), origin, trust, identity, clock).await
    }
}

/// Defines a client of a service with our limit on messages.
macro_rules! clients {
    ($( $name:ident: $client:ident ),*) => {
        impl Rpc {
            $( fn $name(&self) -> $client<Channel> {
                $client::new(self.channel.clone()).max_decoding_message_size(MAX_MESSAGE)
            } )*
        }
    };
}
clients!(
    admin: AdminServiceClient,
    directory: DirectoryServiceClient,
    enrolment: EnrolmentServiceClient,
    exchange: ExchangeServiceClient,
    log: LogServiceClient,
    terminal: TerminalServiceClient
);

/// Defines calls with one request and one answer.
macro_rules! calls {
    ($( $(#[$meta:meta])* $service:ident.$name:ident($request:ty) -> $answer:ty; )*) => {
        impl Rpc {
            $(
                $(#[$meta])*
                ///
                /// # Errors
                /// The exchange refuses, or there is no answer.
                pub async fn $name(&self, request: $request) -> Result<$answer, Failure> {
                    let mut client = self.$service();
                    answered(client.$name(timed(request))).await
                }
            )*
        }
    };
}
calls! {
    /// The first administrator hands in trust list 1.
    enrolment.bootstrap(v1::BootstrapRequest) -> v1::BootstrapResponse;
    /// An institution hands in its request.
    enrolment.request_enrolment(v1::RequestEnrolmentRequest) -> v1::RequestEnrolmentResponse;
    /// A further administrator hands in a request.
    enrolment.request_candidacy(v1::RequestCandidacyRequest) -> v1::RequestCandidacyResponse;
    /// A further administrator signs the trust list that admits it.
    enrolment.countersign_trust_list(v1::CountersignTrustListRequest) -> v1::CountersignTrustListResponse;
    /// A further terminal hands in its request.
    enrolment.request_terminal(v1::RequestTerminalRequest) -> v1::RequestTerminalResponse;
    /// A new certificate.
    enrolment.renew_certificate(v1::RenewCertificateRequest) -> v1::RenewCertificateResponse;

    /// Registers an invitation of a further terminal.
    terminal.invite_terminal(v1::InviteTerminalRequest) -> v1::InviteTerminalResponse;
    /// Admits a further terminal, and hands over the keyring.
    terminal.admit_terminal(v1::AdmitTerminalRequest) -> v1::AdmitTerminalResponse;

    /// Registers an invitation.
    admin.create_invitation(v1::CreateInvitationRequest) -> v1::CreateInvitationResponse;
    /// What waits for the administrators.
    admin.list_pending(v1::ListPendingRequest) -> v1::ListPendingResponse;
    /// Adds this administrator's signature to a record or list.
    admin.approve(v1::ApproveRequest) -> v1::ApproveResponse;
    /// Closes an invitation.
    admin.close_invitation(v1::CloseInvitationRequest) -> v1::CloseInvitationResponse;
    /// Adds this administrator's signature to a statement without invitation.
    admin.propose(v1::ProposeRequest) -> v1::ProposeResponse;
    /// Hands in a file of a catalogue release.
    admin.upload_catalogue_file(v1::UploadCatalogueFileRequest) -> v1::UploadCatalogueFileResponse;
    /// Lets a read-only exchange go on.
    admin.resume(v1::ResumeRequest) -> v1::ResumeResponse;

    /// Appends a statement of the own institution.
    directory.publish_statement(v1::PublishStatementRequest) -> v1::PublishStatementResponse;

    /// A file of a catalogue release.
    directory.fetch_catalogue_file(v1::FetchCatalogueFileRequest) -> v1::FetchCatalogueFileResponse;

    /// The newest checkpoint, with the proof that it continues a known one.
    log.get_checkpoint(v1::GetCheckpointRequest) -> v1::GetCheckpointResponse;
    /// Inclusion proofs against one checkpoint.
    log.get_inclusion_proofs(v1::GetInclusionProofsRequest) -> v1::GetInclusionProofsResponse;

    /// Says that a person opened a letter.
    exchange.opened(v1::OpenedRequest) -> v1::OpenedResponse;
    /// Answers a letter.
    exchange.dispose(v1::DisposeRequest) -> v1::DisposeResponse;
    /// Records what went past the exchange.
    exchange.record_off_system(v1::RecordOffSystemRequest) -> v1::RecordOffSystemResponse;
    /// How much of a sealed attachment the exchange has.
    exchange.get_upload(v1::GetUploadRequest) -> v1::GetUploadResponse;
    /// Everything that the exchange knows of one message.
    exchange.track(v1::TrackRequest) -> v1::TrackResponse;
}

impl Rpc {
    /// Hands over sealed letters. On a slow line that takes minutes: as long as it moves, it is waited
    /// for, and the exchange waits too.
    ///
    /// # Errors
    /// The exchange refuses, or the line stands still.
    pub async fn send(&self, request: v1::SendRequest) -> Result<v1::SendResponse, Failure> {
        let mut client = self.exchange();
        let call = client.send(Request::new(request));
        match moving::while_moving(&self.traffic, STANDSTILL, call).await {
            Some(answer) => Ok(answer?.into_inner()),
            None => Err(Failure::new("connection.no-answer")),
        }
    }

    /// The document of an invitation.
    ///
    /// # Errors
    /// The exchange knows no such invitation, or there is no answer.
    pub async fn get_invitation(&self, invitation: Id) -> Result<v1::InvitationDocument, Failure> {
        let request = v1::GetInvitationRequest { invitation_id: invitation.0.to_vec().into() };
        let mut client = self.enrolment();
        let answer = answered(client.get_invitation(timed(request))).await?;
        answer.document.ok_or_else(|| incomplete("document"))
    }

    /// How far a request is.
    ///
    /// # Errors
    /// The exchange knows no such invitation, or there is no answer.
    pub async fn get_enrolment(&self, invitation: Id) -> Result<v1::GetEnrolmentResponse, Failure> {
        let request = v1::GetEnrolmentRequest { invitation_id: invitation.0.to_vec().into() };
        let mut client = self.enrolment();
        answered(client.get_enrolment(timed(request))).await
    }

    /// How far a further terminal's request is.
    ///
    /// # Errors
    /// The exchange knows no such invitation, or there is no answer.
    pub async fn get_terminal_admission(
        &self,
        invitation: Id,
    ) -> Result<v1::GetTerminalAdmissionResponse, Failure> {
        let invitation_id = invitation.0.to_vec().into();
        let request = v1::GetTerminalAdmissionRequest { invitation_id };
        let mut client = self.enrolment();
        answered(client.get_terminal_admission(timed(request))).await
    }

    /// The request that came for an invitation of a further terminal.
    ///
    /// # Errors
    /// The exchange knows no such invitation of ours, or there is no answer.
    pub async fn get_terminal_request(
        &self,
        invitation: Id,
    ) -> Result<v1::GetTerminalRequestResponse, Failure> {
        let request = v1::GetTerminalRequestRequest { invitation_id: invitation.0.to_vec().into() };
        let mut client = self.terminal();
        answered(client.get_terminal_request(timed(request))).await
    }

    /// Closes an invitation of a further terminal, and has its keyring destroyed.
    ///
    /// # Errors
    /// The exchange knows no such invitation of ours, or there is no answer.
    pub async fn close_terminal_invitation(&self, invitation: Id) -> Result<(), Failure> {
        let invitation_id = invitation.0.to_vec().into();
        let request = v1::CloseTerminalInvitationRequest { invitation_id };
        let mut client = self.terminal();
        answered(client.close_terminal_invitation(timed(request))).await.map(|_| ())
    }
}

/// A part that every honest answer has is missing.
#[must_use]
pub fn incomplete(part: &str) -> Failure {
    Failure::new("rpc.incomplete").with("part", part)
}

fn timed<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    // Tells the exchange when nobody waits any more.
    request.set_timeout(CALL_TIMEOUT);
    request
}

/// The deadline also holds for the answer's body, which tonic's own does not.
async fn answered<T>(
    call: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<T, Failure> {
    match tokio::time::timeout(CALL_TIMEOUT, call).await {
        Ok(answer) => Ok(answer?.into_inner()),
        Err(elapsed) => Err(Failure::new("connection.no-answer").because(elapsed)),
    }
}

#[cfg(test)]
impl Rpc {
    /// Over a connection that a test has made.
    pub(crate) fn over(channel: Channel) -> Self {
        Self { channel, traffic: Arc::default() }
    }
}
