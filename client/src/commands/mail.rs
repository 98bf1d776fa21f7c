//! What the commands about letters share: exchanging mail, and who does it.

use serde::Serialize;
use tsumugu_trust::value::Id;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::identity::{TerminalKeys, WorkerSecret};
use crate::letters::Signer;
use crate::mailbox::{self, Unfetched, sync_mailbox};
use crate::messages::Sentence;
use crate::outbox::{Entry, FlushReport, damaged_entries, entries, flush, said_by_others, waiting};
use crate::session::{Session, StoredAlarm};
use crate::vault::Vault;
use crate::workers::{Registered, check_pin, has_pin, is_removed, registered};

/// Characters of an id that name a worker at least.
const SHORTEST_PREFIX: usize = 4;

/// What exchanging mail brought.
#[derive(Debug, Default)]
pub(super) struct Mail {
    /// Whether the mailbox is up to date; else it is what this PC knew before.
    pub(super) fresh: bool,
    /// Why the exchange was not reached.
    pub(super) why: Option<Failure>,
    /// Letters that could not be fetched, while the exchange was reached.
    pub(super) unfetched: Vec<NotFetched>,
    /// What is still in the outbox.
    pub(super) unsent: Unsent,
}

/// A letter that is still at the exchange, and was said to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotFetched {
    /// The message.
    pub id: String,
    /// Key of the message that says why, such as `server.unavailable`.
    pub reason: String,
}

impl Mail {
    /// Says that what is shown may be old, and why.
    pub(super) fn tell_age(&self, ctx: &Context) {
        if let Some(why) = &self.why {
            ctx.note(why.sentence());
        }
        if !self.fresh {
            ctx.note(&Sentence::new("mailbox.from-memory"));
        }
    }

    /// Says what is unsent, where the outcome does not.
    pub(super) fn tell_unsent(&self, ctx: &Context) {
        self.unsent.sentences().for_each(|said| ctx.note(&said));
    }
}

/// How much is in the outbox, so that nobody takes it for sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Unsent {
    /// Entries that wait to be said.
    pub waiting: usize,
    /// Entries that the exchange refused.
    pub refused: usize,
    /// Entries that cannot be read any more.
    pub damaged: usize,
}

impl Unsent {
    fn of(vault: &Vault) -> Result<Self, Failure> {
        let all = entries(vault)?;
        let refused = all.iter().filter(|entry| entry.refused.is_some()).count();
        let damaged = damaged_entries(vault)?.len();
        Ok(Self { waiting: all.len() - refused, refused, damaged })
    }

    /// A sentence for each count that is not zero.
    pub(super) fn sentences(self) -> impl Iterator<Item = Sentence> {
        let counts = [
            ("outbox.waiting", self.waiting),
            ("outbox.refused", self.refused),
            ("outbox.unreadable", self.damaged),
        ];
        let some = counts.into_iter().filter(|(_, count)| *count > 0);
        some.map(|(key, count)| Sentence::new(key).with("count", count))
    }
}

/// Says what waits, takes in what is new, and says what that made necessary.
///
/// Where the exchange is not reached, or a kept alarm forbids it to act, the command goes on with what
/// this PC knows; [`Mail`] says so.
///
/// # Errors
/// This vault is an administrator's; an alarm; the vault.
pub(super) async fn exchange_mail(session: &mut Session<'_>) -> Result<Mail, Failure> {
    // An administrator has no mailbox; the exchange would only say that it does not know it.
    session.identity().terminal()?;
    let mut mail = Mail::default();
    if StoredAlarm::load(session.vault())?.is_some() {
        mail.unsent = Unsent::of(session.vault())?;
        return Ok(mail);
    }
    match exchange(session).await {
        Ok(unfetched) => {
            mail.fresh = true;
            mail.unfetched = say_unfetched(session, &unfetched);
        }
        Err(failure) if failure.exit() == Exit::Unreachable => {
            mail.why = Some(failure);
        }
        Err(failure) => return Err(failure),
    }
    mail.unsent = Unsent::of(session.vault())?;
    crate::agent::state::tell_troubles(session.ctx());
    Ok(mail)
}

/// Says what was just queued. Where the exchange was not reached a moment ago, it is not tried again:
/// a person waits.
///
/// # Errors
/// As [`flush`].
pub(super) async fn say_queued(
    session: &mut Session<'_>,
    mail: &Mail,
    entry: &Entry,
) -> Result<FlushReport, Failure> {
    let report = match &mail.why {
        Some(why) => waiting(session, why),
        None => flush(session).await,
    };
    said_by_others(session, entry, report?)
}

fn say_unfetched(session: &Session<'_>, unfetched: &[Unfetched]) -> Vec<NotFetched> {
    let say = |one: &Unfetched| {
        let said = Sentence::new("mailbox.not-fetched").with("id", one.id);
        session.ctx().note(&said.with("reason", one.why.key()));
        NotFetched { id: one.id.to_string(), reason: one.why.key().to_owned() }
    };
    unfetched.iter().map(say).collect()
}

async fn exchange(session: &mut Session<'_>) -> Result<Vec<Unfetched>, Failure> {
    session.sync().await?;
    flush(session).await?;
    let report = sync_mailbox(session).await?;
    // Letters that do not open were answered into the outbox.
    if !report.letters.is_empty() {
        flush(session).await?;
    }
    Ok(report.unfetched)
}

/// The message that somebody means. Where this PC does not know it, mail is exchanged first.
///
/// # Errors
/// As [`mailbox::find`].
pub(super) async fn find_message(
    session: &mut Session<'_>,
    text: &str,
) -> Result<(Id, Id), Failure> {
    match mailbox::find(session.vault(), text) {
        Err(unknown) if unknown.key() == "message.unknown-id" => {
            let mail = exchange_mail(session).await?;
            mail.tell_age(session.ctx());
            mailbox::find(session.vault(), text)
        }
        found => found,
    }
}

/// The worker that somebody means: by name or id, or the beginning of one of them; without a name
/// the only one there is.
///
/// # Errors
/// `worker.unknown`, `worker.needed`; `worker.ambiguous` where several begin so.
pub(super) fn choose_worker<'a>(
    keys: &'a TerminalKeys,
    named: Option<&str>,
) -> Result<&'a WorkerSecret, Failure> {
    let exact = keys.worker(named);
    let Some(named) = named.filter(|_| exact.is_err()) else { return exact };
    let begins = |worker: &&WorkerSecret| {
        let id = named.len() >= SHORTEST_PREFIX && worker.id.to_string().starts_with(named);
        id || worker.card().is_some_and(|card| !named.is_empty() && card.name.starts_with(named))
    };
    let mut found = keys.workers.iter().filter(begins);
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(Failure::new("worker.ambiguous")),
        (None, _) => exact,
    }
}

/// As [`choose_worker`], of this PC. One whom only colleagues' PCs know is told apart from nobody.
///
/// # Errors
/// As [`choose_worker`]; `worker.no-key-here`.
pub(super) fn chosen<'a>(
    session: &'a Session<'_>,
    named: Option<&str>,
) -> Result<&'a WorkerSecret, Failure> {
    let chosen = choose_worker(session.identity().terminal()?, named);
    let (Err(unknown), Some(named)) = (&chosen, named) else { return chosen };
    if unknown.key() == "worker.unknown" && elsewhere(session.vault(), named)?.is_some() {
        return Err(Failure::new("worker.no-key-here"));
    }
    chosen
}

/// The worker who signs now: as [`chosen`], and whoever has a PIN here proves it, once in a command.
///
/// # Errors
/// As [`chosen`]; `pin.wrong`, `pin.wait`, and as [`crate::pin::Pins::existing`].
pub(super) fn signing(session: &Session<'_>, named: Option<&str>) -> Result<WorkerSecret, Failure> {
    let worker = chosen(session, named)?.clone();
    prove_pin(session, worker.id)?;
    Ok(worker)
}

/// Asks for the PIN of a worker who has one here.
///
/// # Errors
/// As [`signing`].
pub(super) fn prove_pin(session: &Session<'_>, worker: Id) -> Result<(), Failure> {
    let (ctx, vault) = (session.ctx(), session.vault());
    if ctx.pins().was_right(worker) || !has_pin(vault, worker)? {
        return Ok(());
    }
    let typed = ctx.pins().existing(&mut |said| ctx.note(said))?;
    check_pin(vault, worker, &typed, ctx.now())?;
    ctx.pins().note_right(worker);
    Ok(())
}

/// The worker of the office's register who has this name or id, or begins so, and is the only one.
///
/// # Errors
/// `worker.ambiguous`; the vault.
pub(super) fn elsewhere(vault: &Vault, named: &str) -> Result<Option<Registered>, Failure> {
    let mut all = Vec::new();
    for one in registered(vault)? {
        if !is_removed(vault, one.id)? {
            all.push(one);
        }
    }
    let name = |one: &Registered| one.card().map(|card| card.name).unwrap_or_default();
    let is = |one: &Registered| name(one) == named || one.id.to_string() == named;
    if let Some(place) = all.iter().position(is) {
        return Ok(Some(all.swap_remove(place)));
    }
    all.retain(|one| {
        let id = named.len() >= SHORTEST_PREFIX && one.id.to_string().starts_with(named);
        id || (!named.is_empty() && name(one).starts_with(named))
    });
    match all.len() {
        0 | 1 => Ok(all.pop()),
        _ => Err(Failure::new("worker.ambiguous")),
    }
}

/// Has a worker sign: key and shown worker live as long as the closure runs.
///
/// # Errors
/// The worker's stored keys or receipt are unusable; what the closure says.
pub(super) fn with_signer<T>(
    session: &Session<'_>,
    worker: &WorkerSecret,
    sign: impl FnOnce(Signer<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let key = worker.signing_key(session.origin())?;
    let shown = worker.shown()?;
    sign(Signer { key: &key, shown: &shown })
}

#[cfg(test)]
mod tests {
    use tsumugu_trust::value::Id;

    use super::*;
    use crate::identity::Seed;
    use crate::identity::text::Bytes;

    fn worker(id: u8, name: &str) -> WorkerSecret {
        let card = tsumugu_proto::v1::WorkerCard { name: name.into(), role: String::new() };
        WorkerSecret {
            id: Id([id; 16]),
            seed: Seed::new([0; 32]),
            card: Bytes::new(prost::Message::encode_to_vec(&card)),
            card_salt: Seed::new([0; 32]),
            statement: Bytes::default(),
            receipt: Bytes::default(),
        }
    }

    fn keys(workers: Vec<WorkerSecret>) -> TerminalKeys {
        TerminalKeys {
            institution: Id([1; 16]),
            terminal: Id([2; 16]),
            institution_seed: Seed::new([0; 32]),
            terminal_seed: Seed::new([0; 32]),
            key_sets: Vec::new(),
            workers,
        }
    }

    #[test]
    fn a_worker_is_named_in_full_or_by_a_beginning_that_nobody_shares() {
        let keys =
            keys(vec![worker(0x11, "佐藤 健"), worker(0x12, "佐藤 花"), worker(0x22, "佐藤")]);
        let chosen =
            |named| choose_worker(&keys, named).map(|worker| worker.id.0[0]).map_err(|e| e.key());
        assert_eq!(chosen(Some("佐藤 健")), Ok(0x11));
        // A name in full is no beginning of the others.
        assert_eq!(chosen(Some("佐藤")), Ok(0x22));
        assert_eq!(chosen(Some("佐藤 ")), Err("worker.ambiguous"));
        assert_eq!(chosen(Some("2222")), Ok(0x22));
        assert_eq!(chosen(Some("222")), Err("worker.unknown"));
        assert_eq!(chosen(Some("")), Err("worker.unknown"));
        assert_eq!(chosen(None), Err("worker.needed"));
    }

    #[test]
    fn the_only_worker_need_not_be_named() {
        let keys = keys(vec![worker(0x11, "佐藤 健")]);
        assert_eq!(choose_worker(&keys, None).unwrap().id, Id([0x11; 16]));
        assert_eq!(choose_worker(&keys, Some("田中")).unwrap_err().key(), "worker.unknown");
    }
}
