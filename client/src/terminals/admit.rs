//! Admitting the terminal of a request that a person has confirmed.

use tsumugu_proto::v1;
use tsumugu_trust::statement::{AnyBody, Terminal, sign};
use tsumugu_trust::value::Id;

use super::invitation::{Admission, OpenInvitation};
use super::keyring::sealed;
use super::label::set_label;
use super::request::Asked;
use crate::failure::Failure;
use crate::identity::text::Bytes;
use crate::session::Session;

/// Admits the terminal and hands over the keyring; gives its id and the index in the log.
///
/// `asked` is what a person has just confirmed; without it, one that was confirmed before. Admission and
/// keyring lie in the vault before they are handed over: a crash leaves what the same command hands
/// over again.
///
/// # Errors
/// As [`sealed`]; `terminal.invitation-closed`; the exchange refuses, or is not reached; the receipt does
/// not prove it, an alarm.
pub async fn admit(
    session: &mut Session<'_>,
    invitation: &mut OpenInvitation,
    asked: Option<&Asked>,
) -> Result<(Id, u64), Failure> {
    if let Some(asked) = asked {
        invitation.admission = Some(admission(session, asked)?);
        invitation.save(session.vault())?;
    }
    let admission = invitation.admission.as_ref().ok_or_else(|| Failure::fault("admission"))?;
    let statement = admission.statement()?;
    let AnyBody::Terminal(lines) = &statement.body else { return Err(Failure::fault("admission")) };
    session.expect_own([statement.digest()])?;
    let request = v1::AdmitTerminalRequest {
        invitation_id: invitation.id()?.0.to_vec().into(),
        statement: statement.bytes().into(),
        keyring: admission.keyring.0.to_vec().into(),
    };
    let answer = match session.connect().await?.admit_terminal(request).await {
        Err(gone) if ["server.not-found", "server.invitation-closed"].contains(&gone.key()) => {
            OpenInvitation::forget(session.vault())?;
            return Err(Failure::new("terminal.invitation-closed").because(gone));
        }
        answer => answer?,
    };
    let verified = session.verify_answer(answer.receipt.as_ref(), Some(&statement.bytes())).await?;
    if let Some(label) = &invitation.label {
        set_label(session.vault(), lines.terminal, label)?;
    }
    OpenInvitation::forget(session.vault())?;
    Ok((lines.terminal, verified.at.index))
}

fn admission(session: &Session<'_>, asked: &Asked) -> Result<Admission, Failure> {
    let request = asked.checked().request();
    let keys = session.identity().terminal()?;
    let lines =
        Terminal { institution: keys.institution, terminal: request.terminal, key: request.key };
    let statement = sign(session.origin(), &lines, &[&keys.institution_key(session.origin())?])
        .map_err(|error| Failure::fault("statement").because(error))?;
    let keyring = sealed(session, &request.recipient)?;
    Ok(Admission { statement: Bytes::new(statement.bytes()), keyring: Bytes::new(keyring) })
}
