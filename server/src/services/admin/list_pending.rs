use tsumugu_proto::v1::{self, EnrolmentState};
use tsumugu_trust::directory::{Directory, continues_hold};
use tsumugu_trust::statement::{AnyBody, Statement};

use crate::exchange::{Exchange, broken};
use crate::refused::Refused;
use crate::services::enrolment::enrolment_state;
use crate::services::text_id;

/// What waits for the administrators.
pub(super) fn list_pending(
    exchange: &Exchange,
    request: &v1::ListPendingRequest,
) -> Result<v1::ListPendingResponse, Refused> {
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
    let proposals = exchange.pending.proposals().map_err(|e| broken(&e))?;
    response.proposals = proposals
        .into_iter()
        .filter(|proposal| still_waits(exchange, proposal))
        .map(Into::into)
        .collect();
    response.hold = newest_hold(exchange, request)?.into();
    Ok(response)
}

/// The newest hold of the message that the request names.
fn newest_hold(exchange: &Exchange, asked: &v1::ListPendingRequest) -> Result<Vec<u8>, Refused> {
    if asked.hold_from.is_empty() && asked.hold_id.is_empty() {
        return Ok(Vec::new());
    }
    let (from, id) = (text_id(&asked.hold_from)?, text_id(&asked.hold_id)?);
    let Some(row) = exchange.reader.hold(from, id)? else { return Ok(Vec::new()) };
    Ok(exchange.reader.leaf_info(row.index)?.map_or(Vec::new(), |info| info.record))
}

/// Whether nothing but signatures is missing. What the log has overtaken, such as a standing whose
/// number was given to another, can never be committed.
fn still_waits(exchange: &Exchange, proposal: &[u8]) -> bool {
    let Ok(statement) = Statement::parse(proposal) else { return false };
    let directory = &exchange.reader.published().directory;
    let is_next = match &statement.body {
        AnyBody::Hold(hold) => {
            let before = exchange.reader.hold(hold.from, hold.id).ok().flatten();
            continues_hold(before.map(|row| row.standing()), hold)
        }
        body => version_is_next(directory, body),
    };
    directory.administrators_signed(&statement) > 0 && is_next
}

fn version_is_next(directory: &Directory, body: &AnyBody) -> bool {
    let member = |id| directory.member(id);
    match body {
        AnyBody::Standing(s) => {
            member(s.institution).is_some_and(|m| s.version == m.standings.len() as u64 + 1)
        }
        AnyBody::Institution(i) => {
            i.version == member(i.institution).map_or(0, |m| m.records.len() as u64) + 1
        }
        AnyBody::CatalogueRelease(c) => c.version == directory.catalogues().len() as u64 + 1,
        AnyBody::TerminalRemoved(t) => {
            let entry = member(t.institution).and_then(|m| m.terminals.get(&t.terminal));
            entry.is_some_and(|terminal| terminal.removed.is_none())
        }
        _ => false,
    }
}
