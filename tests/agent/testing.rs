//! Test letters: to the exchange's own institution and back.

use serde_json::json;

use crate::people::{Institution, Town};
use crate::running::{Agent, ids};

const ECHO: Institution = Institution {
    home: "echo",
    number: "1299000009",
    name: "交換所テスト窓口",
    kana: "とりひきじょてすとまどぐち",
    kind: "exchange",
    telephone: "04-7000-0900",
    workers: &[("自動応答", "自動")],
};

#[test]
fn a_test_letter_comes_back_and_stands_in_no_list_of_sheets() {
    let town = Town::new();
    let office = town.office();
    office.say(&["test"]).failed(10, "probe.no-echo");
    town.join(&ECHO);
    let echo = town.person(ECHO.home);
    let mut agent = Agent::start(&echo, &["--echo"]);
    agent.await_connected();
    let tested = office.does(&["test"]);
    let links = tested["links"].as_array().unwrap();
    assert!(links.len() == 4 && links.iter().all(|link| link["ok"] == true), "{tested}");
    // Only who asks for all of them sees it, and the reply.
    let listed = |command: &str| office.does(&[command])["messages"].clone();
    assert_eq!((listed("track"), listed("inbox")), (json!([]), json!([])));
    let sheet = town.sheet();
    assert_eq!(listed("track").as_array().unwrap().len(), 1);
    assert_eq!(listed("track")[0]["id"], sheet.as_str());
    assert_eq!((ids(&office, "track").len(), ids(&office, "inbox").len()), (2, 1));
    agent.stop();
    // Nobody answers: the first link that is broken is named.
    let broken = office.say(&["test", "--wait", "1"]);
    assert_ne!(broken.code, Some(0));
    assert_eq!(broken.json()["links"][0]["ok"], true, "{broken:?}");
    assert_eq!(broken.json()["links"][1]["ok"], false, "{broken:?}");
    // Only the exchange's own institution may answer so.
    office.say(&["agent", "--echo"]).failed(2, "agent.not-an-echo");
}
