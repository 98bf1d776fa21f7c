use tsumugu_proto::v1::{self, EnrolmentState};
use tsumugu_trust::statement::{AnyBody, Statement};
use tsumugu_trust::value::Id;

use super::{is_open, stored};
use crate::ca::RequestedKey;
use crate::exchange::{Exchange, broken};
use crate::party::Party;
use crate::pending::StoredInvitation;
use crate::refused::Refused;
use crate::services::binary_id;

/// How far a request is; once it is in the log, the certificate for the key it asked for.
pub(super) fn get_enrolment(
    exchange: &Exchange,
    request: &v1::GetEnrolmentRequest,
) -> Result<v1::GetEnrolmentResponse, Refused> {
    let id = binary_id(&request.invitation_id)?;
    let (kept, _) = stored(exchange, id)?;
    let mut response = v1::GetEnrolmentResponse::default();
    let state = enrolment_state(exchange, id, &kept)?;
    response.set_state(state);
    if state == EnrolmentState::Countersign {
        response.trust_list = kept.draft.clone().into();
    }
    if state == EnrolmentState::Approved {
        let party = admitted(exchange, &kept).ok_or_else(Refused::not_found)?;
        let key = RequestedKey::from_csr(&kept.csr).map_err(|e| broken(&e))?;
        let chain = exchange
            .ca
            .issue_client(&party, &key, exchange.clock.now_ms())
            .map_err(|e| broken(&e))?;
        response.certificates = chain.iter().map(|c| c.to_vec().into()).collect();
        response.worker_receipts = worker_receipts(exchange, &kept)?;
    }
    Ok(response)
}

/// How far the request for an invitation is.
pub(in crate::services) fn enrolment_state(
    exchange: &Exchange,
    id: Id,
    kept: &StoredInvitation,
) -> Result<EnrolmentState, Refused> {
    if admitted(exchange, kept).is_some() {
        return Ok(EnrolmentState::Approved);
    }
    if !is_open(exchange, id)? {
        return Ok(EnrolmentState::Closed);
    }
    if kept.request.is_empty() {
        return Ok(EnrolmentState::Invited);
    }
    Ok(if wants_countersignature(exchange, kept) {
        EnrolmentState::Countersign
    } else {
        EnrolmentState::Pending
    })
}

/// Whom the request admitted, if the log has it.
fn admitted(exchange: &Exchange, kept: &StoredInvitation) -> Option<Party> {
    let directory = &exchange.reader.published().directory;
    match Statement::parse(&kept.request).ok()?.body {
        AnyBody::Enrolment(request) => {
            let member = directory.member(request.institution)?;
            let terminal = member.terminals.get(&request.terminal)?;
            let same = terminal.key == request.terminal_key && terminal.removed.is_none();
            same.then_some(Party::Terminal {
                institution: request.institution.0,
                terminal: request.terminal.0,
            })
        }
        AnyBody::Candidacy(request) => {
            let list = directory.trust_list()?;
            list.body
                .administrators
                .contains(&request.administrator)
                .then_some(Party::Administrator { id: request.administrator.id.0 })
        }
        _ => None,
    }
}

/// A draft list that enough administrators in office have signed, and that the new one has not.
fn wants_countersignature(exchange: &Exchange, kept: &StoredInvitation) -> bool {
    let Ok(draft) = Statement::parse(&kept.draft) else { return false };
    let directory = &exchange.reader.published().directory;
    let threshold = directory.trust_list().map_or(u64::MAX, |list| list.body.threshold);
    matches!(draft.body, AnyBody::TrustList(_))
        && directory.administrators_signed(&draft) >= threshold
}

fn worker_receipts(
    exchange: &Exchange,
    kept: &StoredInvitation,
) -> Result<Vec<v1::Receipt>, Refused> {
    let published = exchange.reader.published();
    let mut receipts = Vec::new();
    for bytes in &kept.statements {
        let Ok(statement) = Statement::parse(bytes) else { continue };
        if matches!(statement.body, AnyBody::Worker(_)) {
            let leaf = exchange
                .reader
                .leaf_of_command(statement.digest())?
                .ok_or_else(Refused::not_found)?;
            receipts.push(exchange.receipt(&leaf, &published, false)?);
        }
    }
    Ok(receipts)
}
