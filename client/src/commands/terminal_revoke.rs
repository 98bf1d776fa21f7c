//! `tsumugu terminal revoke`: takes a PC of the office out of use.

use serde::Serialize;

use super::terminal_list::find;
use crate::args::TerminalRevokeArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};
use crate::terminals::remove;

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Revoked {
    /// The terminal.
    pub terminal: String,
    /// Index of the removal in the log.
    pub index: u64,
}

/// Runs the command.
///
/// # Errors
/// No such terminal, this PC itself, or one that was removed before; a PC that was lost; the exchange
/// refuses or is not reached; the receipt does not prove it.
pub async fn run(ctx: &Context, args: &TerminalRevokeArgs) -> Result<Revoked, Failure> {
    if args.lost {
        // Whoever has the PC may open what is sealed to the key set, until there is a new one.
        return Err(Failure::new("terminal.lost-elsewhere"));
    }
    if !args.retired {
        return Err(Failure::usage("--retired"));
    }
    let mut session = Session::open(ctx, Purpose::Act)?;
    session.sync().await?;
    let terminal = find(&session, &args.id)?;
    let keys = session.identity().terminal()?;
    if terminal == keys.terminal {
        return Err(Failure::new("terminal.this-one"));
    }
    let member = session.directory().member(keys.institution);
    let entry = member.and_then(|member| member.terminals.get(&terminal));
    if entry.is_some_and(|entry| entry.removed.is_some()) {
        return Err(Failure::new("terminal.removed-before").with("id", terminal));
    }
    let index = remove(&mut session, terminal).await?;
    Ok(Revoked { terminal: terminal.to_string(), index })
}

impl Outcome for Revoked {
    fn lines(&self, page: &mut Page) {
        page.say(&Sentence::new("terminal.revoked").with("id", &self.terminal));
    }
}
