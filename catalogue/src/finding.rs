//! What can be wrong with a catalogue's data.

use std::fmt;

/// One thing that is wrong with a catalogue, and where.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Finding {
    /// Where: ids joined by `/`, such as `form/field`.
    pub place: String,
    /// What.
    pub problem: Problem,
}

impl Finding {
    pub(crate) fn new(place: impl Into<String>, problem: Problem) -> Self {
        Self { place: place.into(), problem }
    }

    /// The finding in Japanese; [`Display`](fmt::Display) has it in English.
    pub fn ja(&self) -> String {
        format!("{}: {}", self.place, self.problem.ja())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

/// The kinds of finding.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// An id holds something else than lower-case ASCII letters, digits, `_` and `-`.
    #[error("the id is not made of a-z, 0-9, _ and -")]
    BadId,
    /// A cited source is not in `sources.toml`.
    #[error("the source {0} is cited but not listed")]
    DanglingCite(String),
    /// A condition names a field that the form does not have.
    #[error("the condition names the field {0}, which the form does not have")]
    DanglingCondition(String),
    /// `options_from` names a list that `codes.toml` does not have.
    #[error("options_from names the list {0}, which codes.toml does not have")]
    DanglingList(String),
    /// An id stands twice where it must be unique.
    #[error("the id stands twice")]
    DuplicateId,
    /// An option, column or row stands twice.
    #[error("{what} has {item} twice")]
    DuplicateItem {
        /// Which list of the field.
        what: &'static str,
        /// What stands twice.
        item: String,
    },
    /// A form without a section, or a section without a field.
    #[error("there is no {0} in it")]
    Empty(&'static str),
    /// A list of options, columns, rows or conditions has no item, or an empty one.
    #[error("{0} has no items, or an empty one")]
    EmptyItems(&'static str),
    /// A text that must not be empty is.
    #[error("{0} is empty")]
    EmptyText(&'static str),
    /// A condition names a field that comes later, or the field itself.
    #[error("the condition names the field {0}, which does not come before")]
    ForwardCondition(String),
    /// A code is given to an option that the list does not have.
    #[error("there is a code for {0}, which is not an option of the list")]
    LostCode(String),
    /// A key that the type needs is missing.
    #[error("a {ty} needs {key}")]
    MissingKey {
        /// The field's type.
        ty: &'static str,
        /// The key.
        key: &'static str,
    },
    /// An English gloss is not ASCII.
    #[error("{0} is not ASCII")]
    NotAscii(&'static str),
    /// A key that the type has no use for.
    #[error("a {ty} has no {key}")]
    SpareKey {
        /// The field's type.
        ty: &'static str,
        /// The key.
        key: &'static str,
    },
    /// Whether a field for everyone applies would tell the content of one for staff only.
    #[error("the condition would show what is in {0}, which is for staff only")]
    StaffOnlyLeak(String),
    /// A condition names a field that is neither a choice nor a checklist.
    #[error("the condition names the field {0}, which is neither a choice nor a checklist")]
    UnfitCondition(String),
    /// A condition waits for an option that its field does not have.
    #[error("the condition waits for {option}, which is not an option of {field}")]
    UnknownConditionOption {
        /// The field of the condition.
        field: String,
        /// What it waits for.
        option: String,
    },
    /// Options here and from a list at once.
    #[error("there are both options and options_from")]
    TwoOptionLists,
    /// The type is not one of the known types.
    #[error("the type {0} is unknown")]
    UnknownType(String),
    /// A word that is not one of the known words of its key.
    #[error("{key} = {word} is unknown")]
    UnknownWord {
        /// The key.
        key: &'static str,
        /// The word.
        word: String,
    },
}

impl Problem {
    /// The problem in Japanese.
    pub fn ja(&self) -> String {
        match self {
            Self::BadId => "idに使えるのは a-z 0-9 _ - だけです".to_owned(),
            Self::DanglingCite(id) => format!("出典 {id} が sources.toml にありません"),
            Self::DanglingCondition(id) => format!("条件の項目 {id} がこの様式にありません"),
            Self::DanglingList(id) => format!("選択肢の一覧 {id} が codes.toml にありません"),
            Self::DuplicateId => "idが重複しています".to_owned(),
            Self::DuplicateItem { what, item } => format!("{what} の {item} が重複しています"),
            Self::Empty(what) => format!("{what} がひとつもありません"),
            Self::EmptyItems(what) => format!("{what} が空か、空の要素を含みます"),
            Self::EmptyText(what) => format!("{what} が空です"),
            Self::ForwardCondition(id) => format!("条件の項目 {id} がこの項目より前にありません"),
            Self::LostCode(option) => format!("コードのある {option} が選択肢にありません"),
            Self::MissingKey { ty, key } => format!("型 {ty} には {key} が必要です"),
            Self::NotAscii(what) => format!("{what} にASCII以外の文字があります"),
            Self::SpareKey { ty, key } => format!("型 {ty} に {key} は使えません"),
            Self::StaffOnlyLeak(id) => {
                format!("職員限りの項目 {id} の内容が、条件から分かってしまいます")
            }
            Self::TwoOptionLists => "options と options_from の両方があります".to_owned(),
            Self::UnfitCondition(id) => {
                format!("条件の項目 {id} は choice でも checklist でもありません")
            }
            Self::UnknownConditionOption { field, option } => {
                format!("条件の {option} は項目 {field} の選択肢にありません")
            }
            Self::UnknownType(ty) => format!("型 {ty} はありません"),
            Self::UnknownWord { key, word } => format!("{key} = {word} は使えません"),
        }
    }
}
