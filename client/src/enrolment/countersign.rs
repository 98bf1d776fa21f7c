//! The trust list that a further administrator is asked to sign: exactly the one it asked for.

use tsumugu_proto::v1;
use tsumugu_trust::note::VerifyingKey;
use tsumugu_trust::statement::{AnyBody, Statement, TrustList, sign_text};
use tsumugu_trust::value::{Origin, Role};

use super::pending::{Pending, PendingCandidacy, parse};
use crate::failure::Failure;
use crate::rpc::Rpc;

/// Checks the list and hands in one's signature under it.
///
/// # Errors
/// `enrolment.other-list`, an alarm: the list is not the successor of the one in the invitation with
/// just this administrator added; or the exchange refuses.
pub(super) async fn countersign(
    rpc: &Rpc,
    pending: &Pending,
    candidacy: &PendingCandidacy,
    note: &[u8],
) -> Result<(), Failure> {
    let origin = &pending.exchange.origin;
    let text = checked_text(origin, pending, candidacy, note)?;
    let key = candidacy.keys.signing_key(origin)?;
    let signed =
        sign_text(&text, &[&key]).map_err(|error| Failure::fault("trust list").because(error))?;
    let request = v1::CountersignTrustListRequest {
        invitation_id: pending.invitation.0.to_vec().into(),
        trust_list: signed.bytes().into(),
    };
    // Its receipt, if there is one yet, is not needed: the clear chain shows the list in the end.
    rpc.countersign_trust_list(request).await.map(|_| ())
}

fn checked_text(
    origin: &Origin,
    pending: &Pending,
    candidacy: &PendingCandidacy,
    note: &[u8],
) -> Result<String, Failure> {
    let other = |detail: &str| Failure::new("enrolment.other-list").with("detail", detail);
    let known = parse(&candidacy.known_list)?;
    let AnyBody::TrustList(known_list) = &known.body else {
        return Err(Failure::fault("trust list"));
    };
    let AnyBody::Candidacy(asked) = pending.statement()?.body else {
        return Err(Failure::fault("candidacy"));
    };
    let statement = Statement::parse(note).map_err(|error| other("form").because(error))?;
    let AnyBody::TrustList(list) = &statement.body else { return Err(other("kind")) };
    if statement.origin != *origin {
        return Err(other("origin"));
    }
    let mut administrators = known_list.administrators.clone();
    administrators.push(asked.administrator);
    administrators.sort_by_key(|administrator| administrator.id);
    let expected = TrustList {
        version: known_list.version + 1,
        previous: Some(known.digest()),
        threshold: list.threshold,
        administrators,
        ..known_list.clone()
    };
    if *list != expected {
        return Err(other("lines"));
    }
    // It may rise, so that no administrator can act alone any more; it may not sink.
    if list.threshold < known_list.threshold {
        return Err(other("threshold"));
    }
    let signed = |administrator: &&tsumugu_trust::statement::Administrator| {
        let name = origin.key_name(Role::Administrator, administrator.id);
        VerifyingKey::new(&name, administrator.key.0).is_ok_and(|key| statement.is_signed_by(&key))
    };
    let signers = known_list.administrators.iter().filter(signed).count() as u64;
    if signers < known_list.threshold {
        return Err(other("signatures"));
    }
    Ok(statement.text().to_owned())
}

#[cfg(test)]
mod tests;
