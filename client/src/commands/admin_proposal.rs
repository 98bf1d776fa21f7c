//! Statements that another administrator began and that belong to no invitation.

use tsumugu_proto::v1;
use tsumugu_trust::directory::{Directory, Member, is_attribute_change};
use tsumugu_trust::statement::{AnyBody, Statement, sign_text};
use tsumugu_trust::value::Id;

use super::admin_commit::{self, Signed};
use super::admin_release;
use super::admin_review::{signers, taken};
use crate::failure::Failure;
use crate::rpc::Rpc;
use crate::session::Session;

/// The one statement about the institution with this number that others have begun to sign.
///
/// # Errors
/// There are several, or it breaks a rule of the log; the exchange is not reached.
pub(super) async fn find(
    session: &Session<'_>,
    rpc: &Rpc,
    number: &str,
) -> Result<Option<Statement>, Failure> {
    let waiting = rpc.list_pending(v1::ListPendingRequest::default()).await?;
    let typed = number.trim();
    let about = |draft: &Statement| match &draft.body {
        AnyBody::CatalogueRelease(release) => admin_release::is_meant(typed, draft, release),
        _ => subject(session, draft).as_deref() == Some(typed),
    };
    let drafts = waiting.proposals.iter().filter_map(|note| Statement::parse(note).ok());
    let mut drafts: Vec<Statement> = drafts.filter(about).collect();
    if drafts.len() > 1 {
        let several = Failure::new("admin.ambiguous-invitation").with("id", number);
        return Err(several.with("count", drafts.len()));
    }
    let Some(draft) = drafts.pop() else { return Ok(None) };
    if continues(session.directory(), &draft) && !signers(session.directory(), &draft).is_empty() {
        Ok(Some(draft))
    } else {
        Err(Failure::new("admin.not-approvable").with("reason", "proposal"))
    }
}

/// Signs it too.
///
/// # Errors
/// The exchange refuses; an alarm where its receipt does not prove it.
pub(super) async fn sign(
    session: &mut Session<'_>,
    rpc: &Rpc,
    draft: &Statement,
) -> Result<Signed, Failure> {
    let key = session.identity().administrator()?.signing_key(session.origin())?;
    let mine = sign_text(draft.text(), &[&key])
        .map_err(|error| Failure::fault("proposal").because(error))?;
    let answer = rpc.propose(v1::ProposeRequest { statement: mine.bytes().into() }).await?;
    let counts = (answer.signatures, answer.needed);
    admin_commit::signed(session, &mine, Some(draft), answer.receipt.as_ref(), counts).await
}

/// The same statement as others have signed it.
///
/// # Errors
/// The exchange is not reached.
pub(super) async fn same(rpc: &Rpc, mine: &Statement) -> Result<Option<Statement>, Failure> {
    let waiting = rpc.list_pending(v1::ListPendingRequest::default()).await?;
    let mut parsed = waiting.proposals.iter().filter_map(|note| Statement::parse(note).ok());
    Ok(parsed.find(|one| one.text() == mine.text()))
}

/// The number of the institution that it is about. Only kinds that are looked at here.
fn subject(session: &Session<'_>, draft: &Statement) -> Option<String> {
    match &draft.body {
        AnyBody::Standing(standing) => Some(session.number_of(standing.institution)),
        AnyBody::Hold(hold) => Some(session.number_of(hold.from)),
        // A changed record is asked for by the number that the directory shows.
        AnyBody::Institution(record) => {
            let known = session.directory().member(record.institution).and_then(Member::record);
            Some(known.unwrap_or(record).number.to_string())
        }
        _ => None,
    }
}

/// Whether the log would take it: the next standing, the first record of an institution that does not
/// take part, or a change of a record that leaves its key alone. Members come by invitation only.
fn continues(directory: &Directory, draft: &Statement) -> bool {
    if draft.origin != *directory.origin() {
        return false;
    }
    match &draft.body {
        AnyBody::Standing(standing) => directory
            .member(standing.institution)
            .is_some_and(|member| standing.version == member.standings.len() as u64 + 1),
        AnyBody::CatalogueRelease(release) => {
            release.version == directory.catalogues().len() as u64 + 1
        }
        // Which hold it continues only the exchange knows.
        AnyBody::Hold(hold) => directory.member(hold.from).is_some(),
        AnyBody::Institution(record) => {
            let id: Id = record.institution;
            let free = taken(directory, id, &record.number, &record.name, record.label.as_ref());
            let may_come = match directory.member(id).and_then(Member::record) {
                Some(known) => is_attribute_change(known, record),
                None => record.version == 1 && record.fax_only.is_some(),
            };
            may_come && free.is_empty()
        }
        _ => false,
    }
}
