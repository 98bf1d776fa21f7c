//! `tsumugu worker remove`: a worker leaves the office.

use serde::Serialize;
use tsumugu_trust::value::Id;

use super::mail::{Mail, choose_worker, elsewhere, exchange_mail, say_queued};
use crate::args::WorkerRemoveArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};
use crate::workers::{records, remove_worker, unregister};

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// The worker.
    pub worker: String,
    /// Index of the removal in the log.
    pub index: u64,
}

/// Runs the command.
///
/// # Errors
/// Nobody of that name or id; the exchange refuses or is not reached; the receipt does not prove it.
pub async fn run(ctx: &Context, args: &WorkerRemoveArgs) -> Result<Removed, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    // What waits in the outbox was signed by somebody: it goes out before a key is destroyed.
    let mut mail = exchange_mail(&mut session).await?;
    if let Some(why) = mail.why.take() {
        return Err(why);
    }
    mail.tell_unsent(ctx);
    let worker = find(&session, &args.worker)?;
    strike_out(&mut session, &mail, worker).await?;
    let index = remove_worker(&mut session, worker).await?;
    Ok(Removed { worker: worker.to_string(), index })
}

/// A worker of the office by name or id; one whom nothing names by the whole id.
fn find(session: &Session<'_>, typed: &str) -> Result<Id, Failure> {
    let unknown = match choose_worker(session.identity().terminal()?, Some(typed)) {
        Ok(worker) => return Ok(worker.id),
        Err(unknown) => unknown,
    };
    if let Some(known) = elsewhere(session.vault(), typed)? {
        return Ok(known.id);
    }
    let known = records(session.vault())?;
    let found = known.iter().find(|(id, record)| id.to_string() == typed && !record.removed);
    found.map(|(id, _)| *id).ok_or(unknown)
}

/// Takes the name out of the office's register. First, while the one who leaves may still sign it, if
/// nobody else is here: a crash after it leaves a worker without a name at the other PCs, whom the same
/// command still finds here, and any other PC by the id.
async fn strike_out(session: &mut Session<'_>, mail: &Mail, worker: Id) -> Result<(), Failure> {
    let here = &session.identity().terminal()?.workers;
    let by = here.iter().find(|one| one.id != worker).or(here.first()).cloned();
    let Some(by) = by else { return Ok(()) };
    if let Some(entry) = unregister(session, &by, worker)? {
        say_queued(session, mail, &entry).await?;
    }
    Ok(())
}

impl Outcome for Removed {
    fn lines(&self, page: &mut Page) {
        page.say(&Sentence::new("worker.removed-now").with("id", &self.worker));
    }
}
