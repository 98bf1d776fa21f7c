//! `tsumugu worker add`: a worker more, who signs at this PC; the office's other PCs learn the name.

use serde::Serialize;
use tsumugu_trust::value::{Id, Value};
use unicode_normalization::UnicodeNormalization;

use super::mail::{elsewhere, exchange_mail, say_queued};
use crate::args::WorkerAddArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};
use crate::workers::{new_here, register, settle_workers};

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Added {
    /// Id of the worker.
    pub worker: String,
    /// Whether the log has name and role for the other PCs; else they wait in the outbox.
    pub logged: bool,
}

/// Runs the command; running it again after a crash goes on with the same keys.
///
/// # Errors
/// Somebody of that name signs here, or at another PC; the exchange refuses or is not reached; the
/// receipt does not prove the admission.
pub async fn run(ctx: &Context, args: &WorkerAddArgs) -> Result<Added, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    let text = |typed: &str| typed.trim().nfc().collect::<String>();
    let (name, role) = (text(&args.name), text(&args.role));
    for (typed, option) in [(&name, "--name"), (&role, "--role")] {
        tsumugu_trust::value::Text::decode(typed).ok_or_else(|| Failure::usage(option))?;
    }
    let mut mail = exchange_mail(&mut session).await?;
    if let Some(why) = mail.why.take() {
        return Err(why);
    }
    mail.tell_unsent(ctx);
    let id = match unregistered(&session, &name, &role)? {
        Some(id) => id,
        None => {
            refuse_namesake(&session, &name)?;
            new_here(&mut session, &name, &role).await?
        }
    };
    settle_workers(&mut session).await?;
    let logged = match register(&session)? {
        Some(entry) => say_queued(&mut session, &mail, &entry).await?.waiting.is_empty(),
        None => true,
    };
    Ok(Added { worker: id.to_string(), logged })
}

/// One who was admitted just before a crash, and whose name the other PCs do not have yet.
fn unregistered(session: &Session<'_>, name: &str, role: &str) -> Result<Option<Id>, Failure> {
    let here = session.identity().terminal()?.workers.iter().find(|worker| {
        worker.card().is_some_and(|card| (card.name.as_str(), card.role.as_str()) == (name, role))
    });
    let Some(here) = here.map(|worker| worker.id) else { return Ok(None) };
    let known = crate::workers::registered(session.vault())?;
    Ok(Some(here).filter(|here| !known.iter().any(|one| one.id == *here)))
}

/// Whoever is chosen by name would be one of two.
fn refuse_namesake(session: &Session<'_>, name: &str) -> Result<(), Failure> {
    let here = &session.identity().terminal()?.workers;
    if here.iter().any(|one| one.card().is_some_and(|card| card.name == name)) {
        return Err(Failure::new("worker.there-already"));
    }
    let namesake = elsewhere(session.vault(), name)?.and_then(|one| one.card());
    match namesake {
        Some(card) if card.name == name => Err(Failure::new("worker.in-the-office")),
        _ => Ok(()),
    }
}

impl Outcome for Added {
    fn lines(&self, page: &mut Page) {
        page.say(&Sentence::new("worker.added").with("id", &self.worker));
        if !self.logged {
            page.say(&Sentence::new("office.only-here"));
        }
    }
}
