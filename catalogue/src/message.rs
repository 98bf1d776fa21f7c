//! The errors of filled forms for people: what is wrong, and what to do about it, in Japanese and
//! English.

use crate::{
    DateFault, Fault, FormError, Format,
    limits::{
        MAX_FILE_BYTES, MAX_FILE_NAME_BYTES, MAX_PHONE_DIGITS, MIN_PHONE_DIGITS, ORG_NUMBER_DIGITS,
    },
};

/// What is wrong, and what to do, in both languages; whole sentences.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// What is wrong, in Japanese.
    pub fault_ja: String,
    /// What to do, in Japanese.
    pub remedy_ja: String,
    /// What is wrong, in English.
    pub fault_en: String,
    /// What to do, in English.
    pub remedy_en: String,
}

impl Message {
    /// Fault and remedy in Japanese.
    pub fn ja(&self) -> String {
        format!("{}{}", self.fault_ja, self.remedy_ja)
    }

    /// Fault and remedy in English.
    pub fn en(&self) -> String {
        format!("{} {}", self.fault_en, self.remedy_en)
    }

    pub(crate) fn new(
        (fault_ja, remedy_ja): (impl Into<String>, impl Into<String>),
        (fault_en, remedy_en): (impl Into<String>, impl Into<String>),
    ) -> Self {
        Self {
            fault_ja: fault_ja.into(),
            remedy_ja: remedy_ja.into(),
            fault_en: fault_en.into(),
            remedy_en: remedy_en.into(),
        }
    }
}

impl FormError {
    /// The error for people.
    pub fn message(&self) -> Message {
        match self {
            Self::DuplicateKey { key } => Message::new(
                (
                    format!("項目名「{key}」が2回書かれています。"),
                    "どちらか一方だけを残してください。",
                ),
                (format!("The key `{key}` stands twice."), "Keep only one of the two."),
            ),
            Self::Field(error) => {
                let Message { fault_ja, remedy_ja, fault_en, remedy_en } = error.fault.message();
                let (id, ja, en) = (&error.id, &error.label_ja, &error.label_en);
                Message::new(
                    (format!("項目 {id}(「{ja}」)に誤りがあります: {fault_ja}"), remedy_ja),
                    (format!("Field `{id}` ({ja}, {en}): {fault_en}"), remedy_en),
                )
            }
            Self::MissingForm => Message::new(
                (
                    "様式の指定がありません。",
                    "先頭に form = \"mhlw-admission-info-r6\" のように様式名を書いてください。",
                ),
                (
                    "The form is not named.",
                    "Put the form's name first, such as form = \"mhlw-admission-info-r6\".",
                ),
            ),
            Self::NotMap => Message::new(
                (
                    "ファイル全体が { } で囲まれたJSONではありません。",
                    "{\"form\": …, \"values\": {…}} の形にしてください。",
                ),
                (
                    "The file is not a JSON object.",
                    "Give it the shape {\"form\": ..., \"values\": {...}}.",
                ),
            ),
            Self::NotText { key } => Message::new(
                (format!("{key} が文字列ではありません。"), "引用符で囲んでください。"),
                (format!("`{key}` is not a text."), "Put it in quotation marks."),
            ),
            Self::NotUtf8 => Message::new(
                (
                    "ファイルの文字コードがUTF-8ではありません。",
                    "「名前を付けて保存」で文字コードにUTF-8を選び、保存し直してください。",
                ),
                (
                    "The file is not encoded in UTF-8.",
                    "Save it again, choosing UTF-8 as the encoding.",
                ),
            ),
            Self::Syntax { format, line, column } => {
                let name = format.name();
                let (also_ja, also_en) = match format {
                    Format::Json => ("", ""),
                    Format::Toml => (
                        "電話番号や日付は引用符で囲みます。",
                        " Telephone numbers and dates want quotation marks.",
                    ),
                };
                Message::new(
                    (
                        format!("{line}行目の{column}文字目あたりが{name}として読めません。"),
                        format!(
                            "引用符、かっこ、「=」や「,」の抜けがないか確かめてください。{also_ja}"
                        ),
                    ),
                    (
                        format!("This is not {name}, near line {line}, column {column}."),
                        format!("Look for a missing quotation mark, bracket, `=` or `,`.{also_en}"),
                    ),
                )
            }
            Self::TooLarge { bytes } => {
                let limit = MAX_FILE_BYTES / 1024;
                Message::new(
                    (
                        format!("ファイルが大きすぎます({bytes}バイト、上限{limit}KiB)。"),
                        "長い文章や資料は添付ファイルにしてください。",
                    ),
                    (
                        format!("The file is too large ({bytes} bytes, the limit is {limit} KiB)."),
                        "Send long texts and papers as attachments.",
                    ),
                )
            }
            Self::UnknownField { form, key, nearest } => {
                let (remedy_ja, remedy_en) = match nearest {
                    Some((id, label)) => (
                        format!("{id}(「{label}」)のことではありませんか。"),
                        format!("Is `{id}` ({label}) meant?"),
                    ),
                    None => (
                        format!("tsumugu forms show {form} で項目名を確かめてください。"),
                        format!("See `tsumugu forms show {form}` for the fields."),
                    ),
                };
                Message::new(
                    (format!("様式 {form} に項目「{key}」はありません。"), remedy_ja),
                    (format!("The form {form} has no field `{key}`."), remedy_en),
                )
            }
            Self::UnknownForm { form, known } => Message::new(
                (
                    format!("様式「{form}」はありません。"),
                    format!("次のどれかにしてください: {}。", known.join("、")),
                ),
                (
                    format!("There is no form `{form}`."),
                    format!("Use one of these: {}.", known.join(", ")),
                ),
            ),
            Self::UnknownKey { key } => Message::new(
                (
                    format!("「{key}」はここには書けません。"),
                    "項目の値は [values] の下に書いてください。",
                ),
                (
                    format!("`{key}` does not belong here."),
                    "Put the values of fields under [values].",
                ),
            ),
            Self::ValuesNotMap => Message::new(
                (
                    "values が項目の一覧ではありません。",
                    "[values] の下に項目を1行ずつ書いてください。",
                ),
                ("`values` is not a list of fields.", "Put the fields under [values], one a line."),
            ),
            Self::WrongVersion { form, given, known } => {
                let known = known.join(", ");
                Message::new(
                    (
                        format!("様式 {form} の版「{given}」はありません(ある版: {known})。"),
                        format!(
                            "tsumugu forms template {form} で今の版のひな形を作り、移してください。"
                        ),
                    ),
                    (
                        format!("The form {form} has no version `{given}` (there is: {known})."),
                        format!(
                            "Make a new file with `tsumugu forms template {form}` and move the values."
                        ),
                    ),
                )
            }
        }
    }
}

impl Fault {
    /// The fault for people, without the field's name.
    pub fn message(&self) -> Message {
        match self {
            Self::BadDate(fault) => date_message(fault),
            Self::BadDateTime => Message::new(
                (
                    "日時として読めません。",
                    "2026-11-22T09:30 または 令和8年11月22日 9時30分 のように、分まで書いてください(24時は翌日の0時)。",
                ),
                (
                    "This is not a date with a time of day.",
                    "Write it to the minute, such as 2026-11-22T09:30 or 令和8年11月22日 9時30分 (24:00 is 00:00 of the next day).",
                ),
            ),
            Self::BadFileName { position } => Message::new(
                (
                    format!("{position}番目のファイル名は使えません。"),
                    format!(
                        "フォルダーや記号(/ \\ : * ? \" < > |)を含まない、{MAX_FILE_NAME_BYTES}バイト以内の名前にしてください。"
                    ),
                ),
                (
                    format!("File name {position} cannot be used."),
                    format!(
                        "Use a plain name of at most {MAX_FILE_NAME_BYTES} bytes, without a folder and without / \\ : * ? \" < > |."
                    ),
                ),
            ),
            Self::BadNumber => Message::new(
                ("使える数ではありません。", "0から999999.99まで、小数は2桁までで書いてください。"),
                (
                    "This number cannot be used.",
                    "Write a number from 0 to 999999.99 with at most two decimals.",
                ),
            ),
            Self::BadOrg => Message::new(
                (
                    "機関の番号または名称として読めません。",
                    format!(
                        "番号は{ORG_NUMBER_DIGITS}桁の数字を引用符で囲み、名称は文字で書いてください。"
                    ),
                ),
                (
                    "This is neither an institution number nor a name.",
                    format!(
                        "Write the number as {ORG_NUMBER_DIGITS} digits in quotation marks, the name as text."
                    ),
                ),
            ),
            Self::BadPhone => Message::new(
                (
                    "電話番号として読めません。",
                    format!(
                        "04-7000-1234 のように、{MIN_PHONE_DIGITS}桁から{MAX_PHONE_DIGITS}桁の数字で1つだけ書いてください(内線は「04-7000-1234 内線12」)。"
                    ),
                ),
                (
                    "This is not a telephone number.",
                    format!(
                        "Write one number of {MIN_PHONE_DIGITS} to {MAX_PHONE_DIGITS} digits, such as 04-7000-1234 (with an extension: 04-7000-1234 内線12)."
                    ),
                ),
            ),
            Self::BadTime => Message::new(
                (
                    "時刻として読めません。",
                    "7:30 または 7時30分 のように書いてください(0:00から23:59まで)。",
                ),
                ("This is not a time of day.", "Write it as 7:30 or 7時30分, from 0:00 to 23:59."),
            ),
            Self::Duplicate { position } => Message::new(
                (format!("{position}番目が重複しています。"), "重複を消してください。"),
                (format!("Item {position} stands twice."), "Remove one of the two."),
            ),
            Self::ForbiddenCharacter { character } => Message::new(
                (
                    format!("使えない制御文字(U+{character:04X})が含まれています。"),
                    "その文字を消して入力し直してください。",
                ),
                (
                    format!("It holds the control character U+{character:04X}."),
                    "Remove the character and type the text again.",
                ),
            ),
            Self::LineBreak => Message::new(
                ("1行の項目に改行があります。", "改行を消して1行にしてください。"),
                ("There is a line break in a field of one line.", "Remove the line break."),
            ),
            Self::NotAnOption { options } => Message::new(
                ("選択肢にない値です。", format!("次から選んでください: {}。", options.join("、"))),
                ("The value is not an option.", format!("Choose from: {}.", options.join(", "))),
            ),
            Self::RangeReversed => Message::new(
                ("期間の終わりが始まりより前です。", "始まりと終わりの日付を確かめてください。"),
                ("The range ends before it begins.", "Look at the two dates again."),
            ),
            Self::RowTooLong { row, columns } => Message::new(
                (
                    format!("{row}行目の値が列の数より多くあります。"),
                    format!("列は {} です。", columns.join("、")),
                ),
                (
                    format!("Row {row} has more cells than the table has columns."),
                    format!("The columns are: {}.", columns.join(", ")),
                ),
            ),
            Self::StaticValue => Message::new(
                ("印刷用の定型文なので値は書けません。", "この行を消してください。"),
                ("This is a printed sentence and takes no value.", "Remove the line."),
            ),
            Self::TooLong { limit, actual } => Message::new(
                (
                    format!("長すぎます({actual}文字、上限{limit}文字)。"),
                    "短くするか、添付ファイルにしてください。",
                ),
                (
                    format!("The text is too long ({actual} characters, the limit is {limit})."),
                    "Shorten it, or send it as an attachment.",
                ),
            ),
            Self::TooMany { limit, actual } => Message::new(
                (
                    format!("多すぎます({actual}件、上限{limit}件)。"),
                    "減らすか、添付ファイルにまとめてください。",
                ),
                (
                    format!("There are too many ({actual}, the limit is {limit})."),
                    "Send fewer, or put them into one attachment.",
                ),
            ),
            Self::UnknownPart { key, known } => Message::new(
                (
                    format!("「{key}」はこの項目にありません。"),
                    format!("使えるのは {} です。", known.join("、")),
                ),
                (format!("There is no `{key}` in it."), format!("Use: {}.", known.join(", "))),
            ),
            Self::WrongType { expected } => wrong_type(expected),
        }
    }
}

fn date_message(fault: &DateFault) -> Message {
    const REMEDY_JA: &str =
        "2026-11-22 または 令和8年11月22日 または R8.11.22 のように書いてください。";
    const REMEDY_EN: &str = "Write it as 2026-11-22, 令和8年11月22日 or R8.11.22.";
    match fault {
        DateFault::NoSuchDay => Message::new(
            ("暦にない日付です。", "月と日を確かめてください。"),
            ("The calendar has no such day.", "Look at the month and the day again."),
        ),
        DateFault::NotDate => {
            Message::new(("日付として読めません。", REMEDY_JA), ("This is not a date.", REMEDY_EN))
        }
        DateFault::OtherEra { actual } => Message::new(
            ("元号と年月日が合いません。", format!("その日は{actual}です。")),
            ("The day is not in that era.", format!("The day is {actual}.")),
        ),
        DateFault::OutOfRange => Message::new(
            ("1873年から2199年までの日付ではありません。", "年を確かめてください。"),
            ("The date is not between 1873 and 2199.", "Look at the year again."),
        ),
    }
}

/// What a value of this type looks like.
fn wrong_type(expected: &'static str) -> Message {
    let (ja, en) = match expected {
        "attachment" => {
            ("[\"計画書.pdf\"] のようにファイル名の一覧", "file names, such as [\"plan.pdf\"]")
        }
        "boolean" => ("true か false", "true or false"),
        "checklist" => (
            "[\"杖\", \"歩行器\"] のように選択肢の一覧",
            "a list of options, such as [\"杖\", \"歩行器\"]",
        ),
        "choice" => ("引用符で囲んだ選択肢ひとつ", "one option in quotation marks"),
        "date" => ("\"2026-11-22\" のような日付", "a date, such as \"2026-11-22\""),
        "daterange" => (
            "{ from = \"2026-01-01\", to = \"2026-12-31\" } のような期間",
            "a range, such as { from = \"2026-01-01\", to = \"2026-12-31\" }",
        ),
        "datetime" => {
            ("\"2026-11-22T09:30\" のような日時", "a date and time, such as \"2026-11-22T09:30\"")
        }
        "grid" => (
            "{ \"移動\" = \"自立\" } のように行ごとの選択肢",
            "an option by row, such as { \"移動\" = \"自立\" }",
        ),
        "number" => ("82 のような数", "a number, such as 82"),
        "org" => (
            "引用符で囲んだ機関番号または名称",
            "an institution's number or name in quotation marks",
        ),
        "phone" => {
            ("\"04-7000-1234\" のような電話番号", "a telephone number, such as \"04-7000-1234\"")
        }
        "table" => (
            "[[\"1\", \"花子\"]] または [{ \"氏名\" = \"花子\" }] のような行の一覧",
            "rows, such as [[\"1\", \"花子\"]] or [{ \"氏名\" = \"花子\" }]",
        ),
        "time" => ("\"7:30\" のような時刻", "a time of day, such as \"7:30\""),
        _ => ("引用符で囲んだ文字", "a text in quotation marks"),
    };
    Message::new(
        ("値の型が違います。", format!("{ja}を書いてください。")),
        ("The value is of the wrong type.", format!("Write {en}.")),
    )
}
