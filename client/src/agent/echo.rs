//! The exchange's own institution: its agent acknowledges every test letter and sends one back, says of
//! everything else that it is not for it, and keeps the text of neither.
//!
//! ```text
//! job ── reply's id noted ── reply queued ── answer queued ── text destroyed ── job done
//! ```
//!
//! A crash between two steps repeats the job, which skips what is done.

use serde::{Deserialize, Serialize};
use tsumugu_trust::statement::{Answer, AnyBody};
use tsumugu_trust::value::Id;

use super::queue::{Job, Queue};
use crate::failure::Failure;
use crate::identity::text;
use crate::letters::{OpenedLetter, Reply, Signer, answer};
use crate::live::News;
use crate::mailbox::message::{LetterState, Message, letter_path};
use crate::outbox::{Command, entries, queue_answer, queue_send, was_made_here};
use crate::post::Post;
use crate::probe::{self, Filling, compose_test, replies_to, signing_worker, test_form};
use crate::vault::Vault;

/// The record of letters that are still to be answered.
pub(crate) const RECORD: &str = "agent/echo";

/// The folder of replies that are being made.
const REPLIES: &str = "echo";

/// What the answer to anything but a test letter says.
const NOT_FOR_US: &str = "交換所のテスト送信専用の宛先です。内容は保存していません。 / \
     This address of the exchange takes test letters only. Nothing was kept.";

/// The note of a reply.
const NOTE: &str = "自動返信 / automatic reply";

/// The echo's duty.
#[derive(Debug)]
pub(crate) struct Echo {
    own: Id,
    queue: Queue,
}

/// The reply to a letter, before it is queued.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReplyId {
    #[serde(with = "text::one")]
    id: Id,
}

impl Echo {
    /// # Errors
    /// As [`Queue::open`].
    pub(crate) fn open(vault: &Vault, own: Id) -> Result<Self, Failure> {
        // From the first event on: what came before the agent was started is answered too.
        Ok(Self { own, queue: Queue::open(vault, RECORD, 0)? })
    }

    pub(crate) fn queue(&mut self) -> &mut Queue {
        &mut self.queue
    }

    /// Takes in events; letters from others become jobs.
    ///
    /// # Errors
    /// The vault.
    pub(crate) fn push(&mut self, vault: &Vault, news: &[News], next: u64) -> Result<(), Failure> {
        let mut letters = Vec::new();
        for one in news {
            let Some((message, leaf)) = one.look_up(vault)? else { continue };
            if let AnyBody::Envelope(lines) = &leaf.statement.body
                && lines.id == message.id()
                && lines.from != self.own
            {
                letters.push(*one);
            }
        }
        self.queue.push(vault, letters, next)
    }

    /// Answers what can be answered now; gives how many were.
    ///
    /// # Errors
    /// The vault; this vault is not, or no longer, the exchange's own institution.
    pub(crate) fn step(&mut self, post: &impl Post) -> Result<usize, Failure> {
        let mut answered = 0;
        for job in self.queue.jobs().to_vec() {
            // Asked each time: the administrators may have changed the record.
            if !probe::is_exchange(post.directory(), self.own) {
                return Err(Failure::new("agent.not-an-echo"));
            }
            if echo(post, self.own, &job)? {
                self.queue.done(post.vault(), job.number)?;
                answered += 1;
            }
        }
        Ok(answered)
    }
}

/// Whether nothing is left to be done.
fn echo(post: &impl Post, own: Id, job: &Job) -> Result<bool, Failure> {
    let vault = post.vault();
    let Some(message) = Message::load(vault, job.from, job.id)? else { return Ok(true) };
    match message.letter {
        LetterState::Kept => {}
        LetterState::Waiting | LetterState::KeyNotHere => return Ok(false),
        // Answered by `unreadable`, destroyed, or done before a crash.
        LetterState::Unreadable(_) | LetterState::Gone => return Ok(true),
    }
    let letter = message.read_letter(vault, post.directory())?;
    let Some(letter) = letter else { return Ok(true) };
    let test = test_form(&letter);
    // A reply to our reply would go to and fro without end.
    let is_reply = test.as_ref().is_some_and(|form| replies_to(form).is_some());
    let from_echo = probe::is_exchange(post.directory(), job.from);
    if test.is_some() && !is_reply && !from_echo {
        reply(post, own, &message)?;
    }
    let said = if test.is_some() { Answer::Acknowledged } else { Answer::NotForUs };
    acknowledge(post, &message, &letter, said)?;
    forget(vault, job.from, job.id)?;
    Ok(true)
}

/// Queues the test letter that goes back, once.
fn reply(post: &impl Post, own: Id, message: &Message) -> Result<(), Failure> {
    let vault = post.vault();
    let record = reply_path(message.from(), message.id());
    let known: Option<ReplyId> = vault.read_json(&record)?;
    let id = match known {
        Some(known) => known.id,
        None => {
            let mut random = [0; 10];
            post.with_random(|rng| rng.fill_bytes(&mut random));
            let id = Id::for_message(post.now(), &random);
            vault.write_json(&record, &ReplyId { id })?;
            id
        }
    };
    if was_made_here(vault, own, id)? {
        return Ok(());
    }
    let worker = signing_worker(post.keys()?)?;
    let filling = Filling { note: NOTE, reply_to: Some(message.id()) };
    let sealed = compose_test(post, (id, message.from()), worker, filling)?;
    queue_send(post, std::slice::from_ref(&sealed)).map(|_| ())
}

/// Queues the answer, once.
fn acknowledge(
    post: &impl Post,
    message: &Message,
    letter: &OpenedLetter,
    said: Answer,
) -> Result<(), Failure> {
    let named = (message.from(), message.id());
    let is_queued = |command: &Command| match command {
        Command::Disposition(answer) => (answer.from, answer.message) == named,
        _ => false,
    };
    let is_said = message.state().answer().is_some();
    if is_said || entries(post.vault())?.iter().any(|entry| is_queued(&entry.command)) {
        return Ok(());
    }
    let Some((leaf, lines)) = message.envelope() else { return Ok(()) };
    let (keys, origin) = (post.keys()?, post.origin());
    let worker = signing_worker(keys)?;
    let (key, shown) = (worker.signing_key(origin)?, worker.shown()?);
    let terminal = keys.terminal_key(origin)?;
    let said = Reply {
        envelope: lines,
        digest: leaf.statement.digest(),
        answer: said,
        answered: post.now(),
        previous: message.last_answer(),
        comment: if said == Answer::NotForUs { NOT_FOR_US } else { "" },
    };
    let sealed = post.with_random(|random| {
        let signer = Signer { key: &key, shown: &shown };
        answer(origin, said, letter.letter_key(), signer, &terminal, random)
    })?;
    queue_answer(post, named, &sealed.statement, &sealed.sealed).map(|_| ())
}

/// Destroys the text, and the note about the reply last: a crash in between repeats harmlessly.
fn forget(vault: &Vault, from: Id, id: Id) -> Result<(), Failure> {
    let lock = vault.lock()?;
    let mut message = Message::load_or_new(vault, from, id)?;
    message.letter = LetterState::Gone;
    message.save(&lock)?;
    lock.remove(&letter_path(from, id))?;
    Ok(lock.remove(&reply_path(from, id))?)
}

fn reply_path(from: Id, id: Id) -> String {
    format!("{REPLIES}/{from}/{id}")
}
