//! `tsumugu admin reject`: closes an invitation.

use serde::Serialize;
use tsumugu_proto::v1;
use tsumugu_trust::statement::{ClosedReason, InvitationClosed, sign};

use super::admin_approve::find;
use crate::args::RejectArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::jst;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Closed {
    /// Id of the invitation.
    pub invitation: String,
    /// `rejected` or `withdrawn`.
    pub reason: String,
    /// Index in the log.
    pub index: u64,
    /// Time in the log (ISO 8601).
    pub time: String,
}

impl Outcome for Closed {
    fn lines(&self, page: &mut Page) {
        let said = Sentence::new("admin.closed").with("id", &self.invitation);
        page.say(&said.with("index", self.index));
    }
}

/// Runs the command.
///
/// # Errors
/// No such invitation; the exchange refuses; the receipt does not prove it.
pub async fn run(ctx: &Context, args: &RejectArgs) -> Result<Closed, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    session.identity().administrator()?;
    let rpc = session.connect().await?;
    session.sync().await?;
    let review = find(&session, &rpc, &args.id).await?;
    let reason = if args.withdraw { ClosedReason::Withdrawn } else { ClosedReason::Rejected };
    let closed = InvitationClosed { invitation: review.invitation.invitation, reason };
    let key = session.identity().administrator()?.signing_key(session.origin())?;
    let statement = sign(session.origin(), &closed, &[&key])
        .map_err(|error| Failure::fault("invitation-closed").because(error))?;
    let known = statement.bytes();
    let request = v1::CloseInvitationRequest { statement: known.clone().into() };
    let answer = rpc.close_invitation(request).await?;
    let verified = session.verify_answer(answer.receipt.as_ref(), Some(&known)).await?;
    Ok(Closed {
        invitation: closed.invitation.to_string(),
        reason: reason.to_string(),
        index: verified.at.index,
        time: jst::iso(verified.at.time),
    })
}
