//! No bytes make the reader panic, and what it accepts comes back unchanged.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, path::Path};

use proptest::prelude::*;
use tsumugu_catalogue::{Catalogue, Format, RenderOptions, parse_filled, render_text};

fn try_both(bytes: &[u8]) {
    for format in [Format::Toml, Format::Json] {
        match parse_filled(bytes, format) {
            Ok(filled) => {
                let json = filled.to_json().to_string();
                assert_eq!(parse_filled(json.as_bytes(), Format::Json).as_ref(), Ok(&filled));
                let toml = filled.to_toml();
                assert_eq!(parse_filled(toml.as_bytes(), Format::Toml).as_ref(), Ok(&filled));
                let shown = render_text(&filled, RenderOptions::default());
                assert!(!shown.contains('\u{1b}'));
            }
            Err(error) => {
                let message = error.message();
                assert!(!message.ja().contains('\u{1b}') && !message.en().contains('\u{1b}'));
            }
        }
    }
}

/// The seeds of the fuzz target, as ordinary tests.
#[test]
fn the_seeds_of_the_fuzz_target_pass() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let mut seeds = 0;
    for entry in fs::read_dir(folder).unwrap() {
        try_both(&fs::read(entry.unwrap().path()).unwrap());
        seeds += 1;
    }
    assert!(seeds >= 8, "{seeds} seeds");
}

fn field_line() -> impl Strategy<Value = String> {
    let ids: Vec<String> = Catalogue::built_in()
        .forms()
        .flat_map(|form| form.fields().map(|f| f.id.clone()))
        .collect();
    let value = prop_oneof![
        ".{0,20}".prop_map(|text| toml::Value::from(text).to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| toml::Value::from(n).to_string()),
        Just("[[\"1\", \"花子\"]]".to_owned()),
        Just("{ from = \"R8.1.1\", number = \"1210000001\" }".to_owned()),
        Just("2026-11-22T09:30:00Z".to_owned()),
        "[令昭]和[0-9]{1,2}年[0-9]{1,2}月[0-9]{1,2}日( [0-9]{1,2}時)?"
            .prop_map(|t| format!("\"{t}\"")),
        "[0-9０-９+() -]{0,12}(内線[0-9]{1,3})?".prop_map(|t| format!("\"{t}\"")),
        "[{}\\[\\]\"=,# \\n]{0,12}",
    ];
    (prop::sample::select(ids), value).prop_map(|(id, value)| format!("{id} = {value}\n"))
}

proptest! {
    #[test]
    fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        try_both(&bytes);
    }

    #[test]
    fn arbitrary_text_does_not_panic(text in "(form = \"notice-admission\"\n)?.{0,80}") {
        try_both(text.as_bytes());
    }

    #[test]
    fn arbitrary_fields_do_not_panic(
        form in prop::sample::select(vec!["mhlw-admission-info-r6", "nagareyama-renkei", "notice-conference"]),
        lines in prop::collection::vec(field_line(), 0..4),
    ) {
        try_both(format!("form = \"{form}\"\n[values]\n{}", lines.concat()).as_bytes());
    }

    #[test]
    fn one_field_of_its_own_form_does_not_panic(line in field_line()) {
        for form in Catalogue::built_in().forms() {
            try_both(format!("form = \"{}\"\n[values]\n{line}", form.id).as_bytes());
        }
    }
}
