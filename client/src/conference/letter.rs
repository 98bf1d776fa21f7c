//! One letter about a conference: an invitation, or the answer to one.

use serde_json::Value as Json;
use tsumugu_catalogue::FilledForm;
use tsumugu_proto::v1::LetterKind;
use tsumugu_trust::state::Validity;
use tsumugu_trust::statement::{Answer, Destination};
use tsumugu_trust::value::{Id, Time};

use crate::commands::shown::form_of;
use crate::jst;
use crate::letters::{About, OpenedLetter};
use crate::mailbox::message::Message;
use crate::releases::Catalogues;

/// The form of invitations and of the answers to them.
pub const FORM: &str = "notice-conference";

/// What an invitation says of the conference (区分).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 日程調整: a date is looked for.
    Scheduling,
    /// 決定: it is held then.
    Decided,
    /// 変更: something of it has changed.
    Changed,
    /// 中止: it is not held.
    Cancelled,
}

impl Status {
    /// Every one, as the form writes it, and its word.
    const WORDS: [(Self, &'static str, &'static str); 4] = [
        (Self::Scheduling, "日程調整", "scheduling"),
        (Self::Decided, "決定", "decided"),
        (Self::Changed, "変更", "changed"),
        (Self::Cancelled, "中止", "cancelled"),
    ];

    /// As the form writes it.
    #[must_use]
    pub fn ja(self) -> &'static str {
        Self::WORDS.iter().find(|(one, ..)| *one == self).map_or("", |(_, ja, _)| *ja)
    }

    /// As a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(one, ..)| *one == self).map_or("", |(.., word)| *word)
    }

    fn of(written: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, ja, _)| *ja == written).map(|(one, ..)| *one)
    }
}

/// Whether somebody comes (出欠).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attendance {
    /// 出席
    Attends,
    /// オンライン出席
    Online,
    /// 欠席
    Absent,
    /// 代理: somebody else comes.
    Substitute,
}

impl Attendance {
    const WORDS: [(Self, &'static str, &'static str); 4] = [
        (Self::Attends, "出席", "attends"),
        (Self::Online, "オンライン出席", "online"),
        (Self::Absent, "欠席", "absent"),
        (Self::Substitute, "代理", "substitute"),
    ];

    /// As the form writes it.
    #[must_use]
    pub fn ja(self) -> &'static str {
        Self::WORDS.iter().find(|(one, ..)| *one == self).map_or("", |(_, ja, _)| *ja)
    }

    /// As a word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(one, ..)| *one == self).map_or("", |(.., word)| *word)
    }

    fn of(written: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, ja, _)| *ja == written).map(|(one, ..)| *one)
    }
}

/// An invitation to one institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The message.
    pub about: About,
    /// Whom it went to.
    pub to: Destination,
    /// The case it belongs to.
    pub case: Option<Id>,
    /// When its sender composed it, by that PC's clock.
    pub composed: Time,
    /// Index of its leaf in the log.
    pub index: u64,
    /// What it says of the conference.
    pub status: Status,
    /// When the conference is held.
    pub held_at: Option<Time>,
    /// Where, or the video link.
    pub place: Option<String>,
    /// The times among which to choose, as written.
    pub candidates: Vec<String>,
    /// What is talked about.
    pub agenda: Option<String>,
    /// The body, byte for byte: invitations of one version have the same.
    pub body: Vec<u8>,
    /// Whether the letter still counts.
    pub validity: Validity,
    /// The recipient's disposition, if there is one.
    pub answer: Option<Answer>,
}

/// The answer of one institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Who answers.
    pub from: Id,
    /// The message.
    pub id: Id,
    /// The invitation that is answered.
    pub about: About,
    /// Index of its leaf in the log.
    pub index: u64,
    /// When the exchange logged it.
    pub logged: Time,
    /// Whether somebody comes.
    pub attendance: Attendance,
    /// Each candidate as written, and whether it suits.
    pub candidates: Vec<(String, bool)>,
    /// Who comes: profession and name.
    pub people: Vec<(String, String)>,
    /// What is added.
    pub comment: Option<String>,
    /// Who wrote the answer: name and role.
    pub worker: (String, String),
}

/// A letter about a conference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConferenceLetter {
    /// An invitation.
    Invitation(Invitation),
    /// An answer to one.
    Reply(Reply),
}

impl ConferenceLetter {
    /// What a received or sent letter says of a conference; nothing when it is no such letter.
    #[must_use]
    pub fn of(catalogues: &Catalogues, message: &Message, letter: &OpenedLetter) -> Option<Self> {
        let form = form_of(catalogues, letter)?;
        if form.form().id != FORM {
            return None;
        }
        let (leaf, lines) = message.envelope()?;
        let about = About { from: lines.from, id: lines.id, envelope: leaf.statement.digest() };
        if letter.kind() == LetterKind::Reply {
            return Some(Self::Reply(Reply {
                from: lines.from,
                id: lines.id,
                about: letter.about()?,
                index: leaf.at.index,
                logged: leaf.at.time,
                attendance: Attendance::of(&text(&form, "reply")?)?,
                candidates: rows(&form, "candidates")
                    .filter_map(|row| Some((cell(&row, "日時")?, cell(&row, "可否")? == YES)))
                    .collect(),
                people: rows(&form, "members")
                    .map(|row| {
                        let cell = |name| cell(&row, name).unwrap_or_default();
                        (cell("職種"), cell("氏名"))
                    })
                    .collect(),
                comment: text(&form, "comment"),
                worker: (letter.worker().name().to_owned(), letter.worker().role().to_owned()),
            }));
        }
        let state = message.state();
        Some(Self::Invitation(Invitation {
            about,
            to: lines.to.clone(),
            case: letter.case_id(),
            composed: lines.composed,
            index: leaf.at.index,
            status: Status::of(&text(&form, "status")?)?,
            held_at: text(&form, "held_at").and_then(|typed| jst::parse(&typed).ok()),
            place: text(&form, "place"),
            candidates: rows(&form, "candidates").filter_map(|row| cell(&row, "日時")).collect(),
            agenda: text(&form, "agenda"),
            body: letter.body().to_vec(),
            validity: state.validity(),
            answer: state.answer().map(|(_, answer)| answer),
        }))
    }
}

/// The mark of a candidate that suits.
pub(crate) const YES: &str = "○";

/// The mark of one that does not.
pub(crate) const NO: &str = "×";

fn text(form: &FilledForm, field: &str) -> Option<String> {
    form.value(field)?.to_json().as_str().map(str::to_owned)
}

fn rows(form: &FilledForm, field: &str) -> impl Iterator<Item = Json> {
    let rows = form.value(field).map(|value| value.to_json());
    let rows = rows.and_then(|rows| rows.as_array().cloned());
    rows.unwrap_or_default().into_iter()
}

fn cell(row: &Json, column: &str) -> Option<String> {
    row.get(column)?.as_str().map(str::to_owned)
}
