use tsumugu_proto::v1::{self, ErrorReason};
use tsumugu_trust::hash::sha256;

use crate::exchange::{Exchange, TerminalCaller};
use crate::refused::Refused;
use crate::sequencer::{Command, OutgoingLetter};
use crate::services::statement;

/// Takes letters in: all or none.
pub(super) async fn send(
    exchange: &Exchange,
    caller: TerminalCaller,
    request: v1::SendRequest,
) -> Result<v1::SendResponse, Refused> {
    let limits = &exchange.settings.limits;
    if request.letters.is_empty() {
        return Err(Refused::new(ErrorReason::Malformed, "a call sends at least one letter"));
    }
    if request.letters.len() > limits.letters_per_send as usize {
        return Err(Refused::limit("letters_per_send", limits.letters_per_send));
    }
    let mut letters = Vec::with_capacity(request.letters.len());
    for letter in request.letters {
        if letter.body.len() > limits.letter_body_bytes as usize {
            return Err(Refused::limit("letter_body_bytes", limits.letter_body_bytes));
        }
        let envelope = statement(exchange, &letter.envelope)?;
        let digest = sha256(&[&letter.body]);
        letters.push(OutgoingLetter { envelope, digest, body: letter.body.to_vec() });
    }
    let receipts =
        exchange.receipts(Command::Send { institution: caller.institution(), letters }).await?;
    Ok(v1::SendResponse { receipts })
}
