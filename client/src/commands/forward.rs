//! `tsumugu forward`: a city or support centre passes an inquiry on to the care office (取次).
//!
//! Only inquiries: whoever asks who the care manager is wants to be passed on, and says on what ground.
//! A sheet was sealed to one institution by a consent that names it; passed on by others it would reach
//! people whom nobody was asked about. So every other form is refused, and the sender is to send it.

use serde::Serialize;
use tsumugu_trust::statement::Answer;
use tsumugu_trust::value::{Id, InstitutionKind};

use super::ack::{self, Answered};
use super::mail::{exchange_mail, signing};
use super::outgoing::Outgoing;
use super::replied::{Received, Replied, find_received, reply};
use super::send::{Recipient, resolve};
use super::shown::form_of;
use crate::args::{AckArgs, Disposition, ForwardArgs};
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::inquiry::{
    GROUND, MAX_A_DAY, answer_due, asked_on_day, is_inquiry, may_be_asked, may_be_in_charge,
};
use crate::letters::{About, MAX_PASSED_ON_COMMENT, NotSealed, OpenedLetter, PassedOn};
use crate::mailbox::message::Message;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};

/// What the one who asked reads: passed on, to whom is told only on request.
const PASSED_ON: &str = "取次済 passed on";

/// What the one who asked reads: nobody was found.
const NOT_FOUND: &str = "該当なし nobody found";

/// Outcome of the command.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Forwarded {
    /// It was passed on.
    PassedOn(Box<Replied>),
    /// Nobody was found, and the one who asked was told so.
    NotFound(Box<Answered>),
}

/// Runs the command. The letter to the care office and the acknowledgement of the inquiry are both
/// queued, or none is.
///
/// # Errors
/// The message is no inquiry or gives no ground, or was passed on already; this institution may not
/// pass on, or the recipient has no care managers; no worker; an alarm.
pub async fn run(ctx: &Context, args: &ForwardArgs) -> Result<Forwarded, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_unsent(ctx);
    let (message, letter) = find_received(&mut session, &args.id).await?;
    let (from, id) = (message.from(), message.id());
    check(&session, &message, &letter)?;
    if asked_on_day(&session, from, id.message_time().unwrap_or_else(|| ctx.now()))? > MAX_A_DAY {
        ctx.note(&Sentence::new("inquiry.many-asked").with("limit", MAX_A_DAY));
    }
    let comment = args.comment.as_deref().unwrap_or_default().trim();
    let Some(to) = &args.to else {
        drop(session);
        let answer = AckArgs {
            id: id.to_string(),
            disposition: Disposition::Acknowledged,
            comment: Some(said(NOT_FOUND, comment)),
            worker: args.worker.clone(),
        };
        return ack::run(ctx, &answer).await.map(Box::new).map(Forwarded::NotFound);
    };
    let resolved = resolve(session.directory(), std::slice::from_ref(to), None)?;
    let by_fax = || Failure::new("forward.wrong-recipient").with("number", &to.number);
    let to = resolved.members.into_iter().next().ok_or_else(by_fax)?;
    check_recipient(&session, from, &to)?;
    if comment.len() > MAX_PASSED_ON_COMMENT {
        return Err(NotSealed::TooLarge { limit: MAX_PASSED_ON_COMMENT }.into());
    }
    let worker = signing(&session, args.worker.as_deref())?;
    let form = form_of(&ctx.catalogues(), &letter).ok_or_else(|| not_an_inquiry(id))?;
    let (leaf, _) = message.envelope().ok_or_else(|| Failure::unknown_message(&args.id))?;
    let about = About { from, id, envelope: leaf.statement.digest() };
    let passed_on = PassedOn::to_travel(leaf.receipt.clone(), &letter, comment);
    let profile = session.directory().member(to.destination.institution);
    let outgoing = Outgoing {
        about: Some(about),
        ack_by: answer_due(profile.and_then(|member| member.profile()), ctx.now()),
        passed_on: Some((passed_on, letter.body().to_vec())),
        ..Outgoing::new(&session, letter.case_id(), &form)?
    };
    let told = if args.tell { said(PASSED_ON, &to.party.row()) } else { PASSED_ON.to_owned() };
    let received = Received { message: &message, letter: &letter };
    let replied =
        reply(&mut session, &mail, received, (&outgoing, to.destination), &told, &worker).await?;
    Ok(Forwarded::PassedOn(Box::new(replied)))
}

/// Whether a letter is one that this institution may pass on.
fn check(session: &Session<'_>, message: &Message, letter: &OpenedLetter) -> Result<(), Failure> {
    let own = session.identity().terminal()?.institution;
    let id = message.id();
    let catalogues = session.ctx().catalogues();
    if !is_inquiry(&catalogues, letter) {
        return Err(not_an_inquiry(id));
    }
    if !kind(session, own).is_some_and(may_be_asked) {
        return Err(Failure::new("forward.not-here"));
    }
    // Whoever got it by way of others says that it is not theirs: the first one passes it on again.
    if letter.author().passed_on.is_some() {
        return Err(Failure::new("forward.passed-on-already").with("id", id));
    }
    if form_of(&catalogues, letter).is_none_or(|form| form.value(GROUND).is_none()) {
        return Err(Failure::new("forward.no-ground").with("id", id));
    }
    let state = message.state();
    if state.validity() == tsumugu_trust::state::Validity::Withdrawn {
        return Err(Failure::new("message.withdrawn").with("id", id));
    }
    match state.answer() {
        Some((_, before)) if before != Answer::Acknowledged => {
            session.ctx().note(&Sentence::new("ack.second-answer").with("answer", before.word()));
        }
        _ => {}
    }
    Ok(())
}

fn check_recipient(session: &Session<'_>, asker: Id, to: &Recipient) -> Result<(), Failure> {
    let institution = to.destination.institution;
    if institution == session.identity().terminal()?.institution {
        return Err(Failure::new("recipient.own").with("number", &to.party.number));
    }
    if institution == asker || !kind(session, institution).is_some_and(may_be_in_charge) {
        return Err(Failure::new("forward.wrong-recipient").with("number", &to.party.number));
    }
    Ok(())
}

fn kind(session: &Session<'_>, id: Id) -> Option<InstitutionKind> {
    let record = session.directory().member(id).and_then(|member| member.record());
    record.map(|record| record.kind)
}

fn not_an_inquiry(id: Id) -> Failure {
    Failure::new("forward.not-an-inquiry").with("id", id)
}

fn said(what: &str, more: &str) -> String {
    if more.is_empty() { what.to_owned() } else { format!("{what}：{more}") }
}

impl Forwarded {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::PassedOn(replied) => replied.exit(),
            Self::NotFound(answered) => answered.exit(),
        }
    }
}

impl Outcome for Forwarded {
    fn lines(&self, page: &mut Page) {
        match self {
            Self::PassedOn(replied) => replied.lines(page),
            Self::NotFound(answered) => answered.lines(page),
        }
    }
}
