//! EnrolmentService: answers without a client certificate.

mod bootstrap;
mod countersign;
mod get_enrolment;
mod get_invitation;
mod get_terminal_admission;
mod renew_certificate;
mod request_candidacy;
mod request_enrolment;
mod request_terminal;

use std::sync::Arc;

use tonic::Request;
use tsumugu_proto::v1::enrolment_service_server::EnrolmentService;
use tsumugu_proto::v1::{self, ErrorReason};
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::statement::{AnyBody, Invitation, Statement};
use tsumugu_trust::value::Id;

use super::{Answer, answer};
use crate::ca::RequestedKey;
use crate::exchange::Exchange;
use crate::pending::StoredInvitation;
use crate::refused::Refused;

pub(in crate::services) use get_enrolment::enrolment_state;

/// The service.
#[derive(Debug, Clone)]
pub struct Enrolment(pub Arc<Exchange>);

#[tonic::async_trait]
impl EnrolmentService for Enrolment {
    async fn get_invitation(
        &self,
        request: Request<v1::GetInvitationRequest>,
    ) -> Answer<v1::GetInvitationResponse> {
        answer(get_invitation::get_invitation(&self.0, &request.into_inner()))
    }
    async fn bootstrap(
        &self,
        request: Request<v1::BootstrapRequest>,
    ) -> Answer<v1::BootstrapResponse> {
        answer(bootstrap::bootstrap(&self.0, request.into_inner()).await)
    }
    async fn request_enrolment(
        &self,
        request: Request<v1::RequestEnrolmentRequest>,
    ) -> Answer<v1::RequestEnrolmentResponse> {
        answer(request_enrolment::request_enrolment(&self.0, request.into_inner()).await)
    }
    async fn request_candidacy(
        &self,
        request: Request<v1::RequestCandidacyRequest>,
    ) -> Answer<v1::RequestCandidacyResponse> {
        answer(request_candidacy::request_candidacy(&self.0, request.into_inner()).await)
    }
    async fn get_enrolment(
        &self,
        request: Request<v1::GetEnrolmentRequest>,
    ) -> Answer<v1::GetEnrolmentResponse> {
        answer(get_enrolment::get_enrolment(&self.0, &request.into_inner()))
    }
    async fn countersign_trust_list(
        &self,
        request: Request<v1::CountersignTrustListRequest>,
    ) -> Answer<v1::CountersignTrustListResponse> {
        answer(countersign::countersign(&self.0, request.into_inner()).await)
    }
    async fn request_terminal(
        &self,
        request: Request<v1::RequestTerminalRequest>,
    ) -> Answer<v1::RequestTerminalResponse> {
        answer(request_terminal::request_terminal(&self.0, request.into_inner()).await)
    }
    async fn get_terminal_admission(
        &self,
        request: Request<v1::GetTerminalAdmissionRequest>,
    ) -> Answer<v1::GetTerminalAdmissionResponse> {
        answer(get_terminal_admission::get_terminal_admission(&self.0, &request.into_inner()))
    }
    async fn renew_certificate(
        &self,
        request: Request<v1::RenewCertificateRequest>,
    ) -> Answer<v1::RenewCertificateResponse> {
        answer(renew_certificate::renew_certificate(&self.0, &request.into_inner()))
    }
}

/// Bytes of an HMAC-SHA-256. The exchange cannot check a request's, but it stores no other bytes.
const MAC: usize = 32;

/// Reads a certificate request, which has to be the one that a signed request names.
pub(super) fn requested_key(csr: &[u8], named: Hash) -> Result<RequestedKey, Refused> {
    let key = RequestedKey::from_csr(csr)
        .map_err(|error| Refused::new(ErrorReason::Malformed, error.to_string()))?;
    if named == sha256(&[csr]) {
        return Ok(key);
    }
    let other = "the certificate request is not the one that was signed";
    Err(Refused::new(ErrorReason::Malformed, other))
}

/// Whether a request was made under a trust list of this log.
pub(super) fn check_trust_list(exchange: &Exchange, digest: Hash) -> Result<(), Refused> {
    if exchange.reader.published().directory.trust_lists().iter().any(|list| list.digest == digest)
    {
        return Ok(());
    }
    Err(Refused::new(ErrorReason::Rule, "the request names a trust list that is not in this log")
        .with("rule", "trust-list"))
}

pub(in crate::services) fn closed() -> Refused {
    Refused::new(ErrorReason::InvitationClosed, "the invitation is used, closed or expired")
}

/// A stored invitation with its statement, as often as it may be asked for.
pub(super) fn stored(
    exchange: &Exchange,
    id: Id,
) -> Result<(StoredInvitation, Invitation), Refused> {
    exchange.bounds.call_for(id, exchange.now())?;
    let stored = exchange
        .pending
        .invitation(id)
        .map_err(|e| crate::exchange::broken(&e))?
        .ok_or_else(Refused::not_found)?;
    let statement = Statement::parse(&stored.invitation).map_err(|_| Refused::not_found())?;
    match statement.body {
        AnyBody::Invitation(invitation) => Ok((stored, invitation)),
        _ => Err(Refused::not_found()),
    }
}

/// Whether an invitation is in the log and open.
pub(super) fn is_open(exchange: &Exchange, id: Id) -> Result<bool, Refused> {
    let row = exchange.reader.invitation(id)?;
    Ok(row.is_some_and(|row| row.end == 0 && row.expires > exchange.now().0))
}

/// Takes a request into a stored invitation: the first one, or the same one again.
pub(super) fn take_request(
    exchange: &Exchange,
    id: Id,
    mut stored: StoredInvitation,
    request: StoredInvitation,
) -> Result<(), Refused> {
    if request.mac.len() != MAC {
        return Err(Refused::new(ErrorReason::Malformed, "a MAC has 32 bytes"));
    }
    if !stored.request.is_empty() {
        let same = (&stored.request, &stored.mac, &stored.statements, &stored.csr)
            == (&request.request, &request.mac, &request.statements, &request.csr);
        return if same { Ok(()) } else { Err(closed()) };
    }
    if !is_open(exchange, id)? {
        return Err(closed());
    }
    stored.request = request.request;
    stored.mac = request.mac;
    stored.statements = request.statements;
    stored.csr = request.csr;
    exchange.pending.put_invitation(id, &stored).map_err(|e| crate::exchange::broken(&e))
}
