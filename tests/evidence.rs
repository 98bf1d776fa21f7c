//! Evidence: what the real program makes, and what anybody can verify of it.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/people.rs"]
mod people;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tsumugu_trust::evidence::{Evidence, Outcome, verify};
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::statement::Statement;

use people::{HOSPITAL, OFFICE, Person, Town, write_private};

const COMMENT: &str = "病棟の看護師長へ渡します";
/// The patient of the example sheet, and the others that it names.
const PATIENT: [&str; 3] = ["流山 花子", "流山 桜子", "森 ケイ"];

/// Evidence of an answered sheet.
struct Proved {
    town: Town,
    id: String,
    file: String,
    fingerprint: String,
}

impl Proved {
    fn new() -> Self {
        let mut town = Town::new();
        let id = town.sheet();
        town.hospital().does(&["inbox"]);
        town.hospital().does(&["open", &id]);
        town.hospital().does(&["ack", &id, "--comment", COMMENT]);
        let file = town.office().file("a.evidence");
        town.office().does(&["evidence", &id, "--out", &file]);
        let fingerprint = town.office().does(&["log", "verify"])["fingerprint"].clone();
        let fingerprint = fingerprint.as_str().unwrap().to_owned();
        town.stop();
        Self { town, id, file, fingerprint }
    }

    /// Somebody without a vault.
    fn inspector(&self) -> Person {
        self.town.person("inspector")
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.file).unwrap()
    }

    fn root(&self) -> Hash {
        self.fingerprint.parse().unwrap()
    }

    /// The log's folder, which the exchange wrote when it stopped.
    fn log(&self) -> String {
        self.town.server_dir().join("log").to_str().unwrap().to_owned()
    }
}

#[test]
fn it_is_anchored_only_under_its_own_exchanges_fingerprint() {
    let proved = Proved::new();
    let inspector = proved.inspector();
    let anchored = inspector.does(&["verify", &proved.file, "--fingerprint", &proved.fingerprint]);
    assert_eq!((&anchored["outcome"], &anchored["id"]), (&json!("anchored"), &json!(proved.id)));
    let whom =
        |report: &Value| (report["sender"]["name"].clone(), report["recipient"]["name"].clone());
    assert_eq!(whom(&anchored), (json!(OFFICE.name), json!(HOSPITAL.name)));
    assert_eq!(
        (&anchored["delivery"], &anchored["answer"]),
        (&json!("opened"), &json!("acknowledged"))
    );
    assert_eq!(anchored["letter"]["author"]["name"], OFFICE.workers[0].0);
    assert_eq!(anchored["answers"][0]["worker"]["name"], HOSPITAL.workers[0].0);
    assert_eq!(anchored["answers"][0]["comment"], COMMENT);
    assert_eq!(anchored["removals_checked"], false);
    // As it is printed on paper: in groups, capitals or not.
    let groups: Vec<_> = proved.fingerprint.as_bytes().chunks(4).collect();
    let printed = String::from_utf8(groups.join(&b' ')).unwrap().to_uppercase();
    inspector.does(&["verify", &proved.file, "--fingerprint", &printed]);

    let consistent = inspector.say(&["verify", &proved.file]).ended(4);
    assert_eq!(consistent["outcome"], "consistent-only");
    assert_eq!(consistent["root_fingerprint"], proved.fingerprint);

    let other = sha256(&[b"another exchange"]).to_string();
    let said = inspector.say(&["verify", &proved.file, "--fingerprint", &other]);
    said.failed(5, "evidence.refused");
    assert!(!said.out.contains(OFFICE.name), "{said:?}");
    assert!(!inspector.home.exists(), "it needs no vault");
}

#[test]
fn trust_list_1_serves_as_the_anchor() {
    let proved = Proved::new();
    let evidence = Evidence::parse(&proved.bytes()).unwrap();
    let file = proved.inspector().file("trust-list-1");
    std::fs::write(&file, &evidence.clear[0].leaf.statement).unwrap();
    let report = proved.inspector().does(&["verify", &proved.file, "--trust", &file]);
    assert_eq!(report["outcome"], "anchored");
    // Another statement is none.
    std::fs::write(&file, &evidence.clear[1].leaf.statement).unwrap();
    proved
        .inspector()
        .say(&["verify", &proved.file, "--trust", &file])
        .failed(2, "evidence.bad-trust-file");
}

#[test]
fn no_byte_can_be_changed() {
    let proved = Proved::new();
    let (bytes, root) = (proved.bytes(), proved.root());
    let report = verify(&Evidence::parse(&bytes).unwrap(), Some(root), None).unwrap();
    assert_eq!(report.outcome, Outcome::Anchored);
    let refused = |bytes: &[u8]| match Evidence::parse(bytes) {
        Ok(evidence) => verify(&evidence, Some(root), None).is_err(),
        Err(_) => true,
    };
    let mut changed = bytes.clone();
    for place in 0..bytes.len() {
        for flip in [1, 0x20] {
            changed[place] ^= flip;
            assert!(refused(&changed), "byte {place}");
            changed[place] ^= flip;
        }
    }
    assert!(!refused(&changed));
    // Nor one taken out or put in, nor the end cut off.
    for place in (0..bytes.len()).step_by(101) {
        assert!(refused(&[&bytes[..place], &bytes[place + 1..]].concat()), "without byte {place}");
        assert!(refused(&[&bytes[..place], b"0", &bytes[place..]].concat()), "before byte {place}");
        assert!(refused(&bytes[..place]), "cut at {place}");
    }
}

/// The file with its last line made anew, as a forger would.
fn with_checksum(text: &str) -> Vec<u8> {
    let (lines, _) = text.rsplit_once("checksum ").unwrap();
    format!("{lines}checksum {}\n", sha256(&[lines.as_bytes()])).into_bytes()
}

#[test]
fn a_forger_who_makes_the_checksum_anew_is_refused_by_what_the_log_signed() {
    let proved = Proved::new();
    let (text, root) = (String::from_utf8(proved.bytes()).unwrap(), proved.root());
    let end = text.rfind("checksum ").unwrap();
    assert_eq!(with_checksum(&text), text.as_bytes());
    for place in (0..end).step_by(23) {
        let mut changed = text.clone().into_bytes();
        // To another character of the same alphabet, so that the form stays whole.
        changed[place] = match changed[place] {
            b'9' => b'8',
            b'a'..=b'y' | b'A'..=b'Y' | b'0'..=b'8' => changed[place] + 1,
            other => other ^ 1,
        };
        let Ok(changed) = String::from_utf8(changed) else { continue };
        let refused = match Evidence::parse(&with_checksum(&changed)) {
            Ok(evidence) => verify(&evidence, Some(root), None).is_err(),
            Err(_) => true,
        };
        assert!(refused, "byte {place}");
    }
}

#[test]
fn only_what_the_holder_may_hide_can_be_left_out() {
    let proved = Proved::new();
    let (whole, root) = (Evidence::parse(&proved.bytes()).unwrap(), proved.root());
    let report = |evidence: &Evidence| {
        let evidence = Evidence::parse(&evidence.encode().unwrap())?;
        verify(&evidence, Some(root), None)
    };
    let first = report(&whole).unwrap();
    let kind = |note: &[u8]| Statement::parse(note).unwrap().body.kind();
    let (mut clear, mut private) = (Vec::new(), Vec::new());
    for place in 0..whole.clear.len() {
        let mut less = whole.clone();
        let left_out = less.clear.remove(place);
        if report(&less).is_ok() {
            clear.push(kind(&left_out.leaf.statement));
        }
    }
    // Nothing hangs on the sender's units and hours.
    assert_eq!(clear, ["profile"]);
    for place in 0..whole.private.len() {
        let mut less = whole.clone();
        let left_out = less.private.remove(place);
        if let Ok(report) = report(&less) {
            private.push(kind(&left_out.record));
            assert_eq!(report.envelope_digest, first.envelope_digest);
        }
    }
    // What happened later can be left out, and is then not claimed.
    assert_eq!(private, ["fetched", "opened"]);
    let mut unanswered = whole.clone();
    unanswered.details.clear();
    unanswered.private.retain(|leaf| kind(&leaf.record) != "disposition");
    assert!(report(&unanswered).unwrap().answers.is_empty());
    let mut closed = whole.clone();
    (closed.letter, closed.details) = (None, Vec::new());
    assert!(report(&closed).unwrap().letter.is_none());
}

#[test]
fn the_real_program_refuses_a_changed_file_too() {
    let proved = Proved::new();
    let (bytes, inspector) = (proved.bytes(), proved.inspector());
    let file = inspector.file("changed.evidence");
    for place in (0..bytes.len()).step_by(bytes.len() / 16) {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        std::fs::write(&file, &changed).unwrap();
        for arguments in
            [&["verify", &file][..], &["verify", &file, "--fingerprint", &proved.fingerprint]]
        {
            inspector.say(arguments).failed(5, "evidence.refused");
        }
    }
}

#[test]
fn the_whole_log_shows_that_no_removal_was_left_out() {
    let proved = Proved::new();
    let (inspector, log) = (proved.inspector(), proved.log());
    let verify = |log: &str| {
        inspector.say(&["verify", &proved.file, "--fingerprint", &proved.fingerprint, "--log", log])
    };
    assert_eq!(verify(&log).ended(0)["removals_checked"], true);
    let checked = inspector.does(&["log", "verify", &log, "--fingerprint", &proved.fingerprint]);
    assert_eq!(checked["anchored"], true);
    // A log that ends before the evidence says nothing of removals.
    let mut before = Town::new();
    before.office().does(&["directory"]);
    before.stop();
    let before = before.server_dir().join("log");
    // It is a copy of the same exchange that went another way.
    let said = verify(before.to_str().unwrap());
    assert!(said.code == Some(0) || said.code == Some(5), "{said:?}");
    assert_ne!(said.json()["removals_checked"], true);
    // A folder that is no log, and one with a changed tile.
    let empty = proved.town.dir.join("empty");
    std::fs::create_dir(&empty).unwrap();
    assert_ne!(verify(empty.to_str().unwrap()).code, Some(0));
    let entries = longest_file(&Path::new(&log).join("tile/entries"));
    let mut changed = std::fs::read(&entries).unwrap();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    std::fs::write(&entries, changed).unwrap();
    verify(&log).failed(7, "log.bad-folder");
    inspector.say(&["log", "verify", &log]).failed(7, "log.bad-folder");
}

/// The newest bundle of entries: those before it are its beginning.
fn longest_file(folder: &Path) -> PathBuf {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.map(|path| if path.is_dir() { longest_file(&path) } else { path });
    files.max_by_key(|file| std::fs::metadata(file).unwrap().len()).unwrap()
}

#[test]
fn without_the_letter_it_proves_the_same_and_names_nobody() {
    let mut proved = Proved::new();
    proved.town.start();
    let (office, hospital) = (proved.town.office(), proved.town.hospital());
    for (person, name) in [(&office, "office"), (&hospital, "hospital")] {
        let file = person.file(&format!("{name}-without.evidence"));
        let written = person.does(&["evidence", &proved.id, "--out", &file, "--without-letter"]);
        assert_eq!(written["letter_revealed"], false);
        let said = proved.inspector().say(&["verify", &file, "--fingerprint", &proved.fingerprint]);
        let report = said.ended(0);
        assert_eq!((&report["outcome"], &report["letter"]), (&json!("anchored"), &Value::Null));
        assert_eq!(
            (&report["delivery"], &report["answer"]),
            (&json!("opened"), &json!("acknowledged"))
        );
        let bytes = std::fs::read(&file).unwrap();
        let evidence = Evidence::parse(&bytes).unwrap();
        assert!(evidence.letter.is_none() && evidence.details.is_empty());
        // Everything that is in it, decoded.
        let mut shown = bytes;
        for leaf in &evidence.clear {
            shown.extend(&leaf.leaf.statement);
        }
        for leaf in &evidence.private {
            shown.extend(&leaf.record);
        }
        shown.extend(said.out.as_bytes());
        let workers = [OFFICE.workers[0].0, HOSPITAL.workers[0].0, COMMENT, "介護支援専門員"];
        for name in PATIENT.iter().chain(&workers) {
            let found = shown.windows(name.len()).any(|window| window == name.as_bytes());
            assert!(!found, "{name}");
        }
    }
}

#[test]
fn both_sides_prove_the_same_at_any_time() {
    let town = Town::new();
    let (office, hospital, inspector) = (town.office(), town.hospital(), town.person("inspector"));
    let id = town.sheet();
    let prove = |person: &Person, name: &str| {
        let file = person.file(&format!("{name}.evidence"));
        person.does(&["evidence", &id, "--out", &file]);
        inspector.say(&["verify", &file]).ended(4)
    };
    assert_eq!(prove(&office, "accepted")["delivery"], "accepted");
    hospital.does(&["inbox"]);
    assert_eq!(prove(&office, "fetched")["delivery"], "fetched");
    hospital.does(&["open", &id]);
    hospital.does(&["ack", &id, "--disposition", "rejected", "--comment", "記入もれ"]);
    let (ours, theirs) = (prove(&office, "ours"), prove(&hospital, "theirs"));
    for key in ["envelope", "delivery", "answer", "answers", "moments", "letter", "origin"] {
        assert_eq!(ours[key], theirs[key], "{key}");
    }
    assert_eq!(
        (&ours["answer"], &ours["answers"][0]["comment"]),
        (&json!("rejected"), &json!("記入もれ"))
    );
}

#[test]
fn a_vault_with_another_passphrase_verifies_as_well() {
    let proved = Proved::new();
    write_private(&proved.town.dir.join("passphrase"), "not the passphrase at all");
    proved.town.office().does(&["verify", &proved.file, "--fingerprint", &proved.fingerprint]);
}
