//! Removing a worker, at all terminals.

use tsumugu_proto::v1;
use tsumugu_trust::directory::check_worker_removed;
use tsumugu_trust::statement::{WorkerRemoved, sign};
use tsumugu_trust::value::Id;

use super::admit::give_up;
use super::pin;
use super::record::note_removed;
use crate::failure::Failure;
use crate::identity::Party;
use crate::session::Session;

/// Removes a worker of the institution, and destroys the worker's key here. The other terminals destroy
/// theirs when they see the record. What the worker signed before stays valid. Gives the index in the log.
///
/// A crash after the record was logged leaves the key, which the next mailbox destroys.
///
/// # Errors
/// The exchange is not reached, or refuses; the receipt does not prove it, an alarm.
pub async fn remove_worker(session: &mut Session<'_>, worker: Id) -> Result<u64, Failure> {
    let keys = session.identity().terminal()?;
    let key = keys.institution_key(session.origin())?;
    let lines = WorkerRemoved { institution: keys.institution, worker };
    let statement = sign(session.origin(), &lines, &[&key])
        .map_err(|error| Failure::fault("statement").because(error))?;
    let bytes = statement.bytes();
    let request = v1::PublishStatementRequest { statement: bytes.clone().into() };
    let answer = session.connect().await?.publish_statement(request).await?;
    let verified = session.verify_answer(answer.receipt.as_ref(), Some(&bytes)).await?;
    let checked = check_worker_removed(session.directory(), verified.at, &statement)
        .map_err(|refusal| Failure::bad_proof("worker").because(refusal));
    session.keep_alarm(checked)?;
    forget(session, worker, verified.at.index)?;
    Ok(verified.at.index)
}

/// Destroys key and PIN of a worker whom the leaf of that index removed.
///
/// # Errors
/// The vault.
pub(crate) fn forget(session: &mut Session<'_>, worker: Id, index: u64) -> Result<(), Failure> {
    note_removed(session.vault(), worker, index)?;
    pin::forget(session.vault(), worker)?;
    give_up(session.vault(), worker)?;
    let is_here = session.identity().terminal()?.workers.iter().any(|one| one.id == worker);
    if !is_here {
        return Ok(());
    }
    session.update_identity(|identity| {
        if let Party::Terminal(keys) = &mut identity.party {
            keys.workers.retain(|one| one.id != worker);
        }
    })
}
