//! The exchange dies in the middle of a commit: the office is told that nothing is sent yet, and later
//! the log has the letter once.

use std::path::Path;

use serde_json::json;

use crate::people::{HOSPITAL, Town};

const CRASH_AT: &str = "TSUMUGU_CRASH_AT";

/// The steps of a commit, in their order.
const STEPS: [&str; 5] = [
    "server.commit.staged",
    "server.commit.bodies-synced",
    "server.commit.committed",
    "server.commit.applied",
    "server.commit.published",
];

#[test]
fn the_steps_tried_here_are_all_there_are() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("server/src/ledger/commit.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let names = source.split("crash_point(\"").skip(1);
    let names: Vec<_> = names.filter_map(|rest| Some(rest.split_once('"')?.0)).collect();
    assert_eq!(names, STEPS);
}

#[test]
fn an_exchange_that_dies_at_any_step_of_a_commit_has_the_letter_once() {
    let mut town = Town::stopped();
    let (office, hospital) = (town.office(), town.hospital());
    let form = town.form("notice-admission");
    for (received, step) in (1..).zip(STEPS) {
        // The first round is the tick at the start.
        town.start_with(&[(CRASH_AT, &format!("{step}:2"))]);
        office.does(&["directory"]);
        let said = office.say(&["send", "--to", HOSPITAL.number, "--notice", &form]).ended(6);
        assert_eq!(
            (&said["sent"], &said["letters"][0]["state"]),
            (&json!(false), &json!("queued"))
        );
        town.await_crash();
        let waiting = office.does(&["outbox"]);
        assert_eq!(waiting["entries"].as_array().unwrap().len(), 1, "{step}");

        town.start();
        assert_eq!(office.does(&["outbox"])["entries"], json!([]), "{step}");
        let id = said["letters"][0]["id"].as_str().unwrap();
        let tracked = office.does(&["track", id]);
        assert_eq!(tracked["events"].as_array().unwrap().len(), 1, "{step}");
        let file = office.file(&format!("{step}.evidence"));
        let proved = office.does(&["evidence", id, "--out", &file]);
        assert_eq!(proved["report"]["delivery"], "accepted", "{step}");
        let inbox = hospital.does(&["inbox"]);
        assert_eq!(inbox["messages"].as_array().unwrap().len(), received, "{step}");
        town.stop();
    }
    let checked = tsumugu_server::check::check(&town.server_dir(), false).unwrap();
    assert_eq!((checked.wrong_tiles.len(), checked.unreadable_bodies), (0, 0));
}

#[test]
fn an_exchange_that_is_killed_while_nobody_speaks_loses_nothing() {
    let mut town = Town::new();
    let id = town.sheet();
    town.kill();
    town.start();
    let inbox = town.hospital().does(&["inbox"]);
    assert_eq!(inbox["messages"][0]["id"], json!(id));
    assert_eq!(town.office().does(&["log", "verify"])["anchored"], true);
}
