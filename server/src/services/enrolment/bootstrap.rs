use tsumugu_proto::v1::{self, ErrorReason};
use tsumugu_trust::code::Code;
use tsumugu_trust::directory::Directory;
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::statement::{AnyBody, Statement, TrustList};

use crate::ca::RequestedKey;
use crate::exchange::{Exchange, broken};
use crate::party::Party;
use crate::pending::StoredInvitation;
use crate::refused::Refused;
use crate::sequencer::Command;
use crate::services::{binary_id, statement};

/// Takes trust list 1, once, as entry 0.
pub(super) async fn bootstrap(
    exchange: &Exchange,
    request: v1::BootstrapRequest,
) -> Result<v1::BootstrapResponse, Refused> {
    let _one = exchange.pending.lock().await;
    let id = binary_id(&request.invitation_id)?;
    let stored =
        exchange.pending.invitation(id).map_err(|e| broken(&e))?.ok_or_else(Refused::not_found)?;
    if !stored.invitation.is_empty() {
        return Err(Refused::not_found());
    }
    let list = statement(exchange, &request.trust_list)?;
    check_mac(&stored, &list, &request)?;
    let body = check_list(exchange, &list)?;
    let [administrator] = body.administrators.as_slice() else {
        return Err(Refused::new(ErrorReason::Rule, "trust list 1 has one administrator"));
    };
    let key = RequestedKey::from_csr(&request.csr)
        .map_err(|e| Refused::new(ErrorReason::Malformed, e.to_string()))?;
    let first = !exchange
        .reader
        .published()
        .directory
        .trust_lists()
        .iter()
        .any(|l| l.digest == list.digest());
    let receipt = exchange.first_receipt(Command::Bootstrap { list: list.clone() }).await?;
    if first {
        // A chain that ends in a tick: clients count nothing else.
        exchange.receipts(Command::Tick).await?;
    }
    // The code has done its work: its secret goes, and only the same request is answered again. A crash
    // before this leaves the secret of a code that the log takes no second list from.
    let taken = StoredInvitation {
        request: request.trust_list.to_vec(),
        mac: request.mac.to_vec(),
        csr: request.csr.to_vec(),
        bootstrap_secret: Vec::new(),
        ..stored
    };
    exchange.pending.put_invitation(id, &taken).map_err(|e| broken(&e))?;
    let party = Party::Administrator { id: administrator.id.0 };
    let certificates =
        exchange.ca.issue_client(&party, &key, exchange.clock.now_ms()).map_err(|e| broken(&e))?;
    Ok(v1::BootstrapResponse {
        receipt,
        certificates: certificates.iter().map(|c| c.to_vec().into()).collect(),
    })
}

/// Only who holds the printed code may hand in list 1.
fn check_mac(
    stored: &StoredInvitation,
    list: &Statement,
    request: &v1::BootstrapRequest,
) -> Result<(), Refused> {
    let proved = match <[u8; 16]>::try_from(stored.bootstrap_secret.as_slice()) {
        Ok(secret) => {
            Code::from_secret(secret).is_request_mac(list.text().as_bytes(), &request.mac)
        }
        // Who finds the paper later can make the MAC, but gets no certificate for a key of his own.
        Err(_) => {
            (&stored.request[..], &stored.mac[..], &stored.csr[..])
                == (&request.trust_list[..], &request.mac[..], &request.csr[..])
        }
    };
    if proved {
        Ok(())
    } else {
        Err(Refused::new(ErrorReason::BadSignature, "the MAC is not made with the bootstrap code"))
    }
}

fn check_list(exchange: &Exchange, list: &Statement) -> Result<TrustList, Refused> {
    let AnyBody::TrustList(body) = &list.body else {
        return Err(Refused::new(ErrorReason::Malformed, "not a trust list"));
    };
    // The rules of entry 0, on an empty directory.
    let at = LogPosition::of_clear(0, 0, exchange.now());
    Directory::new(exchange.reader.origin().clone()).apply(at, list)?;
    exchange.check_names_us(body)?;
    Ok(body.clone())
}
