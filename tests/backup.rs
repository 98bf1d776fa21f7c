//! Backup and restore with the real programs: what a town has when the machine of its exchange is gone.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "support/people.rs"]
mod people;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tsumugu_server::check::check;

use people::running::{Process, output};
use people::{HOSPITAL, Person, Town, finish};

/// `tsumugu-server` with `--json`: success, its document, and what it said on standard error.
fn server(arguments: &[&str]) -> (bool, Value, String) {
    let (status, out, err) = output(&[arguments, &["--json"]].concat());
    let document = out.lines().last().and_then(|line| serde_json::from_str(line).ok());
    (status.success(), document.unwrap_or_default(), err)
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[track_caller]
fn backup(town: &Town, name: &str) -> (PathBuf, Value) {
    let out = town.dir.join(name);
    let (done, said, err) =
        server(&["backup", "--dir", text(&town.server_dir()), "--out", text(&out)]);
    assert!(done, "{err}");
    (out, said)
}

/// Restores as in the drill: request, telephone, key, restore. Gives the new folder.
#[track_caller]
fn restore(town: &Town, file: &Path, name: &str) -> PathBuf {
    restore_with(town, file, name, &[]).0
}

/// The same with more arguments; also what the program said.
#[track_caller]
fn restore_with(town: &Town, file: &Path, name: &str, more: &[&str]) -> (PathBuf, Value) {
    let dir = town.dir.join(name);
    let (done, asked, err) = server(&["restore", "--in", text(file), "--dir", text(&dir)]);
    assert!(done && asked["restored"] == false, "{asked} {err}");
    let key = town.dir.join(format!("{name}.key"));
    open(&town.city(), &asked, &key).ended(0);
    let arguments = ["restore", "--in", text(file), "--dir", text(&dir), "--key", text(&key)];
    let (done, restored, err) = server(&[&arguments[..], more].concat());
    assert!(done && restored["restored"] == true, "{restored} {err}");
    (dir, restored)
}

fn open(administrator: &Person, asked: &Value, key: &Path) -> people::Said {
    let (request, digits) = (asked["request"].as_str().unwrap(), asked["digits"].as_str().unwrap());
    administrator.say(&["admin", "open-backup", request, "--out", text(key), "--digits", digits])
}

/// A letter with an attachment from the office to the hospital.
fn letter_with_attachment(town: &Town) -> Value {
    let form = town.form("admission-info");
    let scan = town.dir.join("scan.pdf");
    let mut pdf = b"%PDF-1.7\n%".to_vec();
    pdf.extend((0..600_000_u32).map(|n| b'0' + (n.wrapping_mul(2_654_435_761) >> 29) as u8));
    pdf.extend(b"\n%%EOF\n");
    std::fs::write(&scan, pdf).unwrap();
    town.office().does(&[
        "send",
        "--to",
        HOSPITAL.number,
        "--sheet",
        &form,
        "--attach",
        text(&scan),
    ])
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_stopped_exchange_is_restored_as_it_was() {
    let mut town = Town::new();
    letter_with_attachment(&town);
    town.sheet();
    town.hospital().does(&["inbox"]);
    town.stop();
    let (file, said) = backup(&town, "full.backup");
    assert_eq!(said["bytes"], std::fs::metadata(&file).unwrap().len());
    assert_eq!((&said["gone"], said["administrators"].as_array().unwrap().len()), (&json!(0), 1));
    // Nothing of what it holds can be seen in the file, but of which exchange it is.
    let sealed = std::fs::read(&file).unwrap();
    for inside in [&b"log-key"[..], b"tsumugu/v1/", b"settings", b"BEGIN"] {
        assert!(!sealed.windows(inside.len()).any(|window| window == inside));
    }

    let dir = restore(&town, &file, "restored");
    let before = check(&town.server_dir(), true).unwrap();
    let after = check(&dir, false).unwrap();
    assert!(after.is_whole(), "{after:?}");
    assert_eq!(
        (&after, after.applied),
        (&tsumugu_server::check::Checked { applied: 0, ..before.clone() }, 0)
    );
    assert_eq!(check(&dir, true).unwrap().views, before.views);
    assert_eq!(said["leaves"], after.leaves);
    let left: Vec<_> = names(&dir).into_iter().filter(|name| name.contains("restor")).collect();
    assert_eq!(left, ["restored"], "no request, no secret, nothing half");
    // The keys are the same, so everybody finds the exchange they know.
    for key in ["log-key", "ca/key.pem", "ca/cert.pem", "settings.toml"] {
        assert_eq!(
            std::fs::read(dir.join(key)).unwrap(),
            std::fs::read(town.server_dir().join(key)).unwrap()
        );
    }
}

#[test]
fn a_backup_while_letters_are_sent_is_a_whole_log() {
    let town = Town::new();
    letter_with_attachment(&town);
    let form = town.form("notice-admission");
    let office = town.office();
    let arguments = ["send", "--to", HOSPITAL.number, "--notice", &form];
    let mut leaves = 0;
    for round in 0..3 {
        let sending = office.begins(&arguments);
        let station = town.station();
        let also = station.begins(&arguments);
        let (file, said) = backup(&town, &format!("{round}.backup"));
        finish(sending).ended(0);
        finish(also).ended(0);
        let dir = restore(&town, &file, &format!("restored-{round}"));
        let checked = check(&dir, true).unwrap();
        assert!(checked.is_whole(), "{checked:?}");
        assert_eq!(said["leaves"], checked.leaves);
        assert!(checked.leaves >= leaves, "later is not less");
        leaves = checked.leaves;
    }
}

/// Dies at random and at named places: the file is whole, or it is not there.
#[test]
fn a_backup_that_dies_leaves_nothing_under_its_name() {
    let town = Town::new();
    letter_with_attachment(&town);
    let (dir, out) = (town.server_dir(), town.dir.join("killed.backup"));
    let program = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tsumugu-server"));
        command.args(["backup", "--dir", text(&dir), "--out", text(&out)]);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        command
    };
    for point in [
        "server.backup.journal",
        "server.backup.body",
        "server.backup.attachment",
        "server.backup.written",
        "atomic.temporary-synced",
    ] {
        let status = program().env("TSUMUGU_CRASH_AT", point).status().unwrap();
        assert_eq!(status.code(), None, "{point} was not passed");
        assert!(!out.exists(), "{point}");
    }
    for pause in 0..12 {
        let mut child = program().spawn().unwrap();
        std::thread::sleep(Duration::from_millis(pause * 7));
        child.kill().unwrap();
        child.wait().unwrap();
        if out.exists() {
            restore(&town, &out, &format!("killed-{pause}"));
            std::fs::remove_file(&out).unwrap();
        }
    }
    let (file, _) = backup(&town, "after.backup");
    restore(&town, &file, "after");
}

/// Dies at each step of the restore; the same command again goes on.
#[test]
fn a_restore_that_dies_is_begun_anew_or_goes_on() {
    let mut town = Town::new();
    letter_with_attachment(&town);
    town.stop();
    let (file, _) = backup(&town, "full.backup");
    let expected = check(&town.server_dir(), true).unwrap();
    for (place, point) in [
        "server.restore.file",
        "server.restore.file:5",
        "server.restore.whole",
        "atomic.moved",
        "server.restore.moved",
        "server.restore.moved:4",
        "server.restore.done",
    ]
    .into_iter()
    .enumerate()
    {
        let dir = town.dir.join(format!("died-{place}"));
        let (_, asked, _) = server(&["restore", "--in", text(&file), "--dir", text(&dir)]);
        let key = town.dir.join(format!("died-{place}.key"));
        open(&town.city(), &asked, &key).ended(0);
        let arguments = ["restore", "--in", text(&file), "--dir", text(&dir), "--key", text(&key)];
        let status = Command::new(env!("CARGO_BIN_EXE_tsumugu-server"))
            .args(arguments)
            .env("TSUMUGU_CRASH_AT", point)
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        assert_eq!(status.code(), None, "{point}");
        let is_there = dir.join("log-key").exists();
        assert_eq!(is_there, point == "server.restore.done", "{point}: the log key comes last");
        if !is_there {
            let run = Process::start(&dir, &[]).unwrap_err();
            assert!(
                !run.status.success() && run.errors.contains("there is no exchange"),
                "{point}"
            );
            std::fs::remove_file(dir.join("errors.txt")).unwrap();
            let (done, said, err) = server(&arguments);
            assert!(done, "{point}: {said} {err}");
        }
        let found = check(&dir, true).unwrap();
        assert_eq!((found.views, found.root), (expected.views.clone(), expected.root.clone()));
    }
}

#[test]
fn what_does_not_fit_is_refused_by_name_and_leaves_no_exchange() {
    let mut town = Town::new();
    town.sheet();
    town.stop();
    let (file, _) = backup(&town, "full.backup");
    let whole = std::fs::read(&file).unwrap();
    // A backup is never overwritten, and does not go into itself.
    let dir = town.server_dir();
    let make = |out: &Path| server(&["backup", "--dir", text(&dir), "--out", text(out)]);
    assert!(make(&file).2.contains("there is already a file of this name"));
    assert!(make(&dir.join("inside.backup")).2.contains("in the folder of the exchange"));

    let target = town.dir.join("target");
    let asked = |file: &Path| server(&["restore", "--in", text(file), "--dir", text(&target)]);
    let (_, request, _) = asked(&file);
    assert_eq!(asked(&file).1, request, "the same request again");
    let key = town.dir.join("restore.key");
    let with = |file: &Path, key: &Path, more: &[&str]| {
        let arguments = ["restore", "--in", text(file), "--dir", text(&target), "--key", text(key)];
        let (done, _, err) = server(&[&arguments[..], more].concat());
        assert!(!target.join("log-key").exists() && !target.join("journal").exists());
        assert!(!done);
        err
    };
    // Who is asked compares, and is an administrator.
    let (path, wrong) = (request["request"].as_str().unwrap(), "1111 2222 3333 4444 5555 6666");
    let city = town.city();
    let say = |more: &[&str]| {
        city.say(&[&["admin", "open-backup", path, "--out", text(&key)], more].concat())
    };
    say(&[]).failed(2, "backup.digits-needed");
    say(&["--digits", wrong]).failed(3, "backup.digits-differ");
    assert!(!key.exists());
    let office = open(&town.office(), &request, &key);
    office.failed(2, "identity.not-administrator");
    say(&["--without-comparison"]).ended(0);

    // Files that are not the backup that the key is of.
    let changed = town.dir.join("changed.backup");
    let put = |bytes: &[u8]| std::fs::write(&changed, bytes).unwrap();
    put(&whole[..whole.len() - 1]);
    assert!(with(&changed, &key, &[]).contains("cut off or damaged"));
    let mut damaged = whole.clone();
    let middle = whole.len() / 2;
    damaged[middle] ^= 1;
    put(&damaged);
    let said = with(&changed, &key, &[]);
    assert!(said.contains("cannot be read") || said.contains("cut off or damaged"), "{said}");
    put(&[&whole[..], b"more"].concat());
    assert!(with(&changed, &key, &[]).contains("cut off or damaged"));
    put(b"nothing of the kind");
    assert!(with(&changed, &key, &[]).contains("not a backup"));
    let (second, _) = backup(&town, "second.backup");
    assert!(with(&second, &key, &[]).contains("nothing was asked"));
    assert!(with(&file, &second, &[]).contains("longer than"));
    let settings = town.server_dir().join("settings.toml");
    let unsigned = with(&file, &key, &["--ahead", text(&settings)]);
    assert!(unsigned.contains("not a checkpoint of this log"), "{unsigned}");
    let other = with(&file, &key, &["--origin", "exchange.elsewhere.test"]);
    assert!(other.contains("is of exchange.test/east"), "{other}");

    // A folder with something in it.
    std::fs::write(target.join("notes.txt"), "mine").unwrap();
    assert!(with(&file, &key, &[]).contains("not empty: notes.txt"));
    assert!(asked(&file).2.contains("not empty: notes.txt"));
    std::fs::remove_file(target.join("notes.txt")).unwrap();
    let arguments =
        ["restore", "--in", text(&file), "--dir", text(&target), "--key", text(&key), "--origin"];
    let (done, _, err) = server(&[&arguments[..], &["exchange.test/east"]].concat());
    assert!(done, "{err}");
    assert!(asked(&file).2.contains("not empty"), "an exchange is never overwritten");
    assert!(check(&target, true).unwrap().is_whole());
}

/// Whoever can write where backups lie makes a whole exchange of the same name, a backup of it, and the
/// answer to the request: only the paper tells the two apart.
#[test]
fn a_forged_backup_with_its_own_answer_is_told_by_the_fingerprint() {
    let town = Town::new();
    town.sheet();
    let paper = town.office().does(&["log", "verify"])["fingerprint"].as_str().unwrap().to_owned();
    let (forged, code) = Town::empty();
    forged.city().does(&["admin", "init", &code]);
    let (file, _) = backup(&forged, "forged.backup");
    let dir = town.dir.join("target");
    let (_, asked, _) = server(&["restore", "--in", text(&file), "--dir", text(&dir)]);
    let key = town.dir.join("forged.key");
    open(&forged.city(), &asked, &key).ended(0);
    let arguments = ["restore", "--in", text(&file), "--dir", text(&dir), "--key", text(&key)];
    let (done, _, err) = server(&[&arguments[..], &["--fingerprint", &paper]].concat());
    assert!(!done && err.contains("another root fingerprint"), "{err}");
    assert!(!dir.join("log-key").exists());
    let (done, _, err) = server(&[&arguments[..], &["--fingerprint", "12"]].concat());
    assert!(!done && err.contains("64"), "{err}");
    // The paper of the real one, in groups and in capitals as it may be typed.
    let (file, _) = backup(&town, "real.backup");
    let digits: Vec<char> = paper.to_uppercase().chars().filter(|c| !c.is_whitespace()).collect();
    let typed: Vec<String> = digits.chunks(4).map(|four| four.iter().collect()).collect();
    restore_with(&town, &file, "real", &["--fingerprint", &typed.join(" ")]);
}

#[test]
fn what_is_cut_off_on_the_disk_is_counted() {
    let mut town = Town::new();
    letter_with_attachment(&town);
    town.stop();
    assert_eq!(backup(&town, "whole.backup").1["gone"], 0);
    let cut = |path: &Path| {
        let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    };
    let below = |path: &Path| std::fs::read_dir(path).unwrap().next().unwrap().unwrap().path();
    cut(&below(&below(&town.server_dir().join("attachments/named"))));
    assert_eq!(backup(&town, "one.backup").1["gone"], 1);
    cut(&below(&town.server_dir().join("bodies/segments")));
    assert_eq!(backup(&town, "two.backup").1["gone"], 2);
}

#[test]
fn an_exchange_without_administrators_has_no_backup() {
    let (mut town, _) = Town::empty();
    town.stop();
    let out = town.dir.join("none.backup");
    let (done, _, err) =
        server(&["backup", "--dir", text(&town.server_dir()), "--out", text(&out)]);
    assert!(!done && err.contains("no administrator yet"), "{err}");
    assert_eq!(names(&town.dir).iter().filter(|name| name.contains("backup")).count(), 0);
}

/// Sends a notice from somebody to the hospital; what the program says.
fn notice(town: &Town, from: &Person) -> people::Said {
    let form = town.form("notice-admission");
    from.say(&["send", "--to", HOSPITAL.number, "--notice", &form])
}

/// Puts what was restored in the place of the exchange that is gone, at the same address.
fn moves_in(town: &mut Town, restored: &Path) {
    let dir = town.server_dir();
    std::fs::remove_dir_all(&dir).unwrap();
    people::Folder::copy(restored, &dir);
}

#[test]
fn a_restored_exchange_reads_only_until_an_administrator_resumes_it() {
    let mut town = Town::new();
    let sent = letter_with_attachment(&town);
    let id = sent["letters"][0]["id"].as_str().unwrap().to_owned();
    town.hospital().does(&["inbox"]);
    town.hospital().does(&["ack", &id]);
    town.office().does(&["track"]);
    town.stop();
    let (file, said) = backup(&town, "full.backup");
    let restored = restore(&town, &file, "restored");
    moves_in(&mut town, &restored);
    town.start();

    // Reading goes on; nothing is taken, and nothing is signed.
    let (office, city) = (town.office(), town.city());
    assert_eq!(office.does(&["track"])["messages"].as_array().unwrap().len(), 1);
    assert_eq!(city.does(&["admin", "list"])["log"]["log_size"], said["leaves"]);
    let waiting = notice(&town, &office).ended(6);
    assert_eq!(
        (&waiting["sent"], &waiting["reason"]["error"]["key"]),
        (&json!(false), &json!("server.unavailable"))
    );
    city.say(&["admin", "suspend", people::STATION.number]).failed(6, "server.unavailable");
    let form = town.form("notice-admission");
    town.hospital().say(&["send", "--to", people::OFFICE.number, "--notice", &form]).ended(6);
    assert_eq!(city.does(&["admin", "list"])["log"]["log_size"], said["leaves"]);
    // A restart changes nothing; who is no administrator cannot end it.
    town.stop();
    town.start();
    office.say(&["admin", "resume"]).failed(2, "identity.not-administrator");
    notice(&town, &town.station()).ended(6);

    let resumed = city.does(&["admin", "resume"]);
    assert_eq!((&resumed["leaves"], &resumed["root"]), (&said["leaves"], &said["root"]));
    // Again it is harmless.
    city.does(&["admin", "resume"]);
    // What waited goes out by itself; mailbox, receipts and evidence are those of before.
    assert_eq!(office.does(&["outbox"])["entries"], json!([]));
    assert_eq!(town.station().does(&["outbox"])["entries"], json!([]));
    let inbox = town.hospital().does(&["inbox"]);
    assert_eq!((inbox["messages"].as_array().unwrap().len(), &inbox["answered"]), (2, &json!(1)));
    let evidence = office.file("answer.evidence");
    office.does(&["evidence", &id, "--out", &evidence]);
    office.does(&["log", "verify"]);
    town.hospital().does(&["log", "verify"]);
    let saved = office.file("saved");
    town.hospital().does(&["save", &id, "--to", &saved]);
    town.stop();
    town.start();
    notice(&town, &office).ended(0);
    town.stop();
    let checked = check(&town.server_dir(), true).unwrap();
    assert!(checked.is_whole(), "{checked:?}");
}

#[test]
fn a_backup_that_is_too_old_is_an_alarm_for_who_holds_more_and_cannot_be_resumed() {
    let mut town = Town::new();
    town.sheet();
    let (old, _) = backup(&town, "old.backup");
    town.sheet();
    town.stop();
    let (new, _) = backup(&town, "new.backup");
    let restored = restore(&town, &old, "restored");
    moves_in(&mut town, &restored);
    town.start();

    let (office, city) = (town.office(), town.city());
    // The administrator has seen no more than the backup has; the office has.
    office.say(&["inbox"]).failed(7, "server.inconsistent-checkpoint");
    city.say(&["admin", "resume"]).failed(3, "backup.resume-refused");
    // The exchange remembers what it was shown.
    town.stop();
    town.start();
    city.say(&["admin", "resume"]).failed(3, "backup.resume-refused");
    notice(&town, &town.station()).ended(6);
    town.stop();

    // A second try with a backup that is too old: the office has raised its alarm and shows nothing again.
    let ahead = town.dir.join("ahead");
    std::fs::copy(town.server_dir().join("ahead"), &ahead).unwrap();
    let (again, said) = restore_with(&town, &old, "restored-again", &["--ahead", text(&ahead)]);
    assert_eq!(said["ahead"], true);
    moves_in(&mut town, &again);
    town.start();
    city.say(&["admin", "resume"]).failed(3, "backup.resume-refused");
    town.stop();

    // With the newer backup nobody holds more, and what was shown is settled.
    let (restored, said) = restore_with(&town, &new, "restored-new", &["--ahead", text(&ahead)]);
    assert_eq!(said["ahead"], false);
    moves_in(&mut town, &restored);
    town.start();
    assert!(!town.server_dir().join("ahead").exists());
    city.does(&["admin", "resume"]);
    office.does(&["log", "verify", "--settled"]);
    notice(&town, &office).ended(0);
    town.hospital().does(&["inbox"]);
}

/// Also without a restore: whoever put an old copy back signs nothing more once somebody has noticed.
#[test]
fn a_running_exchange_that_is_shown_more_signs_nothing_more() {
    let mut town = Town::new();
    town.sheet();
    town.stop();
    let past = town.keep_server("past");
    town.start();
    town.sheet();
    town.stop();
    town.put_server(&past);
    for view in ["views", "log"] {
        std::fs::remove_dir_all(town.server_dir().join(view)).unwrap();
    }
    town.start();
    notice(&town, &town.station()).ended(0);
    town.office().say(&["inbox"]).failed(7, "server.inconsistent-checkpoint");
    let waiting = notice(&town, &town.station()).ended(6);
    assert_eq!(waiting["reason"]["error"]["key"], "server.unavailable");
    town.city().say(&["admin", "resume"]).failed(3, "backup.resume-refused");
}
