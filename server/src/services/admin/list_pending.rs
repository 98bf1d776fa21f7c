use tsumugu_proto::v1::{self, EnrolmentState};

use crate::exchange::{Exchange, broken};
use crate::refused::Refused;
use crate::services::enrolment::enrolment_state;

/// What waits for the administrators.
pub(super) fn list_pending(exchange: &Exchange) -> Result<v1::ListPendingResponse, Refused> {
    let mut response = v1::ListPendingResponse::default();
    for (id, kept) in exchange.pending.invitations().map_err(|e| broken(&e))? {
        // The bootstrap code, and documents whose leaf was never committed.
        if kept.invitation.is_empty() || exchange.reader.invitation(id)?.is_none() {
            continue;
        }
        let state = enrolment_state(exchange, id, &kept)?;
        if matches!(state, EnrolmentState::Approved | EnrolmentState::Closed) {
            continue;
        }
        let mut pending = v1::PendingInvitation {
            invitation: kept.invitation.into(),
            sealed_secret: kept.sealed_secret.into(),
            state: 0,
            request: kept.request.into(),
            mac: kept.mac.into(),
            statements: kept.statements.into_iter().map(Into::into).collect(),
            draft: kept.draft.into(),
        };
        pending.set_state(state);
        response.invitations.push(pending);
    }
    response.proposals = exchange.pending.proposals().map_err(|e| broken(&e))?.into_iter().map(Into::into).collect();
    Ok(response)
}
