use tsumugu_proto::v1::{self, ErrorReason};
use tsumugu_trust::directory::{
    HOLD_SIGNATURES, Refusal, check_enrolment, institution_record, joining_version,
};
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::statement::{AnyBody, Invitation, Statement, encode_text};
use tsumugu_trust::value::Id;

use crate::exchange::{Exchange, broken};
use crate::pending::StoredInvitation;
use crate::refused::Refused;
use crate::sequencer::Command;
use crate::services::enrolment::stored;
use crate::services::{binary_id, statement};

/// Takes one administrator's signature under a record or list. At the threshold the round commits;
/// until then the draft with its signatures is kept in a file of its own.
pub(super) async fn approve(
    exchange: &Exchange,
    request: v1::ApproveRequest,
) -> Result<v1::ApproveResponse, Refused> {
    let _one = exchange.pending.lock().await;
    let id = binary_id(&request.invitation_id)?;
    let (mut kept, invitation) = stored(exchange, id)?;
    if kept.request.is_empty() {
        return Err(Refused::new(ErrorReason::Rule, "nothing was handed in for this invitation")
            .with("rule", "request"));
    }
    let signed = statement(exchange, &request.statement)?;
    let merged = merge(exchange, &kept, &signed)?;
    let receipt = match &merged.body {
        AnyBody::Institution(_) => {
            commit_institution(exchange, id, &kept, &invitation, &merged).await?
        }
        AnyBody::TrustList(_) => commit_list(exchange, id, &kept, &merged).await?,
        _ => return Err(Refused::new(ErrorReason::Malformed, "neither a record nor a trust list")),
    };
    kept.draft = merged.bytes();
    exchange.pending.put_invitation(id, &kept).map_err(|e| broken(&e))?;
    let (signatures, needed) = counted(exchange, &merged);
    Ok(v1::ApproveResponse { receipt, signatures, needed })
}

/// Adds the signature to the draft; a first one, or one under another text, starts it anew.
fn merge(
    exchange: &Exchange,
    kept: &StoredInvitation,
    signed: &Statement,
) -> Result<Statement, Refused> {
    if exchange.reader.published().directory.administrators_signed(signed) != 1
        || signed.signatures().len() != 1
    {
        return Err(Refused::new(
            ErrorReason::BadSignature,
            "not signed by exactly one administrator",
        ));
    }
    match Statement::parse(&kept.draft) {
        Ok(draft) if draft.text() == signed.text() => {
            let merged = draft.merge(signed)?;
            let is_list = matches!(merged.body, AnyBody::TrustList(_));
            // A trust list is signed by two lists' administrators and by the new one.
            Ok(if is_list {
                merged
            } else {
                exchange.reader.published().directory.with_present_signatures(&merged)?
            })
        }
        // Administrators who disagree on a text would otherwise lock each other out.
        _ => Ok(signed.clone()),
    }
}

async fn commit_institution(
    exchange: &Exchange,
    id: Id,
    kept: &StoredInvitation,
    invitation: &Invitation,
    record: &Statement,
) -> Result<Option<v1::Receipt>, Refused> {
    let enrolment = Statement::parse(&kept.request)?;
    let finished = kept
        .statements
        .iter()
        .map(|bytes| Statement::parse(bytes))
        .collect::<Result<Vec<_>, _>>()?;
    let checked = check_enrolment(exchange.reader.origin(), invitation, &enrolment, &finished)?;
    let directory = exchange.reader.published().directory.clone();
    let committed = directory
        .member(invitation.subject)
        .is_some_and(|m| m.records.iter().any(|r| r.digest == record.digest()));
    if !committed {
        let version = joining_version(&directory, invitation)?;
        let expected = encode_text(
            exchange.reader.origin(),
            &institution_record(invitation, &checked.request, version)?,
        );
        if record.text() != expected {
            return Err(Refused::new(
                ErrorReason::Rule,
                "the record is not the one that invitation and request give",
            )
            .with("rule", "record"));
        }
        // Every rule but the signatures is asked now, so that the first administrator learns of it.
        match (*directory).clone().apply(here(exchange), record) {
            Err(Refusal::Signature) => return Ok(None),
            other => other?,
        }
    }
    let command = Command::Enrol {
        record: record.clone(),
        enrolment,
        checked: Box::new(checked),
        invitation: id,
    };
    exchange.first_receipt(command).await
}

/// Commits a trust list when its signatures suffice; `None` when some are missing.
pub(in crate::services) async fn commit_list(
    exchange: &Exchange,
    id: Id,
    kept: &StoredInvitation,
    list: &Statement,
) -> Result<Option<v1::Receipt>, Refused> {
    let request = Statement::parse(&kept.request)?;
    let (AnyBody::TrustList(body), AnyBody::Candidacy(candidacy)) = (&list.body, &request.body)
    else {
        return Err(Refused::new(ErrorReason::Malformed, "not a trust list for a candidacy"));
    };
    if !body.administrators.contains(&candidacy.administrator) {
        return Err(Refused::new(ErrorReason::Rule, "the list does not admit who asked")
            .with("rule", "candidacy"));
    }
    exchange.check_names_us(body)?;
    let directory = exchange.reader.published().directory.clone();
    let committed = directory.trust_lists().iter().any(|l| l.digest == list.digest());
    if !committed {
        match (*directory).clone().apply(here(exchange), list) {
            Err(Refusal::Signature) => return Ok(None),
            other => other?,
        }
    }
    exchange
        .first_receipt(Command::TrustList { list: list.clone(), candidacy: Some((id, request)) })
        .await
}

/// Signatures that count under a statement, and how many are needed.
pub(super) fn counted(exchange: &Exchange, merged: &Statement) -> (u32, u32) {
    let needed = |list: &tsumugu_trust::statement::TrustList| {
        u32::try_from(list.threshold).unwrap_or(u32::MAX)
    };
    let signatures = u32::try_from(merged.signatures().len()).unwrap_or(u32::MAX);
    let current =
        exchange.reader.published().directory.trust_list().map_or(1, |list| needed(&list.body));
    match &merged.body {
        AnyBody::TrustList(list) => (signatures, needed(list).max(current)),
        AnyBody::Hold(_) => (signatures, u32::try_from(HOLD_SIGNATURES).unwrap_or(u32::MAX)),
        _ => (signatures, current),
    }
}

pub(super) fn here(exchange: &Exchange) -> LogPosition {
    let published = exchange.reader.published();
    LogPosition::of_clear(published.clear, published.size, exchange.now().max(published.time))
}
