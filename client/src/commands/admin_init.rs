//! `tsumugu admin init`: becomes the first administrator, or a further one by invitation.

use std::time::Duration;

use tsumugu_trust::statement::Purpose;

use super::enroll::note_digits;
use crate::args::AdminInitArgs;
use crate::context::Context;
use crate::enrolment::{
    Joined, PendingRole, Settled, Start, begin, bootstrap, connect_pinned, fetch,
    finish_administrator, finish_bootstrap, new_bootstrap, new_candidacy, unused, wait,
};
use crate::failure::Failure;

/// Runs the command; running it again goes on where it stopped.
///
/// # Errors
/// The code is mistyped, used or for an institution; the document or the log is not what it has to
/// be; the exchange is not reached.
pub async fn run(ctx: &Context, args: &AdminInitArgs) -> Result<Joined, Failure> {
    let start = begin(ctx, args.code.as_deref(), args.address.as_deref()).await?;
    let (vault, pending) = match start {
        Start::Resume(resumed) => *resumed,
        Start::Fresh(vault, ticket) => {
            let document = fetch(ctx, &ticket).await?;
            let (address, code) = (ticket.address.as_str(), &ticket.code);
            if document.terminal_of.is_some() {
                return Err(Failure::new("enrolment.for-institution"));
            }
            let pending = match &document.invitation {
                None => new_bootstrap(ctx, &document, address, code)?,
                Some(invitation) if invitation.purpose == Purpose::Administrator => {
                    let pending = new_candidacy(ctx, &document, invitation, address, code)?;
                    unused(ctx, &pending).await?;
                    pending
                }
                Some(_) => return Err(Failure::new("enrolment.for-institution")),
            };
            let vault = vault.map_or_else(|| ctx.open_or_create_vault(), |vault| Ok(*vault))?;
            pending.save(&vault)?;
            (vault, pending)
        }
    };
    let patience = Duration::from_secs(args.wait);
    match &pending.role {
        PendingRole::Bootstrap(keys) => {
            let rpc = connect_pinned(ctx, &pending.exchange).await?;
            let answer = bootstrap(&rpc, &pending).await?;
            finish_bootstrap(ctx, vault, &pending, keys, &answer).await
        }
        PendingRole::Candidacy(candidacy) => {
            let rpc = connect_pinned(ctx, &pending.exchange).await?;
            let noted = note_digits(ctx, &pending, patience)?;
            match wait(&rpc, &pending, patience).await? {
                Settled::Waiting => Joined::waiting(&pending, noted),
                Settled::Approved(answer) => {
                    finish_administrator(ctx, vault, &pending, &candidacy.keys, &answer).await
                }
            }
        }
        PendingRole::Enrolment(_) | PendingRole::Terminal(_) => {
            Err(Failure::new("enrolment.for-institution"))
        }
    }
}
