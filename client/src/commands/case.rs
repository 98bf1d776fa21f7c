//! `tsumugu case`: one patient and stay (事例), the same at every PC of the office.

mod facts;
mod find;
mod join;
mod shown;
mod step;

use serde::Serialize;
use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::value::Id;

use super::mail::exchange_mail;
use super::office::{Written, write};
use super::shown::ShownMessage;
use crate::args::CaseCommand;
use crate::casefile::{CaseFile, standing};
use crate::context::Context;
use crate::failure::Failure;
use crate::mailbox::message::Message;
use crate::mailbox::{all, short_ids};
use crate::messages::Sentence;
use crate::office::{Key, get};
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};

pub(super) use find::find_case;
pub use shown::{OneCase, ShownCase};
pub(super) use shown::{ShownAdmission, admission_of};

/// Outcome of the command.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Cases {
    /// Something of one was written.
    Written(Written),
    /// All of them.
    List {
        /// What is late first, then what ends first.
        cases: Vec<ShownCase>,
    },
    /// One with what belongs to it.
    One(Box<OneCase>),
}

/// Runs the command.
///
/// # Errors
/// There is no such case; a step or fact that cannot be; an alarm; the vault cannot be opened.
pub async fn run(ctx: &Context, command: &CaseCommand) -> Result<Cases, Failure> {
    match command {
        CaseCommand::New { label, kana, facts, worker } => {
            let id = Id::for_message(ctx.now(), &ctx.random());
            let kana = kana.clone().unwrap_or_default();
            let (revision, label, closed) = (1, label.clone(), false);
            let case = v1::Case { id: id.to_string(), revision, label, kana, closed };
            let mut session = Session::open(ctx, Purpose::Act)?;
            let mut entries = vec![Said::Case(case)];
            entries.extend(facts::entries(&session, id, facts, worker.as_deref())?);
            written(&mut session, worker.as_deref(), id, entries, "begun").await
        }
        CaseCommand::Close { id, reopen, worker } => {
            let (mut session, id) = opened(ctx, id).await?;
            let case = changed(&session, id, !reopen)?;
            let what = if *reopen { "reopened" } else { "closed" };
            written(&mut session, worker.as_deref(), id, vec![Said::Case(case)], what).await
        }
        CaseCommand::List { all } => list(ctx, *all).await,
        CaseCommand::Show { id } => show(ctx, id).await,
        CaseCommand::Note(_) | CaseCommand::Record(_) => Err(Failure::new("command.not-here")),
        CaseCommand::Set { id, facts, worker } => {
            let (mut session, id) = opened(ctx, id).await?;
            let entries = facts::entries(&session, id, facts, worker.as_deref())?;
            written(&mut session, worker.as_deref(), id, entries, "set").await
        }
        CaseCommand::Step(args) => {
            let (mut session, id) = opened(ctx, &args.id).await?;
            let (entry, what) = step::entry(&session, id, args)?;
            written(&mut session, args.worker.as_deref(), id, vec![entry], what).await
        }
        CaseCommand::Join { one, other, undo, worker } => {
            let (mut session, id) = opened(ctx, one).await?;
            let (id, entry) = join::entry(&session, (id, one), other, *undo, worker.as_deref())?;
            let what = if *undo { "separated" } else { "joined" };
            written(&mut session, worker.as_deref(), id, vec![entry], what).await
        }
    }
}

/// The session with its mail, and the case that somebody means.
async fn opened<'c>(ctx: &'c Context, case: &str) -> Result<(Session<'c>, Id), Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    exchange_mail(&mut session).await?.tell_age(ctx);
    let id = find_case(&session, case)?;
    Ok((session, id))
}

/// Writes the records one after the other; each counts by itself, so a crash in between leaves the
/// first ones, and saying the rest again completes it.
async fn written(
    session: &mut Session<'_>,
    worker: Option<&str>,
    id: Id,
    entries: Vec<Said>,
    what: &'static str,
) -> Result<Cases, Failure> {
    if entries.is_empty() {
        return Err(Failure::nothing_to_do("case set"));
    }
    let mail = exchange_mail(session).await?;
    let mut logged = true;
    for entry in entries {
        logged &= write(session, &mail, worker, entry).await?;
    }
    let short_id = find::short_id(session, id)?;
    Ok(Cases::Written(Written { id: id.to_string(), short_id, logged, what }))
}

/// The office's record with the next revision; of a case that only letters tell of, the first one.
fn changed(session: &Session<'_>, id: Id, closed: bool) -> Result<v1::Case, Failure> {
    let file = CaseFile::gather(session, id)?;
    let known = match &file.record {
        Some(case) => case.clone(),
        None => v1::Case {
            id: id.to_string(),
            label: file.label().unwrap_or_else(|| find::short(id)),
            ..v1::Case::default()
        },
    };
    Ok(v1::Case { revision: known.revision + 1, closed, ..known })
}

async fn list(ctx: &Context, closed_too: bool) -> Result<Cases, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    exchange_mail(&mut session).await?.tell_age(ctx);
    let files = CaseFile::gather_all(&session)?;
    let short = find::short_ids_of(&files);
    let catalogues = ctx.catalogues();
    let catalogue = catalogues.newest().catalogue;
    let mut cases = Vec::new();
    for file in files.iter().filter(|file| closed_too || !file.is_closed()) {
        let timeline = standing(&session, file, catalogue, ctx.now())?;
        cases.push(ShownCase::of(file, &short, &timeline));
    }
    // Stable: cases of equal rank stay in the order of their beginning.
    cases.sort_by_key(ShownCase::urgency);
    Ok(Cases::List { cases })
}

async fn show(ctx: &Context, text: &str) -> Result<Cases, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    exchange_mail(&mut session).await?.tell_age(ctx);
    let id = find_case(&session, text)?;
    let file = CaseFile::gather(&session, id)?;
    let (vault, directory, now) = (session.vault(), session.directory(), ctx.now());
    let catalogues = ctx.catalogues();
    let short = short_ids(&all(vault)?);
    let mut messages = Vec::new();
    for letter in &file.letters {
        let Some(message) = Message::load(vault, letter.from, letter.id)? else { continue };
        let short_id = short.get(&message.id()).map(String::as_str).unwrap_or_default();
        messages.extend(ShownMessage::of(
            &message,
            short_id,
            vault,
            directory,
            (&catalogues, now),
        )?);
    }
    let timeline = standing(&session, &file, catalogues.newest().catalogue, now)?;
    let one = OneCase::of(&session, &file, &timeline, messages)?;
    Ok(Cases::One(Box::new(one)))
}

/// The revision that follows what is kept of a key.
fn next_revision(session: &Session<'_>, key: &Key) -> Result<u64, Failure> {
    Ok(get(session.vault(), key)?.map_or(1, |kept| kept.entry.revision() + 1))
}

impl Outcome for Cases {
    fn lines(&self, page: &mut Page) {
        match self {
            Self::Written(written) => {
                let key = match written.what {
                    "begun" => "office.case-begun",
                    "closed" => "office.case-closed",
                    "reopened" => "office.case-reopened",
                    "set" => "case.facts-set",
                    "done" => "case.step-done",
                    "skipped" => "case.step-skipped",
                    "taken-back" => "case.step-taken-back",
                    "joined" => "case.joined",
                    _ => "case.separated",
                };
                written.row(page, key);
            }
            Self::List { cases } if cases.is_empty() => page.say(&Sentence::new("office.no-cases")),
            Self::List { cases } => cases.iter().for_each(|case| case.rows(page)),
            Self::One(one) => one.lines(page),
        }
    }
}
