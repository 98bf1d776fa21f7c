//! `tsumugu conference list` and `show`.

use serde::Serialize;
use tsumugu_trust::value::Time;

use crate::commands::mail::Mail;
use crate::commands::shown::{ShownParty, japanese, validity_word};
use crate::conference::{Answered, Conference, Invitation, Status, Version};
use crate::failure::Failure;
use crate::jst;
use crate::mailbox::{SHORT_ID, all, short_ids};
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::Session;

/// Conferences, by their first invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownConferences {
    /// The conferences.
    pub conferences: Vec<ShownConference>,
    /// Whether the exchange was asked; else it is what this PC knew before.
    pub fresh: bool,
}

/// A conference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownConference {
    /// The case; nothing where the letters name none.
    pub case: Option<String>,
    /// The beginning of the case's or the first message's id.
    pub short_id: String,
    /// 1, 2, …: conferences of the case.
    pub number: usize,
    /// Who invites.
    pub from: ShownParty,
    /// What the newest version says: `scheduling`, `decided`, `changed`, `cancelled`.
    pub status: &'static str,
    /// When it is held, by the newest version (ISO 8601).
    pub held_at: Option<String>,
    /// The versions, oldest first.
    pub versions: Vec<ShownVersion>,
    /// The answers, in log order.
    pub replies: Vec<ShownAnswer>,
    /// Institutions that have not answered the newest version.
    pub unanswered: Vec<ShownParty>,
}

/// A version of the invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownVersion {
    /// 1, 2, …
    pub number: usize,
    /// Whether it is the one that counts.
    pub newest: bool,
    /// `scheduling`, `decided`, `changed` or `cancelled`.
    pub status: &'static str,
    /// When it is held (ISO 8601).
    pub held_at: Option<String>,
    /// Where, or the video link.
    pub place: Option<String>,
    /// The times among which to choose, as written.
    pub candidates: Vec<String>,
    /// What is talked about.
    pub agenda: Option<String>,
    /// To whom it went.
    pub invitations: Vec<ShownInvitation>,
    #[serde(skip)]
    status_ja: &'static str,
    #[serde(skip)]
    held: Option<Time>,
}

/// An invitation to one institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownInvitation {
    /// The message.
    pub id: String,
    /// The beginning of the id that no other message has.
    pub short_id: String,
    /// Whom it went to.
    pub to: ShownParty,
    /// The recipient's disposition, if there is one.
    pub answer: Option<&'static str>,
    /// `current` or `superseded`.
    pub validity: &'static str,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownAnswer {
    /// The message.
    pub id: String,
    /// Who answers.
    pub from: ShownParty,
    /// Who wrote it: the worker's name.
    pub worker: String,
    /// `attends`, `online`, `absent` or `substitute`.
    pub answer: &'static str,
    /// Number of the version that it answers.
    pub version: usize,
    /// Whether a newer version went to that institution.
    pub to_older: bool,
    /// Whether that institution answered again later.
    pub superseded: bool,
    /// The candidates with whether they suit.
    pub candidates: Vec<ShownChoice>,
    /// Names of those who come.
    pub people: Vec<String>,
    /// What is added.
    pub comment: Option<String>,
    /// When the exchange logged it (ISO 8601).
    pub logged: String,
    #[serde(skip)]
    answer_ja: &'static str,
}

/// Whether a candidate suits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownChoice {
    /// The time, as written.
    pub time: String,
    /// ○ or not.
    pub suits: bool,
}

pub(super) fn shown(
    session: &Session<'_>,
    found: &[Conference],
    mail: &Mail,
) -> Result<ShownConferences, Failure> {
    let short = short_ids(&all(session.vault())?);
    let party = |id| ShownParty::of(session.directory(), id);
    let invitation = |one: &Invitation| ShownInvitation {
        id: one.about.id.to_string(),
        short_id: short.get(&one.about.id).cloned().unwrap_or_default(),
        to: party(one.to.institution),
        answer: one.answer.map(|answer| answer.word()),
        validity: validity_word(one.validity),
    };
    let version = |conference: &Conference, one: &Version| {
        let text = one.text();
        ShownVersion {
            number: one.number,
            newest: one.number == conference.versions.len(),
            status: one.status().word(),
            held_at: text.and_then(|text| text.held_at).map(jst::iso),
            place: text.and_then(|text| text.place.clone()),
            candidates: text.map(|text| text.candidates.clone()).unwrap_or_default(),
            agenda: text.and_then(|text| text.agenda.clone()),
            invitations: one.invitations.iter().map(invitation).collect(),
            status_ja: one.status().ja(),
            held: text.and_then(|text| text.held_at),
        }
    };
    let answer = |one: &Answered| ShownAnswer {
        id: one.reply.id.to_string(),
        from: party(one.reply.from),
        worker: one.reply.worker.0.clone(),
        answer: one.reply.attendance.word(),
        version: one.version,
        to_older: one.to_older,
        superseded: one.superseded,
        candidates: choices(&one.reply.candidates),
        people: one.reply.people.iter().map(|(_, name)| name.clone()).collect(),
        comment: one.reply.comment.clone(),
        logged: jst::iso(one.reply.logged),
        answer_ja: one.reply.attendance.ja(),
    };
    let conference = |one: &Conference| {
        let key = one.key.to_string();
        let newest = one.newest();
        let held_at = newest.and_then(|version| version.text()?.held_at);
        ShownConference {
            short_id: key.get(..SHORT_ID).unwrap_or(&key).to_owned(),
            case: one.is_case.then_some(key),
            number: one.number,
            from: party(one.from),
            status: newest.map_or(Status::Scheduling, Version::status).word(),
            held_at: held_at.map(jst::iso),
            versions: one.versions.iter().map(|text| version(one, text)).collect(),
            replies: one.replies.iter().map(answer).collect(),
            unanswered: one.unanswered().into_iter().map(party).collect(),
        }
    };
    let conferences = found.iter().map(conference).collect();
    Ok(ShownConferences { conferences, fresh: mail.fresh })
}

fn choices(candidates: &[(String, bool)]) -> Vec<ShownChoice> {
    let choice = |(time, suits): &(String, bool)| ShownChoice { time: time.clone(), suits: *suits };
    candidates.iter().map(choice).collect()
}

impl Outcome for ShownConferences {
    fn lines(&self, page: &mut Page) {
        if self.conferences.is_empty() {
            page.say(&Sentence::new("conference.none"));
        }
        self.conferences.iter().for_each(|one| one.rows(page));
    }
}

impl ShownConference {
    fn rows(&self, page: &mut Page) {
        let what = if self.case.is_some() { "事例 case" } else { "文書 message" };
        let count =
            if self.number > 1 { format!("  第{}回", self.number) } else { String::new() };
        page.row(&format!("{what} {}{count}  {}", self.short_id, self.from.row()));
        // The one that counts comes first.
        self.versions.iter().rev().for_each(|version| version.rows(page));
        self.replies.iter().for_each(|reply| reply.rows(page));
        for party in &self.unanswered {
            page.row(&format!("    【未回答 no answer】 {}", party.row()));
        }
        page.gap();
    }
}

impl ShownVersion {
    fn rows(&self, page: &mut Page) {
        let time = self.held.map(jst::show).unwrap_or_else(|| "日時未定 no time yet".to_owned());
        let place = self.place.as_deref().map(|place| format!("  {place}")).unwrap_or_default();
        let number = self.number;
        if !self.newest {
            // Struck: nobody takes an older time for the one that counts.
            page.row(&format!("    〔旧 old〕第{number}版  {}  ×{time}×", self.status_ja));
            return;
        }
        let status = format!("{} {}", self.status_ja, self.status);
        page.row(&format!("    【最新 newest】第{number}版  {status}  {time}{place}"));
        for (place, candidate) in self.candidates.iter().enumerate() {
            page.row(&format!("        候補 candidate {}: {candidate}", place + 1));
        }
        for one in &self.invitations {
            let answer = one.answer.map(|word| format!("  {} {word}", japanese(word)));
            let answer = answer.unwrap_or_default();
            let mark = if one.validity == "current" { "" } else { "  訂正済 superseded" };
            page.row(&format!("        {}  {}{answer}{mark}", one.short_id, one.to.row()));
        }
    }
}

impl ShownAnswer {
    fn rows(&self, page: &mut Page) {
        let old = match (self.superseded, self.to_older) {
            (true, _) => "〔旧 old〕",
            (false, true) => "【古い版への回答 to an older version】",
            (false, false) => "",
        };
        let people = self.people.join("、");
        page.row(&format!(
            "    {old}{}  {} {}  第{}版へ to version {}  {people}",
            self.from.row(),
            self.answer_ja,
            self.answer,
            self.version,
            self.version
        ));
        if !self.candidates.is_empty() && !self.superseded {
            let mark = |one: &ShownChoice| {
                format!(
                    "{}{}",
                    if one.suits { crate::conference::YES } else { crate::conference::NO },
                    one.time
                )
            };
            let marks: Vec<_> = self.candidates.iter().map(mark).collect();
            page.row(&format!("        {}", marks.join("  ")));
        }
        if let Some(comment) = &self.comment {
            comment.lines().for_each(|line| page.row(&format!("        {line}")));
        }
    }
}
