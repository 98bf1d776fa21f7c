use tsumugu_proto::v1::{self, EnrolmentState, ErrorReason};
use tsumugu_trust::directory::check_terminal_request;
use tsumugu_trust::statement::AnyBody;

use super::{MAC, check_trust_list, closed, requested_key};
use crate::exchange::{Exchange, broken};
use crate::pending::StoredTerminal;
use crate::refused::Refused;
use crate::services::statement;
use crate::services::terminal::{invited, state_of};

/// Takes a further terminal's request: the first one, or the same one again. The exchange cannot check
/// its MAC: the secret is the inviting and the new terminal's.
pub(super) async fn request_terminal(
    exchange: &Exchange,
    request: v1::RequestTerminalRequest,
) -> Result<v1::RequestTerminalResponse, Refused> {
    let _one = exchange.pending.lock().await;
    let asked = statement(exchange, &request.request)?;
    let AnyBody::TerminalRequest(lines) = &asked.body else {
        return Err(Refused::new(ErrorReason::Malformed, "not a terminal's request"));
    };
    let id = lines.invitation;
    let (stored, institution) = invited(exchange, id)?;
    check_terminal_request(exchange.reader.origin(), id, institution, &asked)?;
    check_trust_list(exchange, lines.trust_list)?;
    requested_key(&request.csr, lines.csr)?;
    if request.mac.len() != MAC {
        return Err(Refused::new(ErrorReason::Malformed, "a MAC has 32 bytes"));
    }
    if !stored.request.is_empty() {
        let same = (&stored.request[..], &stored.mac[..], &stored.csr[..])
            == (&request.request[..], &request.mac[..], &request.csr[..]);
        return if same { Ok(v1::RequestTerminalResponse {}) } else { Err(closed()) };
    }
    if state_of(exchange, &stored) != EnrolmentState::Invited {
        return Err(closed());
    }
    let taken = StoredTerminal {
        request: request.request.to_vec(),
        mac: request.mac.to_vec(),
        csr: request.csr.to_vec(),
        ..stored
    };
    exchange.pending.put_terminal(id, &taken).map_err(|e| broken(&e))?;
    Ok(v1::RequestTerminalResponse {})
}
