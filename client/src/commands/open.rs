//! `tsumugu open`: shows a letter, and says that a person opened it.

use std::path::Path;

use serde::Serialize;
use serde_json::{Value as Json, json};
use tsumugu_catalogue::{FilledForm, RenderOptions, render_text};
use tsumugu_durable::{DiskError, write_new};
use tsumugu_trust::state::Validity;
use tsumugu_trust::value::{Id, Time};

use super::about::{ShownAbout, ShownPassedOn};
use super::mail::{exchange_mail, find_message};
use super::shown::{ShownAttachment, ShownParty, ShownWorker, form_of};
use crate::args::OpenArgs;
use crate::attachments::{Whereabouts, attachments, fetch};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::jst;
use crate::letters::{OpenedLetter, opened};
use crate::mailbox::message::{Doubt, LetterState, Message};
use crate::messages::Sentence;
use crate::outbox::{Command, entries, flush, queue_opened};
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session, StoredAlarm};

/// Outcome of the command.
#[derive(Debug, Serialize)]
pub struct Opened {
    /// The message.
    pub id: String,
    /// Who sent it.
    pub from: ShownParty,
    /// Who wrote it.
    pub author: ShownWorker,
    /// The case it belongs to.
    pub case: Option<String>,
    /// The form's id; nothing where this program's catalogue does not know it.
    pub form: Option<String>,
    /// The form's version.
    pub version: Option<String>,
    /// The values by field; the body as it came where the catalogue does not know the form.
    pub values: Json,
    /// The attachments, in the letter's order.
    pub attachments: Vec<ShownAttachment>,
    /// Whether the log says that it was opened; for one's own letters nothing is said.
    pub logged: Option<bool>,
    /// What does not fit the log that this PC knows.
    pub doubts: Vec<Doubt>,
    /// The message of ours or others' that it answers or passes on.
    pub about: Option<ShownAbout>,
    /// The letter that it passes on (取次).
    pub passed_on: Option<ShownPassedOn>,
    /// The file that it was written to.
    pub out: Option<String>,
    #[serde(skip)]
    text: String,
    #[serde(skip)]
    accepted: Option<Time>,
}

/// Runs the command. The text is shown whether or not the exchange is reached; where it is not, the
/// outcome says that the opening is not in the log yet.
///
/// # Errors
/// There is no such message, or its letter is not here, does not verify, or was taken back before it
/// was answered; the file is there already.
pub async fn run(ctx: &Context, args: &OpenArgs) -> Result<Opened, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    let (from, id) = find_message(&mut session, &args.id).await?;
    let (message, letter) = received(&mut session, from, id).await?;
    let logged = say_opened(&mut session, &message).await?;
    let attachments = attachments_of(&mut session, &message, &letter, args).await?;
    let form = known_form(&mut session, &letter).await;
    let state = message.state();
    let opened = Opened {
        id: id.to_string(),
        from: ShownParty::of(session.directory(), from),
        author: letter.worker().into(),
        case: letter.case_id().map(|case| case.to_string()),
        form: form.as_ref().map(|form| form.form().id.clone()),
        version: form.as_ref().map(|form| form.form().version.clone()),
        values: values(form.as_ref(), &letter),
        attachments,
        logged,
        doubts: message.doubts.clone(),
        about: letter.about().map(|about| ShownAbout::of(session.directory(), about)),
        passed_on: ShownPassedOn::of(session.directory(), from, &letter),
        out: args.out.as_deref().map(|out| out.display().to_string()),
        text: text(form.as_ref(), &letter),
        accepted: state.accepted_at().map(|at| at.time),
    };
    if let Some(out) = &args.out {
        opened.write(out)?;
    }
    Ok(opened)
}

/// The letter's form. One of a version that is not here yet may have been released since: the exchange is
/// asked once. Where that does not help, the letter is shown all the same.
async fn known_form(session: &mut Session<'_>, letter: &OpenedLetter) -> Option<FilledForm> {
    let ctx = session.ctx();
    if let Some(form) = form_of(&ctx.catalogues(), letter) {
        return Some(form);
    }
    if let Err(failure) = session.sync().await {
        ctx.note(failure.sentence());
    }
    form_of(&ctx.catalogues(), letter)
}

pub(super) fn load(session: &Session<'_>, from: Id, id: Id) -> Result<Message, Failure> {
    let message = Message::load(session.vault(), from, id)?;
    message.ok_or_else(|| Failure::unknown_message(&id.to_string()))
}

/// A message and its letter, which is fetched first where it waits.
pub(super) async fn received(
    session: &mut Session<'_>,
    from: Id,
    id: Id,
) -> Result<(Message, OpenedLetter), Failure> {
    if load(session, from, id)?.letter == LetterState::Waiting {
        let mail = exchange_mail(session).await?;
        mail.tell_age(session.ctx());
        mail.tell_unsent(session.ctx());
    }
    let message = load(session, from, id)?;
    let letter = readable(session, &message)?;
    Ok((message, letter))
}

/// The letter, or why it is not shown.
pub(super) fn readable(session: &Session<'_>, message: &Message) -> Result<OpenedLetter, Failure> {
    let id = message.id().to_string();
    let state = message.state();
    if state.validity() == Validity::Withdrawn && state.answer().is_none() {
        return Err(Failure::new("message.withdrawn").with("id", id));
    }
    let letter = message.read_letter(session.vault(), session.directory())?;
    letter.ok_or_else(|| match &message.letter {
        LetterState::Unreadable(word) => Failure::quarantined(&id, word),
        LetterState::KeyNotHere => Failure::new("message.key-not-here").with("id", id),
        LetterState::Gone => Failure::new("server.body-gone"),
        LetterState::Waiting | LetterState::Kept => {
            Failure::new("message.not-here-yet").with("id", id)
        }
    })
}

/// Queues that a person opened it, and tries to say so; `None` for one's own letters.
pub(super) async fn say_opened(
    session: &mut Session<'_>,
    message: &Message,
) -> Result<Option<bool>, Failure> {
    let keys = session.identity().terminal()?;
    let Some((leaf, lines)) = message.envelope() else { return Ok(None) };
    if lines.from == keys.institution {
        return Ok(None);
    }
    if message.state().opened_at().is_some() {
        return Ok(Some(true));
    }
    let named = (message.from(), message.id());
    let is_queued = |command: &Command| match command {
        Command::Opened(opened) => (opened.from, opened.message) == named,
        _ => false,
    };
    if !entries(session.vault())?.iter().any(|entry| is_queued(&entry.command)) {
        let terminal = keys.terminal_key(session.origin())?;
        let digest = leaf.statement.digest();
        let statement = opened(session.origin(), lines, digest, &terminal)?;
        queue_opened(session, named, &statement)?;
    }
    // Reading goes on while an alarm is kept; speaking does not.
    if StoredAlarm::load(session.vault())?.is_some() {
        return Ok(Some(false));
    }
    match flush(session).await {
        Ok(_) => {}
        Err(failure) if failure.exit() == Exit::Unreachable => {
            session.ctx().note(failure.sentence());
        }
        Err(failure) => return Err(failure),
    }
    let now = load(session, message.from(), message.id())?;
    Ok(Some(now.state().opened_at().is_some()))
}

/// Lists the attachments, and fetches what is not here. That some do not come keeps nothing back.
async fn attachments_of(
    session: &mut Session<'_>,
    message: &Message,
    letter: &OpenedLetter,
    args: &OpenArgs,
) -> Result<Vec<ShownAttachment>, Failure> {
    let Some((_, envelope)) = message.envelope() else { return Ok(Vec::new()) };
    let all = attachments(letter, envelope);
    let may_ask = !args.no_attachments && StoredAlarm::load(session.vault())?.is_none();
    let named = (message.from(), message.id());
    for attachment in all.iter().flatten().filter(|_| may_ask) {
        if !matches!(attachment.whereabouts(session.vault())?, Whereabouts::Waiting(_)) {
            continue;
        }
        match fetch(session, named, attachment).await {
            Ok(_) => {}
            Err(failure) if failure.exit() == Exit::Alarm => return Err(failure),
            Err(failure) => {
                session.ctx().note(failure.sentence());
                if failure.exit() == Exit::Unreachable {
                    break;
                }
            }
        }
    }
    all.iter().map(|one| ShownAttachment::of(session.vault(), one)).collect()
}

fn values(form: Option<&FilledForm>, letter: &OpenedLetter) -> Json {
    let body = || serde_json::from_slice(letter.body()).unwrap_or(Json::Null);
    form.map_or_else(body, |form| form.to_json().get("values").cloned().unwrap_or(Json::Null))
}

/// A form that this catalogue does not know is shown as it came, so that nothing is lost.
fn text(form: Option<&FilledForm>, letter: &OpenedLetter) -> String {
    match form {
        Some(form) => render_text(form, RenderOptions::default()),
        None => String::from_utf8_lossy(letter.body()).into_owned(),
    }
}

impl Opened {
    /// The file for the own records: what was said, by whom.
    fn write(&self, out: &Path) -> Result<(), Failure> {
        let document = json!({
            "form": self.form,
            "version": self.version,
            "values": self.values,
            "from": self.from,
            "id": self.id,
            "author": self.author,
            "case": self.case,
            "accepted": self.accepted.map(jst::iso),
            "about": self.about,
            "passed_on": self.passed_on,
        });
        let text = format!("{document:#}\n");
        write_new(out, text.as_bytes()).map_err(|error| match error {
            DiskError::Exists { .. } => Failure::file_exists(out),
            error => Failure::file_unwritable(out, error),
        })
    }
}

impl Outcome for Opened {
    fn lines(&self, page: &mut Page) {
        let time = self.accepted.map(jst::show).unwrap_or_default();
        page.row(&format!("{}  {}  {time}", self.id, self.from.row()));
        page.row(&format!("担当 by: {}", self.author.row()));
        self.passed_on.iter().for_each(|one| one.rows(page));
        page.gap();
        if self.form.is_none() {
            page.say(&Sentence::new("open.unknown-form"));
        }
        self.text.lines().for_each(|line| page.row(line));
        page.gap();
        if !self.attachments.is_empty() {
            let said = Sentence::new("open.attachments").with("count", self.attachments.len());
            page.say(&said.with("id", &self.id));
            self.attachments.iter().for_each(|one| page.row(&format!("    {}", one.row())));
        }
        if self.logged == Some(false) {
            page.say(&Sentence::new("open.not-logged"));
        }
        if self.doubts.iter().any(|doubt| *doubt != Doubt::RecordOutOfPlace) {
            page.say(&Sentence::new("open.doubts"));
        }
        if self.doubts.contains(&Doubt::RecordOutOfPlace) {
            page.say(&Sentence::new("open.record-out-of-place"));
        }
        if let Some(out) = &self.out {
            page.say(&Sentence::new("open.written").with("file", out));
        }
    }
}
