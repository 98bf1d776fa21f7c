//! `tsumugu inquiry answer`: the care office says to the one who asked that it is in charge, or to the
//! one who passed it on that it is not.

use serde_json::json;
use tsumugu_catalogue::FilledForm;
use tsumugu_proto::v1::LetterKind;
use tsumugu_trust::statement::Destination;
use tsumugu_trust::value::Unit;

use super::Inquiries;
use crate::args::{AckArgs, Disposition, InquiryAnswerArgs};
use crate::commands::ack;
use crate::commands::form_file::put;
use crate::commands::mail::{exchange_mail, signing};
use crate::commands::outgoing::Outgoing;
use crate::commands::replied::{Received, find_received, reply};
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::WorkerSecret;
use crate::inquiry::{ANSWER_FORM, is_inquiry};
use crate::letters::{About, passed_on};
use crate::session::{Purpose, Session};

/// Runs the command.
///
/// # Errors
/// The message is no inquiry; what it passes on does not verify; no worker; an alarm.
pub(super) async fn run(ctx: &Context, args: &InquiryAnswerArgs) -> Result<Inquiries, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_unsent(ctx);
    let (message, letter) = find_received(&mut session, &args.id).await?;
    let (from, id) = (message.from(), message.id());
    if !is_inquiry(&ctx.catalogues(), &letter) {
        return Err(Failure::new("inquiry.no-inquiry").with("id", id));
    }
    if args.not_ours {
        drop(session);
        let answer = AckArgs {
            id: id.to_string(),
            disposition: Disposition::NotForUs,
            comment: args.comment.clone(),
            worker: args.worker.clone(),
        };
        return ack::run(ctx, &answer).await.map(Box::new).map(Inquiries::NotOurs);
    }
    let first = passed_on(session.directory(), from, &letter)
        .map_err(|bad| Failure::quarantined(&id.to_string(), bad.word()).because(bad))?;
    let (leaf, _) = message.envelope().ok_or_else(|| Failure::unknown_message(&args.id))?;
    // Whoever asked hears of its own message, not of the one that passed it on.
    let about = match &first {
        Some(first) => {
            About { from: first.envelope().from, id: first.envelope().id, envelope: first.digest() }
        }
        None => About { from, id, envelope: leaf.statement.digest() },
    };
    let worker = signing(&session, args.worker.as_deref())?;
    let form = filled(&session, args, &worker)?;
    let outgoing = Outgoing {
        kind: LetterKind::Reply,
        about: Some(about),
        ..Outgoing::new(&session, letter.case_id(), &form)?
    };
    let to = Destination { institution: about.from, unit: Unit::main() };
    let received = Received { message: &message, letter: &letter };
    // The one who passed it on learns that it arrived, and nothing of the answer.
    let replied = reply(&mut session, &mail, received, (&outgoing, to), "", &worker).await?;
    Ok(Inquiries::InCharge(Box::new(replied)))
}

/// The notice that this office is in charge: whom to call.
fn filled(
    session: &Session<'_>,
    args: &InquiryAnswerArgs,
    worker: &WorkerSecret,
) -> Result<FilledForm, Failure> {
    let catalogues = session.ctx().catalogues();
    let form = catalogues.newest().catalogue.empty(ANSWER_FORM);
    let mut form = form.ok_or_else(|| Failure::unknown_form(ANSWER_FORM))?;
    let own = session.identity().terminal()?.institution;
    let record = session.directory().member(own).and_then(|member| member.record());
    let contact = args.contact.clone().unwrap_or_else(|| {
        let card = worker.card().unwrap_or_default();
        let office = record.map(|record| format!("{} {}", record.name, record.telephone));
        format!("担当ケアマネジャー：{} {}（{}）", office.unwrap_or_default(), card.name, card.role)
    });
    let comment = args.comment.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let contact = comment.map_or(contact.clone(), |comment| format!("{contact}／{comment}"));
    put(&mut form, "ward", &json!(contact))?;
    Ok(form)
}
