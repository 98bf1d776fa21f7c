//! Kills a real process at every crash point and looks at what the next one finds.
//!
//! The process is this test program again, run with only the test [`child`].

#![cfg(all(unix, debug_assertions))]
#![allow(clippy::unwrap_used, reason = "a test, also outside its #[test] functions")]

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tsumugu_durable::{
    AttachmentStore, BodyLocation, BodyStore, CRASH_AT, CRASH_POINTS, FolderLock, Frame, Journal,
    Quota, Round, UploadName, create_dir_durable, move_durable, read_limited, sweep_temporaries,
    write_atomic,
};

const DIRECTORY: &str = "TSUMUGU_TEST_DIRECTORY";
const SIGKILL: i32 = 9;
const ERASED: u8 = 9;

/// What every acknowledged line in `acknowledged` promises must hold after each crash.
#[test]
fn nothing_acknowledged_is_lost_at_any_crash_point() {
    for point in CRASH_POINTS {
        let mut killed = 0;
        for passage in 1..=5 {
            let directory = tempfile::tempdir().unwrap();
            if !run(directory.path(), &format!("{point}:{passage}")) {
                break;
            }
            killed += 1;
            verify(directory.path());
            // The next process finishes what was left, and the same holds.
            assert!(!run(directory.path(), ""));
            verify(directory.path());
        }
        assert!(killed > 0, "{point} was never passed");
    }
}

#[test]
fn the_lock_goes_with_a_killed_process() {
    let directory = tempfile::tempdir().unwrap();
    assert!(run(directory.path(), "journal.written"));
    FolderLock::acquire(directory.path(), Duration::ZERO).unwrap();
}

/// The process that is killed. Alone it does nothing.
#[test]
#[ignore = "is run by the other tests, in a process of its own"]
fn child() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let directory = Path::new(&directory);
    let _lock = FolderLock::acquire(directory, Duration::from_secs(5)).unwrap();
    let acknowledge = &|line: String| {
        let path = directory.join("acknowledged");
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        file.write_all(line.as_bytes()).unwrap();
    };
    let mut store = BodyStore::open(&directory.join("bodies")).unwrap();
    let mut rounds = Vec::new();
    let mut journal = Journal::open(directory, |round| rounds.push(round)).unwrap();
    if journal.segments().is_empty() {
        journal.roll(0, "first").unwrap();
    }
    for number in rounds.len() as u8..6 {
        if number == 3 && journal.segments().len() == 1 {
            journal.roll(3, "second").unwrap();
        }
        let size = if number % 2 == 0 { 700 } else { 70_000 };
        let location = store.put(&vec![number; size], [number; 32]).unwrap();
        store.sync().unwrap();
        let frames = [Frame::new(1, location.to_bytes()), Frame::new(2, vec![number; 900])];
        let positions = journal.append_round(&frames, &[number]).unwrap();
        acknowledge(format!("round {number}\n"));
        write_atomic(&directory.join("head"), &vec![number; 600]).unwrap();
        acknowledge(format!("head {number}\n"));
        if number % 3 == 0 {
            journal.erase(positions[1], ERASED, b"erased").unwrap();
            acknowledge(format!("erased {number}\n"));
            store.destroy(&location).unwrap();
            acknowledge(format!("destroyed {number}\n"));
        }
    }
    attach(directory, acknowledge);
    place(directory, acknowledge);
}

/// Moves a folder to its place, from wherever an earlier process was killed.
fn place(directory: &Path, acknowledge: impl Fn(String)) {
    let (made, placed) = (directory.join("made"), directory.join("placed"));
    create_dir_durable(&placed).unwrap();
    if !placed.join("folder").exists() {
        create_dir_durable(&made).unwrap();
        create_dir_durable(&made.join("folder")).unwrap();
        write_atomic(&made.join("folder/file"), &[7; 600]).unwrap();
        move_durable(&made.join("folder"), &placed.join("folder")).unwrap();
    }
    acknowledge("placed\n".to_owned());
}

fn verify_placed(directory: &Path) {
    let file = directory.join("placed/folder/file");
    if file.exists() {
        assert_eq!(read_limited(&file, 1000).unwrap(), [7; 600]);
        assert!(!directory.join("made/folder").exists());
    } else {
        assert!(!acknowledged(directory, "placed"), "what was moved is lost");
    }
}

/// Uploads, names and destroys, from wherever an earlier process was killed.
fn attach(directory: &Path, acknowledge: impl Fn(String)) {
    let store = AttachmentStore::open(&directory.join("attachments")).unwrap();
    let quota = Quota { uploads: 9, bytes: 1 << 30 };
    for number in 0..3u8 {
        let (name, bytes) = attachment(number);
        if is_named(&store, number) || acknowledged(directory, &format!("unlinked {number}")) {
            continue;
        }
        let there = store.progress(name, 0).unwrap().received as usize;
        for end in [100_000.max(there), bytes.len()] {
            let from = store.progress(name, 0).unwrap().received as usize;
            let mut writer = store.upload(name, from as u64, quota, 0).unwrap();
            writer.write(&bytes[from..end], 0).unwrap();
            let progress = writer.settle(0).unwrap();
            acknowledge(format!("received {number} {}\n", progress.received));
        }
        store.name(name).unwrap();
        acknowledge(format!("named {number}\n"));
        if number == 0 {
            store.destroy(&[name.key()]).unwrap();
            acknowledge(format!("unlinked {number}\n"));
        }
    }
}

fn attachment(number: u8) -> (UploadName, Vec<u8>) {
    let bytes = vec![number; 180_000];
    let mut digest = [0; 32];
    digest.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes).as_ref());
    (UploadName { owner: [number; 16], digest, length: bytes.len() as u64 }, bytes)
}

fn is_named(store: &AttachmentStore, number: u8) -> bool {
    let (name, _) = attachment(number);
    store.named().unwrap().contains(&name.key())
}

fn acknowledged(directory: &Path, line: &str) -> bool {
    let lines = fs::read_to_string(directory.join("acknowledged")).unwrap_or_default();
    lines.lines().any(|found| found == line)
}

fn verify_attachments(directory: &Path) {
    let store = AttachmentStore::open(&directory.join("attachments")).unwrap();
    let lines = fs::read_to_string(directory.join("acknowledged")).unwrap_or_default();
    for number in 0..3u8 {
        let (name, _) = attachment(number);
        if is_named(&store, number) {
            store.verify(name).unwrap();
            assert!(!acknowledged(directory, &format!("unlinked {number}")));
            continue;
        }
        let promised = lines
            .lines()
            .filter_map(|line| line.strip_prefix(&format!("received {number} ")))
            .map(|received| received.parse::<u64>().unwrap())
            .max();
        // The first one may be destroyed; the others are there as far as was said.
        let named = acknowledged(directory, &format!("named {number}"));
        if number == 0 && named {
            continue;
        }
        assert!(!named, "attachment {number} was lost");
        let there = store.progress(name, 0).unwrap();
        assert!(Some(there.received) >= promised, "{number}: {there:?} of {promised:?}");
        if there.complete {
            store.verify(name).unwrap();
        }
    }
}

/// Runs the child; says whether it was killed.
fn run(directory: &Path, crash_at: &str) -> bool {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "child", "--quiet"])
        .env(DIRECTORY, directory)
        .env(CRASH_AT, crash_at)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success() || status.signal() == Some(SIGKILL), "{crash_at}: {status}");
    !status.success()
}

fn verify(directory: &Path) {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
    }
    let mut rounds: Vec<Round> = Vec::new();
    Journal::open(copy.path(), |round| rounds.push(round)).unwrap();
    let store = BodyStore::open(&directory.join("bodies")).unwrap();
    let body =
        |round: &Round| store.read(&BodyLocation::from_bytes(&round.frames[0].1.payload).unwrap());
    let acknowledged = fs::read_to_string(directory.join("acknowledged")).unwrap_or_default();
    let is_acknowledged = |line: &str| acknowledged.lines().any(|found| found == line);

    for number in 0..6 {
        let Some(round) = rounds.get(usize::from(number)) else {
            assert!(!is_acknowledged(&format!("round {number}")), "round {number} was lost");
            continue;
        };
        assert_eq!(round.end, [number]);
        let second = &round.frames[1].1;
        let is_erased = second.frame_type == ERASED && second.payload.starts_with(b"erased\0");
        assert!(is_erased || *second == Frame::new(2, vec![number; 900]));
        assert!(is_erased || !is_acknowledged(&format!("erased {number}")));
        match body(round) {
            Ok(body) => {
                assert!(body.iter().all(|&byte| byte == number));
                assert!(!is_acknowledged(&format!("destroyed {number}")));
            }
            Err(_) => assert!(number % 3 == 0 && is_erased, "body {number} was lost"),
        }
    }
    let head = read_limited(&directory.join("head"), 1000).ok();
    let last_head = (0..6u8).rev().find(|number| is_acknowledged(&format!("head {number}")));
    match (head, last_head) {
        (Some(head), last) => {
            assert_eq!(head, vec![head[0]; 600]);
            assert!(last.is_none_or(|last| head[0] >= last));
        }
        (None, last) => assert_eq!(last, None),
    }
    sweep_temporaries(directory).unwrap();
    verify_attachments(directory);
    verify_placed(directory);
}
