//! Those who are reached by FAX only: the pages, and the record that they were made. This program sends
//! no FAX, and never says that it did.

use std::path::{Path, PathBuf};

use serde::Serialize;
use tsumugu_proto::v1;
use tsumugu_proto::v1::off_system::Said as Raw;
use tsumugu_trust::statement::Urgency;
use tsumugu_trust::value::Id;

use super::recipients::FaxRecipient;
use crate::commands::form_file::fill_by_send;
use crate::commands::outgoing::Outgoing;
use crate::commands::record::fax::{FaxPages, ask_folder};
use crate::commands::record::written::{checked, queue};
use crate::commands::shown::{ShownParty, ShownWorker};
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::WorkerSecret;
use crate::messages::Sentence;
use crate::outbox::Entry;
use crate::output::Page;
use crate::paper::{Said, new_record_id, place};
use crate::post::Post as _;
use crate::session::Session;

/// Pages that were printed for somebody who is reached by FAX only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FaxPrinted {
    /// Id of the record.
    pub id: String,
    /// Whom they are for.
    pub to: ShownParty,
    /// The FAX number, as in the directory.
    pub fax: String,
    /// The file; nothing where it could not be written: `record print` writes it.
    pub file: Option<String>,
    /// How many pages, the cover sheet among them.
    pub pages: usize,
    /// How many filled fields are not on them, as they are for staff only.
    pub left_out: usize,
    /// Always `unconfirmed`: until somebody records who confirmed that it arrived.
    pub state: &'static str,
    /// Whether the log has the record; else it waits in the outbox.
    pub logged: bool,
}

/// Pages of one recipient, before anything of them is kept.
pub(super) struct Prepared {
    id: Id,
    to: FaxRecipient,
    said: Said,
    pages: FaxPages,
    file: PathBuf,
}

impl Outgoing<'_> {
    /// Lays out a FAX for each; nothing is written or recorded yet.
    pub(super) fn pages(
        &self,
        session: &Session<'_>,
        by_fax: &[FaxRecipient],
        worker: &WorkerSecret,
        out: &Path,
    ) -> Result<Vec<Prepared>, Failure> {
        by_fax.iter().map(|to| self.fax(session, to, worker, out)).collect()
    }

    fn fax(
        &self,
        session: &Session<'_>,
        to: &FaxRecipient,
        worker: &WorkerSecret,
        out: &Path,
    ) -> Result<Prepared, Failure> {
        let (own, now) = (session.keys()?.institution, session.ctx().now());
        let mut form = self.form.clone();
        fill_by_send(&mut form, session.directory(), (own, to.institution), now)?;
        let mut contact = v1::Contact {
            case_id: self.case.map(|case| case.to_string()).unwrap_or_default(),
            means: v1::Means::Fax.into(),
            institution: to.institution.to_string(),
            party: to.party.name.clone(),
            number: to.fax.clone(),
            at_ms: now.0,
            sheet: form.to_json().to_string().into_bytes().into(),
            masked: true,
            urgent: self.urgency == Urgency::Urgent,
            answer_by_ms: self.ack_by.map_or(0, |by| by.0),
            attachments: u32::try_from(self.secrets.len()).unwrap_or(u32::MAX),
            ..v1::Contact::default()
        };
        let id = new_record_id(session, now);
        let card = worker.card().ok_or_else(|| Failure::fault("a worker without a card"))?;
        let author = ShownWorker { id: worker.id.to_string(), name: card.name, role: card.role };
        let pages = FaxPages::of(session, id, &contact, &form, author.row(), now)?;
        contact.pages = u32::try_from(pages.count).unwrap_or(u32::MAX);
        let said = checked(Raw::Contact(contact), None)?;
        let file = ask_folder(out, &pages.name)?;
        Ok(Prepared { id, to: to.clone(), said, pages, file })
    }
}

/// Queues the records.
pub(super) fn record(
    session: &Session<'_>,
    worker: &WorkerSecret,
    pages: &[Prepared],
) -> Result<Vec<Entry>, Failure> {
    pages.iter().map(|one| queue(session, worker, (one.id, None), &one.said)).collect()
}

/// Writes the files; gives those that are there. The records and letters are queued already, so one that
/// cannot be written is told, and fails nothing: `record print` writes the pages again.
pub(super) fn write(ctx: &Context, pages: &[Prepared]) -> Vec<Id> {
    let write = |one: &Prepared| match one.pages.write(&one.file) {
        Ok(()) => Some(one.id),
        Err(failure) => {
            ctx.note(failure.sentence());
            None
        }
    };
    pages.iter().filter_map(write).collect()
}

/// What was printed.
pub(super) fn printed(
    session: &Session<'_>,
    pages: &[Prepared],
    written: &[Id],
) -> Result<Vec<FaxPrinted>, Failure> {
    let printed = |one: &Prepared| {
        Ok(FaxPrinted {
            id: one.id.to_string(),
            to: one.to.party.clone(),
            fax: one.to.fax.clone(),
            file: written.contains(&one.id).then(|| one.file.display().to_string()),
            pages: one.pages.count,
            left_out: one.pages.left_out,
            state: "unconfirmed",
            logged: place(session.vault(), one.id)?.is_some(),
        })
    };
    pages.iter().map(printed).collect()
}

impl FaxPrinted {
    /// What was done, and what a person has to do now.
    pub(super) fn lines(&self, page: &mut Page) {
        page.say(&match &self.file {
            Some(file) => Sentence::new("fax.printed").with("file", file).with("pages", self.pages),
            None => Sentence::new("fax.not-written").with("id", &self.id),
        });
        page.row(&format!("    {}  FAX {}  【未確認 unconfirmed】", self.to.row(), self.fax));
        if self.left_out > 0 {
            page.say(&Sentence::new("fax.left-out").with("count", self.left_out));
        }
        page.say(&Sentence::new("fax.next").with("fax", &self.fax).with("id", &self.id));
        if !self.logged {
            page.say(&Sentence::new("office.only-here"));
        }
    }
}
