//! Lines that are slow, and lines that break.

use serde_json::json;

use crate::people::{HOSPITAL, Town};
use crate::reached_at;
use crate::relay::{Line, Relay};

#[test]
fn a_line_that_breaks_again_and_again_delivers_once() {
    let town = Town::new();
    let (office, form) = (town.office(), town.form("notice-admission"));
    // Breaks in the handshake, in the first questions, and while the letter is on its way.
    for (bytes, breaks) in [(600, 2), (4_000, 2), (9_000, 2), (14_000, 2)] {
        let line =
            Relay::to(&town.address, Line { breaks: Some((breaks, bytes)), ..Line::default() });
        reached_at(&office, &line.address);
        let sent = office.say(&["send", "--to", HOSPITAL.number, "--notice", &form]);
        assert!(matches!(sent.code, Some(0 | 6)), "{sent:?}");
        let mut tries = 0;
        while office.does(&["outbox"])["entries"] != json!([]) {
            tries += 1;
            assert!(tries <= 4, "it has to get through once the line holds");
        }
    }
    reached_at(&office, &town.address);
    let tracked = office.does(&["track"]);
    assert_eq!(tracked["messages"].as_array().unwrap().len(), 4, "{tracked}");
    let inbox = town.hospital().does(&["inbox"]);
    assert_eq!(inbox["messages"].as_array().unwrap().len(), 4, "{inbox}");
}

#[test]
fn a_line_of_isdn_carries_a_sheet_both_ways() {
    let town = Town::new();
    let slow = Line { bytes_per_second: Some(8_000), ..Line::default() };
    let line = Relay::to(&town.address, slow);
    reached_at(&town.office(), &line.address);
    reached_at(&town.hospital(), &line.address);
    let id = town.sheet();
    let listed = town.hospital().does(&["inbox"]);
    assert_eq!(listed["messages"][0]["id"], id.as_str());
    assert_eq!(town.hospital().does(&["open", &id])["id"], id.as_str());
}
