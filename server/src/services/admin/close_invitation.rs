use tsumugu_proto::v1;

use crate::exchange::Exchange;
use crate::refused::Refused;
use crate::sequencer::Command;
use crate::services::statement;

/// Closes an invitation: rejected or withdrawn. What came for it stays in its file, unused.
pub(super) async fn close_invitation(
    exchange: &Exchange,
    request: v1::CloseInvitationRequest,
) -> Result<v1::CloseInvitationResponse, Refused> {
    let _one = exchange.pending.lock().await;
    let closed = statement(exchange, &request.statement)?;
    let receipt = exchange.first_receipt(Command::CloseInvitation { closed }).await?;
    Ok(v1::CloseInvitationResponse { receipt })
}
