//! Accepting commands: every check first, then the leaves. The outer error stops the process, the
//! inner one refuses a caller and has changed nothing.

mod enrol;
mod letters;
mod off_system;
mod statements;

pub(crate) use statements::{check_next_hold, check_proposal};
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::statement::Statement;
use tsumugu_trust::value::{Id, Time};

use super::command::{Command, Outcome};
use crate::ledger::{LeafInfo, Ledger, LedgerError};
use crate::refused::Refused;

/// Refuses a caller, or gives leaves to commit.
type Accepted<T> = Result<Result<T, Refused>, LedgerError>;

/// Returns from the function with the refusal.
macro_rules! or_refuse {
    ($result:expr) => {
        match $result {
            Ok(value) => value,
            Err(refusal) => return Ok(Err(refusal.into())),
        }
    };
}
use or_refuse;

pub(super) fn accept(ledger: &mut Ledger, now: Time, command: Command) -> Accepted<Outcome> {
    if let Some(statement) = recognised_at_once(&command)
        && let Some(first) = first_receipt(ledger, statement)?
    {
        return Ok(Ok(Outcome::Leaves(vec![first])));
    }
    match command {
        Command::Bootstrap { list } => enrol::bootstrap(ledger, now, &list),
        Command::TrustList { list, candidacy } => {
            enrol::trust_list(ledger, now, &list, candidacy.as_ref())
        }
        Command::Invite { invitation } => enrol::invite(ledger, now, &invitation),
        Command::CloseInvitation { closed } => enrol::close(ledger, now, &closed),
        Command::Enrol { record, enrolment, checked, invitation } => {
            enrol::enrol(ledger, now, &record, &enrolment, &checked, invitation)
        }
        Command::Administrate { statement } => statements::administrate(ledger, now, &statement),
        Command::Publish { institution, terminal, statement } => {
            statements::publish(ledger, now, institution, terminal, &statement)
        }
        Command::Send { institution, letters } => letters::send(ledger, now, institution, letters),
        Command::Fetch { institution, terminal, from, id } => {
            letters::fetch(ledger, now, institution, terminal, from, id)
        }
        Command::Opened { institution, statement } => {
            letters::opened(ledger, now, institution, &statement)
        }
        Command::Dispose { institution, statement, detail } => {
            letters::dispose(ledger, now, institution, &statement, detail)
        }
        Command::RecordOffSystem { institution, statement, detail } => {
            off_system::record(ledger, now, institution, &statement, detail)
        }
        Command::Tick | Command::Stop => statements::tick(ledger, now),
    }
}

/// The statement that a repeat is recognised by before anything else is asked. What comes over an
/// institution's connection is recognised after it is known to be that institution's own.
fn recognised_at_once(command: &Command) -> Option<&Statement> {
    match command {
        Command::Bootstrap { list } | Command::TrustList { list, .. } => Some(list),
        Command::Invite { invitation } => Some(invitation),
        Command::CloseInvitation { closed } => Some(closed),
        Command::Enrol { record, .. } => Some(record),
        Command::Administrate { statement } => Some(statement),
        _ => None,
    }
}

/// Whether a terminal still counts at a place: the gate let it in before its command waited.
fn terminal_counts(ledger: &Ledger, at: LogPosition, institution: Id, terminal: Id) -> bool {
    let member = ledger.directory().member(institution);
    member.and_then(|m| m.terminals.get(&terminal)).is_some_and(|t| t.counts_at(at))
}

/// The leaf of a command that was accepted before: the caller gets the first receipt again.
fn first_receipt(ledger: &Ledger, statement: &Statement) -> Result<Option<LeafInfo>, LedgerError> {
    ledger.leaf_of_command(statement.digest())
}
