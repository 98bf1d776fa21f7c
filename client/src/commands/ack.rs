//! `tsumugu ack`: a worker answers a letter.

use serde::Serialize;
use tsumugu_trust::statement::Answer;
use tsumugu_trust::value::Time;

use super::mail::{exchange_mail, find_message, say_queued, signing, with_signer};
use super::open::readable;
use super::shown::{ShownParty, japanese};
use crate::args::{AckArgs, Disposition};
use crate::context::Context;
use crate::failure::{Exit, Failure, FailureDocument};
use crate::identity::WorkerSecret;
use crate::jst;
use crate::letters::{OpenedLetter, Reply, SealedAnswer, answer};
use crate::mailbox::message::{LetterState, Message};
use crate::messages::Sentence;
use crate::outbox::{Delivered, queue_answer};
use crate::output::{Outcome, Page};
use crate::post::Post;
use crate::session::{Purpose, Session};

/// Outcome of the command.
#[derive(Debug, Serialize)]
pub struct Answered {
    /// The message.
    pub id: String,
    /// Who sent it.
    pub from: ShownParty,
    /// The answer, as a word.
    pub answer: &'static str,
    /// Name of the worker who answers.
    pub worker: String,
    /// `logged`, `queued` or `refused`.
    pub state: &'static str,
    /// Index of its leaf in the log (記録番号).
    pub index: Option<u64>,
    /// When the exchange logged it (ISO 8601).
    pub time: Option<String>,
    /// Why it is not in the log.
    pub reason: Option<FailureDocument>,
    #[serde(skip)]
    at: Option<Time>,
    #[serde(skip)]
    failure: Option<Failure>,
}

impl Answered {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.failure.as_ref().map_or(Exit::Ok, Failure::exit)
    }
}

/// Runs the command.
///
/// # Errors
/// There is no such message, or it is one's own, or its letter is not here; the same answer was given
/// before; a rejection without a reason; no worker; an alarm.
pub async fn run(ctx: &Context, args: &AckArgs) -> Result<Answered, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_unsent(ctx);
    let (from, id) = find_message(&mut session, &args.id).await?;
    let message = Message::load(session.vault(), from, id)?;
    let message = message.ok_or_else(|| Failure::unknown_message(&args.id))?;
    let said = word(args.disposition);
    check_answerable(&session, &message, said)?;
    let comment = args.comment.as_deref().unwrap_or_default().trim();
    let worker = &signing(&session, args.worker.as_deref())?;
    let name = worker.card().map(|card| card.name).unwrap_or_default();
    let letter = message.read_letter(session.vault(), session.directory())?;
    let letter = letter.map_or_else(|| readable(&session, &message), Ok)?;
    let sealed = seal_answer(&session, (&message, &letter), said, comment, worker)?;
    let entry = queue_answer(&session, (from, id), &sealed.statement, &sealed.sealed)?;
    let mut report = say_queued(&mut session, &mail, &entry).await?;
    let at = report.done.iter().find_map(|(done, delivered)| match delivered {
        Delivered::Answered(at) if *done == entry.id => Some(*at),
        _ => None,
    });
    let mut failed = report.refused.drain(..).chain(report.waiting.drain(..));
    let failure = failed.find(|(failed, _)| *failed == entry.id).map(|(_, failure)| failure);
    drop(failed);
    Ok(Answered {
        id: id.to_string(),
        from: ShownParty::of(session.directory(), from),
        answer: said.word(),
        worker: name,
        state: match (&at, &failure) {
            (Some(_), _) => "logged",
            (None, Some(failure)) if failure.exit() == Exit::Refused => "refused",
            (None, _) => "queued",
        },
        index: at.map(|at| at.index),
        time: at.map(|at| jst::iso(at.time)),
        reason: failure.as_ref().map(Failure::document),
        at: at.map(|at| at.time),
        failure,
    })
}

/// The answer of a worker to a letter, not queued yet.
///
/// # Errors
/// As [`answer`]; the worker's keys are unusable.
pub(super) fn seal_answer(
    session: &Session<'_>,
    (message, letter): (&Message, &OpenedLetter),
    said: Answer,
    comment: &str,
    worker: &WorkerSecret,
) -> Result<SealedAnswer, Failure> {
    let (leaf, lines) =
        message.envelope().ok_or_else(|| Failure::unknown_message(&message.id().to_string()))?;
    let reply = Reply {
        envelope: lines,
        digest: leaf.statement.digest(),
        answer: said,
        answered: session.ctx().now(),
        previous: message.last_answer(),
        comment,
    };
    let terminal = session.identity().terminal()?.terminal_key(session.origin())?;
    with_signer(session, worker, |signer| {
        let (origin, key) = (session.origin(), letter.letter_key());
        Ok(session.with_random(|rng| answer(origin, reply, key, signer, &terminal, rng))?)
    })
}

fn word(disposition: Disposition) -> Answer {
    match disposition {
        Disposition::Acknowledged => Answer::Acknowledged,
        Disposition::Rejected => Answer::Rejected,
        Disposition::NotForUs => Answer::NotForUs,
    }
}

fn check_answerable(session: &Session<'_>, message: &Message, said: Answer) -> Result<(), Failure> {
    let id = message.id();
    if message.from() == session.identity().terminal()?.institution {
        return Err(Failure::new("ack.own").with("id", id));
    }
    if let LetterState::Unreadable(word) = &message.letter {
        return Err(Failure::quarantined(&id.to_string(), word));
    }
    match message.state().answer() {
        // The same answer once more is a slip; another one is kept, and shown to both sides.
        Some((_, before)) if before == said => {
            Err(Failure::new("ack.answered-before").with("id", id).with("answer", shown(before)))
        }
        Some((_, before)) => {
            let said = Sentence::new("ack.second-answer").with("answer", shown(before));
            session.ctx().note(&said);
            Ok(())
        }
        None => Ok(()),
    }
}

/// An answer in both languages.
fn shown(answer: Answer) -> String {
    format!("{} {}", japanese(answer.word()), answer.word())
}

impl Outcome for Answered {
    fn lines(&self, page: &mut Page) {
        let key = match self.state {
            "logged" => "ack.logged",
            "refused" => "ack.refused",
            _ => "ack.not-logged",
        };
        page.say(&Sentence::new(key));
        let mut row = format!("    {} {}  {}", japanese(self.answer), self.answer, self.from.row());
        if let (Some(index), Some(at)) = (self.index, self.at) {
            row.push_str(&format!("  記録番号 log {index}  {}", jst::show(at)));
        }
        page.row(&row);
        page.row(&format!("    担当 by: {}", self.worker));
        if let Some(failure) = &self.failure {
            let said = failure.sentence();
            page.say(said);
            page.row(&format!("→ {}", said.remedy_ja()));
            page.row(&format!("→ {}", said.remedy_en()));
        }
    }
}
