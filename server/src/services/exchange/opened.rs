use tsumugu_proto::v1;

use crate::exchange::{Exchange, TerminalCaller};
use crate::refused::Refused;
use crate::sequencer::Command;
use crate::services::statement;

/// Logs that a person opened a letter. When somebody opened it before, that one's receipt comes back
/// with its record.
pub(super) async fn opened(
    exchange: &Exchange,
    caller: TerminalCaller,
    request: v1::OpenedRequest,
) -> Result<v1::OpenedResponse, Refused> {
    let statement = statement(exchange, &request.statement)?;
    let bytes = statement.bytes();
    let command = Command::Opened { institution: caller.institution(), statement };
    let done = exchange.sequencer.submit(command).await?;
    let crate::sequencer::Outcome::Leaves(leaves) = done.outcome else {
        return Err(Refused::not_found());
    };
    let leaf = leaves.first().ok_or_else(Refused::not_found)?;
    let receipt = exchange.receipt(leaf, &done.published, leaf.record != bytes)?;
    Ok(v1::OpenedResponse { receipt: Some(receipt) })
}
