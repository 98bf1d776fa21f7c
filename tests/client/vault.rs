//! The vault: a wrong passphrase, damage, and several programs in one home.

use std::path::Path;

use serde_json::json;

use crate::people::{HOSPITAL, Person, Town, finish, write_private};

/// Changes one byte in the middle of a file.
fn damage(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file, bytes).unwrap();
}

/// The only record in a folder of the vault.
fn only(person: &Person, folder: &str) -> std::path::PathBuf {
    let folder = person.home.join("vault").join(folder);
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

#[test]
fn a_wrong_passphrase_opens_nothing_and_says_so() {
    let town = Town::stopped();
    let office = town.office();
    let wrong = office.file("wrong");
    write_private(Path::new(&wrong), "five unrelated words");
    let environment = [("TSUMUGU_PASSPHRASE_FILE", wrong.as_str())];
    for arguments in [&["inbox"][..], &["track"], &["directory"], &["log", "verify"]] {
        office.say_with(&environment, arguments).failed(8, "vault.wrong-passphrase");
    }
    let said = office.program().env("TSUMUGU_PASSPHRASE_FILE", &wrong).arg("inbox").output();
    let said = String::from_utf8(said.unwrap().stderr).unwrap();
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[..2], ["合言葉が違います。", "The passphrase is wrong."], "{said}");
    assert!(lines[2].starts_with("→ 全角・半角"), "{said}");
    let nothing = [("TSUMUGU_PASSPHRASE_FILE", "")];
    office.say_with(&nothing, &["inbox"]).failed(8, "passphrase.no-terminal");
    let absent = office.file("absent");
    let absent = [("TSUMUGU_PASSPHRASE_FILE", absent.as_str())];
    office.say_with(&absent, &["inbox"]).failed(8, "passphrase.file-unreadable");
}

#[test]
fn a_new_vault_wants_a_passphrase_that_is_long_enough() {
    let (town, code) = Town::empty();
    let city = town.city();
    write_private(&town.dir.join("passphrase"), "short");
    city.say(&["admin", "init", &code]).failed(8, "passphrase.too-short");
    write_private(&town.dir.join("passphrase"), "long enough now");
    city.does(&["admin", "init", &code]);
}

#[test]
fn a_damaged_record_is_named_and_nothing_is_made_of_it() {
    let town = Town::new();
    let hospital = town.hospital();
    let id = town.sheet();
    hospital.does(&["inbox"]);
    let whole = hospital.keep("whole");
    let named = |path: &str| {
        let said = hospital.say(&["open", &id]);
        said.failed(8, "vault.damaged");
        let text = said.json()["error"]["ja"].as_str().unwrap().to_owned();
        assert!(text.contains(path), "{text}");
        std::fs::remove_dir_all(&hospital.home).unwrap();
        crate::people::Folder::copy(&whole, &hospital.home);
    };
    for record in ["identity", "own-records", "checkpoint"] {
        damage(&hospital.record(record));
        named(record);
        // Cut short, or empty as after a crash of another program's.
        std::fs::write(hospital.record(record), b"").unwrap();
        named(record);
    }
    for folder in ["message", "letter"] {
        let sender = only(&hospital, folder);
        let file = std::fs::read_dir(&sender).unwrap().next().unwrap().unwrap().path();
        damage(&file);
        named(&id);
    }
    // A record that was moved from another place is not what that place held.
    std::fs::copy(hospital.record("checkpoint"), hospital.record("identity")).unwrap();
    named("identity");
    assert_eq!(hospital.does(&["open", &id])["logged"], true);
}

#[test]
fn a_vault_without_identity_or_key_is_no_enrolled_vault() {
    let town = Town::new();
    let office = town.office();
    let whole = office.keep("whole");
    std::fs::remove_file(office.record("identity")).unwrap();
    office.say(&["inbox"]).failed(1, "enrolment.not-enrolled");
    std::fs::remove_dir_all(&office.home).unwrap();
    office.say(&["inbox"]).failed(1, "enrolment.not-enrolled");
    crate::people::Folder::copy(&whole, &office.home);
    let key = office.home.join("vault/key.age");
    std::fs::write(&key, "age-encryption.org/v1\n").unwrap();
    office.say(&["inbox"]).failed(8, "vault.damaged");
    assert!(office.keep("again").join("vault/identity.sealed").exists(), "nothing is thrown away");
}

#[test]
fn a_damaged_entry_of_the_outbox_is_named_and_stops_only_itself() {
    let mut town = Town::stopped();
    let (office, form) = (town.office(), town.form("notice-admission"));
    let send = ["send", "--to", HOSPITAL.number, "--notice", &form];
    office.say(&send).ended(6);
    let file = only(&office, "outbox");
    damage(&file);
    let entry = file.file_stem().unwrap().to_str().unwrap().to_owned();
    town.start();
    // Everything else goes on, and says so each time.
    assert_eq!(office.does(&send)["sent"], true);
    let inbox = office.say(&["inbox"]);
    assert_eq!(inbox.ended(0)["outbox"], json!({ "waiting": 0, "refused": 0, "damaged": 1 }));
    let said = office.read(&["track"]);
    assert!(said.out.contains("【送信できません】送信箱の 1 件が壊れています"), "{said:?}");
    let listed = office.does(&["outbox"])["entries"][0].clone();
    assert_eq!((&listed["id"], &listed["state"]), (&json!(entry), &json!("damaged")));
    assert_eq!(listed["failure"], "outbox.damaged");
    office.does(&["outbox", "--drop", &entry]);
    assert_eq!(office.does(&["outbox"])["entries"], json!([]));
    assert_eq!(town.hospital().does(&["inbox"])["messages"].as_array().unwrap().len(), 1);
}

#[test]
fn a_letter_that_is_damaged_in_the_outbox_is_never_called_sent_and_stops_only_itself() {
    let mut town = Town::stopped();
    let (office, form) = (town.office(), town.form("notice-admission"));
    let send = ["send", "--to", HOSPITAL.number, "--notice", &form];
    for (received, part) in [(1, "letter"), (2, "body")] {
        office.say(&send).ended(6);
        let parts = std::fs::read_dir(office.home.join("vault/outbox-part")).unwrap();
        let mut parts = parts.map(|entry| entry.unwrap().path());
        let is_part = |file: &std::path::PathBuf| file.to_str().unwrap().contains(part);
        damage(&parts.find(is_part).unwrap());
        town.start();
        assert_eq!(office.does(&send)["sent"], true);
        let listed = office.does(&["outbox"])["entries"][0].clone();
        assert_eq!((&listed["state"], &listed["owner"]), (&json!("refused"), &json!("sender")));
        assert_eq!(listed["failure"], "outbox.damaged");
        office.does(&["outbox", "--drop", listed["id"].as_str().unwrap()]);
        assert_eq!(office.does(&["outbox"])["entries"], json!([]));
        let inbox = town.hospital().does(&["inbox"]);
        assert_eq!(inbox["messages"].as_array().unwrap().len(), received);
        town.stop();
    }
}

#[test]
fn several_programs_work_in_one_home_at_the_same_time() {
    let town = Town::new();
    let (hospital, id) = (town.hospital(), town.sheet());
    let commands: [&[&str]; 6] = [
        &["inbox"],
        &["open", &id],
        &["track"],
        &["directory"],
        &["log", "verify"],
        &["inbox", "--all"],
    ];
    hospital.does(&["inbox"]);
    for _ in 0..2 {
        let begun: Vec<_> = commands.iter().map(|command| hospital.begins(command)).collect();
        for (child, command) in begun.into_iter().zip(commands) {
            let said = finish(child);
            assert_eq!(said.code, Some(0), "{command:?} {said:?}");
        }
    }
    let tracked = town.office().does(&["track", &id]);
    assert_eq!(tracked["events"].as_array().unwrap().len(), 3, "{tracked}");
}
