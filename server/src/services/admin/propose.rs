use std::sync::Arc;

use tsumugu_proto::v1::{self, ErrorReason};
use tsumugu_trust::directory::{Directory, Refusal, check_hold};
use tsumugu_trust::statement::{AnyBody, CatalogueRelease, Statement};

use super::approve::{counted, here};
use crate::exchange::{Exchange, broken};
use crate::refused::Refused;
use crate::sequencer::{Command, check_next_hold, check_proposal};
use crate::services::statement;

/// Takes one administrator's signature under a standing, a FAX-only entry, a removal, a catalogue or a
/// hold.
pub(super) async fn propose(
    exchange: &Arc<Exchange>,
    request: v1::ProposeRequest,
) -> Result<v1::ProposeResponse, Refused> {
    let _one = exchange.pending.lock().await;
    let signed = statement(exchange, &request.statement)?;
    let directory = exchange.reader.published().directory.clone();
    check_proposal(&directory, &signed)?;
    if directory.administrators_signed(&signed) != 1 || signed.signatures().len() != 1 {
        return Err(Refused::new(
            ErrorReason::BadSignature,
            "not signed by exactly one administrator",
        ));
    }
    if let AnyBody::CatalogueRelease(release) = &signed.body {
        complete(exchange, release.clone()).await?;
    }
    let digest = signed.digest();
    let merged = match exchange
        .pending
        .proposal(digest)
        .map_err(|e| broken(&e))?
        .and_then(|bytes| Statement::parse(&bytes).ok())
    {
        Some(kept) => directory.with_present_signatures(&kept.merge(&signed)?)?,
        None => signed,
    };
    let (signatures, needed) = counted(exchange, &merged);
    let known = exchange.reader.leaf_of_command(digest)?.is_some();
    if !known {
        match rules(exchange, &directory, &merged)? {
            Err(Refusal::Signature) => {
                exchange.pending.put_proposal(digest, &merged.bytes()).map_err(|e| broken(&e))?;
                return Ok(v1::ProposeResponse { receipt: None, signatures, needed });
            }
            other => other?,
        }
    }
    let receipt = exchange.first_receipt(Command::Administrate { statement: merged }).await?;
    exchange.pending.remove_proposal(digest).map_err(|e| broken(&e))?;
    Ok(v1::ProposeResponse { receipt, signatures, needed })
}

/// Whether every file of a release is here: what is in the log, terminals must be able to get. Files are
/// removed under the lock that is held until the release is committed, and not at all afterwards.
async fn complete(exchange: &Arc<Exchange>, release: CatalogueRelease) -> Result<(), Refused> {
    let reading = exchange.reading(move |exchange| {
        let missing = exchange.releases.missing(&release).map_err(|e| broken(&e))?;
        let Some(file) = missing.first() else { return Ok(()) };
        let refused = Refused::new(ErrorReason::Rule, format!("the file {file} was not handed in"));
        Err(refused.with("rule", "catalogue-files"))
    });
    reading.await
}

/// Every rule, asked before the sequencer asks them again; [`Refusal::Signature`] when only signatures are
/// missing.
fn rules(
    exchange: &Exchange,
    directory: &Directory,
    merged: &Statement,
) -> Result<Result<(), Refusal>, Refused> {
    let at = here(exchange);
    let AnyBody::Hold(hold) = &merged.body else {
        return Ok(directory.clone().apply(at, merged));
    };
    let message = exchange.reader.message(hold.from, hold.id)?;
    check_next_hold(message.as_ref(), exchange.reader.hold(hold.from, hold.id)?, hold)?;
    Ok(check_hold(directory, at, merged).map(|_| ()))
}
