//! No bytes make the reader panic, and what it accepts comes back unchanged.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, path::Path};

use proptest::prelude::*;
use tsumugu_catalogue::{Catalogue, Draft, Format, RenderOptions, parse_filled, render_text};

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

/// A kind of file by name, and the text of one of them.
fn data_files() -> Vec<(String, String)> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let files = [
        "codes.toml",
        "sources.toml",
        "flow.toml",
        "flow/3-admission.toml",
        "fees/1-care-admission.toml",
        "holidays.toml",
        "notices/notice-conference.toml",
    ];
    let read = |name: &str| (name.to_owned(), fs::read_to_string(data.join(name)).unwrap());
    files.map(read).to_vec()
}

fn try_catalogue(files: &[(&str, &str)]) {
    let Ok(draft) = Draft::parse(files) else { return };
    let findings = draft.check();
    for finding in &findings {
        assert!(!finding.file.is_empty() && !finding.ja().is_empty());
        assert!(!finding.to_string().is_empty());
    }
    assert_eq!(draft.into_catalogue().is_ok(), findings.is_empty());
}

proptest! {
    #[test]
    fn no_text_of_a_catalogues_file_panics(text in "(\\[\\[(list|source|role|fee|holiday)\\]\\]\n)?.{0,80}") {
        for (name, _) in data_files() {
            try_catalogue(&[(&name, &text)]);
        }
    }

    /// A sound file with a piece replaced: most are refused, none panics.
    #[test]
    fn no_spoilt_file_of_a_catalogue_panics(
        at in any::<prop::sample::Index>(),
        file in any::<prop::sample::Index>(),
        length in 0..12_usize,
        piece in prop_oneof![
            "[0-9-]{1,20}",
            "\"[a-zあ-ん.-]{0,8}\"",
            Just("[]".to_owned()),
            Just("1e308".to_owned()),
            Just("-9223372036854775808".to_owned()),
            Just("nan".to_owned()),
        ],
    ) {
        let mut files = data_files();
        let which = file.index(files.len());
        let characters: Vec<char> = files[which].1.chars().collect();
        let start = at.index(characters.len());
        let end = (start + length).min(characters.len());
        let spoilt: String = characters[..start]
            .iter()
            .copied()
            .chain(piece.chars())
            .chain(characters[end..].iter().copied())
            .collect();
        files[which].1 = spoilt;
        let files: Vec<(&str, &str)> =
            files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        try_catalogue(&files);
    }

    /// Every number of the sound files, replaced by another: this reaches the check.
    #[test]
    fn no_number_of_a_catalogue_panics(
        at in any::<prop::sample::Index>(),
        file in any::<prop::sample::Index>(),
        number in prop_oneof![any::<i64>(), -400..400_i64, Just(i64::MIN), Just(i64::MAX)],
    ) {
        let mut files = data_files();
        let which = file.index(files.len());
        let lines: Vec<&str> = files[which].1.lines().collect();
        let numbered: Vec<usize> = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| line.rsplit_once(" = ").is_some_and(|(_, v)| v.parse::<f64>().is_ok()))
            .map(|(at, _)| at)
            .collect();
        if !numbered.is_empty() {
            let line = numbered[at.index(numbered.len())];
            let key = lines[line].split_once(" = ").unwrap().0;
            let replaced = format!("{key} = {number}");
            let text: Vec<&str> = lines
                .iter()
                .enumerate()
                .map(|(at, old)| if at == line { replaced.as_str() } else { old })
                .collect();
            files[which].1 = text.join("\n");
        }
        let files: Vec<(&str, &str)> =
            files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        try_catalogue(&files);
    }
}
