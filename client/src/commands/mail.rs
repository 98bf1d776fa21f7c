//! What the commands about letters share: exchanging mail, and who does it.

use tsumugu_trust::value::Id;

use crate::failure::{Exit, Failure};
use crate::identity::{TerminalKeys, WorkerSecret};
use crate::letters::Signer;
use crate::mailbox::{self, MailboxReport, sync_mailbox};
use crate::messages::Sentence;
use crate::outbox::{FlushReport, flush};
use crate::session::{Session, StoredAlarm};

/// Characters of an id that name a worker at least.
const SHORTEST_PREFIX: usize = 4;

/// What exchanging mail brought.
#[derive(Debug, Default)]
pub(super) struct Mail {
    /// Whether the mailbox is up to date; else it is what this PC knew before.
    pub(super) fresh: bool,
    /// What came.
    pub(super) mailbox: MailboxReport,
    /// What went.
    pub(super) outbox: FlushReport,
}

/// Says what waits, takes in what is new, and says what that made necessary.
///
/// Where the exchange is not reached, or a kept alarm forbids it to act, that is said, and the
/// command goes on with what this PC knows.
///
/// # Errors
/// An alarm; the vault.
pub(super) async fn exchange_mail(session: &mut Session<'_>) -> Result<Mail, Failure> {
    let mut mail = Mail::default();
    if StoredAlarm::load(session.vault())?.is_some() {
        session.ctx().note(&Sentence::new("mailbox.from-memory"));
        return Ok(mail);
    }
    match exchange(session, &mut mail).await {
        Ok(()) => mail.fresh = true,
        Err(failure) if failure.exit() == Exit::Unreachable => {
            session.ctx().note(failure.sentence());
            session.ctx().note(&Sentence::new("mailbox.from-memory"));
        }
        Err(failure) => return Err(failure),
    }
    say_outbox(session, &mail.outbox);
    Ok(mail)
}

async fn exchange(session: &mut Session<'_>, mail: &mut Mail) -> Result<(), Failure> {
    session.sync().await?;
    mail.outbox = flush(session).await?;
    mail.mailbox = sync_mailbox(session).await?;
    if mail.mailbox.letters.is_empty() {
        return Ok(());
    }
    // Letters that do not open were answered into the outbox.
    let more = flush(session).await?;
    mail.outbox.done.extend(more.done);
    mail.outbox.refused.extend(more.refused);
    mail.outbox.waiting = more.waiting;
    Ok(())
}

/// Says how much waits or was refused, so that nobody takes it for sent.
pub(super) fn say_outbox(session: &Session<'_>, report: &FlushReport) {
    let say = |key, count: usize| {
        if count > 0 {
            session.ctx().note(&Sentence::new(key).with("count", count));
        }
    };
    say("outbox.waiting", report.waiting.len());
    say("outbox.refused", report.refused.len());
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
            exchange_mail(session).await?;
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
