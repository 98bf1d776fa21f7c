//! Statements of administrators and institutions, and the passing of time.

use tsumugu_proto::v1::ErrorReason;
use tsumugu_trust::directory::{
    Directory, check_hold, check_worker, check_worker_removed, continues_hold, is_attribute_change,
};
use tsumugu_trust::statement::{
    AnyBody, DestroyedReason, EndedReason, Hold, HoldState, Statement, Tick, unsigned,
};
use tsumugu_trust::value::{Id, Time};

use super::super::command::Outcome;
use super::enrol::end_invitation;
use super::{Accepted, first_receipt, or_refuse, terminal_counts};
use crate::ledger::{HoldRow, Ledger, LedgerError, MessageRow, key, table};
use crate::refused::Refused;

pub(super) fn administrate(
    ledger: &mut Ledger,
    now: Time,
    statement: &Statement,
) -> Accepted<Outcome> {
    or_refuse!(check_proposal(ledger.directory(), statement));
    if let AnyBody::Hold(lines) = &statement.body {
        return hold(ledger, now, statement, lines);
    }
    let leaf = or_refuse!(ledger.stage_clear(now, statement));
    Ok(Ok(Outcome::Leaves(vec![leaf])))
}

/// Two administrators keep a message from being destroyed, or let it go. The log has a private leaf of
/// it: who is inspected is nobody else's business.
fn hold(ledger: &mut Ledger, now: Time, statement: &Statement, lines: &Hold) -> Accepted<Outcome> {
    or_refuse!(check_hold(ledger.directory(), ledger.next_position(now), statement));
    let message = key(table::MESSAGE, &[&lines.from.0, &lines.id.0]);
    let row: Option<MessageRow> = ledger.lookup(&message)?;
    let before: Option<HoldRow> =
        ledger.lookup(&key(table::HOLD, &[&lines.from.0, &lines.id.0]))?;
    or_refuse!(check_next_hold(row.as_ref(), before, lines));
    let leaf = ledger.stage_private(now, statement, Default::default())?;
    Ok(Ok(Outcome::Leaves(vec![leaf])))
}

/// Whether a hold is of a message whose copy is there, and the next one of it. Letting go what is
/// destroyed is allowed.
///
/// # Errors
/// [`ErrorReason::NotFound`], [`ErrorReason::Rule`], [`ErrorReason::BodyGone`]
pub(crate) fn check_next_hold(
    message: Option<&MessageRow>,
    before: Option<HoldRow>,
    hold: &Hold,
) -> Result<(), Refused> {
    let Some(message) = message else { return Err(Refused::not_found()) };
    if !continues_hold(before.map(|row| row.standing()), hold) {
        let refused = Refused::new(ErrorReason::Rule, "a hold continues the one before");
        return Err(refused.with("rule", "hold"));
    }
    // Else two administrators would believe that a letter is kept of which nothing is left.
    if hold.state == HoldState::On && message.destroyed != 0 {
        return Err(Refused::new(ErrorReason::BodyGone, "the exchange's copy was destroyed"));
    }
    Ok(())
}

/// Whether administrators may propose a statement without an invitation. A record may change in its
/// attributes only: a key comes by an invitation, never so, and a member does not become an entry for FAX.
///
/// # Errors
/// [`ErrorReason::Malformed`]
pub(crate) fn check_proposal(directory: &Directory, statement: &Statement) -> Result<(), Refused> {
    let allowed = match &statement.body {
        AnyBody::Standing(_)
        | AnyBody::CatalogueRelease(_)
        | AnyBody::TerminalRemoved(_)
        | AnyBody::Hold(_) => true,
        AnyBody::Institution(record) => match directory.member(record.institution) {
            None => record.fax_only.is_some(),
            Some(member) => {
                let digest = statement.digest();
                let is_repeat = member.records.iter().any(|known| known.digest == digest);
                is_repeat
                    || member.record().is_some_and(|newest| is_attribute_change(newest, record))
            }
        },
        _ => false,
    };
    if allowed {
        Ok(())
    } else {
        Err(Refused::new(ErrorReason::Malformed, "not a statement that administrators propose"))
    }
}

pub(super) fn publish(
    ledger: &mut Ledger,
    now: Time,
    institution: Id,
    terminal: Id,
    statement: &Statement,
) -> Accepted<Outcome> {
    let about = match &statement.body {
        AnyBody::Profile(s) => s.institution,
        AnyBody::KeySet(s) => s.institution,
        AnyBody::Terminal(s) => s.institution,
        AnyBody::TerminalRemoved(s) => s.institution,
        AnyBody::Worker(s) => s.institution,
        AnyBody::WorkerRemoved(s) => s.institution,
        _ => {
            return Ok(Err(Refused::new(
                ErrorReason::Malformed,
                "not a statement that institutions publish",
            )));
        }
    };
    if about != institution {
        return Ok(Err(Refused::not_found()));
    }
    if let Some(first) = first_receipt(ledger, statement)? {
        return Ok(Ok(Outcome::Leaves(vec![first])));
    }
    let at = ledger.next_position(now);
    // The gate let the terminal in before the command waited: it may have been removed since.
    if !terminal_counts(ledger, at, institution, terminal) {
        return Ok(Err(Refused::new(ErrorReason::TerminalRemoved, "the terminal was removed")));
    }
    let leaf = match &statement.body {
        AnyBody::Worker(worker) => {
            or_refuse!(check_worker(ledger.directory(), at, statement));
            let elsewhere = ledger.directory().holder_of(&worker.key).is_some();
            let again = ledger
                .worker_rows(worker.institution, worker.worker)?
                .iter()
                .any(|(k, row)| row.removed || k.ends_with(&worker.terminal.0));
            if elsewhere {
                return Ok(Err(Refused::new(
                    ErrorReason::DuplicateKey,
                    "the worker's key is bound to another holder",
                )));
            }
            if again {
                return Ok(Err(Refused::new(
                    ErrorReason::Rule,
                    "a worker is admitted at a terminal once",
                )));
            }
            ledger.stage_private(now, statement, Default::default())?
        }
        AnyBody::WorkerRemoved(_) => {
            or_refuse!(check_worker_removed(ledger.directory(), at, statement));
            ledger.stage_private(now, statement, Default::default())?
        }
        _ => or_refuse!(ledger.stage_clear(now, statement)),
    };
    Ok(Ok(Outcome::Leaves(vec![leaf])))
}

/// A tick, and what has become due: invitations that expired, copies of letters that were answered
/// long ago.
pub(super) fn tick(ledger: &mut Ledger, now: Time) -> Accepted<Outcome> {
    // Nothing is appended before entry 0.
    if !ledger.is_bootstrapped() {
        return Ok(Ok(Outcome::Leaves(Vec::new())));
    }
    let expired: Vec<Id> = ledger
        .open_invitations()
        .filter(|(_, expires)| *expires <= now)
        .map(|(id, _)| id)
        .collect();
    for invitation in expired {
        end_invitation(ledger, now, invitation, EndedReason::Expired)?;
    }
    for (from, id) in ledger.outlived(now)? {
        ledger.stage_destroyed(now, from, id, DestroyedReason::Retention)?;
    }
    let tick = unsigned(ledger.origin(), &Tick {})
        .map_err(|_| LedgerError::Contradiction("our own statement is malformed"))?;
    let leaf = or_refuse!(ledger.stage_clear(now, &tick));
    Ok(Ok(Outcome::Leaves(vec![leaf])))
}
