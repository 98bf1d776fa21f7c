//! `tsumugu enroll`: this PC becomes the first terminal of an institution.

use std::time::Duration;

use tsumugu_trust::statement::Purpose;

use crate::args::EnrollArgs;
use crate::context::Context;
use crate::enrolment::{
    Applicant, Joined, MAX_WORKERS, Pending, PendingRole, Settled, Start, begin, connect_pinned,
    fetch, finish_terminal, new_enrolment, unused, wait,
};
use crate::failure::Failure;
use crate::messages::Sentence;

/// Runs the command; running it again goes on where it stopped, with the same keys.
///
/// # Errors
/// The code is mistyped, used or for an administrator; the document or the log is not what it has to
/// be; the exchange is not reached.
pub async fn run(ctx: &Context, args: &EnrollArgs) -> Result<Joined, Failure> {
    let applicant = applicant(args)?;
    let start = begin(ctx, args.code.as_deref(), args.address.as_deref()).await?;
    let (vault, pending) = match start {
        Start::Resume(resumed) => *resumed,
        Start::Fresh(vault, ticket) => {
            let document = fetch(ctx, &ticket).await?;
            let invitation = document.invitation.as_ref();
            let invitation = match invitation.map(|invitation| (invitation.purpose, invitation)) {
                Some((Purpose::Member, invitation)) => invitation,
                Some((Purpose::Restore, _)) => return Err(Failure::new("enrolment.for-restore")),
                _ => return Err(Failure::new("enrolment.for-administrator")),
            };
            // Answers are signed by name, and a worker is admitted with the terminal: nothing is made yet.
            if applicant.workers.is_empty() {
                return Err(Failure::new("enrolment.worker-needed"));
            }
            let (address, code) = (ticket.address.as_str(), &ticket.code);
            let pending = new_enrolment(ctx, &document, invitation, &applicant, address, code)?;
            unused(ctx, &pending).await?;
            let vault = vault.map_or_else(|| ctx.open_or_create_vault(), |vault| Ok(*vault))?;
            pending.save(&vault)?;
            (vault, pending)
        }
    };
    let PendingRole::Enrolment(member) = &pending.role else {
        return Err(Failure::new("enrolment.for-administrator"));
    };
    let rpc = connect_pinned(ctx, &pending.exchange).await?;
    let patience = Duration::from_secs(args.wait);
    let noted = note_digits(ctx, &pending, patience)?;
    match wait(&rpc, &pending, patience).await? {
        Settled::Waiting => Joined::waiting(&pending, noted),
        Settled::Approved(answer) => finish_terminal(ctx, vault, &pending, member, &answer).await,
    }
}

/// Shows the digits before a wait begins, since the telephone may ring while it lasts; tells whether it
/// did. Without a wait the outcome shows them.
pub(super) fn note_digits(
    ctx: &Context,
    pending: &Pending,
    patience: Duration,
) -> Result<bool, Failure> {
    let Some(digits) = pending.digits()?.filter(|_| !patience.is_zero()) else { return Ok(false) };
    ctx.note(&Sentence::new("enrolment.digits"));
    ctx.note(&Sentence::new("enrolment.digits-are").with("digits", digits));
    Ok(true)
}

fn applicant(args: &EnrollArgs) -> Result<Applicant, Failure> {
    if args.worker.len() != args.role.len() {
        return Err(Failure::new("enrolment.role-needed"));
    }
    if args.worker.len() > MAX_WORKERS {
        return Err(Failure::usage(&format!("--worker: {MAX_WORKERS}")));
    }
    Ok(Applicant {
        workers: args.worker.iter().cloned().zip(args.role.iter().cloned()).collect(),
        units: args.unit.clone(),
        hours: args.hours.iter().flat_map(|span| span.0.clone()).collect(),
    })
}
