//! `tsumugu outbox`: what is not said yet, and what was refused.

use std::time::Duration;

use serde::Serialize;
use tsumugu_trust::value::{Id, Time};

use super::mail::exchange_mail;
use super::shown::ShownParty;
use crate::args::OutboxArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::jst;
use crate::messages::Sentence;
use crate::outbox::{Command, Entry, Owner, damaged_entries, drop_entry, entries};
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};

/// Outcome of the command.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// The entries, in the order in which they go out.
    pub entries: Vec<ListedEntry>,
    /// The entry that was dropped.
    pub dropped: Option<String>,
    /// Whether the exchange had refused it; else it may have taken it.
    #[serde(skip)]
    dropped_refused: bool,
}

/// An entry.
#[derive(Debug, Serialize)]
pub struct ListedEntry {
    /// Its id.
    pub id: String,
    /// `send`, `opened`, `disposition` or `record`; `unknown` where it is damaged.
    pub kind: &'static str,
    /// `waiting`, `refused` or `damaged`.
    pub state: &'static str,
    /// When it was made (ISO 8601).
    pub created: String,
    /// How long it has been there, in seconds.
    pub age_seconds: u64,
    /// How often it went out.
    pub attempts: u32,
    /// Key of the last failure.
    pub failure: Option<String>,
    /// What was said then, in Japanese and English.
    pub said: Option<[String; 2]>,
    /// Before when it does not go out, since the exchange asked to wait (ISO 8601).
    pub not_before: Option<String>,
    /// Who can put a refusal right: `sender`, `administrator`, `recipient`.
    pub owner: Option<Owner>,
    /// The messages that it is about.
    pub messages: Vec<ListedTarget>,
    #[serde(skip)]
    created_at: Time,
    #[serde(skip)]
    not_before_at: Option<Time>,
}

/// A message that an entry is about.
#[derive(Debug, Serialize)]
pub struct ListedTarget {
    /// The message.
    pub id: String,
    /// Whom it goes to; for an answer, whose letter it is.
    pub with: ShownParty,
}

/// Runs the command: tries once more to say what waits, then lists what is left.
///
/// # Errors
/// There is no such entry; an alarm; the vault cannot be opened.
pub async fn run(ctx: &Context, args: &OutboxArgs) -> Result<Listed, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    let refused: Vec<Id> = refused(&session)?;
    let dropped = args.drop.as_deref().map(|id| drop_one(&session, id)).transpose()?;
    if dropped.is_none() {
        exchange_mail(&mut session).await?.tell_age(ctx);
    }
    let now = ctx.now();
    let known = entries(session.vault())?;
    let mut listed: Vec<_> =
        known.iter().map(|entry| ListedEntry::of(&session, entry, now)).collect();
    let damaged = damaged_entries(session.vault())?;
    listed.extend(damaged.iter().map(|id| ListedEntry::damaged(*id, now)));
    listed.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Listed {
        entries: listed,
        dropped_refused: dropped.is_some_and(|id| refused.contains(&id)),
        dropped: dropped.map(|id| id.to_string()),
    })
}

fn refused(session: &Session<'_>) -> Result<Vec<Id>, Failure> {
    let all = entries(session.vault())?.into_iter();
    Ok(all.filter(|entry| entry.refused.is_some()).map(|entry| entry.id).collect())
}

/// Drops the entry whose id begins so.
fn drop_one(session: &Session<'_>, text: &str) -> Result<Id, Failure> {
    let all = entries(session.vault())?.into_iter().map(|entry| entry.id);
    let all = all.chain(damaged_entries(session.vault())?);
    let mut found = all.filter(|id| id.to_string().starts_with(text));
    match (found.next(), found.next()) {
        (Some(id), None) => {
            drop_entry(session, id)?;
            Ok(id)
        }
        (Some(_), Some(_)) => Err(Failure::ambiguous_message(text, found.count() + 2)),
        (None, _) => Err(Failure::new("outbox.unknown").with("id", text)),
    }
}

impl ListedEntry {
    fn of(session: &Session<'_>, entry: &Entry, now: Time) -> Self {
        let directory = session.directory();
        let target = |id: Id, with: Id| ListedTarget {
            id: id.to_string(),
            with: ShownParty::of(directory, with),
        };
        let (kind, messages) = match &entry.command {
            Command::Send(group) => {
                let lines = group.letters.iter().filter_map(|letter| letter.lines());
                ("send", lines.map(|lines| target(lines.id, lines.to.institution)).collect())
            }
            Command::Opened(answer) => ("opened", vec![target(answer.message, answer.from)]),
            Command::Disposition(answer) => {
                ("disposition", vec![target(answer.message, answer.from)])
            }
            Command::OffSystem(record) => ("record", vec![target(record.message, record.from)]),
        };
        let not_before = entry.wait(now).map(|wait| later(now, wait));
        Self {
            id: entry.id.to_string(),
            kind,
            state: if entry.refused.is_some() { "refused" } else { "waiting" },
            created: jst::iso(entry.created),
            age_seconds: now.0.saturating_sub(entry.created.0) / 1000,
            attempts: entry.attempts,
            failure: entry.last.as_ref().map(|last| last.failure.clone()),
            said: entry.last.as_ref().map(|last| [last.said_ja.clone(), last.said_en.clone()]),
            not_before: not_before.map(jst::iso),
            not_before_at: not_before,
            owner: entry.refused.as_ref().map(|refused| refused.owner),
            messages,
            created_at: entry.created,
        }
    }

    /// An entry that cannot be read: its id tells when it was made.
    fn damaged(id: Id, now: Time) -> Self {
        let created = id.message_time().unwrap_or(now);
        let said = Failure::new("outbox.damaged").with("id", id);
        Self {
            id: id.to_string(),
            kind: "unknown",
            state: "damaged",
            created: jst::iso(created),
            age_seconds: now.0.saturating_sub(created.0) / 1000,
            attempts: 0,
            failure: Some(said.key().to_owned()),
            said: Some([said.sentence().ja(), said.sentence().en()]),
            not_before: None,
            not_before_at: None,
            owner: Some(Owner::Sender),
            messages: Vec::new(),
            created_at: created,
        }
    }

    fn rows(&self, page: &mut Page) {
        let kind = match self.kind {
            "send" => "送信 send",
            "opened" => "開封 opened",
            "disposition" => "回答 answer",
            "record" => "記録 record",
            _ => "不明 unknown",
        };
        let state = match self.state {
            "refused" => "断られた refused",
            "damaged" => "壊れている damaged",
            _ => "未送信 not sent",
        };
        let minutes = self.age_seconds / 60;
        let age = format!("{}:{:02}", minutes / 60, minutes % 60);
        let created = jst::show(self.created_at);
        page.row(&format!("{}  {kind}  【{state}】  {created}（{age}）", self.id));
        for target in &self.messages {
            page.row(&format!("    {}  {}", target.id, target.with.row()));
        }
        self.said.iter().flatten().for_each(|said| page.row(&format!("    {said}")));
        if let Some(until) = self.not_before_at {
            let until = jst::show(until);
            page.row(&format!("    → {until} 以降に送り直します not before {until}"));
        }
        if let Some(owner) = self.owner {
            page.row(&format!("    → {} {}", owner.ja(), owner.en()));
        }
    }
}

fn later(now: Time, wait: Duration) -> Time {
    Time(now.0.saturating_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)))
}

impl Outcome for Listed {
    fn lines(&self, page: &mut Page) {
        if let Some(id) = &self.dropped {
            let key =
                if self.dropped_refused { "outbox.dropped-refused" } else { "outbox.dropped" };
            page.say(&Sentence::new(key).with("id", id));
        }
        if self.entries.is_empty() {
            page.say(&Sentence::new("outbox.empty"));
        }
        self.entries.iter().for_each(|entry| entry.rows(page));
    }
}
