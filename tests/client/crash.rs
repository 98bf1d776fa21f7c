//! The client dies at every place where it can: nothing is lost, nothing is there twice, and "sent" was
//! never said before.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};
use tsumugu_client::attachments;
use tsumugu_client::outbox::CRASH_POINTS;

use crate::people::{HOSPITAL, Person, Said, Town, finish};

const CRASH_AT: &str = "TSUMUGU_CRASH_AT";

/// Before this point nothing is promised; from the next one on the entry is on disk.
const NOT_QUEUED: &str = "client.outbox.parts";

/// Each write of a record into the vault passes it.
const WRITTEN: &str = "atomic.renamed";

/// Names of crash points in the sources below a folder, without those of unit tests.
fn points(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            points(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let names = text.split("crash_point(\"").skip(1);
            found.extend(names.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
        }
    }
}

#[test]
fn the_crash_points_tried_here_are_all_there_are() {
    let mut found = BTreeSet::new();
    points(&Path::new(env!("CARGO_MANIFEST_DIR")).join("client/src"), &mut found);
    // Those of attachments are tried in tests/attachments.rs.
    let known = CRASH_POINTS.iter().chain(attachments::CRASH_POINTS);
    assert_eq!(found, known.map(|name| (*name).to_owned()).collect());
}

/// What the log and both sides know of the office's letters.
struct Known {
    leaves: u64,
    sent: usize,
    received: usize,
}

impl Known {
    fn of(town: &Town) -> Self {
        let received = town.hospital().does(&["inbox", "--all"]);
        let sent = town.office().does(&["track"]);
        let ids = |list: &Value| {
            let ids = list["messages"].as_array().unwrap().iter().map(|one| one["id"].to_string());
            let ids: Vec<_> = ids.collect();
            assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
            ids.len()
        };
        let leaves = town.city().does(&["log", "verify"])["size"].as_u64().unwrap();
        Self { leaves, sent: ids(&sent), received: ids(&received) }
    }

    /// So many letters more: each an envelope, and fetched by the hospital.
    #[track_caller]
    fn grown_by(&self, letters: usize, town: &Town) -> Self {
        let now = Self::of(town);
        assert_eq!(now.sent - self.sent, letters, "sent");
        assert_eq!(now.received - self.received, letters, "received");
        assert_eq!(now.leaves - self.leaves, 2 * letters as u64, "leaves");
        now
    }
}

/// The next command: it finishes what was begun, and leaves nothing behind.
#[track_caller]
fn finishes(person: &Person) {
    assert_eq!(person.does(&["outbox"])["entries"], json!([]));
    let parts = std::fs::read_dir(person.home.join("vault/outbox-part"));
    assert_eq!(parts.map_or(0, Iterator::count), 0, "parts are left");
}

fn dies(person: &Person, at: &str, arguments: &[&str]) -> Said {
    person.say_with(&[(CRASH_AT, at)], arguments)
}

#[test]
fn a_send_that_dies_at_any_crash_point_ends_as_one_letter_or_was_never_queued() {
    let town = Town::new();
    let (office, form) = (town.office(), town.form("notice-admission"));
    let mut known = Known::of(&town);
    for point in CRASH_POINTS {
        dies(&office, point, &["send", "--to", HOSPITAL.number, "--notice", &form]).died();
        finishes(&office);
        known = known.grown_by(usize::from(*point != NOT_QUEUED), &town);
    }
}

#[test]
fn a_send_that_dies_after_any_write_ends_as_one_letter_or_was_never_queued() {
    let town = Town::new();
    let (office, form) = (town.office(), town.form("notice-admission"));
    let mut known = Known::of(&town);
    let mut queued = false;
    for write in 1.. {
        let at = format!("{WRITTEN}:{write}");
        let said = dies(&office, &at, &["send", "--to", HOSPITAL.number, "--notice", &form]);
        if said.code.is_some() {
            assert_eq!(said.ended(0)["sent"], true);
            known.grown_by(1, &town);
            assert!(write > 8, "only {write} writes");
            return;
        }
        said.died();
        finishes(&office);
        let letters = usize::from(
            town.office().does(&["track"])["messages"].as_array().unwrap().len() > known.sent,
        );
        // Once the entry is written, every later crash leaves it.
        assert!(letters == 1 || !queued, "lost after write {write}");
        queued |= letters == 1;
        known = known.grown_by(letters, &town);
    }
}

/// The events of a message that say `what`.
fn count(person: &Person, id: &str, what: &str) -> usize {
    let tracked = person.does(&["track", id]);
    tracked["events"].as_array().unwrap().iter().filter(|event| event["what"] == what).count()
}

#[test]
fn an_opening_that_dies_anywhere_is_logged_once() {
    let town = Town::new();
    let hospital = town.hospital();
    let writes = (1..=6).map(|write| format!("{WRITTEN}:{write}"));
    for point in CRASH_POINTS.iter().map(|name| (*name).to_owned()).chain(writes) {
        if point == NOT_QUEUED {
            continue;
        }
        let id = town.sheet();
        hospital.does(&["inbox"]);
        let said = dies(&hospital, &point, &["open", &id]);
        if point.starts_with(WRITTEN) && said.code == Some(0) {
            return;
        }
        said.died();
        finishes(&hospital);
        assert_eq!(hospital.does(&["open", &id])["logged"], true, "{point}");
        assert_eq!(count(&town.office(), &id, "opened"), 1, "{point}");
    }
    panic!("opening has more writes");
}

#[test]
fn an_answer_that_dies_anywhere_is_logged_once() {
    let town = Town::new();
    let hospital = town.hospital();
    let writes = (1..=40).map(|write| format!("{WRITTEN}:{write}"));
    for point in CRASH_POINTS.iter().map(|name| (*name).to_owned()).chain(writes) {
        if point == NOT_QUEUED {
            continue;
        }
        let id = town.sheet();
        hospital.does(&["inbox"]);
        let said = dies(&hospital, &point, &["ack", &id, "--comment", "受け取りました"]);
        if point.starts_with(WRITTEN) && said.code == Some(0) {
            return;
        }
        said.died();
        finishes(&hospital);
        let again = hospital.say(&["ack", &id, "--comment", "受け取りました"]);
        if again.code == Some(0) {
            // It died before the answer was on disk.
            assert!(point.starts_with(WRITTEN), "lost at {point}");
        } else {
            again.failed(10, "ack.answered-before");
        }
        assert_eq!(count(&town.office(), &id, "acknowledged"), 1, "{point}");
    }
    panic!("answering has more writes");
}

#[test]
fn receiving_that_dies_after_any_write_receives_once() {
    let town = Town::new();
    let hospital = town.hospital();
    for write in 1.. {
        let id = town.sheet();
        let said = dies(&hospital, &format!("{WRITTEN}:{write}"), &["inbox"]);
        if said.code == Some(0) {
            assert!(write > 3, "only {write} writes");
            return;
        }
        said.died();
        let inbox = hospital.does(&["inbox"]);
        let found = inbox["messages"].as_array().unwrap().iter().filter(|one| one["id"] == *id);
        let letters: Vec<_> = found.map(|one| one["letter"].as_str().unwrap()).collect();
        assert_eq!(letters, ["kept"], "write {write}");
        assert_eq!(count(&town.office(), &id, "fetched"), 1, "write {write}");
        hospital.does(&["open", &id]);
    }
}

#[test]
fn two_processes_that_empty_one_outbox_at_the_same_time_send_once() {
    let mut town = Town::new();
    let (office, form) = (town.office(), town.form("notice-admission"));
    let mut known = Known::of(&town);
    for _ in 0..3 {
        town.stop();
        let unsent = office.say(&["send", "--to", HOSPITAL.number, "--notice", &form]).ended(6);
        assert_eq!(unsent["sent"], false);
        town.start();
        let leaves = town.city().does(&["log", "verify"])["size"].as_u64().unwrap();
        let both = [office.begins(&["outbox"]), office.begins(&["track"])].map(finish);
        both.iter().for_each(|said| drop(said.ended(0)));
        finishes(&office);
        // Stopping and starting made leaves of its own.
        known.leaves = leaves;
        known = known.grown_by(1, &town);
    }
}

#[test]
fn two_processes_that_send_at_the_same_time_send_two_letters() {
    let town = Town::new();
    let (office, form) = (town.office(), town.form("notice-admission"));
    let known = Known::of(&town);
    let send = ["send", "--to", HOSPITAL.number, "--notice", &form];
    let both = [office.begins(&send), office.begins(&send)].map(finish);
    both.iter().for_each(|said| assert_eq!(said.ended(0)["sent"], true));
    finishes(&office);
    known.grown_by(2, &town);
}
