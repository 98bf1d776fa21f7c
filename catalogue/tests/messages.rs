//! Every error of a filled form as people read it, in both languages.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;

use tsumugu_catalogue::{Catalogue, Draft, FilledForm, FormError, Format, limits, parse_filled};

const SHEET: &str = "mhlw-admission-info-r6";

/// Every code of an error, so that none is left out below.
const CODES: [&str; 33] = [
    "bad-file-name",
    "bad-institution",
    "bad-number",
    "bad-telephone-number",
    "date-out-of-range",
    "duplicate",
    "duplicate-key",
    "forbidden-character",
    "line-break",
    "missing-form",
    "no-such-day",
    "no-value-here",
    "not-a-date",
    "not-a-date-with-time",
    "not-a-map",
    "not-a-time",
    "not-an-option",
    "not-text",
    "not-utf-8",
    "other-era",
    "range-reversed",
    "row-too-long",
    "syntax",
    "too-large",
    "too-long",
    "too-many",
    "unknown-field",
    "unknown-form",
    "unknown-key",
    "unknown-part",
    "values-not-a-map",
    "wrong-type",
    "wrong-version",
];

/// A form with the types that the built-in forms do not use.
const RANGE_FORM: &str = r#"
id = "range"
kind = "notice"
title_ja = "期間"
title_en = "Range"
version = "1"
edition = "初版"
issuer = "市"
direction = "both"
pages = 0
legal_status = "任意"
provenance = "案"

[[section]]
id = "body"
title_ja = "本文"
title_en = "Body"
fields = [
  { id = "stay", label_ja = "入院期間", label_en = "Stay", type = "daterange", required = "opt", source = "P" },
]
"#;

fn toml(bytes: impl AsRef<[u8]>) -> FormError {
    parse_filled(bytes.as_ref(), Format::Toml).unwrap_err()
}

fn sheet(line: &str) -> FormError {
    of_form(SHEET, line)
}

fn of_form(form: &str, line: &str) -> FormError {
    toml(format!("form = \"{form}\"\n[values]\n{line}\n"))
}

fn range(line: &str) -> FormError {
    let catalogue = Draft::parse(&[("range.toml", RANGE_FORM)]).unwrap().into_catalogue().unwrap();
    let text = format!("form = \"range\"\n[values]\n{line}\n");
    catalogue.parse_filled(text.as_bytes(), Format::Toml).unwrap_err()
}

fn errors() -> Vec<FormError> {
    let long = |n: usize| "あ".repeat(n + 1);
    vec![
        toml(vec![b'#'; limits::MAX_FILE_BYTES + 1]),
        toml(b"form = \"\x82\xa0\""),
        toml("form = \"x\n"),
        parse_filled(b"{\"form\" 1}", Format::Json).unwrap_err(),
        toml("form = \"x\"\nform = \"y\""),
        parse_filled(b"[]", Format::Json).unwrap_err(),
        toml("name = \"x\"\nform = \"x\""),
        toml("[values]"),
        toml("form = 3"),
        toml("form = \"mhlw\""),
        toml(format!("form = \"{SHEET}\"\nversion = 6")),
        toml(format!("form = \"{SHEET}\"\nversion = \"R3\"")),
        toml(format!("form = \"{SHEET}\"\nvalues = 3")),
        sheet("colour = \"赤\""),
        sheet("nmae = \"花子\""),
        sheet("\"患者氏名\" = \"花子\""),
        sheet("consent_line = \"はい\""),
        // Values of every type of field, wrong.
        sheet("drug_notebook = 1"),
        sheet("alone_daytime = \"はい\""),
        sheet("gp_method = \"通院\""),
        sheet("sex = 2"),
        sheet("dob = 1942"),
        range("stay = 3"),
        of_form("notice-conference", "held_at = 3"),
        of_form("nagareyama-renkei", "adl = \"自立\""),
        sheet("age = true"),
        sheet("to_org = 1210000001"),
        sheet("tel = 0470005678"),
        sheet("other_doctors = \"歯科\""),
        sheet("name = 3"),
        sheet("life_history = [\"a\"]"),
        sheet("meal_time_am = 7"),
        sheet("drug_notebook = [\"a.pdf\", \"../b.pdf\"]"),
        sheet("gp_method = [\"通院\", \"通院\"]"),
        sheet("sex = \"女性\""),
        sheet("dob = \"昔\""),
        sheet("dob = \"令和8年2月30日\""),
        sheet("dob = \"昭和64年1月8日\""),
        sheet("dob = \"1850-01-01\""),
        range("stay = { from = \"R8.11.22\", to = \"R8.11.1\" }"),
        range("stay = { since = \"R8.11.22\" }"),
        of_form("notice-conference", "held_at = \"2026-11-22\""),
        of_form("nagareyama-renkei", "adl = { \"入眠\" = \"自立\" }"),
        sheet("age = -1"),
        sheet("to_org = { number = \"121\" }"),
        sheet("tel = \"自宅\""),
        sheet("acp_family = [[\"花子\", \"妻\", \"80\"]]"),
        sheet("acp_family = [{ \"年齢\" = \"80\" }]"),
        sheet(&format!("acp_family = [{}]", "[\"花子\"],".repeat(limits::MAX_TABLE_ROWS + 1))),
        sheet("name = \"花\\n子\""),
        sheet("name = \"花\\u001b[2J子\""),
        sheet(&format!("name = \"{}\"", long(limits::MAX_TEXT_CHARS))),
        sheet(&format!("life_history = \"{}\"", long(limits::MAX_TEXTAREA_CHARS))),
        sheet("meal_time_am = \"24:00\""),
    ]
}

#[test]
fn every_error_reads_well_in_both_languages() {
    let mut report = String::new();
    let mut seen = BTreeSet::new();
    for error in errors() {
        let message = error.message();
        assert_eq!(error.to_string(), message.en());
        seen.insert(error.code());
        report.push_str(&format!("{}\n  {}\n  {}\n", error.code(), message.ja(), message.en()));
    }
    assert_eq!(seen, BTreeSet::from(CODES));
    insta::assert_snapshot!(report);
}

#[test]
fn errors_of_fields_name_them_and_never_quote_the_value() {
    let error = sheet("dob = \"ひみつの日\"");
    let field = error.field().unwrap();
    assert_eq!((field.id.as_str(), field.label_ja.as_str()), ("dob", "生年月日"));
    for text in [error.message().ja(), error.message().en()] {
        assert!(text.contains("dob") && text.contains("生年月日") && !text.contains("ひみつ"));
    }
}

#[test]
fn texts_at_their_limit_are_accepted() {
    let accepted = |line: String| {
        let text = format!("form = \"{SHEET}\"\n[values]\n{line}\n");
        parse_filled(text.as_bytes(), Format::Toml)
    };
    assert!(accepted(format!("name = \"{}\"", "髙".repeat(limits::MAX_TEXT_CHARS))).is_ok());
    let text = "𠮷".repeat(limits::MAX_TEXTAREA_CHARS);
    assert!(accepted(format!("life_history = \"{text}\"")).is_ok());
    let rows = "[\"花子\"],".repeat(limits::MAX_TABLE_ROWS);
    assert!(accepted(format!("acp_family = [{rows}]")).is_ok());
}

#[test]
fn a_file_at_its_limit_is_accepted_and_a_form_beyond_it_is_not() {
    let head = format!("form = \"{SHEET}\"\n#");
    let fill = "x".repeat(limits::MAX_FILE_BYTES - head.len());
    assert!(parse_filled(format!("{head}{fill}").as_bytes(), Format::Toml).is_ok());

    // Three bytes in UTF-8: every cell keeps its limit, all of them together do not.
    let cell = "あ".repeat(limits::MAX_TEXT_CHARS);
    let rows = |columns: usize| {
        serde_json::json!(vec![vec![cell.as_str(); columns]; limits::MAX_TABLE_ROWS])
    };
    let mut filled: FilledForm = Catalogue::built_in().empty(SHEET).unwrap();
    filled.set("other_doctors", &rows(1)).unwrap();
    let error = filled.set("other_doctors", &rows(2)).unwrap_err();
    assert_eq!(error.code(), "too-large");
    let back = parse_filled(filled.to_json().to_string().as_bytes(), Format::Json);
    assert_eq!(back, Ok(filled));
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let text = format!("\u{feff}form = \"{SHEET}\"\r\n[values]\r\nname = \"髙﨑\"\r\n");
    assert!(parse_filled(text.as_bytes(), Format::Toml).is_ok());
}
