//! Two PCs know the same workers: who is added at one signs at the other after choosing a PIN there, and
//! who leaves signs at neither.

use serde_json::{Value, json};

use super::{further, text};
use crate::people::{HOSPITAL, Person, Town};

const NAME: &str = "山本 葵";
const ROLE: &str = "医療ソーシャルワーカー";
const PIN_FILE: &str = "TSUMUGU_PIN_FILE";

/// Id, name and PCs of everyone whom a PC lists, by id.
fn people_of(pc: &Person) -> Vec<(String, Value, Vec<String>)> {
    let listed = pc.does(&["worker", "list"]);
    let mut all: Vec<_> = listed["workers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let places = one["terminals"].as_array().unwrap().iter();
            let mut places: Vec<_> = places.map(|id| text(id).to_owned()).collect();
            places.sort();
            (text(&one["id"]).to_owned(), one["name"].clone(), places)
        })
        .collect();
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all
}

/// The entry of a worker in a PC's list.
fn listed(pc: &Person, name: &str) -> Value {
    let listed = pc.does(&["worker", "list"]);
    let found = listed["workers"].as_array().unwrap().iter().find(|one| one["name"] == name);
    found.unwrap_or_else(|| panic!("{listed}")).clone()
}

/// A file whose first line is a PIN.
fn pin(pc: &Person, digits: &str) -> String {
    let file = pc.file(&format!("pin-{digits}"));
    std::fs::write(&file, format!("{digits}\n")).unwrap();
    file
}

#[test]
fn who_is_added_at_one_pc_signs_at_the_other_with_a_pin_until_removed() {
    let mut town = Town::new();
    let (first, office) = (town.hospital(), town.office());
    let second = further(&town, &first, "hospital-2");
    let added = first.does(&["worker", "add", "--name", NAME, "--role", ROLE]);
    assert_eq!(added["logged"], true);

    // The other PC knows who it is, and that there is no key of the worker's yet.
    assert_eq!(people_of(&second), people_of(&first));
    let seen = listed(&second, NAME);
    assert_eq!((&seen["here"], &seen["role"]), (&json!(false), &json!(ROLE)));
    assert_eq!(seen["terminals"].as_array().unwrap().len(), 1);
    let (early, late, never) = (town.sheet(), town.sheet(), town.sheet());
    second.does(&["inbox"]);
    second.say(&["ack", &early, "--as", NAME]).failed(2, "worker.no-key-here");
    second
        .say(&["worker", "add", "--name", NAME, "--role", ROLE])
        .failed(2, "worker.in-the-office");

    // The PIN is chosen at this PC, and asked at this PC only.
    let (right, wrong) = (pin(&second, "2580"), pin(&second, "1111"));
    let with = |file: &str, arguments: &[&str]| second.say_with(&[(PIN_FILE, file)], arguments);
    let set = with(&right, &["worker", "pin", NAME]).ended(0);
    assert_eq!((&set["worker"], &set["admitted"]), (&added["worker"], &json!(true)));
    assert_eq!(people_of(&second), people_of(&first));
    let seen = [listed(&first, NAME), listed(&second, NAME)];
    assert!(seen.iter().all(|one| one["terminals"].as_array().unwrap().len() == 2));
    assert_eq!((&seen[0]["pin"], &seen[1]["pin"]), (&json!(false), &json!(true)));
    second.say(&["ack", &early, "--as", NAME]).failed(2, "pin.no-terminal");
    with(&wrong, &["ack", &early, "--as", NAME]).failed(3, "pin.wrong");
    let answered = with(&right, &["ack", &early, "--as", NAME]).ended(0);
    assert_eq!((&answered["worker"], &answered["state"]), (&json!(NAME), &json!("logged")));

    // The second PC is off the line while the first removes the worker.
    town.stop();
    let queued = with(&right, &["ack", &late, "--as", NAME]).json();
    assert_eq!(queued["state"], "queued", "{queued}");
    town.start();
    let removed = first.does(&["worker", "remove", NAME]);
    assert_eq!(removed["worker"], added["worker"]);
    second.does(&["inbox"]);
    with(&right, &["ack", &never, "--as", NAME]).failed(10, "worker.unknown");
    with(&right, &["worker", "pin", NAME]).failed(10, "worker.unknown");
    assert!(!second.record(&format!("worker-pin/{}", text(&added["worker"]))).exists());
    assert_eq!(people_of(&second), people_of(&first));
    assert_eq!(people_of(&first).len(), HOSPITAL.workers.len());

    // What reached the log after the removal names nobody at the office's PCs, nor in their evidence;
    // what was there before stays.
    for pc in [&first, &second] {
        let last = |id: &str| {
            let tracked = pc.does(&["track", id]);
            tracked["events"].as_array().unwrap().last().unwrap().clone()
        };
        assert_eq!(last(&early)["worker"]["name"], NAME);
        let after = last(&late);
        assert_eq!((&after["what"], &after["worker"]), (&json!("acknowledged"), &Value::Null));
        assert_eq!(after["detail_refused"], "worker-removed");
        assert_eq!(after["comment"], Value::Null);
    }
    for (id, name) in [(&early, json!(NAME)), (&late, Value::Null)] {
        let file = first.file(&format!("{id}.evidence"));
        first.does(&["evidence", id, "--out", &file]);
        let proved = office.say(&["verify", &file]).ended(4);
        assert_eq!(proved["answers"][0]["worker"]["name"], name, "{proved}");
    }
}

#[test]
fn a_further_pc_begins_with_the_office_s_workers_and_drafts() {
    let town = Town::new();
    let first = town.hospital();
    first.does(&["worker", "add", "--name", NAME, "--role", ROLE]);
    let begun = first.does(&["case", "new", "架空の事例", "--as", NAME]);
    let second = town.person("hospital-2");
    let asked = second.does(&["enroll", &super::code_of(&first)]);
    super::admit(&first, text(&asked["digits"]));
    // Chosen: the other one has no key here, but a name.
    second.does(&["enroll", "--worker", HOSPITAL.workers[0].0]);
    assert_eq!(people_of(&second), people_of(&first));
    assert_eq!(listed(&second, NAME)["here"], false);
    let cases = second.does(&["case", "list"]);
    assert_eq!(cases["cases"][0]["id"], begun["id"]);
    // Either PC takes a worker out who has no key there.
    second.does(&["worker", "remove", NAME]);
    first.does(&["inbox"]);
    assert_eq!(people_of(&first), people_of(&second));
    assert_eq!(people_of(&first).len(), 1);
}
