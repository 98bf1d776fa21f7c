//! Bringing the mailbox up to date.

use serde::{Deserialize, Serialize};
use tsumugu_proto::v1;

use super::apply::{Applied, apply_record};
use super::receive::{Received, Unfetched, receive_letters};
use crate::failure::Failure;
use crate::post::{MAX_EVENTS, Post};
use crate::turn::Turn;
use crate::vault::Vault;

/// The record of how far the mailbox is known.
const CURSOR: &str = "mailbox";

/// How often one synchronisation asks for more: a mailbox of many years has a million events.
const MAX_BATCHES: usize = 1_000;

/// What a synchronisation found.
#[derive(Debug, Default)]
pub(crate) struct MailboxReport {
    /// New events.
    pub(crate) events: u64,
    /// What happened to letters.
    pub(crate) letters: Vec<Received>,
    /// Letters that could not be fetched, while others could.
    pub(crate) unfetched: Vec<Unfetched>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cursor {
    /// Number of the first event that is not known.
    next: u64,
}

/// Takes in every event that is new, and every letter that waits.
///
/// The clear chain is brought up to date after the events came, so that every key and removal before
/// their places is known.
///
/// # Errors
/// An alarm, which is kept: a gap, a receipt that does not verify, a record that has no place here;
/// the exchange is not reached; another process has its turn for too long. What was taken in before
/// stays. That a single letter cannot be fetched is no error; it stands in
/// [`MailboxReport::unfetched`].
pub(crate) async fn sync_mailbox(post: &mut impl Post) -> Result<MailboxReport, Failure> {
    let mut report = MailboxReport::default();
    for _ in 0..MAX_BATCHES {
        let _turn = Turn::Mailbox.take(post.home()).await?;
        let mut cursor = load(post.vault())?;
        let events = post.events(cursor.next).await?;
        if events.is_empty() {
            break;
        }
        post.sync().await?;
        let count = events.len();
        take_in(post, &mut cursor, events).await?;
        report.events += count as u64;
        if count < MAX_EVENTS {
            break;
        }
    }
    let next = known(post.vault())?;
    (report.letters, report.unfetched) = receive_letters(post, next).await?;
    Ok(report)
}

/// Takes in events that came by themselves, in order and without a gap, and every letter that waits.
/// What another process took in meanwhile is known already.
///
/// # Errors
/// As [`sync_mailbox`].
pub(crate) async fn take_live(
    post: &mut impl Post,
    mut events: Vec<v1::MailboxEvent>,
) -> Result<MailboxReport, Failure> {
    let mut report = MailboxReport::default();
    {
        let _turn = Turn::Mailbox.take(post.home()).await?;
        let mut cursor = load(post.vault())?;
        events.retain(|event| event.number >= cursor.next);
        report.events = events.len() as u64;
        if events.first().is_some_and(|first| first.number > cursor.next) {
            // The vault was put back to an earlier state while it was in use: begin anew from there.
            return Err(Failure::new("mailbox.moved"));
        }
        // What a record stands on is asked for where it is not known (`Session::verify_receipt`).
        take_in(post, &mut cursor, events).await?;
    }
    let next = known(post.vault())?;
    (report.letters, report.unfetched) = receive_letters(post, next).await?;
    Ok(report)
}

/// The number of the first event that the vault does not know.
///
/// # Errors
/// As [`Vault::read_json`].
pub(crate) fn known(vault: &Vault) -> Result<u64, Failure> {
    Ok(load(vault)?.next)
}

fn load(vault: &Vault) -> Result<Cursor, Failure> {
    Ok(vault.read_json(CURSOR)?.unwrap_or_default())
}

/// Also after an alarm the cursor is written: what verified before it is known and stays known.
async fn take_in(
    post: &mut impl Post,
    cursor: &mut Cursor,
    events: Vec<v1::MailboxEvent>,
) -> Result<(), Failure> {
    if events.is_empty() {
        return Ok(());
    }
    let taken = take_each(post, cursor, events).await;
    post.vault().write_json(CURSOR, cursor)?;
    taken.map_err(|failure| post.keep_alarm(failure))
}

async fn take_each(
    post: &mut impl Post,
    cursor: &mut Cursor,
    events: Vec<v1::MailboxEvent>,
) -> Result<(), Failure> {
    for event in events {
        if event.number != cursor.next {
            return Err(gap(cursor.next, event.number));
        }
        let receipt = event.receipt.ok_or_else(|| crate::rpc::incomplete("receipt"))?;
        match apply_record(post, receipt, &event.detail).await? {
            Applied::New | Applied::Known | Applied::OfTheOffice | Applied::SetAside => {}
        }
        cursor.next += 1;
    }
    Ok(())
}

/// Events are missing.
pub(crate) fn gap(expected: u64, number: u64) -> Failure {
    Failure::new("mailbox.gap").with("expected", expected).with("number", number)
}
