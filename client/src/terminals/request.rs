//! The request that came for an invitation: checked under the code's secret before anybody is asked.

use tsumugu_proto::v1;
use tsumugu_proto::v1::EnrolmentState;
use tsumugu_trust::code::{Code, comparison_digits};
use tsumugu_trust::directory::{CheckedTerminalRequest, check_terminal_request};
use tsumugu_trust::statement::Statement;

use super::invitation::OpenInvitation;
use crate::failure::Failure;
use crate::session::Session;

/// A request that the code's secret vouches for. Only [`look`] makes it.
#[derive(Debug, Clone)]
pub struct Asked {
    checked: CheckedTerminalRequest,
}

impl Asked {
    /// The request.
    #[must_use]
    pub fn checked(&self) -> &CheckedTerminalRequest {
        &self.checked
    }

    /// The 24 digits that both screens show.
    #[must_use]
    pub fn digits(&self) -> String {
        comparison_digits(self.checked.text())
    }
}

/// Asks for the request, once; nothing while none came.
///
/// # Errors
/// `terminal.invitation-closed`; `terminal.bad-mac`, `terminal.bad-request` and `terminal.key-taken`:
/// what came is not the new PC's; the exchange is not reached.
pub async fn look(
    session: &mut Session<'_>,
    invitation: &OpenInvitation,
) -> Result<Option<Asked>, Failure> {
    let code = invitation.code()?;
    let rpc = session.connect().await?;
    let answer = match rpc.get_terminal_request(code.invitation_id()).await {
        Err(gone) if gone.key() == "server.not-found" => {
            return Err(Failure::new("terminal.invitation-closed").because(gone));
        }
        answer => answer?,
    };
    match answer.state() {
        EnrolmentState::Pending => check(session, &code, &answer).map(Some),
        EnrolmentState::Invited => Ok(None),
        _ => Err(Failure::new("terminal.invitation-closed")),
    }
}

fn check(
    session: &Session<'_>,
    code: &Code,
    answer: &v1::GetTerminalRequestResponse,
) -> Result<Asked, Failure> {
    let bad = |part: &str| Failure::new("terminal.bad-request").with("part", part);
    let statement =
        Statement::parse(&answer.request).map_err(|error| bad("form").because(error))?;
    // Before anything else is looked at: who does not have the code cannot have made it.
    if !code.is_request_mac(statement.text().as_bytes(), &answer.mac) {
        return Err(Failure::new("terminal.bad-mac"));
    }
    let institution = session.identity().terminal()?.institution;
    let (origin, id) = (session.origin(), code.invitation_id());
    let checked = check_terminal_request(origin, id, institution, &statement)
        .map_err(|refusal| bad("lines").because(refusal))?;
    let lines = checked.request();
    let directory = session.directory();
    if !directory.trust_lists().iter().any(|list| list.digest == lines.trust_list) {
        return Err(bad("trust-list"));
    }
    let known =
        directory.members().any(|(_, member)| member.terminals.contains_key(&lines.terminal));
    if known || directory.holder_of(&lines.key).is_some() {
        return Err(Failure::new("terminal.key-taken"));
    }
    Ok(Asked { checked })
}
