//! A letter in answer to a received one, and the acknowledgement of that one: both are queued, or none.

use serde::Serialize;
use tsumugu_trust::statement::{Answer, Destination};

use super::ack::seal_answer;
use super::mail::{Mail, find_message, say_queued, with_signer};
use super::open::{load, readable};
use super::outgoing::Outgoing;
use super::send::{Recipient, Sent, outcome};
use super::shown::ShownParty;
use crate::failure::{Exit, Failure};
use crate::identity::WorkerSecret;
use crate::letters::OpenedLetter;
use crate::mailbox::message::Message;
use crate::messages::Sentence;
use crate::outbox::queue_replies;
use crate::output::{Outcome, Page};
use crate::session::Session;

/// What became of both.
#[derive(Debug, Serialize)]
pub struct Replied {
    /// The message that was answered.
    pub id: String,
    /// What became of its acknowledgement: `logged`, `queued`, or `before` where it had one already.
    pub acknowledged: &'static str,
    /// Name of the worker who answers.
    pub worker: String,
    /// The letter.
    #[serde(flatten)]
    pub sent: Sent,
}

/// A received message, whose letter is answered or passed on.
pub(super) struct Received<'a> {
    pub(super) message: &'a Message,
    pub(super) letter: &'a OpenedLetter,
}

/// The received message that somebody means, and its letter.
///
/// # Errors
/// There is no such message, or several; it is one's own; its letter is not to be read.
pub(super) async fn find_received(
    session: &mut Session<'_>,
    typed: &str,
) -> Result<(Message, OpenedLetter), Failure> {
    let (from, id) = find_message(session, typed).await?;
    if from == session.identity().terminal()?.institution {
        return Err(Failure::new("ack.own").with("id", id));
    }
    let message = load(session, from, id)?;
    let letter = readable(session, &message)?;
    Ok((message, letter))
}

/// Sends a letter because of a received one, and acknowledges that one under the same worker's name.
/// One that was acknowledged before is not acknowledged again.
///
/// # Errors
/// Nothing was queued: the recipient has no keys, something is over its limit; an alarm.
pub(super) async fn reply(
    session: &mut Session<'_>,
    mail: &Mail,
    received: Received<'_>,
    (outgoing, to): (&Outgoing<'_>, Destination),
    comment: &str,
    worker: &WorkerSecret,
) -> Result<Replied, Failure> {
    let (message, letter) = (received.message, received.letter);
    let (composed, sealed) =
        with_signer(session, worker, |signer| outgoing.letter(session, &to, signer))?;
    let said = Answer::Acknowledged;
    let is_first = !has(message, said);
    let answer = is_first
        .then(|| seal_answer(session, (message, letter), said, comment, worker))
        .transpose()?;
    let named = (message.from(), message.id());
    let answer = answer.as_ref().map(|answer| (named, answer));
    let entry = queue_replies(session, &[sealed], answer)?;
    let report = say_queued(session, mail, &entry).await?;
    let party = ShownParty::of(session.directory(), to.institution);
    let recipient = Recipient { destination: to, party };
    let ids = [composed.header().id];
    // What the program filled in itself needs no hints to a person.
    let mut sent = outcome(session, &entry, &[recipient], &ids, report, Vec::new())?;
    sent.case = outgoing.case.map(|case| case.to_string());
    let now = Message::load(session.vault(), named.0, named.1)?;
    Ok(Replied {
        id: message.id().to_string(),
        acknowledged: match (is_first, now.is_some_and(|now| has(&now, said)), sent.sent) {
            (true, true, _) => "logged",
            (true, false, false) => "queued",
            // Also where a colleague answered it in between.
            (false, ..) | (true, false, true) => "before",
        },
        worker: worker.card().map(|card| card.name).unwrap_or_default(),
        sent,
    })
}

fn has(message: &Message, said: Answer) -> bool {
    message.state().answer().is_some_and(|(_, answer)| answer == said)
}

impl Replied {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.sent.exit()
    }
}

impl Outcome for Replied {
    fn lines(&self, page: &mut Page) {
        self.sent.lines(page);
        let key = match self.acknowledged {
            "logged" => "reply.acknowledged",
            "before" => "reply.acknowledged-before",
            _ => "reply.not-acknowledged",
        };
        page.say(&Sentence::new(key).with("id", &self.id));
        page.row(&format!("    担当 by: {}", self.worker));
    }
}
