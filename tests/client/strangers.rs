//! What is not one's own: a third institution, another role, another vault.

use crate::people::{HOSPITAL, OFFICE, Town};

#[test]
fn a_third_institution_is_shown_nothing_of_a_letter_between_others() {
    let town = Town::new();
    let (id, station) = (town.sheet(), town.station());
    town.hospital().does(&["inbox"]);
    town.hospital().does(&["ack", &id, "--comment", "三階の病棟へ"]);
    let out = station.file("stolen.evidence");
    for arguments in [
        &["open", &id][..],
        &["open", &id[..8]],
        &["open", &id, "--out", &out],
        &["ack", &id],
        &["ack", &id, "--disposition", "not-for-us"],
        &["track", &id],
        &["evidence", &id, "--out", &out],
        &["evidence", &id, "--out", &out, "--without-letter"],
    ] {
        for said in
            [station.say(arguments).failed(10, "message.unknown-id"), &station.read(arguments)]
        {
            let said = said.out.clone() + &said.err;
            let secrets = [OFFICE.name, OFFICE.number, HOSPITAL.name, HOSPITAL.number, "流山 花子"];
            let workers = [OFFICE.workers[0].0, HOSPITAL.workers[0].0, "三階の病棟へ", "入院時"];
            for secret in secrets.iter().chain(&workers) {
                assert!(!said.contains(secret), "{arguments:?}: {said}");
            }
        }
    }
    assert!(!std::path::Path::new(&out).exists());
    for list in [&["inbox", "--all"][..], &["track"], &["outbox"]] {
        let said = station.say(list);
        assert!(!said.out.contains(&id[..8]), "{said:?}");
    }
    // Nor is anything of it in the log that anybody asked or said.
    let tracked = town.office().does(&["track", &id]);
    assert_eq!(tracked["events"].as_array().unwrap().len(), 3, "{tracked}");
}

#[test]
fn a_record_from_another_institutions_vault_is_damaged_here() {
    let town = Town::new();
    let (id, station, hospital) = (town.sheet(), town.station(), town.hospital());
    hospital.does(&["inbox"]);
    for kind in ["message", "letter"] {
        let from = hospital.home.join("vault").join(kind);
        crate::people::Folder::copy(&from, &station.home.join("vault").join(kind));
    }
    let said = station.say(&["open", &id]);
    said.failed(8, "vault.damaged");
    assert!(!said.out.contains("流山"), "{said:?}");
}

#[test]
fn each_role_is_refused_the_others_commands_by_name() {
    let town = Town::new();
    let (id, form) = (town.sheet(), town.form("notice-admission"));
    let (city, office) = (town.city(), town.office());
    for arguments in [
        &["inbox"][..],
        &["track"],
        &["outbox"],
        &["open", &id],
        &["ack", &id],
        &["send", "--to", HOSPITAL.number, "--notice", &form],
        &["evidence", &id, "--out", "never-written"],
    ] {
        city.say(arguments).failed(2, "identity.not-terminal");
    }
    for arguments in [
        &["admin", "pending"][..],
        &["admin", "list"],
        &["admin", "invite", "--administrator"],
        &["admin", "approve", HOSPITAL.number, "--without-comparison"],
        &["admin", "reject", HOSPITAL.number],
        &["admin", "suspend", HOSPITAL.number],
    ] {
        office.say(arguments).failed(2, "identity.not-administrator");
    }
    office.say(&["ack", &id]).failed(2, "ack.own");
}

#[test]
fn a_suspended_institution_is_told_so_and_its_letters_wait() {
    let town = Town::new();
    let (office, form) = (town.office(), town.form("notice-admission"));
    town.city().does(&["admin", "suspend", OFFICE.number]);
    let send = ["send", "--to", HOSPITAL.number, "--notice", &form];
    let said = office.say(&send);
    assert_eq!(said.json()["error"]["key"], "server.suspended", "{said:?}");
    // Nobody sends to it either, and that is known before anything is queued.
    let said = town.hospital().say(&["send", "--to", OFFICE.number, "--notice", &form]);
    said.failed(3, "server.recipient-inactive");
    town.city().does(&["admin", "reinstate", OFFICE.number]);
    assert_eq!(office.does(&send)["sent"], true);
}
