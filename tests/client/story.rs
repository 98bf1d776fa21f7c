//! The whole story: joining, sending, receiving, answering, proving.

use serde_json::{Value, json};

use crate::people::{HOSPITAL, OFFICE, ORIGIN, STATION, Town};

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// What the events of a tracked message say, in log order.
fn happened(tracked: &Value) -> Vec<&str> {
    tracked["events"].as_array().unwrap().iter().map(|event| text(&event["what"])).collect()
}

#[test]
fn the_tour_from_the_first_code_to_the_proof() {
    let (mut town, code) = Town::empty();
    let (city, hospital, office) = (town.city(), town.hospital(), town.office());

    let joined = city.does(&["admin", "init", &code]);
    assert_eq!(joined["state"], "enrolled");
    assert_eq!((&joined["role"], &joined["origin"]), (&json!("administrator"), &json!(ORIGIN)));
    let fingerprint = text(&joined["fingerprint"]).to_owned();
    assert_eq!(fingerprint.len(), 64);

    let code = town.invite(&HOSPITAL);
    assert!(code.starts_with(&format!("{}#", town.address)), "{code}");
    let asked = town.ask_to_join(&HOSPITAL, &code);
    assert_eq!((&asked["state"], &asked["number"]), (&json!("pending"), &json!(HOSPITAL.number)));
    let digits = text(&asked["digits"]).to_owned();
    // Asking again, without the paper, is the same request.
    assert_eq!(hospital.does(&["enroll"])["digits"], json!(digits));
    let waiting = city.does(&["admin", "pending"]);
    let waiting = &waiting["invitations"][0];
    assert_eq!((&waiting["state"], &waiting["digits"]), (&json!("pending"), &json!(digits)));
    assert_eq!(waiting["problems"], json!([]));
    let approved = city.does(&["admin", "approve", HOSPITAL.number, "--digits", &digits]);
    assert_eq!((&approved["kind"], &approved["committed"]), (&json!("institution"), &json!(true)));
    let joined = hospital.does(&["enroll"]);
    assert_eq!((&joined["state"], &joined["strange"]), (&json!("enrolled"), &json!(0)));
    assert_eq!(joined["fingerprint"], json!(fingerprint));

    town.join(&OFFICE);
    let listed = office.does(&["directory"]);
    let names: Vec<_> =
        listed["institutions"].as_array().unwrap().iter().map(|one| text(&one["name"])).collect();
    assert_eq!(names, [HOSPITAL.name, OFFICE.name]);
    assert_eq!(listed["fresh"], true);

    let form = town.form("admission-info");
    let sent = office.does(&["send", "--to", HOSPITAL.number, "--sheet", &form]);
    let letter = &sent["letters"][0];
    assert_eq!((&sent["sent"], &sent["outbox"]), (&json!(true), &Value::Null));
    assert_eq!((&letter["state"], &letter["unit"]), (&json!("accepted"), &json!("main")));
    assert_eq!(letter["to"]["name"], HOSPITAL.name);
    let (id, short) = (text(&letter["id"]), text(&letter["short_id"]));
    assert!(letter["index"].is_u64() && text(&letter["time"]).ends_with("+09:00"));

    let inbox = hospital.does(&["inbox"]);
    let message = &inbox["messages"][0];
    assert_eq!((text(&message["id"]), text(&message["delivery"])), (id, "fetched"));
    assert_eq!((text(&message["from"]["name"]), text(&message["kind"])), (OFFICE.name, "sheet"));
    assert_eq!(inbox["outbox"], json!({ "waiting": 0, "refused": 0, "damaged": 0 }));

    let out = hospital.file("sheet.json");
    let opened = hospital.does(&["open", short, "--out", &out]);
    assert_eq!((&opened["logged"], &opened["doubts"]), (&json!(true), &json!([])));
    assert_eq!(opened["author"]["name"], OFFICE.workers[0].0);
    assert_eq!(opened["values"]["name"], "流山 花子");
    let written: Value = serde_json::from_str(&std::fs::read_to_string(&out).unwrap()).unwrap();
    assert_eq!(written["values"], opened["values"]);
    hospital.say(&["open", short, "--out", &out]).failed(1, "file.exists");

    let answered = hospital.does(&["ack", id, "--comment", "病棟へ共有します"]);
    assert_eq!((text(&answered["answer"]), text(&answered["state"])), ("acknowledged", "logged"));
    assert_eq!(answered["worker"], HOSPITAL.workers[0].0);
    let inbox = hospital.does(&["inbox"]);
    assert_eq!((&inbox["messages"], &inbox["answered"]), (&json!([]), &json!(1)));

    let tracked = office.does(&["track", id]);
    assert_eq!(happened(&tracked), ["accepted", "fetched", "opened", "acknowledged"]);
    let answer = &tracked["events"][3];
    assert_eq!(answer["comment"], "病棟へ共有します");
    assert_eq!(answer["worker"]["name"], HOSPITAL.workers[0].0);
    assert_eq!((&tracked["waits_for"], &tracked["validity"]), (&Value::Null, &json!("current")));

    let file = office.file("a.evidence");
    let written = office.does(&["evidence", id, "--out", &file]);
    assert_eq!(written["letter_revealed"], true);
    let nobody = town.person("nobody");
    let proved = nobody.does(&["verify", &file, "--fingerprint", &fingerprint]);
    assert_eq!(
        (&proved["outcome"], &proved["answer"]),
        (&json!("anchored"), &json!("acknowledged"))
    );
    assert_eq!(proved["answers"][0]["worker"]["name"], HOSPITAL.workers[0].0);
    assert!(!nobody.home.exists(), "verifying needs no vault");
    let verified = office.does(&["log", "verify"]);
    assert_eq!((&verified["anchored"], &verified["receipts"]), (&json!(true), &json!(5)));

    // Out of reach: kept, and never called sent.
    town.stop();
    let unsent = office.say(&["send", "--to", HOSPITAL.number, "--sheet", &form]).ended(6);
    assert_eq!(
        (&unsent["sent"], &unsent["letters"][0]["state"]),
        (&json!(false), &json!("queued"))
    );
    assert_eq!(unsent["reason"]["error"]["key"], "connection.refused");
    let list = office.does(&["track"]);
    assert_eq!((&list["fresh"], &list["outbox"]["waiting"]), (&json!(false), &json!(1)));
    let said = office.read(&["inbox"]);
    assert!(said.out.contains("【未送信】1 件"), "{said:?}");
    let waiting = office.does(&["outbox"]);
    assert_eq!(waiting["entries"][0]["messages"][0]["id"], unsent["letters"][0]["id"]);
    town.start();
    assert_eq!(office.does(&["outbox"])["entries"], json!([]));
    let tracked = office.does(&["track", text(&unsent["letters"][0]["id"])]);
    assert_eq!(happened(&tracked), ["accepted"]);
}

#[test]
fn what_people_read_says_sent_only_when_it_is() {
    let mut town = Town::new();
    let (office, form) = (town.office(), town.form("notice-admission"));
    let arguments = ["send", "--to", HOSPITAL.number, "--notice", &form];
    let said = office.read(&arguments);
    assert_eq!(said.code, Some(0));
    assert!(said.out.starts_with("送信しました。1 通"), "{}", said.out);
    assert!(said.out.contains("Sent: the exchange has accepted 1"), "{}", said.out);
    town.stop();
    let said = office.read(&arguments);
    assert_eq!(said.code, Some(6));
    assert!(said.out.starts_with("【未送信】1 通"), "{}", said.out);
    assert!(!said.out.contains("送信しました") && !said.out.contains("Sent:"), "{}", said.out);
    assert!(said.out.contains(&town.address), "the address stands in it: {}", said.out);
    let listed = office.read(&["outbox"]);
    assert!(listed.out.contains("【未送信 not sent】"), "{}", listed.out);
    assert!(listed.err.contains(&town.address), "{}", listed.err);
    assert!(!(listed.out + &listed.err).contains("- には"));
}

#[test]
fn two_administrators_sign_together() {
    let (town, code) = Town::empty();
    let (city, second) = (town.city(), town.person("association"));
    city.does(&["admin", "init", &code]);
    let invited = city.does(&["admin", "invite", "--administrator"]);
    assert_eq!(invited["purpose"], "administrator");
    let asked = second.does(&["admin", "init", text(&invited["code"])]);
    assert_eq!(asked["state"], "pending");
    let (id, digits) = (text(&invited["invitation"]), text(&asked["digits"]));
    let signed = city.does(&["admin", "approve", &id[..8], "--digits", digits]);
    assert_eq!((&signed["committed"], &signed["awaits_candidate"]), (&json!(false), &json!(true)));
    assert_eq!(second.does(&["admin", "init"])["state"], "enrolled");
    let list = city.does(&["admin", "list"]);
    assert_eq!((&list["trust_list"], &list["threshold"]), (&json!(2), &json!(2)));
    assert_eq!(list["administrators"].as_array().unwrap().len(), 2);

    // An institution needs both, whoever invites; one alone changes nothing.
    let code = town.invite(&HOSPITAL);
    let asked = town.ask_to_join(&HOSPITAL, &code);
    let digits = text(&asked["digits"]);
    let approve = ["admin", "approve", HOSPITAL.number, "--digits", digits];
    let signed = city.does(&approve);
    assert_eq!((&signed["committed"], &signed["signatures"]), (&json!(false), &json!(1)));
    assert_eq!(signed["needed"], 2);
    assert_eq!(town.hospital().does(&["enroll"])["state"], "pending");
    assert_eq!(second.does(&approve)["committed"], true);
    assert_eq!(town.hospital().does(&["enroll"])["state"], "enrolled");

    // So does a suspension.
    let suspended = city.does(&["admin", "suspend", HOSPITAL.number]);
    assert_eq!(suspended["committed"], false);
    town.hospital().does(&["inbox"]);
    let waiting = second.does(&["admin", "pending"]);
    assert_eq!(waiting["proposals"][0]["subject"], HOSPITAL.number);
    assert_eq!(second.does(&["admin", "approve", HOSPITAL.number])["committed"], true);
    town.hospital().say(&["inbox"]).failed(3, "server.suspended");
}

#[test]
fn two_administrators_hold_a_letter_and_let_it_go() {
    let (town, code) = Town::empty();
    let (city, second) = (town.city(), town.person("association"));
    city.does(&["admin", "init", &code]);
    for institution in [&HOSPITAL, &OFFICE] {
        town.join(institution);
    }
    let id = town.sheet();
    let hold = ["admin", "hold", OFFICE.number, &id];
    city.say(&hold).failed(3, "admin.hold-needs-two");
    let invited = city.does(&["admin", "invite", "--administrator"]);
    let asked = second.does(&["admin", "init", text(&invited["code"])]);
    let (invitation, digits) = (text(&invited["invitation"]), text(&asked["digits"]));
    city.does(&["admin", "approve", invitation, "--digits", digits]);
    second.does(&["admin", "init"]);

    let half = city.does(&hold);
    assert_eq!((&half["committed"], &half["needed"]), (&json!(false), &json!(2)));
    let waiting = second.does(&["admin", "pending"]);
    assert_eq!(waiting["proposals"][0]["detail"], format!("on {id}"));
    assert_eq!(second.does(&hold)["committed"], true);
    city.say(&hold).failed(10, "command.nothing-to-do");
    let other = ["admin", "hold", HOSPITAL.number, &id];
    city.say(&other).failed(10, "server.not-found");
    // The second signature may also come by the list of what waits.
    assert_eq!(second.does(&["admin", "release", OFFICE.number, &id])["committed"], false);
    assert_eq!(city.does(&["admin", "approve", OFFICE.number])["committed"], true);
    city.say(&["admin", "release", OFFICE.number, &id]).failed(10, "command.nothing-to-do");
}

#[test]
fn of_two_recipients_one_sends_it_back() {
    let town = Town::new();
    let (office, form) = (town.office(), town.form("notice-discharge-date"));
    let both = format!("{},{}", HOSPITAL.number, STATION.number);
    let sent = office.does(&["send", "--to", &both, "--notice", &form]);
    assert_eq!(sent["sent"], true);
    let ids: Vec<_> = sent["letters"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    for person in [town.hospital(), town.station()] {
        assert_eq!(person.does(&["inbox"])["messages"].as_array().unwrap().len(), 1);
    }
    town.hospital().does(&["ack", text(ids[0])]);
    let reject = ["ack", text(ids[1]), "--disposition", "rejected"];
    town.station().say(&reject).failed(2, "letter.comment-needed");
    let reason = "担当の利用者ではありません";
    let answered = town.station().does(&[&reject[..], &["--comment", reason]].concat());
    assert_eq!((text(&answered["answer"]), text(&answered["state"])), ("rejected", "logged"));

    let list = office.does(&["track"]);
    let shown = |id: &Value| {
        let mut all = list["messages"].as_array().unwrap().iter();
        all.find(|message| message["id"] == *id).unwrap().clone()
    };
    let (first, second) = (shown(ids[0]), shown(ids[1]));
    assert_eq!(
        (text(&first["answer"]), text(&first["to"]["name"])),
        ("acknowledged", HOSPITAL.name)
    );
    assert_eq!((text(&second["answer"]), text(&second["to"]["name"])), ("rejected", STATION.name));
    let tracked = office.does(&["track", text(ids[1])]);
    assert_eq!(tracked["waits_for"], "sender");
    let answer = tracked["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&answer["comment"], &answer["what"]), (&json!(reason), &json!("rejected")));
    assert_eq!(answer["worker"]["name"], STATION.workers[0].0);
    // A second, other answer is kept and shown; the first one counts.
    town.station().does(&["ack", text(ids[1])]);
    let tracked = office.does(&["track", text(ids[1])]);
    assert_eq!(tracked["answer"], "rejected");
    assert_eq!(happened(&tracked).iter().filter(|what| **what == "acknowledged").count(), 1);
}

#[test]
fn the_digits_are_shown_once_and_times_are_japans() {
    let (town, code) = Town::empty();
    let city = town.city();
    city.does(&["admin", "init", &code]);
    let i = &STATION;
    let invited = city.read(&[
        "admin",
        "invite",
        "--number",
        i.number,
        "--name",
        i.name,
        "--kana",
        i.kana,
        "--kind",
        i.kind,
        "--telephone",
        i.telephone,
    ]);
    assert!(invited.out.starts_with("招待しました。令和"), "{}", invited.out);
    let code = invited.out.lines().find(|line| line.contains('#')).unwrap().trim().to_owned();
    let asked = town.station().read(&["enroll", &code, "--worker", "鈴木", "--role", "看護師"]);
    let line = |text: &str| text.lines().find(|line| line.starts_with("    ")).map(str::to_owned);
    let digits = line(&asked.out).unwrap().trim().to_owned();
    assert_eq!(digits.len(), 29, "{digits}");
    assert_eq!((asked.out.clone() + &asked.err).matches(&digits).count(), 1, "{asked:?}");
    // With a wait they are shown before it, and not again after it.
    let waited = town.station().read(&["enroll", "--wait", "1"]);
    assert!(waited.err.contains(&digits) && !waited.out.contains(&digits), "{waited:?}");
    let approved = city.read(&["admin", "approve", i.number, "--digits", &digits]);
    assert!(approved.out.contains("番、令和"), "{}", approved.out);
    assert!(!approved.out.contains("Z)"), "{}", approved.out);
    let joined = town.station().read(&["enroll"]);
    assert!(!(joined.out.clone() + &joined.err).contains(&digits), "{joined:?}");
}
