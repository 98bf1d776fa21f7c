//! Every field of every form, with the real programs: what is typed arrives, is read and printed; and
//! what cannot be read is told by its field, with nothing lost.
#![allow(
    clippy::unwrap_used,
    reason = "the helpers of a test are tests, which the lint cannot see"
)]

#[path = "support/people.rs"]
mod people;

use std::collections::BTreeSet;

use people::{HOSPITAL, Institution, OFFICE, Person, Town};
use serde_json::{Map, Value, json};
use tsumugu_catalogue::{
    Catalogue, Field, FieldType, FilledForm, Form, FormKind, Format, RenderOptions, RenderedLine,
    limits, render,
};

/// Names as people have them: outside JIS X 0208, with a variation selector, outside the font.
const NAMES: [&str; 4] = ["髙﨑 德子", "濵田 昻", "葛\u{e0100}城 薰", "𠮷野 一"];

/// Inquiries go to a municipality only.
const CITY_HALL: Institution = Institution {
    home: "city-hall",
    number: "1222000004",
    name: "つむぐ市介護支援課",
    kana: "つむぐしかいごしえんか",
    kind: "municipality",
    telephone: "04-7000-0400",
    workers: &[("山本 光", "介護支援課")],
};

#[test]
fn every_field_of_every_form_arrives_and_is_printed() {
    let town = Town::new();
    town.join(&CITY_HALL);
    let office = town.office();
    let mut forms = 0;
    for form in Catalogue::built_in().forms().filter(|form| form.id != "test-letter") {
        // Both halves of each form's conditions; a form without conditions is filled once.
        for branch in branches(form) {
            let filled = fill(form, branch);
            let to = if form.id == "notice-cm-inquiry" { CITY_HALL } else { HOSPITAL };
            let hospital = town.person(to.home);
            let id = send(&office, &filled, branch, to.number);
            let opened = hospital.does(&["open", &id]);
            assert_eq!(opened["values"], but_for_the_send(&opened, &filled), "{}", form.id);
            let pdf = hospital.file(&format!("{}-{branch}.pdf", form.id));
            let printed = hospital.does(&["print", &id, "--out", &pdf]);
            assert_prints(&pdf, &opened, form);
            let codes: BTreeSet<&str> = printed["characters"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["code"].as_str().unwrap())
                .collect();
            let has_text = filled.values().any(|(field, _)| field.ty == FieldType::Text);
            assert_eq!(has_text, codes.contains("U+9AD9"), "{} {codes:?}", form.id);
        }
        forms += 1;
    }
    assert_eq!(forms, 13);
}

#[test]
fn the_longest_texts_arrive_and_are_printed_to_the_last_character() {
    let town = Town::new();
    let (hospital, office) = (town.hospital(), town.office());
    let mut form = Catalogue::built_in().empty("nagareyama-renkei").unwrap();
    let line = format!("{}端", "長".repeat(limits::MAX_TEXT_CHARS - 1));
    let text = format!("{}末", "文。".repeat(limits::MAX_TEXTAREA_CHARS / 2 - 1));
    form.set("address", &json!(line)).unwrap();
    form.set("disease", &json!(text)).unwrap();
    let rows: Vec<_> = (0..limits::MAX_TABLE_ROWS).map(|n| json!([n.to_string(), "名"])).collect();
    form.set("contacts", &json!(rows)).unwrap();
    let id = send(&office, &form, 0, HOSPITAL.number);
    let opened = hospital.does(&["open", &id]);
    assert_eq!(opened["values"]["disease"], json!(text));
    let pdf = hospital.file("longest.pdf");
    hospital.does(&["print", &id, "--out", &pdf]);
    // Between two pages stand the foot of one and the head of the other.
    let printed = text_of(&pdf);
    let count = |text: &str, c: char| text.matches(c).count();
    assert!(count(&printed, '長') >= count(&line, '長') && printed.contains('端'));
    assert!(count(&printed, '文') >= count(&text, '文') && printed.contains('末'));
}

#[test]
fn what_cannot_be_read_names_its_field_and_nothing_typed_is_lost() {
    let town = Town::new();
    let office = town.office();
    let long = "長".repeat(limits::MAX_TEXT_CHARS + 1);
    let head = "form = \"nagareyama-renkei\"\nversion = \"R7\"\n[values]\nname = \"流山 花子\"\n";
    let field = |line: &str| format!("{head}{line}\n");
    let cases: Vec<(&str, String, &str, &[&str])> = vec![
        ("date", field("dob = \"昭和65年2月30日\""), "form.bad-value", &["dob", "生年月日", "Date of birth"]),
        ("date", field("dob = \"2026-02-30\""), "form.bad-value", &["dob"]),
        ("date", field("dob = 17"), "form.bad-value", &["dob"]),
        ("choice", field("sex = \"不明\""), "form.bad-value", &["sex", "性別", "Sex"]),
        ("text", field(&format!("address = \"{long}\"")), "form.bad-value", &["address", "住所", "Address"]),
        ("text", field("address = true"), "form.bad-value", &["address"]),
        ("textarea", field("disease = [1]"), "form.bad-value", &["disease"]),
        ("phone", field("from_tel = \"電話なし\""), "form.bad-value", &["from_tel", "連絡先"]),
        ("boolean", field("consent = \"はい\""), "form.bad-value", &["consent", "同意"]),
        ("table", field("contacts = [[\"1\", \"2\", \"3\", \"4\", \"5\"]]"), "form.bad-value", &["contacts"]),
        ("grid", field("adl = { \"飛行\" = \"自立\" }"), "form.bad-value", &["adl"]),
        ("checklist", field("procedures = [\"手術\"]"), "form.bad-value", &["procedures", "医療処置"]),
        ("org", field("to_org = { number = \"123\" }"), "form.bad-value", &["to_org"]),
        (
            "number",
            "form = \"mhlw-admission-info-r6\"\n[values]\nage = \"百\"\n".to_owned(),
            "form.bad-value",
            &["age", "年齢", "Age"],
        ),
        (
            "time",
            "form = \"mhlw-admission-info-r6\"\n[values]\nmeal_time_am = \"25:00\"\n".to_owned(),
            "form.bad-value",
            &["meal_time_am", "食事 朝"],
        ),
        (
            "datetime",
            "form = \"notice-admission\"\n[values]\ndate_admitted = \"きのう\"\n".to_owned(),
            "form.bad-value",
            &["date_admitted", "入院日時"],
        ),
        (
            "daterange",
            "form = \"chiba-renkei-a\"\n[values]\ncare_valid = { from = \"R9.1.1\", to = \"R8.1.1\" }\n".to_owned(),
            "form.bad-value",
            &["care_valid", "認定有効期間"],
        ),
        (
            "attachment",
            "form = \"chiba-renkei-a\"\n[values]\ngenogram = [3]\n".to_owned(),
            "form.bad-value",
            &["genogram"],
        ),
        ("unknown field", field("nmae = \"花子\""), "form.bad-file", &["nmae"]),
        (
            "wrong version",
            head.replace("R7", "R5"),
            "form.unknown-version",
            &["R5", "R7"],
        ),
        ("broken TOML", field("address = \"閉じない"), "form.bad-file", &["6"]),
        ("unknown form", "form = \"no-such\"\n".to_owned(), "form.unknown", &["no-such"]),
    ];
    for (what, text, key, named) in cases {
        let file = office.file("typed.toml");
        std::fs::write(&file, &text).unwrap();
        for command in [
            vec!["send", "--to", HOSPITAL.number, "--sheet", &file],
            vec!["draft", "save", "--form", &file],
            vec!["forms", "check", &file],
        ] {
            let said = office.say(&command);
            let failed = said.json();
            assert_eq!(failed["error"]["key"], key, "{what}: {said:?}");
            let ja = failed["error"]["ja"].as_str().unwrap();
            for part in named {
                assert!(ja.contains(part), "{what}: {part} in {ja}");
            }
            assert!(!ja.contains("花子") && !said.err.contains("花子"), "no value is told: {ja}");
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "the file stays as it was");
    }
    let broken = office.file("typed.json");
    std::fs::write(&broken, "{\"form\": \"nagareyama-renkei\",").unwrap();
    office.say(&["forms", "check", &broken]).failed(9, "form.bad-file");
    // What is half done is kept for every PC, and comes back as it was typed.
    let half = office.file("half.toml");
    std::fs::write(&half, field("address = \"架空町\"")).unwrap();
    let saved = office.does(&["draft", "save", "--form", &half]);
    let id = saved["id"].as_str().unwrap();
    let shown = office.does(&["draft", "show", id]);
    assert_eq!(shown["contents"]["values"], json!({ "name": "流山 花子", "address": "架空町" }));
    let checked = office.does(&["draft", "check", id]);
    assert_eq!(checked["has_recipient"], false);
    let missing = checked["missing"].as_array().unwrap();
    let kinds: BTreeSet<&str> = missing.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert!(kinds.is_superset(&["consent", "missing", "not-in-form"].into()), "{kinds:?}");
}

#[test]
fn only_a_missing_recipient_keeps_an_empty_sheet_and_its_consent_is_asked_for() {
    let town = Town::new();
    let (hospital, office) = (town.hospital(), town.office());
    let file = office.file("empty.toml");
    std::fs::write(&file, "form = \"nagareyama-renkei\"\n").unwrap();
    let sent = office.does(&["send", "--to", HOSPITAL.number, "--sheet", &file]);
    let warnings = sent["warnings"].as_array().unwrap();
    assert_eq!(
        (&warnings[0]["kind"], &warnings[0]["field"]),
        (&json!("consent"), &json!("consent"))
    );
    assert!(warnings[0]["choices"].as_array().unwrap().contains(&json!("家族同意")));
    let lacks = |kind: &str, field: &str| {
        warnings.iter().any(|one| one["kind"] == kind && one["field"] == field)
    };
    assert!(lacks("missing", "kana") && lacks("not-in-form", "paralysis"));
    assert!(!lacks("not-in-form", "smoking"), "what no fee hangs on does not crowd the screen");
    let arguments = ["send", "--to", HOSPITAL.number, "--sheet", &file, "--consent"];
    let sent = office.does(&[&arguments[..], &["生命・身体の保護のため必要"]].concat());
    let warnings = sent["warnings"].as_array().unwrap();
    assert!(warnings.iter().all(|one| one["kind"] != "consent"), "{warnings:?}");
    let id = sent["letters"][0]["id"].as_str().unwrap();
    let values = &hospital.does(&["open", id])["values"];
    assert_eq!(values["consent_ground"], json!("生命・身体の保護のため必要"));
    office.say(&[&arguments[..], &["気分"]].concat()).failed(9, "form.unknown-ground");
}

/// Which options the conditions of a form are filled for: the first and the last of each list.
fn branches(form: &Form) -> std::ops::Range<usize> {
    if form.fields().any(|field| field.when.is_some()) { 0..2 } else { 0..1 }
}

fn fill(form: &Form, branch: usize) -> FilledForm {
    let mut filled = Catalogue::built_in().empty(&form.id).unwrap();
    for (at, field) in form.fields().enumerate() {
        let applies = filled.applies(field);
        if let Some(value) = value(field, at, branch).filter(|_| applies && !field.filled_by_send) {
            filled.set(&field.id, &value).unwrap_or_else(|error| panic!("{}: {error}", field.id));
        }
    }
    filled
}

/// A value for each type, another one for each place in the form.
fn value(field: &Field, at: usize, branch: usize) -> Option<Value> {
    let name = NAMES[at % NAMES.len()];
    let pick =
        |options: &[String]| options[if branch == 0 { 0 } else { options.len() - 1 }].clone();
    Some(match &field.ty {
        FieldType::Attachment => json!([format!("添付{at}.pdf")]),
        FieldType::Boolean => json!(branch == 0),
        FieldType::Checklist { options } => {
            json!(if branch == 0 { &options[..1] } else { options })
        }
        FieldType::Choice { options } => json!(pick(options)),
        FieldType::Date => {
            json!(["明治45年7月29日", "昭和17年3月3日", "平成元年1月8日", "R8.11.22"][at % 4])
        }
        FieldType::DateRange => json!({ "from": "令和8年4月1日", "to": "R11.3.31" }),
        FieldType::DateTime => json!("2026-11-22T09:30"),
        FieldType::Grid { rows, options } => {
            let rows = rows.iter().enumerate();
            let cells = rows.map(|(n, row)| (row.clone(), json!(options[n % options.len()])));
            Value::Object(cells.collect::<Map<_, _>>())
        }
        FieldType::Number => json!(format!("{}.5", at + 1)),
        FieldType::Org => json!({ "number": "1219999999", "name": format!("{name}医院") }),
        FieldType::Phone => json!("０４－７０００－１２３４ 内線 12"),
        FieldType::Static => return None,
        FieldType::Table { columns } => {
            let row = |n: usize| columns.iter().map(move |column| format!("{column}{n}{name}"));
            json!([row(1).collect::<Vec<_>>(), row(2).collect::<Vec<_>>()])
        }
        // The first text of a form has the name that the test looks for.
        FieldType::Text => json!(format!("{} {at} {name}", NAMES[0])),
        FieldType::Textarea => json!(format!("一行目{at}\n{name}\n三行目★①㈱〜")),
        FieldType::Time => json!("7時30分"),
    })
}

fn send(office: &Person, form: &FilledForm, branch: usize, to: &str) -> String {
    let file = office.file(&format!("{}-{branch}.toml", form.form().id));
    std::fs::write(&file, form.to_toml()).unwrap();
    let option = if form.form().kind == FormKind::Sheet { "--sheet" } else { "--notice" };
    let sent = office.does(&["send", "--to", to, option, &file]);
    sent["letters"][0]["id"].as_str().unwrap().to_owned()
}

/// The values that were typed, with those that the send filled in.
fn but_for_the_send(opened: &Value, filled: &FilledForm) -> Value {
    let mut wanted = filled.to_json()["values"].clone();
    for field in filled.form().fields().filter(|field| field.filled_by_send) {
        let by_send = opened["values"][&field.id].clone();
        assert!(!by_send.is_null(), "{}", field.id);
        wanted[&field.id] = by_send;
    }
    wanted
}

/// Each line that the form shows stands on the pages, whole.
fn assert_prints(pdf: &str, opened: &Value, form: &Form) {
    let contents = json!({
        "form": opened["form"],
        "version": opened["version"],
        "values": opened["values"],
    });
    let contents = contents.to_string();
    let filled = Catalogue::built_in().parse_filled(contents.as_bytes(), Format::Json).unwrap();
    let options = RenderOptions { short_marks: true, boxes: true, ..RenderOptions::default() };
    let printed = text_of(pdf);
    let mut looked_for = 0;
    for section in render(&filled, options).sections {
        for line in section.lines {
            let texts = match line {
                RenderedLine::Static(text) => vec![text],
                RenderedLine::Value { lines, .. } => lines,
                RenderedLine::Table { rows, .. } => rows.concat(),
                RenderedLine::Missing { label } => panic!("{}: {label} was filled", form.id),
            };
            for text in texts {
                // What the font lacks stands there as its code.
                let text = text.replace('𠮷', "[U+20BB7]");
                assert!(printed.contains(&squeezed(&text)), "{}: {text}\n{printed}", form.id);
                looked_for += 1;
            }
        }
    }
    assert!(looked_for > 0);
    // Both spellings, once.
    for (written, told) in [("髙", "髙(U+9AD9)→高"), ("[U+20BB7]", "U+20BB7→吉")] {
        let times = if printed.contains(written) { 1 } else { 0 };
        assert_eq!(printed.matches(told).count(), times, "{}: {told}\n{printed}", form.id);
    }
    assert!(printed.contains(OFFICE.number));
}

/// The text of a PDF, without spaces, in the order in which it was drawn: cell by cell.
fn text_of(pdf: &str) -> String {
    let text = pdf_extract::extract_text(pdf).unwrap();
    // A selector that the font does not follow is told behind its character.
    squeezed(&text).replace("[U+E0100]", "")
}

fn squeezed(text: &str) -> String {
    let is_selector = |c: &char| matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    text.chars().filter(|c| !c.is_whitespace() && !is_selector(c)).collect()
}
