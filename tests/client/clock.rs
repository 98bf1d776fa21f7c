//! Clocks that are wrong, and a log that has stopped.

use std::sync::Arc;

use serde_json::json;
use tsumugu_durable::clock::{Clock, ManualClock, SystemClock};

use crate::people::running::Here;
use crate::people::{HOSPITAL, Said, Town};

const OFFSET: &str = "TSUMUGU_CLOCK_OFFSET_MS";
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The office's command under a clock that is so much ahead.
fn under(town: &Town, ahead_ms: i64, arguments: &[&str]) -> Said {
    town.office().say_with(&[(OFFSET, &ahead_ms.to_string())], arguments)
}

#[test]
fn a_clock_over_an_hour_fast_is_said_and_what_it_dates_is_refused_by_name() {
    let town = Town::new();
    let form = town.form("notice-admission");
    let send = ["send", "--to", HOSPITAL.number, "--notice", &form];
    let said = under(&town, 90 * MINUTE, &send);
    let sent = said.ended(3);
    assert_eq!((&sent["sent"], &sent["letters"][0]["state"]), (&json!(false), &json!("refused")));
    assert_eq!(sent["reason"]["error"]["key"], "server.clock");
    assert_eq!(said.err.matches("90 分ずれています").count(), 1, "{}", said.err);
    // It stays in sight until somebody drops it.
    let listed = town.office().does(&["outbox"]);
    let entry = &listed["entries"][0];
    assert_eq!((&entry["state"], &entry["owner"]), (&json!("refused"), &json!("sender")));
    assert_eq!(
        town.office().does(&["track"])["outbox"],
        json!({ "waiting": 0, "refused": 1, "damaged": 0 })
    );
    town.office().does(&["outbox", "--drop", entry["id"].as_str().unwrap()]);
    assert_eq!(town.office().does(&["outbox"])["entries"], json!([]));
    assert_eq!(town.hospital().does(&["inbox"])["messages"], json!([]));
}

#[test]
fn a_clock_two_hours_fast_finds_the_log_stale_and_names_the_clock() {
    let town = Town::new();
    let form = town.form("notice-admission");
    let send = ["send", "--to", HOSPITAL.number, "--notice", &form];
    let said = under(&town, 2 * HOUR + MINUTE, &send);
    let sent = said.ended(6);
    assert_eq!(
        (&sent["sent"], &sent["reason"]["error"]["key"]),
        (&json!(false), &json!("session.stale"))
    );
    let error = &sent["reason"]["error"];
    assert!(error["ja"].as_str().unwrap().contains("このPCの時計が違っています"), "{error}");
    assert_eq!(said.err.matches("121 分ずれています").count(), 1, "{}", said.err);
    // With the right time it is dated too far ahead.
    assert_eq!(town.office().does(&["outbox"])["entries"][0]["failure"], "server.clock");
    assert_eq!(town.hospital().does(&["inbox"])["messages"], json!([]));
}

#[test]
fn a_clock_that_is_a_little_off_is_said_and_works() {
    let town = Town::new();
    let form = town.form("notice-admission");
    let send = ["send", "--to", HOSPITAL.number, "--notice", &form];
    let said = under(&town, 30 * MINUTE, &send);
    assert_eq!(said.ended(0)["sent"], true);
    assert_eq!(said.err.matches("30 分ずれています").count(), 1, "{}", said.err);
    // Hours behind is said too; it does not lock anyone out.
    let said = under(&town, -2 * HOUR - MINUTE / 2, &send);
    assert_eq!(said.ended(0)["sent"], true);
    assert_eq!(said.err.matches("120 分ずれています").count(), 1, "{}", said.err);
    let said = under(&town, -3 * MINUTE, &send);
    assert_eq!(said.ended(0)["sent"], true);
    assert_eq!(said.err, "");
}

#[test]
fn a_clock_outside_the_exchanges_certificate_is_named() {
    let town = Town::new();
    let form = town.form("notice-admission");
    let send = ["send", "--to", HOSPITAL.number, "--notice", &form];
    for (ahead, key) in [(-2 * DAY, "tls.not-yet-valid"), (120 * DAY, "tls.expired")] {
        let sent = under(&town, ahead, &send).ended(6);
        assert_eq!((&sent["sent"], &sent["reason"]["error"]["key"]), (&json!(false), &json!(key)));
    }
    // What was dated months ahead is refused once the clock is right; the other goes out.
    let listed = town.office().does(&["outbox"]);
    assert_eq!(listed["entries"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed["entries"][0]["failure"], "server.clock");
    let tracked = town.office().does(&["track"]);
    assert_eq!(tracked["messages"].as_array().unwrap().len(), 1, "{tracked}");
}

#[test]
fn a_log_that_has_not_moved_for_two_hours_stops_who_sends_and_warns_who_looks() {
    let town = Town::stopped();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let clock = ManualClock::at(SystemClock::shared().now_ms());
    let shared: Arc<dyn Clock> = clock.clone();
    let exchange = runtime.block_on(Here::start(&town.server_dir(), shared)).unwrap();
    let (office, form) = (town.office(), town.form("notice-admission"));
    assert_eq!(office.does(&["directory"])["fresh"], true);
    clock.advance((2 * HOUR + MINUTE) as u64);
    let send = ["send", "--to", HOSPITAL.number, "--notice", &form];
    let sent = office.say(&send).ended(6);
    assert_eq!((&sent["sent"], &sent["letters"][0]["state"]), (&json!(false), &json!("queued")));
    assert_eq!(sent["reason"]["error"]["key"], "session.stale");
    let looked = office.say(&["directory"]);
    assert_eq!(looked.ended(0)["fresh"], true);
    assert!(looked.err.contains("121 分前から新しくなっていません"), "{}", looked.err);
    // Nor does a command that only looks send what waits.
    for _ in 0..2 {
        let entry = office.does(&["outbox"])["entries"][0].clone();
        assert_eq!(
            (&entry["state"], &entry["failure"]),
            (&json!("waiting"), &json!("session.stale"))
        );
    }
    office.does(&["inbox"]);
    assert_eq!(office.does(&["track"])["messages"], json!([]));
    runtime.block_on(exchange.stop());
}
