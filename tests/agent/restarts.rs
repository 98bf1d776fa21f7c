//! An exchange that stops, dies and comes back under its agents, and one that suspends an institution.

use serde_json::json;

use crate::people::{HOSPITAL, OFFICE, Town};
use crate::running::{Agent, folder, ids, notice, pages, until};

#[test]
fn letters_and_answers_go_on_by_themselves_after_each_restart() {
    let mut town = Town::new();
    let (office, hospital) = (town.office(), town.hospital());
    let (to_office, office_folder) = folder(&town, "to-office");
    let (to_hospital, hospital_folder) = folder(&town, "to-hospital");
    let mut at_office = Agent::start(&office, &["--save-to", &office_folder]);
    let mut at_hospital = Agent::start(&hospital, &["--save-to", &hospital_folder]);
    at_office.await_connected();
    at_hospital.await_connected();
    for round in 1..=3 {
        match round {
            1 => town.stop(),
            _ => town.kill(),
        }
        // Nobody is there: both letters are kept, and nobody says that they were sent.
        for (from, to) in [(&office, HOSPITAL), (&hospital, OFFICE)] {
            let form = town.form("notice-admission");
            let sent = from.say(&["send", "--to", to.number, "--notice", &form]).ended(6);
            assert_eq!(sent["sent"], false);
        }
        town.start();
        until("both letters are here", || {
            pages(&to_office).len() == round && pages(&to_hospital).len() == round
        });
    }
    // An answer finds its way, too: the agents say and take it, no command does.
    let id = ids(&office, "track")[0].clone();
    town.stop();
    hospital.say(&["ack", &id]).ended(6);
    town.start();
    until("answered", || {
        let tracked = office.does(&["track", &id]);
        tracked["answer"] == "acknowledged"
    });
    until("empty outboxes", || {
        at_office.state()["waiting"] == 0 && at_hospital.state()["waiting"] == 0
    });
    assert_eq!(ids(&office, "track"), ids(&hospital, "inbox"));
    assert_eq!(ids(&hospital, "track"), ids(&office, "inbox"));
    assert_eq!(pages(&to_office).len(), 3);
    at_office.stop();
    at_hospital.stop();
}

#[test]
fn the_agent_of_a_suspended_institution_stays_and_says_why() {
    let town = Town::new();
    let (city, office, hospital) = (town.city(), town.office(), town.hospital());
    let mut agent = Agent::start(&office, &[]);
    agent.await_connected();
    city.does(&["admin", "suspend", OFFICE.number]);
    until("it is told", || agent.state()["last_failure"]["key"] == "server.suspended");
    assert!(agent.is_running(), "{}", agent.log());
    let status = office.does(&["agent", "status"]);
    assert_eq!((&status["running"], &status["connected"]), (&json!(true), &json!(false)));
    assert_eq!(status["last_failure"]["key"], "server.suspended");
    assert!(!status["last_failure"]["remedy_ja"].as_str().unwrap().is_empty());
    // It asks a few times in an hour; one that is started now asks at once.
    city.does(&["admin", "reinstate", OFFICE.number]);
    agent.stop();
    let mut agent = Agent::start(&office, &[]);
    agent.await_connected();
    let id = notice(&town, &hospital, OFFICE.number);
    until("the letter is fetched", || hospital.does(&["track", &id])["delivery"] == "fetched");
    agent.stop();
}

#[test]
fn an_agent_whose_terminal_was_removed_ends_and_says_why() {
    let town = Town::new();
    let (first, second) = (town.office(), town.person("office-2"));
    let code = first.does(&["terminal", "add", "--code-only"]);
    let asked = second.does(&["enroll", code["code"].as_str().unwrap()]);
    let digits = asked["digits"].as_str().unwrap();
    first.does(&["terminal", "add", "--code-only", "--digits", digits]);
    second.does(&["enroll"]);
    let mut agent = Agent::start(&second, &[]);
    agent.await_connected();
    let listed = first.does(&["terminal", "list"]);
    let terminal = listed["terminals"][1]["id"].as_str().unwrap();
    first.does(&["terminal", "revoke", terminal, "--retired"]);
    let log = second.home.with_extension("agent.log");
    assert_eq!(agent.wait().code(), Some(3), "{}", std::fs::read_to_string(log).unwrap());
    let status = second.say(&["agent", "status"]).ended(10);
    assert_eq!(status["last_failure"]["key"], "server.terminal-removed");
}
