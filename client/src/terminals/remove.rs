//! Removing a terminal of the institution.

use tsumugu_proto::v1;
use tsumugu_trust::statement::{RemovalReason, TerminalRemoved, sign};
use tsumugu_trust::value::Id;

use crate::failure::Failure;
use crate::session::Session;

/// Removes a terminal that is put out of use; gives the index in the log. The exchange refuses it from
/// the next request on.
///
/// # Errors
/// The exchange refuses, or is not reached; the receipt does not prove it, an alarm.
pub async fn remove(session: &mut Session<'_>, terminal: Id) -> Result<u64, Failure> {
    let keys = session.identity().terminal()?;
    let lines =
        TerminalRemoved { institution: keys.institution, terminal, reason: RemovalReason::Retired };
    let statement = sign(session.origin(), &lines, &[&keys.institution_key(session.origin())?])
        .map_err(|error| Failure::fault("statement").because(error))?;
    // Before it is sent: a crash after it was logged must not make it a strange record.
    session.expect_own([statement.digest()])?;
    let request = v1::PublishStatementRequest { statement: statement.bytes().into() };
    let answer = session.connect().await?.publish_statement(request).await?;
    let verified = session.verify_answer(answer.receipt.as_ref(), Some(&statement.bytes())).await?;
    Ok(verified.at.index)
}
