//! `tsumugu enroll`: this PC becomes a terminal of an institution: its first one by the administrators'
//! code, a further one by that of another terminal.

use std::time::Duration;

use tsumugu_trust::statement::Purpose;

use crate::args::EnrollArgs;
use crate::context::Context;
use crate::enrolment::{
    Applicant, CheckedDocument, Joined, MAX_WORKERS, Pending, PendingRole, Settled, Start, Ticket,
    begin, connect_pinned, digits_sentence, fetch, finish_further, finish_terminal, new_enrolment,
    new_terminal, unused, wait, wait_for_keyring,
};
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::vault::Vault;

/// Runs the command; running it again goes on where it stopped, with the same keys.
///
/// # Errors
/// The code is mistyped, used or for an administrator; the document or the log is not what it has to
/// be; the exchange is not reached.
pub async fn run(ctx: &Context, args: &EnrollArgs) -> Result<Joined, Failure> {
    let start = begin(ctx, args.code.as_deref(), args.address.as_deref()).await?;
    let (vault, pending) = match start {
        Start::Resume(resumed) => *resumed,
        Start::Fresh(vault, ticket) => {
            let document = fetch(ctx, &ticket).await?;
            let pending = request(ctx, &document, args, &ticket)?;
            unused(ctx, &pending).await?;
            let vault = vault.map_or_else(|| ctx.open_or_create_vault(), |vault| Ok(*vault))?;
            pending.save(&vault)?;
            (vault, pending)
        }
    };
    let member = match &pending.role {
        PendingRole::Enrolment(member) => member,
        PendingRole::Terminal(_) => return further(ctx, vault, pending, args).await,
        _ => return Err(Failure::new("enrolment.for-administrator")),
    };
    let rpc = connect_pinned(ctx, &pending.exchange).await?;
    let patience = Duration::from_secs(args.wait);
    let noted = note_digits(ctx, &pending, patience)?;
    match wait(&rpc, &pending, patience).await? {
        Settled::Waiting => Joined::waiting(&pending, noted),
        Settled::Approved(answer) => finish_terminal(ctx, vault, &pending, member, &answer).await,
    }
}

/// Makes the keys and the request that a code's document invites to.
fn request(
    ctx: &Context,
    document: &CheckedDocument,
    args: &EnrollArgs,
    ticket: &Ticket,
) -> Result<Pending, Failure> {
    let (address, code) = (ticket.address.as_str(), &ticket.code);
    if let Some(institution) = document.terminal_of {
        if !args.role.is_empty() {
            // Their cards come with the keyring.
            return Err(Failure::new("enrolment.no-roles-here"));
        }
        return new_terminal(ctx, document, institution, &args.worker, address, code);
    }
    let invitation = document.invitation.as_ref();
    let invitation = match invitation.map(|invitation| (invitation.purpose, invitation)) {
        Some((Purpose::Member, invitation)) => invitation,
        Some((Purpose::Restore, _)) => return Err(Failure::new("enrolment.for-restore")),
        _ => return Err(Failure::new("enrolment.for-administrator")),
    };
    let applicant = applicant(args)?;
    // Answers are signed by name, and a worker is admitted with the terminal: nothing is made yet.
    if applicant.workers.is_empty() {
        return Err(Failure::new("enrolment.worker-needed"));
    }
    new_enrolment(ctx, document, invitation, &applicant, address, code)
}

/// Goes on as a further terminal: waits for the other PC, opens what it hands over, and takes in the mail.
async fn further(
    ctx: &Context,
    vault: Vault,
    mut pending: Pending,
    args: &EnrollArgs,
) -> Result<Joined, Failure> {
    let patience = Duration::from_secs(args.wait);
    pending.choose_workers(&args.worker);
    if pending.awaits_keyring() {
        let noted = note_digits(ctx, &pending, patience)?;
        let rpc = connect_pinned(ctx, &pending.exchange).await?;
        let Some(answer) = wait_for_keyring(&rpc, &pending, patience).await? else {
            return Joined::waiting(&pending, noted);
        };
        return finish_further(ctx, vault, pending, Some(answer)).await;
    }
    finish_further(ctx, vault, pending, None).await
}

/// Shows the digits before a wait begins, since the telephone may ring while it lasts; tells whether it
/// did. Without a wait the outcome shows them.
pub(super) fn note_digits(
    ctx: &Context,
    pending: &Pending,
    patience: Duration,
) -> Result<bool, Failure> {
    let Some(digits) = pending.digits()?.filter(|_| !patience.is_zero()) else { return Ok(false) };
    ctx.note(&digits_sentence(matches!(pending.role, PendingRole::Terminal(_))));
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
