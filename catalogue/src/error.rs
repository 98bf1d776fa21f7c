//! What is wrong with a filled form. The texts for people are in `message.rs`. No error holds what
//! was typed into a field: errors are copied into logs, and fields are about patients.

use crate::DateFault;

/// The format of a filled form.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// JSON (RFC 8259).
    Json,
    /// TOML 1.0.
    Toml,
}

impl Format {
    /// The name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::Toml => "TOML",
        }
    }
}

/// A filled form is refused: who wrote it is at fault, and [`FormError::message`] tells what to do.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", self.message().en())]
pub enum FormError {
    /// A key stands twice.
    DuplicateKey {
        /// The key, fit for a message.
        key: String,
    },
    /// A field's value is refused.
    Field(Box<FieldError>),
    /// `form` is missing.
    MissingForm,
    /// The document is not a map.
    NotMap,
    /// `form` or `version` is not text.
    NotText {
        /// Which.
        key: &'static str,
    },
    /// The bytes are not UTF-8.
    NotUtf8,
    /// Neither TOML nor JSON, respectively.
    Syntax {
        /// What it should be.
        format: Format,
        /// From 1.
        line: usize,
        /// From 1, about.
        column: usize,
    },
    /// The file, or its canonical JSON, is larger than
    /// [`MAX_FILE_BYTES`](crate::limits::MAX_FILE_BYTES).
    TooLarge {
        /// How large.
        bytes: usize,
    },
    /// The form has no such field.
    UnknownField {
        /// The form.
        form: String,
        /// The key, fit for a message.
        key: String,
        /// The field that may be meant: id and label.
        nearest: Option<(String, String)>,
    },
    /// The catalogue has no such form.
    UnknownForm {
        /// The form asked for, fit for a message.
        form: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A key beside `form`, `version` and `values`.
    UnknownKey {
        /// The key, fit for a message.
        key: String,
    },
    /// `values` is not a map.
    ValuesNotMap,
    /// The form has no such version.
    WrongVersion {
        /// The form.
        form: String,
        /// The version in the file, fit for a message.
        given: String,
        /// The versions of the catalogue.
        known: Vec<String>,
    },
}

impl FormError {
    /// A stable word for programs, such as `not-an-option`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DuplicateKey { .. } => "duplicate-key",
            Self::Field(error) => error.fault.code(),
            Self::MissingForm => "missing-form",
            Self::NotMap => "not-a-map",
            Self::NotText { .. } => "not-text",
            Self::NotUtf8 => "not-utf-8",
            Self::Syntax { .. } => "syntax",
            Self::TooLarge { .. } => "too-large",
            Self::UnknownField { .. } => "unknown-field",
            Self::UnknownForm { .. } => "unknown-form",
            Self::UnknownKey { .. } => "unknown-key",
            Self::ValuesNotMap => "values-not-a-map",
            Self::WrongVersion { .. } => "wrong-version",
        }
    }

    /// The field at fault, if it is one.
    pub fn field(&self) -> Option<&FieldError> {
        match self {
            Self::Field(error) => Some(error),
            _ => None,
        }
    }
}

/// A field and what is wrong with its value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldError {
    /// Id of the field.
    pub id: String,
    /// Its printed label.
    pub label_ja: String,
    /// Its English gloss.
    pub label_en: String,
    /// What is wrong.
    pub fault: Fault,
}

/// What can be wrong with a field's value. Rows and positions count from 1; they
/// never quote the value itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Fault {
    /// Not a date.
    BadDate(DateFault),
    /// Not a date with a time of day.
    BadDateTime,
    /// Not a plain file name.
    BadFileName {
        /// Which of the names.
        position: usize,
    },
    /// Not a number in range with at most two decimals.
    BadNumber,
    /// Neither an institution number nor a name.
    BadOrg,
    /// Not a telephone number.
    BadPhone,
    /// Not a time of day.
    BadTime,
    /// An item stands twice.
    Duplicate {
        /// Which of the items.
        position: usize,
    },
    /// A character that could mislead the reader or their terminal.
    ForbiddenCharacter {
        /// Its Unicode scalar value.
        character: u32,
    },
    /// A line break in a text of one line.
    LineBreak,
    /// Not one of the options.
    NotAnOption {
        /// The options.
        options: Vec<String>,
    },
    /// The range ends before it begins.
    RangeReversed,
    /// A row has more cells than the table has columns.
    RowTooLong {
        /// Which row.
        row: usize,
        /// The columns.
        columns: Vec<String>,
    },
    /// A printed sentence takes no value.
    StaticValue,
    /// More characters than the limit.
    TooLong {
        /// The limit.
        limit: usize,
        /// How many there are.
        actual: usize,
    },
    /// More rows or files than the limit.
    TooMany {
        /// The limit.
        limit: usize,
        /// How many there are.
        actual: usize,
    },
    /// A key that this table, grid, range or institution does not have.
    UnknownPart {
        /// The key, fit for a message.
        key: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A value of another type.
    WrongType {
        /// The field's type by its name in the data.
        expected: &'static str,
    },
}

impl Fault {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadDate(DateFault::NoSuchDay) => "no-such-day",
            Self::BadDate(DateFault::NotDate) => "not-a-date",
            Self::BadDate(DateFault::OtherEra { .. }) => "other-era",
            Self::BadDate(DateFault::OutOfRange) => "date-out-of-range",
            Self::BadDateTime => "not-a-date-with-time",
            Self::BadFileName { .. } => "bad-file-name",
            Self::BadNumber => "bad-number",
            Self::BadOrg => "bad-institution",
            Self::BadPhone => "bad-telephone-number",
            Self::BadTime => "not-a-time",
            Self::Duplicate { .. } => "duplicate",
            Self::ForbiddenCharacter { .. } => "forbidden-character",
            Self::LineBreak => "line-break",
            Self::NotAnOption { .. } => "not-an-option",
            Self::RangeReversed => "range-reversed",
            Self::RowTooLong { .. } => "row-too-long",
            Self::StaticValue => "no-value-here",
            Self::TooLong { .. } => "too-long",
            Self::TooMany { .. } => "too-many",
            Self::UnknownPart { .. } => "unknown-part",
            Self::WrongType { .. } => "wrong-type",
        }
    }
}
