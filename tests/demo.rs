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
    let titles: Vec<_> = messages.iter().map(|one| one["form"].as_str().unwrap()).collect();
    let conference = ["notice-conference"; 6];
    let stay = [
        &["notice-admission", "mhlw-admission-info-r6"][..],
        &conference,
        &["notice-discharge-date", "notice-discharge-date", "chiba-renkei-b", "notice-after"],
    ];
    assert_eq!(titles, stay.concat());
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
    papers(&dir, &report["papers"]);

    // What is there is somebody's: a second run does not touch it.
    let before: Vec<_> = files(&dir).into_iter().collect();
    let again = demo(&dir, &[]);
    again.failed(2, "demo.folder-taken");
    assert_eq!(before, files(&dir));
}

/// What the stay leaves on paper.
fn papers(dir: &Path, papers: &Value) {
    let read = |file: &Value| std::fs::read_to_string(file.as_str().unwrap()).unwrap();
    let timeline = read(&papers["timeline"]);
    for part in ["ナガレヤマ ハナコ", "入院時情報", "退院"] {
        assert!(timeline.contains(part), "{part} in {timeline}");
    }
    let note = read(&papers["note"]);
    assert!(note.contains("受領確認") && note.contains("田中 由美"), "{note}");
    let calendar = read(&papers["calendar"]);
    assert!(calendar.contains("BEGIN:VEVENT") && !calendar.contains("花子"), "{calendar}");
    let is_pdf = |file: &Value| {
        let bytes = std::fs::read(file.as_str().unwrap()).unwrap();
        assert!(bytes.starts_with(b"%PDF-1.7"), "{file}");
    };
    is_pdf(&papers["poster"]);
    let records = papers["records"].as_array().unwrap();
    assert_eq!(records.len(), 2);
    let nobody = Person::at(dir.parent().unwrap(), "nobody");
    for (record, other) in records.iter().zip(records.iter().rev()) {
        is_pdf(&record["pdf"]);
        let file = record["file"].as_str().unwrap();
        nobody.does(&["verify", file, "--code", record["code"].as_str().unwrap()]);
        let strange = other["code"].as_str().unwrap();
        assert_ne!(nobody.say(&["verify", file, "--code", strange]).code, Some(0), "{record}");
    }
    let pages = files(&dir.join("out")).into_iter();
    let fax = pages.filter(|file| file.extension().is_some_and(|ending| ending == "pdf")).count();
    assert_eq!(fax, 4, "the page for the pharmacy beside two records and the poster");
}

/// No value of a sheet that was sent, and nobody's name, stands in any file of the exchange.
fn nothing_leaks(dir: &Path) {
    let mut wanted = BTreeSet::from(["田中 由美".to_owned(), "佐藤 健".to_owned()]);
    let is_sheet = |file: &PathBuf| file.extension().is_some_and(|ending| ending == "json");
    for sheet in files(&dir.join("out")).into_iter().filter(is_sheet) {
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
