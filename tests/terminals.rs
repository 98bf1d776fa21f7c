//! Several PCs of one office, several workers at a PC, and certificates that renew themselves: the real
//! programs, a process for each command.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "terminals/add.rs"]
mod add;
#[path = "terminals/crash.rs"]
mod crash;
#[path = "support/people.rs"]
mod people;
#[path = "terminals/refused.rs"]
mod refused;
#[path = "terminals/register.rs"]
mod register;
#[path = "terminals/renewal.rs"]
mod renewal;
#[path = "terminals/workers.rs"]
mod workers;

use people::{Person, Town};
use serde_json::{Value, json};

/// A text of a document.
#[track_caller]
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// A PC makes a code for a further one.
fn code_of(pc: &Person) -> String {
    let made = pc.does(&["terminal", "add", "--code-only"]);
    assert_eq!(made["state"], "invited");
    text(&made["code"]).to_owned()
}

/// A PC confirms the digits that the new one shows.
fn admit(pc: &Person, digits: &str) -> Value {
    pc.does(&["terminal", "add", "--code-only", "--digits", digits])
}

/// A further PC of the office of `pc`, admitted and enrolled.
fn further(town: &Town, pc: &Person, home: &str) -> Person {
    let new = town.person(home);
    let asked = new.does(&["enroll", &code_of(pc)]);
    assert_eq!(asked["state"], "pending");
    let admitted = admit(pc, text(&asked["digits"]));
    assert_eq!(admitted["state"], "admitted");
    let joined = new.does(&["enroll"]);
    assert_eq!((&joined["state"], &joined["strange"]), (&json!("enrolled"), &json!(0)));
    new
}

/// Ids of all messages of an inbox, each with the state of its letter.
fn received(pc: &Person) -> Vec<(String, String)> {
    let inbox = pc.does(&["inbox", "--all"]);
    let messages = inbox["messages"].as_array().unwrap().iter();
    messages.map(|one| (text(&one["id"]).to_owned(), text(&one["letter"]).to_owned())).collect()
}

/// Names and roles of the workers who sign at a PC.
fn workers_of(pc: &Person) -> Vec<(String, String)> {
    let listed = pc.does(&["worker", "list"]);
    let here = listed["workers"].as_array().unwrap().iter().filter(|one| one["here"] == true);
    here.map(|one| (text(&one["name"]).to_owned(), text(&one["role"]).to_owned())).collect()
}
