use std::sync::Arc;

use tsumugu_proto::v1::{self, ErrorReason};

use crate::exchange::{Exchange, TerminalCaller};
use crate::refused::Refused;
use crate::sequencer::Command;
use crate::services::statement;

/// Logs what went past the exchange. It counts as a letter of the day: it may be as long as one, and
/// is kept for good.
pub(super) async fn record_off_system(
    exchange: &Arc<Exchange>,
    caller: TerminalCaller,
    request: v1::RecordOffSystemRequest,
) -> Result<v1::RecordOffSystemResponse, Refused> {
    let statement = statement(exchange, &request.statement)?;
    let digest = statement.digest();
    let is_known = exchange.reading(move |exchange| Ok(exchange.reader.is_known(digest)?)).await?;
    let institution = caller.institution();
    let mut charged = None;
    if !is_known {
        exchange.space.check()?;
        let bytes = request.detail.len() as u64;
        charged = Some(exchange.quota.charge_letters(institution, 1, bytes, exchange.now())?);
    }
    let detail = request.detail.to_vec();
    let command = Command::RecordOffSystem { institution, statement, detail };
    match exchange.first_receipt(command).await {
        Ok(receipt) => Ok(v1::RecordOffSystemResponse { receipt }),
        Err(refused) => {
            // As for letters: when the exchange is stopping nobody knows whether it was taken in.
            if let Some(charged) = charged.filter(|_| refused.reason != ErrorReason::Unavailable) {
                exchange.quota.refund(charged);
            }
            Err(refused)
        }
    }
}
