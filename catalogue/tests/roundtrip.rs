//! Every field of every form, filled, through TOML and JSON and back.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use tsumugu_catalogue::{
    Catalogue, Field, FieldType, FilledForm, Form, Format, RenderOptions, parse_filled,
    render_text, template,
};

/// Texts that break careless formats.
const TEXTS: [&str; 8] = [
    "流山 花子",
    "髙﨑 𠮷太郎",
    "葛\u{e0100}城",
    "\"引用\" と \\ と '''",
    "[values]",
    "# = null",
    "  前後の空白  ",
    "tab\tinside",
];

fn generated(field: &Field, seed: usize) -> Json {
    let pick = |items: &[String]| items[seed % items.len()].clone();
    let text = TEXTS[seed % TEXTS.len()];
    let number = seed % 10_000;
    match &field.ty {
        FieldType::Attachment => json!([format!("{number}.pdf"), "計画書.pdf"]),
        FieldType::Boolean => json!(seed.is_multiple_of(2)),
        FieldType::Checklist { options } => {
            let some = options.iter().skip(seed % options.len()).collect::<Vec<_>>();
            json!(some)
        }
        FieldType::Choice { options } => json!(pick(options)),
        FieldType::Date => json!(["1942-03-03", "令和8年11月22日", "R1.5.1"][seed % 3]),
        FieldType::DateRange => json!({ "from": "R8.1.1" }),
        FieldType::DateTime => {
            json!(["2026-11-22T09:30", "令和8年11月22日 9時", "2026-11-22T09:30-05:00"][seed % 3])
        }
        FieldType::Grid { rows, options } => json!({ pick(rows): pick(options) }),
        FieldType::Number => json!(number as f64 / 100.0),
        FieldType::Org => json!({ "number": format!("{:010}", number), "name": text }),
        FieldType::Phone => json!(format!("04-7000-{number:04}")),
        FieldType::Static => Json::Null,
        FieldType::Table { columns } => {
            json!([[text], { columns[0].clone(): text, columns[1].clone(): number }])
        }
        FieldType::Text => json!(text),
        FieldType::Textarea => json!(format!("\n{text}\n\n\"\"\"{text}\n")),
        FieldType::Time => json!(["7:30", "12時5分", "23:59"][seed % 3]),
    }
}

fn generated_form(form: &Form, seed: usize) -> FilledForm {
    let mut filled = Catalogue::built_in().empty(&form.id).unwrap();
    for (at, field) in form.fields().enumerate() {
        filled.set(&field.id, &generated(field, seed.wrapping_add(at))).unwrap();
        let expected = field.ty != FieldType::Static;
        assert_eq!(filled.value(&field.id).is_some(), expected, "{}", field.id);
    }
    filled
}

fn comes_back(filled: &FilledForm) {
    let json = filled.to_json();
    let bytes = json.to_string();
    let from_json = parse_filled(bytes.as_bytes(), Format::Json).unwrap();
    assert_eq!(&from_json, filled);
    assert_eq!(from_json.to_json().to_string(), bytes);
    let from_toml = parse_filled(filled.to_toml().as_bytes(), Format::Toml).unwrap();
    assert_eq!(&from_toml, filled);
    assert_eq!(from_toml.to_json().to_string(), bytes);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_field_of_every_form_comes_back(seed in any::<usize>()) {
        for form in Catalogue::built_in().forms() {
            let filled = generated_form(form, seed % (1 << 40));
            comes_back(&filled);
            prop_assert!(filled.missing().is_empty());
            for family_copy in [false, true] {
                let text = render_text(&filled, RenderOptions { family_copy, ..RenderOptions::default() });
                prop_assert!(text.contains(&form.title_ja));
            }
        }
    }
}

#[test]
fn every_template_reads_as_an_empty_form() {
    for form in Catalogue::built_in().forms() {
        let text = template(form);
        let filled = parse_filled(text.as_bytes(), Format::Toml).unwrap();
        assert_eq!(filled, Catalogue::built_in().empty(&form.id).unwrap());
        for field in form.fields() {
            assert!(text.contains(&field.label_ja) && text.contains(&field.label_en));
        }
    }
}

#[test]
fn every_template_reads_with_every_field_uncommented() {
    for form in Catalogue::built_in().forms() {
        let uncommented = template(form).lines().fold(String::new(), |text, line| {
            let field = line.strip_prefix("# ").and_then(|rest| rest.split_once(" = "));
            let known = field.is_some_and(|(id, _)| form.field(id).is_some());
            text + if known { &line[2..] } else { line } + "\n"
        });
        let filled = parse_filled(uncommented.as_bytes(), Format::Toml).unwrap();
        let booleans = form.fields().filter(|field| field.ty == FieldType::Boolean).count();
        assert_eq!(filled.values().count(), booleans);
        for field in form.fields().filter(|field| field.ty != FieldType::Static) {
            assert!(uncommented.contains(&format!("\n{} = ", field.id)), "{}", field.id);
        }
    }
}
