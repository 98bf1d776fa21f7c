//! Admitting a worker at this terminal.

use prost::Message;
use tsumugu_proto::v1;
use tsumugu_trust::directory::check_worker;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::statement::Statement;
use tsumugu_trust::value::{Id, Text, Value};

use super::make::{new_worker, worker_here};
use super::record;
use crate::failure::Failure;
use crate::identity::text::Bytes;
use crate::identity::{Identity, Party, RECORD as IDENTITY, Seed, TerminalKeys, WorkerSecret};
use crate::session::Session;
use crate::vault::Vault;

/// The folder of workers whose statement is not receipted yet.
const PENDING: &str = "worker-pending";

/// Admits a worker of the institution at this terminal, from what another terminal knows: id, bytes of
/// the card, and the salt of its commitment. Tells whether that was new; doing it again changes nothing.
///
/// # Errors
/// The card is none; the exchange is not reached, or refuses; `worker.removed`; the receipt does not
/// prove it, an alarm.
pub async fn admit_worker(
    session: &mut Session<'_>,
    id: Id,
    card: &[u8],
    salt: Seed,
) -> Result<bool, Failure> {
    let keys = session.identity().terminal()?;
    if keys.workers.iter().any(|worker| worker.id == id) {
        return Ok(false);
    }
    if record::is_removed(session.vault(), id)? {
        return Err(Failure::new("worker.removed"));
    }
    let worker = match load(session.vault(), id)? {
        Some(begun) => begun,
        None => {
            check_card(card)?;
            let worker = worker_here(session.ctx(), session.origin(), keys, id, card, salt)?;
            keep(session.vault(), &worker)?;
            worker
        }
    };
    settle(session, worker).await.map(|()| true)
}

/// Admits a worker whom the institution did not have; gives the id.
///
/// # Errors
/// As [`admit_worker`]; the name or role is no text of ours.
pub(crate) async fn new_here(
    session: &mut Session<'_>,
    name: &str,
    role: &str,
) -> Result<Id, Failure> {
    let keys = session.identity().terminal()?;
    // Begun before, and interrupted: not a second worker of the same name.
    let begun = waiting(session.vault())?;
    let is_same = |worker: &&WorkerSecret| {
        worker.card().is_some_and(|card| (card.name.as_str(), card.role.as_str()) == (name, role))
    };
    let worker = match begun.iter().find(is_same) {
        Some(begun) => begun.clone(),
        None => {
            let worker = new_worker(session.ctx(), session.origin(), keys, name, role)?;
            keep(session.vault(), &worker)?;
            worker
        }
    };
    let id = worker.id;
    settle(session, worker).await.map(|()| id)
}

/// Goes on with every admission that was interrupted.
///
/// # Errors
/// As [`admit_worker`].
pub async fn settle_workers(session: &mut Session<'_>) -> Result<(), Failure> {
    for worker in waiting(session.vault())? {
        settle(session, worker).await?;
    }
    Ok(())
}

/// Hands in a worker's statement and takes its receipt in.
///
/// # Errors
/// As [`admit_worker`]; then nothing was stored.
pub(crate) async fn certify(
    session: &mut Session<'_>,
    worker: &mut WorkerSecret,
) -> Result<(), Failure> {
    let bytes = worker.statement().to_vec();
    let request = v1::PublishStatementRequest { statement: bytes.clone().into() };
    let answer = session.connect().await?.publish_statement(request).await?;
    let verified = session.verify_answer(answer.receipt.as_ref(), Some(&bytes)).await?;
    let checked = Statement::parse(&bytes)
        .map_err(|error| Failure::new("vault.damaged").with("file", IDENTITY).because(error))
        .and_then(|statement| {
            check_worker(session.directory(), verified.at, &statement)
                .map_err(|refusal| Failure::bad_proof("worker").because(refusal))
        });
    session.keep_alarm(checked)?;
    let receipt = answer.receipt.ok_or_else(|| crate::rpc::incomplete("receipt"))?;
    worker.receipt = Bytes::new(receipt.encode_to_vec());
    Ok(())
}

/// Whether a worker statement for this terminal is one that was made here.
///
/// # Errors
/// As [`Vault::read_json`].
pub(crate) fn is_made_here(
    vault: &Vault,
    keys: &TerminalKeys,
    id: Id,
    digest: Hash,
) -> Result<bool, Failure> {
    let is_it = |worker: &WorkerSecret| {
        Statement::parse(worker.statement()).is_ok_and(|made| made.digest() == digest)
    };
    if keys.workers.iter().any(is_it) || load(vault, id)?.as_ref().is_some_and(is_it) {
        return Ok(true);
    }
    // Another process may have settled it since this one began.
    let stored = Identity::load(vault)?;
    let workers = stored.as_ref().and_then(|identity| identity.terminal().ok()).map(|k| &k.workers);
    Ok(workers.is_some_and(|workers| workers.iter().any(is_it)))
}

/// The workers whose statement is not receipted yet.
///
/// # Errors
/// As [`Vault::read_json`].
pub(crate) fn waiting(vault: &Vault) -> Result<Vec<WorkerSecret>, Failure> {
    let mut all = Vec::new();
    for path in vault.list(PENDING)? {
        all.extend(vault.read_json(&path)?);
    }
    Ok(all)
}

/// No longer waits for an admission.
pub(super) fn give_up(vault: &Vault, id: Id) -> Result<(), Failure> {
    Ok(vault.remove(&path(id))?)
}

/// The identity first, then the mark: a crash in between leaves both, and the mark goes the next time.
async fn settle(session: &mut Session<'_>, mut worker: WorkerSecret) -> Result<(), Failure> {
    let id = worker.id;
    let known = session.identity().terminal()?.workers.iter().any(|one| one.id == id);
    if !known {
        match certify(session, &mut worker).await {
            // Admitted here before, or removed everywhere: these bytes are never taken.
            Err(never) if never.key() == "server.rule" => {
                give_up(session.vault(), id)?;
                return Err(Failure::new("worker.removed").because(never));
            }
            certified => certified?,
        }
        session.update_identity(|identity| {
            if let Party::Terminal(keys) = &mut identity.party
                && !keys.workers.iter().any(|one| one.id == id)
            {
                keys.workers.push(worker);
            }
        })?;
    }
    give_up(session.vault(), id)
}

fn check_card(card: &[u8]) -> Result<(), Failure> {
    let bad = || Failure::new("worker.bad-card");
    let card = v1::WorkerCard::decode(card).map_err(|error| bad().because(error))?;
    let shown = |text: &str| Text::decode(text).is_some();
    if shown(&card.name) && (card.role.is_empty() || shown(&card.role)) {
        Ok(())
    } else {
        Err(bad())
    }
}

fn keep(vault: &Vault, worker: &WorkerSecret) -> Result<(), Failure> {
    Ok(vault.write_json(&path(worker.id), worker)?)
}

fn load(vault: &Vault, id: Id) -> Result<Option<WorkerSecret>, Failure> {
    Ok(vault.read_json(&path(id))?)
}

fn path(id: Id) -> String {
    format!("{PENDING}/{id}")
}
