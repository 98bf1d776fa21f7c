//! What `tsumugu deadline` shows.

use serde::Serialize;
use tsumugu_catalogue::deadline::{
    Assessment, DayCount, Deadlines, LastDay, Note, Said, Ward, When, show_day,
};

use crate::messages::Sentence;
use crate::output::{Outcome, Page};

/// Outcome of the command. Days are ISO 8601 and inclusive: until 24:00 in Japan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownDeadlines {
    /// The rule set, such as R6.
    pub rule_set: String,
    /// Whether it is the one in force on the day of admission.
    pub in_force: bool,
    /// The admission, in Japan.
    pub admitted: String,
    /// Last day of (Ⅰ).
    pub class_1_last_day: String,
    /// Last day of (Ⅱ).
    pub class_2_last_day: String,
    /// Why, in Japanese.
    pub reason: String,
    /// Why, in English.
    pub reason_en: String,
    /// Whether no official paper confirms all of it (暫定).
    pub provisional: bool,
    /// Both classes one by one.
    pub classes: Vec<ShownClass>,
    /// What the time of sending shows.
    #[serde(flatten)]
    pub assessment: ShownAssessment,
    /// When the hospital confirmed receipt; shown apart, it moves nothing.
    pub acknowledged: Option<String>,
    /// What is missing, and what to know.
    pub notes: Vec<ShownNote>,
    /// Other last days that are counted in days.
    pub others: Vec<ShownCount>,
    /// What the rule set in force says otherwise, where another one was asked for.
    pub differences: Vec<ShownSaid>,
}

/// The last day of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownClass {
    /// `1` or `2`.
    pub class: &'static str,
    /// Id of the fee.
    pub rule: String,
    /// The rule set.
    pub rule_set: String,
    /// The last day.
    pub last_day: String,
    /// Whether an exception moved it.
    pub extended: bool,
    /// The last day if the admission was after closing time, where nobody knows the hour.
    pub last_day_if_after_closing: Option<String>,
    /// Whether no official paper confirms all of it (暫定).
    pub provisional: bool,
    /// Why, in Japanese.
    pub reason: String,
    /// Why, in English.
    pub reason_en: String,
    #[serde(skip)]
    row: String,
}

/// What the time of sending shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownAssessment {
    /// `1`, `2`, `past`, `month-used` or `not-covered`; nothing while nothing was sent.
    pub class: Option<&'static str>,
    /// Why, in Japanese.
    pub class_reason: Option<String>,
    /// Why, in English.
    pub class_reason_en: Option<String>,
    /// Whether no official paper confirms it (暫定).
    pub class_provisional: bool,
}

/// A remark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownNote {
    /// Its name.
    pub key: &'static str,
    /// Whether something is missing.
    pub missing: bool,
    /// In both languages.
    #[serde(flatten)]
    pub said: ShownSaid,
}

/// Something said in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownSaid {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// Another last day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownCount {
    /// Id of the fee.
    pub rule: String,
    /// The rule set.
    pub rule_set: String,
    /// For what it is the last day.
    pub act: &'static str,
    /// `general` or `chronic`, where the wards differ.
    pub ward: Option<&'static str>,
    /// The last day.
    pub last_day: String,
    /// Whether no official paper confirms the count (暫定).
    pub provisional: bool,
    /// Why, in Japanese.
    pub reason: String,
    /// Why, in English.
    pub reason_en: String,
    #[serde(skip)]
    row: String,
}

impl ShownDeadlines {
    /// The computed last days; without receipt and differences, and as if in force.
    #[must_use]
    pub(super) fn new(computed: &Deadlines, assessment: &Assessment, others: &[DayCount]) -> Self {
        let (one, two) = (&computed.class_1, &computed.class_2);
        let notes = computed.notes.iter().chain(&assessment.notes);
        Self {
            rule_set: computed.rule_set.clone(),
            in_force: true,
            admitted: written(computed.admission.at),
            class_1_last_day: one.day.to_string(),
            class_2_last_day: two.day.to_string(),
            reason: format!("{}{}", one.reason.ja, two.reason.ja),
            reason_en: format!("{} {}", one.reason.en, two.reason.en),
            provisional: one.provisional || two.provisional,
            classes: vec![class("1", "(Ⅰ)", one), class("2", "(Ⅱ)", two)],
            assessment: standing(assessment),
            acknowledged: None,
            notes: notes.map(|note| shown_note(*note)).collect(),
            others: others.iter().map(count).collect(),
            differences: Vec::new(),
        }
    }
}

/// ISO 8601 in Japan's time, to the second; a day alone where the hour is not known.
pub(super) fn written(when: When) -> String {
    match when.time {
        None => when.day.to_string(),
        Some(time) => format!("{}T{}+09:00", when.day, time.strftime("%H:%M:%S")),
    }
}

fn class(class: &'static str, label: &str, last: &LastDay) -> ShownClass {
    let day = show_day(last.day);
    let mut row = format!("  {label}  {}まで{}  {}", day.ja, mark(last.provisional), day.en);
    if let Some(later) = last.if_after_closing {
        let later = show_day(later);
        row.push_str(&format!(
            "（入院が営業終了の後なら{}まで / {} if after closing time）",
            later.ja, later.en
        ));
    }
    ShownClass {
        class,
        rule: last.rule.id.clone(),
        rule_set: last.rule.version.clone(),
        last_day: last.day.to_string(),
        extended: last.extended,
        last_day_if_after_closing: last.if_after_closing.map(|day| day.to_string()),
        provisional: last.provisional,
        reason: last.reason.ja.clone(),
        reason_en: last.reason.en.clone(),
        row,
    }
}

fn standing(assessment: &Assessment) -> ShownAssessment {
    let class = assessment.standing.key();
    let said = class.map(|_| assessment.reason.clone());
    ShownAssessment {
        class,
        class_reason: said.clone().map(|said| said.ja),
        class_reason_en: said.map(|said| said.en),
        class_provisional: assessment.provisional,
    }
}

fn count(one: &DayCount) -> ShownCount {
    let day = show_day(one.day);
    let (ward, ward_ja) = match one.ward {
        None => (None, ""),
        Some(Ward::General) => (Some("general"), "（一般）"),
        Some(Ward::Chronic) => (Some("chronic"), "（療養）"),
    };
    let what = format!("{} {}{ward_ja}", one.title.ja, one.act_said.ja);
    ShownCount {
        rule: one.rule.id.clone(),
        rule_set: one.rule.version.clone(),
        act: one.act.name(),
        ward,
        last_day: one.day.to_string(),
        provisional: one.provisional,
        reason: one.reason.ja.clone(),
        reason_en: one.reason.en.clone(),
        row: format!("  {}まで{}  {what}  {}", day.ja, mark(one.provisional), day.en),
    }
}

fn shown_note(note: Note) -> ShownNote {
    ShownNote { key: note.key(), missing: note.is_missing(), said: note.said().into() }
}

fn mark(provisional: bool) -> &'static str {
    if provisional { "【暫定 provisional】" } else { "" }
}

impl From<Said> for ShownSaid {
    fn from(said: Said) -> Self {
        Self { ja: said.ja, en: said.en }
    }
}

impl Outcome for ShownDeadlines {
    fn lines(&self, page: &mut Page) {
        page.say(&Sentence::new("deadline.title").with("rule_set", &self.rule_set));
        self.classes.iter().for_each(|class| page.row(&class.row));
        if !self.in_force {
            page.gap();
            page.say(&Sentence::new("deadline.differs").with("rule_set", &self.rule_set));
            self.differences.iter().for_each(|said| said.lines(page));
        }
        page.gap();
        for class in &self.classes {
            page.row(&class.reason);
            page.row(&class.reason_en);
        }
        if let (Some(ja), Some(en)) =
            (&self.assessment.class_reason, &self.assessment.class_reason_en)
        {
            page.gap();
            page.row(&format!("→ {ja}"));
            page.row(&format!("→ {en}"));
        }
        if let Some(time) = &self.acknowledged {
            page.say(&Sentence::new("deadline.acknowledged").with("time", time));
        }
        if !self.notes.is_empty() {
            page.gap();
            page.say(&Sentence::new("deadline.notes"));
            for note in &self.notes {
                page.row(&format!("  {} {}", if note.missing { "□" } else { "・" }, note.said.ja));
                page.row(&format!("     {}", note.said.en));
            }
        }
        if !self.others.is_empty() {
            page.gap();
            page.say(&Sentence::new("deadline.others"));
            self.others.iter().for_each(|other| page.row(&other.row));
        }
        page.gap();
        page.say(&Sentence::new("deadline.only-times"));
    }
}

impl ShownSaid {
    fn lines(&self, page: &mut Page) {
        page.row(&format!("  {}", self.ja));
        page.row(&format!("  {}", self.en));
    }
}
