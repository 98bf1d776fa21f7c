//! `tsumugu claim`: somebody takes a message on (担当), so that two do not answer it.

use serde::Serialize;
use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;

use super::mail::{chosen, exchange_mail, find_message};
use super::office::{worker, write};
use super::shown::ShownWorker;
use crate::args::ClaimArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::office::{self, Key};
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};

/// Outcome of the command.
#[derive(Debug, Serialize)]
pub struct Claimed {
    /// The message.
    pub id: String,
    /// Who has it now; nobody when it was given back.
    pub worker: Option<ShownWorker>,
    /// Who had it before, where that was somebody else.
    pub before: Option<ShownWorker>,
    /// Whether the other PCs get it; else it waits in the outbox.
    pub logged: bool,
}

/// Runs the command. Who takes on what a colleague has is told so; it is no lock.
///
/// # Errors
/// There is no such message; no worker; an alarm; the vault cannot be opened.
pub async fn run(ctx: &Context, args: &ClaimArgs) -> Result<Claimed, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_age(ctx);
    let (from, id) = find_message(&mut session, &args.id).await?;
    let known = office::get(session.vault(), &Key::Claim(from, id))?;
    let revision = known.as_ref().map_or(0, |known| known.entry.revision()) + 1;
    let had = known.and_then(|known| match known.entry.said() {
        Said::Claim(claim) if !claim.worker_id.is_empty() => Some(claim.worker_id.clone()),
        _ => None,
    });
    let ours = chosen(&session, args.worker.as_deref())?.id;
    let ours = ours.to_string();
    let worker_id = if args.release { String::new() } else { ours.clone() };
    let claim = v1::Claim {
        from: from.to_string(),
        id: id.to_string(),
        revision,
        worker_id: worker_id.clone(),
    };
    let said = Said::Claim(claim);
    let logged = write(&mut session, &mail, args.worker.as_deref(), said).await?;
    let before = had.filter(|had| *had != ours);
    Ok(Claimed {
        id: id.to_string(),
        worker: worker(&session, &worker_id)?,
        before: before.map_or(Ok(None), |before| worker(&session, &before))?,
        logged,
    })
}

impl Outcome for Claimed {
    fn lines(&self, page: &mut Page) {
        match &self.worker {
            Some(worker) => page.row(&format!("    {}  担当 by: {}", self.id, worker.row())),
            None => page.say(&Sentence::new("office.released").with("id", &self.id)),
        }
        if let Some(before) = &self.before {
            page.say(&Sentence::new("office.was-claimed"));
            page.row(&format!("    {}", before.row()));
        }
        if !self.logged {
            page.say(&Sentence::new("office.only-here"));
        }
    }
}
