//! `record print`: cover sheet and sheet of a FAX once more.

use std::path::Path;

use serde::Serialize;

use super::fax::{FaxPages, ask_folder};
use super::{find, papers};
use crate::commands::mail::exchange_mail;
use crate::context::Context;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::output::Page;
use crate::paper::sheet_of;
use crate::session::{Purpose, Session};

/// Pages that were written once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PrintedRecord {
    /// The record.
    pub id: String,
    /// The file.
    pub out: String,
    /// Its pages, the cover sheet among them.
    pub pages: usize,
}

/// Runs it.
///
/// # Errors
/// As [`super::run`]; `record.no-sheet`; the file is there already.
pub(super) async fn run(ctx: &Context, id: &str, out: &Path) -> Result<PrintedRecord, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    exchange_mail(&mut session).await?.tell_age(ctx);
    let all = papers(&session)?;
    let paper = find(&all, id)?;
    let contact = paper.contact();
    let no_sheet = || Failure::new("record.no-sheet").with("id", id);
    let form = sheet_of(&ctx.catalogues(), contact).ok_or_else(no_sheet)?;
    let author = crate::commands::shown::ShownWorker::from(&paper.first().worker).row();
    let pages = FaxPages::of(&session, paper.id(), contact, &form, author, ctx.now())?;
    let file = ask_folder(out, &pages.name)?;
    pages.write(&file)?;
    let (id, out) = (paper.id().to_string(), file.display().to_string());
    Ok(PrintedRecord { id, out, pages: pages.count })
}

impl PrintedRecord {
    pub(super) fn lines(&self, page: &mut Page) {
        let said = Sentence::new("fax.printed").with("file", &self.out);
        page.say(&said.with("pages", self.pages));
    }
}
