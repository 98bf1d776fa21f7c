//! `tsumugu worker pin`: a worker's PIN (暗証番号) at this PC, with which the worker begins to sign here.

use serde::Serialize;

use super::mail::{choose_worker, elsewhere, exchange_mail, prove_pin};
use crate::args::WorkerPinArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::Seed;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::pin::Pin;
use crate::session::{Purpose, Session};
use crate::workers::{admit_worker, set_pin};

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PinSet {
    /// Id of the worker.
    pub worker: String,
    /// Whether the worker has a key at this PC only since now.
    pub admitted: bool,
}

/// Runs the command. The PIN stays at this PC.
///
/// A worker whom another PC added gets a key of this PC, admitted in the log. The PIN is kept first: a
/// crash after it leaves a PIN without a key, and the same command goes on.
///
/// # Errors
/// Nobody of that name or id in the office; the PIN so far is wrong; the exchange refuses, or is not
/// reached; the receipt does not prove the admission.
pub async fn run(ctx: &Context, args: &WorkerPinArgs) -> Result<PinSet, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    let mut mail = exchange_mail(&mut session).await?;
    mail.tell_unsent(ctx);
    let here = choose_worker(session.identity().terminal()?, Some(&args.worker));
    let unknown = match here.map(|worker| worker.id) {
        Ok(worker) => {
            prove_pin(&session, worker)?;
            set_pin(session.vault(), worker, &new_pin(ctx, args)?, Seed::new(ctx.random()))?;
            return Ok(PinSet { worker: worker.to_string(), admitted: false });
        }
        Err(unknown) => unknown,
    };
    let Some(worker) = elsewhere(session.vault(), &args.worker)? else {
        return Err(mail.why.take().unwrap_or(unknown));
    };
    if let Some(why) = mail.why.take() {
        return Err(why);
    }
    set_pin(session.vault(), worker.id, &new_pin(ctx, args)?, Seed::new(ctx.random()))?;
    let admitted = admit_worker(&mut session, worker.id, &worker.card, worker.salt).await?;
    Ok(PinSet { worker: worker.id.to_string(), admitted })
}

fn new_pin(ctx: &Context, args: &WorkerPinArgs) -> Result<Pin, Failure> {
    ctx.pins().create(args.new_pin_file.as_deref(), &mut |said| ctx.note(said))
}

impl Outcome for PinSet {
    fn lines(&self, page: &mut Page) {
        let key = if self.admitted { "worker.pin-and-key" } else { "worker.pin-set" };
        page.say(&Sentence::new(key).with("id", &self.worker));
    }
}
