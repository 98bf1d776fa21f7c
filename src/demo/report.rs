//! What the demo says at its end.

use serde::Serialize;
use tsumugu_client::messages::Sentence;
use tsumugu_client::output::{Outcome, Page};

use super::papers::Papers;

/// The outcome of `tsumugu demo`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Report {
    /// Whether every evidence file and the log itself verified against the root fingerprint.
    pub verified: bool,
    /// The folder.
    pub dir: String,
    /// The last checkpoint, a C2SP signed note.
    pub checkpoint: String,
    /// Leaves in the log.
    pub leaves: u64,
    /// SHA-256 of trust list 1, hex: the root fingerprint (根の指紋).
    pub root_fingerprint: String,
    /// Each message.
    pub messages: Vec<Message>,
    /// What the stay leaves on paper.
    pub papers: Papers,
}

/// One message of the story.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Message {
    /// Its id.
    pub id: String,
    /// Who sent it.
    pub from: String,
    /// Who received it.
    pub to: String,
    /// The form's title.
    pub title: String,
    /// The form's id.
    pub form: String,
    /// The three axes of its state, with times.
    pub state: State,
    /// Its evidence file.
    pub evidence: String,
}

/// The three axes of a message's state.
#[derive(Debug, Clone, Serialize)]
pub(super) struct State {
    /// How far it has come (配達状況).
    pub delivery: Option<String>,
    /// The answer (受領確認); nothing while there is none.
    pub answer: Option<String>,
    /// Whether it still counts.
    pub validity: Option<String>,
    /// What was logged, in log order.
    pub steps: Vec<Step>,
}

/// A leaf about a message.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Step {
    /// What happened.
    pub what: String,
    /// When the exchange logged it (ISO 8601).
    pub logged: String,
    /// Index of the leaf.
    pub index: u64,
}

impl Outcome for Report {
    fn lines(&self, page: &mut Page) {
        for message in &self.messages {
            page.row(&format!("{}  {} → {}", message.title, message.from, message.to));
            page.row(&format!("    {}", message.id));
            for step in &message.state.steps {
                page.row(&format!(
                    "    {}  #{}  {}",
                    step.logged,
                    step.index,
                    japanese(&step.what)
                ));
            }
        }
        page.gap();
        let papers = &self.papers;
        for (what, file) in [("事例の経過", &papers.timeline), ("支援経過の文", &papers.note)]
        {
            page.row(&format!("{what}  {file}"));
        }
        for record in &papers.records {
            page.row(&format!("情報提供・受領記録票  {}  {}", record.pdf, record.code));
        }
        page.row(&format!("流れ図  {}", papers.poster));
        page.row(&format!("カレンダー  {}", papers.calendar));
        page.gap();
        page.say(&Sentence::new("demo.done").with("folder", &self.dir).with("leaves", self.leaves));
        page.row(&format!("    {}", self.root_fingerprint));
    }
}

/// The word for a step, as the offices say it.
fn japanese(what: &str) -> &str {
    match what {
        "accepted" => "送信済み（記録簿に記載）",
        "fetched" => "先方の端末に届いた",
        "opened" => "開封",
        "acknowledged" => "受領確認",
        "rejected" => "受理できない",
        "not-for-us" => "宛先違い",
        other => other,
    }
}
