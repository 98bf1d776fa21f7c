//! `record correct`: what a record should have said; what it said before stays in the log.

use tsumugu_proto::v1;
use tsumugu_proto::v1::off_system::Said as Raw;

use super::add::{composed, name_party};
use super::written::{WrittenRecord, checked, write};
use super::{find, papers, past, step};
use crate::args::RecordCorrectArgs;
use crate::commands::mail::{exchange_mail, signing};
use crate::context::Context;
use crate::failure::Failure;
use crate::paper::{PaperState, new_record_id};
use crate::session::{Purpose, Session};

/// Runs it.
///
/// # Errors
/// As [`super::run`]; `command.usage` where nothing is corrected.
pub(super) async fn run(ctx: &Context, args: &RecordCorrectArgs) -> Result<WrittenRecord, Failure> {
    let at = args.at.as_deref().map(|at| past(at, ctx.now())).transpose()?;
    let mut session = Session::open(ctx, Purpose::Act)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_age(ctx);
    let all = papers(&session)?;
    let paper = find(&all, &args.id)?;
    let mut contact = paper.contact().clone();
    if let Some(means) = args.means {
        contact.means = v1::Means::from(means).into();
    }
    let number = args.number.as_deref();
    if let Some(to) = &args.to {
        name_party(session.directory(), &mut contact, to, number);
    } else if let Some(number) = number {
        contact.number = composed(Some(number));
    }
    contact.at_ms = at.map_or(contact.at_ms, |at| at.0);
    if args.step.is_some() {
        contact.step = step(ctx, args.step.as_deref())?;
    }
    contact.pages = args.pages.unwrap_or(contact.pages);
    if args.note.is_some() {
        contact.note = composed(args.note.as_deref());
    }
    if contact == *paper.contact() {
        return Err(Failure::usage("--means / --to / --number / --at / --step / --pages / --note"));
    }
    let about = Some(paper.id());
    let said = checked(Raw::Correction(contact), about)?;
    let worker = signing(&session, args.worker.as_deref())?;
    let id = new_record_id(&session, ctx.now());
    let logged = write(&mut session, &mail, &worker, (id, about), &said).await?;
    let after = papers(&session)?;
    let state = find(&after, &args.id)?.state();
    Ok(WrittenRecord {
        id: id.to_string(),
        about: Some(paper.id().to_string()),
        logged,
        what: said.word(),
        unconfirmed: state == PaperState::Unconfirmed,
        call_only: state == PaperState::CallOnly,
    })
}
