//! Two PCs with one truth.

use serde_json::json;

use super::{admit, code_of, further, received, text, workers_of};
use crate::people::{HOSPITAL, OFFICE, Town};

#[test]
fn two_pcs_read_the_same_letters_and_either_answers() {
    let town = Town::new();
    let (first, office) = (town.hospital(), town.office());
    let old = [town.sheet(), town.sheet()];
    first.does(&["open", &old[0]]);
    first.does(&["ack", &old[1], "--comment", "一台目から"]);
    let second = further(&town, &first, "hospital-2");

    // What came before it was there, as far as the exchange has it.
    assert_eq!(received(&second), received(&first));
    assert!(received(&second).iter().all(|(_, letter)| letter == "kept"));
    let opened = second.does(&["open", &old[0]]);
    assert_eq!(opened["values"]["name"], "流山 花子");
    let new = town.sheet();
    assert_eq!(received(&second), received(&first));

    // The first answers, the second sees who it was; then the other way round.
    first.does(&["ack", &new, "--comment", "受け取りました"]);
    let inbox = second.does(&["inbox", "--all"]);
    let message = inbox["messages"].as_array().unwrap().iter().find(|one| one["id"] == *new);
    assert_eq!(message.unwrap()["answer"], "acknowledged");
    let answered = second.does(&["ack", &old[0], "--comment", "二台目から"]);
    assert_eq!(answered["worker"], HOSPITAL.workers[0].0);
    let tracked = office.does(&["track", &old[0]]);
    let last = tracked["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["what"], &last["comment"]), (&json!("acknowledged"), &json!("二台目から")));
    assert_eq!(first.does(&["inbox"])["messages"], json!([]));

    // Both send, and neither takes the other for a thief.
    let form = town.form("notice-admission");
    let sent = second.does(&["send", "--to", OFFICE.number, "--notice", &form]);
    let said = first.say(&["track"]);
    assert_eq!(said.ended(0)["messages"][0]["id"], sent["letters"][0]["id"]);
    assert_eq!(said.err, "");
    let said = second.say(&["inbox"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    for pc in [&first, &second, &office] {
        pc.does(&["log", "verify"]);
    }
}

#[test]
fn the_pcs_are_listed_and_a_revoked_one_is_refused_at_once() {
    let town = Town::new();
    let first = town.hospital();
    let code = first.does(&["terminal", "add", "--code-only", "--label", "二階の受付"]);
    let second = town.person("hospital-2");
    let asked = second.does(&["enroll", text(&code["code"])]);
    admit(&first, text(&asked["digits"]));
    second.does(&["enroll"]);

    let listed = first.does(&["terminal", "list"]);
    let [one, two] = listed["terminals"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!((&one["this"], &two["this"]), (&json!(true), &json!(false)));
    assert_eq!((&one["label"], &two["label"]), (&json!(null), &json!("二階の受付")));
    assert_eq!((&one["removed"], &two["strange"]), (&json!(null), &json!(false)));
    let id = text(&two["id"]);
    let seen = second.does(&["terminal", "list"]);
    assert_eq!(
        (&seen["terminals"][1]["this"], &seen["terminals"][1]["label"]),
        (&json!(true), &json!(null))
    );

    first
        .say(&["terminal", "revoke", text(&one["id"]), "--retired"])
        .failed(2, "terminal.this-one");
    first.say(&["terminal", "revoke", id]).failed(2, "command.usage");
    first.say(&["terminal", "revoke", id, "--lost"]).failed(2, "terminal.lost-elsewhere");
    first.say(&["terminal", "revoke", "ffffffff", "--retired"]).failed(10, "terminal.unknown");
    let revoked = first.does(&["terminal", "revoke", &id[..8], "--retired"]);
    assert_eq!(revoked["terminal"], id);
    let form = town.form("notice-admission");
    second.say(&["inbox"]).failed(3, "server.terminal-removed");
    second.say(&["send", "--to", OFFICE.number, "--notice", &form]).ended(3);
    assert_eq!(town.office().does(&["inbox"])["messages"], json!([]));
    first.say(&["terminal", "revoke", id, "--retired"]).failed(10, "terminal.removed-before");
    let listed = first.does(&["terminal", "list"]);
    assert_eq!(listed["terminals"][1]["reason"], "retired");
    // What the first made itself is no surprise to it.
    assert_eq!(first.say(&["inbox"]).err, "");
}

#[test]
fn a_pc_waits_for_the_other_and_shows_code_and_digits_before() {
    let town = Town::new();
    let (first, second) = (town.hospital(), town.person("hospital-2"));
    // The code is in the vault as soon as it is printed: waiting again is for the same one.
    let code = code_of(&first);
    let waiting = first.begins(&["terminal", "add", "--wait", "120", "--yes"]);
    let asked = second.begins(&["enroll", &code, "--wait", "120"]);
    let (waited, joined) = (crate::people::finish(waiting), crate::people::finish(asked));
    assert_eq!(waited.ended(0)["state"], "admitted");
    assert_eq!(joined.ended(0)["state"], "enrolled");
    assert!(waited.err.contains("照合せずに認めます"), "{}", waited.err);
    assert!(joined.err.contains("Digits to compare"), "{}", joined.err);
}

#[test]
fn a_third_pc_that_the_second_admitted_is_strange_to_the_first_until_somebody_looks() {
    let town = Town::new();
    let first = town.hospital();
    let second = further(&town, &first, "hospital-2");
    let third = further(&town, &second, "hospital-3");
    assert_eq!(second.say(&["inbox"]).err, "");
    assert_eq!(third.say(&["inbox"]).err, "");
    let said = first.say(&["terminal", "list"]);
    assert!(said.err.contains("このPCの知らない記録"), "{}", said.err);
    let strange: Vec<_> = said.ended(0)["terminals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["strange"].as_bool().unwrap())
        .collect();
    assert_eq!(strange, [false, false, true]);
    // It does not vouch for what it does not know.
    let fourth = town.person("hospital-4");
    let asked = fourth.does(&["enroll", &code_of(&first)]);
    let digits = text(&asked["digits"]);
    first
        .say(&["terminal", "add", "--code-only", "--digits", digits])
        .failed(3, "terminal.strange-records");
    first.does(&["log", "verify", "--settled"]);
    assert_eq!(admit(&first, digits)["state"], "admitted");
    let joined = fourth.does(&["enroll"]);
    assert_eq!((&joined["state"], &joined["strange"]), (&json!("enrolled"), &json!(0)));
    assert_eq!(workers_of(&fourth), workers_of(&first));
}
