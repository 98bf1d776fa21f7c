use prost::Message;
use tsumugu_proto::v1::{self, ErrorReason};
use tsumugu_trust::hash::sha256;
use tsumugu_trust::statement::AnyBody;

use crate::exchange::{Exchange, broken};
use crate::pending::StoredInvitation;
use crate::refused::Refused;
use crate::sequencer::Command;
use crate::services::{MAX_DOCUMENT, statement};

/// Longest sealed secret, bytes: five administrators.
const MAX_SEALED_SECRET: usize = 16 * 1024;

/// Registers an invitation. Its document is stored before the leaf is committed: a crash in between
/// leaves a document that nobody is shown.
pub(super) async fn create_invitation(
    exchange: &Exchange,
    request: v1::CreateInvitationRequest,
) -> Result<v1::CreateInvitationResponse, Refused> {
    let _one = exchange.pending.lock().await;
    let document = request
        .document
        .ok_or_else(|| Refused::new(ErrorReason::Malformed, "there is no document"))?;
    if document.content.len() > MAX_DOCUMENT || document.mac.len() != 32 {
        return Err(Refused::limit("document bytes", MAX_DOCUMENT));
    }
    if request.sealed_secret.len() > MAX_SEALED_SECRET {
        return Err(Refused::limit("sealed secret bytes", MAX_SEALED_SECRET));
    }
    let content = v1::InvitationContent::decode(&document.content[..])
        .map_err(|_| Refused::new(ErrorReason::Malformed, "the document does not decode"))?;
    let invitation = statement(exchange, &content.invitation)?;
    let AnyBody::Invitation(body) = &invitation.body else {
        return Err(Refused::new(ErrorReason::Malformed, "not an invitation"));
    };
    if body.secret != sha256(&[&request.sealed_secret]) {
        return Err(Refused::new(
            ErrorReason::Malformed,
            "the sealed secret is not the one that was signed",
        ));
    }
    let most = exchange.settings.limits.pending_invitations as usize;
    let known = exchange.pending.invitation(body.invitation).map_err(|e| broken(&e))?;
    if exchange.pending.terminal(body.invitation).map_err(|e| broken(&e))?.is_some() {
        return Err(Refused::new(ErrorReason::IdReused, "an invitation of that id exists"));
    }
    if known.is_none() && exchange.reader.open_invitations(exchange.now())? >= most {
        return Err(Refused::limit("pending_invitations", most));
    }
    match known {
        Some(known) if known.invitation != content.invitation => {
            return Err(Refused::new(ErrorReason::IdReused, "an invitation of that id exists"));
        }
        Some(_) => {}
        None => {
            let stored = StoredInvitation {
                document: Some(document),
                invitation: content.invitation.to_vec(),
                sealed_secret: request.sealed_secret.to_vec(),
                ..StoredInvitation::default()
            };
            exchange.pending.put_invitation(body.invitation, &stored).map_err(|e| broken(&e))?;
        }
    }
    let receipt = exchange.first_receipt(Command::Invite { invitation }).await?;
    Ok(v1::CreateInvitationResponse { receipt })
}
