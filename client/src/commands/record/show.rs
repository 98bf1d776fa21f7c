//! `record show`

use super::shown::ShownPaper;
use super::{find, papers, short_id};
use crate::commands::mail::exchange_mail;
use crate::context::Context;
use crate::failure::Failure;
use crate::session::{Purpose, Session};

/// Runs it.
///
/// # Errors
/// As [`super::run`].
pub(super) async fn run(ctx: &Context, id: &str) -> Result<ShownPaper, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    exchange_mail(&mut session).await?.tell_age(ctx);
    let all = papers(&session)?;
    let paper = find(&all, id)?;
    Ok(ShownPaper::of(&ctx.catalogues(), paper, short_id(&all, paper.id()), ctx.now()))
}
