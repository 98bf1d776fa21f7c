//! Joining: trust lists, invitations, approved enrolments.

use std::collections::BTreeSet;

use tsumugu_proto::v1::ErrorReason;
use tsumugu_trust::directory::{CheckedEnrolment, check_invitation, check_invitation_closed};
use tsumugu_trust::statement::{EndedReason, InvitationEnded, Statement, unsigned};
use tsumugu_trust::value::{Id, Role, Time};

use super::super::command::Outcome;
use super::{Accepted, or_refuse};
use crate::ledger::{Ledger, LedgerError};
use crate::refused::Refused;

pub(super) fn bootstrap(ledger: &mut Ledger, now: Time, list: &Statement) -> Accepted<Outcome> {
    if ledger.is_bootstrapped() {
        return Ok(Err(Refused::new(
            ErrorReason::AlreadyBootstrapped,
            "this log has its first trust list",
        )));
    }
    let leaf = or_refuse!(ledger.stage_clear(now, list));
    Ok(Ok(Outcome::Leaves(vec![leaf])))
}

pub(super) fn trust_list(
    ledger: &mut Ledger,
    now: Time,
    list: &Statement,
    candidacy: Option<&(Id, Statement)>,
) -> Accepted<Outcome> {
    if let Some((invitation, _)) = candidacy {
        or_refuse!(open_invitation(ledger, now, *invitation));
    }
    let leaf = or_refuse!(ledger.stage_clear(now, list));
    if let Some((invitation, request)) = candidacy {
        ledger.stage_private(now, request, Default::default())?;
        end_invitation(ledger, now, *invitation, EndedReason::Used)?;
    }
    Ok(Ok(Outcome::Leaves(vec![leaf])))
}

pub(super) fn invite(ledger: &mut Ledger, now: Time, statement: &Statement) -> Accepted<Outcome> {
    let at = ledger.next_position(now);
    let invitation = or_refuse!(check_invitation(ledger.directory(), at, statement));
    let known = ledger.lookup::<crate::ledger::InvitationRow>(&crate::ledger::key(
        crate::ledger::table::INVITATION,
        &[&invitation.invitation.0],
    ))?;
    if known.is_some() {
        return Ok(Err(Refused::new(ErrorReason::IdReused, "an invitation of that id exists")));
    }
    if invitation.expires <= now {
        return Ok(Err(Refused::new(
            ErrorReason::InvitationClosed,
            "the invitation has expired already",
        )));
    }
    let newest = ledger.directory().trust_list().map(|list| list.digest);
    if newest != Some(invitation.trust_list) {
        return Ok(Err(Refused::new(
            ErrorReason::Rule,
            "the invitation was made under an older trust list",
        )));
    }
    let leaf = ledger.stage_private(now, statement, Default::default())?;
    Ok(Ok(Outcome::Leaves(vec![leaf])))
}

pub(super) fn close(ledger: &mut Ledger, now: Time, statement: &Statement) -> Accepted<Outcome> {
    let at = ledger.next_position(now);
    let closed = or_refuse!(check_invitation_closed(ledger.directory(), at, statement));
    or_refuse!(open_invitation(ledger, now, closed.invitation));
    let leaf = ledger.stage_private(now, statement, Default::default())?;
    Ok(Ok(Outcome::Leaves(vec![leaf])))
}

/// An approved enrolment. The directory's rules are tried on a copy first: all commits, or none.
pub(super) fn enrol(
    ledger: &mut Ledger,
    now: Time,
    record: &Statement,
    enrolment: &Statement,
    checked: &CheckedEnrolment,
    invitation: Id,
) -> Accepted<Outcome> {
    or_refuse!(open_invitation(ledger, now, invitation));
    let mut trial = ledger.directory().clone();
    let mut at = ledger.next_clear_position(now);
    let clear: Vec<&Statement> = std::iter::once(record)
        .chain(checked.statements.iter().filter(|s| s.body.is_clear()))
        .collect();
    for statement in &clear {
        or_refuse!(trial.apply(at, statement));
        at.index += 1;
        at.clear += 1;
    }
    let mut workers = BTreeSet::new();
    for worker in &checked.workers {
        if !workers.insert(worker.worker) {
            return Ok(Err(Refused::new(
                ErrorReason::Rule,
                "a worker is admitted at a terminal once",
            )
            .with("rule", "worker")));
        }
        if trial.holder_of(&worker.key).is_some() {
            return Ok(Err(Refused::new(
                ErrorReason::DuplicateKey,
                "a worker's key is bound to another holder",
            )));
        }
        let bound = trial.bind_worker_key(&worker.key, worker.worker);
        or_refuse!(bound.map_err(|_| Refused::new(
            ErrorReason::DuplicateKey,
            "a worker's key is bound to another holder"
        )));
        if ledger
            .worker_rows(worker.institution, worker.worker)?
            .iter()
            .any(|(k, _)| k.ends_with(&worker.terminal.0))
        {
            return Ok(Err(Refused::new(
                ErrorReason::Rule,
                "a worker is admitted at a terminal once",
            )));
        }
    }
    debug_assert!(
        checked
            .workers
            .iter()
            .all(|w| trial.holder_of(&w.key).is_some_and(|h| h.role == Role::Worker))
    );

    let mut leaves = Vec::new();
    for statement in clear {
        let leaf = ledger.stage_clear(now, statement).map_err(|_| {
            LedgerError::Contradiction("a rule that held on the copy does not hold")
        })?;
        leaves.push(leaf);
    }
    for statement in checked.statements.iter().filter(|s| !s.body.is_clear()) {
        leaves.push(ledger.stage_private(now, statement, Default::default())?);
    }
    ledger.stage_private(now, enrolment, Default::default())?;
    end_invitation(ledger, now, invitation, EndedReason::Used)?;
    Ok(Ok(Outcome::Leaves(leaves)))
}

/// Logs that an invitation ended.
pub(super) fn end_invitation(
    ledger: &mut Ledger,
    now: Time,
    invitation: Id,
    reason: EndedReason,
) -> Result<(), LedgerError> {
    let ended = unsigned(ledger.origin(), &InvitationEnded { invitation, reason });
    let ended = ended.map_err(|_| LedgerError::Contradiction("our own statement is malformed"))?;
    ledger.stage_private(now, &ended, Default::default())?;
    Ok(())
}

fn open_invitation(ledger: &Ledger, now: Time, invitation: Id) -> Result<(), Refused> {
    let open = ledger.open_invitations().any(|(id, expires)| id == invitation && expires > now);
    if open {
        Ok(())
    } else {
        Err(Refused::new(
            ErrorReason::InvitationClosed,
            "the invitation is used, closed or expired",
        ))
    }
}
