//! Files that go with letters, with the real programs: sent, opened, saved, proved; the client dies at
//! every place where it can.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use tsumugu_client::{attachments, outbox};

#[path = "support/people.rs"]
mod people;

use people::{HOSPITAL, Person, STATION, Town};

const CRASH_AT: &str = "TSUMUGU_CRASH_AT";

/// Before these points are passed nothing is queued.
const NOT_QUEUED: [&str; 2] = ["client.attachment.sealed", "client.outbox.parts"];

/// Each file that gets its name passes it.
const WRITTEN: &str = "atomic.renamed";

/// A PDF of several pieces of an upload.
fn pdf() -> Vec<u8> {
    let mut bytes =
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n2 0 obj\n<< /Length 0 >>\nstream\n"
            .to_vec();
    let noise = (0..1_300_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8);
    bytes.extend(noise.map(|byte| if byte == b'/' { b'.' } else { byte }));
    bytes.extend(b"\nendstream\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF\n");
    bytes
}

/// A workbook, its parts not packed.
fn xlsx(more: &[(&str, &str)]) -> Vec<u8> {
    let main = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml";
    let types =
        format!("<Types><Override PartName=\"/xl/workbook.xml\" ContentType=\"{main}\"/></Types>");
    let mut parts =
        vec![("[Content_Types].xml", types.as_str()), ("xl/workbook.xml", "<workbook/>")];
    parts.extend(more);
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in &parts {
        let length = (text.len() as u32).to_le_bytes();
        let name_length = (name.len() as u32).to_le_bytes();
        let shared =
            [&[20, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &length, &length, &name_length];
        directory.extend([&b"PK\x01\x02\x14\0"[..], &shared.concat(), &[0; 10]].concat());
        directory.extend((out.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        out.extend(
            [&b"PK\x03\x04"[..], &shared.concat(), name.as_bytes(), text.as_bytes()].concat(),
        );
    }
    let (count, start) = ((parts.len() as u16).to_le_bytes(), (out.len() as u32).to_le_bytes());
    let size = (directory.len() as u32).to_le_bytes();
    out.extend(
        [&directory[..], b"PK\x05\x06\0\0\0\0", &count, &count, &size, &start, &[0, 0]].concat(),
    );
    out
}

fn file(town: &Town, name: &str, bytes: &[u8]) -> String {
    let path = town.dir.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn id(sent: &Value) -> String {
    sent["letters"][0]["id"].as_str().unwrap().to_owned()
}

fn states(shown: &Value) -> Vec<&str> {
    let all = shown["attachments"].as_array().unwrap();
    all.iter().map(|one| one["state"].as_str().unwrap()).collect()
}

/// Names of the files in a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return BTreeSet::new() };
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn two_recipients_get_the_files_as_they_were_sent() {
    let town = Town::new();
    let (office, form) = (town.office(), town.form("notice-admission"));
    let (report, table) =
        (file(&town, "検査結果.pdf", &pdf()), file(&town, "服薬.xlsx", &xlsx(&[])));
    let to = format!("{},{}", HOSPITAL.number, STATION.number);
    let send = ["send", "--to", &to, "--notice", &form, "--attach", &report, "--attach", &table];
    let sent = office.does(&send);
    assert_eq!(sent["sent"], true);
    let listed = sent["attachments"].as_array().unwrap();
    assert_eq!(listed[0]["name"], "検査結果.pdf");
    assert_eq!(listed[0]["length"], pdf().len());
    assert_eq!(
        listed[1]["media_type"],
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    );
    // One sealed file serves both.
    assert_eq!(names(&office.home.join("vault/attachment")).len(), 2);
    for (place, home) in [HOSPITAL.home, STATION.home].into_iter().enumerate() {
        let person = town.person(home);
        let id = sent["letters"][place]["id"].as_str().unwrap();
        person.does(&["inbox"]);
        let without = person.does(&["open", id, "--no-attachments"]);
        assert_eq!(states(&without), ["waiting", "waiting"]);
        assert_eq!(states(&person.does(&["open", id])), ["kept", "kept"]);
        let folder = town.dir.join(format!("saved-{home}"));
        let to = folder.to_str().unwrap();
        let saved = person.does(&["save", id, "--to", to]);
        assert_eq!((&saved["saved"], &saved["fetched_bytes"]), (&json!(2), &json!(0)));
        assert!(std::fs::read(folder.join("検査結果.pdf")).unwrap() == pdf());
        assert!(std::fs::read(folder.join("服薬.xlsx")).unwrap() == xlsx(&[]));
        // A file that is there is not touched.
        std::fs::write(folder.join("服薬.xlsx"), "mine").unwrap();
        let again = person.say(&["save", id, "--to", to, "--only", "2"]);
        let again = again.ended(1);
        assert_eq!(again["attachments"][0]["failure"]["error"]["key"], "file.exists", "{again}");
        assert_eq!(std::fs::read(folder.join("服薬.xlsx")).unwrap(), b"mine");
        person
            .say(&["save", id, "--to", to, "--only", "other.pdf"])
            .failed(10, "attachment.unknown-name");
    }
    // The sender's own copy opens too.
    let folder = town.dir.join("own");
    let saved = office.does(&["save", &id(&sent), "--to", folder.to_str().unwrap()]);
    assert_eq!(saved["saved"], 2);
    assert!(std::fs::read(folder.join("検査結果.pdf")).unwrap() == pdf());
}

#[test]
fn evidence_names_the_files_and_tells_them_from_others() {
    let town = Town::new();
    let (office, form) = (town.office(), town.form("notice-admission"));
    let report = file(&town, "検査結果.pdf", &pdf());
    let sent =
        office.does(&["send", "--to", HOSPITAL.number, "--notice", &form, "--attach", &report]);
    let (id, out) = (id(&sent), town.dir.join("a.evidence"));
    let out = out.to_str().unwrap();
    office.does(&["evidence", &id, "--out", out]);
    let verified = office.say(&["verify", out, "--attachment", &report]).ended(4);
    assert_eq!(verified["letter"]["attachments"][0]["name"], "検査結果.pdf");
    assert_eq!(verified["letter"]["attachments"][0]["length"], pdf().len());
    assert_eq!(verified["compared"][0]["number"], 1);
    let other = file(&town, "other.pdf", &pdf()[1..]);
    office.say(&["verify", out, "--attachment", &other]).failed(5, "evidence.attachment-other");
    let bare = town.dir.join("bare.evidence");
    let bare = bare.to_str().unwrap();
    office.does(&["evidence", &id, "--out", bare, "--without-letter"]);
    office.say(&["verify", bare, "--attachment", &report]).failed(5, "evidence.letter-not-shown");
}

#[test]
fn what_may_not_be_attached_is_named_and_nothing_is_sent() {
    let town = Town::new();
    let (office, form) = (town.office(), town.form("notice-admission"));
    let good = file(&town, "a.pdf", &pdf());
    let acts = [&pdf()[..20], b"<< /S /JavaScript >>", &pdf()[20..]].concat();
    let files: [(&str, Vec<u8>, &str); 6] = [
        ("program.pdf", b"MZ\x90\0\x03\0\0\0".to_vec(), "content.executable"),
        ("a.zip", xlsx(&[]), "content.not-its-name"),
        ("book.xlsm", xlsx(&[]), "content.not-its-name"),
        ("macros.xlsx", xlsx(&[("xl/vbaProject.bin", "x")]), "content.macros"),
        ("acts.pdf", acts, "content.active"),
        ("list.csv", b"a,b\n".to_vec(), "content.script"),
    ];
    for (name, bytes, key) in files {
        let bad = file(&town, name, &bytes);
        let send = ["send", "--to", HOSPITAL.number, "--notice", &form, "--attach", &good];
        office.say(&[&send[..], &["--attach", &bad]].concat()).failed(1, key);
    }
    assert_eq!(office.does(&["outbox"])["entries"], json!([]));
    assert_eq!(office.does(&["track"])["messages"], json!([]));
    assert_eq!(names(&office.home.join("vault/attachment")), BTreeSet::new());
}

/// Letters that the office sent, and that the hospital has.
fn counted(town: &Town) -> (usize, usize) {
    let count = |shown: Value| {
        let ids = shown["messages"].as_array().unwrap().iter().map(|one| one["id"].to_string());
        let ids: Vec<_> = ids.collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
        ids.len()
    };
    (count(town.office().does(&["track"])), count(town.hospital().does(&["inbox", "--all"])))
}

/// The next command finishes what was begun, and leaves nothing behind.
#[track_caller]
fn finishes(person: &Person, letters: usize) {
    assert_eq!(person.does(&["outbox"])["entries"], json!([]));
    assert_eq!(names(&person.home.join("vault/outbox-part")), BTreeSet::new());
    assert_eq!(names(&person.home.join("vault/attaching")), BTreeSet::new());
    let kept = names(&person.home.join("vault/attachment"));
    assert_eq!(kept.len(), letters, "one file for each letter: {kept:?}");
}

#[test]
fn a_send_that_dies_anywhere_ends_as_one_letter_or_was_never_queued() {
    let town = Town::new();
    let (office, form) = (town.office(), town.form("notice-admission"));
    let report = file(&town, "a.pdf", &pdf());
    let send = ["send", "--to", HOSPITAL.number, "--notice", &form, "--attach", &report];
    let fetching = "client.attachment.fetching";
    let points = attachments::CRASH_POINTS.iter().filter(|point| **point != fetching);
    let points = points.chain(outbox::CRASH_POINTS).map(|point| (*point).to_owned());
    let pieces = (2..=3).map(|piece| format!("client.attachment.uploading:{piece}"));
    let mut letters = 0;
    for point in points.chain(pieces) {
        office.say_with(&[(CRASH_AT, &point)], &send).died();
        letters += usize::from(!NOT_QUEUED.contains(&point.as_str()));
        finishes(&office, letters);
        assert_eq!(counted(&town), (letters, letters), "{point}");
    }
}

#[test]
fn a_send_that_dies_after_any_write_ends_as_one_letter_or_was_never_queued() {
    let town = Town::new();
    let (office, form) = (town.office(), town.form("notice-admission"));
    let report = file(&town, "a.pdf", &pdf());
    let (mut letters, mut queued) = (0, false);
    for write in 1.. {
        let at = format!("{WRITTEN}:{write}");
        let send = ["send", "--to", HOSPITAL.number, "--notice", &form, "--attach", &report];
        let said = office.say_with(&[(CRASH_AT, &at)], &send);
        if said.code.is_some() {
            assert_eq!(said.ended(0)["sent"], true);
            assert!(write > 10, "only {write} writes");
            assert_eq!(counted(&town), (letters + 1, letters + 1));
            return;
        }
        said.died();
        office.does(&["outbox"]);
        let (sent, received) = counted(&town);
        assert!(sent == received && sent - letters <= 1, "after write {write}");
        // Once the entry is written, every later crash leaves it.
        assert!(sent > letters || !queued, "lost after write {write}");
        queued |= sent > letters;
        letters = sent;
        finishes(&office, letters);
    }
}

#[test]
fn a_fetch_that_dies_goes_on_and_gives_the_file() {
    let town = Town::new();
    let (office, hospital, form) = (town.office(), town.hospital(), town.form("notice-admission"));
    let report = file(&town, "a.pdf", &pdf());
    let sent =
        office.does(&["send", "--to", HOSPITAL.number, "--notice", &form, "--attach", &report]);
    let id = id(&sent);
    hospital.does(&["inbox"]);
    hospital.does(&["open", &id, "--no-attachments"]);
    let kept = hospital.keep("kept");
    let length = sent["attachments"][0]["sealed_length"].as_u64().unwrap();
    let mut before = 0;
    for piece in [1, 2, 1] {
        let at = format!("client.attachment.fetching:{piece}");
        hospital.say_with(&[(CRASH_AT, &at)], &["open", &id]).died();
        let shown = hospital.does(&["open", &id, "--no-attachments"]);
        let received = shown["attachments"][0]["received"].as_u64().unwrap();
        assert!(received > before && received < length, "{received} after {before}");
        before = received;
    }
    let folder = town.dir.join("saved");
    let to = folder.to_str().unwrap();
    let saved = hospital.does(&["save", &id, "--to", to]);
    assert_eq!(saved["fetched_bytes"], length - before);
    assert!(std::fs::read(folder.join("a.pdf")).unwrap() == pdf());
    // It dies at each write of a fetch and a saving at one go.
    for write in 1.. {
        let home = format!("hospital-{write}");
        let person = Person::at(&town.dir, &home);
        people::Folder::copy(&kept, &person.home);
        let folder = town.dir.join(&home).join("saved");
        let save = ["save", &id, "--to", folder.to_str().unwrap()];
        let said = person.say_with(&[(CRASH_AT, &format!("{WRITTEN}:{write}"))], &save);
        let there = folder.join("a.pdf");
        if said.code.is_some() {
            assert!(write > 2 && std::fs::read(there).unwrap() == pdf());
            return;
        }
        said.died();
        if !there.exists() {
            person.does(&save);
        }
        assert!(std::fs::read(there).unwrap() == pdf(), "{write}");
    }
}
