use tsumugu_proto::v1::{self, ErrorReason};
use tsumugu_trust::directory::{Refusal, RenewalHolder, check_renewal};

use super::requested_key;
use crate::exchange::{Exchange, broken};
use crate::party::Party;
use crate::refused::Refused;
use crate::services::statement;

/// Issues a new certificate to a party that takes part, also after its old one has ended. A replay
/// gives another certificate for the same key, which only who made the request holds.
pub(super) fn renew_certificate(
    exchange: &Exchange,
    request: &v1::RenewCertificateRequest,
) -> Result<v1::RenewCertificateResponse, Refused> {
    let renewal = statement(exchange, &request.renewal)?;
    let now = exchange.now();
    let directory = exchange.reader.published().directory.clone();
    let checked = check_renewal(&directory, now, &renewal).map_err(|refusal| match refusal {
        // It speaks of itself: unlike elsewhere, it is the caller whom nobody knows.
        Refusal::UnknownParty => {
            Refused::new(ErrorReason::UnknownParty, "nobody of that name takes part")
        }
        other => other.into(),
    })?;
    let key = requested_key(&request.csr, checked.csr())?;
    exchange.renewals.take(checked.holder(), renewal.digest(), now)?;
    let party = match checked.holder() {
        RenewalHolder::Administrator(id) => Party::Administrator { id: id.0 },
        RenewalHolder::Terminal { institution, terminal } => {
            Party::Terminal { institution: institution.0, terminal: terminal.0 }
        }
    };
    let chain = exchange.ca.issue_client(&party, &key, now.0).map_err(|e| broken(&e))?;
    let certificates = chain.iter().map(|c| c.to_vec().into()).collect();
    Ok(v1::RenewCertificateResponse { certificates })
}
