//! A large file on a slow line, and letters that do not wait for it.

use tsumugu_client::identity::Identity;

use crate::people::{HOSPITAL, OFFICE, Town};
use crate::relay::{Line, Relay};
use crate::running::{Agent, folder, ids, notice, pages, until};

/// A PDF of 1.3 MB that does not shrink.
fn pdf() -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n1 0 obj\n<< /Length 0 >>\nstream\n".to_vec();
    let noise = (0..1_300_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8);
    bytes.extend(noise.map(|byte| if byte == b'/' { b'.' } else { byte }));
    bytes.extend(b"\nendstream\nendobj\ntrailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF\n");
    bytes
}

#[test]
fn an_upload_goes_on_beside_what_comes_and_goes() {
    let mut town = Town::new();
    let (office, hospital) = (town.office(), town.hospital());
    let (letters, to) = folder(&town, "letters");
    let file = office.file("large.pdf");
    std::fs::write(&file, pdf()).unwrap();
    // Queued while nobody is there, so that it is the agent's to send.
    town.stop();
    let form = town.form("notice-admission");
    let send = ["send", "--to", HOSPITAL.number, "--notice", &form, "--attach", &file];
    let sent = office.say(&send).ended(6);
    let large = sent["letters"][0]["id"].as_str().unwrap().to_owned();
    town.start();
    let slow = Line { bytes_per_second: Some(40_000), ..Line::default() };
    let line = Relay::to(&town.address, slow);
    reached_at(&office, &line.address);
    let mut agent = Agent::start(&office, &["--save-to", &to]);
    agent.await_connected();
    // Comes in while the file is on its way.
    let small = notice(&town, &hospital, OFFICE.number);
    until("the letter is here", || pages(&letters).len() == 1);
    until("the file is there", || agent.state()["waiting"] == 0);
    agent.stop();
    let out = town.dir.join("out");
    hospital.does(&["inbox"]);
    hospital.does(&["save", &large, "--to", out.to_str().unwrap()]);
    assert!(std::fs::read(out.join("large.pdf")).unwrap() == pdf());
    assert_eq!(ids(&hospital, "inbox"), std::slice::from_ref(&large));
    // The log says what came first.
    let logged = |id: &str, what: &str| {
        let tracked = hospital.does(&["track", id]);
        let events = tracked["events"].as_array().unwrap().clone();
        let event = events.into_iter().find(|event| event["what"] == what).unwrap();
        event["index"].as_u64().unwrap()
    };
    assert!(logged(&small, "fetched") < logged(&large, "accepted"));
}

fn reached_at(person: &crate::people::Person, address: &str) {
    let vault = person.vault();
    let mut identity = Identity::load(&vault).unwrap().unwrap();
    identity.exchange.address = address.to_owned();
    identity.save(&vault).unwrap();
}
