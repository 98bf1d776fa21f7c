//! The requests of administrators: the first one makes trust list 1, a further one asks to be in n+1.

use tsumugu_trust::code::Code;
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::statement::{
    Administrator, Candidacy, Invitation, LogKey, RecipientText, TrustList, sign,
};
use tsumugu_trust::value::Id;

use super::document::CheckedDocument;
use super::pending::{Pending, PendingCandidacy, PendingRole};
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::text::Bytes;
use crate::identity::{AdministratorKeys, Seed, public_key};
use crate::tls;

/// Trust list 1 with this administrator alone, threshold 1.
///
/// # Errors
/// The cryptographic library failed.
pub fn new_bootstrap(
    ctx: &Context,
    document: &CheckedDocument,
    address: &str,
    code: &Code,
) -> Result<Pending, Failure> {
    let keys = new_keys(ctx, Id(ctx.random()));
    let key = keys.signing_key(&document.origin)?;
    let list = TrustList {
        version: 1,
        previous: None,
        threshold: 1,
        administrators: vec![entry(&keys, document)?],
        logs: document.log_keys.iter().cloned().map(LogKey).collect(),
        ca_pins: document.ca_pins.clone(),
        policy: None,
        old_log: None,
    };
    let list = sign(&document.origin, &list, &[&key]).map_err(unsigned)?;
    let request = tls::csr()?;
    Ok(Pending {
        invitation: code.invitation_id(),
        exchange: document.exchange_of(address, list.digest(), list.digest()),
        role: PendingRole::Bootstrap(keys),
        request: Bytes::new(list.bytes()),
        mac: code.request_mac(list.text().as_bytes()),
        csr: Bytes::new(request.csr),
        tls_key: Bytes(request.key),
    })
}

/// The request to be a further administrator.
///
/// # Errors
/// The document shows no trust list; the cryptographic library failed.
pub fn new_candidacy(
    ctx: &Context,
    document: &CheckedDocument,
    invitation: &Invitation,
    address: &str,
    code: &Code,
) -> Result<Pending, Failure> {
    let absent = || Failure::new("enrolment.bad-document").with("part", "trust-list");
    let exchange = document.exchange(address).ok_or_else(absent)?;
    let known = document.newest_list.as_ref().ok_or_else(absent)?;
    let keys = new_keys(ctx, invitation.subject);
    let key = keys.signing_key(&document.origin)?;
    let request = tls::csr()?;
    let candidacy = Candidacy {
        invitation: invitation.invitation,
        trust_list: known.digest(),
        administrator: entry(&keys, document)?,
        csr: csr_digest(&request.csr),
    };
    let statement = sign(&document.origin, &candidacy, &[&key]).map_err(unsigned)?;
    Ok(Pending {
        invitation: invitation.invitation,
        exchange,
        role: PendingRole::Candidacy(PendingCandidacy {
            keys,
            known_list: Bytes::new(known.bytes()),
        }),
        mac: code.request_mac(statement.text().as_bytes()),
        request: Bytes::new(statement.bytes()),
        csr: Bytes::new(request.csr),
        tls_key: Bytes(request.key),
    })
}

fn new_keys(ctx: &Context, id: Id) -> AdministratorKeys {
    AdministratorKeys { id, seed: Seed::new(ctx.random()), sealing: Seed::new(ctx.random()) }
}

/// The line of a trust list that these keys give.
fn entry(keys: &AdministratorKeys, document: &CheckedDocument) -> Result<Administrator, Failure> {
    Ok(Administrator {
        id: keys.id,
        key: public_key(&keys.signing_key(&document.origin)?),
        recipient: RecipientText::from(&keys.sealing_identity().to_recipient()),
    })
}

/// What a request names its certificate request by.
pub(super) fn csr_digest(csr: &[u8]) -> Hash {
    sha256(&[csr])
}

/// What we made ourselves broke a rule of its kind.
pub(super) fn unsigned(error: tsumugu_trust::statement::Malformed) -> Failure {
    Failure::fault("statement").because(error)
}
