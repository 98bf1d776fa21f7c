//! What can be wrong with a file of the care plan standard. No text of it is quoted.

use crate::Message;

use super::{MAX_PLAN_BYTES, MAX_PLAN_COLUMNS, MAX_PLAN_ROWS};

/// Why a file is not read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CarePlanError {
    /// The name does not begin as one of the known files does.
    #[error("the file's name begins with none of {known:?}")]
    UnknownKind {
        /// How they begin.
        known: Vec<String>,
    },
    /// It is longer than [`MAX_PLAN_BYTES`].
    #[error("the file is too large")]
    TooLarge,
    /// It has more rows than [`MAX_PLAN_ROWS`], or a row more columns than [`MAX_PLAN_COLUMNS`].
    #[error("line {line}: too many rows or columns")]
    TooMany {
        /// The line.
        line: usize,
    },
    /// Bytes that are no character of MS932.
    #[error("line {line}, column {column}: not Shift_JIS (MS932)")]
    NotShiftJis {
        /// The line.
        line: usize,
        /// The column, in characters.
        column: usize,
    },
    /// A quote that is not closed, or stands where none may.
    #[error("line {line}, column {column}: a quote is not closed or misplaced")]
    Quotes {
        /// The line.
        line: usize,
        /// The column, in characters.
        column: usize,
    },
    /// A row has no 被保険者番号.
    #[error("line {line}: no number of the insured person")]
    NoPerson {
        /// The line.
        line: usize,
    },
    /// The file is about more than one person.
    #[error("line {line}: another person than before")]
    SeveralPersons {
        /// The first line about another one.
        line: usize,
    },
    /// There is no row of the person.
    #[error("no rows")]
    NoRows,
    /// A date is not eight digits of a day that there is.
    #[error("line {line}, column {column} ({name}): not a date")]
    BadDate {
        /// The line.
        line: usize,
        /// The place of the cell in the row, from 1.
        column: usize,
        /// The column's name.
        name: String,
    },
}

impl CarePlanError {
    /// What is wrong and what to do, in both languages.
    pub fn message(&self) -> Message {
        let again = (
            "介護ソフトからもう一度書き出してください。",
            "Write it out of the care software once more.",
        );
        let (ja, en, (remedy_ja, remedy_en)) = match self {
            Self::UnknownKind { known } => (
                format!(
                    "ファイルの名前が、知っている種類（{}）で始まっていません。",
                    known.join("、")
                ),
                format!("The file's name begins with none of {}.", known.join(", ")),
                (
                    "書き出されたときの名前に戻してください。",
                    "Give it back the name that it was written with.",
                ),
            ),
            Self::TooLarge => (
                format!("ファイルが {MAX_PLAN_BYTES} バイトを超えています。"),
                format!("The file has more than {MAX_PLAN_BYTES} bytes."),
                again,
            ),
            Self::TooMany { line } => (
                format!(
                    "{line}行目: 行が {MAX_PLAN_ROWS}、または列が {MAX_PLAN_COLUMNS} を超えています。"
                ),
                format!(
                    "Line {line}: more than {MAX_PLAN_ROWS} rows or {MAX_PLAN_COLUMNS} columns."
                ),
                again,
            ),
            Self::NotShiftJis { line, column } => (
                format!("{line}行目の{column}文字目が Shift_JIS（MS932）ではありません。"),
                format!("Line {line}, column {column} is not Shift_JIS (MS932)."),
                (
                    "ほかのソフトで保存し直したものなら、元のファイルを使ってください。",
                    "If another program saved it anew, use the file as it was written out.",
                ),
            ),
            Self::Quotes { line, column } => (
                format!(
                    "{line}行目の{column}文字目の引用符（\"）が閉じていないか、場所が誤っています。"
                ),
                format!("Line {line}, column {column}: a quote (\") is not closed or misplaced."),
                again,
            ),
            Self::NoPerson { line } => (
                format!("{line}行目に被保険者番号がありません。"),
                format!("Line {line} has no number of the insured person."),
                again,
            ),
            Self::SeveralPersons { line } => (
                format!("{line}行目から、別の利用者の行です。"),
                format!("From line {line} on the rows are about another client."),
                ("--insured で被保険者番号を選んでください。", "Choose the client by --insured."),
            ),
            Self::NoRows => (
                "その利用者の行がありません。".to_owned(),
                "There is no row of the client.".to_owned(),
                (
                    "ファイルと被保険者番号を確かめてください。",
                    "Look at the file, and at the number of the insured person.",
                ),
            ),
            Self::BadDate { line, column, name } => (
                format!("{line}行目の{column}列目（{name}）が、8桁の日付ではありません。"),
                format!("Line {line}, column {column} ({name}) is no date of eight digits."),
                again,
            ),
        };
        Message {
            fault_ja: ja,
            remedy_ja: remedy_ja.to_owned(),
            fault_en: en,
            remedy_en: remedy_en.to_owned(),
        }
    }
}
