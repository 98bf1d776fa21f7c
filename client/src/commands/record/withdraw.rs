//! `record withdraw`: a record was a mistake. It stays in the log, with the reason.

use tsumugu_proto::v1::off_system::Said as Raw;

use super::add::composed;
use super::written::{WrittenRecord, checked, write};
use super::{find, papers};
use crate::commands::mail::{exchange_mail, signing};
use crate::context::Context;
use crate::failure::Failure;
use crate::paper::new_record_id;
use crate::session::{Purpose, Session};

/// Runs it.
///
/// # Errors
/// As [`super::run`].
pub(super) async fn run(
    ctx: &Context,
    id: &str,
    reason: &str,
    worker: Option<&str>,
) -> Result<WrittenRecord, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_age(ctx);
    let all = papers(&session)?;
    let paper = find(&all, id)?;
    let about = Some(paper.id());
    let said = checked(Raw::Withdrawal(composed(Some(reason))), about)?;
    let worker = signing(&session, worker)?;
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
