//! An invitation that is moved twice, answered by two parties, and cancelled.

use serde_json::{Value, json};

use crate::people::{HOSPITAL, OFFICE, Person, STATION, Town};

pub(crate) const BOTH: &str = "1277000002,1267000003";

/// A file with an invitation.
pub(crate) fn invitation(
    town: &Town,
    name: &str,
    status: &str,
    held_at: Option<&str>,
    more: &str,
) -> String {
    let held_at = held_at.map(|time| format!("held_at = \"{time}\"\n")).unwrap_or_default();
    let file = town.dir.join(format!("{name}.toml"));
    let text = format!(
        "form = \"notice-conference\"\n[values]\nstatus = \"{status}\"\n{held_at}\
         place = \"本館2階; カンファレンス室, 北\"\nmembers = [[\"医師\", \"\", \"整形外科\"]]\n{more}\n"
    );
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// The hospital invites; gives the case and the messages' ids.
pub(crate) fn invites(
    town: &Town,
    to: &str,
    form: &str,
    case: Option<&str>,
) -> (String, Vec<String>) {
    let mut arguments = vec!["send", "--to", to, "--notice", form];
    arguments.extend(case.iter().flat_map(|case| ["--case", *case]));
    let sent = town.hospital().does(&arguments);
    let ids = sent["letters"].as_array().unwrap().iter();
    let ids = ids.map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    (sent["case"].as_str().unwrap().to_owned(), ids)
}

fn conference(person: &Person, id: &str) -> Value {
    let shown = person.does(&["conference", "show", id]);
    assert_eq!(shown["conferences"].as_array().unwrap().len(), 1, "{shown}");
    shown["conferences"][0].clone()
}

/// What the answers say: who, what, to which version, whether to an older one, whether taken back.
fn answers(conference: &Value) -> Vec<[Value; 5]> {
    let replies = conference["replies"].as_array().unwrap().iter();
    let told = |one: &Value| {
        let one = one.clone();
        [
            one["from"]["name"].clone(),
            one["answer"].clone(),
            one["version"].clone(),
            one["to_older"].clone(),
            one["superseded"].clone(),
        ]
    };
    replies.map(told).collect()
}

#[test]
fn an_invitation_is_moved_answered_and_cancelled() {
    let town = Town::new();
    let (hospital, office, station) = (town.hospital(), town.office(), town.station());
    let candidates =
        "candidates = [[\"12/8 16:00\", \"\"], [\"12/9 10:00\", \"\"], [\"12/10 13:00\", \"\"]]";
    let form = invitation(&town, "looking", "日程調整", None, candidates);
    let (case, first) = invites(&town, BOTH, &form, None);

    // Looking for a date: somebody who comes says when; nothing can go into a calendar.
    office.say(&["conference", "answer", &first[0], "--attend"]).failed(2, "conference.choose");
    let none = ["conference", "answer", &first[0], "--attend", "--candidate", "4"];
    office.say(&none).failed(2, "conference.no-such-candidate");
    let none = ["conference", "answer", &first[0], "--absent", "--candidate", "1"];
    office.say(&none).failed(2, "conference.absent-with-candidate");
    let out = office.file("none.ics");
    office.say(&["conference", "ics", &case, "--out", &out]).failed(10, "conference.no-time");
    assert!(office.does(&["outbox"])["entries"].as_array().unwrap().is_empty());

    let said = office.does(&[
        "conference",
        "answer",
        &first[0],
        "--attend",
        "--candidate",
        "1,3",
        "--comment",
        "10分遅れます",
    ]);
    assert_eq!((&said["sent"], &said["acknowledged"]), (&json!(true), &json!("logged")));
    assert_eq!((&said["case"], &said["worker"]), (&json!(case), &json!(OFFICE.workers[0].0)));
    assert_eq!(said["letters"][0]["to"]["name"], HOSPITAL.name);
    let shown = conference(&hospital, &case);
    let reply = &shown["replies"][0];
    let marks: Vec<_> =
        reply["candidates"].as_array().unwrap().iter().map(|one| &one["suits"]).collect();
    assert_eq!(marks, [&json!(true), &json!(false), &json!(true)]);
    assert_eq!(reply["comment"], "10分遅れます");
    assert_eq!(reply["people"], json!([OFFICE.workers[0].0]));
    assert_eq!(shown["unanswered"][0]["name"], STATION.name);
    // The invitation was acknowledged by the same command, under the worker's name.
    let tracked = hospital.does(&["track", &first[0]]);
    let events = tracked["events"].as_array().unwrap();
    let acknowledged = events.iter().find(|one| one["what"] == "acknowledged").unwrap();
    assert_eq!(acknowledged["worker"]["name"], OFFICE.workers[0].0);
    assert_eq!(acknowledged["comment"], "出席");

    // Decided, then moved for both.
    let form = invitation(&town, "decided", "決定", Some("2027-12-08T16:00"), "");
    let (_, second) = invites(&town, BOTH, &form, Some(&case));
    let said = station.does(&["conference", "answer", &second[1], "--online"]);
    assert_eq!(said["acknowledged"], "logged");
    let form = invitation(&town, "moved", "変更", Some("2027-12-10T13:00"), "");
    let (_, third) = invites(&town, BOTH, &form, Some(&case));
    let said = station.does(&["conference", "answer", &third[1], "--substitute", "代理 一郎"]);
    assert_eq!(said["acknowledged"], "logged");
    // Late, to the version before.
    let late = office.read(&["conference", "answer", &second[0], "--absent"]);
    assert_eq!(late.code, Some(0), "{late:?}");
    assert!(late.err.contains("新しい版"), "{late:?}");

    let shown = conference(&hospital, &case);
    assert_eq!(
        (&shown["status"], &shown["versions"].as_array().unwrap().len()),
        (&json!("changed"), &3)
    );
    assert_eq!(shown["held_at"], "2027-12-10T13:00:00+09:00");
    let newest: Vec<_> =
        shown["versions"].as_array().unwrap().iter().map(|one| &one["newest"]).collect();
    assert_eq!(newest, [&json!(false), &json!(false), &json!(true)]);
    let (office_name, station_name) = (json!(OFFICE.name), json!(STATION.name));
    let told = answers(&shown);
    let expected = [
        [office_name.clone(), json!("attends"), json!(1), json!(true), json!(true)],
        [station_name.clone(), json!("online"), json!(2), json!(true), json!(true)],
        [station_name, json!("substitute"), json!(3), json!(false), json!(false)],
        [office_name.clone(), json!("absent"), json!(2), json!(true), json!(false)],
    ];
    assert_eq!(told, expected);
    assert_eq!(shown["replies"][2]["people"], json!(["代理 一郎"]));
    assert_eq!(
        shown["unanswered"],
        json!([{ "id": shown["unanswered"][0]["id"], "number": OFFICE.number, "name": office_name }])
    );
    // Each sees its own letters alone; a message's number finds the conference too.
    let theirs = conference(&station, &third[1][..12]);
    assert_eq!(theirs["replies"].as_array().unwrap().len(), 2);
    assert!(!theirs.to_string().contains(OFFICE.name));
    let read = hospital.read(&["conference", "show", &case]).out;
    assert!(read.contains("【最新 newest】第3版") && read.contains("〔旧 old〕第2版"), "{read}");
    assert!(read.contains("【古い版への回答 to an older version】"), "{read}");

    // Answering once more: one letter, and no second acknowledgement.
    let again = office.does(&["conference", "answer", &second[0], "--attend"]);
    assert_eq!((&again["sent"], &again["acknowledged"]), (&json!(true), &json!("before")));

    let form = invitation(&town, "cancelled", "中止", None, "");
    invites(&town, BOTH, &form, Some(&case));
    let shown = conference(&office, &case);
    assert_eq!((&shown["status"], &shown["unanswered"]), (&json!("cancelled"), &json!([])));
    // After that another one begins.
    let form = invitation(&town, "again", "決定", Some("2027-12-20T13:00"), "");
    invites(&town, OFFICE.number, &form, Some(&case));
    let listed = office.does(&["conference", "list"]);
    let numbers: Vec<_> =
        listed["conferences"].as_array().unwrap().iter().map(|one| &one["number"]).collect();
    assert_eq!(numbers, [&json!(1), &json!(2)]);
}

#[test]
fn what_is_no_invitation_of_others_is_not_answered() {
    let town = Town::new();
    let (hospital, office) = (town.hospital(), town.office());
    let sheet = town.sheet();
    hospital
        .say(&["conference", "answer", &sheet, "--attend"])
        .failed(2, "conference.no-invitation");
    let form = invitation(&town, "decided", "決定", Some("2027-12-08T16:00"), "");
    let (_, ids) = invites(&town, OFFICE.number, &form, None);
    hospital.say(&["conference", "answer", &ids[0], "--attend"]).failed(2, "ack.own");
    assert_eq!(office.say(&["conference", "answer", &ids[0]]).code, Some(2));
    let both = ["conference", "answer", &ids[0], "--attend", "--absent"];
    assert_eq!(office.say(&both).code, Some(2));
    office.say(&["conference", "show", "ffff"]).failed(10, "conference.unknown");
}

#[test]
fn out_of_reach_both_wait_and_a_crash_leaves_both_or_none() {
    let mut town = Town::new();
    let (hospital, office) = (town.hospital(), town.office());
    let form = invitation(&town, "decided", "決定", Some("2027-12-08T16:00"), "");
    let mut ids = Vec::new();
    for _ in 0..14 {
        ids.extend(invites(&town, OFFICE.number, &form, None).1);
    }
    office.does(&["inbox"]);
    town.stop();
    let answer = ["conference", "answer", &ids[0], "--attend"];
    let said = office.say(&answer).ended(6);
    assert_eq!((&said["sent"], &said["acknowledged"]), (&json!(false), &json!("queued")));
    assert_eq!(office.does(&["outbox"])["entries"].as_array().unwrap().len(), 1);
    town.start();
    assert_eq!(office.does(&["outbox"])["entries"], json!([]));
    let told = |id: &str| {
        let replies = conference(&hospital, id)["replies"].as_array().unwrap().len();
        let answer = hospital.does(&["track", id])["answer"] == "acknowledged";
        (replies, answer)
    };
    assert_eq!(told(&ids[0]), (1, true));
    // Dying after any write: later both are there, or neither.
    let (mut none, mut both) = (0, 0);
    for (write, id) in (1..).zip(&ids[1..]) {
        let at = format!("atomic.renamed:{write}");
        let arguments = ["conference", "answer", id, "--attend"];
        let died = office.say_with(&[("TSUMUGU_CRASH_AT", &at)], &arguments);
        office.does(&["outbox"]);
        match told(id) {
            (0, false) => none += 1,
            (1, true) => both += 1,
            other => panic!("after write {write}: {other:?}"),
        }
        if died.code.is_some() {
            break;
        }
    }
    assert!(none > 0 && both > 1, "{none} with neither, {both} with both");
}
