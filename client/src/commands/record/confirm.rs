//! `record confirm`: who at the other party said that it arrived (受領確認).

use tsumugu_proto::v1;
use tsumugu_proto::v1::off_system::Said as Raw;

use super::add::composed;
use super::written::{WrittenRecord, checked, write};
use super::{find, papers, past};
use crate::args::RecordConfirmArgs;
use crate::commands::mail::{exchange_mail, signing};
use crate::context::Context;
use crate::failure::Failure;
use crate::paper::{PaperState, new_record_id};
use crate::session::{Purpose, Session};

/// Runs it.
///
/// # Errors
/// As [`super::run`]; `record.nothing-to-confirm` for what was received, handed over, only said, or
/// taken back; `record.before-it-went`.
pub(super) async fn run(ctx: &Context, args: &RecordConfirmArgs) -> Result<WrittenRecord, Failure> {
    let at = past(&args.at, ctx.now())?;
    let mut session = Session::open(ctx, Purpose::Act)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_age(ctx);
    let all = papers(&session)?;
    let paper = find(&all, &args.id)?;
    if !matches!(paper.state(), PaperState::Unconfirmed | PaperState::Confirmed) {
        return Err(Failure::new("record.nothing-to-confirm").with("id", &args.id));
    }
    // Typed times have minutes, and a FAX printed just now has seconds.
    if at.0 + 60_000 < paper.time().0 {
        return Err(Failure::new("record.before-it-went").with("id", &args.id));
    }
    let confirmation = v1::Confirmation {
        name: composed(Some(&args.by)),
        role: composed(args.role.as_deref()),
        at_ms: at.0,
        means: v1::Means::from(args.means).into(),
        note: composed(args.note.as_deref()),
    };
    let about = Some(paper.id());
    let said = checked(Raw::Confirmation(confirmation), about)?;
    let worker = signing(&session, args.worker.as_deref())?;
    let id = new_record_id(&session, ctx.now());
    let logged = write(&mut session, &mail, &worker, (id, about), &said).await?;
    Ok(WrittenRecord {
        id: id.to_string(),
        about: Some(paper.id().to_string()),
        logged,
        what: said.word(),
        unconfirmed: false,
        call_only: false,
    })
}
