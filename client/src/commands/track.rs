//! `tsumugu track`: how far messages have come, and whose word says so.

use serde::Serialize;
use tsumugu_proto::v1;
use tsumugu_trust::directory::{Directory, check_disposition};
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::statement::AnyBody;
use tsumugu_trust::value::{Id, Time};

use super::case::{ShownAdmission, admission_of};
use super::mail::{Mail, Unsent, exchange_mail, find_message};
use super::send::is_admission_sheet;
use super::shown::{ShownMessage, ShownParty, ShownWorker, japanese};
use crate::args::TrackArgs;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::jst;
use crate::letters::{OpenedDetail, OpenedLetter, read_detail};
use crate::mailbox::message::{Message, MessageLeaf};
use crate::mailbox::{all, apply_record, short_ids};
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::post::Post;
use crate::probe;
use crate::session::{Purpose, Session};
use crate::workers::Leavers;

/// Outcome of the command.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Tracked {
    /// One message with everything that happened to it.
    One(Box<TrackedMessage>),
    /// The messages that this institution sent.
    Sent(TrackedList),
}

/// The messages that this institution sent.
#[derive(Debug, Serialize)]
pub struct TrackedList {
    /// In the order of their making.
    pub messages: Vec<ShownMessage>,
    /// Whether the exchange was asked; else it is what this PC knew before.
    pub fresh: bool,
    /// What is still in the outbox, and so is not among the messages.
    pub outbox: Unsent,
}

/// One message with everything that happened to it.
#[derive(Debug, Serialize)]
pub struct TrackedMessage {
    /// The message.
    #[serde(flatten)]
    pub message: ShownMessage,
    /// What happened, in log order.
    pub events: Vec<TrackedEvent>,
    /// Of a sheet at the admission within a case: its last days and which of them was kept.
    pub admission: Option<ShownAdmission>,
    /// Who is to act now: `recipient`, `sender`, or nobody.
    pub waits_for: Option<&'static str>,
    /// Whether the exchange was asked; else it is what this PC knew before.
    pub fresh: bool,
    #[serde(skip)]
    outgoing: bool,
}

/// Something that happened to a message.
#[derive(Debug, Serialize)]
pub struct TrackedEvent {
    /// What: `accepted`, `undelivered`, `fetched`, `opened`, `superseded`, `withdrawn`, `destroyed`, or
    /// an answer.
    pub what: &'static str,
    /// Index of the leaf in the log (記録番号).
    pub index: u64,
    /// When the exchange logged it (ISO 8601).
    pub logged: String,
    /// Whose word it is: the one whose terminal signed it, or the exchange.
    pub word: Option<ShownParty>,
    /// When by that one's own clock (ISO 8601), where it says so.
    pub said: Option<String>,
    /// Who answered; nothing where the detail is not here or does not verify.
    pub worker: Option<ShownWorker>,
    /// What the worker said.
    pub comment: Option<String>,
    /// The check that the detail failed, if it failed one.
    pub detail_refused: Option<&'static str>,
    #[serde(skip)]
    at: Time,
}

/// Runs the command.
///
/// # Errors
/// There is no such message; an alarm; the vault cannot be opened.
pub async fn run(ctx: &Context, args: &TrackArgs) -> Result<Tracked, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_age(ctx);
    let Some(text) = &args.id else {
        return list(&session, &mail, args.all).map(Tracked::Sent);
    };
    mail.tell_unsent(ctx);
    let mut fresh = mail.fresh;
    let (from, id) = find_message(&mut session, text).await?;
    if fresh {
        fresh = take_all(&mut session, from, id).await?;
    }
    let message = Message::load(session.vault(), from, id)?;
    let message = message.ok_or_else(|| Failure::unknown_message(text))?;
    one(&session, &message, fresh).map(Box::new).map(Tracked::One)
}

/// Asks for every record of the message: nothing that the exchange logged is left out.
pub(super) async fn take_all(session: &mut Session<'_>, from: Id, id: Id) -> Result<bool, Failure> {
    let answer = match session.track(from, id).await {
        Err(failure) if failure.exit() == Exit::Unreachable => {
            session.ctx().note(failure.sentence());
            return Ok(false);
        }
        answer => answer?,
    };
    for v1::MailboxEvent { receipt, detail, .. } in answer.records {
        let receipt = receipt.ok_or_else(|| crate::rpc::incomplete("receipt"))?;
        let applied = apply_record(session, receipt, &detail).await;
        session.keep_alarm(applied)?;
    }
    Ok(true)
}

fn list(session: &Session<'_>, mail: &Mail, all_of_them: bool) -> Result<TrackedList, Failure> {
    let own = session.identity().terminal()?.institution;
    let (vault, directory, now) = (session.vault(), session.directory(), session.ctx().now());
    let catalogues = session.ctx().catalogues();
    let known = all(vault)?;
    let short = short_ids(&known);
    let mut messages = Vec::new();
    for (from, id) in known.iter().filter(|(from, _)| *from == own) {
        let Some(message) = Message::load(vault, *from, *id)? else { continue };
        // The test letter of each day would bury the sheets.
        if message.is_of_the_office() || !all_of_them && probe::is_routine(session, &message)? {
            continue;
        }
        let short_id = short.get(id).map(String::as_str).unwrap_or_default();
        messages.extend(ShownMessage::of(
            &message,
            short_id,
            vault,
            directory,
            (&catalogues, now),
        )?);
    }
    Ok(TrackedList { messages, fresh: mail.fresh, outbox: mail.unsent })
}

fn one(session: &Session<'_>, message: &Message, fresh: bool) -> Result<TrackedMessage, Failure> {
    let own = session.identity().terminal()?.institution;
    let (vault, directory, now) = (session.vault(), session.directory(), session.ctx().now());
    let catalogues = session.ctx().catalogues();
    let short = short_ids(&all(vault)?);
    let short_id = short.get(&message.id()).map(String::as_str).unwrap_or_default();
    let shown = ShownMessage::of(message, short_id, vault, directory, (&catalogues, now))?;
    let shown = shown.ok_or_else(|| Failure::unknown_message(&message.id().to_string()))?;
    // A letter that does not verify gives no key; then the details stay closed.
    let letter = message.read_letter(vault, directory).ok().flatten();
    let events = events(directory, Leavers::of(session), message, letter.as_ref());
    let case = letter.as_ref().and_then(OpenedLetter::case_id);
    let admission = match (case, shown.form.as_deref()) {
        (Some(case), Some(form)) if message.from() == own && is_admission_sheet(session, form) => {
            admission_of(session, case)?
        }
        _ => None,
    };
    Ok(TrackedMessage {
        admission,
        waits_for: waits_for(&shown),
        message: shown,
        events,
        fresh,
        outgoing: message.from() == own,
    })
}

/// Everything that happened to a message whose letter is here, in log order.
pub(crate) fn happened(
    directory: &Directory,
    leavers: Leavers<'_>,
    message: &Message,
    letter: &OpenedLetter,
) -> Vec<TrackedEvent> {
    events(directory, leavers, message, Some(letter))
}

fn events(
    directory: &Directory,
    leavers: Leavers<'_>,
    message: &Message,
    letter: Option<&OpenedLetter>,
) -> Vec<TrackedEvent> {
    let event = |leaf| event(directory, leavers, message, leaf, letter);
    message.leaves().iter().filter_map(event).collect()
}

impl TrackedEvent {
    /// When the exchange logged it.
    pub(crate) fn time(&self) -> Time {
        self.at
    }
}

/// Who is to act. A letter that did not arrive, or was sent back, is the sender's again.
fn waits_for(message: &ShownMessage) -> Option<&'static str> {
    match (message.validity, message.answer, message.delivery) {
        ("current", None, Some("undelivered")) => Some("sender"),
        ("current", None, _) => Some("recipient"),
        ("current", Some("acknowledged"), _) => None,
        ("current", Some(_), _) => Some("sender"),
        _ => None,
    }
}

fn event(
    directory: &Directory,
    leavers: Leavers<'_>,
    message: &Message,
    leaf: &MessageLeaf,
    letter: Option<&OpenedLetter>,
) -> Option<TrackedEvent> {
    let (_, lines) = message.envelope()?;
    let (sender, recipient) = (Some(lines.from), Some(lines.to.institution));
    let mut detail = None;
    let (what, by, said) = match &leaf.statement.body {
        AnyBody::Envelope(own) if own.id == message.id() => {
            ("accepted", sender, Some(own.composed))
        }
        AnyBody::Envelope(own) => ("superseded", sender, Some(own.composed)),
        AnyBody::Undelivered(_) => ("undelivered", None, None),
        AnyBody::Fetched(_) => ("fetched", None, None),
        AnyBody::Destroyed(_) => ("destroyed", None, None),
        AnyBody::Opened(_) => ("opened", recipient, None),
        AnyBody::Disposition(own) => {
            detail =
                letter.and_then(|letter| open_detail(directory, leavers, message, leaf, letter));
            (own.answer.word(), recipient, Some(own.answered))
        }
        AnyBody::Recall(own) => ("withdrawn", sender, Some(own.recalled)),
        _ => return None,
    };
    let (opened, refused) = match detail {
        Some(Ok(opened)) => (Some(opened), None),
        Some(Err(refused)) => (None, Some(refused)),
        None => (None, None),
    };
    let LogPosition { time, index, .. } = leaf.at;
    Some(TrackedEvent {
        what,
        index,
        logged: jst::iso(time),
        word: by.map(|by| ShownParty::of(directory, by)),
        said: said.map(jst::iso),
        worker: opened.as_ref().map(|opened| opened.worker().into()),
        comment: opened.map(|opened| opened.comment().to_owned()).filter(|text| !text.is_empty()),
        detail_refused: refused,
        at: time,
    })
}

/// The detail of an answer; the word of the failed check where it does not verify.
fn open_detail(
    directory: &Directory,
    leavers: Leavers<'_>,
    message: &Message,
    leaf: &MessageLeaf,
    letter: &OpenedLetter,
) -> Option<Result<OpenedDetail, &'static str>> {
    if leaf.detail.is_empty() {
        return None;
    }
    let at = leaf.at;
    let (envelope, lines) = message.envelope()?;
    let digest = envelope.statement.digest();
    let checked = check_disposition(directory, at, &leaf.statement, lines, digest).ok()?;
    let detail = read_detail(directory, at, &checked, &leaf.detail, letter.letter_key());
    Some(match detail {
        Ok(detail) if leavers.had_left(checked.body().by, detail.worker().id(), at.index) => {
            Err("worker-removed")
        }
        detail => detail.map_err(|reason| reason.word()),
    })
}

impl Outcome for Tracked {
    fn lines(&self, page: &mut Page) {
        match self {
            Self::One(tracked) => tracked.lines(page),
            Self::Sent(list) => {
                if list.messages.is_empty() {
                    page.say(&Sentence::new("track.nothing-sent"));
                }
                list.messages.iter().for_each(|message| page.row(&message.row(&message.to)));
                list.outbox.sentences().for_each(|said| page.say(&said));
            }
        }
    }
}

impl TrackedMessage {
    fn lines(&self, page: &mut Page) {
        let message = &self.message;
        page.row(&message.row(if self.outgoing { &message.to } else { &message.from }));
        page.row(&format!("    {}", message.id));
        self.events.iter().for_each(|event| event.rows(page));
        if message.overdue {
            page.say(&Sentence::new("track.overdue"));
        }
        if let Some(admission) = &self.admission {
            admission.rows(page);
        }
        match self.waits_for {
            Some("sender") => page.say(&Sentence::new("track.waits-for-sender")),
            Some(_) => page.say(&Sentence::new("track.waits-for-recipient")),
            None => {}
        }
    }
}

impl TrackedEvent {
    fn rows(&self, page: &mut Page) {
        let by = self.word.as_ref().map_or("交換所 exchange".to_owned(), ShownParty::row);
        let (index, time) = (self.index, jst::show(self.at));
        let what = self.what;
        page.row(&format!("    {time}  {} {what}  {by}  記録番号 log {index}", japanese(what)));
        if let Some(worker) = &self.worker {
            page.row(&format!("        担当 by: {}", worker.row()));
        }
        for line in self.comment.iter().flat_map(|comment| comment.lines()) {
            page.row(&format!("        > {line}"));
        }
        if let Some(reason) = self.detail_refused {
            page.say(&Sentence::new("track.detail-refused").with("detail", reason));
        }
    }
}
