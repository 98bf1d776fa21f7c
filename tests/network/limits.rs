//! What an office sees of a limit that waiting frees.

use serde_json::json;
use tsumugu_durable::clock::SystemClock;
use tsumugu_server::settings::Settings;

use crate::people::{HOSPITAL, Town};

const OFFSET: &str = "TSUMUGU_CLOCK_OFFSET_MS";
const HOUR: u64 = 3_600_000;

/// Moves everybody's clock, so that the test does not begin just before midnight in Japan.
fn early() -> u64 {
    let hour = (SystemClock::shared().now_ms() / HOUR + 9) % 24;
    if hour == 23 { 2 * HOUR } else { 0 }
}

#[test]
fn a_letter_over_the_days_quota_waits_for_the_next_day() {
    let mut town = Town::stopped();
    let mut settings = Settings::load(&town.server_dir()).unwrap();
    settings.limits.letters_per_day = 1;
    std::fs::write(town.server_dir().join("settings.toml"), settings.to_toml()).unwrap();
    let early = early();
    let (today, tomorrow) = (early.to_string(), (early + 25 * HOUR).to_string());
    town.start_with(&[(OFFSET, &today)]);
    let (office, form) = (town.office(), town.form("notice-admission"));
    let send = ["send", "--to", HOSPITAL.number, "--notice", &form];
    let does = |arguments: &[&str]| office.say_with(&[(OFFSET, &today)], arguments);
    assert_eq!(does(&send).ended(0)["sent"], true);
    let sent = does(&send).ended(6);
    assert_eq!((&sent["sent"], &sent["letters"][0]["state"]), (&json!(false), &json!("queued")));
    assert_eq!(sent["reason"]["error"]["key"], "limit.day");

    // It stands there with its time, and is not asked for again before.
    for _ in 0..2 {
        let entry = does(&["outbox"]).ended(0)["entries"][0].clone();
        assert_eq!((&entry["state"], &entry["failure"]), (&json!("waiting"), &json!("limit.day")));
        assert_eq!(entry["attempts"], 1);
        let until = entry["not_before"].as_str().unwrap().to_owned();
        assert!(until.contains("T00:00:0") || until.contains("T23:59:5"), "{until}");
    }
    let mut read = office.program();
    let read = read.arg("outbox").env(OFFSET, &today).output().unwrap();
    assert!(String::from_utf8(read.stdout).unwrap().contains("以降に送り直します"));

    // What the others write comes in all the same, and is answered.
    let form = town.form("notice-discharge-date");
    let to_office = ["send", "--to", crate::people::OFFICE.number, "--notice", &form];
    let sent = town.hospital().say_with(&[(OFFSET, &today)], &to_office).ended(0);
    let id = sent["letters"][0]["id"].as_str().unwrap();
    assert_eq!(does(&["ack", id]).ended(0)["state"], "logged");

    town.stop();
    town.start_with(&[(OFFSET, &tomorrow)]);
    let listed = office.say_with(&[(OFFSET, &tomorrow)], &["outbox"]);
    assert_eq!(listed.ended(0)["entries"], json!([]));
}
