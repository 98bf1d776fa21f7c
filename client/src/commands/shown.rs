//! Messages and institutions as commands show them.

use serde::Serialize;
use tsumugu_catalogue::{FilledForm, Format};
use tsumugu_proto::v1::LetterKind;
use tsumugu_trust::directory::Directory;
use tsumugu_trust::state::{Delivery, Validity};
use tsumugu_trust::statement::{Destination, Urgency};
use tsumugu_trust::value::{Id, Time};

use crate::attachments::{Attachment, SetAside, Whereabouts};
use crate::failure::Failure;
use crate::jst;
use crate::letters::{NamedWorker, OpenedLetter};
use crate::mailbox::message::{Doubt, LetterState, Message};
use crate::releases::Catalogues;
use crate::vault::Vault;

/// An institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownParty {
    /// Id.
    pub id: String,
    /// Number (医療機関コード, 介護事業所番号).
    pub number: String,
    /// Name (名称).
    pub name: String,
}

/// A worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownWorker {
    /// Id.
    pub id: String,
    /// Name (氏名).
    pub name: String,
    /// Role (職種).
    pub role: String,
}

/// An attachment of a letter, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownAttachment {
    /// Its place in the letter, from 1.
    pub number: usize,
    /// Its name; nothing where it is not a safe one.
    pub name: Option<String>,
    /// Media type; nothing where it was set aside by what the letter says of it.
    pub media_type: Option<&'static str>,
    /// Bytes of the file.
    pub length: Option<u64>,
    /// `kept` (in this vault), `waiting` (at the exchange) or `set-aside`.
    pub state: &'static str,
    /// Bytes of the sealed file that are here.
    pub received: u64,
    /// Key of the message that says why it was set aside.
    pub reason: Option<String>,
}

/// A message with its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownMessage {
    /// Id, in full.
    pub id: String,
    /// The beginning of the id that no other message has.
    pub short_id: String,
    /// Who sent it.
    pub from: ShownParty,
    /// Whom it went to.
    pub to: ShownParty,
    /// The recipient's unit.
    pub unit: String,
    /// The unit's name in the recipient's newest profile.
    pub unit_name: Option<String>,
    /// `sheet`, `notice` or another kind; nothing while the letter is not here.
    pub kind: Option<&'static str>,
    /// Id of the form; nothing while the letter is not here.
    pub form: Option<String>,
    /// Title of the form.
    pub title: Option<String>,
    /// When the exchange logged it (ISO 8601), the exchange's word.
    pub accepted: Option<String>,
    /// `accepted`, `undelivered`, `fetched` or `opened`.
    pub delivery: Option<&'static str>,
    /// The answer that counts: `acknowledged`, `rejected`, `not-for-us`, `unreadable`.
    pub answer: Option<&'static str>,
    /// `current`, `superseded` or `withdrawn`.
    pub validity: &'static str,
    /// An answer is wanted by then (ISO 8601).
    pub ack_by: Option<String>,
    /// That time has passed without an answer.
    pub overdue: bool,
    /// It wants to be read at once.
    pub urgent: bool,
    /// Where the letter is: `waiting`, `kept`, `key-not-here`, `unreadable` or `gone`.
    pub letter: &'static str,
    /// What does not fit the log that this PC knows.
    pub doubts: Vec<Doubt>,
    #[serde(skip)]
    accepted_at: Option<Time>,
    #[serde(skip)]
    due_at: Option<Time>,
}

impl ShownParty {
    /// An institution of the directory; one that is not in it shows its id.
    pub(crate) fn of(directory: &Directory, id: Id) -> Self {
        let record = directory.member(id).and_then(|member| member.record());
        Self {
            id: id.to_string(),
            number: record.map_or_else(|| "-".to_owned(), |record| record.number.to_string()),
            name: record.map_or_else(|| id.to_string(), |record| record.name.to_string()),
        }
    }

    /// Number and name.
    pub(super) fn row(&self) -> String {
        format!("{} {}", self.number, self.name)
    }
}

impl ShownAttachment {
    /// What the letter says of it, and where it is.
    pub(super) fn of(vault: &Vault, one: &Result<Attachment, SetAside>) -> Result<Self, Failure> {
        let attachment = match one {
            Ok(attachment) => attachment,
            Err(aside) => {
                return Ok(Self {
                    number: aside.number,
                    name: aside.name.as_ref().map(|name| name.as_str().to_owned()),
                    media_type: None,
                    length: None,
                    state: "set-aside",
                    received: 0,
                    reason: Some(aside.why.clone()),
                });
            }
        };
        let (state, received, reason) = match attachment.whereabouts(vault)? {
            Whereabouts::Kept => ("kept", attachment.sealed.length, None),
            Whereabouts::Waiting(received) => ("waiting", received, None),
            Whereabouts::SetAside(why) => ("set-aside", attachment.sealed.length, Some(why)),
        };
        Ok(Self {
            number: attachment.number,
            name: Some(attachment.name.as_str().to_owned()),
            media_type: Some(attachment.kind.media_type()),
            length: Some(attachment.plain.length),
            state,
            received,
            reason,
        })
    }

    /// Number, name, size, and where it is.
    pub(super) fn row(&self) -> String {
        let name = self.name.as_deref().unwrap_or("-");
        let length = self.length.map(size).unwrap_or_default();
        let state = match self.state {
            "kept" => "このPCにあり here".to_owned(),
            "waiting" if self.received > 0 => {
                format!("途中まで partly here ({})", size(self.received))
            }
            "waiting" => "交換所にあり at the exchange".to_owned(),
            _ => format!("隔離 set aside ({})", self.reason.as_deref().unwrap_or("-")),
        };
        format!("{}  {name}  {length}  {state}", self.number)
    }
}

/// A number of bytes for a person.
pub(crate) fn size(bytes: u64) -> String {
    const KIB: u64 = 1024;
    const MIB: u64 = 1024 * KIB;
    match bytes {
        0..KIB => format!("{bytes} B"),
        KIB..MIB => format!("{} KiB", bytes.div_ceil(KIB)),
        _ => format!("{}.{} MiB", bytes / MIB, bytes % MIB * 10 / MIB),
    }
}

impl From<&NamedWorker> for ShownWorker {
    fn from(worker: &NamedWorker) -> Self {
        Self {
            id: worker.id().to_string(),
            name: worker.name().to_owned(),
            role: worker.role().to_owned(),
        }
    }
}

impl ShownWorker {
    /// Name and role.
    pub(crate) fn row(&self) -> String {
        if self.role.is_empty() {
            self.name.clone()
        } else {
            format!("{}（{}）", self.name, self.role)
        }
    }
}

impl ShownMessage {
    /// A message as this vault knows it. A letter that does not verify any more counts as unreadable.
    pub(super) fn of(
        message: &Message,
        short_id: &str,
        vault: &Vault,
        directory: &Directory,
        (catalogues, now): (&Catalogues, Time),
    ) -> Result<Option<Self>, Failure> {
        let Some((_, lines)) = message.envelope() else { return Ok(None) };
        let state = message.state();
        let letter = match message.read_letter(vault, directory) {
            Err(bad) if bad.key() == "message.quarantined" => None,
            letter => letter?,
        };
        let form = letter.as_ref().and_then(|letter| form_of(catalogues, letter));
        let accepted_at = state.accepted_at().map(|at| at.time);
        Ok(Some(Self {
            id: message.id().to_string(),
            short_id: short_id.to_owned(),
            from: ShownParty::of(directory, lines.from),
            to: ShownParty::of(directory, lines.to.institution),
            unit: lines.to.unit.to_string(),
            unit_name: unit_name(directory, &lines.to),
            kind: letter.as_ref().map(|letter| kind_word(letter.kind())),
            title: form.as_ref().map(FilledForm::summary_ja),
            form: form.map(|form| form.form().id.clone()),
            accepted: accepted_at.map(jst::iso),
            delivery: state.delivery().map(delivery_word),
            answer: state.answer().map(|(_, answer)| answer.word()),
            validity: validity_word(state.validity()),
            ack_by: lines.ack_by.map(jst::iso),
            overdue: message.is_overdue(now),
            urgent: lines.urgency == Urgency::Urgent,
            letter: letter_word(&message.letter),
            doubts: message.doubts.clone(),
            accepted_at,
            due_at: lines.ack_by,
        }))
    }

    /// One line: short id, time, `with`, title, state, and what presses.
    pub(super) fn row(&self, with: &ShownParty) -> String {
        let time = self.accepted_at.map_or_else(|| "-".to_owned(), jst::short);
        let title = self.title.as_deref().unwrap_or_else(|| letter_ja(self.letter));
        let mut row =
            format!("{}  {time}  {}  {title}  {}", self.short_id, with.row(), self.state());
        if self.unit != "main" {
            let name = self.unit_name.as_deref().unwrap_or(&self.unit);
            row.push_str(&format!("  宛 for: {name}"));
        }
        if self.urgent {
            row.push_str("  【至急 urgent】");
        }
        if let Some(due) = self.due_at {
            let mark = if self.overdue { "【期限超過 overdue】" } else { "期限 by" };
            row.push_str(&format!("  {mark} {}", jst::short(due)));
        }
        if !self.doubts.is_empty() {
            row.push_str("  【要確認 check】");
        }
        row
    }

    /// How far it has come, in both languages.
    pub(super) fn state(&self) -> String {
        let validity = Some(self.validity).filter(|word| *word != "current");
        let words = [validity, self.answer.or(self.delivery)];
        let words = words.into_iter().flatten().map(|word| format!("{} {word}", japanese(word)));
        words.collect::<Vec<_>>().join("・")
    }
}

pub(crate) fn unit_name(directory: &Directory, to: &Destination) -> Option<String> {
    let profile = directory.member(to.institution)?.profile()?;
    let unit = profile.units.iter().find(|unit| unit.unit == to.unit)?;
    Some(unit.name.to_string())
}

/// The filled form in a letter, in the version that it was written with; nothing where no catalogue that
/// is here knows it.
pub(crate) fn form_of(catalogues: &Catalogues, letter: &OpenedLetter) -> Option<FilledForm> {
    catalogues.parse(letter.body(), Format::Json).ok()
}

/// The Japanese of a state's word.
pub(crate) fn japanese(word: &str) -> &'static str {
    match word {
        "accepted" => "受付済",
        "undelivered" => "未達",
        "fetched" => "配達済",
        "opened" => "開封済",
        "acknowledged" => "受領",
        "rejected" => "受理不可",
        "not-for-us" => "宛先違い",
        "unreadable" => "開けず",
        "superseded" => "訂正済",
        "withdrawn" => "取消",
        "destroyed" => "交換所の控えを消去",
        _ => "有効",
    }
}

pub(super) fn delivery_word(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Accepted => "accepted",
        Delivery::Undelivered => "undelivered",
        Delivery::Fetched => "fetched",
        Delivery::Opened => "opened",
    }
}

pub(crate) fn validity_word(validity: Validity) -> &'static str {
    match validity {
        Validity::Current => "current",
        Validity::Superseded => "superseded",
        Validity::Withdrawn => "withdrawn",
    }
}

pub(crate) fn kind_word(kind: LetterKind) -> &'static str {
    match kind {
        LetterKind::Sheet => "sheet",
        LetterKind::Notice => "notice",
        LetterKind::Reply => "reply",
        LetterKind::Statistic => "statistic",
        LetterKind::OfficeRecord => "office-record",
        LetterKind::Unspecified => "unknown",
    }
}

fn letter_word(letter: &LetterState) -> &'static str {
    match letter {
        LetterState::Waiting => "waiting",
        LetterState::Kept => "kept",
        LetterState::KeyNotHere => "key-not-here",
        LetterState::Unreadable(_) => "unreadable",
        LetterState::Gone => "gone",
    }
}

fn letter_ja(word: &str) -> &'static str {
    match word {
        "waiting" => "（未受信 not here yet）",
        "key-not-here" => "（このPCの鍵では開けません no key here）",
        "unreadable" => "（隔離 set aside）",
        "gone" => "（本文なし body gone）",
        _ => "（知らない様式 unknown form）",
    }
}
