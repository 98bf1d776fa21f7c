use prost::Message;
use tsumugu_proto::v1::{self, EnrolmentState, ErrorReason};

use super::state_of;
use crate::exchange::{Exchange, TerminalCaller, broken};
use crate::pending::{StoredTerminal, TERMINAL_DAY_MS};
use crate::refused::Refused;
use crate::services::{MAX_DOCUMENT, binary_id};

/// Open invitations of further terminals of one institution.
pub const MAX_OPEN_INVITATIONS: usize = 8;

/// Registers an invitation of a further terminal: one use, at most a day.
pub(super) async fn invite_terminal(
    exchange: &Exchange,
    caller: TerminalCaller,
    request: v1::InviteTerminalRequest,
) -> Result<v1::InviteTerminalResponse, Refused> {
    let _one = exchange.pending.lock().await;
    let id = binary_id(&request.invitation_id)?;
    let document = request
        .document
        .ok_or_else(|| Refused::new(ErrorReason::Malformed, "there is no document"))?;
    check_document(exchange, caller, &document)?;
    let now = exchange.now().0;
    if request.expires_ms > now.saturating_add(TERMINAL_DAY_MS) {
        return Err(Refused::limit("terminal_invitation_ms", TERMINAL_DAY_MS));
    }
    let known = exchange.pending.terminal(id).map_err(|e| broken(&e))?;
    if let Some(known) = known {
        let same = known.document.as_ref() == Some(&document)
            && known.institution() == Some(caller.institution())
            && known.expires_ms == request.expires_ms;
        return if same { Ok(v1::InviteTerminalResponse {}) } else { Err(taken()) };
    }
    if exchange.pending.invitation(id).map_err(|e| broken(&e))?.is_some() {
        return Err(taken());
    }
    if request.expires_ms <= now {
        return Err(Refused::new(ErrorReason::InvitationClosed, "it has expired already"));
    }
    let all = exchange.pending.terminals().map_err(|e| broken(&e))?;
    let open = all.iter().map(|(_, stored)| stored).filter(|stored| {
        let waits =
            matches!(state_of(exchange, stored), EnrolmentState::Invited | EnrolmentState::Pending);
        waits && stored.institution() == Some(caller.institution())
    });
    if open.count() >= MAX_OPEN_INVITATIONS {
        return Err(Refused::limit("open_terminal_invitations", MAX_OPEN_INVITATIONS));
    }
    let stored = StoredTerminal {
        document: Some(document),
        institution: caller.institution().0.to_vec(),
        by: caller.terminal().0.to_vec(),
        expires_ms: request.expires_ms,
        ..StoredTerminal::default()
    };
    exchange.pending.put_terminal(id, &stored).map_err(|e| broken(&e))?;
    Ok(v1::InviteTerminalResponse {})
}

/// The document is the inviting terminal's word to the new one; nobody shall lend us out for another
/// institution's.
fn check_document(
    exchange: &Exchange,
    caller: TerminalCaller,
    document: &v1::InvitationDocument,
) -> Result<(), Refused> {
    if document.content.len() > MAX_DOCUMENT || document.mac.len() != 32 {
        return Err(Refused::limit("document bytes", MAX_DOCUMENT));
    }
    let content = v1::InvitationContent::decode(&document.content[..])
        .map_err(|_| Refused::new(ErrorReason::Malformed, "the document does not decode"))?;
    let fits = content.origin == exchange.reader.origin().as_str()
        && content.terminal_of == caller.institution().to_string()
        && content.invitation.is_empty();
    if fits {
        return Ok(());
    }
    Err(Refused::new(ErrorReason::Malformed, "the document is not for a terminal of the caller's"))
}

fn taken() -> Refused {
    Refused::new(ErrorReason::IdReused, "an invitation of that id exists")
}
