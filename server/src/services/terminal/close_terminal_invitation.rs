use tsumugu_proto::v1;

use super::own;
use crate::exchange::{Exchange, TerminalCaller, broken};
use crate::refused::Refused;

/// Closes an invitation: withdrawn by whoever invited, or done with by the terminal that it admitted.
/// The keyring goes either way.
pub(super) async fn close_terminal_invitation(
    exchange: &Exchange,
    caller: TerminalCaller,
    request: &v1::CloseTerminalInvitationRequest,
) -> Result<v1::CloseTerminalInvitationResponse, Refused> {
    let _one = exchange.pending.lock().await;
    let (id, mut stored) = own(exchange, caller, &request.invitation_id)?;
    stored.closed = true;
    stored.keyring.clear();
    exchange.pending.put_terminal(id, &stored).map_err(|e| broken(&e))?;
    Ok(v1::CloseTerminalInvitationResponse {})
}
