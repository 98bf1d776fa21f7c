//! `tsumugu inbox`: what has arrived, newest last.

use serde::Serialize;
use tsumugu_trust::value::Unit;

use super::mail::{NotFetched, Unsent, exchange_mail};
use super::record::reminder::Unconfirmed;
use super::shown::ShownMessage;
use crate::args::InboxArgs;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::mailbox::message::Message;
use crate::mailbox::{all, short_ids};
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::probe;
use crate::session::{Purpose, Session};

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The messages, in the order of their making.
    pub messages: Vec<ShownMessage>,
    /// Answered messages that are not shown.
    pub answered: usize,
    /// Whether the exchange was asked; else it is what this PC knew before.
    pub fresh: bool,
    /// Messages whose letter could not be fetched just now.
    pub unfetched: Vec<NotFetched>,
    /// What is still in the outbox, answers among it.
    pub outbox: Unsent,
    /// What went by FAX or post and that nobody confirmed.
    pub unconfirmed: Unconfirmed,
}

impl Listed {
    /// The exit code: the list is shown, but what could not be fetched must not go unnoticed.
    #[must_use]
    pub fn exit(&self) -> Exit {
        if self.unfetched.is_empty() { Exit::Ok } else { Exit::Unreachable }
    }
}

/// Runs the command. No patient's name is in a list: others may see the screen.
///
/// # Errors
/// An alarm; the vault cannot be opened.
pub async fn run(ctx: &Context, args: &InboxArgs) -> Result<Listed, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_age(ctx);
    let own = session.identity().terminal()?.institution;
    let (vault, directory, now) = (session.vault(), session.directory(), ctx.now());
    let catalogues = ctx.catalogues();
    let known = all(vault)?;
    let short = short_ids(&known);
    let (mut messages, mut answered) = (Vec::new(), 0);
    for (from, id) in known.iter().filter(|(from, _)| *from != own) {
        let Some(message) = Message::load(vault, *from, *id)? else { continue };
        let is_for =
            |unit: &Unit| message.envelope().is_some_and(|(_, lines)| lines.to.unit == *unit);
        if !args.unit.as_ref().is_none_or(is_for) {
            continue;
        }
        if !args.all && message.state().answer().is_some() {
            answered += 1;
            continue;
        }
        // Test letters are for the agent; a person who asks for all sees them too.
        if !args.all && probe::is_routine(&session, &message)? {
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
    let (unfetched, outbox) = (mail.unfetched, mail.unsent);
    let unconfirmed = Unconfirmed::of(&session)?;
    Ok(Listed { messages, answered, fresh: mail.fresh, unfetched, outbox, unconfirmed })
}

impl Outcome for Listed {
    fn lines(&self, page: &mut Page) {
        if self.messages.is_empty() {
            page.say(&Sentence::new("inbox.empty"));
        }
        self.messages.iter().for_each(|message| page.row(&message.row(&message.from)));
        if self.answered > 0 {
            page.say(&Sentence::new("inbox.answered").with("count", self.answered));
        }
        self.outbox.sentences().for_each(|said| page.say(&said));
        self.unconfirmed.sentence().iter().for_each(|said| page.say(said));
    }
}
