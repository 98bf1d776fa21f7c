//! The file against itself, against the schema and against the code.

use std::collections::BTreeSet;
use std::path::Path;

use tsumugu_proto::v1::ErrorReason;

use super::*;

#[test]
fn both_languages_name_the_same_arguments() {
    for message in all() {
        let names = |text| pieces(text).filter_map(Piece::placeholder).collect::<BTreeSet<_>>();
        let mut remedies = BTreeSet::new();
        if let Some((_, remedy)) = &message.failure {
            assert_eq!(names(&remedy.ja), names(&remedy.en), "{}", message.key);
            remedies = names(&remedy.ja);
        }
        assert_eq!(names(&message.ja), names(&message.en), "{}", message.key);
        for name in names(&message.ja).into_iter().chain(remedies) {
            let plain = |character: char| character.is_ascii_lowercase() || character == '_';
            assert!(!name.is_empty() && name.chars().all(plain), "{}: {name}", message.key);
        }
    }
}

#[test]
fn texts_are_one_visible_line() {
    for message in all() {
        let remedy = message.failure.iter().flat_map(|(_, remedy)| [&remedy.ja, &remedy.en]);
        for text in [&message.ja, &message.en].into_iter().chain(remedy) {
            assert!(!text.trim().is_empty(), "{}", message.key);
            assert!(text.chars().all(|character| visible(character) == character), "{text}");
        }
        assert!(!message.en.chars().any(|character| character > '\u{2fff}'), "{}", message.en);
    }
}

#[test]
fn every_reason_of_the_exchange_has_its_message_and_no_other() {
    let reasons = (1..)
        .map_while(|number| ErrorReason::try_from(number).ok())
        .map(|reason| format!("server.{}", reason.text().to_lowercase().replace('_', "-")))
        .collect::<BTreeSet<_>>();
    let messages = all().map(Message::key).filter(|key| key.starts_with("server."));
    assert_eq!(reasons, messages.map(str::to_owned).collect());
}

#[test]
fn the_code_names_every_message_and_only_these() {
    let areas = all().filter_map(|message| message.key.split('.').next()).collect::<BTreeSet<_>>();
    let mut named = BTreeSet::new();
    for folder in ["src", "../src"] {
        for source in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)) {
            named.extend(keys(&source, &areas));
        }
    }
    for key in &named {
        assert!(find(key).is_some(), "the code says {key:?}, which messages.toml does not have");
    }
    // Those of the exchange are made from its schema (failure/status.rs).
    let unused = all().map(Message::key).filter(|key| !key.starts_with("server."));
    let unused = unused.filter(|key| !named.contains(*key)).collect::<Vec<_>>();
    assert!(unused.is_empty(), "messages.toml has what no code says: {unused:?}");
}

#[test]
fn arguments_are_filled_once_cut_and_made_visible() {
    let sentence = Sentence::new("tls.not-pinned").with("issuer", "{host}\u{1b}[2J\u{202e}");
    assert!(sentence.ja().contains("「{host}\u{fffd}[2J\u{fffd}」"), "{}", sentence.ja());
    assert!(sentence.remedy_en().contains("exempt - from"), "{}", sentence.remedy_en());
    let exact = Sentence::new("client.fault").with("detail", "あ".repeat(MAX_ARGUMENT_CHARS));
    assert!(!exact.ja().contains('…'));
    let long = Sentence::new("client.fault").with("detail", "あ".repeat(MAX_ARGUMENT_CHARS + 1));
    assert_eq!(long.ja().matches('あ').count(), MAX_ARGUMENT_CHARS);
    assert!(long.ja().contains('…'));
}

#[test]
fn a_key_that_is_not_there_is_named_as_our_fault() {
    let sentence = Sentence::new("no-such.key");
    assert_eq!(sentence.message().key(), "client.fault");
    assert!(sentence.en().contains("no-such.key"));
}

#[test]
fn half_an_entry_is_refused() {
    let half = "[a.b]\nexit = \"usage\"\nja = \"x\"\nen = \"x\"\n";
    assert!(parse(half).unwrap_err().starts_with("a.b:"));
    assert!(parse("[a.b]\nja = \"x\"\nen = \"x\"\nde = \"x\"\n").is_err());
}

/// The text of each source file below `folder`, up to its tests.
fn sources(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "tests") {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && path.file_name().is_some_and(|name| name != "tests.rs")
        {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push(text.split("#[cfg(test)]").next().unwrap_or_default().to_owned());
        }
    }
    found
}

/// The string literals that are keys of one of the areas, and those that a sentence or failure is
/// made of, whatever they are.
fn keys(source: &str, areas: &BTreeSet<&str>) -> Vec<String> {
    let literals = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let literals = literals.flat_map(|line| line.split('"').skip(1).step_by(2));
    let plain =
        |character: char| character.is_ascii_lowercase() || "0123456789-".contains(character);
    let in_an_area = literals.filter(|literal| {
        literal.split_once('.').is_some_and(|(area, name)| {
            areas.contains(area) && !name.is_empty() && name.chars().all(plain)
        })
    });
    let made = ["Failure::new(", "Sentence::new("].into_iter().flat_map(|call| {
        let arguments = source.split(call).skip(1);
        arguments.filter_map(|rest| Some(rest.trim_start().strip_prefix('"')?.split_once('"')?.0))
    });
    in_an_area.chain(made).map(str::to_owned).collect()
}
