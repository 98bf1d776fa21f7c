//! A test letter under way: which link works, and how long each took.

use serde::{Deserialize, Serialize};
use tsumugu_trust::statement::{Answer, AnyBody};
use tsumugu_trust::value::{Id, Time};

use super::compose::{Filling, compose_test};
use super::{replies_to, test_form};
use crate::failure::Failure;
use crate::identity::{WorkerSecret, text};
use crate::mailbox::all;
use crate::mailbox::message::{LetterState, Message};
use crate::outbox::{Entry, queue_send};
use crate::post::Post;

/// The links, in the order in which a test letter passes them.
pub(crate) const LINKS: [&str; 4] = ["exchange", "delivery", "answer", "reply"];

/// A test letter under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Probe {
    /// The institution that sent it.
    #[serde(with = "text::one")]
    from: Id,
    /// The institution that answers it.
    #[serde(with = "text::one")]
    echo: Id,
    /// The message.
    #[serde(with = "text::one")]
    id: Id,
    /// When it was begun, by this PC's clock.
    #[serde(with = "text::one")]
    begun: Time,
    /// For each link, after how many milliseconds it was seen to work.
    took_ms: [Option<u64>; LINKS.len()],
}

impl Probe {
    /// A test letter that is not queued yet.
    pub(crate) fn new(post: &impl Post, echo: Id) -> Result<Self, Failure> {
        let begun = post.now();
        let mut random = [0; 10];
        post.with_random(|rng| rng.fill_bytes(&mut random));
        let (from, id) = (post.keys()?.institution, Id::for_message(begun, &random));
        Ok(Self { from, echo, id, begun, took_ms: [None; LINKS.len()] })
    }

    /// Queues it.
    ///
    /// # Errors
    /// As [`compose_test`] and [`queue_send`].
    pub(crate) fn queue(
        &self,
        post: &impl Post,
        worker: &WorkerSecret,
        note: &str,
    ) -> Result<Entry, Failure> {
        let filling = Filling { note, reply_to: None };
        let sealed = compose_test(post, (self.id, self.echo), worker, filling)?;
        queue_send(post, std::slice::from_ref(&sealed))
    }

    /// Notes which links work by now; gives whether all do.
    ///
    /// # Errors
    /// The vault.
    pub(crate) fn look(&mut self, post: &impl Post) -> Result<bool, Failure> {
        let now = post.now().0.saturating_sub(self.begun.0);
        let message = Message::load(post.vault(), self.from, self.id)?;
        let works = match &message {
            None => [false; 3],
            Some(message) => {
                let any = |is: fn(&AnyBody) -> bool| {
                    message.leaves().iter().any(|leaf| is(&leaf.statement.body))
                };
                let answered = message.state().answer().map(|(_, answer)| answer);
                [
                    message.envelope().is_some(),
                    any(|body| matches!(body, AnyBody::Fetched(_))),
                    answered == Some(Answer::Acknowledged),
                ]
            }
        };
        for (took, works) in self.took_ms.iter_mut().zip(works) {
            if works {
                took.get_or_insert(now);
            }
        }
        if let [_, _, Some(_), reply @ None] = &mut self.took_ms
            && is_replied(post, self.echo, self.id)?
        {
            *reply = Some(now);
        }
        Ok(self.is_done())
    }

    /// Whether every link worked.
    pub(crate) fn is_done(&self) -> bool {
        self.took_ms.iter().all(Option::is_some)
    }

    /// Each link, with the milliseconds after which it was seen to work.
    pub(crate) fn links(&self) -> impl Iterator<Item = (&'static str, Option<u64>)> {
        LINKS.into_iter().zip(self.took_ms)
    }

    /// The first link that does not work.
    pub(crate) fn broken(&self) -> Option<&'static str> {
        self.links().find(|(_, took)| took.is_none()).map(|(link, _)| link)
    }

    /// When it was begun.
    pub(crate) fn begun(&self) -> Time {
        self.begun
    }

    /// The message.
    pub(crate) fn id(&self) -> Id {
        self.id
    }

    /// The institution that answers it.
    pub(crate) fn echo(&self) -> Id {
        self.echo
    }
}

/// Whether a test letter of the echo replies to this one. The newest are looked at first.
fn is_replied(post: &impl Post, echo: Id, id: Id) -> Result<bool, Failure> {
    for (from, reply) in all(post.vault())?.into_iter().rev().filter(|(from, _)| *from == echo) {
        let Some(message) = Message::load(post.vault(), from, reply)? else { continue };
        if message.letter != LetterState::Kept {
            continue;
        }
        let letter = super::letter(post, &message)?;
        if letter.and_then(|letter| replies_to(&test_form(&letter)?)) == Some(id) {
            return Ok(true);
        }
    }
    Ok(false)
}
