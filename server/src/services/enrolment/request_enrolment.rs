use tsumugu_proto::v1::{self, ErrorReason};
use tsumugu_trust::directory::check_enrolment;
use tsumugu_trust::statement::{AnyBody, Statement};

use super::{check_trust_list, requested_key, stored, take_request};
use crate::exchange::Exchange;
use crate::pending::StoredInvitation;
use crate::refused::Refused;
use crate::services::statement;

/// Most statements of a request.
const MAX_STATEMENTS: usize = 16;

/// Takes an institution's request. The exchange cannot check its MAC: the secret is the
/// administrators' and the applicant's.
pub(super) async fn request_enrolment(
    exchange: &Exchange,
    request: v1::RequestEnrolmentRequest,
) -> Result<v1::RequestEnrolmentResponse, Refused> {
    let _one = exchange.pending.lock().await;
    let enrolment = statement(exchange, &request.enrolment)?;
    let AnyBody::Enrolment(body) = &enrolment.body else {
        return Err(Refused::new(ErrorReason::Malformed, "not an enrolment"));
    };
    if request.statements.len() > MAX_STATEMENTS {
        return Err(Refused::limit("statements of an enrolment", MAX_STATEMENTS));
    }
    let (kept, invitation) = stored(exchange, body.invitation)?;
    let finished = request
        .statements
        .iter()
        .map(|bytes| statement(exchange, bytes))
        .collect::<Result<Vec<Statement>, _>>()?;
    check_enrolment(exchange.reader.origin(), &invitation, &enrolment, &finished)?;
    check_trust_list(exchange, body.trust_list)?;
    requested_key(&request.csr, body.csr)?;
    let request = StoredInvitation {
        request: request.enrolment.to_vec(),
        mac: request.mac.to_vec(),
        statements: request.statements.iter().map(|s| s.to_vec()).collect(),
        csr: request.csr.to_vec(),
        ..StoredInvitation::default()
    };
    take_request(exchange, body.invitation, kept, request)?;
    Ok(v1::RequestEnrolmentResponse {})
}
