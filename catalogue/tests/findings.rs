//! A spoilt catalogue for every finding.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use tsumugu_catalogue::{Catalogue, Draft, FilledForm, Format, Required};

const CODES: &str = r#"
[[list]]
id = "yes_no"
title_ja = "有無"
title_en = "Yes or no"
options = ["有", "無"]
codes = { "有" = "1" }
"#;

const SOURCES: &str = r#"
[[source]]
id = "paper"
what = "資料"
"#;

const FORM: &str = r#"
id = "small"
kind = "notice"
title_ja = "小さな様式"
title_en = "Small form"
version = "1"
edition = "初版"
issuer = "市"
direction = "both"
pages = 0
legal_status = "任意"
provenance = "案"
cites = ["paper"]

[[section]]
id = "body"
title_ja = "本文"
title_en = "Body"
fields = [
  { id = "fever", label_ja = "発熱", label_en = "Fever", type = "choice", options_from = "yes_no", required = "opt", source = "V" },
  { id = "fever_note", label_ja = "発熱の内容", label_en = "Fever: how", type = "text", required = "region", when = { field = "fever", any_of = ["有"] }, source = "P" },
  { id = "aids", label_ja = "補助具", label_en = "Aids", type = "checklist", options = ["杖", "車いす"], required = "opt", source = "K" },
  { id = "people", label_ja = "家族", label_en = "Family", type = "table", columns = ["氏名", "続柄"], required = "opt", source = "C" },
  { id = "adl", label_ja = "ADL", label_en = "ADL", type = "grid", rows = ["移動"], options = ["自立", "介助"], required = "opt", source = "P" },
  { id = "age", label_ja = "年齢", label_en = "Age", type = "number", unit = "才", required = "opt", source = "P" },
]
"#;

fn draft(codes: &str, sources: &str, form: &str) -> Draft {
    let files = [("codes.toml", codes), ("sources.toml", sources), ("notices/small.toml", form)];
    Draft::parse(&files).unwrap()
}

fn small() -> Catalogue {
    draft(CODES, SOURCES, FORM).into_catalogue().unwrap()
}

#[test]
fn the_sound_catalogue_has_no_findings() {
    assert_eq!(draft(CODES, SOURCES, FORM).check(), []);
    assert_eq!(small().check(), []);
}

#[test]
fn every_spoilt_catalogue_is_found() {
    let form = |from: &str, to: &str| {
        assert!(FORM.contains(from), "{from}");
        draft(CODES, SOURCES, &FORM.replacen(from, to, 1))
    };
    let codes = |from: &str, to: &str| {
        assert!(CODES.contains(from), "{from}");
        draft(&CODES.replacen(from, to, 1), SOURCES, FORM)
    };
    let twice = [("codes.toml", CODES), ("sources.toml", SOURCES), ("a", FORM), ("b", FORM)];
    let no_fields = format!("{}fields = []", FORM.split("fields = [").next().unwrap());
    let no_sections = FORM.split("[[section]]").next().unwrap();
    let spoilt = [
        ("id with capitals", form("\"aids\"", "\"Aids\"")),
        ("citation", form("cites = [\"paper\"]", "cites = [\"rumour\"]")),
        ("condition on nothing", form("field = \"fever\"", "field = \"cough\"")),
        ("list that is not there", form("\"yes_no\"", "\"maybe\"")),
        ("form twice", Draft::parse(&twice).unwrap()),
        ("field twice", form("\"people\"", "\"aids\"")),
        ("list twice", draft(&CODES.repeat(2), SOURCES, FORM)),
        ("source twice", draft(CODES, &SOURCES.repeat(2), FORM)),
        ("option twice", form("[\"杖\", \"車いす\"]", "[\"杖\", \"杖\"]")),
        ("column twice", form("[\"氏名\", \"続柄\"]", "[\"氏名\", \"氏名\"]")),
        ("no section", draft(CODES, SOURCES, no_sections)),
        ("no field", draft(CODES, SOURCES, &no_fields)),
        ("no options", form("[\"杖\", \"車いす\"]", "[]")),
        ("blank option", form("[\"杖\", \"車いす\"]", "[\"杖\", \"\"]")),
        ("empty list", codes("[\"有\", \"無\"]", "[\"有\", \"\"]")),
        ("no label", form("\"年齢\"", "\"\"")),
        ("empty unit", form("\"才\"", "\"\"")),
        ("empty address", draft(CODES, &format!("{SOURCES}address = \"\""), FORM)),
        (
            "condition on a later field",
            form("field = \"fever\", any_of = [\"有\"]", "field = \"aids\", any_of = [\"杖\"]"),
        ),
        ("code without option", codes("\"有\" = \"1\"", "\"不明\" = \"1\"")),
        ("choice without options", form("options_from = \"yes_no\", ", "")),
        ("table without columns", form("columns = [\"氏名\", \"続柄\"], ", "")),
        ("grid without rows", form("rows = [\"移動\"], ", "")),
        ("Japanese gloss", form("\"Age\"", "\"年齢\"")),
        ("options of a number", form("unit = \"才\"", "options = [\"1\"]")),
        ("unit of a text", form("type = \"number\"", "type = \"text\"")),
        (
            "both kinds of options",
            form("options_from = \"yes_no\"", "options_from = \"yes_no\", options = [\"有\"]"),
        ),
        (
            "leak of a staff field",
            form("options_from = \"yes_no\"", "options_from = \"yes_no\", staff_only = true"),
        ),
        (
            "condition on a text",
            form("type = \"choice\", options_from = \"yes_no\"", "type = \"text\""),
        ),
        ("condition on no option", form("any_of = [\"有\"]", "any_of = [\"ある\"]")),
        ("empty condition", form("any_of = [\"有\"]", "any_of = []")),
        ("type", form("type = \"number\"", "type = \"integer\"")),
        ("kind", form("\"notice\"", "\"letter\"")),
        ("direction", form("\"both\"", "\"up\"")),
        ("required", form("\"region\"", "\"nagareyama?\"")),
        ("source class", form("source = \"V\"", "source = \"X\"")),
        ("filled by", form("unit = \"才\"", "filled_by = \"magic\"")),
    ];
    let report = support::report(spoilt);
    insta::assert_snapshot!(report);
}

#[test]
fn old_versions_stay_readable() {
    let newer = FORM.replacen("version = \"1\"", "version = \"2\"", 1);
    let newer = newer.replacen("\"age\"", "\"years\"", 1);
    let files = [("codes.toml", CODES), ("sources.toml", SOURCES), ("1", FORM), ("2", &newer)];
    let catalogue = Draft::parse(&files).unwrap().into_catalogue().unwrap();
    assert_eq!(catalogue.form("small").unwrap().version, "2");
    let read = |text: &str| catalogue.parse_filled(text.as_bytes(), Format::Toml);
    let old = read("form = \"small\"\nversion = \"1\"\n[values]\nage = 3").unwrap();
    assert_eq!(old.form().version, "1");
    assert!(read("form = \"small\"\n[values]\nyears = 3").is_ok());
    assert!(read("form = \"small\"\n[values]\nage = 3").is_err());
    assert!(read("form = \"small\"\nversion = \"3\"").is_err());
    assert_eq!(catalogue.source("paper"), Some(("資料", None)));
}

#[test]
fn a_conditional_field_is_missing_only_while_it_applies() {
    let catalogue = small();
    let mut filled: FilledForm = catalogue.empty("small").unwrap();
    assert!(filled.missing().is_empty());
    filled.set("fever", &"無".into()).unwrap();
    assert!(filled.missing().is_empty());
    filled.set("fever", &"有".into()).unwrap();
    let missing: Vec<_> = filled.missing().iter().map(|m| (m.field.id.clone(), m.level)).collect();
    assert_eq!(missing, [("fever_note".to_owned(), Required::Region)]);
}
