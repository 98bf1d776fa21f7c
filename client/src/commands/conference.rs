//! `tsumugu conference`: invitations to discharge conferences, the answers, and the calendar file.

mod answer;
mod ics;
mod show;

use tsumugu_trust::value::Id;

use super::mail::{Mail, exchange_mail};
use crate::args::ConferenceCommand;
use crate::conference::{Conference, ConferenceLetter, conferences};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::mailbox::message::Message;
use crate::mailbox::{all, one_of};
use crate::output::{Outcome, Page};
use crate::post::Post;
use crate::releases::Catalogues;
use crate::session::{Purpose, Session};

pub use ics::WrittenCalendar;
pub use show::{ShownAnswer, ShownConference, ShownConferences, ShownInvitation, ShownVersion};

use super::replied::Replied;

pub(crate) use ics::calendar_of;

/// Outcome of the command.
#[derive(Debug, serde::Serialize)]
#[serde(untagged)]
pub enum Conferences {
    /// Some of them.
    Shown(ShownConferences),
    /// An invitation was answered.
    Answered(Box<Replied>),
    /// A calendar file was written.
    Written(WrittenCalendar),
}

/// Runs the command.
///
/// # Errors
/// There is no such conference or message; an alarm; see `answer` and `ics`.
pub async fn run(ctx: &Context, command: &ConferenceCommand) -> Result<Conferences, Failure> {
    match command {
        ConferenceCommand::Answer(args) => {
            answer::run(ctx, args).await.map(Box::new).map(Conferences::Answered)
        }
        ConferenceCommand::List => {
            let (session, mail) = looking(ctx).await?;
            let shown = show::shown(&session, &gathered(&session)?, &mail)?;
            Ok(Conferences::Shown(shown))
        }
        ConferenceCommand::Show { id } => {
            let (session, mail) = looking(ctx).await?;
            let found = named(gathered(&session)?, id)?;
            show::shown(&session, &found, &mail).map(Conferences::Shown)
        }
        ConferenceCommand::Ics { id, out, with_name } => {
            let (session, _) = looking(ctx).await?;
            let found = named(gathered(&session)?, id)?;
            ics::write(&session, &found, out, *with_name).map(Conferences::Written)
        }
    }
}

async fn looking(ctx: &Context) -> Result<(Session<'_>, Mail), Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_age(ctx);
    Ok((session, mail))
}

/// Every conference that the letters of this vault tell of. A letter that does not verify any more
/// tells nothing.
pub(crate) fn gathered(post: &impl Post) -> Result<Vec<Conference>, Failure> {
    let catalogues = Catalogues::of(post.home(), post.directory().catalogues());
    let mut letters = Vec::new();
    for (from, id) in all(post.vault())? {
        let Some(message) = Message::load(post.vault(), from, id)? else { continue };
        if message.is_of_the_office() {
            continue;
        }
        match message.read_letter(post.vault(), post.directory()) {
            Err(bad) if bad.key() == "message.quarantined" => {}
            letter => letters
                .extend(letter?.and_then(|one| ConferenceLetter::of(&catalogues, &message, &one))),
        }
    }
    Ok(conferences(letters))
}

/// The conferences of a case, or the one that a message is of.
fn named(conferences: Vec<Conference>, text: &str) -> Result<Vec<Conference>, Failure> {
    let mut keys: Vec<(Id, Id)> = conferences.iter().map(|one| (one.from, one.key)).collect();
    keys.sort_unstable_by_key(|(_, key)| *key);
    keys.dedup_by_key(|(_, key)| *key);
    if let Ok((_, key)) = one_of(&keys, text) {
        return Ok(conferences.into_iter().filter(|one| one.key == key).collect());
    }
    let invitations = conferences.iter().flat_map(|one| &one.versions);
    let invitations = invitations.flat_map(|version| &version.invitations);
    let replies = conferences.iter().flat_map(|one| &one.replies);
    let messages = invitations
        .map(|one| (one.about.from, one.about.id))
        .chain(replies.map(|one| (one.reply.from, one.reply.id)));
    let message = one_of(&messages.collect::<Vec<_>>(), text).map_err(|failure| {
        let is_unknown = failure.key() == "message.unknown-id";
        if is_unknown { Failure::new("conference.unknown").with("id", text) } else { failure }
    })?;
    Ok(conferences.into_iter().filter(|one| one.has(message)).collect())
}

impl Conferences {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Answered(replied) => replied.exit(),
            Self::Shown(_) | Self::Written(_) => Exit::Ok,
        }
    }
}

impl Outcome for Conferences {
    fn lines(&self, page: &mut Page) {
        match self {
            Self::Shown(shown) => shown.lines(page),
            Self::Answered(replied) => replied.lines(page),
            Self::Written(written) => written.lines(page),
        }
    }
}
