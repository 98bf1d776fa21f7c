//! `tsumugu terminal list`: the PCs of the office, as the clear chain shows them.

use std::collections::BTreeSet;

use serde::Serialize;
use tsumugu_trust::statement::{RemovalReason, Terminal, digest, encode_text};
use tsumugu_trust::value::{Id, Time};

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::jst;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};
use crate::terminals::label_of;

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The terminals, by their admission.
    pub terminals: Vec<Listing>,
    /// Whether the exchange was asked; else it is what this PC knew before.
    pub fresh: bool,
}

/// A terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// Id.
    pub id: String,
    /// What this office calls it, on this PC.
    pub label: Option<String>,
    /// Whether it is this PC.
    pub this: bool,
    /// When it was admitted (ISO 8601).
    pub admitted: String,
    /// When it was removed (ISO 8601).
    pub removed: Option<String>,
    /// `retired` or `lost`, for one that was removed.
    pub reason: Option<String>,
    /// Whether nobody on this PC admitted or confirmed it.
    pub strange: bool,
    #[serde(skip)]
    times: (Time, Option<(Time, RemovalReason)>),
}

/// Runs the command. Where the exchange is not reached it shows what this PC knows, and says so.
///
/// # Errors
/// The vault cannot be opened; an alarm; this vault is an administrator's.
pub async fn run(ctx: &Context) -> Result<Listed, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    session.identity().terminal()?;
    let fresh = match session.sync().await {
        Ok(_) => true,
        Err(failure) if failure.exit() == Exit::Unreachable && session.chain().last().is_some() => {
            ctx.note(failure.sentence());
            ctx.note(&Sentence::new("directory.from-memory"));
            false
        }
        Err(failure) => return Err(failure),
    };
    Ok(Listed { terminals: list(&session)?, fresh })
}

fn list(session: &Session<'_>) -> Result<Vec<Listing>, Failure> {
    let keys = session.identity().terminal()?;
    let strange: BTreeSet<_> = session.own_records().strange().iter().map(|s| s.digest).collect();
    let member = session.directory().member(keys.institution);
    let mut terminals: Vec<_> = member.into_iter().flat_map(|member| &member.terminals).collect();
    terminals.sort_by_key(|(_, terminal)| terminal.admitted);
    let mut listed = Vec::new();
    for (id, entry) in terminals {
        let lines = Terminal { institution: keys.institution, terminal: *id, key: entry.key };
        let admission = digest(&encode_text(session.origin(), &lines));
        listed.push(Listing {
            id: id.to_string(),
            label: label_of(session.vault(), *id)?,
            this: *id == keys.terminal,
            admitted: jst::iso(entry.admitted.time),
            removed: entry.removed.map(|(at, _)| jst::iso(at.time)),
            reason: entry.removed.map(|(_, reason)| reason.to_string()),
            strange: strange.contains(&admission),
            times: (entry.admitted.time, entry.removed.map(|(at, reason)| (at.time, reason))),
        });
    }
    Ok(listed)
}

/// The one terminal of the institution whose id begins so.
///
/// # Errors
/// `terminal.unknown`, `terminal.ambiguous`.
pub(super) fn find(session: &Session<'_>, typed: &str) -> Result<Id, Failure> {
    let keys = session.identity().terminal()?;
    let typed = typed.trim().to_ascii_lowercase();
    let member = session.directory().member(keys.institution);
    let mut found = member
        .into_iter()
        .flat_map(|member| member.terminals.keys())
        .filter(|id| typed.len() >= SHORTEST_PREFIX && id.to_string().starts_with(&typed));
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(*only),
        (Some(_), Some(_)) => Err(Failure::new("terminal.ambiguous").with("id", typed)),
        (None, _) => Err(Failure::unknown_terminal(&typed)),
    }
}

/// Characters of an id that name a terminal at least, and that lists show.
const SHORTEST_PREFIX: usize = 4;
const SHOWN: usize = 8;

impl Outcome for Listed {
    fn lines(&self, page: &mut Page) {
        for terminal in &self.terminals {
            let (admitted, removed) = terminal.times;
            let id: String = terminal.id.chars().take(SHOWN).collect();
            let mut row = format!("{id}  {}", jst::show(admitted));
            if let Some(label) = &terminal.label {
                row += &format!("  {label}");
            }
            page.row(&row);
            if terminal.this {
                page.say(&Sentence::new("terminal.this"));
            }
            if let Some((time, reason)) = removed {
                let key = match reason {
                    RemovalReason::Retired => "terminal.retired",
                    RemovalReason::Lost => "terminal.lost",
                };
                page.say(&Sentence::new(key).with("time", jst::show(time)));
            }
            if terminal.strange {
                page.say(&Sentence::new("terminal.strange"));
            }
        }
    }
}
