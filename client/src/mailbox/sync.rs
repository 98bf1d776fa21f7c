//! Bringing the mailbox up to date.

use serde::{Deserialize, Serialize};
use tsumugu_proto::v1;

use super::apply::{Applied, apply_record};
use super::receive::{Received, Unfetched, receive_letters};
use crate::failure::Failure;
use crate::post::{MAX_EVENTS, Post};

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
/// the exchange is not reached. What was taken in before stays. That a single letter cannot be fetched
/// is no error; it stands in [`MailboxReport::unfetched`].
pub(crate) async fn sync_mailbox(post: &mut impl Post) -> Result<MailboxReport, Failure> {
    let mut report = MailboxReport::default();
    for _ in 0..MAX_BATCHES {
        let mut cursor: Cursor = post.vault().read_json(CURSOR)?.unwrap_or_default();
        let events = post.events(cursor.next).await?;
        if events.is_empty() {
            break;
        }
        post.sync().await?;
        let count = events.len();
        let taken = take_in(post, &mut cursor, events).await;
        // Also after an alarm: what verified before it is known and stays known.
        post.vault().write_json(CURSOR, &cursor)?;
        taken.map_err(|failure| post.keep_alarm(failure))?;
        report.events += count as u64;
        if count < MAX_EVENTS {
            break;
        }
    }
    let cursor: Cursor = post.vault().read_json(CURSOR)?.unwrap_or_default();
    (report.letters, report.unfetched) = receive_letters(post, cursor.next).await?;
    Ok(report)
}

async fn take_in(
    post: &mut impl Post,
    cursor: &mut Cursor,
    events: Vec<v1::MailboxEvent>,
) -> Result<(), Failure> {
    for event in events {
        if event.number != cursor.next {
            let gap = Failure::new("mailbox.gap").with("expected", cursor.next);
            return Err(gap.with("number", event.number));
        }
        let receipt = event.receipt.ok_or_else(|| crate::rpc::incomplete("receipt"))?;
        match apply_record(post, receipt, &event.detail).await? {
            Applied::New | Applied::Known | Applied::OfTheOffice | Applied::SetAside => {}
        }
        cursor.next += 1;
    }
    Ok(())
}
