//! What became of a record that was just made.

use serde::Serialize;
use tsumugu_proto::v1;
use tsumugu_proto::v1::off_system::Said as Raw;
use tsumugu_trust::value::Id;

use crate::commands::mail::{Mail, say_queued, with_signer};
use crate::failure::Failure;
use crate::identity::WorkerSecret;
use crate::messages::Sentence;
use crate::outbox::Entry;
use crate::output::Page;
use crate::paper::{Said, queue_record};
use crate::session::Session;

/// A record that was just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WrittenRecord {
    /// Id of the record.
    pub id: String,
    /// The record that it is about; nothing for a first one.
    pub about: Option<String>,
    /// Whether the log has it, so that the other PCs get it; else it waits in the outbox.
    pub logged: bool,
    /// What was done: `contact`, `correction`, `confirmation`, `withdrawal`.
    pub what: &'static str,
    /// Whether somebody still has to confirm that it arrived.
    pub unconfirmed: bool,
    /// Whether it is a telephone call, which by itself delivers nothing (暫定).
    pub call_only: bool,
}

/// What a record says, by the rules.
///
/// # Errors
/// `record.bad-value`, which names the part.
pub(in crate::commands) fn checked(said: Raw, about: Option<Id>) -> Result<Said, Failure> {
    Said::check(v1::OffSystem { said: Some(said) }, about)
        .map_err(|bad| Failure::new("record.bad-value").with("part", bad.0).because(bad))
}

/// Queues a record.
///
/// # Errors
/// As [`queue_record`].
pub(in crate::commands) fn queue(
    session: &Session<'_>,
    worker: &WorkerSecret,
    ids: (Id, Option<Id>),
    said: &Said,
) -> Result<Entry, Failure> {
    with_signer(session, worker, |signer| queue_record(session, ids, said, signer))
}

/// Queues a record, and says it when the exchange is reached; whether the log has it.
///
/// # Errors
/// As [`queue`]; the exchange refuses it.
pub(super) async fn write(
    session: &mut Session<'_>,
    mail: &Mail,
    worker: &WorkerSecret,
    ids: (Id, Option<Id>),
    said: &Said,
) -> Result<bool, Failure> {
    let entry = queue(session, worker, ids, said)?;
    let mut report = say_queued(session, mail, &entry).await?;
    if let Some(place) = report.refused.iter().position(|(id, _)| *id == entry.id) {
        return Err(report.refused.swap_remove(place).1);
    }
    Ok(report.done.iter().any(|(id, _)| *id == entry.id))
}

impl WrittenRecord {
    pub(super) fn lines(&self, page: &mut Page) {
        let key = match self.what {
            "confirmation" => "record.confirmed",
            "correction" => "record.corrected",
            "withdrawal" => "record.withdrawn",
            _ => "record.added",
        };
        page.say(&Sentence::new(key).with("id", self.about.as_ref().unwrap_or(&self.id)));
        if self.unconfirmed {
            page.say(&Sentence::new("record.confirm-next").with("id", &self.id));
        }
        if self.call_only {
            page.say(&Sentence::new("record.call-only"));
        }
        if !self.logged {
            page.say(&Sentence::new("office.only-here"));
        }
    }
}
