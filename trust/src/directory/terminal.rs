//! What terminals ask for beside the log: a further one to be admitted, any of them a new certificate.

use super::model::{Directory, signed};
use super::refusal::Refusal;
use crate::hash::Hash;
use crate::statement::{AnyBody, Renewal, Statement, TerminalRequest};
use crate::value::{Id, Key, Origin, Role, Time};

/// How far the time in a renewal may be from the exchange's clock, in milliseconds: 15 minutes.
pub const RENEWAL_WINDOW_MS: u64 = 15 * 60 * 1000;

/// A further terminal's request whose own signature holds and that names its invitation.
///
/// Only [`check_terminal_request`] makes it. It says nothing about whose PC it is: the MAC under the
/// code's secret and the comparison of both screens do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedTerminalRequest {
    request: TerminalRequest,
    text: String,
}

/// Who asks for a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RenewalHolder {
    /// An administrator of the newest list.
    Administrator(Id),
    /// A terminal that is admitted and not removed; its institution may be suspended.
    Terminal {
        /// The institution.
        institution: Id,
        /// The terminal.
        terminal: Id,
    },
}

/// A renewal that its holder signed just now. Only [`check_renewal`] makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckedRenewal {
    holder: RenewalHolder,
    csr: Hash,
}

impl CheckedTerminalRequest {
    /// Its lines.
    #[must_use]
    pub fn request(&self) -> &TerminalRequest {
        &self.request
    }

    /// Its text, which is MACed and compared.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl CheckedRenewal {
    /// Who asks.
    #[must_use]
    pub fn holder(&self) -> RenewalHolder {
        self.holder
    }

    /// SHA-256 of the certificate request, DER.
    #[must_use]
    pub fn csr(&self) -> Hash {
        self.csr
    }
}

/// Checks a further terminal's request against the invitation that it has to name.
///
/// # Errors
/// [`Refusal::Mismatch`] for another invitation or institution; [`Refusal::Signature`] where the key
/// that it names has not signed it, alone.
pub fn check_terminal_request(
    origin: &Origin,
    invitation: Id,
    institution: Id,
    statement: &Statement,
) -> Result<CheckedTerminalRequest, Refusal> {
    let AnyBody::TerminalRequest(request) = &statement.body else { return Err(Refusal::WrongKind) };
    if statement.origin != *origin {
        return Err(Refusal::OtherOrigin);
    }
    if (request.invitation, request.institution) != (invitation, institution) {
        return Err(Refusal::Mismatch);
    }
    signed_alone(origin, statement, Role::Terminal, request.terminal, &request.key)?;
    Ok(CheckedTerminalRequest { request: request.clone(), text: statement.text().to_owned() })
}

/// Checks a renewal at a time: its holder takes part, has signed it, and made it just now.
///
/// # Errors
/// [`Refusal::UnknownParty`], [`Refusal::NotAdmitted`] for a removed terminal, [`Refusal::Signature`];
/// [`Refusal::Clock`] where it was made more than [`RENEWAL_WINDOW_MS`] from `now`.
pub fn check_renewal(
    directory: &Directory,
    now: Time,
    statement: &Statement,
) -> Result<CheckedRenewal, Refusal> {
    let AnyBody::Renewal(renewal) = &statement.body else { return Err(Refusal::WrongKind) };
    let origin = directory.origin();
    if statement.origin != *origin {
        return Err(Refusal::OtherOrigin);
    }
    let (holder, role, key) = holder_of(directory, renewal)?;
    signed_alone(origin, statement, role, renewal.holder, &key)?;
    if renewal.made.0.abs_diff(now.0) > RENEWAL_WINDOW_MS {
        return Err(Refusal::Clock);
    }
    Ok(CheckedRenewal { holder, csr: renewal.csr })
}

/// The holder as the newest state of the directory has it, with role and key.
fn holder_of(
    directory: &Directory,
    renewal: &Renewal,
) -> Result<(RenewalHolder, Role, Key), Refusal> {
    let Some(institution) = renewal.institution else {
        let listed = directory.trust_list().map_or(&[][..], |list| &list.body.administrators);
        let one = listed.iter().find(|one| one.id == renewal.holder);
        let one = one.ok_or(Refusal::UnknownParty)?;
        return Ok((RenewalHolder::Administrator(one.id), Role::Administrator, one.key));
    };
    let member = directory.member(institution).ok_or(Refusal::UnknownParty)?;
    let terminal = member.terminals.get(&renewal.holder).ok_or(Refusal::UnknownParty)?;
    if terminal.removed.is_some() {
        return Err(Refusal::NotAdmitted);
    }
    let holder = RenewalHolder::Terminal { institution, terminal: renewal.holder };
    Ok((holder, Role::Terminal, terminal.key))
}

fn signed_alone(
    origin: &Origin,
    statement: &Statement,
    role: Role,
    id: Id,
    key: &Key,
) -> Result<(), Refusal> {
    let by_it = signed(statement, &origin.key_name(role, id), key);
    if by_it && statement.signatures().len() == 1 { Ok(()) } else { Err(Refusal::Signature) }
}
