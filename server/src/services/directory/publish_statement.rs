use tsumugu_proto::v1;

use crate::exchange::{Exchange, TerminalCaller};
use crate::refused::Refused;
use crate::sequencer::Command;
use crate::services::statement;

/// Appends what an institution says about itself, over a connection of its own.
pub(super) async fn publish_statement(
    exchange: &Exchange,
    caller: TerminalCaller,
    request: v1::PublishStatementRequest,
) -> Result<v1::PublishStatementResponse, Refused> {
    let statement = statement(exchange, &request.statement)?;
    let receipt = exchange
        .first_receipt(Command::Publish {
            institution: caller.institution(),
            terminal: caller.terminal(),
            statement,
        })
        .await?;
    Ok(v1::PublishStatementResponse { receipt })
}
