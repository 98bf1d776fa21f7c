//! Either PC or the exchange dies anywhere on the way to a further PC: the same command goes on.

use serde_json::json;

use super::{code_of, received, text, workers_of};
use crate::people::{Person, Said, Town};

const CRASH_AT: &str = "TSUMUGU_CRASH_AT";

/// Runs a command that dies after so many writes, and again without dying. Tells whether it died.
fn dies_after(pc: &Person, write: usize, arguments: &[&str]) -> bool {
    let at = format!("atomic.renamed:{write}");
    let said: Said = pc.say_with(&[(CRASH_AT, &at)], arguments);
    match said.code {
        Some(_) => {
            said.ended(0);
            false
        }
        None => {
            said.died();
            true
        }
    }
}

/// Both PCs know each other, and the new one has the letter and the workers.
fn is_whole(first: &Person, second: &Person) {
    assert_eq!(received(second), received(first));
    assert_eq!(workers_of(second), workers_of(first));
    let listed = first.say(&["terminal", "list"]);
    assert_eq!(listed.err, "");
    let listed = listed.ended(0);
    let listed = listed["terminals"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|one| one["strange"] == false));
    assert_eq!(second.say(&["inbox"]).err, "");
}

#[test]
fn the_pc_that_invites_dies_after_any_write() {
    for write in 1.. {
        let town = Town::new();
        let (first, second) = (town.hospital(), town.person("hospital-2"));
        town.sheet();
        let add = ["terminal", "add", "--code-only"];
        let died = dies_after(&first, write, &add);
        let asked = second.does(&["enroll", &code_of(&first)]);
        let digits = text(&asked["digits"]);
        let admit = ["terminal", "add", "--code-only", "--digits", digits];
        let died_again = dies_after(&first, write, &admit);
        if died_again {
            // It goes on with what was confirmed, and is not asked twice; before that, it asks.
            let gone_on = first.does(&add);
            match text(&gone_on["state"]) {
                "asked" => drop(first.does(&admit)),
                // All was done but for saying so, and the code made way for a new one.
                "invited" => drop(first.does(&["terminal", "add", "--withdraw"])),
                state => assert_eq!(state, "admitted"),
            }
        }
        let joined = second.does(&["enroll"]);
        assert_eq!((&joined["state"], &joined["strange"]), (&json!("enrolled"), &json!(0)));
        is_whole(&first, &second);
        if !died && !died_again {
            assert!(write > 4, "only {write} writes");
            return;
        }
    }
}

#[test]
fn the_new_pc_dies_after_any_write() {
    for write in 1.. {
        let town = Town::new();
        let (first, second) = (town.hospital(), town.person("hospital-2"));
        town.sheet();
        let code = code_of(&first);
        let died = dies_after(&second, write, &["enroll", &code]);
        // The code on paper is still good, or what was made with it lies in the vault.
        let asked = second.does(&["enroll", &code]);
        super::admit(&first, text(&asked["digits"]));
        let died_again = dies_after(&second, write, &["enroll"]);
        let again = second.say(&["enroll"]);
        if again.code == Some(0) {
            assert!(died_again);
            assert_eq!(again.json()["state"], "enrolled");
        } else {
            // All was done but for the mail.
            again.failed(2, "enrolment.already-enrolled");
        }
        is_whole(&first, &second);
        if !died && !died_again {
            assert!(write > 8, "only {write} writes");
            return;
        }
    }
}

#[test]
fn the_exchange_dies_while_it_admits() {
    for point in ["journal.half-written:2", "journal.synced:2", "server.round.answered:2"] {
        let mut town = Town::new();
        let (first, second) = (town.hospital(), town.person("hospital-2"));
        let asked = second.does(&["enroll", &code_of(&first)]);
        let digits = text(&asked["digits"]).to_owned();
        town.stop();
        town.start_with(&[(CRASH_AT, point)]);
        let said = first.say(&["terminal", "add", "--code-only", "--digits", &digits]);
        assert_ne!(said.code, None);
        town.await_crash();
        town.start();
        let gone_on = first.does(&["terminal", "add", "--code-only", "--digits", &digits]);
        if said.code != Some(0) {
            assert_eq!(gone_on["state"], "admitted", "{point}");
        }
        assert_eq!(second.does(&["enroll"])["state"], "enrolled", "{point}");
        is_whole(&first, &second);
    }
}

#[test]
fn a_worker_is_added_once_wherever_the_pc_dies() {
    let town = Town::new();
    let hospital = town.hospital();
    for write in 1.. {
        let name = format!("山本 葵{write}");
        let add = ["worker", "add", "--name", &name, "--role", "看護師"];
        let died = dies_after(&hospital, write, &add);
        if died {
            let again = hospital.say(&add);
            if again.code != Some(0) {
                again.failed(2, "worker.there-already");
            }
        }
        let listed = hospital.does(&["worker", "list"]);
        let of_that_name: Vec<_> = listed["workers"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["name"] == *name)
            .collect();
        assert_eq!(of_that_name.len(), 1, "write {write}: {listed}");
        assert_eq!(listed["workers"].as_array().unwrap().len(), write + 1, "{listed}");
        let id = town.sheet();
        hospital.does(&["ack", &id, "--as", &name]);
        if !died {
            assert!(write > 3, "only {write} writes");
            return;
        }
    }
}
