//! `tsumugu worker remove`: a worker leaves the office.

use serde::Serialize;
use tsumugu_trust::value::Id;

use super::mail::{choose_worker, exchange_mail};
use crate::args::WorkerRemoveArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};
use crate::workers::{records, remove_worker};

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
    let mail = exchange_mail(&mut session).await?;
    mail.tell_unsent(ctx);
    let worker = find(&session, &args.worker)?;
    let index = remove_worker(&mut session, worker).await?;
    Ok(Removed { worker: worker.to_string(), index })
}

/// A worker of this PC by name or id; one of other PCs by the whole id.
fn find(session: &Session<'_>, typed: &str) -> Result<Id, Failure> {
    let elsewhere = || -> Result<Option<Id>, Failure> {
        let known = records(session.vault())?;
        let found = known.iter().find(|(id, record)| id.to_string() == typed && !record.removed);
        Ok(found.map(|(id, _)| *id))
    };
    match choose_worker(session.identity().terminal()?, Some(typed)) {
        Ok(worker) => Ok(worker.id),
        Err(unknown) => elsewhere()?.ok_or(unknown),
    }
}

impl Outcome for Removed {
    fn lines(&self, page: &mut Page) {
        page.say(&Sentence::new("worker.removed-now").with("id", &self.worker));
    }
}
