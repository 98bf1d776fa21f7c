use tsumugu_proto::v1::{self, ErrorReason};
use tsumugu_trust::note::VerifyingKey;
use tsumugu_trust::statement::{AnyBody, Candidacy, Statement};
use tsumugu_trust::value::Role;

use super::stored;
use crate::exchange::{Exchange, broken};
use crate::pending::StoredInvitation;
use crate::refused::Refused;
use crate::services::admin::approve::commit_list;
use crate::services::{binary_id, statement};

/// The new administrator signs the list that admits it.
pub(super) async fn countersign(
    exchange: &Exchange,
    request: v1::CountersignTrustListRequest,
) -> Result<v1::CountersignTrustListResponse, Refused> {
    let _one = exchange.pending.lock().await;
    let id = binary_id(&request.invitation_id)?;
    let (mut kept, _) = stored(exchange, id)?;
    let signed = statement(exchange, &request.trust_list)?;
    let draft = Statement::parse(&kept.draft)
        .map_err(|_| Refused::new(ErrorReason::Rule, "no administrator has approved yet"))?;
    let merged = draft.merge(&signed)?;
    let receipt = commit_list(exchange, id, &kept, &merged).await?;
    // Signatures of administrators in office may still be missing; anybody else's are not kept.
    if receipt.is_none()
        && !(is_by_candidate(exchange, &kept, &merged)
            && merged.signatures().len() == draft.signatures().len() + 1)
    {
        return Err(Refused::new(
            ErrorReason::BadSignature,
            "not signed by the new administrator alone",
        ));
    }
    kept.draft = merged.bytes();
    exchange.pending.put_invitation(id, &kept).map_err(|e| broken(&e))?;
    Ok(v1::CountersignTrustListResponse { receipt })
}

/// Whether the administrator of the request has signed the list.
fn is_by_candidate(exchange: &Exchange, kept: &StoredInvitation, list: &Statement) -> bool {
    let request = Statement::parse(&kept.request).map(|request| request.body);
    let Ok(AnyBody::Candidacy(Candidacy { administrator, .. })) = request else { return false };
    let name = exchange.reader.origin().key_name(Role::Administrator, administrator.id);
    VerifyingKey::new(&name, administrator.key.0).is_ok_and(|key| list.is_signed_by(&key))
}
