use tsumugu_proto::v1::{self, EnrolmentState};

use crate::ca::RequestedKey;
use crate::exchange::{Exchange, broken};
use crate::refused::Refused;
use crate::services::binary_id;
use crate::services::terminal::{admitted, invited, state_of};

/// How far a terminal's request is; once it is admitted, the certificate for the key it asked for and,
/// as long as it is kept, the keyring.
pub(super) fn get_terminal_admission(
    exchange: &Exchange,
    request: &v1::GetTerminalAdmissionRequest,
) -> Result<v1::GetTerminalAdmissionResponse, Refused> {
    let (stored, _) = invited(exchange, binary_id(&request.invitation_id)?)?;
    let mut response = v1::GetTerminalAdmissionResponse::default();
    let state = state_of(exchange, &stored);
    response.set_state(state);
    if state == EnrolmentState::Approved {
        let party = admitted(exchange, &stored).ok_or_else(Refused::not_found)?;
        let key = RequestedKey::from_csr(&stored.csr).map_err(|e| broken(&e))?;
        let chain = exchange.ca.issue_client(&party, &key, exchange.clock.now_ms());
        let chain = chain.map_err(|e| broken(&e))?;
        response.certificates = chain.iter().map(|c| c.to_vec().into()).collect();
        response.keyring = stored.keyring.into();
    }
    Ok(response)
}
