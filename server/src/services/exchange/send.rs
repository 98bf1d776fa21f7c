use std::sync::Arc;

use tsumugu_proto::v1::{self, ErrorReason};
use tsumugu_trust::hash::sha256;

use crate::bounds::quota::Charged;
use crate::exchange::{Exchange, TerminalCaller};
use crate::refused::Refused;
use crate::sequencer::{Command, OutgoingLetter};
use crate::services::statement;

/// Takes letters in: all or none.
pub(super) async fn send(
    exchange: &Arc<Exchange>,
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
    let charged = charge(exchange, caller, &letters).await?;
    let command = Command::Send { institution: caller.institution(), letters };
    match exchange.receipts(command).await {
        Ok(receipts) => Ok(v1::SendResponse { receipts }),
        Err(refused) => {
            // What was refused was not taken in. When the exchange is stopping nobody knows that.
            if let Some(charged) = charged.filter(|_| refused.reason != ErrorReason::Unavailable) {
                exchange.quota.refund(charged);
            }
            Err(refused)
        }
    }
}

/// Whether there is room for letters, today and on the disk. Those that are in the log already need
/// none: who lost our answer gets the first receipt, also when the day's quota or the disk is full.
async fn charge(
    exchange: &Arc<Exchange>,
    caller: TerminalCaller,
    letters: &[OutgoingLetter],
) -> Result<Option<Charged>, Refused> {
    let sizes: Vec<_> =
        letters.iter().map(|one| (one.envelope.digest(), one.body.len() as u64)).collect();
    let new = exchange.reading(move |exchange| {
        let mut new = (0, 0);
        for (digest, bytes) in sizes {
            if !exchange.reader.is_known(digest)? {
                new = (new.0 + 1, new.1 + bytes);
            }
        }
        Ok(new)
    });
    let (count, bytes) = new.await?;
    if count == 0 {
        return Ok(None);
    }
    exchange.space.check()?;
    let charged =
        exchange.quota.charge_letters(caller.institution(), count, bytes, exchange.now())?;
    Ok(Some(charged))
}
