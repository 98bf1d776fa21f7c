//! `record list`

use serde::Serialize;

use super::shown::ShownPaper;
use super::{case, papers, short_id};
use crate::args::RecordListArgs;
use crate::commands::mail::exchange_mail;
use crate::context::Context;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::output::Page;
use crate::session::{Purpose, Session};

/// The records, oldest first.
#[derive(Debug, Serialize)]
pub struct RecordList {
    /// Each one.
    pub records: Vec<ShownPaper>,
    /// Records that this PC cannot read, by id, with why.
    pub unread: Vec<UnreadRecord>,
}

/// A record that cannot be read here.
#[derive(Debug, Serialize)]
pub struct UnreadRecord {
    /// Its id.
    pub id: String,
    /// The word of the check that failed.
    pub why: &'static str,
}

/// Runs it.
///
/// # Errors
/// As [`super::run`].
pub(super) async fn run(ctx: &Context, args: &RecordListArgs) -> Result<RecordList, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    exchange_mail(&mut session).await?.tell_age(ctx);
    let only = args.case.as_deref().map(|typed| case(&session, typed)).transpose()?;
    let (found, catalogues) = (papers(&session)?, ctx.catalogues());
    let is_wanted = |paper: &&crate::paper::Paper| {
        (!args.unconfirmed || paper.is_unconfirmed())
            && only.is_none_or(|case| paper.case_id() == Some(case))
    };
    let shown = found.papers.iter().filter(is_wanted);
    let shown =
        shown.map(|one| ShownPaper::of(&catalogues, one, short_id(&found, one.id()), ctx.now()));
    let records = shown.collect();
    let unread = found.unread.iter();
    let unread = unread.map(|one| UnreadRecord { id: one.id.to_string(), why: one.why });
    Ok(RecordList { records, unread: unread.collect() })
}

impl RecordList {
    pub(super) fn lines(&self, page: &mut Page) {
        if self.records.is_empty() {
            page.say(&Sentence::new("record.none"));
        }
        self.records.iter().for_each(|one| one.row(page));
        if self.records.iter().any(ShownPaper::is_unconfirmed) {
            page.say(&Sentence::new("record.confirm-next").with("id", "ID"));
        }
        for one in &self.unread {
            page.say(&Sentence::new("record.unread").with("id", &one.id).with("reason", one.why));
        }
    }
}
