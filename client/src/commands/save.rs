//! `tsumugu save`: writes the attachments of a letter to a folder.

use serde::Serialize;
use tsumugu_trust::value::Id;

use super::mail::find_message;
use super::open::{received, say_opened};
use super::shown::ShownAttachment;
use crate::args::SaveArgs;
use crate::attachments::{Attachment, SetAside, Whereabouts, attachments, called, fetch, save};
use crate::context::Context;
use crate::failure::{Exit, Failure, FailureDocument};
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};

/// Outcome of the command.
#[derive(Debug, Serialize)]
pub struct Saved {
    /// The message.
    pub id: String,
    /// The attachments that were asked for, in the letter's order.
    pub attachments: Vec<SavedAttachment>,
    /// How many were written out.
    pub saved: usize,
    /// Bytes that came from the exchange.
    pub fetched_bytes: u64,
    /// Bytes that were written out.
    pub saved_bytes: u64,
}

/// An attachment, and what became of it.
#[derive(Debug, Serialize)]
pub struct SavedAttachment {
    /// What the letter says of it.
    #[serde(flatten)]
    pub attachment: ShownAttachment,
    /// The file that it was written to.
    pub file: Option<String>,
    /// Why it was not written.
    pub failure: Option<FailureDocument>,
    #[serde(skip)]
    why: Option<Failure>,
}

impl Saved {
    /// The exit code: that of the first attachment that was not written.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let mut failures = self.attachments.iter().filter_map(|one| one.why.as_ref());
        failures.next().map_or(Exit::Ok, Failure::exit)
    }
}

/// Runs the command. What was fetched before something failed stays in the vault. An attachment that is
/// set aside keeps no other one back.
///
/// # Errors
/// As `open`; the letter has no attachment, or none of that name; the folder cannot be made.
pub async fn run(ctx: &Context, args: &SaveArgs) -> Result<Saved, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    let (from, id) = find_message(&mut session, &args.id).await?;
    let (message, letter) = received(&mut session, from, id).await?;
    let Some((_, envelope)) = message.envelope() else {
        return Err(Failure::unknown_message(&args.id));
    };
    let all = attachments(&letter, envelope);
    let chosen = chosen(all, &args.only)?;
    std::fs::create_dir_all(&args.to).map_err(|error| Failure::file_unwritable(&args.to, error))?;
    // Who looks at an attachment has opened the letter.
    say_opened(&mut session, &message).await?;
    let mut outcome = Saved {
        id: id.to_string(),
        attachments: Vec::with_capacity(chosen.len()),
        saved: 0,
        fetched_bytes: 0,
        saved_bytes: 0,
    };
    for one in chosen {
        let done = match &one {
            Ok(attachment) => {
                save_one(&mut session, (from, id), attachment, args, &mut outcome).await
            }
            Err(aside) => Err(said(aside)),
        };
        let (file, why) = match done {
            Ok(file) => (Some(file), None),
            Err(failure) if failure.exit() == Exit::Alarm => return Err(failure),
            Err(failure) => (None, Some(failure)),
        };
        let attachment = ShownAttachment::of(session.vault(), &one)?;
        let failure = why.as_ref().map(Failure::document);
        outcome.attachments.push(SavedAttachment { attachment, file, failure, why });
    }
    Ok(outcome)
}

async fn save_one(
    session: &mut Session<'_>,
    letter: (Id, Id),
    attachment: &Attachment,
    args: &SaveArgs,
    outcome: &mut Saved,
) -> Result<String, Failure> {
    if let Whereabouts::SetAside(_) = attachment.whereabouts(session.vault())? {
        return Err(Failure::new("attachment.set-aside").with("file", attachment.called()));
    }
    outcome.fetched_bytes += fetch(session, letter, attachment).await?;
    let path = save(session, attachment, &args.to)?;
    outcome.saved += 1;
    outcome.saved_bytes += attachment.plain.length;
    Ok(path.display().to_string())
}

/// The attachments that are meant: all, or those of these names or numbers.
fn chosen(
    all: Vec<Result<Attachment, SetAside>>,
    only: &[String],
) -> Result<Vec<Result<Attachment, SetAside>>, Failure> {
    if all.is_empty() {
        return Err(Failure::new("attachment.none"));
    }
    let about = |one: &Result<Attachment, SetAside>| match one {
        Ok(attachment) => (attachment.number, Some(attachment.name.clone())),
        Err(aside) => (aside.number, aside.name.clone()),
    };
    let is_meant = |one: &Result<Attachment, SetAside>, typed: &String| {
        let (number, name) = about(one);
        let same = |name: crate::attachments::FileName| name.folded() == typed.to_lowercase();
        number.to_string() == *typed || called(number) == *typed || name.is_some_and(same)
    };
    if let Some(unknown) = only.iter().position(|typed| !all.iter().any(|one| is_meant(one, typed)))
    {
        return Err(Failure::new("attachment.unknown-name").with("number", unknown + 1));
    }
    let is_chosen = |one: &Result<Attachment, SetAside>| {
        only.is_empty() || only.iter().any(|typed| is_meant(one, typed))
    };
    Ok(all.into_iter().filter(is_chosen).collect())
}

/// Why an attachment was set aside by what the letter says of it.
fn said(aside: &SetAside) -> Failure {
    Failure::new("attachment.malformed").with("file", called(aside.number))
}

impl Outcome for Saved {
    fn lines(&self, page: &mut Page) {
        if self.saved > 0 {
            page.say(&Sentence::new("save.saved").with("count", self.saved));
        }
        for one in &self.attachments {
            match &one.file {
                Some(file) => page.row(&format!("    {}  → {file}", one.attachment.row())),
                None => page.row(&format!("    {}", one.attachment.row())),
            }
            if let Some(failure) = &one.why {
                let said = failure.sentence();
                page.say(said);
                page.row(&format!("→ {}", said.remedy_ja()));
                page.row(&format!("→ {}", said.remedy_en()));
            }
        }
    }
}
