//! Every field of every form takes random valid values and gives them back; what does not fit is
//! refused by the field's names; and what is for staff only stays out of the family's copy.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proptest::{prelude::*, sample::subsequence};
use serde_json::{Value as Json, json};
use tsumugu_catalogue::{
    Catalogue, Field, FieldType, FilledForm, Form, FormKind, Format, RenderOptions, limits,
    parse_filled, render_text,
};

/// Letters of many scripts, outside JIS too, quotes and brackets of both formats; no control
/// characters, and never only blanks.
fn text() -> BoxedStrategy<String> {
    "[あ-んア-ン一-龥髙﨑𠮷a-zA-Z0-9\"'\\\\\\[\\]{}=#,;:()%$・、。 　~～/-]{0,20}[あ-ん漢a-z0-9]"
        .boxed()
}

fn date() -> impl Strategy<Value = String> {
    let iso = (1873..2200_i32, 1..13_u8, 1..29_u8);
    // 平成1年 begins on January 8.
    let era = (2..30_u8, 1..13_u8, 1..29_u8);
    prop_oneof![
        iso.prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}")),
        era.prop_map(|(year, month, day)| format!("平成{year}年{month}月{day}日")),
        (2..100_u8, 1..13_u8, 1..29_u8).prop_map(|(y, m, d)| format!("R{y}.{m}.{d}")),
    ]
}

fn time() -> impl Strategy<Value = String> {
    (0..24_u8, 0..60_u8, any::<bool>()).prop_map(|(hour, minute, kanji)| match kanji {
        true => format!("{hour}時{minute}分"),
        false => format!("{hour:02}:{minute:02}"),
    })
}

fn moment() -> impl Strategy<Value = String> {
    let offset = prop_oneof![
        Just(String::new()),
        Just("Z".to_owned()),
        (-14..14_i8, 0..60_u8).prop_map(|(hours, minutes)| {
            let sign = if hours < 0 { '-' } else { '+' };
            format!("{sign}{:02}:{minutes:02}", hours.unsigned_abs() % 14)
        }),
    ];
    (1900..2100_i32, 1..13_u8, 1..29_u8, 0..24_u8, 0..60_u8, offset).prop_map(
        |(year, month, day, hour, minute, offset)| {
            format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}{offset}")
        },
    )
}

fn file_name() -> impl Strategy<Value = String> {
    "[あ-ん漢a-z0-9][あ-んa-z0-9 ()_-]{0,20}[a-z0-9]\\.(pdf|jpg|png)"
}

fn some<T: Clone + std::fmt::Debug + 'static>(
    items: &[T],
) -> impl Strategy<Value = Vec<T>> + use<T> {
    subsequence(items.to_vec(), 1..=items.len())
}

fn rows(columns: &[String]) -> BoxedStrategy<Json> {
    let by_place = prop::collection::vec(text(), 1..=columns.len()).prop_map(|row| json!(row));
    let by_name = (some(columns), text()).prop_map(|(columns, cell)| {
        let cells = columns.into_iter().map(|column| (column, json!(cell)));
        Json::Object(cells.collect())
    });
    prop::collection::vec(prop_oneof![by_place, by_name], 1..5).prop_map(Json::from).boxed()
}

/// A value that the field takes; none for a printed sentence.
fn value(field: &Field) -> BoxedStrategy<Json> {
    match &field.ty {
        FieldType::Attachment => {
            prop::collection::btree_set(file_name(), 1..5).prop_map(|names| json!(names)).boxed()
        }
        FieldType::Boolean => any::<bool>().prop_map(Json::from).boxed(),
        FieldType::Checklist { options } => {
            some(options).prop_shuffle().prop_map(Json::from).boxed()
        }
        FieldType::Choice { options } => {
            prop::sample::select(options.clone()).prop_map(Json::from).boxed()
        }
        FieldType::Date => date().prop_map(Json::from).boxed(),
        FieldType::DateRange => (1900..2000_u16, 2000..2100_u16, 0..3_u8)
            .prop_map(|(from, to, open)| match open {
                0 => json!({ "from": format!("{from}-01-01") }),
                1 => json!({ "to": format!("{to}-12-31") }),
                _ => json!({ "from": format!("{from}-01-01"), "to": format!("{to}-12-31") }),
            })
            .boxed(),
        FieldType::DateTime => moment().prop_map(Json::from).boxed(),
        FieldType::Grid { rows, options } => (some(rows), prop::sample::select(options.clone()))
            .prop_map(|(rows, option)| {
                let rows = rows.into_iter().map(|row| (row, json!(option)));
                Json::Object(rows.collect())
            })
            .boxed(),
        FieldType::Number => (0..=limits::MAX_NUMBER_HUNDREDTHS)
            .prop_map(|hundredths| json!(format!("{}.{:02}", hundredths / 100, hundredths % 100)))
            .boxed(),
        FieldType::Org => prop_oneof![
            ("[0-9]{10}", text())
                .prop_map(|(number, name)| json!({ "number": number, "name": name })),
            "[0-9]{10}".prop_map(Json::from),
            text().prop_map(|name| json!({ "name": name })),
        ]
        .boxed(),
        FieldType::Phone => {
            "0[0-9]{1,3}-[0-9]{2,4}-[0-9]{4}( 内線[0-9]{1,3})?".prop_map(Json::from).boxed()
        }
        FieldType::Static => Just(Json::Null).boxed(),
        FieldType::Table { columns } => rows(columns),
        FieldType::Text => text().prop_map(Json::from).boxed(),
        FieldType::Textarea => {
            prop::collection::vec(text(), 1..4).prop_map(|lines| json!(lines.join("\n"))).boxed()
        }
        FieldType::Time => time().prop_map(Json::from).boxed(),
    }
}

fn every_value(form: &Form) -> BoxedStrategy<Vec<Json>> {
    form.fields().map(value).collect::<Vec<_>>().boxed()
}

fn every_form() -> BoxedStrategy<(&'static Form, Vec<Json>)> {
    let forms = Catalogue::built_in().forms().filter(|form| form.id != "test-letter");
    let filled: Vec<_> = forms
        .map(|form| every_value(form).prop_map(move |values| (form, values)).boxed())
        .collect();
    proptest::strategy::Union::new(filled).boxed()
}

fn filled(form: &Form, values: &[Json]) -> FilledForm {
    let mut filled = Catalogue::built_in().empty(&form.id).unwrap();
    for (field, value) in form.fields().zip(values) {
        filled.set(&field.id, value).unwrap_or_else(|error| panic!("{}: {error}", field.id));
        assert_eq!(filled.value(&field.id).is_none(), field.ty == FieldType::Static);
    }
    filled
}

fn comes_back(form: &Form, values: &[Json]) {
    let filled = filled(form, values);
    assert_eq!(filled.form().version, form.version);
    for (text, format) in
        [(filled.to_json().to_string(), Format::Json), (filled.to_toml(), Format::Toml)]
    {
        let back = parse_filled(text.as_bytes(), format).unwrap();
        assert_eq!(back, filled);
        assert_eq!(back.form().version, form.version);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(104))]

    #[test]
    fn every_field_takes_and_gives_back_random_values((form, values) in every_form()) {
        comes_back(form, &values);
    }
}

/// Every one of the 13 forms, whatever the draw above left out.
#[test]
fn each_of_the_13_forms_comes_back() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut forms = 0;
    for form in Catalogue::built_in().forms().filter(|form| form.id != "test-letter") {
        let values = every_value(form).new_tree(&mut runner).unwrap().current();
        comes_back(form, &values);
        forms += 1;
    }
    assert_eq!(forms, 13);
}

#[test]
fn a_value_that_does_not_fit_is_refused_by_the_fields_names() {
    for form in Catalogue::built_in().forms() {
        for field in form.fields() {
            let wrong = match &field.ty {
                // No type takes a boolean but its own.
                FieldType::Boolean => json!("はい"),
                _ => json!(true),
            };
            let mut filled = Catalogue::built_in().empty(&form.id).unwrap();
            let message = filled.set(&field.id, &wrong).unwrap_err().message();
            for said in [message.ja(), message.en()] {
                assert!(said.contains(&field.id) && said.contains(&field.label_ja), "{said}");
            }
            assert!(message.en().contains(&field.label_en), "{}", message.en());
            assert_eq!(filled.value(&field.id), None);
        }
    }
}

#[test]
fn no_form_tells_the_family_what_is_for_staff_only() {
    let secret = "ひみつの記載";
    let mut kept = Vec::new();
    for form in Catalogue::built_in().forms() {
        let mut filled = Catalogue::built_in().empty(&form.id).unwrap();
        for field in form.fields().filter(|field| field.staff_only) {
            let value = match &field.ty {
                FieldType::Choice { options } => json!(options[0]),
                FieldType::Checklist { options } => json!([options[0]]),
                _ => json!(secret),
            };
            filled.set(&field.id, &value).unwrap();
            kept.push(format!("{}/{}", form.id, field.id));
        }
        let copy = |family_copy| {
            render_text(&filled, RenderOptions { family_copy, ..RenderOptions::default() })
        };
        let staff = filled.values().count();
        assert!(!copy(true).contains(secret), "{}", form.id);
        for field in form.fields().filter(|field| field.staff_only) {
            assert!(copy(false).contains(&field.label_ja), "{}", field.id);
            assert!(!copy(true).contains(&format!("  {}", field.label_ja)), "{}", field.id);
        }
        assert_eq!(staff > 0, form.fields().any(|field| field.staff_only));
    }
    let expected = [
        "mhlw-admission-info-r6/pension",
        "mhlw-admission-info-r6/pension_other",
        "mhlw-admission-info-r6/abuse_suspicion",
        "mhlw-admission-info-r6/abuse_note",
        "mhlw-admission-info-r6/acp_wish",
        "mhlw-discharge-record/told",
        "chiba-renkei-a/health_ins",
        "chiba-renkei-b/told",
        "chiba-renkei-b/acp",
        "nagareyama-renkei/acp_wish",
        "nagareyama-renkei/acp_emergency",
    ];
    assert_eq!(kept, expected);
}

/// What the whole of the region's knowledge amounts to.
#[test]
fn the_catalogue_is_whole() {
    let catalogue = Catalogue::built_in();
    let of = |kind| catalogue.forms().filter(move |form| form.kind == kind);
    assert_eq!(of(FormKind::Sheet).count(), 5);
    assert_eq!(of(FormKind::Sheet).flat_map(Form::fields).count(), 353);
    // Eight notices, and the letter of the test.
    assert_eq!(of(FormKind::Notice).count(), 9);
    assert_eq!((catalogue.phases().len(), catalogue.steps().count()), (8, 43));
    assert_eq!(catalogue.fees().len(), 24);
    assert_eq!((catalogue.service_codes().len(), catalogue.numbers().len()), (20, 4));
    assert_eq!(catalogue.list("care_level").unwrap().code("要介護1"), Some("21"));
    assert!(catalogue.holidays().is_some());
    assert_eq!(catalogue.check(), []);
}
