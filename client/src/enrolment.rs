//! Joining an exchange: from a code on paper to an identity in the vault.
//!
//! ```text
//! code ── document (its MAC, trust lists, invitation) ── pinned connection
//!      ── keys and request, into the vault first ── hand in ── wait ── certificate
//!      ── clear chain: is the record the one that was asked for? ── identity
//! ```
//!
//! The request with its keys lies in the vault before anything is sent, so that a lost reply or a
//! crash loses nothing: the same command hands in the same bytes again and goes on from there.

mod administrator;
mod countersign;
mod document;
mod finish;
mod institution;
mod outcome;
mod pending;
mod ticket;
mod wait;

pub use administrator::{new_bootstrap, new_candidacy};
pub use document::{CheckedDocument, connect_pinned, fetch};
pub use finish::{finish_administrator, finish_bootstrap, finish_terminal};
pub use institution::{Applicant, DEFAULT_UNIT_NAME, MAX_WORKERS, new_enrolment};
pub use outcome::{JoinState, Joined};
pub use pending::{Pending, PendingRole, RECORD};
pub use ticket::Ticket;
pub use wait::{POLL, Settled, bootstrap, unused, wait};

use tsumugu_proto::v1::EnrolmentState;

use crate::context::Context;
use crate::failure::Failure;
use crate::identity::Identity;
use crate::vault::Vault;

/// Where a command that joins begins.
pub enum Start {
    /// A request lies in the vault.
    Resume(Box<(Vault, Pending)>),
    /// A code, and perhaps a vault that has not joined anything.
    Fresh(Option<Box<Vault>>, Ticket),
}

/// Finds out where to begin: `typed` is the code as given, if it was.
///
/// # Errors
/// The vault has joined already, or has a request under another code that is not settled; no code
/// was given and none is needed; the code is mistyped.
pub async fn begin(
    ctx: &Context,
    typed: Option<&str>,
    address: Option<&str>,
) -> Result<Start, Failure> {
    let vault = if Vault::exists(ctx.home()) { Some(ctx.open_vault()?) } else { None };
    let pending = match &vault {
        Some(vault) if Identity::load(vault)?.is_some() => {
            return Err(Failure::new("enrolment.already-enrolled"));
        }
        Some(vault) => Pending::load(vault)?,
        None => None,
    };
    let ticket = typed.map(|typed| Ticket::parse(typed, address)).transpose()?;
    match (vault, pending, ticket) {
        (Some(vault), Some(mut pending), ticket) => {
            if let Some(typed) = ctx.network().typed()? {
                pending.exchange.proxy = typed;
            }
            let same = |ticket: &Ticket| ticket.code.invitation_id() == pending.invitation;
            if let Some(ticket) = ticket {
                if !same(&ticket) {
                    leave(ctx, &vault, &pending).await?;
                    return Ok(Start::Fresh(Some(Box::new(vault)), ticket));
                }
                pending.exchange.address = ticket.address;
            } else if let Some(address) = address {
                address.clone_into(&mut pending.exchange.address);
            }
            Ok(Start::Resume(Box::new((vault, pending))))
        }
        (vault, _, Some(ticket)) => Ok(Start::Fresh(vault.map(Box::new), ticket)),
        (_, _, None) => Err(Failure::new("enrolment.code-needed")),
    }
}

/// Gives up an earlier request, where the exchange says that nothing will come of it.
async fn leave(ctx: &Context, vault: &Vault, pending: &Pending) -> Result<(), Failure> {
    let rpc = connect_pinned(ctx, &pending.exchange).await?;
    let alive = match rpc.get_enrolment(pending.invitation).await {
        Ok(answer) => !matches!(answer.state(), EnrolmentState::Closed | EnrolmentState::Invited),
        Err(refused)
            if ["server.not-found", "server.invitation-closed"].contains(&refused.key()) =>
        {
            false
        }
        Err(other) => return Err(other),
    };
    if alive {
        return Err(Failure::new("enrolment.other-pending"));
    }
    Ok(vault.remove(RECORD)?)
}
