use tsumugu_proto::v1::{self, ErrorReason};
use tsumugu_trust::note::{Note, VerifyingKey};
use tsumugu_trust::value::Role;

use crate::exchange::{AdministratorCaller, Exchange};
use crate::operations::Condition;
use crate::refused::Refused;

/// Lets a read-only exchange go on from the checkpoint that the administrator has signed: the one that
/// is here, and no other. Said again when it goes on already, it changes nothing.
pub(super) fn resume(
    exchange: &Exchange,
    caller: AdministratorCaller,
    request: &v1::ResumeRequest,
) -> Result<v1::ResumeResponse, Refused> {
    let malformed = |_| Refused::new(ErrorReason::Malformed, "not a signed checkpoint");
    let signed = Note::parse(&request.checkpoint).map_err(malformed)?;
    let published = exchange.reader.published();
    let administrators = published.directory.trust_list().map(|list| &list.body.administrators);
    let key =
        administrators.into_iter().flatten().find(|one| one.id == caller.id()).and_then(|one| {
            let name = exchange.reader.origin().key_name(Role::Administrator, one.id);
            VerifyingKey::new(&name, one.key.0).ok()
        });
    let is_signed = key.is_some_and(|key| signed.verify(&key).is_ok());
    if !is_signed || signed.signatures().len() != 1 {
        return Err(Refused::new(ErrorReason::BadSignature, "not signed by this administrator"));
    }
    if exchange.condition.now() != Condition::ReadOnly {
        return Ok(v1::ResumeResponse {});
    }
    let ours = Note::parse(&published.checkpoint).map_err(malformed)?;
    if signed.text() != ours.text() {
        return Err(Refused::new(
            ErrorReason::Rule,
            "the log is not at the checkpoint that was signed",
        )
        .with("rule", "resume"));
    }
    exchange.restraint.resume()?;
    Ok(v1::ResumeResponse {})
}
