//! Handing a request in, and waiting for what becomes of it.

use std::time::Duration;

use tsumugu_proto::v1;
use tsumugu_proto::v1::EnrolmentState;

use super::countersign::countersign;
use super::document::connect_pinned;
use super::pending::{Pending, PendingRole};
use crate::context::Context;
use crate::failure::Failure;
use crate::rpc::Rpc;

/// How often the exchange is asked while waiting.
pub const POLL: Duration = Duration::from_secs(2);

/// Where a request stands when the waiting ends.
#[derive(Debug)]
pub enum Settled {
    /// It is in the log: certificates, and receipts of the workers.
    Approved(Box<v1::GetEnrolmentResponse>),
    /// The administrators have not decided yet.
    Waiting,
}

/// Makes sure that nobody has used an invitation. Only for a vault that has no request under it: the
/// request that the exchange then has is another's, and its approval would not be ours.
///
/// # Errors
/// `server.invitation-closed`; the exchange is not reached.
pub async fn unused(ctx: &Context, pending: &Pending) -> Result<(), Failure> {
    let rpc = connect_pinned(ctx, &pending.exchange).await?;
    match state(&rpc, pending).await? {
        EnrolmentState::Invited => Ok(()),
        _ => Err(Failure::new("server.invitation-closed")),
    }
}

/// How far a request is, whatever it asks for.
///
/// # Errors
/// The exchange knows no such invitation, or is not reached.
pub(super) async fn state(rpc: &Rpc, pending: &Pending) -> Result<EnrolmentState, Failure> {
    Ok(match pending.role {
        PendingRole::Terminal(_) => rpc.get_terminal_admission(pending.invitation).await?.state(),
        _ => rpc.get_enrolment(pending.invitation).await?.state(),
    })
}

/// Hands in trust list 1; doing it again gives the same answer.
///
/// # Errors
/// `server.already-bootstrapped`; the exchange refuses otherwise or is not reached.
pub async fn bootstrap(rpc: &Rpc, pending: &Pending) -> Result<v1::BootstrapResponse, Failure> {
    let request = v1::BootstrapRequest {
        invitation_id: pending.invitation.0.to_vec().into(),
        trust_list: pending.request.0.to_vec().into(),
        mac: pending.mac.0.to_vec().into(),
        csr: pending.csr.0.to_vec().into(),
    };
    match rpc.bootstrap(request).await {
        // The document was under the code's secret, and so is the request: it is the exchange that has
        // forgotten the secret, as it does once the code was used.
        Err(forgotten) if forgotten.key() == "server.bad-signature" => {
            Err(Failure::new("server.already-bootstrapped").because(forgotten))
        }
        answer => answer,
    }
}

/// Asks until the request is decided or `patience` has passed; at least once.
///
/// On the way it hands in what the exchange does not have, and a further administrator signs the
/// trust list.
///
/// # Errors
/// Rejected, withdrawn or expired; the exchange is not reached; the trust list to sign is not the
/// one that was asked for.
pub async fn wait(rpc: &Rpc, pending: &Pending, patience: Duration) -> Result<Settled, Failure> {
    let mut left = patience;
    let mut signed = false;
    loop {
        let answer = rpc.get_enrolment(pending.invitation).await?;
        match answer.state() {
            EnrolmentState::Approved => return Ok(Settled::Approved(Box::new(answer))),
            EnrolmentState::Closed => return Err(Failure::new("enrolment.closed")),
            EnrolmentState::Countersign => {
                if let PendingRole::Candidacy(candidacy) = &pending.role
                    && !signed
                {
                    countersign(rpc, pending, candidacy, &answer.trust_list).await?;
                    signed = true;
                    continue;
                }
            }
            // New, or lost before the exchange had it durable.
            EnrolmentState::Invited => hand_in(rpc, pending).await?,
            EnrolmentState::Pending | EnrolmentState::Unspecified => {}
        }
        if left.is_zero() {
            return Ok(Settled::Waiting);
        }
        let pause = POLL.min(left);
        tokio::time::sleep(pause).await;
        left -= pause;
    }
}

/// Hands in a candidacy or an enrolment.
async fn hand_in(rpc: &Rpc, pending: &Pending) -> Result<(), Failure> {
    let request = pending.request.0.to_vec().into();
    let mac = pending.mac.0.to_vec().into();
    let csr = pending.csr.0.to_vec().into();
    match &pending.role {
        PendingRole::Bootstrap(_) | PendingRole::Terminal(_) => Err(Failure::fault("request")),
        PendingRole::Candidacy(_) => {
            let request = v1::RequestCandidacyRequest { candidacy: request, mac, csr };
            rpc.request_candidacy(request).await.map(|_| ())
        }
        PendingRole::Enrolment(member) => {
            let statements = member.statements.iter().map(|one| one.0.to_vec().into()).collect();
            let request = v1::RequestEnrolmentRequest { enrolment: request, mac, statements, csr };
            rpc.request_enrolment(request).await.map(|_| ())
        }
    }
}
