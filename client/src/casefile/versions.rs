//! Dates that move: what letters said of the discharge and of the conference, every version kept.

use tsumugu_catalogue::deadline::When;
use tsumugu_catalogue::{FilledForm, Value};
use tsumugu_trust::value::{Id, Time};

use super::letter::CaseLetter;

/// What one letter said of a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DateVersion {
    /// The letter's 区分, such as 見込み, 決定, 変更, 延期, 取消.
    pub(crate) status: String,
    /// The date; nothing where it is not fixed yet or the letter left it empty.
    pub(crate) when: Option<When>,
    /// Who said so.
    pub(crate) by: Id,
    /// The letter: sender and message.
    pub(crate) letter: (Id, Id),
    /// Index of the letter's leaf.
    pub(crate) index: u64,
    /// When the exchange logged the letter.
    pub(crate) logged: Time,
    /// Whether it is the newest one that counts; at most one is.
    pub(crate) newest: bool,
}

impl DateVersion {
    /// Whether it says that there is no date any more (取消, 中止).
    pub(crate) fn is_off(&self) -> bool {
        matches!(self.status.as_str(), "取消" | "中止")
    }

    /// Whether it is fixed, not only expected (見込み) or being arranged (日程調整).
    pub(crate) fn is_fixed(&self) -> bool {
        !self.is_off()
            && !matches!(self.status.as_str(), "見込み" | "日程調整")
            && self.when.is_some()
    }
}

/// Versions of the day of discharge (退院予定日).
pub(super) fn discharge(letters: &[CaseLetter]) -> Vec<DateVersion> {
    versions(letters, "notice-discharge-date", |form| match form.value("date_out")? {
        Value::Date(day) => Some(When::on(*day)),
        _ => None,
    })
}

/// Versions of the conference (退院前カンファレンス). An answer whether somebody attends is none.
pub(super) fn conference(letters: &[CaseLetter]) -> Vec<DateVersion> {
    versions(letters, "notice-conference", |form| match form.value("held_at")? {
        // In Japan's time, whatever zone the form told.
        Value::DateTime(moment) => When::parse(&moment.to_string()).ok(),
        _ => None,
    })
}

/// The letters come in log order. A letter that was corrected or withdrawn stays, and is not the newest.
fn versions(
    letters: &[CaseLetter],
    form: &str,
    when: impl Fn(&FilledForm) -> Option<When>,
) -> Vec<DateVersion> {
    let newest =
        letters.iter().rev().find(|letter| letter.is_current() && said(letter, form).is_some());
    let newest = newest.map(|letter| letter.index);
    let version = |letter: &CaseLetter| {
        let (filled, status) = said(letter, form)?;
        Some(DateVersion {
            status,
            when: when(filled),
            by: letter.from,
            letter: (letter.from, letter.id),
            index: letter.index,
            logged: letter.accepted,
            newest: newest == Some(letter.index),
        })
    };
    letters.iter().filter_map(version).collect()
}

/// The form with its 区分; without one, or with somebody's 出欠, a letter says nothing of a date.
fn said<'a>(letter: &'a CaseLetter, form: &str) -> Option<(&'a FilledForm, String)> {
    let filled = letter.form.as_ref().filter(|filled| filled.form().id == form)?;
    if filled.value("reply").is_some() {
        return None;
    }
    match filled.value("status")? {
        Value::Choice(status) => Some((filled, status.clone())),
        _ => None,
    }
}
