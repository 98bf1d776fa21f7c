//! Certificates last 90 days, and nobody has to think of them.

use tsumugu_client::identity::{Due, Identity};
use tsumugu_durable::clock::{Clock, SystemClock};
use tsumugu_trust::value::Time;

use super::{further, text};
use crate::people::{CITY, Person, Said, Town};

const OFFSET: &str = "TSUMUGU_CLOCK_OFFSET_MS";
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The exchange, some days later.
fn later(town: &mut Town, days: u64) {
    town.stop();
    town.start_with(&[(OFFSET, &(days * DAY_MS).to_string())]);
}

/// What somebody does some days later.
fn does_later(person: &Person, days: u64, arguments: &[&str]) -> Said {
    person.say_with(&[(OFFSET, &(days * DAY_MS).to_string())], arguments)
}

fn due(person: &Person, days: u64) -> Due {
    let identity = Identity::load(&person.vault()).unwrap().unwrap();
    identity.tls.due(Time(SystemClock::new().now_ms() + days * DAY_MS))
}

#[test]
fn a_certificate_is_renewed_in_its_last_third_and_not_before() {
    let mut town = Town::new();
    let office = town.office();
    later(&mut town, 59);
    let said = does_later(&office, 59, &["--verbose", "inbox"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert_eq!(due(&office, 61), Due::Soon);
    later(&mut town, 61);
    // Only who asks for details is told.
    let said = does_later(&office, 61, &["inbox"]);
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    assert_eq!(due(&office, 61 + 59), Due::NotYet);
    let city = town.person(CITY);
    let said = does_later(&city, 61, &["--verbose", "admin", "list"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.err.contains("This terminal's certificate was renewed"), "{}", said.err);
    assert_eq!(due(&city, 61 + 59), Due::NotYet);
    // The new one serves when the old one would have ended.
    later(&mut town, 95);
    for person in [&office, &city] {
        let said = does_later(person, 95, &["--verbose", "directory"]);
        assert_eq!((said.code, said.err.as_str()), (Some(0), ""));
    }
}

#[test]
fn a_certificate_that_has_ended_is_renewed_first() {
    let mut town = Town::new();
    let (office, hospital) = (town.office(), town.hospital());
    later(&mut town, 200);
    assert_eq!(due(&office, 200), Due::Ended);
    let said = does_later(&office, 200, &["--verbose", "inbox"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.err.contains("This terminal's certificate was renewed"), "{}", said.err);
    let form = town.form("notice-admission");
    let send = ["send", "--to", crate::people::HOSPITAL.number, "--notice", &form];
    assert_eq!(does_later(&office, 200, &send).ended(0)["sent"], true);
    let inbox = does_later(&hospital, 200, &["inbox"]).ended(0);
    assert_eq!(inbox["messages"].as_array().unwrap().len(), 1);
}

#[test]
fn a_clock_that_is_too_far_off_for_a_renewal_is_named() {
    let mut town = Town::new();
    let office = town.office();
    let (hour, ends) = (DAY_MS / 24, 90 * DAY_MS);
    town.stop();
    town.start_with(&[(OFFSET, &(ends + 2 * hour).to_string())]);
    // By the exchange's clock it has ended, by this PC's it has not.
    let behind = (ends - 12 * hour).to_string();
    office.say_with(&[(OFFSET, &behind)], &["directory"]).failed(3, "renewal.clock");
    let right = (ends + 2 * hour).to_string();
    let listed = office.say_with(&[(OFFSET, &right)], &["directory"]).ended(0);
    assert_eq!(listed["fresh"], true);
}

#[test]
fn a_terminal_that_was_removed_gets_no_certificate() {
    let mut town = Town::new();
    let first = town.hospital();
    let second = further(&town, &first, "hospital-2");
    let listed = first.does(&["terminal", "list"]);
    first.does(&["terminal", "revoke", text(&listed["terminals"][1]["id"]), "--retired"]);
    later(&mut town, 61);
    does_later(&second, 61, &["inbox"]).failed(3, "server.terminal-removed");
    later(&mut town, 100);
    does_later(&second, 100, &["inbox"]).failed(3, "server.terminal-removed");
    assert_eq!(due(&second, 100), Due::Ended);
}

#[test]
fn a_renewal_that_dies_after_any_write_leaves_a_certificate_that_serves() {
    let mut town = Town::new();
    let office = town.office();
    later(&mut town, 100);
    let offset = (100 * DAY_MS).to_string();
    for write in 1.. {
        let before = office.keep("office-before");
        let at = format!("atomic.renamed:{write}");
        let said = office.say_with(&[(OFFSET, &offset), ("TSUMUGU_CRASH_AT", &at)], &["directory"]);
        if said.code.is_some() {
            assert!(write > 1, "nothing was written");
            return;
        }
        said.died();
        assert_eq!(does_later(&office, 100, &["directory"]).code, Some(0));
        // From the beginning again, with the certificate that has ended.
        std::fs::remove_dir_all(&office.home).unwrap();
        crate::people::Folder::copy(&before, &office.home);
        std::fs::remove_dir_all(&before).unwrap();
    }
}
