use tsumugu_proto::v1;

use super::{own, state_of};
use crate::exchange::{Exchange, TerminalCaller};
use crate::refused::Refused;

/// The request that came for an invitation of the caller's institution.
pub(super) fn get_terminal_request(
    exchange: &Exchange,
    caller: TerminalCaller,
    request: &v1::GetTerminalRequestRequest,
) -> Result<v1::GetTerminalRequestResponse, Refused> {
    let (_, stored) = own(exchange, caller, &request.invitation_id)?;
    let mut response = v1::GetTerminalRequestResponse::default();
    response.set_state(state_of(exchange, &stored));
    response.request = stored.request.into();
    response.mac = stored.mac.into();
    Ok(response)
}
