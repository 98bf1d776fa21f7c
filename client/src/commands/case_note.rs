//! `tsumugu case note`: sentences for 支援経過(第5表), to be pasted into the office's care software.

use serde::Serialize;
use tsumugu_proto::v1::office_record::Entry as Said;

use super::case_file::up_to_date;
use super::mail::exchange_mail;
use super::office::write;
use crate::args::CaseNoteArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::proof::{Copied, account, sentences};
use crate::session::{Purpose, Session};

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseNote {
    /// The case.
    pub case: String,
    /// One for each letter and off-system record, by time.
    pub sentences: Vec<String>,
    /// Whether somebody of the office said that all of them were copied.
    pub copied: bool,
    /// Whether this command noted so.
    pub noted: bool,
}

/// Runs the command.
///
/// # Errors
/// There is no such case; an alarm; the vault cannot be opened.
pub async fn run(ctx: &Context, args: &CaseNoteArgs) -> Result<CaseNote, Failure> {
    let purpose = if args.copied { Purpose::Act } else { Purpose::Look };
    let mut session = Session::open(ctx, purpose)?;
    let case = up_to_date(&mut session, &args.id).await?;
    let record = account(&session, &case)?;
    let known = Copied::of(session.vault(), case.id)?;
    let is_covered = known.covers(&record);
    let noted = args.copied && !is_covered;
    if noted {
        let mail = exchange_mail(&mut session).await?;
        let note = Said::Note(known.all_of(case.id, &record));
        write(&mut session, &mail, args.worker.as_deref(), note).await?;
    }
    let copied = is_covered || noted;
    Ok(CaseNote { case: case.id.to_string(), sentences: sentences(&record), copied, noted })
}

impl Outcome for CaseNote {
    fn lines(&self, page: &mut Page) {
        if self.sentences.is_empty() {
            page.say(&Sentence::new("proof.nothing-to-note"));
        }
        // Alone on their lines: they are copied from here.
        self.sentences.iter().for_each(|sentence| page.row(sentence));
        if self.sentences.is_empty() {
            return;
        }
        page.gap();
        page.say(&Sentence::new(match (self.copied, self.noted) {
            (_, true) => "proof.noted-copied",
            (true, false) => "proof.is-copied",
            (false, false) => "proof.not-copied",
        }));
    }
}
