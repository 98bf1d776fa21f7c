use tsumugu_proto::v1::{self, ErrorReason};

use super::stored;
use crate::exchange::{Exchange, broken};
use crate::refused::Refused;
use crate::services::admin::approve::commit_list;
use crate::services::{binary_id, statement};

/// The new administrator signs the list that admits it.
pub(super) async fn countersign(exchange: &Exchange, request: v1::CountersignTrustListRequest) -> Result<v1::CountersignTrustListResponse, Refused> {
    let _one = exchange.pending.lock().await;
    let id = binary_id(&request.invitation_id)?;
    let (mut kept, _) = stored(exchange, id)?;
    let signed = statement(&request.trust_list)?;
    let draft = statement(&kept.draft).map_err(|_| Refused::new(ErrorReason::Rule, "no administrator has approved yet"))?;
    let merged = draft.merge(&signed)?;
    let receipt = commit_list(exchange, id, &kept, &merged).await?;
    if receipt.is_none() {
        return Err(Refused::new(ErrorReason::BadSignature, "a signature is missing or wrong"));
    }
    kept.draft = merged.bytes();
    exchange.pending.put_invitation(id, &kept).map_err(|e| broken(&e))?;
    Ok(v1::CountersignTrustListResponse { receipt })
}
