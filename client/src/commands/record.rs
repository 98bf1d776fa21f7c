//! `tsumugu record`: what went past the exchange (FAX、郵送、訪問、電話), the same at every PC of the
//! office. Nothing is changed afterwards: confirming, correcting and taking back are records, too.

mod add;
mod confirm;
mod correct;
pub(super) mod fax;
mod list;
mod print;
pub(super) mod reminder;
mod show;
mod shown;
mod withdraw;
pub(super) mod written;

use serde::Serialize;
use tsumugu_trust::value::{Id, Time};

pub use list::RecordList;
pub use print::PrintedRecord;
pub use shown::{ShownConfirmation, ShownPaper, ShownRecord};
pub use written::WrittenRecord;

use super::case::find_case;
use crate::args::RecordCommand;
use crate::context::Context;
use crate::failure::Failure;
use crate::jst;
use crate::mailbox::{one_of, short_ids};
use crate::output::{Outcome, Page};
use crate::paper::{Paper, Papers, gather};
use crate::session::Session;

/// How far a time may be ahead of this PC's clock, in milliseconds: an hour, as the exchange allows.
const MAX_AHEAD: u64 = 3_600_000;

/// Outcome of the command.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Records {
    /// Something was recorded.
    Written(WrittenRecord),
    /// All of them.
    List(RecordList),
    /// One with everything that was recorded about it.
    One(Box<ShownPaper>),
    /// Its pages were written once more.
    Printed(PrintedRecord),
}

/// Runs the command.
///
/// # Errors
/// There is no such record or case; a value breaks a rule; an alarm; the vault cannot be opened.
pub async fn run(ctx: &Context, command: &RecordCommand) -> Result<Records, Failure> {
    match command {
        RecordCommand::Add(args) => add::run(ctx, args).await.map(Records::Written),
        RecordCommand::List(args) => list::run(ctx, args).await.map(Records::List),
        RecordCommand::Show { id } => {
            show::run(ctx, id).await.map(|one| Records::One(Box::new(one)))
        }
        RecordCommand::Confirm(args) => confirm::run(ctx, args).await.map(Records::Written),
        RecordCommand::Correct(args) => correct::run(ctx, args).await.map(Records::Written),
        RecordCommand::Withdraw { id, reason, worker } => {
            withdraw::run(ctx, id, reason, worker.as_deref()).await.map(Records::Written)
        }
        RecordCommand::Print { id, out } => print::run(ctx, id, out).await.map(Records::Printed),
    }
}

/// Every record that this PC has.
fn papers(session: &Session<'_>) -> Result<Papers, Failure> {
    gather(session.vault(), session.directory(), session.identity().terminal()?)
}

/// The one record whose id begins so.
fn find<'a>(papers: &'a Papers, text: &str) -> Result<&'a Paper, Failure> {
    let ids: Vec<(Id, Id)> = papers.papers.iter().map(|one| (one.id(), one.id())).collect();
    let (_, id) = one_of(&ids, text).map_err(|failure| match failure.key() {
        "message.unknown-id" => Failure::new("record.unknown").with("id", text),
        _ => failure,
    })?;
    let found = papers.papers.iter().find(|paper| paper.id() == id);
    found.ok_or_else(|| Failure::new("record.unknown").with("id", text))
}

/// The beginning of a record's id that no other one has.
fn short_id(papers: &Papers, id: Id) -> String {
    let mut ids: Vec<(Id, Id)> = papers.papers.iter().map(|one| (one.id(), one.id())).collect();
    ids.push((id, id));
    short_ids(&ids).get(&id).cloned().unwrap_or_else(|| id.to_string())
}

/// The case that somebody means, by its beginning or its whole id: one of the office, or one that letters
/// tell of.
fn case(session: &Session<'_>, typed: &str) -> Result<Id, Failure> {
    find_case(session, typed)
}

/// When something was, as typed; it cannot be still to come.
fn past(typed: &str, now: Time) -> Result<Time, Failure> {
    let time = jst::parse(typed)?;
    if time.0 > now.0.saturating_add(MAX_AHEAD) {
        return Err(Failure::new("record.future").with("time", jst::show(time)));
    }
    Ok(time)
}

/// A step of the flow that the catalogue has; empty where none was named.
fn step(ctx: &Context, typed: Option<&str>) -> Result<String, Failure> {
    let Some(typed) = typed.map(str::trim) else { return Ok(String::new()) };
    match ctx.catalogues().newest().catalogue.step(typed) {
        Some(step) => Ok(step.id.clone()),
        None => Err(Failure::new("record.unknown-step").with("step", typed)),
    }
}

impl Outcome for Records {
    fn lines(&self, page: &mut Page) {
        match self {
            Self::Written(written) => written.lines(page),
            Self::List(list) => list.lines(page),
            Self::One(one) => one.lines(page),
            Self::Printed(printed) => printed.lines(page),
        }
    }
}
