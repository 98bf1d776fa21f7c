//! `tsumugu conference ics`: the calendar file.

use std::path::Path;

use serde::Serialize;
use tsumugu_durable::{DiskError, write_new};
use tsumugu_proto::v1::office_record::Entry as Said;

use crate::commands::office::listed;
use crate::commands::shown::ShownParty;
use crate::conference::{Conference, Wording, calendar};
use crate::failure::Failure;
use crate::mailbox::SHORT_ID;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::post::Post;
use crate::session::Session;

/// A calendar file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WrittenCalendar {
    /// The file.
    pub out: String,
    /// Number of the version in it.
    pub version: usize,
    /// Whether it takes the entry out of the calendar.
    pub cancelled: bool,
    /// Whether the case's label is in it.
    pub named: bool,
}

pub(super) fn write(
    session: &Session<'_>,
    found: &[Conference],
    out: &Path,
    with_name: bool,
) -> Result<WrittenCalendar, Failure> {
    // Of several conferences of one case the last one is to come.
    let conference = found.last().ok_or_else(|| Failure::new("conference.no-time"))?;
    let name = with_name.then(|| label(session, conference)).transpose()?;
    let text = text(session, conference, name.as_deref())?;
    write_new(out, text.as_bytes()).map_err(|error| match error {
        DiskError::Exists { .. } => Failure::file_exists(out),
        error => Failure::file_unwritable(out, error),
    })?;
    let newest = conference.newest().ok_or_else(|| Failure::new("conference.no-time"))?;
    Ok(WrittenCalendar {
        out: out.display().to_string(),
        version: newest.number,
        cancelled: newest.status() == crate::conference::Status::Cancelled,
        named: with_name,
    })
}

/// The calendar file of the conference that a letter is of, without anybody's name; nothing where it is
/// of none, or no time is decided.
pub(crate) fn calendar_of(
    post: &impl Post,
    message: (tsumugu_trust::value::Id, tsumugu_trust::value::Id),
) -> Result<Option<String>, Failure> {
    let all = super::gathered(post)?;
    let found = all.iter().find(|one| one.has(message));
    Ok(found.and_then(|conference| text(post, conference, None).ok()))
}

fn text(post: &impl Post, conference: &Conference, name: Option<&str>) -> Result<String, Failure> {
    let key = conference.key.to_string();
    let wording = Wording {
        origin: post.origin().as_str(),
        organiser: &ShownParty::of(post.directory(), conference.from).name,
        short_id: key.get(..SHORT_ID).unwrap_or(&key),
        name,
    };
    calendar(conference, wording).map_err(|none| Failure::new("conference.no-time").because(none))
}

/// How the office calls the case.
fn label(session: &Session<'_>, conference: &Conference) -> Result<String, Failure> {
    for (id, kept) in listed(session.vault(), "case")? {
        if let Said::Case(case) = kept.entry.said()
            && id == conference.key
        {
            return Ok(case.label.clone());
        }
    }
    Err(Failure::new("conference.no-label"))
}

impl Outcome for WrittenCalendar {
    fn lines(&self, page: &mut Page) {
        let key =
            if self.cancelled { "conference.ics-cancelled" } else { "conference.ics-written" };
        page.say(&Sentence::new(key).with("file", &self.out).with("version", self.version));
        if self.named {
            page.say(&Sentence::new("conference.ics-named"));
        }
    }
}
