//! Letters: accepting, fetching, opening, answering.

use std::collections::BTreeSet;

use tsumugu_proto::v1::ErrorReason;
use tsumugu_trust::directory::{Refusal, check_disposition, check_envelope, check_opened};
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::letter::{MAX_SEALED_BODY, MAX_SEALED_DETAIL};
use tsumugu_trust::state::{Event, MessageState};
use tsumugu_trust::statement::{AnyBody, BytesRef, Envelope, Fetched, Statement, unsigned};
use tsumugu_trust::value::{Id, Time};

use super::super::command::{Outcome, OutgoingLetter};
use super::{Accepted, first_receipt, or_refuse, terminal_counts};
use crate::ledger::{Attached, Ledger, LedgerError, MAX_ANSWERS, MessageRow, key, table};
use crate::refused::Refused;

/// A message id may be this old, ms.
const MAX_AGE: u64 = 30 * 24 * 3_600_000;
/// A message id may be this far ahead, ms.
const MAX_AHEAD: u64 = 3_600_000;

pub(super) fn send(
    ledger: &mut Ledger,
    now: Time,
    institution: Id,
    letters: Vec<OutgoingLetter>,
) -> Accepted<Outcome> {
    // Repeats are recognised before any other check: a client that lost our answer, and that was
    // suspended meanwhile or whose key sets changed, still learns that its letter was accepted.
    let mut known = Vec::with_capacity(letters.len());
    let mut ids = BTreeSet::new();
    for letter in &letters {
        let AnyBody::Envelope(envelope) = &letter.envelope.body else {
            return Ok(Err(Refused::new(ErrorReason::Malformed, "not an envelope")));
        };
        if envelope.from != institution {
            return Ok(Err(Refused::new(
                ErrorReason::BadSignature,
                "the envelope names another sender",
            )));
        }
        if !ids.insert(envelope.id) {
            return Ok(Err(Refused::new(
                ErrorReason::IdReused,
                "two letters of one call have one id",
            )));
        }
        let first = first_receipt(ledger, &letter.envelope)?;
        if first.is_none() && message(ledger, envelope.from, envelope.id)?.is_some() {
            return Ok(Err(Refused::new(
                ErrorReason::IdReused,
                "the id was used with other bytes",
            )
            .with("id", envelope.id.to_string())));
        }
        known.push(first);
    }
    let mut at = ledger.next_position(now);
    for (letter, _) in letters.iter().zip(&known).filter(|(_, first)| first.is_none()) {
        let checked =
            check_envelope(ledger.directory(), at, &letter.envelope).map_err(
                |refusal| match refusal {
                    // The sender was let in by the gate: it is the recipient that nobody knows.
                    Refusal::UnknownParty => Refusal::RecipientInactive,
                    other => other,
                },
            );
        let checked = or_refuse!(checked);
        or_refuse!(check_time(now, checked.envelope().id, checked.envelope().composed));
        or_refuse!(check_body(checked.envelope(), letter));
        or_refuse!(check_attachments(ledger, checked.envelope())?);
        if let Some(replaced) = checked.envelope().replaces {
            let before = message(ledger, institution, replaced)?;
            if before.and_then(|row| row.recipient()) != Some(checked.envelope().to.institution) {
                return Ok(Err(Refusal::Mismatch.into()));
            }
        }
        at.index += 1;
    }
    let mut leaves = Vec::with_capacity(letters.len());
    for (letter, first) in letters.into_iter().zip(known) {
        if let Some(first) = first {
            leaves.push(first);
            continue;
        }
        let body = ledger.put_body(&letter.body, letter.digest)?;
        let attached = Attached { body: Some(body), detail: Vec::new() };
        leaves.push(ledger.stage_private(now, &letter.envelope, attached)?);
    }
    Ok(Ok(Outcome::Leaves(leaves)))
}

pub(super) fn fetch(
    ledger: &mut Ledger,
    now: Time,
    institution: Id,
    terminal: Id,
    from: Id,
    id: Id,
) -> Accepted<Outcome> {
    let Some(row) = message(ledger, from, id)? else { return Ok(Err(Refused::not_found())) };
    let to = row.recipient().ok_or(LedgerError::Contradiction("a message has no recipient"))?;
    if institution != to && institution != from {
        return Ok(Err(Refused::not_found()));
    }
    // The gate looked before the rounds in between: no body leaves after a removal in the log.
    let at = ledger.next_position(now);
    let Some(member) = ledger.directory().member(institution) else {
        return Ok(Err(Refused::not_found()));
    };
    if !terminal_counts(ledger, at, institution, terminal) {
        return Ok(Err(Refusal::NotAdmitted.into()));
    }
    if !member.is_active_at(at) {
        return Ok(Err(Refusal::Suspended.into()));
    }
    if row.body.is_empty() {
        return Ok(Err(Refused::new(ErrorReason::BodyGone, "the exchange's copy was destroyed")));
    }
    // The sender's own fetch says nothing about delivery.
    if institution != to || from == to {
        return Ok(Ok(Outcome::Body { fetched: None, location: row.body }));
    }
    let state = row.state();
    let fetched = if state.adds_nothing(Event::Fetched) {
        let first = state
            .fetched_at()
            .ok_or(LedgerError::Contradiction("a fetched message has no fetched leaf"))?;
        ledger.leaf_info(first.index)?
    } else {
        let said = Fetched { from, id, envelope: digest(&row)?, by: institution, terminal };
        let said = unsigned(ledger.origin(), &said)
            .map_err(|_| LedgerError::Contradiction("our own statement is malformed"))?;
        ledger.stage_private(now, &said, Attached::default())?
    };
    Ok(Ok(Outcome::Body { fetched: Some(fetched), location: row.body }))
}

pub(super) fn opened(
    ledger: &mut Ledger,
    now: Time,
    institution: Id,
    statement: &Statement,
) -> Accepted<Outcome> {
    let AnyBody::Opened(said) = &statement.body else {
        return Ok(Err(Refused::new(ErrorReason::Malformed, "not an opened")));
    };
    let (from, id) = (said.from, said.id);
    let (row, envelope) = or_refuse!(answered_message(ledger, institution, from, id)?);
    if let Some(first) = first_receipt(ledger, statement)? {
        return Ok(Ok(Outcome::Leaves(vec![first])));
    }
    let at = ledger.next_position(now);
    or_refuse!(check_opened(ledger.directory(), at, statement, &envelope, digest(&row)?));
    let state = row.state();
    if let (true, Some(first)) = (state.adds_nothing(Event::Opened), state.opened_at()) {
        return Ok(Ok(Outcome::Leaves(vec![ledger.leaf_info(first.index)?])));
    }
    let leaf = ledger.stage_private(now, statement, Attached::default())?;
    Ok(Ok(Outcome::Leaves(vec![leaf])))
}

pub(super) fn dispose(
    ledger: &mut Ledger,
    now: Time,
    institution: Id,
    statement: &Statement,
    detail: Vec<u8>,
) -> Accepted<Outcome> {
    let AnyBody::Disposition(said) = &statement.body else {
        return Ok(Err(Refused::new(ErrorReason::Malformed, "not a disposition")));
    };
    let (from, id) = (said.from, said.id);
    let (row, envelope) = or_refuse!(answered_message(ledger, institution, from, id)?);
    if let Some(first) = first_receipt(ledger, statement)? {
        return Ok(Ok(Outcome::Leaves(vec![first])));
    }
    if detail.len() > MAX_SEALED_DETAIL {
        return Ok(Err(Refused::limit("sealed detail bytes", MAX_SEALED_DETAIL)));
    }
    let fits = match &said.detail {
        Some(named) => {
            named.sealed.length == detail.len() as u64 && named.sealed.digest == sha256(&[&detail])
        }
        None => detail.is_empty(),
    };
    if !fits {
        return Ok(Err(Refusal::Mismatch.into()));
    }
    let state = row.state();
    if said.previous != last_disposition(ledger, &state)? {
        let refused =
            Refused::new(ErrorReason::Rule, "another answer was logged first, or none was");
        return Ok(Err(refused.with("rule", "previous")));
    }
    let at = ledger.next_position(now);
    or_refuse!(check_disposition(ledger.directory(), at, statement, &envelope, digest(&row)?));
    if state.answers().count() >= MAX_ANSWERS {
        return Ok(Err(Refused::limit("answers_per_message", MAX_ANSWERS)));
    }
    let leaf = ledger.stage_private(now, statement, Attached { body: None, detail })?;
    Ok(Ok(Outcome::Leaves(vec![leaf])))
}

/// Digest of the newest disposition of a message.
fn last_disposition(ledger: &Ledger, state: &MessageState) -> Result<Option<Hash>, LedgerError> {
    let Some((at, _)) = state.answers().last() else { return Ok(None) };
    let record = ledger.leaf_info(at.index)?.record;
    Ok(Statement::parse(&record).ok().map(|statement| statement.digest()))
}

/// The message that an answer names, if it is the caller's to answer.
fn answered_message(
    ledger: &Ledger,
    institution: Id,
    from: Id,
    id: Id,
) -> Accepted<(MessageRow, Envelope)> {
    let Some(row) = message(ledger, from, id)? else { return Ok(Err(Refused::not_found())) };
    if row.recipient() != Some(institution) {
        return Ok(Err(Refused::not_found()));
    }
    let record = ledger.leaf_info(row.envelope)?.record;
    match Statement::parse(&record).map(|statement| statement.body) {
        Ok(AnyBody::Envelope(envelope)) => Ok(Ok((row, envelope))),
        // Erased after its retention time.
        _ => Ok(Err(Refused::new(ErrorReason::BodyGone, "the message's record was erased"))),
    }
}

fn message(ledger: &Ledger, from: Id, id: Id) -> Result<Option<MessageRow>, LedgerError> {
    ledger.lookup(&key(table::MESSAGE, &[&from.0, &id.0]))
}

fn digest(row: &MessageRow) -> Result<Hash, LedgerError> {
    row.digest
        .as_slice()
        .try_into()
        .map(Hash)
        .map_err(|_| LedgerError::Contradiction("a message has no digest"))
}

/// Whether an id and the time that was written beside it are near enough to the exchange's clock.
pub(super) fn check_time(now: Time, id: Id, written: Time) -> Result<(), Refusal> {
    let near = |time: Time| time.0 + MAX_AGE >= now.0 && time.0 <= now.0 + MAX_AHEAD;
    let made = id.message_time().ok_or(Refusal::Mismatch)?;
    if near(made) && near(written) { Ok(()) } else { Err(Refusal::Clock) }
}

fn check_body(envelope: &Envelope, letter: &OutgoingLetter) -> Result<(), Refused> {
    if letter.body.len() > MAX_SEALED_BODY {
        return Err(Refused::limit("sealed body bytes", MAX_SEALED_BODY));
    }
    if envelope.body.length != letter.body.len() as u64 || envelope.body.digest != letter.digest {
        return Err(Refusal::Mismatch.into());
    }
    Ok(())
}

/// Whether the sender has uploaded all that the envelope names, each once. How many there may be is
/// a rule of the statement.
fn check_attachments(ledger: &Ledger, envelope: &Envelope) -> Accepted<()> {
    let refused = |why, named: &BytesRef| {
        let refused = Refused::new(ErrorReason::Rule, why).with("rule", "attachments");
        Ok(Err(refused.with("digest", named.digest.to_string())))
    };
    let mut digests = BTreeSet::new();
    for named in &envelope.attachments {
        if !digests.insert(named.digest) {
            return refused("the envelope names an attachment twice", named);
        }
        if !ledger.has_attachment(envelope.from, named)? {
            return refused("the attachment was not uploaded completely, or was given up", named);
        }
    }
    Ok(Ok(()))
}
