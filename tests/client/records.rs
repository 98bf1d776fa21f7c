//! What an office keeps for itself: drafts, cases, and who has taken what on.

use serde_json::json;

use crate::people::{HOSPITAL, OFFICE, Town};

#[test]
fn a_draft_is_left_found_again_sent_and_gone() {
    let town = Town::new();
    let (office, hospital) = (town.office(), town.hospital());
    let begun = office.does(&["case", "new", "いとぐるま 花子さま", "--kana", "いとぐるま はなこ"]);
    let case = begun["id"].as_str().unwrap();
    assert_eq!((&begun["what"], &begun["logged"]), (&json!("begun"), &json!(true)));

    let form = town.form("admission-info");
    let left = office.does(&[
        "draft",
        "save",
        "--form",
        &form,
        "--to",
        HOSPITAL.number,
        "--case",
        &case[..12],
    ]);
    let draft = left["short_id"].as_str().unwrap();
    assert_eq!(left["logged"], true);
    let listed = office.does(&["draft", "list"]);
    let [shown] = listed["drafts"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!(shown["to"], json!([HOSPITAL.number]));
    assert_eq!(
        (&shown["worker"]["name"], &shown["case"]),
        (&json!(OFFICE.workers[0].0), &json!(case))
    );
    // No patient's name in a list.
    assert!(!listed.to_string().contains("流山 花子"));
    // Saving again keeps what is not said anew.
    let again = office.does(&["draft", "save", "--form", &form, "--id", draft]);
    assert_eq!(again["id"], left["id"]);
    let one = office.does(&["draft", "show", draft]);
    assert_eq!(one["contents"]["values"]["name"], "流山 花子");
    assert_eq!((&one["to"], &one["case"]), (&shown["to"], &shown["case"]));
    assert_eq!(office.does(&["case", "show", case])["drafts"], json!([left["id"]]));

    let sent = office.does(&["send", "--draft", draft]);
    assert_eq!(
        (&sent["sent"], &sent["letters"][0]["to"]["number"]),
        (&json!(true), &json!(HOSPITAL.number))
    );
    assert_eq!(office.does(&["draft", "list"])["drafts"], json!([]));
    office.say(&["send", "--draft", draft]).failed(10, "office.unknown-id");
    let shown = office.does(&["case", "show", case]);
    assert_eq!(shown["messages"][0]["id"], sent["letters"][0]["id"]);
    assert_eq!(shown["drafts"], json!([]));

    // Nothing of this is anybody's message.
    assert_eq!(office.does(&["track"])["messages"].as_array().unwrap().len(), 1);
    assert_eq!(office.does(&["inbox", "--all"])["messages"], json!([]));
    assert_eq!(hospital.does(&["inbox"])["messages"].as_array().unwrap().len(), 1);

    office.does(&["case", "close", case]);
    assert_eq!(office.does(&["case", "list"])["cases"], json!([]));
    assert_eq!(office.does(&["case", "list", "--all"])["cases"][0]["closed"], true);
    office.does(&["case", "close", case, "--reopen"]);
    assert_eq!(office.does(&["case", "list"])["cases"][0]["closed"], false);
}

#[test]
fn a_draft_is_kept_while_the_exchange_is_out_of_reach() {
    let mut town = Town::new();
    let (office, form) = (town.office(), town.form("admission-info"));
    town.stop();
    let left = office.does(&["draft", "save", "--form", &form]);
    assert_eq!(left["logged"], false);
    let draft = left["id"].as_str().unwrap();
    assert_eq!(office.does(&["draft", "list"])["drafts"][0]["logged"], false);
    assert_eq!(office.does(&["outbox"])["entries"].as_array().unwrap().len(), 1);
    town.start();
    assert_eq!(office.does(&["draft", "list"])["drafts"][0]["logged"], true);
    let dropped = office.does(&["draft", "drop", draft]);
    assert_eq!((&dropped["what"], &dropped["logged"]), (&json!("dropped"), &json!(true)));
    assert_eq!(office.does(&["draft", "list"])["drafts"], json!([]));
}

#[test]
fn who_has_a_message_is_known_to_the_office_alone() {
    let town = Town::new();
    let id = town.sheet();
    let hospital = town.hospital();
    let claimed = hospital.does(&["claim", &id]);
    assert_eq!(
        (&claimed["worker"]["name"], &claimed["before"]),
        (&json!(HOSPITAL.workers[0].0), &json!(null))
    );
    let released = hospital.does(&["claim", &id, "--release"]);
    assert_eq!(released["worker"], json!(null));
    let events = town.office().does(&["track", &id])["events"].clone();
    let what: Vec<_> =
        events.as_array().unwrap().iter().map(|event| event["what"].clone()).collect();
    assert_eq!(what, ["accepted", "fetched"]);
}
