//! Agents that are killed again and again, while letters come and go.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::people::{Folder, HOSPITAL, OFFICE, Town};
use crate::running::{Agent, folder, ids, names, notice, pages, until};

const CRASH_AT: &str = "TSUMUGU_CRASH_AT";

/// Everything that a vault or a folder of letters writes passes these.
const POINTS: [&str; 3] = ["atomic.temporary-written", "atomic.temporary-synced", "atomic.renamed"];

const ROUNDS: usize = 14;

#[test]
fn nothing_is_lost_or_doubled_wherever_agents_are_killed() {
    let town = Town::new();
    let (office, hospital) = (town.office(), town.hospital());
    let (to_office, office_folder) = folder(&town, "to-office");
    let (to_hospital, hospital_folder) = folder(&town, "to-hospital");
    let mut random = StdRng::seed_from_u64(20_261_122);
    let (mut to_h, mut to_o) = (Vec::new(), Vec::new());
    // What comes after an agent was once there is its to write; what came before is not.
    for (person, folder) in [(&office, &office_folder), (&hospital, &hospital_folder)] {
        let mut first = Agent::start(person, &["--save-to", folder]);
        first.await_connected();
        first.kill();
    }
    for round in 0..ROUNDS {
        // Even rounds die at a place, odd ones at a moment.
        let place = format!("{}:{}", POINTS[round / 2 % 3], random.gen_range(1..25));
        let armed = [(CRASH_AT, place.as_str())];
        let environment = if round % 2 == 0 { &armed[..] } else { &[] };
        let at_office = Agent::start_with(&office, environment, &["--save-to", &office_folder]);
        let at_hospital =
            Agent::start_with(&hospital, environment, &["--save-to", &hospital_folder]);
        to_h.push(notice(&town, &office, HOSPITAL.number));
        to_o.push(notice(&town, &hospital, OFFICE.number));
        std::thread::sleep(Duration::from_millis(random.gen_range(0..700)));
        at_office.kill();
        std::thread::sleep(Duration::from_millis(random.gen_range(0..300)));
        at_hospital.kill();
    }
    let mut at_office = Agent::start(&office, &["--save-to", &office_folder]);
    let mut at_hospital = Agent::start(&hospital, &["--save-to", &hospital_folder]);
    at_office.await_connected();
    at_hospital.await_connected();
    until("every letter is a page", || {
        pages(&to_office).len() >= ROUNDS && pages(&to_hospital).len() >= ROUNDS
    });
    until("empty outboxes", || {
        at_office.state()["waiting"] == 0 && at_hospital.state()["waiting"] == 0
    });
    at_office.stop();
    at_hospital.stop();
    to_h.sort();
    to_o.sort();
    assert_eq!((ids(&office, "track"), ids(&hospital, "inbox")), (to_h.clone(), to_h.clone()));
    assert_eq!((ids(&hospital, "track"), ids(&office, "inbox")), (to_o.clone(), to_o.clone()));
    for (folder, ids) in [(&to_office, &to_o), (&to_hospital, &to_h)] {
        let names = names(folder);
        assert_eq!(names.len(), ROUNDS, "each letter once, and nothing half: {names:?}");
        for id in ids {
            let of_it = |name: &&String| {
                let short = name.strip_suffix(".pdf").and_then(|stem| stem.rsplit('-').next());
                short.is_some_and(|short| id.starts_with(short))
            };
            assert_eq!(names.iter().filter(of_it).count(), 1, "{id} among {names:?}");
        }
    }
}

#[test]
fn a_page_is_whole_or_not_there_and_the_next_run_writes_it() {
    let town = Town::new();
    let (office, hospital) = (town.office(), town.hospital());
    let (letters, to) = folder(&town, "letters");
    let mut first = Agent::start(&office, &["--save-to", &to]);
    first.await_connected();
    first.stop();
    notice(&town, &hospital, OFFICE.number);
    let mut half_written = 0;
    let before = office.keep("before");
    for passage in 1..200 {
        // Each run begins where the first one did, and dies one passage later.
        std::fs::remove_dir_all(&office.home).unwrap();
        Folder::copy(&before, &office.home);
        let place = format!("{}:{passage}", POINTS[0]);
        let armed = [(CRASH_AT, place.as_str())];
        let mut agent = Agent::start_with(&office, &armed, &["--save-to", &to]);
        until("a page, or a crash", || !pages(&letters).is_empty() || !agent.is_running());
        agent.kill();
        if !pages(&letters).is_empty() {
            break;
        }
        half_written += names(&letters).len();
    }
    assert!(half_written > 0, "one of them died while it wrote the page");
    // Whichever run wrote it: what was half there is gone, and it is not written again.
    assert_eq!(names(&letters).len(), 1);
    let mut agent = Agent::start(&office, &["--save-to", &to]);
    agent.await_connected();
    agent.stop();
    assert_eq!(names(&letters).len(), 1);
}
