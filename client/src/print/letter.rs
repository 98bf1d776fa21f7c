//! What is printed of a letter: its body, who sent it to whom, and what the log says became of it.

use tsumugu_catalogue::{
    Provisional, RenderOptions, RenderedForm, RenderedLine, RenderedSection, render,
};
use tsumugu_trust::directory::Directory;
use tsumugu_trust::state::Validity;
use tsumugu_trust::statement::{Envelope, Urgency};
use tsumugu_trust::value::{Id, Time};

use super::spellings::Spellings;
use crate::attachments::{Attachment, SetAside, attachments};
use crate::commands::shown::{ShownWorker, form_of, japanese, size, unit_name};
use crate::commands::track::{TrackedEvent, happened};
use crate::failure::Failure;
use crate::letters::{OpenedLetter, passed_on};
use crate::mailbox::message::Message;
use crate::releases::Catalogues;
use crate::workers::Leavers;

/// A letter, ready to be laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedLetter {
    /// Id of the message (文書番号).
    pub id: String,
    /// The form's title.
    pub title: String,
    /// What was filled in.
    pub form: RenderedForm,
    /// What people wrote that JIS X 0208 or the font lacks, in another spelling.
    pub spellings: Spellings,
    /// Who sent it.
    pub sender: PrintedParty,
    /// Who wrote it: name and role.
    pub author: String,
    /// Whom it went to.
    pub recipient: PrintedParty,
    /// The recipient's unit, by name; nothing for `main`.
    pub unit: Option<String>,
    /// It wants to be read at once.
    pub urgent: bool,
    /// An answer is wanted by then.
    pub ack_by: Option<Time>,
    /// How many attachments came with it; they are not printed.
    pub attachments: usize,
    /// Number, name and size of each; empty in the family's copy.
    pub files: Vec<String>,
    /// Whether it still counts.
    pub validity: Validity,
    /// What happened to it, in log order.
    pub events: Vec<PrintedEvent>,
    /// The log's origin.
    pub origin: String,
    /// Root fingerprint (根の指紋), in groups.
    pub fingerprint: String,
    /// When it was printed, by this PC's clock.
    pub printed: Time,
}

/// An institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedParty {
    /// Number.
    pub number: String,
    /// Name.
    pub name: String,
    /// Telephone of the register.
    pub telephone: Option<String>,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintedEvent {
    /// What, in Japanese.
    pub what: &'static str,
    /// When the exchange logged it.
    pub time: Time,
    /// Index of the leaf (記録番号).
    pub index: u64,
    /// Who: a worker, or the institution, or nothing for the exchange's own word.
    pub who: Option<String>,
    /// What the worker said.
    pub comment: Option<String>,
    /// Whether it is a person's answer.
    pub is_answer: bool,
}

impl PrintedLetter {
    /// A letter of a vault that knows these releases of the catalogue, this directory and who left the
    /// office, printed at this time. Reading it is not told to anybody: who shows it to a person does
    /// that.
    ///
    /// # Errors
    /// The message has no envelope: it was never received.
    pub(crate) fn of(
        catalogues: &Catalogues,
        directory: &Directory,
        leavers: Leavers<'_>,
        message: &Message,
        letter: &OpenedLetter,
        options: RenderOptions,
        printed: Time,
    ) -> Result<Self, Failure> {
        let id = message.id().to_string();
        let (_, lines) = message.envelope().ok_or_else(|| Failure::unknown_message(&id))?;
        let form = form_of(catalogues, letter);
        let author = ShownWorker::from(letter.worker()).row();
        let spelt =
            |form| Spellings::of(catalogues.newest().catalogue, form, &author, options.family_copy);
        let spellings = form.as_ref().map(spelt).unwrap_or_default();
        let mut rendered =
            form.map_or_else(|| unknown_form(letter.body()), |form| render(&form, options));
        rendered.notes.extend(passed_on_note(directory, lines.from, letter));
        let mut events: Vec<PrintedEvent> =
            happened(directory, leavers, message, letter).iter().map(Into::into).collect();
        if options.family_copy {
            // What colleagues say to each other is not the family's.
            events.iter_mut().for_each(|event| event.comment = None);
        }
        let unit = unit_name(directory, &lines.to);
        let root = directory.root_fingerprint();
        Ok(Self {
            id,
            title: rendered.title.clone(),
            form: rendered,
            spellings,
            sender: PrintedParty::of(directory, lines.from),
            author,
            recipient: PrintedParty::of(directory, lines.to.institution),
            unit: unit.filter(|_| lines.to.unit.as_str() != "main"),
            urgent: lines.urgency == Urgency::Urgent,
            ack_by: lines.ack_by,
            attachments: lines.attachments.len(),
            // A file's name can say what is for staff only.
            files: if options.family_copy { Vec::new() } else { files(letter, lines) },
            validity: message.state().validity(),
            events,
            origin: directory.origin().to_string(),
            fingerprint: root.as_ref().map(crate::fingerprint::grouped).unwrap_or_default(),
            printed,
        })
    }

    /// The leaf of the envelope.
    pub(super) fn accepted(&self) -> Option<&PrintedEvent> {
        self.events.iter().find(|event| event.what == japanese("accepted"))
    }
}

impl PrintedParty {
    fn of(directory: &Directory, id: Id) -> Self {
        let record = directory.member(id).and_then(|member| member.record());
        Self {
            number: record.map_or_else(|| "-".to_owned(), |record| record.number.to_string()),
            name: record.map_or_else(|| id.to_string(), |record| record.name.to_string()),
            telephone: record.map(|record| record.telephone.to_string()),
        }
    }
}

impl From<&TrackedEvent> for PrintedEvent {
    fn from(event: &TrackedEvent) -> Self {
        let worker = event.worker.as_ref().map(ShownWorker::row);
        let institution = event.word.as_ref().map(|party| party.name.clone());
        Self {
            what: japanese(event.what),
            time: event.time(),
            index: event.index,
            who: worker.or(institution),
            comment: event.comment.clone(),
            is_answer: event.worker.is_some(),
        }
    }
}

/// Who wrote a letter that was passed on: the page's head names the one who passed it on.
fn passed_on_note(directory: &Directory, by: Id, letter: &OpenedLetter) -> Option<String> {
    let note = match passed_on(directory, by, letter) {
        Ok(first) => {
            let first = first?;
            let from = PrintedParty::of(directory, first.envelope().from);
            let telephone = from.telephone.unwrap_or_default();
            let author = ShownWorker::from(first.letter().worker()).row();
            let comment = Some(first.comment()).filter(|comment| !comment.is_empty());
            let comment = comment.map(|said| format!("　取次の一言：{said}")).unwrap_or_default();
            format!("取次：照会元は {} {telephone} {author}{comment}", from.name)
        }
        Err(_) => "【要確認】取り次がれたという元の文書を確かめられませんでした。".to_owned(),
    };
    Some(note)
}

/// A line for each attachment.
fn files(letter: &OpenedLetter, lines: &Envelope) -> Vec<String> {
    let line = |one: Result<Attachment, SetAside>| match one {
        Ok(file) => {
            format!("{}　{}（{}）", file.number, file.name.as_str(), size(file.plain.length))
        }
        Err(aside) => format!("{}　（安全でないため隔離しました）", aside.number),
    };
    attachments(letter, lines).into_iter().map(line).collect()
}

/// A body of a form that this program's catalogue does not know, as it came: nothing may be lost.
fn unknown_form(body: &[u8]) -> RenderedForm {
    let text = String::from_utf8_lossy(body);
    let lines = text.lines().map(|line| RenderedLine::Static(line.to_owned())).collect();
    RenderedForm {
        title: "この版では表示できない様式".to_owned(),
        version: "-".to_owned(),
        provisional: Provisional::None,
        pages: 0,
        notes: vec![
            "このPCには、この版の様式集がまだありません。交換所とつながるか、つむぐを新しくすると、様式のとおりに表示されます。"
                .to_owned(),
        ],
        sections: vec![RenderedSection { title: "届いたままの内容".to_owned(), lines }],
    }
}
