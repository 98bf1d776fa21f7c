//! `tsumugu inquiry list`: what this institution asked, how far it has come, and who answered.

use serde::Serialize;
use tsumugu_proto::v1::LetterKind;
use tsumugu_trust::state::Validity;
use tsumugu_trust::value::{Id, Time};

use crate::commands::mail::exchange_mail;
use crate::commands::shown::{ShownMessage, ShownParty, ShownWorker};
use crate::commands::track::happened;
use crate::context::Context;
use crate::failure::Failure;
use crate::inquiry::{ANSWER_FORM, is_inquiry, may_be_in_charge};
use crate::jst;
use crate::letters::{About, OpenedLetter};
use crate::mailbox::message::Message;
use crate::mailbox::{all, short_ids};
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};
use crate::workers::Leavers;

/// What this institution asked.
#[derive(Debug, Serialize)]
pub struct ShownInquiries {
    /// In the order of their making.
    pub inquiries: Vec<ShownInquiry>,
    /// Whether the exchange was asked; else it is what this PC knew before.
    pub fresh: bool,
}

/// An inquiry.
#[derive(Debug, Serialize)]
pub struct ShownInquiry {
    /// The message.
    #[serde(flatten)]
    pub message: ShownMessage,
    /// The case.
    pub case: Option<String>,
    /// What the one who was asked said.
    pub said: Option<String>,
    /// Who is in charge, by their own letters.
    pub answers: Vec<ShownInquiryAnswer>,
}

/// A care office's letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownInquiryAnswer {
    /// The message.
    pub id: String,
    /// Who is in charge.
    pub from: ShownParty,
    /// Who wrote it.
    pub worker: ShownWorker,
    /// When the exchange logged it (ISO 8601).
    pub logged: String,
    #[serde(skip)]
    at: Time,
}

pub(super) async fn run(ctx: &Context) -> Result<ShownInquiries, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_age(ctx);
    let own = session.identity().terminal()?.institution;
    let (vault, directory) = (session.vault(), session.directory());
    let known = all(vault)?;
    let short = short_ids(&known);
    let mut letters = Vec::new();
    for (from, id) in &known {
        let Some(message) = Message::load(vault, *from, *id)? else { continue };
        match message.read_letter(vault, directory) {
            Err(bad) if bad.key() == "message.quarantined" => {}
            letter => letters.extend(letter?.map(|letter| (message, letter))),
        }
    }
    let catalogues = ctx.catalogues();
    let mut inquiries = Vec::new();
    for (message, letter) in &letters {
        let passed_on = letter.author().passed_on.is_some();
        if message.from() != own || !is_inquiry(&catalogues, letter) || passed_on {
            continue;
        }
        let short_id = short.get(&message.id()).map(String::as_str).unwrap_or_default();
        let shown =
            ShownMessage::of(message, short_id, vault, directory, (&catalogues, ctx.now()))?;
        let Some(shown) = shown else { continue };
        let events = happened(directory, Leavers::of(&session), message, letter);
        inquiries.push(ShownInquiry {
            message: shown,
            case: letter.case_id().map(|case| case.to_string()),
            said: events.into_iter().find_map(|event| event.comment),
            answers: answers(&session, own, message, &letters),
        });
    }
    Ok(ShownInquiries { inquiries, fresh: mail.fresh })
}

/// The letters that answer one of ours: they name its envelope, which only its readers know.
fn answers(
    session: &Session<'_>,
    own: Id,
    message: &Message,
    letters: &[(Message, OpenedLetter)],
) -> Vec<ShownInquiryAnswer> {
    let Some((leaf, _)) = message.envelope() else { return Vec::new() };
    let about = About { from: own, id: message.id(), envelope: leaf.statement.digest() };
    let answers = |one: &(Message, OpenedLetter)| {
        let (answer, letter) = one;
        let is_it = letter.kind() == LetterKind::Reply
            && letter.about() == Some(about)
            && says_in_charge(session, answer, letter);
        let (leaf, _) = answer.envelope().filter(|_| is_it && answer.from() != own)?;
        Some(ShownInquiryAnswer {
            id: answer.id().to_string(),
            from: ShownParty::of(session.directory(), answer.from()),
            worker: letter.worker().into(),
            logged: jst::iso(leaf.at.time),
            at: leaf.at.time,
        })
    };
    letters.iter().filter_map(answers).collect()
}

/// Whether a letter is the word of one who may be in charge, and was not taken back.
fn says_in_charge(session: &Session<'_>, answer: &Message, letter: &OpenedLetter) -> bool {
    let record = session.directory().member(answer.from()).and_then(|member| member.record());
    let body: serde_json::Value = serde_json::from_slice(letter.body()).unwrap_or_default();
    body["form"] == ANSWER_FORM
        && record.is_some_and(|record| may_be_in_charge(record.kind))
        && answer.state().validity() == Validity::Current
}

impl Outcome for ShownInquiries {
    fn lines(&self, page: &mut Page) {
        if self.inquiries.is_empty() {
            page.say(&Sentence::new("inquiry.none"));
        }
        for one in &self.inquiries {
            page.row(&one.message.row(&one.message.to));
            one.said.iter().for_each(|said| page.row(&format!("    {said}")));
            for answer in &one.answers {
                let (from, time) = (answer.from.row(), jst::show(answer.at));
                page.row(&format!("    担当 in charge: {from}  {}  {time}", answer.worker.row()));
            }
        }
    }
}
