//! What evidence proves, as `evidence` and `verify` show it.

use serde::Serialize;

use tsumugu_trust::evidence::{
    AttachmentReport, Happening, Moment, Outcome as Reach, Party, Report, ReportedWorker, Word,
};
use tsumugu_trust::value::{Id, Text, Time};

use super::shown::{
    ShownParty, ShownWorker, delivery_word, japanese, kind_word, size, validity_word,
};
use crate::fingerprint::grouped;
use crate::jst;
use crate::messages::Sentence;
use crate::output::Page;

/// What evidence proves about one message.
#[derive(Debug, Serialize)]
pub struct ShownReport {
    /// `anchored` or `consistent-only`.
    pub outcome: &'static str,
    /// Whether no removal can have been left out.
    pub removals_checked: bool,
    /// Leaves of the log folder that was given; where it is behind the evidence, removals stay unchecked.
    pub log_size: Option<u64>,
    /// Root fingerprint (根の指紋), 64 hexadecimal digits.
    pub root_fingerprint: String,
    /// The log.
    pub origin: String,
    /// Leaves of the log at the checkpoint.
    pub checkpoint_size: u64,
    /// The message.
    pub id: String,
    /// Who sent it.
    pub sender: ShownParty,
    /// Whom it went to.
    pub recipient: ShownParty,
    /// The recipient's unit.
    pub unit: String,
    /// Digest of the envelope.
    pub envelope: String,
    /// How far it has come.
    pub delivery: Option<&'static str>,
    /// The answer that counts.
    pub answer: Option<&'static str>,
    /// Whether it counts still.
    pub validity: &'static str,
    /// Every time that is shown, in log order.
    pub moments: Vec<ShownMoment>,
    /// The letter, if it is revealed.
    pub letter: Option<ShownLetter>,
    /// Every answer in log order.
    pub answers: Vec<ShownAnswer>,
}

/// A time, and whose word it is.
#[derive(Debug, Serialize)]
pub struct ShownMoment {
    /// What happened.
    pub what: &'static str,
    /// When (ISO 8601).
    pub time: String,
    /// Whose word: `exchange`, `sender`, `recipient`.
    pub word: &'static str,
    /// Index of the leaf (記録番号).
    pub index: u64,
    /// The terminal that signed, or to which the body went.
    pub terminal: Option<String>,
    #[serde(skip)]
    at: Time,
    #[serde(skip)]
    happening: Happening,
    #[serde(skip)]
    by: Word,
}

/// What is told of a revealed letter.
#[derive(Debug, Serialize)]
pub struct ShownLetter {
    /// `sheet`, `notice` or another kind.
    pub kind: &'static str,
    /// Id of the form.
    pub form: Option<String>,
    /// Its attachments, in its order.
    pub attachments: Vec<ProvedAttachment>,
    /// Who wrote it.
    pub author: ShownWorker,
}

/// An attachment of a revealed letter.
#[derive(Debug, Serialize)]
pub struct ProvedAttachment {
    /// Its place in the letter, from 1.
    pub number: usize,
    /// Its name.
    pub name: Option<String>,
    /// SHA-256 of the file.
    pub digest: Option<String>,
    /// Bytes of the file.
    pub length: Option<u64>,
    /// SHA-256 of the sealed file, which the log fixes.
    pub sealed_digest: String,
    /// Bytes of the sealed file.
    pub sealed_length: u64,
}

/// An answer.
#[derive(Debug, Serialize)]
pub struct ShownAnswer {
    /// The answer.
    pub answer: &'static str,
    /// Whether it is the one that counts.
    pub counts: bool,
    /// Index of the leaf (記録番号).
    pub index: u64,
    /// Who answered, if that is revealed.
    pub worker: Option<ShownWorker>,
    /// What was said, if that is revealed.
    pub comment: Option<String>,
}

impl From<&Report> for ShownReport {
    fn from(report: &Report) -> Self {
        let answers = report.answers.iter().map(|answer| ShownAnswer {
            answer: answer.answer.word(),
            counts: answer.counts,
            index: answer.index,
            worker: answer.worker.as_ref().map(worker),
            comment: answer.comment.clone(),
        });
        let letter = report.letter.as_ref().map(|letter| ShownLetter {
            kind: kind_word(letter.kind),
            form: letter.form.clone(),
            attachments: (1..).zip(&letter.attachments).map(attachment).collect(),
            author: worker(&letter.author),
        });
        Self {
            outcome: report.outcome.word(),
            removals_checked: report.removals_checked,
            log_size: None,
            root_fingerprint: report.root_fingerprint.to_string(),
            origin: report.origin.to_string(),
            checkpoint_size: report.checkpoint_size,
            id: report.envelope.id.to_string(),
            sender: party(&report.sender),
            recipient: party(&report.recipient),
            unit: report.envelope.to.unit.to_string(),
            envelope: report.envelope_digest.to_string(),
            delivery: report.state.delivery().map(delivery_word),
            answer: report.state.answer().map(|(_, answer)| answer.word()),
            validity: validity_word(report.state.validity()),
            moments: report.moments.iter().map(moment).collect(),
            letter,
            answers: answers.collect(),
        }
    }
}

impl ShownReport {
    /// Lines for a person.
    pub(super) fn lines(&self, page: &mut Page) {
        let anchored = self.outcome == Reach::Anchored.word();
        if anchored {
            page.say(&Sentence::new("evidence.anchored"));
        } else {
            let said = Sentence::new("evidence.root-not-checked");
            page.say(&said);
            page.row(&format!("→ {}", said.remedy_ja()));
            page.row(&format!("→ {}", said.remedy_en()));
        }
        page.say(&match (self.removals_checked, self.log_size) {
            (true, _) => Sentence::new("evidence.removals-checked"),
            (false, None) => Sentence::new("evidence.removals-not-checked"),
            (false, Some(size)) => Sentence::new("evidence.log-behind")
                .with("size", size)
                .with("needed", self.checkpoint_size),
        });
        page.row(&format!("    {}  （{} leaves）", self.origin, self.checkpoint_size));
        if let Ok(root) = self.root_fingerprint.parse() {
            page.row(&format!("    根の指紋 root: {}", grouped(&root)));
        }
        page.row(&format!("    文書 message: {}", self.id));
        page.row(&format!("    送信 from: {}", self.sender.row()));
        page.row(&format!("    宛先 to: {}  {}", self.recipient.row(), self.unit));
        if let Some(letter) = &self.letter {
            let form = letter.form.as_deref().unwrap_or("-");
            page.row(&format!("    様式 form: {form}  担当 by: {}", letter.author.row()));
            for one in &letter.attachments {
                let name = one.name.as_deref().unwrap_or("-");
                let length = one.length.map(size).unwrap_or_default();
                page.row(&format!("    添付 attachment #{}: {name}  {length}", one.number));
                page.row(&format!("        SHA-256 {}", one.digest.as_deref().unwrap_or("-")));
            }
        }
        self.moments.iter().for_each(|moment| moment.row(page));
        for answer in &self.answers {
            let counts = if answer.counts { "" } else { "（後の回答 later）" };
            let who = answer.worker.as_ref().map_or_else(|| "-".to_owned(), ShownWorker::row);
            let word = answer.answer;
            page.row(&format!(
                "    回答 answer: {} {word}{counts}  担当 by: {who}",
                japanese(word)
            ));
            for line in answer.comment.iter().flat_map(|comment| comment.lines()) {
                page.row(&format!("        > {line}"));
            }
        }
    }
}

impl ShownMoment {
    fn row(&self, page: &mut Page) {
        let what = match self.happening {
            Happening::Composed => "作成 composed",
            Happening::Accepted => "受付 accepted",
            Happening::Undelivered => "未達 undelivered",
            Happening::Fetched => "配達 fetched",
            Happening::Opened => "開封 opened",
            Happening::Answered => "回答 answered",
            Happening::AnswerLogged => "回答の記録 answer logged",
            Happening::Recalled => "取消 recalled",
            Happening::RecallLogged => "取消の記録 recall logged",
            Happening::Destroyed => "控えの消去 destroyed",
        };
        let word = match self.by {
            Word::Exchange => "交換所の時計 exchange's clock",
            Word::Sender => "送信側の時計 sender's clock",
            Word::Recipient => "受信側の時計 recipient's clock",
        };
        let (time, index) = (jst::show(self.at), self.index);
        page.row(&format!("    {time}  {what}  記録番号 log {index}  （{word}）"));
    }
}

fn moment(moment: &Moment) -> ShownMoment {
    ShownMoment {
        what: moment.happening.word(),
        time: jst::iso(moment.time),
        word: moment.word.word(),
        index: moment.index,
        terminal: moment.terminal.as_ref().map(Id::to_string),
        at: moment.time,
        happening: moment.happening,
        by: moment.word,
    }
}

fn attachment((number, report): (usize, &AttachmentReport)) -> ProvedAttachment {
    ProvedAttachment {
        number,
        name: report.name.as_ref().map(Text::to_string),
        digest: report.plain.map(|plain| plain.digest.to_string()),
        length: report.plain.map(|plain| plain.length),
        sealed_digest: report.sealed.digest.to_string(),
        sealed_length: report.sealed.length,
    }
}

fn party(party: &Party) -> ShownParty {
    ShownParty {
        id: party.institution.to_string(),
        number: party.number.to_string(),
        name: party.name.to_string(),
    }
}

fn worker(worker: &ReportedWorker) -> ShownWorker {
    ShownWorker {
        id: worker.id.to_string(),
        name: worker.name.to_string(),
        role: worker.role.as_ref().map(Text::to_string).unwrap_or_default(),
    }
}
