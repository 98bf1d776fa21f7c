//! `tsumugu case`: one patient and stay (事例), the same at every PC of the office.

use serde::Serialize;
use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::value::Id;

use super::mail::exchange_mail;
use super::office::{Written, find, listed, short_id, write};
use super::shown::ShownMessage;
use crate::args::CaseCommand;
use crate::context::Context;
use crate::failure::Failure;
use crate::mailbox::message::Message;
use crate::mailbox::{all, short_ids};
use crate::messages::Sentence;
use crate::office::Kept;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};

/// Outcome of the command.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Cases {
    /// One was begun, closed or opened again.
    Written(Written),
    /// All of them.
    List {
        /// Oldest first.
        cases: Vec<ShownCase>,
    },
    /// One with what belongs to it.
    One(Box<OneCase>),
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownCase {
    /// Id.
    pub id: String,
    /// The beginning of the id that no other case has.
    pub short_id: String,
    /// How the office calls it.
    pub label: String,
    /// The patient's reading.
    pub kana: Option<String>,
    /// Whether it is closed.
    pub closed: bool,
    /// Whether the other PCs have it.
    pub logged: bool,
}

/// A case with what belongs to it.
#[derive(Debug, Serialize)]
pub struct OneCase {
    /// The case.
    #[serde(flatten)]
    pub case: ShownCase,
    /// Its messages, in the order of their making.
    pub messages: Vec<ShownMessage>,
    /// Ids of its drafts.
    pub drafts: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// There is no such case; an alarm; the vault cannot be opened.
pub async fn run(ctx: &Context, command: &CaseCommand) -> Result<Cases, Failure> {
    match command {
        CaseCommand::New { label, kana, worker } => {
            let id = Id::for_message(ctx.now(), &ctx.random());
            let kana = kana.clone().unwrap_or_default();
            let (revision, label, closed) = (1, label.clone(), false);
            let case = v1::Case { id: id.to_string(), revision, label, kana, closed };
            change(ctx, worker.as_deref(), |_| Ok((id, case, "begun"))).await
        }
        CaseCommand::Close { id, reopen, worker } => {
            change(ctx, worker.as_deref(), |session| {
                let (id, kept) = find(session.vault(), "case", id)?;
                let mut case = case(&kept)?.clone();
                case.revision += 1;
                case.closed = !reopen;
                Ok((id, case, if *reopen { "reopened" } else { "closed" }))
            })
            .await
        }
        CaseCommand::List { all } => list(ctx, *all).await,
        CaseCommand::Show { id } => show(ctx, id).await,
        CaseCommand::Note(_) | CaseCommand::Record(_) => Err(Failure::new("command.not-here")),
        CaseCommand::Step { .. } => Err(Failure::new("command.not-here")),
    }
}

async fn change(
    ctx: &Context,
    worker: Option<&str>,
    make: impl FnOnce(&Session<'_>) -> Result<(Id, v1::Case, &'static str), Failure>,
) -> Result<Cases, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_age(ctx);
    let (id, case, what) = make(&session)?;
    let logged = write(&mut session, &mail, worker, Said::Case(case)).await?;
    let short_id = short_id(session.vault(), "case", id)?;
    Ok(Cases::Written(Written { id: id.to_string(), short_id, logged, what }))
}

async fn list(ctx: &Context, closed_too: bool) -> Result<Cases, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    exchange_mail(&mut session).await?.tell_age(ctx);
    let mut cases = Vec::new();
    for (id, kept) in listed(session.vault(), "case")? {
        let shown = shown(&session, id, &kept)?;
        if closed_too || !shown.closed {
            cases.push(shown);
        }
    }
    Ok(Cases::List { cases })
}

async fn show(ctx: &Context, id: &str) -> Result<Cases, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    exchange_mail(&mut session).await?.tell_age(ctx);
    let (id, kept) = find(session.vault(), "case", id)?;
    let (vault, directory, now) = (session.vault(), session.directory(), ctx.now());
    let catalogues = ctx.catalogues();
    let known = all(vault)?;
    let short = short_ids(&known);
    let mut messages = Vec::new();
    for (from, message) in &known {
        let Some(message) = Message::load(vault, *from, *message)? else { continue };
        let letter = message.read_letter(vault, directory).ok().flatten();
        let is_of_it = letter.is_some_and(|letter| letter.case_id() == Some(id));
        if is_of_it && !message.is_of_the_office() {
            let short_id = short.get(&message.id()).map(String::as_str).unwrap_or_default();
            messages.extend(ShownMessage::of(
                &message,
                short_id,
                vault,
                directory,
                (&catalogues, now),
            )?);
        }
    }
    let is_of_it = |kept: &Kept| match kept.entry.said() {
        Said::Draft(draft) => !draft.ended && draft.case_id == id.to_string(),
        _ => false,
    };
    let drafts = listed(vault, "draft")?.into_iter().filter(|(_, kept)| is_of_it(kept));
    let drafts = drafts.map(|(id, _)| id.to_string()).collect();
    let case = shown(&session, id, &kept)?;
    Ok(Cases::One(Box::new(OneCase { case, messages, drafts })))
}

fn case(kept: &Kept) -> Result<&v1::Case, Failure> {
    match kept.entry.said() {
        Said::Case(case) => Ok(case),
        _ => Err(Failure::fault("another record under a case's key")),
    }
}

fn shown(session: &Session<'_>, id: Id, kept: &Kept) -> Result<ShownCase, Failure> {
    let said = case(kept)?;
    Ok(ShownCase {
        id: id.to_string(),
        short_id: short_id(session.vault(), "case", id)?,
        label: said.label.clone(),
        kana: Some(said.kana.clone()).filter(|kana| !kana.is_empty()),
        closed: said.closed,
        logged: kept.index.is_some(),
    })
}

impl Outcome for Cases {
    fn lines(&self, page: &mut Page) {
        match self {
            Self::Written(written) => {
                let key = match written.what {
                    "begun" => "office.case-begun",
                    "closed" => "office.case-closed",
                    _ => "office.case-reopened",
                };
                written.row(page, key);
            }
            Self::List { cases } if cases.is_empty() => page.say(&Sentence::new("office.no-cases")),
            Self::List { cases } => cases.iter().for_each(|case| case.row(page)),
            Self::One(one) => {
                one.case.row(page);
                one.messages.iter().for_each(|message| page.row(&message.row(&message.from)));
                one.drafts.iter().for_each(|id| page.row(&format!("    下書き draft {id}")));
            }
        }
    }
}

impl ShownCase {
    fn row(&self, page: &mut Page) {
        let kana = self.kana.as_deref().map(|kana| format!("（{kana}）")).unwrap_or_default();
        let closed = if self.closed { "  終了 closed" } else { "" };
        page.row(&format!("    {}  {}{kana}{closed}", self.short_id, self.label));
    }
}
