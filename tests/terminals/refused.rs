//! Codes that are wrong, over or used, and an exchange that puts something else in.

use prost::Message;
use serde_json::json;
use tsumugu_server::pending::{StoredTerminal, TERMINALS};

use super::{admit, code_of, further, text};
use crate::people::Town;

const OFFSET: &str = "TSUMUGU_CLOCK_OFFSET_MS";
const HOUR_MS: u64 = 60 * 60 * 1000;

/// Changes what the exchange keeps of the only invitation.
fn tampered(town: &Town, change: impl FnOnce(&mut StoredTerminal)) {
    let folder = town.server_dir().join(TERMINALS);
    let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let mut stored = StoredTerminal::decode(&std::fs::read(&file).unwrap()[..]).unwrap();
    change(&mut stored);
    std::fs::write(&file, stored.encode_to_vec()).unwrap();
}

#[test]
fn a_wrong_used_or_withdrawn_code_is_named() {
    let town = Town::new();
    let (first, second) = (town.hospital(), town.person("hospital-2"));
    let code = code_of(&first);
    // The same code is shown again until it is used.
    assert_eq!(code_of(&first), code);
    let last = if code.ends_with('0') { "1" } else { "0" };
    let mistyped = format!("{}{last}", &code[..code.len() - 1]);
    second.say(&["enroll", &mistyped]).failed(2, "enrolment.bad-code");
    let unknown = tsumugu_trust::code::Code::from_secret([7; 16]);
    second
        .say(&["enroll", &format!("{}#{unknown}", town.address)])
        .failed(10, "enrolment.unknown-code");
    // It is for an office, not for an administrator.
    town.person("stranger").say(&["admin", "init", &code]).failed(2, "enrolment.for-institution");

    let asked = second.does(&["enroll", &code]);
    let late = town.person("hospital-3");
    late.say(&["enroll", &code]).failed(3, "server.invitation-closed");
    assert!(!late.home.join("vault").exists(), "nothing is made for a code that is used");
    // A stolen code shows in the digits.
    let wrong = "0000 0000 0000 0000 0000 0000";
    first
        .say(&["terminal", "add", "--code-only", "--digits", wrong])
        .failed(3, "terminal.digits-differ");
    // Without somebody who compares nothing happens.
    let waiting = first.does(&["terminal", "add", "--code-only"]);
    assert_eq!((&waiting["state"], &waiting["digits"]), (&json!("asked"), &asked["digits"]));
    assert_eq!(first.does(&["terminal", "add", "--withdraw"])["state"], "withdrawn");
    first.say(&["terminal", "add", "--withdraw"]).failed(10, "terminal.nothing-open");
    second.say(&["enroll"]).failed(3, "enrolment.terminal-closed");
    // The PC begins again with another code.
    let asked = second.does(&["enroll", &code_of(&first)]);
    assert_eq!(admit(&first, text(&asked["digits"]))["state"], "admitted");
    second.does(&["enroll"]);
    late.say(&["enroll", &code]).failed(3, "server.invitation-closed");
}

#[test]
fn a_code_is_good_for_half_a_day() {
    let mut town = Town::new();
    let (first, second) = (town.hospital(), town.person("hospital-2"));
    let code = code_of(&first);
    let offset = (13 * HOUR_MS).to_string();
    let later = [(OFFSET, offset.as_str())];
    town.stop();
    town.start_with(&later);
    second.say_with(&later, &["enroll", &code]).failed(3, "server.invitation-closed");
    let made = first.say_with(&later, &["terminal", "add", "--code-only"]).ended(0);
    assert_eq!(made["state"], "invited");
    assert_ne!(made["code"], code);
    let asked = second.say_with(&later, &["enroll", text(&made["code"])]).ended(0);
    assert_eq!(asked["state"], "pending");
}

#[test]
fn a_request_that_the_exchange_swaps_is_refused() {
    let town = Town::new();
    let (first, second) = (town.hospital(), town.person("hospital-2"));
    second.does(&["enroll", &code_of(&first)]);
    // The exchange knows everything but the code's secret, so it cannot make the MAC.
    tampered(&town, |stored| stored.mac = vec![7; 32]);
    let add = ["terminal", "add", "--code-only", "--yes"];
    first.say(&add).failed(7, "terminal.bad-mac");
    tampered(&town, |stored| stored.request = b"tsumugu/v1/tick\nexchange.test/east\n".to_vec());
    assert_eq!(first.say(&add).code, Some(7));
    assert_eq!(first.does(&["terminal", "list"])["terminals"].as_array().unwrap().len(), 1);
    // No alarm stays: it was the new PC's way that was tampered with, not the log.
    first.does(&["terminal", "add", "--withdraw"]);
    further(&town, &first, "hospital-3");
}

#[test]
fn a_document_or_keyring_that_the_exchange_changes_is_an_alarm() {
    let town = Town::new();
    let (first, second) = (town.hospital(), town.person("hospital-2"));
    let code = code_of(&first);
    tampered(&town, |stored| {
        let document = stored.document.as_mut().unwrap();
        let mut content = document.content.to_vec();
        *content.last_mut().unwrap() ^= 1;
        document.content = content.into();
    });
    second.say(&["enroll", &code]).failed(7, "enrolment.wrong-document");
    tampered(&town, |stored| {
        let document = stored.document.as_mut().unwrap();
        let mut content = document.content.to_vec();
        *content.last_mut().unwrap() ^= 1;
        document.content = content.into();
    });
    let asked = second.does(&["enroll", &code]);
    admit(&first, text(&asked["digits"]));
    let mut kept = Vec::new();
    tampered(&town, |stored| {
        kept.clone_from(&stored.keyring);
        stored.keyring[100] ^= 1;
    });
    second.say(&["enroll"]).failed(7, "enrolment.bad-keyring");
    // One that is sealed to it, but by somebody who has other keys.
    let recipient = {
        let mut request = Vec::new();
        tampered(&town, |stored| request.clone_from(&stored.request));
        let statement = tsumugu_trust::statement::Statement::parse(&request).unwrap();
        match statement.body {
            tsumugu_trust::statement::AnyBody::TerminalRequest(lines) => lines.recipient,
            other => panic!("{other:?}"),
        }
    };
    let forged = tsumugu_trust::seal::seal_to(&[recipient.recipient()], b"not a keyring").unwrap();
    tampered(&town, |stored| stored.keyring = forged);
    second.say(&["enroll"]).failed(7, "enrolment.bad-keyring");
    tampered(&town, |stored| stored.keyring.clear());
    second.say(&["enroll"]).failed(10, "enrolment.keyring-gone");
    tampered(&town, |stored| stored.keyring = kept);
    assert_eq!(second.does(&["enroll"])["state"], "enrolled");
}

#[test]
fn the_keyring_is_gone_from_the_exchange_once_it_was_taken_or_a_day_has_passed() {
    let mut town = Town::new();
    let (first, second) = (town.hospital(), town.person("hospital-2"));
    let asked = second.does(&["enroll", &code_of(&first)]);
    admit(&first, text(&asked["digits"]));
    let mut kept = 0;
    tampered(&town, |stored| kept = stored.keyring.len());
    assert!(kept > 0);
    second.does(&["enroll"]);
    tampered(&town, |stored| kept = stored.keyring.len());
    assert_eq!(kept, 0);

    let third = town.person("hospital-3");
    let asked = third.does(&["enroll", &code_of(&first)]);
    admit(&first, text(&asked["digits"]));
    let offset = (25 * HOUR_MS).to_string();
    let later = [(OFFSET, offset.as_str())];
    town.stop();
    town.start_with(&later);
    third.say_with(&later, &["enroll"]).failed(3, "enrolment.terminal-closed");
    let left = std::fs::read_dir(town.server_dir().join(TERMINALS)).unwrap().count();
    assert_eq!(left, 0, "files are left");
}
