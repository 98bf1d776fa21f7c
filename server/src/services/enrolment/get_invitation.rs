use tsumugu_proto::v1;

use crate::exchange::{Exchange, broken};
use crate::refused::Refused;
use crate::services::binary_id;

/// The document of an invitation. It is a secret only as its id is: it holds names that the
/// administrators print anyway, and keys.
pub(super) fn get_invitation(
    exchange: &Exchange,
    request: &v1::GetInvitationRequest,
) -> Result<v1::GetInvitationResponse, Refused> {
    let id = binary_id(&request.invitation_id)?;
    exchange.bounds.call_for(id, exchange.now())?;
    if let Some(terminal) = exchange.pending.terminal(id).map_err(|e| broken(&e))? {
        return Ok(v1::GetInvitationResponse { document: terminal.document });
    }
    let stored =
        exchange.pending.invitation(id).map_err(|e| broken(&e))?.ok_or_else(Refused::not_found)?;
    // A document whose invitation did not reach the log is none.
    let is_bootstrap = stored.invitation.is_empty();
    if !is_bootstrap && exchange.reader.invitation(id)?.is_none() {
        return Err(Refused::not_found());
    }
    Ok(v1::GetInvitationResponse { document: stored.document })
}
