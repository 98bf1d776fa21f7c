//! `tsumugu admin suspend` and `tsumugu admin reinstate`.

use tsumugu_proto::v1;
use tsumugu_trust::statement::{Standing, StandingState, sign};

use super::admin_commit::{self, Signed};
use super::admin_proposal;
use crate::args::StandingArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::session::{Purpose, Session};

/// Signs that an institution is suspended, or takes part again.
///
/// # Errors
/// No such institution, or it is so already; the exchange refuses; the receipt does not prove it.
pub async fn run(
    ctx: &Context,
    args: &StandingArgs,
    state: StandingState,
) -> Result<Signed, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    session.identity().administrator()?;
    let rpc = session.connect().await?;
    session.sync().await?;
    let unknown = || Failure::unknown_recipient(args.number.as_str());
    let directory = session.directory();
    let institution = directory.by_number(&args.number).ok_or_else(unknown)?;
    let member = directory.member(institution).ok_or_else(unknown)?;
    let present = member.standings.last().map_or(StandingState::Active, |last| last.body.state);
    if present == state {
        return Err(Failure::nothing_to_do(state.word()));
    }
    let version = member.standings.len() as u64 + 1;
    let standing = Standing { institution, version, state };
    let key = session.identity().administrator()?.signing_key(session.origin())?;
    let mine = sign(session.origin(), &standing, &[&key])
        .map_err(|error| Failure::fault("standing").because(error))?;
    let draft = admin_proposal::same(&rpc, &mine).await?;
    let answer = rpc.propose(v1::ProposeRequest { statement: mine.bytes().into() }).await?;
    let counts = (answer.signatures, answer.needed);
    let receipt = answer.receipt.as_ref();
    admin_commit::signed(&mut session, &mine, draft.as_ref(), receipt, counts).await
}
