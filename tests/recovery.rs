//! What start-up makes of a folder that somebody or something has changed: the real program.

#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use support::folder::Folder;
use support::office::{Letter, Office};
use support::running::{Process, output};
use support::town::Town;
use tsumugu_proto::v1::{self, ErrorReason};
use tsumugu_trust::state::Delivery;
use tsumugu_trust::statement::Answer;

/// A stopped exchange with two offices and some letters in every state.
async fn lived_in() -> (Town, Office, Office, Vec<Letter>) {
    let mut town = Town::process().await;
    let (from, to) = (town.office().await, town.office().await);
    let mut letters = Vec::new();
    for at in 0..4 {
        let letter = from.letter(&to);
        from.send_one(&letter).await.unwrap();
        if at > 0 {
            to.fetch(&letter).await.unwrap();
        }
        if at > 1 {
            to.opened(&letter).await.unwrap();
        }
        if at > 2 {
            to.dispose(&to.disposition(&letter, Answer::Rejected)).await.unwrap();
        }
        letters.push(letter);
    }
    town.stop().await;
    (town, from, to, letters)
}

/// Starts again, and finds everything as it was.
async fn is_whole(town: &mut Town, from: &mut Office, to: &mut Office, letters: &[Letter]) {
    town.start_process(&[]);
    town.reconnect(&mut [from, to]).await;
    town.eye.audit(&from.link).await;
    let expected = [Delivery::Accepted, Delivery::Fetched, Delivery::Opened, Delivery::Opened];
    for (letter, delivery) in letters.iter().zip(expected) {
        assert_eq!(to.state(letter).await.delivery(), Some(delivery));
        assert_eq!(from.fetch(letter).await.unwrap().1, letter.body);
    }
}

fn json(town: &Town, arguments: &[&str]) -> serde_json::Value {
    let dir = town.folder.path.to_str().unwrap();
    let (status, out, errors) = output(&[&["check", "--json", "--dir", dir], arguments].concat());
    assert!(status.success(), "{errors}");
    serde_json::from_str(&out).unwrap()
}

/// Starts the program, which must refuse; gives what it says.
fn refused(folder: &Folder) -> String {
    let ended = Process::start(&folder.path, &[]).expect_err("a refusal");
    assert_eq!(ended.status.code(), Some(1), "{}", ended.errors);
    let checked = output(&["check", "--dir", folder.path.to_str().unwrap()]);
    assert_eq!(checked.0.code(), Some(1), "check says so too");
    ended.errors
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_code_that_init_prints_makes_the_first_administrator() {
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path().join("exchange");
    let arguments = [
        "init",
        "--dir",
        dir.to_str().unwrap(),
        "--origin",
        "exchange.test",
        "--listen",
        "127.0.0.1:0",
    ];
    let (status, out, _) = output(&arguments);
    assert!(status.success());
    let line = out.lines().find(|line| line.starts_with("    ")).unwrap();
    let (address, code) = line.trim().split_once('#').unwrap();
    assert_eq!(address, "exchange.test:443");
    let code: tsumugu_trust::code::Code = code.parse().unwrap();
    let stored = dir.join("enrolments").join(code.invitation_id().to_string());
    assert!(stored.exists());
    let (status, vkey, _) = output(&["vkey", "--dir", dir.to_str().unwrap()]);
    assert!(status.success() && out.contains(vkey.trim()));
    // A second init leaves the exchange alone.
    let before = fs::read(dir.join("log-key")).unwrap();
    assert!(!output(&arguments).0.success());
    assert_eq!(fs::read(dir.join("log-key")).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_views_are_rebuilt_to_the_same_bytes() {
    let (mut town, mut from, mut to, letters) = lived_in().await;
    let before = json(&town, &[]);
    assert_eq!(before["applied"], 0);
    let rebuilt = json(&town, &["--rebuild"]);
    assert_eq!(rebuilt["applied"], before["leaves"]);
    for field in ["leaves", "root", "views", "whole"] {
        assert_eq!(before[field], rebuilt[field], "{field}");
    }
    // Somebody deletes the folder and just starts.
    fs::remove_dir_all(town.folder.path.join("views")).unwrap();
    is_whole(&mut town, &mut from, &mut to, &letters).await;
    town.stop().await;
    let after = json(&town, &[]);
    fs::remove_dir_all(town.folder.path.join("views")).unwrap();
    let again = json(&town, &[]);
    assert_eq!((&after["views"], &after["leaves"]), (&again["views"], &again["leaves"]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_that_are_behind_are_brought_up() {
    let (mut town, from, mut to, letters) = lived_in().await;
    let copy = tempfile::tempdir().unwrap();
    let views = town.folder.path.join("views");
    Folder::copy(&views, copy.path());
    town.start_process(&[]);
    let mut from = from;
    town.reconnect(&mut [&mut from, &mut to]).await;
    let late = from.letter(&to);
    from.send_one(&late).await.unwrap();
    town.stop().await;
    let expected = json(&town, &[]);
    fs::remove_dir_all(&views).unwrap();
    Folder::copy(copy.path(), &views);
    let found = json(&town, &[]);
    assert!(found["applied"].as_u64().unwrap() > 0);
    assert_eq!(found["views"], expected["views"]);
    is_whole(&mut town, &mut from, &mut to, &letters).await;
    assert_eq!(to.fetch(&late).await.unwrap().1, late.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_torn_last_round_is_dropped() {
    let (mut town, mut from, mut to, letters) = lived_in().await;
    let segment = town.folder.segment();
    let whole = fs::metadata(&segment).unwrap().len();
    // What a crash can leave of a round that nobody was told of: the beginning of frames.
    let torn = fs::read(&segment).unwrap();
    let round = &torn[torn.len() - 300..];
    let file = fs::OpenOptions::new().append(true).open(&segment).unwrap();
    std::io::Write::write_all(&mut &file, &round[..7]).unwrap();
    drop(file);
    is_whole(&mut town, &mut from, &mut to, &letters).await;
    let errors = fs::read_to_string(town.folder.path.join("errors.txt")).unwrap();
    assert!(errors.contains("a torn last round was dropped"), "{errors}");
    town.stop().await;
    assert!(fs::metadata(&segment).unwrap().len() > whole);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledged_round_that_was_cut_off_is_missed() {
    let (town, ..) = lived_in().await;
    let segment = town.folder.segment();
    let whole = fs::metadata(&segment).unwrap().len();
    let file = fs::OpenOptions::new().write(true).open(&segment).unwrap();
    // The last round is the tick of the stop. Cut within it, the journal is one that a crash leaves;
    // but views and the published checkpoint know more.
    file.set_len(whole - 10).unwrap();
    let said = refused(&town.folder);
    assert!(said.contains("an older copy of it was put back"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_journal_is_refused_by_views_or_checkpoint() {
    let (mut town, mut from, mut to, letters) = lived_in().await;
    let older = tempfile::tempdir().unwrap();
    let dir = town.folder.path.clone();
    let part = |name: &str| dir.join(name);
    for name in ["journal", "views", "log", "bodies"] {
        Folder::copy(&part(name), &older.path().join(name));
    }
    let newer = tempfile::tempdir().unwrap();
    town.start_process(&[]);
    town.reconnect(&mut [&mut from, &mut to]).await;
    from.send_one(&from.letter(&to)).await.unwrap();
    town.stop().await;
    for name in ["journal", "views", "log", "bodies"] {
        Folder::copy(&part(name), &newer.path().join(name));
    }
    let put = |from: &Path, names: &[&str]| {
        for name in names {
            let _ = fs::remove_dir_all(part(name));
            Folder::copy(&from.join(name), &part(name));
        }
    };
    let rolled_back = |folder: &Folder| {
        let said = refused(folder);
        assert!(said.contains("an older copy of it was put back"), "{said}");
        assert!(said.contains("古い写しが戻されています"), "{said}");
    };
    put(older.path(), &["journal"]);
    rolled_back(&town.folder);
    // The views know.
    let _ = fs::remove_dir_all(part("log"));
    rolled_back(&town.folder);
    // The published checkpoint knows.
    put(newer.path(), &["log"]);
    put(older.path(), &["views"]);
    rolled_back(&town.folder);
    let _ = fs::remove_dir_all(part("views"));
    rolled_back(&town.folder);
    // Everything is put back: only those who remember a checkpoint can know, and they do.
    put(older.path(), &["journal", "views", "log", "bodies"]);
    town.start_process(&[]);
    town.reconnect(&mut [&mut from, &mut to]).await;
    let known = town.eye.newest();
    let request = v1::GetCheckpointRequest { known_checkpoint: known.note_bytes().to_vec().into() };
    let answer = from.link.log().get_checkpoint(request).await;
    assert_eq!(support::link::reason(answer), ErrorReason::InconsistentCheckpoint);
    town.stop().await;
    put(newer.path(), &["journal", "views", "log", "bodies"]);
    is_whole(&mut town, &mut from, &mut to, &letters).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_byte_is_refused_and_its_place_named() {
    let (mut town, mut from, mut to, letters) = lived_in().await;
    let segment = town.folder.segment();
    let bytes = fs::read(&segment).unwrap();
    let file = fs::OpenOptions::new().write(true).open(&segment).unwrap();
    for at in [40, bytes.len() / 3, bytes.len() / 2] {
        file.write_all_at(&[bytes[at] ^ 0x10], at as u64).unwrap();
        let said = refused(&town.folder);
        assert!(said.contains("journal segment 1 is damaged at byte"), "{said}");
        let place = said.split("at byte ").nth(1).unwrap().split(':').next().unwrap();
        let place: usize = place.parse().unwrap();
        assert!(place <= at && at - place < 20_000, "byte {at}: {said}");
        // Deleting the views does not make it go away.
        file.write_all_at(&[bytes[at]], at as u64).unwrap();
    }
    assert_eq!(fs::read(&segment).unwrap(), bytes, "nothing was repaired silently");
    is_whole(&mut town, &mut from, &mut to, &letters).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_log_key_is_refused() {
    let (town, ..) = lived_in().await;
    let path = town.folder.path.join("log-key");
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let other = "11".repeat(32);
    *lines.last_mut().unwrap() = &other;
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    let said = refused(&town.folder);
    assert!(said.contains("does not fit the journal or the log key"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_rotted_is_found_and_not_handed_out() {
    let (mut town, mut from, mut to, letters) = lived_in().await;
    let bodies = town.folder.path.join("bodies");
    let mut stack = vec![bodies];
    let mut flipped = 0;
    while let Some(path) = stack.pop() {
        if path.is_dir() {
            stack.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let mut bytes = fs::read(&path).unwrap();
        let needle = &letters[0].body[500..540];
        let Some(at) = bytes.windows(40).position(|window| window == needle) else { continue };
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
        flipped += 1;
    }
    assert_eq!(flipped, 1);
    let dir = town.folder.path.to_str().unwrap();
    let (status, out, _) = output(&["check", "--json", "--dir", dir]);
    let found: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status.code(), &found["unreadable_bodies"]), (Some(1), &1.into()));
    town.start_process(&[]);
    town.reconnect(&mut [&mut from, &mut to]).await;
    let answer = from.fetch(&letters[0]).await;
    assert_eq!(support::link::reason(answer), ErrorReason::Unavailable);
    assert_eq!(from.fetch(&letters[1]).await.unwrap().1, letters[1].body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_program_uses_a_folder_at_a_time() {
    let mut town = Town::process().await;
    let dir = town.folder.path.to_str().unwrap().to_owned();
    let (status, _, errors) = output(&["check", "--dir", &dir]);
    assert_eq!(status.code(), Some(1));
    assert!(errors.contains("ほかの tsumugu-server を止めて"), "{errors}");
    town.stop().await;
    assert!(output(&["check", "--dir", &dir]).0.success());
}
