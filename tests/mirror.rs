//! Copies of the log by third parties: they grow, survive crashes, and show a forked log.
#![allow(
    clippy::unwrap_used,
    reason = "the helpers of a test are tests, which the lint cannot see"
)]

#[path = "support/people.rs"]
mod people;

use std::collections::BTreeMap;
use std::path::Path;

use people::{Folder, HOSPITAL, Person, Town};
use serde_json::{Value, json};

/// Sends notices until the log has that many leaves: sixteen at once, to as many units of the hospital.
fn grow(town: &Town, leaves: u64) {
    let units: Vec<String> = (1..16).map(|n| format!("--unit=ward-{n}={n}階病棟")).collect();
    let set: Vec<&str> =
        ["profile", "set"].into_iter().chain(units.iter().map(String::as_str)).collect();
    town.hospital().does(&set);
    let to: Vec<String> = (1..16).map(|n| format!("{}/ward-{n}", HOSPITAL.number)).collect();
    let (to, form) = (to.join(","), town.form("notice-admission"));
    let mut size = 0;
    while size < leaves {
        let sent = town.office().does(&["send", "--to", &to, "--notice", &form]);
        town.hospital().does(&["inbox"]);
        size = sent["letters"][0]["index"].as_u64().unwrap();
    }
}

fn mirror(person: &Person, dir: &str) -> Value {
    person.does(&["log", "mirror", dir])
}

/// Somebody with no vault at all.
fn nobody(town: &Town) -> Person {
    town.person("nobody")
}

/// Every file below a folder but the lock, by its path.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().unwrap() != "lock" {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap().replace('\\', "/");
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn a_mirror_is_the_servers_folder_byte_for_byte_and_grows() {
    let mut town = Town::new();
    let dir = town.office().file("mirror");
    town.sheet();
    let first = mirror(&town.office(), &dir);
    assert_eq!((&first["new"], &first["anchored"]), (&first["size"], &json!(true)));
    // Nothing new, nothing written.
    let same = mirror(&town.hospital(), &dir);
    let written = (&same["new"], &same["bundles"], &same["tiles"]);
    assert_eq!(written, (&json!(0), &json!(0), &json!(0)));
    grow(&town, 260);
    let grown = mirror(&town.city(), &dir);
    assert_eq!(grown["new"].as_u64().unwrap() + first["size"].as_u64().unwrap(), grown["size"]);
    assert!(grown["size"].as_u64().unwrap() > 256, "a full tile and a second level");
    let verified = nobody(&town).say(&["log", "verify", &dir]).ended(4);
    assert_eq!((&verified["size"], &verified["bundles"]), (&grown["size"], &json!(2)));
    assert_eq!(verified["tiles"], 3);
    let fingerprint = grown["fingerprint"].as_str().unwrap();
    nobody(&town).does(&["log", "verify", &dir, "--fingerprint", fingerprint]);

    // The exchange writes the same files; the mirror may have further partial ones.
    town.stop();
    town.start();
    mirror(&town.office(), &dir);
    let (mirrored, served) = (files(Path::new(&dir)), files(&town.server_dir().join("log")));
    let size = |files: &BTreeMap<String, Vec<u8>>| {
        let checkpoint = String::from_utf8(files["checkpoint"].clone()).unwrap();
        checkpoint.lines().nth(1).unwrap().parse::<u64>().unwrap()
    };
    // A start makes a leaf of its own (a tick): the folder is written with it.
    assert!(size(&mirrored) >= size(&served));
    for (name, bytes) in served.iter().filter(|(name, _)| !name.contains(".p/")) {
        if name != "checkpoint" {
            assert_eq!(Some(bytes), mirrored.get(name), "{name}");
        }
    }
    for (name, bytes) in &mirrored {
        if let Some(there) = served.get(name).filter(|_| name != "checkpoint") {
            assert_eq!(bytes, there, "{name}");
        }
    }
    // A mirror is public.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(Path::new(&dir).join("checkpoint")).unwrap().permissions();
        assert_eq!(mode.mode() & 0o444, 0o444);
    }
}

#[test]
fn a_mirror_of_a_mirror_needs_no_vault_and_no_network() {
    let mut town = Town::new();
    town.sheet();
    let (first, second) = (town.office().file("first"), town.office().file("second"));
    mirror(&town.office(), &first);
    town.stop();
    let served = town.server_dir().join("log");
    let served = served.to_str().unwrap();
    let nobody = nobody(&town);
    let copied = nobody.does(&["log", "mirror", &second, "--from", &first]);
    assert_eq!((&copied["anchored"], &copied["new"]), (&json!(false), &copied["size"]));
    assert_eq!(files(Path::new(&first)), files(Path::new(&second)));
    // On with the server's own folder, which got a tick at the stop or before.
    let fingerprint = copied["fingerprint"].as_str().unwrap();
    let from = ["log", "mirror", &second, "--from", served, "--fingerprint", fingerprint];
    assert_eq!(nobody.does(&from)["anchored"], true);
    let agree = nobody.does(&["log", "compare", &first, &second]);
    assert_eq!(agree["common"], agree["copies"][0]["size"]);
    let wrong = "0".repeat(64);
    nobody
        .say(&["log", "mirror", &second, "--from", served, "--fingerprint", &wrong])
        .failed(7, "log.other-root");
    let sizes = [0, 1].map(|copy| agree["copies"][copy]["size"].as_u64().unwrap());
    if sizes[1] > sizes[0] {
        nobody.say(&["log", "mirror", &second, "--from", &first]).failed(10, "log.source-behind");
    }
    nobody.say(&["log", "verify", "nowhere"]).failed(10, "log.no-log");
    nobody.say(&["log", "mirror", &second]).failed(1, "enrolment.not-enrolled");
}

#[test]
fn what_is_missing_is_named_and_fetched_again_and_what_is_changed_is_an_alarm() {
    let town = Town::new();
    let (office, nobody) = (town.office(), nobody(&town));
    town.sheet();
    let dir = office.file("mirror");
    mirror(&office, &dir);
    let whole = files(Path::new(&dir));
    for name in whole.keys().filter(|name| *name != "checkpoint") {
        std::fs::remove_file(Path::new(&dir).join(name)).unwrap();
        let said = nobody.say(&["log", "verify", &dir]);
        said.failed(1, "log.incomplete");
        assert!(said.json()["error"]["ja"].as_str().unwrap().contains(name.as_str()), "{said:?}");
        mirror(&office, &dir);
        assert_eq!(files(Path::new(&dir))[name], whole[name]);
    }
    for (name, good) in whole.iter().filter(|(name, _)| name.starts_with("tile/entries")) {
        let path = Path::new(&dir).join(name);
        let mut bytes = good.clone();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        for command in [&["log", "verify", &dir][..], &["log", "mirror", &dir]] {
            office.say(command).failed(7, "log.bad-folder");
        }
        std::fs::write(&path, good).unwrap();
    }
    nobody.say(&["log", "verify", &dir]).ended(4);
    // A damaged file of a copy is no alarm over the exchange: the office goes on.
    town.sheet();
}

#[test]
fn a_mirror_that_dies_while_writing_is_whole_and_completed_by_the_next() {
    let mut town = Town::new();
    let (office, nobody) = (town.office(), nobody(&town));
    let (old, new) = (office.file("old"), office.file("new"));
    mirror(&office, &old);
    town.sheet();
    mirror(&office, &new);
    town.stop();
    let before = size_of(&files(Path::new(&old)));
    let after = files(Path::new(&new));
    for point in ["atomic.temporary-written", "atomic.renamed"] {
        let mut deaths = 0;
        for nth in 1.. {
            let dir = office.file(&format!("{point}-{nth}"));
            Folder::copy(Path::new(&old), Path::new(&dir));
            let (at, grow) = (format!("{point}:{nth}"), ["log", "mirror", &dir, "--from", &new]);
            if nobody.say_with(&[("TSUMUGU_CRASH_AT", &at)], &grow).code.is_some() {
                break;
            }
            deaths += 1;
            let left = nobody.say(&["log", "verify", &dir]).ended(4);
            let size = left["size"].as_u64().unwrap();
            assert!(size == before || size == size_of(&after), "{at}: {size}");
            nobody.does(&grow);
            let now = files(Path::new(&dir));
            assert!(after.iter().all(|(name, bytes)| now.get(name) == Some(bytes)), "{at}");
            assert!(
                !now.keys().any(|name| name.ends_with("tmp")),
                "{at}: nothing half-written stays"
            );
        }
        // A bundle, a tile, the checkpoint.
        assert_eq!(deaths, 3, "{point}");
    }
}

fn size_of(files: &BTreeMap<String, Vec<u8>>) -> u64 {
    let checkpoint = String::from_utf8(files["checkpoint"].clone()).unwrap();
    checkpoint.lines().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_forked_log_is_told_by_two_mirrors_and_by_the_older_one() {
    let mut town = Town::new();
    town.sheet();
    town.stop();
    let past = town.keep_server("past");
    town.start();
    for _ in 0..2 {
        town.sheet();
    }
    let (first, second) = (town.office().file("first"), town.office().file("second"));
    let one = mirror(&town.office(), &first);
    town.stop();
    town.put_server(&past);
    town.start();
    // Another history from here on, longer than the first.
    let station = town.station();
    for _ in 0..6 {
        let form = town.form("notice-admission");
        station.does(&["send", "--to", HOSPITAL.number, "--notice", &form]);
    }
    let two = mirror(&station, &second);
    assert!(two["size"].as_u64() > one["size"].as_u64());
    let nobody = nobody(&town);
    // Each is whole by itself.
    for dir in [&first, &second] {
        nobody.say(&["log", "verify", dir]).ended(4);
    }
    let differ = nobody.say(&["log", "compare", &first, &second]);
    differ.failed(7, "log.copies-differ");
    let said = differ.json()["error"]["en"].as_str().unwrap().to_owned();
    let index: u64 =
        said.split("leaf ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let common = size_of(&files(&past.join("log")));
    assert!(index >= common && index < one["size"].as_u64().unwrap(), "{index} {common}");
    let before = files(Path::new(&first));
    nobody.say(&["log", "mirror", &first, "--from", &second]).failed(7, "log.copies-differ");
    // The mirror's own checkpoint tells who has seen nothing of it.
    station.say(&["log", "mirror", &first]).failed(7, "server.inconsistent-checkpoint");
    assert_eq!(files(Path::new(&first)), before, "nothing of it came in");
    // Whom the exchange has deceived is warned from now on.
    let form = town.form("notice-admission");
    station
        .say(&["send", "--to", HOSPITAL.number, "--notice", &form])
        .failed(7, "session.alarm-kept");
}

#[test]
fn every_receipt_is_held_against_the_log() {
    let town = Town::new();
    let (office, hospital) = (town.office(), town.hospital());
    let id = town.sheet();
    hospital.does(&["inbox"]);
    hospital.does(&["open", &id]);
    hospital.does(&["ack", &id]);
    office.does(&["track", &id]);
    // The worker's admission, envelope, fetched, opened, acknowledged.
    assert_eq!(office.does(&["log", "verify"])["receipts"], 5);
    assert_eq!(hospital.does(&["log", "verify"])["receipts"], 5);
    assert_eq!(town.city().does(&["log", "verify"])["receipts"], 0);
}

#[test]
fn evidence_with_an_older_copy_says_why_removals_stay_unchecked() {
    let town = Town::new();
    let (office, nobody) = (town.office(), nobody(&town));
    let dir = office.file("mirror");
    mirror(&office, &dir);
    let id = town.sheet();
    let file = office.file("a.evidence");
    office.does(&["evidence", &id, "--out", &file]);
    let behind = nobody.say(&["verify", &file, "--log", &dir]).ended(4);
    assert_eq!(behind["removals_checked"], false);
    assert!(behind["log_size"].as_u64().unwrap() < behind["checkpoint_size"].as_u64().unwrap());
    assert!(nobody.read(&["verify", &file, "--log", &dir]).out.contains("より古いため"));
    mirror(&office, &dir);
    assert_eq!(nobody.say(&["verify", &file, "--log", &dir]).ended(4)["removals_checked"], true);
}
