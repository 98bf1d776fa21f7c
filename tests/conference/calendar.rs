//! The calendar files, by command and by the agent.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::people::{OFFICE, Person, Town};
use crate::story::{invitation, invites};

fn written(person: &Person, name: &str, arguments: &[&str]) -> String {
    let out = person.file(name);
    let mut all = vec!["conference", "ics"];
    all.extend(arguments);
    all.extend(["--out", &out]);
    person.does(&all);
    std::fs::read_to_string(&out).unwrap()
}

fn line<'a>(file: &'a str, name: &str) -> &'a str {
    let found = file.split("\r\n").find(|line| line.starts_with(name));
    found.unwrap_or_else(|| panic!("no {name}: {file}"))
}

#[test]
fn a_moved_conference_keeps_its_entry_and_a_cancelled_one_goes() {
    let town = Town::new();
    let (hospital, office) = (town.hospital(), town.office());
    let form = invitation(&town, "decided", "決定", Some("2027-12-08T16:00"), "");
    let (case, ids) = invites(&town, OFFICE.number, &form, None);
    let first = written(&office, "1.ics", &[&ids[0]]);
    assert_eq!(line(&first, "DTSTART"), "DTSTART:20271208T070000Z");
    assert_eq!(line(&first, "SEQUENCE"), "SEQUENCE:0");
    assert_eq!(line(&first, "METHOD"), "METHOD:PUBLISH");
    assert_eq!(line(&first, "LOCATION"), "LOCATION:本館2階\\; カンファレンス室\\, 北");
    let summary = format!("SUMMARY:退院前カンファレンス（事例 {}）", &case[..12]);
    assert_eq!(
        first.replace("\r\n ", "").split("\r\n").find(|one| one.starts_with("SUMMARY")),
        Some(summary.as_str())
    );
    office
        .say(&["conference", "ics", &case, "--out", &office.file("1.ics")])
        .failed(1, "file.exists");

    let form = invitation(&town, "moved", "変更", Some("2027-12-10T13:00"), "");
    invites(&town, OFFICE.number, &form, Some(&case));
    let second = written(&office, "2.ics", &[&case]);
    assert_eq!(line(&second, "SEQUENCE"), "SEQUENCE:1");
    assert_eq!(line(&second, "DTSTART"), "DTSTART:20271210T040000Z");
    let uid = |file: &str| {
        let unfolded = file.replace("\r\n ", "");
        unfolded.split("\r\n").find(|one| one.starts_with("UID:")).unwrap().to_owned()
    };
    assert_eq!(uid(&first), uid(&second));
    // The one who invites has the same entry.
    assert_eq!(uid(&written(&hospital, "h.ics", &[&case])), uid(&second));

    let form = invitation(&town, "cancelled", "中止", None, "");
    invites(&town, OFFICE.number, &form, Some(&case));
    let third = written(&office, "3.ics", &[&case]);
    assert_eq!(
        (line(&third, "METHOD"), line(&third, "STATUS")),
        ("METHOD:CANCEL", "STATUS:CANCELLED")
    );
    assert_eq!((line(&third, "SEQUENCE"), uid(&third)), ("SEQUENCE:2", uid(&first)));
    assert_eq!(line(&third, "DTSTART"), "DTSTART:20271210T040000Z");
    office
        .say(&["conference", "ics", &case, "--with-name", "--out", &office.file("4.ics")])
        .failed(10, "conference.no-label");
}

#[test]
fn the_label_stands_in_it_only_where_a_person_asks() {
    let town = Town::new();
    let hospital = town.hospital();
    let case = hospital.does(&["case", "new", "流山 花子様"])["id"].as_str().unwrap().to_owned();
    let form = invitation(&town, "decided", "決定", Some("2027-12-08T16:00"), "");
    invites(&town, OFFICE.number, &form, Some(&case));
    assert!(!written(&hospital, "1.ics", &[&case]).contains("花子"));
    let named = written(&hospital, "2.ics", &[&case, "--with-name"]).replace("\r\n ", "");
    assert!(named.contains("流山 花子様"), "{named}");
    // The folder's own file never has it.
    let listed = hospital.does(&["conference", "list"]);
    assert!(!listed.to_string().contains("花子"));
}

#[test]
fn the_agent_writes_the_calendar_file_beside_the_page() {
    let town = Town::new();
    let office = town.office();
    let folder = town.dir.join("paper");
    std::fs::create_dir(&folder).unwrap();
    let mut agent =
        office.program().args(["agent", "--save-to", folder.to_str().unwrap()]).spawn().unwrap();
    let looking =
        invitation(&town, "looking", "日程調整", None, "candidates = [[\"12/8 16:00\", \"\"]]");
    let (case, _) = invites(&town, OFFICE.number, &looking, None);
    let form = invitation(&town, "decided", "決定", Some("2027-12-08T16:00"), "");
    let (_, ids) = invites(&town, OFFICE.number, &form, Some(&case));
    let ends = |end: &str| {
        let names = std::fs::read_dir(&folder).unwrap().map(|one| one.unwrap().file_name());
        let names = names.map(|name| name.into_string().unwrap());
        names.filter(|name| name.ends_with(end)).collect::<Vec<_>>()
    };
    let patience = Instant::now() + Duration::from_secs(120);
    while ends(".ics").is_empty() || ends(".pdf").len() < 2 {
        assert!(Instant::now() < patience, "{:?}", ends(""));
        std::thread::sleep(Duration::from_millis(100));
    }
    agent.kill().unwrap();
    agent.wait().unwrap();
    // Nothing to put into a calendar while a date is looked for.
    let calendars = ends(".ics");
    assert_eq!(json!(calendars.len()), json!(1));
    assert!(calendars[0].ends_with(&format!("{}.ics", ids[0])), "{calendars:?}");
    let text = std::fs::read_to_string(folder.join(&calendars[0])).unwrap();
    assert_eq!(line(&text, "DTSTART"), "DTSTART:20271208T070000Z");
}
