use tsumugu_proto::v1::{self, ErrorReason};
use tsumugu_trust::directory::check_candidacy;
use tsumugu_trust::statement::AnyBody;

use super::{check_trust_list, requested_key, stored, take_request};
use crate::exchange::Exchange;
use crate::pending::StoredInvitation;
use crate::refused::Refused;
use crate::services::statement;

/// Takes a further administrator's request.
pub(super) async fn request_candidacy(
    exchange: &Exchange,
    request: v1::RequestCandidacyRequest,
) -> Result<v1::RequestCandidacyResponse, Refused> {
    let _one = exchange.pending.lock().await;
    let candidacy = statement(exchange, &request.candidacy)?;
    let AnyBody::Candidacy(body) = &candidacy.body else {
        return Err(Refused::new(ErrorReason::Malformed, "not a candidacy"));
    };
    let (kept, invitation) = stored(exchange, body.invitation)?;
    check_candidacy(exchange.reader.origin(), &invitation, &candidacy)?;
    check_trust_list(exchange, body.trust_list)?;
    requested_key(&request.csr, body.csr)?;
    let request = StoredInvitation {
        request: request.candidacy.to_vec(),
        mac: request.mac.to_vec(),
        csr: request.csr.to_vec(),
        ..StoredInvitation::default()
    };
    take_request(exchange, body.invitation, kept, request)?;
    Ok(v1::RequestCandidacyResponse {})
}
