//! `tsumugu demo`: the main job on a fresh machine.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/people.rs"]
mod people;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use people::{Person, Said};

/// Texts that the clear part of the log shows to everybody.
const PUBLIC: [&str; 4] = ["流山つむぐ病院", "1217000001", "ケアプランいとぐるま", "1277000002"];
/// Shorter texts turn up by chance among random bytes.
const SHORTEST_BYTES: usize = 8;

fn demo(dir: &Path, extra: &[&str]) -> Said {
    let somebody = Person::at(dir.parent().unwrap(), "unused");
    let dir = dir.to_str().unwrap();
    somebody.say(&[&["demo", "--headless", "--dir", dir], extra].concat())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Every text in a document.
fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => found.extend(text.lines().map(|line| line.trim().to_owned())),
        Value::Number(number) => drop(found.insert(number.to_string())),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| texts(field, found)),
        Value::Null | Value::Bool(_) => {}
    }
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn the_demo_plays_an_admission_and_leaves_proofs_and_no_names_with_the_exchange() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("demo");
    let said = demo(&dir, &[]);
    let report = said.ended(0);

    assert_eq!(report["verified"], true);
    assert!(report["checkpoint"].as_str().unwrap().starts_with("exchange.tsumugu.example\n"));
    let fingerprint = report["root_fingerprint"].as_str().unwrap();
    assert!(fingerprint.parse::<tsumugu_trust::hash::Hash>().is_ok(), "{fingerprint}");
    let messages = report["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 4);
    for message in messages {
        let state = &message["state"];
        assert_eq!(
            (&state["delivery"], &state["answer"], &state["validity"]),
            (&json!("opened"), &json!("acknowledged"), &json!("current"))
        );
        let steps = state["steps"].as_array().unwrap();
        let what: Vec<_> = steps.iter().map(|step| step["what"].as_str().unwrap()).collect();
        assert_eq!(what, ["accepted", "fetched", "opened", "acknowledged"]);
        let times: Vec<_> = steps.iter().map(|step| step["logged"].as_str().unwrap()).collect();
        assert!(
            times.is_sorted() && times.iter().all(|time| time.ends_with("+09:00")),
            "{times:?}"
        );
        let id = message["id"].as_str().unwrap();
        let evidence = dir.join("evidence").join(format!("{id}.evidence"));
        let paper = std::fs::read(dir.join("paper").join(format!("{id}.pdf"))).unwrap();
        assert!(paper.starts_with(b"%PDF-1.7"));
        assert!(evidence.exists() && dir.join("out").join(format!("{id}.json")).exists());
        let nobody = Person::at(folder.path(), "nobody");
        let evidence = evidence.to_str().unwrap();
        let proved = nobody.does(&["verify", evidence, "--fingerprint", fingerprint]);
        assert_eq!((&proved["outcome"], &proved["id"]), (&json!("anchored"), &json!(id)));
    }
    for part in ["server", "admin", "hospital", "office", "evidence", "out", "paper"] {
        assert!(dir.join(part).is_dir(), "{part}");
    }

    let log = dir.join("server/log");
    let log = log.to_str().unwrap();
    let nobody = Person::at(folder.path(), "nobody");
    let verified = nobody.does(&["log", "verify", log, "--fingerprint", fingerprint]);
    assert_eq!((&verified["anchored"], &verified["size"]), (&json!(true), &report["leaves"]));
    nobody.say(&["log", "verify", log]).ended(4);

    nothing_leaks(&dir);

    // What is there is somebody's: a second run does not touch it.
    let before: Vec<_> = files(&dir).into_iter().collect();
    let again = demo(&dir, &[]);
    again.failed(2, "demo.folder-taken");
    assert_eq!(before, files(&dir));
}

/// No value of a sheet that was sent, and nobody's name, stands in any file of the exchange.
fn nothing_leaks(dir: &Path) {
    let mut wanted = BTreeSet::from(["田中 由美".to_owned(), "佐藤 健".to_owned()]);
    for sheet in files(&dir.join("out")) {
        let sheet: Value = serde_json::from_slice(&std::fs::read(sheet).unwrap()).unwrap();
        texts(&sheet["values"], &mut wanted);
        texts(&sheet["author"]["name"], &mut wanted);
    }
    wanted.retain(|text| !PUBLIC.contains(&text.as_str()));
    let encoded = |text: &String| {
        let spellings = [
            text.clone().into_bytes(),
            utf16(text, u16::to_le_bytes),
            utf16(text, u16::to_be_bytes),
        ];
        let long = spellings.into_iter().filter(|bytes| bytes.len() >= SHORTEST_BYTES);
        long.map(|bytes| (text.clone(), bytes)).collect::<Vec<_>>()
    };
    let wanted: Vec<_> = wanted.iter().flat_map(encoded).collect();
    assert!(wanted.len() > 100, "only {} texts", wanted.len());
    let mut public = 0;
    for file in files(&dir.join("server")) {
        let bytes = std::fs::read(&file).unwrap();
        let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        for (text, needle) in &wanted {
            // A day of a sheet may be the day of the log's times.
            let is_date = needle.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-');
            assert!(is_date || !holds(needle), "{text} stands in {}", file.display());
        }
        public += PUBLIC.iter().filter(|text| holds(text.as_bytes())).count();
    }
    assert!(public >= PUBLIC.len(), "the search finds not even what is public");
}
