use tsumugu_proto::v1;

use crate::exchange::{Exchange, TerminalCaller};
use crate::refused::Refused;
use crate::sequencer::Command;
use crate::services::statement;

/// Logs the recipient's answer.
pub(super) async fn dispose(
    exchange: &Exchange,
    caller: TerminalCaller,
    request: v1::DisposeRequest,
) -> Result<v1::DisposeResponse, Refused> {
    let statement = statement(exchange, &request.statement)?;
    let command = Command::Dispose {
        institution: caller.institution(),
        statement,
        detail: request.detail.to_vec(),
    };
    let receipt = exchange.first_receipt(command).await?;
    Ok(v1::DisposeResponse { receipt })
}
