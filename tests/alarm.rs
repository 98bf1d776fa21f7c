//! An exchange that shows another history than before, and somebody else at its address: the real
//! client notices, stops, and stays stopped until somebody settles it.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/people.rs"]
mod people;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use people::{HOSPITAL, ORIGIN, Person, STATION, Town, init};

/// The exchange's own word for it: a program that is honest notices when it is shown what it signed. One
/// that lies is caught by the client's proofs (`client/src/session/tests.rs`).
const CONTRADICTED: &str = "server.inconsistent-checkpoint";

/// An older copy of the exchange, which cannot notice by itself: what would tell is gone.
fn put_back(town: &mut Town, older: &Path) {
    town.put_server(older);
    for view in ["views", "log"] {
        std::fs::remove_dir_all(town.server_dir().join(view)).unwrap();
    }
    town.start();
}

/// A notice from somebody to the hospital.
fn notice(town: &Town, from: &Person) -> Value {
    let form = town.form("notice-admission");
    from.does(&["send", "--to", HOSPITAL.number, "--notice", &form])
}

/// A town whose exchange ran on after a copy of its folder was made; the office has seen all of it.
fn town_with_a_past() -> (Town, PathBuf) {
    let mut town = Town::new();
    town.sheet();
    town.hospital().does(&["inbox"]);
    town.stop();
    let past = town.keep_server("past");
    town.start();
    town.sheet();
    town.sheet();
    town.stop();
    (town, past)
}

#[test]
fn an_exchange_put_back_to_an_older_copy_is_an_alarm_that_stays() {
    let (mut town, past) = town_with_a_past();
    let present = town.keep_server("present");
    let (office, form) = (town.office(), town.form("notice-admission"));
    let send = ["send", "--to", HOSPITAL.number, "--notice", &form];
    put_back(&mut town, &past);

    let alarm = office.say(&["inbox"]);
    alarm.failed(7, CONTRADICTED);
    // Who acts is stopped by what was seen before, without asking again.
    for command in [&send[..], &["ack", "01"]] {
        let said = office.say(command);
        said.failed(7, "session.alarm-kept");
        let text = said.json()["error"]["ja"].as_str().unwrap().to_owned();
        assert!(text.contains(CONTRADICTED) && text.contains("令和"), "{text}");
    }
    // Who only looks is told, and sees what this PC knew.
    let list = office.say(&["track"]);
    assert!(list.err.contains("警報が解かれていません"), "{}", list.err);
    let list = list.ended(0);
    assert_eq!((&list["fresh"], list["messages"].as_array().unwrap().len()), (&json!(false), 3));
    assert_eq!(office.does(&["outbox"])["entries"], json!([]), "nothing was queued");
    // It cannot be settled as long as it is true.
    office.say(&["log", "verify", "--settled"]).failed(7, CONTRADICTED);
    // Whoever saw no more than the copy has sees nothing wrong.
    town.hospital().does(&["inbox"]);

    town.stop();
    town.put_server(&present);
    town.start();
    // The true log is back; the alarm stays until an administrator says so.
    office.say(&send).failed(7, "session.alarm-kept");
    assert_eq!(office.does(&["log", "verify"])["settled"], false);
    office.say(&send).failed(7, "session.alarm-kept");
    assert_eq!(office.does(&["log", "verify", "--settled"])["settled"], true);
    assert_eq!(office.does(&send)["sent"], true);
    // The hospital has meanwhile seen leaves that the true log does not have.
    town.hospital().say(&["inbox"]).failed(7, CONTRADICTED);
}

#[test]
fn a_log_that_went_on_differently_is_a_fork_for_whoever_saw_the_other_part() {
    let (mut town, past) = town_with_a_past();
    let (office, hospital, station) = (town.office(), town.hospital(), town.station());
    put_back(&mut town, &past);
    // The other history grows beyond the first: only the proof of consistency tells.
    for _ in 0..6 {
        notice(&town, &station);
        hospital.does(&["inbox"]);
    }
    let form = town.form("notice-admission");
    office.say(&["send", "--to", STATION.number, "--notice", &form]).failed(7, CONTRADICTED);
    office
        .say(&["send", "--to", STATION.number, "--notice", &form])
        .failed(7, "session.alarm-kept");
    office.say(&["directory"]).failed(7, CONTRADICTED);
    let evidence = office.file("never.evidence");
    office.say(&["evidence", "01", "--out", &evidence]);
    assert!(!Path::new(&evidence).exists());
    // Nothing of the office reached the other history.
    assert_eq!(station.does(&["inbox"])["messages"], json!([]));
    hospital.does(&["log", "verify"]);
}

#[test]
fn a_letter_that_waits_is_not_sent_into_another_history() {
    let (mut town, past) = town_with_a_past();
    let (office, form) = (town.office(), town.form("notice-admission"));
    office.say(&["send", "--to", HOSPITAL.number, "--notice", &form]).ended(6);
    put_back(&mut town, &past);
    office.say(&["outbox"]).failed(7, CONTRADICTED);
    let listed = office.does(&["outbox"]);
    assert_eq!(
        (listed["entries"].as_array().unwrap().len(), &listed["entries"][0]["state"]),
        (1, &json!("waiting"))
    );
    let inbox = town.hospital().does(&["inbox"]);
    assert_eq!(inbox["messages"].as_array().unwrap().len(), 1, "{inbox}");
}

#[test]
fn an_applicant_and_an_administrator_notice_too() {
    let (mut town, past) = town_with_a_past();
    town.start();
    town.city().does(&["admin", "list"]);
    town.stop();
    put_back(&mut town, &past);
    town.city().say(&["admin", "list"]).failed(7, CONTRADICTED);
    town.city().say(&["admin", "suspend", HOSPITAL.number]).failed(7, "session.alarm-kept");
}

/// What the office says where another exchange answers at the address.
fn meets(town: &Town) -> Value {
    let form = town.form("notice-admission");
    let said = town.office().say(&["send", "--to", HOSPITAL.number, "--notice", &form]).ended(6);
    assert_eq!(said["sent"], false);
    let error = said["reason"]["error"].clone();
    // It is a stranger, and no alarm: nothing of the log was shown.
    town.office().does(&["outbox"]);
    error
}

#[test]
fn another_exchange_at_the_address_is_not_talked_to() {
    let mut town = Town::stopped();
    for (name, origin) in [("same", ORIGIN), ("other", "exchange.elsewhere.test")] {
        let other = town.dir.join(name);
        init(&other, origin, &town.address);
        town.put_server(&other);
        town.start();
        let error = meets(&town);
        assert_eq!(error["key"], "tls.not-pinned", "{name}");
        let text = error["ja"].as_str().unwrap();
        assert!(text.contains(&format!("Tsumugu issuing CA {origin}")), "{text}");
        town.office().say(&["log", "verify"]).failed(6, "tls.not-pinned");
        town.stop();
    }
    assert_eq!(town.office().does(&["outbox"])["entries"].as_array().unwrap().len(), 2);
}

#[test]
fn a_stolen_ca_alone_makes_no_exchange() {
    let mut town = Town::stopped();
    let stolen = town.keep_server("stolen").join("ca");
    let other = town.dir.join("other");
    let code = init(&other, ORIGIN, &town.address);
    std::fs::remove_dir_all(other.join("ca")).unwrap();
    people::Folder::copy(&stolen, &other.join("ca"));
    town.put_server(&other);
    town.start();
    // With its own administrator, so that there is a log to show.
    let thief = town.person("thief");
    thief.say(&["admin", "init", &code]);
    let said = town.office().say(&["inbox"]);
    assert_ne!(said.code, Some(0), "{said:?}");
    let key = said.json()["error"]["key"].as_str().unwrap().to_owned();
    assert!(["log.bad-proof", "server.unknown-party"].contains(&key.as_str()), "{said:?}");
    let form = town.form("notice-admission");
    let said = town.office().say(&["send", "--to", HOSPITAL.number, "--notice", &form]);
    assert_ne!(said.code, Some(0), "{said:?}");
    assert!(!said.out.contains("\"sent\":true"), "{said:?}");
}

#[test]
fn what_does_not_speak_tls_is_named() {
    let town = Town::stopped();
    let listener = std::net::TcpListener::bind(&town.address).unwrap();
    let answering = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 512]);
        let _ = stream
            .write_all(b"HTTP/1.1 302 Found\r\nLocation: http://login.hotel.example/\r\n\r\n");
    });
    let error = meets_once(&town);
    assert_eq!(error["key"], "tls.not-tls", "{error}");
    answering.join().unwrap();
}

/// As [`meets`], with one connection only.
fn meets_once(town: &Town) -> Value {
    let form = town.form("notice-admission");
    let said = town.office().say(&["send", "--to", HOSPITAL.number, "--notice", &form]).ended(6);
    assert_eq!(said["sent"], false);
    said["reason"]["error"].clone()
}
