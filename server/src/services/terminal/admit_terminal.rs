use tsumugu_proto::v1::{self, EnrolmentState, ErrorReason};
use tsumugu_trust::keyring::MAX_SEALED_KEYRING;
use tsumugu_trust::statement::{AnyBody, Statement, Terminal};

use super::{own, state_of};
use crate::exchange::{Exchange, TerminalCaller, broken};
use crate::refused::Refused;
use crate::sequencer::Command;
use crate::services::enrolment::closed;
use crate::services::statement;

/// Admits the terminal of a request, and keeps the keyring for it.
///
/// The keyring is stored before the leaf is committed: a crash in between leaves a keyring that nobody
/// is given, and the same command again goes on.
pub(super) async fn admit_terminal(
    exchange: &Exchange,
    caller: TerminalCaller,
    request: v1::AdmitTerminalRequest,
) -> Result<v1::AdmitTerminalResponse, Refused> {
    let _one = exchange.pending.lock().await;
    let (id, mut stored) = own(exchange, caller, &request.invitation_id)?;
    if request.keyring.is_empty() || request.keyring.len() > MAX_SEALED_KEYRING {
        return Err(Refused::limit("keyring bytes", MAX_SEALED_KEYRING));
    }
    let admission = statement(exchange, &request.statement)?;
    if !is_asked_for(&stored.request, &admission) {
        return Err(Refused::new(ErrorReason::Rule, "nothing was handed in that this admits")
            .with("rule", "request"));
    }
    match state_of(exchange, &stored) {
        EnrolmentState::Pending => {
            stored.keyring = request.keyring.to_vec();
            exchange.pending.put_terminal(id, &stored).map_err(|e| broken(&e))?;
        }
        // A repeat: what was handed over first stays.
        EnrolmentState::Approved => {}
        _ => return Err(closed()),
    }
    let receipt = exchange
        .first_receipt(Command::Publish {
            institution: caller.institution(),
            terminal: caller.terminal(),
            statement: admission,
        })
        .await?;
    if stored.admitted_ms == 0 {
        // A crash before this leaves it to expire by the invitation's end, a day from now at most.
        stored.admitted_ms = exchange.now().0;
        exchange.pending.put_terminal(id, &stored).map_err(|e| broken(&e))?;
    }
    Ok(v1::AdmitTerminalResponse { receipt })
}

/// Whether a statement admits just the terminal of a request.
fn is_asked_for(request: &[u8], admission: &Statement) -> bool {
    let Ok(Statement { body: AnyBody::TerminalRequest(asked), .. }) = Statement::parse(request)
    else {
        return false;
    };
    let expected =
        Terminal { institution: asked.institution, terminal: asked.terminal, key: asked.key };
    admission.body == AnyBody::Terminal(expected)
}
