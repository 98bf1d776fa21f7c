//! `tsumugu worker list`: the office's workers, the same at every PC, and at which PCs each of them signs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use tsumugu_trust::value::Id;

use super::mail::exchange_mail;
use crate::context::Context;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};
use crate::terminals::label_of;
use crate::workers::{Registered, has_pin, records, registered, waiting};

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
    /// Name; nothing for one whom no PC has registered with the office yet.
    pub name: Option<String>,
    /// Role.
    pub role: Option<String>,
    /// Whether the worker signs at this PC.
    pub here: bool,
    /// Whether the worker has a PIN at this PC.
    pub pin: bool,
    /// Whether the admission at this PC is not in the log yet.
    pub waiting: bool,
    /// Ids of the office's PCs at which the log has admitted the worker.
    pub terminals: Vec<String>,
    /// The same as people call them.
    #[serde(skip)]
    places: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// The vault cannot be opened; an alarm; this vault is an administrator's.
pub async fn run(ctx: &Context) -> Result<Listed, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_age(ctx);
    let vault = session.vault();
    let known: BTreeMap<_, _> = records(vault)?.into_iter().collect();
    let named = registered(vault)?;
    let keys = session.identity().terminal()?;
    let begun = waiting(vault)?;
    let begun: Vec<_> =
        begun.iter().filter(|one| !keys.workers.iter().any(|here| here.id == one.id)).collect();
    let mut ids: Vec<Id> = keys.workers.iter().map(|one| one.id).collect();
    ids.extend(begun.iter().map(|one| one.id));
    let others = known.keys().copied().chain(named.iter().map(|one| one.id));
    let others: BTreeSet<Id> = others.filter(|id| !ids.contains(id)).collect();
    ids.extend(others);
    let mut workers = Vec::new();
    for id in ids {
        let record = known.get(&id);
        if record.is_some_and(|record| record.removed) {
            continue;
        }
        let here = keys.workers.iter().find(|one| one.id == id);
        let begun = begun.iter().find(|one| one.id == id).copied();
        let registered = || named.iter().find(|one| one.id == id).and_then(Registered::card);
        let card = here.or(begun).and_then(|one| one.card()).or_else(registered);
        let terminals = record.map_or(&[][..], |record| &record.terminals);
        let terminals = in_use(&session, terminals);
        workers.push(Listing {
            id: id.to_string(),
            name: card.as_ref().map(|card| card.name.clone()),
            role: card.map(|card| card.role),
            here: here.is_some(),
            pin: here.is_some() && has_pin(vault, id)?,
            waiting: begun.is_some(),
            places: terminals.iter().map(|id| place(&session, *id)).collect::<Result<_, _>>()?,
            terminals: terminals.iter().map(ToString::to_string).collect(),
        });
    }
    Ok(Listed { workers, fresh: mail.fresh })
}

/// Those of the terminals that the office still has.
fn in_use(session: &Session<'_>, terminals: &[Id]) -> Vec<Id> {
    let own = session.identity().institution();
    let member = own.and_then(|own| session.directory().member(own));
    let is_in_use = |id: &&Id| {
        let terminal = member.and_then(|member| member.terminals.get(id));
        terminal.is_some_and(|terminal| terminal.removed.is_none())
    };
    terminals.iter().filter(is_in_use).copied().collect()
}

/// What people at this PC call a terminal.
fn place(session: &Session<'_>, terminal: Id) -> Result<String, Failure> {
    if session.identity().terminal()?.terminal == terminal {
        return Ok("このPC this PC".to_owned());
    }
    let label = label_of(session.vault(), terminal)?;
    Ok(label.unwrap_or_else(|| terminal.to_string().chars().take(SHOWN).collect()))
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
            if !worker.places.is_empty() {
                let pin = if worker.pin { "  暗証番号あり PIN set" } else { "" };
                page.row(&format!("    {}{pin}", worker.places.join("、")));
            }
            if worker.waiting {
                page.say(&Sentence::new("worker.waiting"));
            } else if !worker.here {
                page.say(&Sentence::new("worker.elsewhere"));
            }
        }
    }
}
