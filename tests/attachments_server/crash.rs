//! The real program is killed during uploads, during the send that names them, and while it
//! destroys. What was acknowledged survives, and no attachment of a committed letter is missing.

use std::os::unix::process::ExitStatusExt;

use tsumugu_durable::clock::CLOCK_OFFSET;
use tsumugu_durable::crash::CRASH_AT;
use tsumugu_proto::v1::ErrorReason as Reason;
use tsumugu_trust::statement::Answer;

use crate::support::link::reason;
use crate::support::office::Office;
use crate::support::running::Process;
use crate::support::town::{DAY, Running, Town};
use crate::wire::*;

/// Points of an upload of some blocks, with the passages that one upload makes of them.
const UPLOAD: &[(&str, u32)] = &[
    ("attachment.written", 1),
    ("attachment.written", 2),
    ("attachment.written", 4),
    ("attachment.synced", 1),
    ("attachment.renamed", 1),
    ("attachment.finished", 1),
];

/// Points of the round of a send, after the tick's round.
const SEND: &[(&str, u32)] = &[
    ("server.commit.staged", 2),
    ("journal.half-written", 2),
    ("journal.synced", 2),
    ("server.commit.committed", 2),
    ("server.commit.applied", 2),
    ("attachment.named", 1),
    ("attachment.named", 2),
    ("server.commit.published", 2),
    ("server.round.answered", 2),
];

/// Points of the round of the first tick after the retention time.
const DESTROY: &[&str] = &[
    "server.commit.staged",
    "journal.half-written",
    "journal.synced",
    "server.commit.committed",
    "server.commit.applied",
    "server.round.answered",
    "bodies.overwritten",
    "attachment.unlinked",
    "server.destroyed",
];

async fn scene() -> (Town, Office, Office) {
    let town = Town::process().await;
    let (from, to) = (town.office().await, town.office().await);
    (town, from, to)
}

/// Starts with a crash point armed, and waits until the tick of the start is in the log.
async fn armed(town: &mut Town, from: &mut Office, to: &mut Office, at: &str) {
    let before = town.eye.newest().size();
    town.start_process(&[(CRASH_AT, at)]);
    town.reconnect(&mut [from, to]).await;
    while town.eye.follow(&from.link).await.size() == before {}
}

async fn again(town: &mut Town, from: &mut Office, to: &mut Office) {
    town.start_process(&[]);
    town.reconnect(&mut [from, to]).await;
    town.eye.follow(&from.link).await;
}

async fn died(town: &mut Town) {
    let Running::Process(process) = std::mem::replace(&mut town.running, Running::Not) else {
        panic!("no program runs")
    };
    let status = tokio::task::spawn_blocking(|| process.wait()).await.unwrap();
    assert_eq!(status.signal(), Some(9));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_goes_on_wherever_the_program_dies() {
    let (mut town, mut from, mut to) = scene().await;
    for (point, passage) in UPLOAD {
        let bytes = sealed(400_000);
        let name = named(&bytes);
        // What was said before the crash holds after it.
        let said = upload_as(&from, &name, &bytes[..100_000], 0).await.unwrap();
        assert_eq!(said, (65_536, false));
        town.eye.follow(&from.link).await;
        town.kill();
        armed(&mut town, &mut from, &mut to, &format!("{point}:{passage}")).await;
        upload_from(&from, &bytes, 65_536).await.unwrap_err();
        died(&mut town).await;
        again(&mut town, &mut from, &mut to).await;
        let (received, complete) = get_upload(&from, &name).await.unwrap();
        assert!(received >= 65_536, "{point}:{passage}");
        // The fourth piece is the last one: what the system has written a kill does not take back.
        let is_all = *point != "attachment.written" || *passage == 4;
        assert_eq!(complete, is_all, "{point}:{passage}");
        upload_from(&from, &bytes, received as usize).await.unwrap();
        let letter = with(&from, &to, &[&name]);
        from.send_one(&letter).await.unwrap();
        to.fetch(&letter).await.unwrap();
        assert!(fetch(&to, &letter, &name).await.unwrap() == bytes, "{point}:{passage}");
    }
    town.stop().await;
    assert!(town.folder.check(false).is_whole());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_committed_letter_names_is_there_wherever_the_program_dies() {
    let (mut town, mut from, mut to) = scene().await;
    for (point, passage) in SEND {
        let files = [sealed(70_000), sealed(9)];
        let mut names = Vec::new();
        for bytes in &files {
            names.push(upload(&from, bytes).await);
        }
        let letter = with(&from, &to, &[&names[0], &names[1]]);
        town.eye.follow(&from.link).await;
        town.kill();
        armed(&mut town, &mut from, &mut to, &format!("{point}:{passage}")).await;
        let answer = from.send_one(&letter).await;
        assert!(answer.is_err() || *point == "server.round.answered", "{point}");
        died(&mut town).await;
        again(&mut town, &mut from, &mut to).await;
        // Whether it was committed or not: the same bytes are sent again and are taken once.
        from.send_one(&letter).await.unwrap();
        to.fetch(&letter).await.unwrap();
        for (name, bytes) in names.iter().zip(&files) {
            assert!(fetch(&to, &letter, name).await.unwrap() == *bytes, "{point}:{passage}");
        }
        let mail = to.letters().await;
        let times = mail.iter().filter(|event| event.record == letter.envelope.bytes()).count();
        assert_eq!(times, 1, "{point}");
    }
    town.eye.audit(&from.link).await;
    town.stop().await;
    let found = town.folder.check(false);
    assert!(found.is_whole() && found.uploads == 0, "{found:?}");
    let rebuilt = town.folder.check(true);
    assert!(rebuilt.is_whole());
    assert_eq!(found.views, rebuilt.views);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_log_says_is_destroyed_is_destroyed_wherever_the_program_dies() {
    let (mut town, mut from, mut to) = scene().await;
    town.stop().await;
    town.folder.limits(|limits| limits.body_retention_days = 1);
    let mut days = 0;
    for point in DESTROY {
        again(&mut town, &mut from, &mut to).await;
        let (gone, kept) = (sealed(70_000), sealed(80_000));
        let (name, kept_name) = (upload(&from, &gone).await, upload(&from, &kept).await);
        let letter = with(&from, &to, &[&name, &kept_name]);
        let other = with(&from, &to, &[&kept_name]);
        from.send(&[&letter, &other]).await.unwrap();
        to.fetch(&letter).await.unwrap();
        to.fetch(&other).await.unwrap();
        to.dispose(&to.disposition(&letter, Answer::Acknowledged)).await.unwrap();
        town.kill();
        // The log's time never goes back: each scene lies two days after the one before.
        days += 2;
        let offset = (days * DAY).to_string();
        let environment = [(CLOCK_OFFSET, offset.as_str()), (CRASH_AT, point)];
        match Process::start(&town.folder.path, &environment) {
            // It died at its first tick, before or after it was seen to listen.
            Err(ended) => assert_eq!(ended.status.signal(), Some(9), "{point}: {}", ended.errors),
            Ok(process) => {
                let status = tokio::task::spawn_blocking(|| process.wait()).await.unwrap();
                assert_eq!(status.signal(), Some(9), "{point}");
            }
        }
        // The rest is done by the next start, or by its tick where the round was lost.
        town.start_process(&[(CLOCK_OFFSET, offset.as_str())]);
        town.stop().await;
        let found = town.folder.check(false);
        assert!(found.is_whole(), "{point}: {found:?}");
        let path = town.folder.path.join("attachments/named").join(from.id.to_string());
        assert!(!path.join(name.digest.to_string()).exists(), "{point}");
        again(&mut town, &mut from, &mut to).await;
        for office in [&from, &to] {
            assert_eq!(reason(office.fetch(&letter).await), Reason::BodyGone, "{point}");
            assert_eq!(reason(fetch(office, &letter, &name).await), Reason::BodyGone);
            assert_eq!(reason(fetch(office, &letter, &kept_name).await), Reason::BodyGone);
            assert!(fetch(office, &other, &kept_name).await.unwrap() == kept);
        }
        let records = to.track(&letter).await.unwrap();
        let says = records
            .iter()
            .filter(|(receipt, _)| receipt.record.starts_with(b"tsumugu/v1/destroyed\n"));
        assert_eq!(says.count(), 1, "{point}");
        town.stop().await;
    }
    let found = town.folder.check(false);
    let rebuilt = town.folder.check(true);
    assert!(found.is_whole() && rebuilt.is_whole());
    assert_eq!((found.views, found.root), (rebuilt.views, rebuilt.root));
}
