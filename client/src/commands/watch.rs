//! `tsumugu watch`: prints what happens, as it happens; with `--json` a document for each line.

use serde::Serialize;
use tsumugu_trust::statement::AnyBody;
use tsumugu_trust::value::Id;

use super::shown::{ShownParty, japanese};
use crate::agent::Stop;
use crate::context::Context;
use crate::failure::Failure;
use crate::jst;
use crate::live::{Duties, Keeper, News};
use crate::mailbox::message::{LetterState, Message, MessageLeaf};
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::post::Post;
use crate::probe;
use crate::session::{Purpose, Session};

/// Something that happened.
#[derive(Debug, Serialize)]
pub struct Event {
    /// `letter`, `sent`, `fetched`, `undelivered`, `opened`, `answer`, `withdrawn` or `destroyed`.
    pub event: &'static str,
    /// The message.
    pub id: String,
    /// Who sent the message.
    pub from: ShownParty,
    /// Whom it went to.
    pub to: ShownParty,
    /// The answer, of an `answer`.
    pub answer: Option<&'static str>,
    /// `sheet`, `notice` or another kind; empty while the letter is not here.
    pub kind: String,
    /// Id of the form; empty while the letter is not here.
    pub form: String,
    /// Whether the letter is here.
    pub here: bool,
    /// Number in the mailbox.
    pub number: u64,
    /// Index of the leaf in the log (記録番号).
    pub index: u64,
    /// When the exchange logged it (ISO 8601).
    pub time: String,
}

/// Runs the command, until it is told to stop.
///
/// # Errors
/// The vault does not open; the exchange refuses this terminal; an alarm.
pub async fn run(ctx: &Context) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    let mut session = Session::open(ctx, Purpose::Act)?;
    session.identity().terminal()?;
    let mut watcher = Watcher { ctx, next: None };
    tokio::select! {
        () = stop.asked() => Ok(()),
        Err(failure) = Keeper::new(&mut session, &mut watcher).keep() => Err(failure),
    }
}

/// Prints what comes.
struct Watcher<'c> {
    ctx: &'c Context,
    /// Number of the first event that was not printed: the vault may be ahead of it, since an agent
    /// takes in the same events.
    next: Option<u64>,
}

impl Duties for Watcher<'_> {
    fn begin(&mut self, post: &impl Post) -> Result<u64, Failure> {
        let known = crate::mailbox::known(post.vault())?;
        Ok(self.next.get_or_insert(known).to_owned().min(known))
    }

    fn connected(&mut self, _: &impl Post) -> Result<(), Failure> {
        self.ctx.log(&Sentence::new("agent.connected"));
        Ok(())
    }

    fn lost(&mut self, _: &impl Post, failure: &Failure, pause: std::time::Duration) {
        let said = Sentence::new("agent.lost").with("reason", failure.key());
        self.ctx.log(&said.with("seconds", pause.as_secs()));
    }

    async fn news(
        &mut self,
        post: &mut impl Post,
        news: Vec<News>,
        next: u64,
    ) -> Result<(), Failure> {
        let printed = self.next.unwrap_or_default();
        for one in news.into_iter().filter(|one| one.number >= printed) {
            if let Some((message, leaf)) = one.look_up(post.vault())?
                && let Some(event) = event(post, one.number, &message, &leaf)?
            {
                self.ctx.outcome(&event)?;
            }
        }
        self.next = Some(next.max(printed));
        Ok(())
    }
}

fn event(
    post: &impl Post,
    number: u64,
    message: &Message,
    leaf: &MessageLeaf,
) -> Result<Option<Event>, Failure> {
    let Some((_, lines)) = message.envelope() else { return Ok(None) };
    // That somebody keeps a record of the office is no news.
    if message.is_of_the_office() {
        return Ok(None);
    }
    let own = post.keys()?.institution;
    let Some((what, answer)) = what(own, message.id(), &leaf.statement.body) else {
        return Ok(None);
    };
    let (kind, form) = probe::kind_and_form(post, message)?;
    Ok(Some(Event {
        event: what,
        id: message.id().to_string(),
        from: ShownParty::of(post.directory(), lines.from),
        to: ShownParty::of(post.directory(), lines.to.institution),
        answer,
        kind,
        form,
        here: message.letter == LetterState::Kept,
        number,
        index: leaf.at.index,
        time: jst::iso(leaf.at.time),
    }))
}

fn what(own: Id, id: Id, body: &AnyBody) -> Option<(&'static str, Option<&'static str>)> {
    Some(match body {
        AnyBody::Envelope(lines) if lines.id != id => return None,
        AnyBody::Envelope(lines) if lines.from == own => ("sent", None),
        AnyBody::Envelope(_) => ("letter", None),
        AnyBody::Fetched(_) => ("fetched", None),
        AnyBody::Undelivered(_) => ("undelivered", None),
        AnyBody::Opened(_) => ("opened", None),
        AnyBody::Disposition(lines) => ("answer", Some(lines.answer.word())),
        AnyBody::Recall(_) => ("withdrawn", None),
        AnyBody::Destroyed(_) => ("destroyed", None),
        _ => return None,
    })
}

impl Outcome for Event {
    fn lines(&self, page: &mut Page) {
        let word = match (self.event, self.answer) {
            ("letter", _) => "届きました arrived".to_owned(),
            ("sent", _) => "受付済 sent".to_owned(),
            (_, Some(answer)) => format!("{} {answer}", japanese(answer)),
            (event, None) => format!("{} {event}", japanese(event)),
        };
        let parties = format!("{} → {}", self.from.row(), self.to.row());
        page.row(&format!("{}  {}  {word}  {parties}  {}", self.time, self.id, self.form));
    }
}
