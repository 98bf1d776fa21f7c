//! From a file of one office to a file of another, over lines that break.

use std::path::PathBuf;

use rand::SeedableRng;
use rand::rngs::StdRng;
use tsumugu_durable::lock::FolderLock;
use tsumugu_proto::v1;
use tsumugu_trust::hash::sha256;
use tsumugu_trust::letter::seal_attachment;
use tsumugu_trust::statement::{BytesRef, Destination, Urgency};
use tsumugu_trust::value::{Id, Unit};

use super::super::store::Store;
use super::super::testing::{pdf, png, xlsx};
use super::super::*;
use crate::failure::Failure;
use crate::letters::{Content, Header, OpenedLetter, SealedLetter, Signer, compose, seal};
use crate::mailbox::message::LetterState;
use crate::mailbox::sync_mailbox;
use crate::outbox::{Delivered, Entry, FlushReport, flush, queue_send, sealing};
use crate::post::Post;
use crate::post::testing::{TestPost, Trouble, two_offices};

/// A PDF of many pieces.
pub(crate) fn large_pdf() -> Vec<u8> {
    let mut bytes = pdf();
    let image: Vec<u8> = (0..300_000u32).flat_map(|n| [n as u8 ^ 0x55, 0xee]).collect();
    let at = bytes.len() - 30;
    bytes.splice(at..at, image);
    bytes
}

fn files(post: &TestPost, files: &[(&str, Vec<u8>)]) -> Vec<PathBuf> {
    let write = |(name, bytes): &(&str, Vec<u8>)| {
        let path = post.home().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    files.iter().map(write).collect()
}

fn letter(
    post: &TestPost,
    to: Id,
    secrets: &[v1::AttachmentSecret],
    sealed: &[BytesRef],
) -> SealedLetter {
    let keys = post.keys().unwrap();
    post.home.clock.advance(1);
    let mut random = [0; 10];
    post.with_random(|rng| rng.fill_bytes(&mut random));
    let header = Header {
        id: Id::for_message(post.now(), &random),
        from: keys.institution,
        to: Destination { institution: to, unit: Unit::main() },
        attachments: sealed.to_vec(),
        urgency: Urgency::Normal,
        ack_by: None,
        replaces: None,
        composed: post.now(),
    };
    let (kind, body) = (v1::LetterKind::Notice, b"{}".to_vec().into());
    let content = Content {
        kind,
        about: None,
        passed_on: None,
        case_id: None,
        attachments: secrets.to_vec(),
        body,
    };
    let worker = keys.worker(None).unwrap();
    let (key, shown) = (worker.signing_key(post.origin()).unwrap(), worker.shown().unwrap());
    let terminal = keys.terminal_key(post.origin()).unwrap();
    let with = sealing(post, &terminal, None).unwrap();
    post.with_random(|rng| {
        let signer = Signer { key: &key, shown: &shown };
        let composed = compose(post.origin(), header, &content, signer, rng).unwrap();
        seal(&composed, with, rng).unwrap()
    })
}

/// Queues one letter for each of `to`, with files; gives the sealed ones.
pub(crate) fn queue(
    post: &TestPost,
    to: &[Id],
    named: &[(&str, Vec<u8>)],
) -> (Entry, Vec<BytesRef>) {
    let attached = attach(post, &files(post, named)).unwrap();
    let (secrets, sealed) = (attached.secrets.clone(), attached.sealed.clone());
    let letters: Vec<_> = to.iter().map(|to| letter(post, *to, &secrets, &sealed)).collect();
    let entry = queue_send(post, &letters).unwrap();
    attached.settle(post.vault()).unwrap();
    (entry, sealed)
}

fn is_sent(report: &FlushReport) -> bool {
    matches!(report.done.as_slice(), [(_, Delivered::Sent(_))])
}

/// The one letter that arrived, and its attachments.
async fn arrived(
    post: &mut TestPost,
) -> ((Id, Id), OpenedLetter, Vec<Result<Attachment, SetAside>>) {
    sync_mailbox(post).await.unwrap();
    let all = crate::mailbox::all(post.vault()).unwrap();
    let (from, id) = *all.last().unwrap();
    let message = post.message(from, id);
    let letter = message.read_letter(post.vault(), post.directory()).unwrap().unwrap();
    let found = attachments(&letter, message.envelope().unwrap().1);
    ((from, id), letter, found)
}

fn key<T>(result: Result<T, Failure>) -> &'static str {
    result.map(|_| ()).unwrap_err().key()
}

#[tokio::test]
async fn files_arrive_as_they_were_sent() {
    let (mut hospital, mut care) = two_offices().await;
    let sent = [("報告.pdf", large_pdf()), ("表.xlsx", xlsx()), ("a.png", png())];
    queue(&hospital, &[care.institution.id], &sent);
    assert!(is_sent(&flush(&mut hospital).await.unwrap()));
    assert!(hospital.vault().list("attaching").unwrap().is_empty());
    let (named, letter, found) = arrived(&mut care).await;
    assert_eq!((letter.attachments().len(), found.len()), (3, 3));
    let folder = tempfile::tempdir().unwrap();
    for ((name, bytes), attachment) in sent.iter().zip(&found) {
        let attachment = attachment.as_ref().unwrap();
        assert_eq!(attachment.whereabouts(care.vault()).unwrap(), Whereabouts::Waiting(0));
        let fetched = fetch(&mut care, named, attachment).await.unwrap();
        assert_eq!(fetched, attachment.sealed.length);
        assert_eq!(fetch(&mut care, named, attachment).await.unwrap(), 0);
        assert_eq!(attachment.whereabouts(care.vault()).unwrap(), Whereabouts::Kept);
        let path = save(&care, attachment, folder.path()).unwrap();
        assert_eq!(path.file_name().unwrap().to_str(), Some(*name));
        assert!(std::fs::read(&path).unwrap() == *bytes, "{name}");
        // A file of that name is not touched.
        std::fs::write(&path, b"mine").unwrap();
        assert_eq!(key(save(&care, attachment, folder.path())), "file.exists");
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[tokio::test]
async fn a_line_that_breaks_is_gone_on_with_and_nothing_travels_twice() {
    let (mut hospital, mut care) = two_offices().await;
    let (entry, sealed) = queue(&hospital, &[care.institution.id], &[("a.pdf", large_pdf())]);
    for cut in [0, 1, 65_536, 200_000] {
        hospital.shown().cut_after = Some(cut);
        let report = flush(&mut hospital).await.unwrap();
        assert_eq!(report.waiting[0].1.key(), "connection.lost");
        assert!(report.done.is_empty() && hospital.shown().sent.is_empty());
    }
    let kept = Entry::load(hospital.vault(), entry.id).unwrap().unwrap();
    assert_eq!((kept.attempts, kept.last.unwrap().failure.as_str()), (4, "connection.lost"));
    assert!(is_sent(&flush(&mut hospital).await.unwrap()));
    assert_eq!(hospital.shown().travelled as u64, sealed[0].length);
    let (named, _, found) = arrived(&mut care).await;
    let attachment = found[0].as_ref().unwrap();
    care.shown().travelled = 0;
    for cut in [0, 999, 65_536, 200_000] {
        care.shown().cut_after = Some(cut);
        assert_eq!(key(fetch(&mut care, named, attachment).await), "connection.lost");
    }
    fetch(&mut care, named, attachment).await.unwrap();
    assert_eq!(care.shown().travelled as u64, sealed[0].length);
}

#[tokio::test]
async fn one_upload_serves_all_letters_and_every_sealing() {
    let (mut hospital, mut care) = two_offices().await;
    let to = care.institution.id;
    let (_, sealed) = queue(&hospital, &[to, to], &[("a.pdf", pdf()), ("b.pdf", large_pdf())]);
    care.rotate();
    assert!(is_sent(&flush(&mut hospital).await.unwrap()));
    let sendings = hospital.shown().sent.len();
    let travelled = hospital.shown().travelled;
    assert_eq!(sendings, 2, "sealed anew once");
    assert_eq!(travelled as u64, sealed.iter().map(|one| one.length).sum::<u64>());
    let (named, _, found) = arrived(&mut care).await;
    for attachment in found.iter().flatten() {
        fetch(&mut care, named, attachment).await.unwrap();
    }
    assert_eq!(found.iter().flatten().count(), 2);
}

#[tokio::test]
async fn a_letter_without_attachments_does_not_wait_for_one_that_uploads() {
    let (mut hospital, care) = two_offices().await;
    let to = care.institution.id;
    let (large, _) = queue(&hospital, &[to], &[("a.pdf", pdf())]);
    let plain = queue_send(&hospital, &[letter(&hospital, to, &[], &[])]).unwrap();
    let folder = hospital.home().join("upload");
    std::fs::create_dir_all(&folder).unwrap();
    let elsewhere = FolderLock::acquire(&folder, std::time::Duration::ZERO).unwrap();
    let report = flush(&mut hospital).await.unwrap();
    assert_eq!(report.done[0].0, plain.id);
    let [(waiting, why)] = report.waiting.as_slice() else { panic!("{report:?}") };
    assert_eq!((*waiting, why.key()), (large.id, "attachment.uploading-elsewhere"));
    drop(elsewhere);
    assert_eq!(flush(&mut hospital).await.unwrap().done[0].0, large.id);
}

#[tokio::test]
async fn what_is_not_allowed_leaves_nothing() {
    let (hospital, _) = two_offices().await;
    let refused = |named: &[(&str, Vec<u8>)]| key(attach(&hospital, &files(&hospital, named)));
    assert_eq!(refused(&[("a.pdf", pdf()), ("b.pdf", b"MZ\x90\0".to_vec())]), "content.executable");
    assert_eq!(refused(&[("a.txt", pdf())]), "content.not-its-name");
    assert_eq!(refused(&vec![("a.pdf", pdf()); 21]), "file.too-many");
    assert_eq!(key(attach(&hospital, &[hospital.home().to_owned()])), "file.unreadable");
    assert_eq!(key(attach(&hospital, &[hospital.home().join("none.pdf")])), "file.unreadable");
    let large = hospital.home().join("large.pdf");
    let limit = tsumugu_trust::letter::MAX_ATTACHMENT;
    std::fs::File::create(&large).unwrap().set_len(limit + 1).unwrap();
    assert_eq!(key(attach(&hospital, std::slice::from_ref(&large))), "file.too-large");
    std::fs::File::create(&large).unwrap().set_len(limit).unwrap();
    assert_eq!(key(attach(&hospital, &[large])), "content.unknown");
    let folder = Store::of(hospital.vault()).folder().to_owned();
    assert!(!folder.exists() || std::fs::read_dir(folder).unwrap().count() == 0);
    // Two files of one name get two names.
    let twice =
        attach(&hospital, &files(&hospital, &[("a.pdf", pdf()), ("a.pdf", pdf())])).unwrap();
    let names: Vec<_> = twice.secrets.iter().map(|secret| secret.name.as_str()).collect();
    assert_eq!(names, ["a.pdf", "a (2).pdf"]);
    assert_ne!(twice.sealed[0].digest, twice.sealed[1].digest);
}

#[tokio::test]
async fn what_a_crash_left_before_the_entry_goes_with_the_next_flush() {
    let (mut hospital, care) = two_offices().await;
    let store = Store::of(hospital.vault());
    let count = || std::fs::read_dir(store.folder()).unwrap().count();
    // The process dies before it queued the letter: the lock goes, mark and file stay.
    drop(attach(&hospital, &files(&hospital, &[("a.pdf", pdf())])).unwrap());
    assert_eq!((count(), hospital.vault().list("attaching").unwrap().len()), (1, 1));
    // The next one to seal removes it; while it seals, nobody takes its own file for forgotten.
    let other = attach(&hospital, &files(&hospital, &[("b.pdf", pdf())])).unwrap();
    flush(&mut hospital).await.unwrap();
    assert_eq!((count(), hospital.vault().list("attaching").unwrap().len()), (1, 1));
    drop(other);
    flush(&mut hospital).await.unwrap();
    assert_eq!((count(), hospital.vault().list("attaching").unwrap().len()), (0, 0));
    // It dies after it queued the letter, before the mark went.
    let attached = attach(&hospital, &files(&hospital, &[("a.pdf", pdf())])).unwrap();
    let sealed = letter(&hospital, care.institution.id, &attached.secrets, &attached.sealed);
    queue_send(&hospital, &[sealed]).unwrap();
    drop(attached);
    assert!(is_sent(&flush(&mut hospital).await.unwrap()));
    flush(&mut hospital).await.unwrap();
    assert_eq!((count(), hospital.vault().list("attaching").unwrap().len()), (1, 0));
}

#[tokio::test]
async fn a_sealed_file_that_the_disk_spoiled_is_not_sent() {
    let (mut hospital, care) = two_offices().await;
    let (entry, sealed) = queue(&hospital, &[care.institution.id], &[("a.pdf", pdf())]);
    std::fs::write(Store::of(hospital.vault()).file(&sealed[0]), b"spoiled").unwrap();
    let report = flush(&mut hospital).await.unwrap();
    let [(refused, why)] = report.refused.as_slice() else { panic!("{report:?}") };
    assert_eq!((*refused, why.key()), (entry.id, "outbox.damaged"));
    assert!(hospital.shown().sent.is_empty() && hospital.shown().travelled == 0);
}

#[tokio::test]
async fn bytes_that_are_not_those_of_the_log_are_thrown_away() {
    let (mut hospital, mut care) = two_offices().await;
    let (_, sealed) = queue(&hospital, &[care.institution.id], &[("a.pdf", large_pdf())]);
    flush(&mut hospital).await.unwrap();
    let (named, _, found) = arrived(&mut care).await;
    let attachment = found[0].as_ref().unwrap();
    let digest = sealed[0].digest;
    let good = care.shown().uploads[&digest].clone();
    for damage in [|bytes: &mut Vec<u8>| bytes[70_000] ^= 1, |bytes: &mut Vec<u8>| bytes.push(0)] {
        let mut bad = good.clone();
        damage(&mut bad);
        care.shown().uploads.insert(digest, bad);
        let why = key(fetch(&mut care, named, attachment).await);
        assert!(["attachment.bytes-differ", "rpc.incomplete"].contains(&why), "{why}");
        assert!(!Store::of(care.vault()).has(&sealed[0]));
    }
    care.shown().uploads.insert(digest, good);
    // A part that a power cut spoiled is fetched once more, by the same call.
    std::fs::write(Store::of(care.vault()).part(&sealed[0]), vec![0; 100_000]).unwrap();
    fetch(&mut care, named, attachment).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    save(&care, attachment, folder.path()).unwrap();
    // What the disk spoils later is fetched anew, and nobody is blamed.
    std::fs::remove_file(folder.path().join("a.pdf")).unwrap();
    let file = Store::of(care.vault()).file(&sealed[0]);
    let mut spoiled = std::fs::read(&file).unwrap();
    spoiled[100_000] ^= 1;
    std::fs::write(&file, spoiled).unwrap();
    assert_eq!(key(save(&care, attachment, folder.path())), "attachment.damaged-here");
    assert_eq!(attachment.whereabouts(care.vault()).unwrap(), Whereabouts::Waiting(0));
    fetch(&mut care, named, attachment).await.unwrap();
    save(&care, attachment, folder.path()).unwrap();
    care.shown().uploads.clear();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(key(fetch(&mut care, named, attachment).await), "attachment.gone");
}

/// A file sealed by a program that checks nothing.
fn sealed_anyhow(post: &TestPost, name: &str, bytes: &[u8]) -> (v1::AttachmentSecret, BytesRef) {
    let (mut out, mut rng) = (Vec::new(), StdRng::seed_from_u64(bytes.len() as u64));
    let key = [bytes.len() as u8; 32];
    let made = seal_attachment(&key, bytes, bytes.len() as u64, &mut out, &mut rng).unwrap();
    let store = Store::of(post.vault());
    store.create().unwrap();
    std::fs::write(store.file(&made.sealed), out).unwrap();
    let secret = v1::AttachmentSecret {
        name: name.to_owned(),
        media_type: "application/pdf".to_owned(),
        digest: made.plain.digest.0.to_vec().into(),
        length: made.plain.length,
        key: key.to_vec().into(),
    };
    (secret, made.sealed)
}

#[tokio::test]
async fn a_lying_sender_gets_no_file_onto_the_disk_and_keeps_no_other_one_back() {
    let (mut hospital, mut care) = two_offices().await;
    let padded = |n: usize| [pdf(), vec![b' '; n]].concat();
    let program = [b"MZ\x90\0".as_slice(), &[0; 60]].concat();
    let mut all = vec![
        (sealed_anyhow(&hospital, "good.pdf", &pdf()), None),
        (sealed_anyhow(&hospital, "program.pdf", &program), Some("content.executable")),
        (sealed_anyhow(&hospital, "book.pdf", &xlsx()), Some("content.not-its-name")),
    ];
    let mut lie = |n: usize, change: fn(&mut v1::AttachmentSecret), why| {
        let mut made = sealed_anyhow(&hospital, &format!("{n}.pdf"), &padded(n));
        change(&mut made.0);
        all.push((made, Some(why)));
    };
    lie(1, |secret| secret.digest = sha256(&[b"other"]).0.to_vec().into(), "attachment.differs");
    lie(2, |secret| secret.key = vec![9; 32].into(), "attachment.differs");
    lie(3, |secret| secret.length -= 1, "attachment.differs");
    lie(4, |secret| secret.length *= 3, "attachment.malformed");
    lie(5, |secret| secret.name = "../5.pdf".into(), "attachment.malformed");
    lie(6, |secret| secret.name = "GOOD.pdf".into(), "attachment.malformed");
    lie(7, |secret| secret.name = "7.exe".into(), "attachment.malformed");
    lie(8, |secret| secret.media_type = "image/png".into(), "attachment.malformed");
    lie(9, |secret| secret.key = vec![9; 31].into(), "attachment.malformed");
    lie(10, |secret| secret.digest = vec![].into(), "attachment.malformed");
    lie(11, |secret| secret.length = u64::MAX, "attachment.malformed");
    all.push((sealed_anyhow(&hospital, "last.pdf", &padded(300)), None));
    let (secrets, sealed): (Vec<_>, Vec<_>) = all.iter().map(|(made, _)| made.clone()).unzip();
    queue_send(&hospital, &[letter(&hospital, care.institution.id, &secrets, &sealed)]).unwrap();
    assert!(is_sent(&flush(&mut hospital).await.unwrap()));
    let (named, letter, found) = arrived(&mut care).await;
    assert_eq!(letter.body(), b"{}");
    let folder = tempfile::tempdir().unwrap();
    for ((_, expected), attachment) in all.iter().zip(&found) {
        let attachment = match attachment {
            Ok(attachment) => attachment,
            Err(aside) => {
                assert_eq!(Some(aside.why.as_str()), *expected, "{aside:?}");
                continue;
            }
        };
        fetch(&mut care, named, attachment).await.unwrap();
        let saved = save(&care, attachment, folder.path());
        assert_eq!(saved.as_ref().err().map(|failure| failure.key()), *expected, "{attachment:?}");
        let aside = expected.map(|why| Whereabouts::SetAside(why.to_owned()));
        let kept = aside.unwrap_or(Whereabouts::Kept);
        assert_eq!(attachment.whereabouts(care.vault()).unwrap(), kept);
    }
    let names = std::fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["good.pdf", "last.pdf"]);
}

#[tokio::test]
async fn a_letter_with_another_number_of_attachments_than_its_envelope_is_not_shown() {
    let (mut hospital, mut care) = two_offices().await;
    let (secret, sealed) = sealed_anyhow(&hospital, "a.pdf", &pdf());
    let to = care.institution.id;
    for (secrets, named) in [(vec![], vec![sealed]), (vec![secret.clone(), secret], vec![sealed])] {
        queue_send(&hospital, &[letter(&hospital, to, &secrets, &named)]).unwrap();
        assert!(is_sent(&flush(&mut hospital).await.unwrap()));
        let report = sync_mailbox(&mut care).await.unwrap();
        assert_eq!(report.letters[0].letter, LetterState::Unreadable("malformed".to_owned()));
    }
}

#[tokio::test]
async fn a_refusal_of_the_letter_comes_after_its_attachments_and_keeps_them() {
    let (mut hospital, care) = two_offices().await;
    let (_, sealed) = queue(&hospital, &[care.institution.id], &[("a.pdf", pdf())]);
    hospital.shown().troubles.push_back(Trouble::Refuse("server.unavailable"));
    assert_eq!(flush(&mut hospital).await.unwrap().waiting[0].1.key(), "server.unavailable");
    assert_eq!(hospital.shown().travelled as u64, sealed[0].length);
    assert!(is_sent(&flush(&mut hospital).await.unwrap()));
    assert_eq!(hospital.shown().travelled as u64, sealed[0].length);
}
