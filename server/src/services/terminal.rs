//! TerminalService: how an institution admits a further terminal of its own.

mod admit_terminal;
mod close_terminal_invitation;
mod get_terminal_request;
mod invite_terminal;

use std::sync::Arc;

use tonic::Request;
use tsumugu_proto::v1::terminal_service_server::TerminalService;
use tsumugu_proto::v1::{self, EnrolmentState};
use tsumugu_trust::statement::{AnyBody, Statement};
use tsumugu_trust::value::Id;

use super::{Answer, answer, binary_id};
use crate::exchange::{Exchange, TerminalCaller, broken};
use crate::party::Party;
use crate::pending::StoredTerminal;
use crate::refused::Refused;

pub use invite_terminal::MAX_OPEN_INVITATIONS;

/// The service.
#[derive(Debug, Clone)]
pub struct Terminals(pub Arc<Exchange>);

#[tonic::async_trait]
impl TerminalService for Terminals {
    async fn invite_terminal(
        &self,
        request: Request<v1::InviteTerminalRequest>,
    ) -> Answer<v1::InviteTerminalResponse> {
        let caller = self.0.terminal(&request)?;
        answer(invite_terminal::invite_terminal(&self.0, caller, request.into_inner()).await)
    }
    async fn get_terminal_request(
        &self,
        request: Request<v1::GetTerminalRequestRequest>,
    ) -> Answer<v1::GetTerminalRequestResponse> {
        let caller = self.0.terminal(&request)?;
        let request = request.into_inner();
        answer(get_terminal_request::get_terminal_request(&self.0, caller, &request))
    }
    async fn admit_terminal(
        &self,
        request: Request<v1::AdmitTerminalRequest>,
    ) -> Answer<v1::AdmitTerminalResponse> {
        let caller = self.0.terminal(&request)?;
        answer(admit_terminal::admit_terminal(&self.0, caller, request.into_inner()).await)
    }
    async fn close_terminal_invitation(
        &self,
        request: Request<v1::CloseTerminalInvitationRequest>,
    ) -> Answer<v1::CloseTerminalInvitationResponse> {
        let caller = self.0.signer(&request)?;
        let request = request.into_inner();
        answer(
            close_terminal_invitation::close_terminal_invitation(&self.0, caller, &request).await,
        )
    }
}

/// An invitation of a further terminal, and whose it is.
pub(super) fn invited(exchange: &Exchange, id: Id) -> Result<(StoredTerminal, Id), Refused> {
    exchange.bounds.call_for(id, exchange.now())?;
    let stored = exchange.pending.terminal(id).map_err(|e| broken(&e))?;
    let stored = stored.filter(|stored| !stored.is_over(exchange.now()));
    let stored = stored.ok_or_else(Refused::not_found)?;
    let institution = stored.institution().ok_or_else(Refused::not_found)?;
    Ok((stored, institution))
}

/// An invitation of the caller's own institution, by the id that came in.
fn own(
    exchange: &Exchange,
    caller: TerminalCaller,
    id: &[u8],
) -> Result<(Id, StoredTerminal), Refused> {
    let id = binary_id(id)?;
    let (stored, institution) = invited(exchange, id)?;
    if institution == caller.institution() { Ok((id, stored)) } else { Err(Refused::not_found()) }
}

/// How far an invitation is.
pub(super) fn state_of(exchange: &Exchange, stored: &StoredTerminal) -> EnrolmentState {
    match logged(exchange, stored) {
        Some((_, Counts::Yes)) => return EnrolmentState::Approved,
        Some((_, Counts::NoMore)) => return EnrolmentState::Closed,
        None => {}
    }
    // Whoever holds a PC that was removed may hold its codes too.
    let open =
        !stored.closed && stored.expires_ms > exchange.now().0 && inviter_counts(exchange, stored);
    match (open, stored.request.is_empty()) {
        (false, _) => EnrolmentState::Closed,
        (true, true) => EnrolmentState::Invited,
        (true, false) => EnrolmentState::Pending,
    }
}

/// Whom the request has admitted, if the log has it and it was not removed since.
pub(super) fn admitted(exchange: &Exchange, stored: &StoredTerminal) -> Option<Party> {
    match logged(exchange, stored)? {
        (party, Counts::Yes) => Some(party),
        (_, Counts::NoMore) => None,
    }
}

/// Whether an admitted terminal was removed since.
enum Counts {
    Yes,
    NoMore,
}

/// The terminal of the request, if the log has admitted it.
fn logged(exchange: &Exchange, stored: &StoredTerminal) -> Option<(Party, Counts)> {
    let AnyBody::TerminalRequest(request) = Statement::parse(&stored.request).ok()?.body else {
        return None;
    };
    let directory = &exchange.reader.published().directory;
    let terminal = directory.member(request.institution)?.terminals.get(&request.terminal)?;
    let counts = if terminal.key == request.key && terminal.removed.is_none() {
        Counts::Yes
    } else {
        Counts::NoMore
    };
    let (institution, terminal) = (request.institution.0, request.terminal.0);
    Some((Party::Terminal { institution, terminal }, counts))
}

fn inviter_counts(exchange: &Exchange, stored: &StoredTerminal) -> bool {
    let directory = &exchange.reader.published().directory;
    let member = stored.institution().and_then(|id| directory.member(id));
    let terminal = stored.by().and_then(|by| member?.terminals.get(&by));
    terminal.is_some_and(|terminal| terminal.removed.is_none())
}
