//! Several workers at one PC, and workers at several PCs.

use serde_json::json;

use super::{further, text, workers_of};
use crate::people::{HOSPITAL, Town};

fn named(workers: &[(&str, &str)]) -> Vec<(String, String)> {
    workers.iter().map(|(name, role)| ((*name).to_owned(), (*role).to_owned())).collect()
}

#[test]
fn several_workers_sign_at_one_pc_and_one_who_left_does_not() {
    let town = Town::new();
    let (hospital, office) = (town.hospital(), town.office());
    let (name, role) = ("山本 葵", "医療ソーシャルワーカー");
    let added = hospital.does(&["worker", "add", "--name", name, "--role", role]);
    assert_eq!(workers_of(&hospital), named(&[HOSPITAL.workers[0], (name, role)]));
    hospital
        .say(&["worker", "add", "--name", name, "--role", "看護師"])
        .failed(2, "worker.there-already");
    let (one, two) = (town.sheet(), town.sheet());
    hospital.say(&["ack", &one]).failed(2, "worker.needed");
    let answered = hospital.does(&["ack", &one, "--as", name]);
    assert_eq!(answered["worker"], name);

    let removed = hospital.does(&["worker", "remove", name]);
    assert_eq!(removed["worker"], added["worker"]);
    assert_eq!(workers_of(&hospital), named(HOSPITAL.workers));
    hospital.say(&["ack", &two, "--as", name]).failed(10, "worker.unknown");
    hospital.say(&["worker", "remove", name]).failed(10, "worker.unknown");
    // What was signed before stays signed.
    let tracked = office.does(&["track", &one]);
    let last = tracked["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["worker"]["name"], name);
    let file = office.file("a.evidence");
    office.does(&["evidence", &one, "--out", &file]);
    let proved = office.does(&["verify", &file, "--fingerprint", &fingerprint(&town)]);
    assert_eq!(proved["outcome"], "anchored");
    assert_eq!(proved["answers"][0]["worker"]["name"], name);
    // Who returns is somebody new to the log.
    let again = hospital.does(&["worker", "add", "--name", name, "--role", role]);
    assert_ne!(again["worker"], added["worker"]);
    hospital.does(&["ack", &two, "--as", name]);
}

#[test]
fn a_worker_who_leaves_is_forgotten_by_every_pc() {
    let town = Town::new();
    let first = town.hospital();
    let (name, role) = ("山本 葵", "医療ソーシャルワーカー");
    first.does(&["worker", "add", "--name", name, "--role", role]);
    let second = further(&town, &first, "hospital-2");
    let mut both = workers_of(&second);
    both.sort();
    let mut expected = named(&[HOSPITAL.workers[0], (name, role)]);
    expected.sort();
    assert_eq!(both, expected);
    // Each has a key of its own at each PC.
    let listed = first.does(&["worker", "list"]);
    for worker in listed["workers"].as_array().unwrap() {
        assert_eq!(worker["terminals"].as_array().unwrap().len(), 2, "{worker}");
    }
    let id = town.sheet();
    second.does(&["ack", &id, "--as", name]);

    first.does(&["worker", "remove", name]);
    assert_eq!(second.does(&["inbox"])["messages"], json!([]));
    assert_eq!(workers_of(&second), named(HOSPITAL.workers));
    let tracked = town.office().does(&["track", &id]);
    let last = tracked["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["worker"]["name"], name);
}

#[test]
fn a_further_pc_takes_the_workers_who_are_chosen() {
    let town = Town::new();
    let first = town.hospital();
    let (name, role) = ("山本 葵", "医療ソーシャルワーカー");
    first.does(&["worker", "add", "--name", name, "--role", role]);
    let second = town.person("hospital-2");
    let code = super::code_of(&first);
    second
        .say(&["enroll", &code, "--worker", name, "--role", role])
        .failed(2, "enrolment.no-roles-here");
    let asked = second.does(&["enroll", &code, "--worker", "誰か"]);
    super::admit(&first, text(&asked["digits"]));
    second.say(&["enroll"]).failed(10, "worker.unknown");
    second.does(&["enroll", "--worker", name]);
    assert_eq!(workers_of(&second), named(&[(name, role)]));
    // The other one has no key here, and is known by the office's records.
    let listed = second.does(&["worker", "list"]);
    let other = listed["workers"].as_array().unwrap().iter().find(|one| one["here"] == false);
    let other = other.unwrap();
    assert_eq!(other["name"], HOSPITAL.workers[0].0);
    assert_eq!(other["terminals"].as_array().unwrap().len(), 1);
    second.does(&["worker", "remove", text(&other["id"])]);
    assert_eq!(first.does(&["inbox"])["messages"], json!([]));
    assert_eq!(workers_of(&first), named(&[(name, role)]));
}

fn fingerprint(town: &Town) -> String {
    let vault = town.office().vault();
    let identity = tsumugu_client::identity::Identity::load(&vault).unwrap().unwrap();
    identity.exchange.root.to_string()
}
