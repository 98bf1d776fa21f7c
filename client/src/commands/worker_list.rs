//! `tsumugu worker list`: who signs at this PC, and how many others the office has.

use std::collections::BTreeMap;

use serde::Serialize;

use super::mail::exchange_mail;
use crate::context::Context;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};
use crate::workers::{records, waiting};

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The workers, those of this PC first.
    pub workers: Vec<Listing>,
    /// Whether the exchange was asked; else it is what this PC knew before.
    pub fresh: bool,
}

/// A worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// Id.
    pub id: String,
    /// Name; nothing for one whose card is only on other PCs.
    pub name: Option<String>,
    /// Role.
    pub role: Option<String>,
    /// Whether the worker signs at this PC.
    pub here: bool,
    /// Whether the admission at this PC is not in the log yet.
    pub waiting: bool,
    /// At how many PCs of the office the log has admitted the worker.
    pub terminals: usize,
}

/// Runs the command.
///
/// # Errors
/// The vault cannot be opened; an alarm; this vault is an administrator's.
pub async fn run(ctx: &Context) -> Result<Listed, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_age(ctx);
    let known: BTreeMap<_, _> = records(session.vault())?.into_iter().collect();
    let keys = session.identity().terminal()?;
    let begun = waiting(session.vault())?;
    let begun = begun.iter().filter(|one| !keys.workers.iter().any(|here| here.id == one.id));
    let mut workers = Vec::new();
    let secrets = keys.workers.iter().map(|one| (one, false));
    for (worker, waiting) in secrets.chain(begun.map(|one| (one, true))) {
        let card = worker.card();
        workers.push(Listing {
            id: worker.id.to_string(),
            name: card.as_ref().map(|card| card.name.clone()),
            role: card.map(|card| card.role),
            here: !waiting,
            waiting,
            terminals: known.get(&worker.id).map_or(0, |record| record.terminals.len()),
        });
    }
    for (id, record) in known.iter().filter(|(_, record)| !record.removed) {
        let id = id.to_string();
        if !workers.iter().any(|one| one.id == id) {
            let terminals = record.terminals.len();
            let (name, role, here, waiting) = (None, None, false, false);
            workers.push(Listing { id, name, role, here, waiting, terminals });
        }
    }
    Ok(Listed { workers, fresh: mail.fresh })
}

/// Characters of an id that lists show.
const SHOWN: usize = 8;

impl Outcome for Listed {
    fn lines(&self, page: &mut Page) {
        if self.workers.is_empty() {
            page.say(&Sentence::new("worker.nobody"));
        }
        for worker in &self.workers {
            let id: String = worker.id.chars().take(SHOWN).collect();
            match (&worker.name, &worker.role) {
                (Some(name), Some(role)) => page.row(&format!("{id}  {name}  {role}")),
                _ => page.row(&id),
            }
            if worker.waiting {
                page.say(&Sentence::new("worker.waiting"));
            } else if !worker.here {
                page.say(&Sentence::new("worker.elsewhere"));
            }
        }
    }
}
