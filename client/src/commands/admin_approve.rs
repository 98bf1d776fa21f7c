//! `tsumugu admin approve`: signs for one request, after the comparison over the telephone; or for a
//! statement that another administrator proposed.

use tsumugu_proto::v1;
use tsumugu_trust::directory::{CheckedEnrolment, institution_record, joining_version};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::statement::{AnyBody, Candidacy, Statement, sign, sign_text};
use tsumugu_trust::value::Id;

use super::admin_commit::{self, Signed};
use super::admin_proposal;
use super::admin_release;
use super::admin_review::{Request, Review, next_list, review};
use crate::args::ApproveArgs;
use crate::context::Context;
use crate::digits;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::rpc::Rpc;
use crate::session::{Purpose, Session};

/// Administrators that sign from the second one on, unless `--threshold` says otherwise.
pub const DEFAULT_THRESHOLD: u64 = 2;

const NO_SUCH_INVITATION: &str = "admin.no-such-invitation";

/// Fewest characters of an invitation id's beginning.
const MIN_PREFIX: usize = 4;

/// Runs the command.
///
/// # Errors
/// No such request, or something is wrong with it; the digits do not match or were not given; the
/// exchange refuses; the log does not show what was signed.
pub async fn run(ctx: &Context, args: &ApproveArgs) -> Result<Signed, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    session.identity().administrator()?;
    let rpc = session.connect().await?;
    session.sync().await?;
    let review = match find(&session, &rpc, &args.id).await {
        Err(failure) if failure.key() == NO_SUCH_INVITATION => {
            let draft = admin_proposal::find(&session, &rpc, &args.id).await?.ok_or(failure)?;
            if let AnyBody::CatalogueRelease(release) = &draft.body {
                let changes = admin_release::looked_at(&session, &rpc, release).await?;
                admin_release::confirm(ctx, &changes, args.yes)?;
            }
            return admin_proposal::sign(&mut session, &rpc, &draft).await;
        }
        found => found?,
    };
    if let Some(problem) = review.problems.first() {
        return Err(Failure::new("admin.not-approvable").with("reason", problem.word()));
    }
    let request = review.request.as_ref().ok_or_else(|| Failure::new("admin.nothing-came"))?;
    compare(ctx, &review, args)?;
    let mine = match request {
        Request::Member(_) if args.threshold.is_some() => {
            return Err(Failure::usage("--threshold"));
        }
        Request::Member(checked) => record(&session, &review, checked)?,
        Request::Candidate(candidacy) => list(&session, &review, candidacy, args.threshold)?,
    };
    let answer = rpc
        .approve(v1::ApproveRequest {
            invitation_id: review.invitation.invitation.0.to_vec().into(),
            statement: mine.bytes().into(),
        })
        .await?;
    let draft = review.draft.as_ref().map(|draft| &draft.statement);
    let counts = (answer.signatures, answer.needed);
    let mut signed =
        admin_commit::signed(&mut session, &mine, draft, answer.receipt.as_ref(), counts).await?;
    if signed.committed {
        session.sync().await?;
        let shown = in_directory(&session, &mine, review.invitation.subject);
        session.keep_alarm(shown)?;
    } else {
        signed.awaits_candidate = matches!(request, Request::Candidate(_));
    }
    Ok(signed)
}

/// The one invitation that `typed` names: its id, the beginning of it, or the institution's number.
pub(super) async fn find(session: &Session<'_>, rpc: &Rpc, typed: &str) -> Result<Review, Failure> {
    let waiting = rpc.list_pending(v1::ListPendingRequest::default()).await?;
    let typed = typed.trim().to_ascii_lowercase();
    let mut found = Vec::new();
    for pending in &waiting.invitations {
        let review = review(session, pending)?;
        let id = review.invitation.invitation.to_string();
        let number = review.invitation.number.as_ref().map(|n| n.as_str().to_ascii_lowercase());
        if number.as_ref() == Some(&typed) || (typed.len() >= MIN_PREFIX && id.starts_with(&typed))
        {
            found.push(review);
        }
    }
    match found.len() {
        0 => Err(Failure::new(NO_SUCH_INVITATION).with("id", typed)),
        1 => found.pop().ok_or_else(|| Failure::fault("invitation")),
        count => {
            Err(Failure::new("admin.ambiguous-invitation").with("id", typed).with("count", count))
        }
    }
}

/// The digits come from the applicant's mouth, so they are typed and not shown before.
fn compare(ctx: &Context, review: &Review, args: &ApproveArgs) -> Result<(), Failure> {
    if args.without_comparison {
        ctx.note(&Sentence::new("admin.not-compared"));
        return Ok(());
    }
    let expected = review.digits.as_deref().ok_or_else(|| Failure::new("admin.nothing-came"))?;
    let heard = match &args.digits {
        Some(digits) => Some(digits.clone()),
        None => ctx.ask(&Sentence::new("admin.ask-digits"))?,
    };
    let heard = heard.ok_or_else(|| Failure::new("admin.digits-needed"))?;
    if digits::are_same(&heard, expected) {
        Ok(())
    } else {
        Err(Failure::new("admin.digits-differ"))
    }
}

fn record(
    session: &Session<'_>,
    review: &Review,
    checked: &CheckedEnrolment,
) -> Result<Statement, Failure> {
    let record = joining_version(session.directory(), &review.invitation)
        .and_then(|version| institution_record(&review.invitation, &checked.request, version))
        .map_err(|refusal| Failure::fault("record").because(refusal))?;
    let key = session.identity().administrator()?.signing_key(session.origin())?;
    sign(session.origin(), &record, &[&key])
        .map_err(|error| Failure::fault("record").because(error))
}

/// The list that an administrator began is signed as it is: signatures meet only under one text.
fn list(
    session: &Session<'_>,
    review: &Review,
    candidacy: &Candidacy,
    threshold: Option<u64>,
) -> Result<Statement, Failure> {
    let key = session.identity().administrator()?.signing_key(session.origin())?;
    let failed = |error| Failure::usage("--threshold").because(error);
    if let Some(draft) = &review.draft {
        let AnyBody::TrustList(begun) = &draft.statement.body else {
            return Err(Failure::fault("draft"));
        };
        if threshold.is_some_and(|threshold| threshold != begun.threshold) {
            return Err(Failure::usage(&format!("--threshold {}", begun.threshold)));
        }
        return sign_text(draft.statement.text(), &[&key]).map_err(failed);
    }
    let present = session.directory().trust_list().map_or(1, |list| list.body.threshold);
    let threshold = threshold.unwrap_or(DEFAULT_THRESHOLD.max(present));
    if threshold < present {
        // The candidate would refuse to sign it.
        return Err(Failure::usage(&format!("--threshold {present}")));
    }
    let next = next_list(session.directory(), candidacy, threshold)
        .ok_or_else(|| Failure::new("server.not-bootstrapped"))?;
    sign(session.origin(), &next, &[&key]).map_err(failed)
}

/// Whether the clear chain shows what was signed.
fn in_directory(session: &Session<'_>, mine: &Statement, subject: Id) -> Result<(), Failure> {
    let directory = session.directory();
    let digest: Hash = mine.digest();
    let records = directory.member(subject).into_iter().flat_map(|member| &member.records);
    let in_records = records.into_iter().any(|record| record.digest == digest);
    if in_records || directory.trust_lists().iter().any(|list| list.digest == digest) {
        Ok(())
    } else {
        Err(Failure::bad_proof("the directory does not show it"))
    }
}
