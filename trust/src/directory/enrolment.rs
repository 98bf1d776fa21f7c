//! Invitations and requests to join: what administrators and the exchange check alike.

use super::model::{Directory, signed};
use super::refusal::Refusal;
use crate::leaf::LogPosition;
use crate::statement::{
    AnyBody, Candidacy, Enrolment, Institution, Invitation, InvitationClosed, KeySet, Profile,
    Purpose, Statement, Terminal, Worker,
};
use crate::value::{Id, Origin, Role};

/// A request whose own signatures hold and whose statements are those that it names.
///
/// Only [`check_enrolment`] makes it. It says nothing about who holds the keys: the MAC under the
/// code's secret and the comparison over the telephone do.
#[derive(Debug, Clone)]
pub struct CheckedEnrolment {
    /// The request's lines.
    pub request: Enrolment,
    /// Its text, which is MACed and compared.
    pub text: String,
    /// The statements to commit after the institution's record, in order.
    pub statements: Vec<Statement>,
    /// The workers among them.
    pub workers: Vec<Worker>,
}

/// Checks an invitation: signed by one administrator of the list in force at `at`.
///
/// # Errors
/// [`Refusal`]
pub fn check_invitation(
    directory: &Directory,
    at: LogPosition,
    statement: &Statement,
) -> Result<Invitation, Refusal> {
    let AnyBody::Invitation(invitation) = &statement.body else { return Err(Refusal::WrongKind) };
    check_origin(directory, statement)?;
    if !directory.has_one_administrator(statement, at) {
        return Err(Refusal::Signature);
    }
    Ok(invitation.clone())
}

/// Checks that an administrator closed an invitation.
///
/// # Errors
/// [`Refusal`]
pub fn check_invitation_closed(
    directory: &Directory,
    at: LogPosition,
    statement: &Statement,
) -> Result<InvitationClosed, Refusal> {
    let AnyBody::InvitationClosed(closed) = &statement.body else { return Err(Refusal::WrongKind) };
    check_origin(directory, statement)?;
    if !directory.has_one_administrator(statement, at) {
        return Err(Refusal::Signature);
    }
    Ok(closed.clone())
}

/// Checks a request to join against its invitation.
///
/// # Errors
/// [`Refusal`]
pub fn check_enrolment(
    origin: &Origin,
    invitation: &Invitation,
    statement: &Statement,
    finished: &[Statement],
) -> Result<CheckedEnrolment, Refusal> {
    let AnyBody::Enrolment(request) = &statement.body else { return Err(Refusal::WrongKind) };
    if statement.origin != *origin || finished.iter().any(|s| s.origin != *origin) {
        return Err(Refusal::OtherOrigin);
    }
    let named = invitation.purpose != Purpose::Administrator
        && request.invitation == invitation.invitation
        && request.institution == invitation.subject;
    if !named || request.statements != finished.iter().map(Statement::digest).collect::<Vec<_>>() {
        return Err(Refusal::Mismatch);
    }
    let institution = origin.key_name(Role::Institution, request.institution);
    let terminal = origin.key_name(Role::Terminal, request.terminal);
    let by_both = signed(statement, &institution, &request.key)
        && signed(statement, &terminal, &request.terminal_key)
        && statement.signatures().len() == 2;
    let finished_signed =
        finished.iter().all(|s| s.signatures().len() == 1 && signed(s, &institution, &request.key));
    if !by_both || !finished_signed {
        return Err(Refusal::Signature);
    }
    let workers = finished_workers(request, finished)?;
    Ok(CheckedEnrolment {
        request: request.clone(),
        text: statement.text().to_owned(),
        statements: finished.to_vec(),
        workers,
    })
}

/// Checks a further administrator's request against its invitation.
///
/// # Errors
/// [`Refusal`]
pub fn check_candidacy(
    origin: &Origin,
    invitation: &Invitation,
    statement: &Statement,
) -> Result<Candidacy, Refusal> {
    let AnyBody::Candidacy(request) = &statement.body else { return Err(Refusal::WrongKind) };
    if statement.origin != *origin {
        return Err(Refusal::OtherOrigin);
    }
    let named = invitation.purpose == Purpose::Administrator
        && request.invitation == invitation.invitation
        && request.administrator.id == invitation.subject;
    if !named {
        return Err(Refusal::Mismatch);
    }
    let name = origin.key_name(Role::Administrator, request.administrator.id);
    if statement.signatures().len() != 1 || !signed(statement, &name, &request.administrator.key) {
        return Err(Refusal::Signature);
    }
    Ok(request.clone())
}

/// The version of the institution's record that an invitation leads to: 1 for an institution that the
/// directory does not have, else the next one.
///
/// An entry that was never a member (FAX only) becomes one under its own id, so that its number and name
/// stay with one institution. Who has, or had, a key gets no other by an invitation of this purpose:
/// that is a restore.
///
/// # Errors
/// [`Refusal::Mismatch`] where the invitation would take a member's place.
pub fn joining_version(directory: &Directory, invitation: &Invitation) -> Result<u64, Refusal> {
    let known = directory.member(invitation.subject).map_or(&[][..], |member| &member.records);
    let was_member = known.iter().any(|record| record.body.key.is_some());
    if was_member && invitation.purpose == Purpose::Member {
        return Err(Refusal::Mismatch);
    }
    Ok(known.len() as u64 + 1)
}

/// The institution's record that an invitation and a request give: every administrator computes the
/// same text, so that their signatures meet.
///
/// `version` is that of [`joining_version`].
///
/// # Errors
/// [`Refusal::Mismatch`] where the invitation is not for an institution.
pub fn institution_record(
    invitation: &Invitation,
    request: &Enrolment,
    version: u64,
) -> Result<Institution, Refusal> {
    let missing = || Refusal::Mismatch;
    Ok(Institution {
        institution: invitation.subject,
        version,
        number: invitation.number.clone().ok_or_else(missing)?,
        name: invitation.name.clone().ok_or_else(missing)?,
        kana: invitation.kana.clone().ok_or_else(missing)?,
        town: invitation.town.clone(),
        kind: invitation.kind.ok_or_else(missing)?,
        telephone: invitation.telephone.clone().ok_or_else(missing)?,
        fax: invitation.fax.clone(),
        key: Some(request.key),
        fax_only: None,
        predecessor: None,
        label: invitation.label.clone(),
        invitation: Some(invitation.invitation),
    })
}

/// The finished statements are profile, key set, terminal, workers, all of the applicant.
fn finished_workers(request: &Enrolment, finished: &[Statement]) -> Result<Vec<Worker>, Refusal> {
    let whose = |institution: Id| institution == request.institution;
    let [profile, key_set, terminal, rest @ ..] = finished else { return Err(Refusal::Mismatch) };
    let fits = matches!(&profile.body, AnyBody::Profile(Profile { institution, .. }) if whose(*institution))
        && matches!(&key_set.body, AnyBody::KeySet(KeySet { institution, .. }) if whose(*institution))
        && matches!(&terminal.body, AnyBody::Terminal(Terminal { institution, terminal, key })
            if whose(*institution) && *terminal == request.terminal && *key == request.terminal_key);
    if !fits {
        return Err(Refusal::Mismatch);
    }
    rest.iter()
        .map(|statement| match &statement.body {
            AnyBody::Worker(worker)
                if whose(worker.institution) && worker.terminal == request.terminal =>
            {
                Ok(worker.clone())
            }
            _ => Err(Refusal::Mismatch),
        })
        .collect()
}

fn check_origin(directory: &Directory, statement: &Statement) -> Result<(), Refusal> {
    if statement.origin == *directory.origin() { Ok(()) } else { Err(Refusal::OtherOrigin) }
}
