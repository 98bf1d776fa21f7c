//! Records of what went past the exchange: FAX, post, visit, telephone.

use tsumugu_proto::v1::ErrorReason;
use tsumugu_trust::directory::{Refusal, check_off_system};
use tsumugu_trust::hash::sha256;
use tsumugu_trust::letter::MAX_SEALED_RECORD;
use tsumugu_trust::statement::{AnyBody, OffSystem, Statement};
use tsumugu_trust::value::{Id, Time};

use super::super::command::Outcome;
use super::letters::check_time;
use super::{Accepted, first_receipt, or_refuse};
use crate::ledger::{Attached, Ledger, LedgerError, key, table};
use crate::refused::Refused;

/// Leaf and detail are frames of one round: a crash keeps both or none.
pub(super) fn record(
    ledger: &mut Ledger,
    now: Time,
    institution: Id,
    statement: &Statement,
    detail: Vec<u8>,
) -> Accepted<Outcome> {
    let AnyBody::OffSystem(said) = &statement.body else {
        return Ok(Err(Refused::new(ErrorReason::Malformed, "not an off-system record")));
    };
    if said.from != institution {
        let why = "the record names another institution";
        return Ok(Err(Refused::new(ErrorReason::BadSignature, why)));
    }
    // A repeat is recognised before the clock is asked: who lost our answer may ask much later.
    if let Some(first) = first_receipt(ledger, statement)? {
        return Ok(Ok(Outcome::Leaves(vec![first])));
    }
    if index_of(ledger, institution, said.id)?.is_some() {
        let refused = Refused::new(ErrorReason::IdReused, "the id was used with other bytes");
        return Ok(Err(refused.with("id", said.id.to_string())));
    }
    let at = ledger.next_position(now);
    or_refuse!(check_off_system(ledger.directory(), at, statement));
    or_refuse!(check_time(now, said.id, said.recorded));
    or_refuse!(check_detail(said, &detail));
    if let Some(about) = said.about
        && !is_first(ledger, institution, about)?
    {
        let why = "the record is about one that is not there, or that is itself about another";
        return Ok(Err(Refused::new(ErrorReason::Rule, why).with("rule", "about")));
    }
    let leaf = ledger.stage_private(now, statement, Attached { body: None, detail })?;
    Ok(Ok(Outcome::Leaves(vec![leaf])))
}

fn check_detail(said: &OffSystem, detail: &[u8]) -> Result<(), Refused> {
    if detail.len() > MAX_SEALED_RECORD {
        return Err(Refused::limit("sealed record bytes", MAX_SEALED_RECORD));
    }
    let named = said.detail.sealed;
    if named.length != detail.len() as u64 || named.digest != sha256(&[detail]) {
        return Err(Refusal::Mismatch.into());
    }
    Ok(())
}

/// Whether the institution has such a record, and that one is about none.
fn is_first(ledger: &Ledger, institution: Id, id: Id) -> Result<bool, LedgerError> {
    let Some(index) = index_of(ledger, institution, id)? else { return Ok(false) };
    let record = ledger.leaf_info(index)?.record;
    let parsed = Statement::parse(&record).map(|statement| statement.body);
    Ok(matches!(parsed, Ok(AnyBody::OffSystem(first)) if first.about.is_none()))
}

fn index_of(ledger: &Ledger, institution: Id, id: Id) -> Result<Option<u64>, LedgerError> {
    ledger.lookup_number(&key(table::OFF_SYSTEM, &[&institution.0, &id.0]))
}
