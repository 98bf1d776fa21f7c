//! What the commands about the office's own records share.

use serde::Serialize;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::value::Id;

use super::mail::{Mail, exchange_mail, say_queued, signing};
use super::shown::ShownWorker;
use crate::failure::Failure;
use crate::mailbox::short_ids;
use crate::messages::Sentence;
use crate::office::{self, Kept, Key};
use crate::outbox::flush;
use crate::output::Page;
use crate::session::Session;
use crate::vault::Vault;
use crate::workers::register;

/// What became of a record that was just written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Written {
    /// Id of the draft or case.
    pub id: String,
    /// The beginning of the id that no other one has.
    pub short_id: String,
    /// Whether the log has it, so that the other PCs get it; else it waits in the outbox.
    pub logged: bool,
    /// What was done: `saved`, `dropped`, `begun`, `closed`, `reopened`, `claimed`, `released`.
    pub what: &'static str,
}

impl Written {
    /// One line, and whether the other PCs have it.
    pub(super) fn row(&self, page: &mut Page, key: &'static str) {
        page.say(&Sentence::new(key).with("id", &self.short_id));
        if !self.logged {
            page.say(&Sentence::new("office.only-here"));
        }
    }
}

/// Writes a record under a worker's name, and says it to the exchange when that is reached.
///
/// # Errors
/// As [`office::write`].
pub(super) async fn write(
    session: &mut Session<'_>,
    mail: &Mail,
    worker: Option<&str>,
    said: Said,
) -> Result<bool, Failure> {
    let worker = signing(session, worker)?;
    let entry = office::write(session, &worker, said)?;
    // Monthly, by whichever PC is at work: so that later PCs need not fetch every single record.
    if office::needs_snapshot(session)? {
        office::write_snapshot(session, &worker)?;
    }
    let report = say_queued(session, mail, &entry).await?;
    Ok(report.done.iter().any(|(id, _)| *id == entry.id))
}

/// Says everything that a further PC needs of the office's own records in one snapshot, so that it need
/// not have every single record; and who the workers are.
///
/// Called before the PC is admitted. Where the exchange is not reached it waits in the outbox, and the PC
/// replays the single records.
///
/// # Errors
/// An alarm; the vault.
pub(super) async fn leave_snapshot(session: &mut Session<'_>) -> Result<(), Failure> {
    // What colleagues wrote belongs into it.
    exchange_mail(session).await?;
    let Some(worker) = session.identity().terminal()?.workers.first().cloned() else {
        return Ok(());
    };
    if register(session)?.is_some() {
        flush(session).await?;
    }
    office::write_snapshot(session, &worker)?;
    flush(session).await.map(|_| ())
}

/// The drafts or cases (`draft`, `case`) with their ids.
pub(super) fn listed(vault: &Vault, sort: &str) -> Result<Vec<(Id, Kept)>, Failure> {
    let kept = office::all(vault, sort)?;
    Ok(kept.into_iter().filter_map(|kept| Some((id_of(kept.entry.key())?, kept))).collect())
}

/// The one draft or case whose id begins with `text`.
///
/// # Errors
/// As for messages: `message.bad-id`; `office.unknown-id`, `message.ambiguous-id`.
pub(super) fn find(vault: &Vault, sort: &str, text: &str) -> Result<(Id, Kept), Failure> {
    let all = listed(vault, sort)?;
    let ids: Vec<_> = all.iter().map(|(id, _)| (*id, *id)).collect();
    let found = crate::mailbox::one_of(&ids, text).map_err(|failure| match failure.key() {
        "message.unknown-id" => Failure::new("office.unknown-id").with("id", text),
        _ => failure,
    })?;
    let place = all.iter().position(|(id, _)| *id == found.1);
    let place = place.ok_or_else(|| Failure::fault("an office record went"))?;
    all.into_iter().nth(place).ok_or_else(|| Failure::fault("an office record went"))
}

/// The beginning of an id that no other one of its sort has.
pub(super) fn short_id(vault: &Vault, sort: &str, id: Id) -> Result<String, Failure> {
    let mut ids: Vec<_> = listed(vault, sort)?.iter().map(|(id, _)| (*id, *id)).collect();
    ids.push((id, id));
    Ok(short_ids(&ids).get(&id).cloned().unwrap_or_else(|| id.to_string()))
}

/// The worker of an id, as this office knows it: at this PC, or from a record.
pub(super) fn worker(session: &Session<'_>, id: &str) -> Result<Option<ShownWorker>, Failure> {
    let keys = session.identity().terminal()?;
    let here = keys.workers.iter().find(|worker| worker.id.to_string() == id);
    if let Some(card) = here.and_then(|worker| worker.card()) {
        return Ok(Some(ShownWorker { id: id.to_owned(), name: card.name, role: card.role }));
    }
    let Ok(parsed) = id.parse() else { return Ok(None) };
    let kept = office::get(session.vault(), &Key::Worker(parsed))?;
    Ok(kept.and_then(|kept| match kept.entry.said() {
        Said::Worker(said) if !said.removed => {
            let card: tsumugu_proto::v1::WorkerCard =
                prost::Message::decode(&said.card[..]).ok()?;
            Some(ShownWorker { id: id.to_owned(), name: card.name, role: card.role })
        }
        _ => None,
    }))
}

fn id_of(key: &Key) -> Option<Id> {
    match key {
        Key::Draft(id) | Key::Case(id) | Key::Worker(id) => Some(*id),
        Key::Claim(..) | Key::Note(_) | Key::CaseStep(..) | Key::CaseFact(..) => None,
    }
}
