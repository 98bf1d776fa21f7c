//! Two PCs of one office, and the order in which records come.

use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::value::Id;

use super::state::join;
use super::take_in::{OwnLetter, take_in};
use super::*;
use crate::mailbox::sync_mailbox;
use crate::outbox::flush;
use crate::post::Post;
use crate::post::testing::{Trouble, two_offices};

const DRAFT: &str = "0190f3c1000070008000000000000001";

fn note(revision: u64, value: &[u8]) -> Said {
    Said::Note(v1::Note { name: "x".to_owned(), revision, value: value.to_vec().into() })
}

fn key() -> Key {
    Key::Note("x".to_owned())
}

#[tokio::test]
async fn a_record_goes_to_the_log_and_to_the_other_pc() {
    let (mut ours, _) = two_offices().await;
    let mut colleague = ours.second_vault();
    let worker = ours.keys().unwrap().workers[0].clone();
    ours.shown().is_down = true;
    write(&ours, &worker, note(1, b"a")).unwrap();
    let kept = get(ours.vault(), &key()).unwrap().unwrap();
    assert_eq!(kept.index, None);
    ours.shown().is_down = false;
    flush(&mut ours).await.unwrap();
    let kept = get(ours.vault(), &key()).unwrap().unwrap();
    assert!(kept.index.is_some());
    sync_mailbox(&mut colleague).await.unwrap();
    assert_eq!(get(colleague.vault(), &key()).unwrap(), Some(kept.clone()));
    // Its own mailbox tells the writer nothing new.
    sync_mailbox(&mut ours).await.unwrap();
    assert_eq!(get(ours.vault(), &key()).unwrap(), Some(kept));
    // No list of messages shows it.
    let [(from, id)] = crate::mailbox::all(ours.vault()).unwrap()[..] else {
        panic!("one message")
    };
    assert!(ours.message(from, id).is_of_the_office());
}

#[tokio::test]
async fn a_lost_answer_loses_nothing() {
    let (mut ours, _) = two_offices().await;
    let worker = ours.keys().unwrap().workers[0].clone();
    ours.shown().troubles.push_back(Trouble::LoseAnswer);
    write(&ours, &worker, note(1, b"a")).unwrap();
    assert_eq!(flush(&mut ours).await.unwrap().waiting.len(), 1);
    flush(&mut ours).await.unwrap();
    let kept = get(ours.vault(), &key()).unwrap().unwrap();
    assert!(kept.index.is_some());
}

#[tokio::test]
async fn in_whatever_order_records_come_the_same_one_counts() {
    let all = [(1, 10, b"a"), (2, 11, b"b"), (2, 12, b"c"), (1, 13, b"d")];
    let mut orders: Vec<Vec<usize>> = vec![vec![]];
    for place in 0..all.len() {
        let longer = |order: &Vec<usize>| {
            (0..=order.len())
                .map(|at| {
                    let mut order = order.clone();
                    order.insert(at, place);
                    order
                })
                .collect::<Vec<_>>()
        };
        orders = orders.iter().flat_map(longer).collect();
    }
    assert_eq!(orders.len(), 24);
    for order in orders {
        let (ours, _) = two_offices().await;
        let lock = ours.vault().lock().unwrap();
        for at in order {
            let (revision, index, value) = all[at];
            let entry = Entry::check(note(revision, value)).unwrap();
            join(ours.vault(), &lock, &entry, index).unwrap();
        }
        drop(lock);
        let kept = get(ours.vault(), &key()).unwrap().unwrap();
        assert_eq!((kept.entry.said().clone(), kept.index), (note(2, b"c"), Some(12)));
    }
}

#[tokio::test]
async fn a_snapshot_stands_for_what_it_holds_and_for_nothing_after_it() {
    let (mut ours, _) = two_offices().await;
    let worker = ours.keys().unwrap().workers[0].clone();
    assert!(!needs_snapshot(&ours).unwrap());
    let draft = v1::Draft {
        id: DRAFT.to_owned(),
        revision: 1,
        form: b"{}".to_vec().into(),
        worker_id: worker.id.to_string(),
        ..v1::Draft::default()
    };
    write(&ours, &worker, Said::Draft(draft)).unwrap();
    write(&ours, &worker, note(3, b"x")).unwrap();
    flush(&mut ours).await.unwrap();
    let month = 30 * 24 * 3_600_000;
    for (ago, is_due) in [(month - 1, false), (month, true)] {
        let written = ours.now().0 - ago;
        ours.vault().lock().unwrap().write_json("office-snapshot", &written).unwrap();
        assert_eq!(needs_snapshot(&ours).unwrap(), is_due);
    }
    assert_eq!(write_snapshot(&ours, &worker).unwrap(), 1);
    assert!(!needs_snapshot(&ours).unwrap());
    flush(&mut ours).await.unwrap();

    // A PC that comes later cannot fetch the single records any more.
    let mut later = ours.second_vault();
    let place = |(from, id): &(Id, Id)| ours.message(*from, *id).envelope().unwrap().0.at;
    let mut letters: Vec<(Id, Id)> = crate::mailbox::all(ours.vault()).unwrap();
    letters.sort_by_key(place);
    assert_eq!(letters.len(), 3);
    for single in &letters[..2] {
        ours.shown().bodies.remove(single);
    }
    sync_mailbox(&mut later).await.unwrap();
    for key in [key(), Key::Draft(DRAFT.parse().unwrap())] {
        let ours = get(ours.vault(), &key).unwrap();
        assert!(ours.is_some());
        assert_eq!(get(later.vault(), &key).unwrap(), ours);
    }

    // What names a place after its own letter is not believed.
    let record = Some(Entry::check(note(9, b"forged")).unwrap().record());
    let snapshot = v1::Snapshot { entries: vec![v1::SnapshotEntry { record, index: 5 }] };
    let record = v1::OfficeRecord { entry: Some(Said::Snapshot(snapshot)) };
    let mut author = v1::Author {
        body_type: BODY_TYPE.to_owned(),
        body: prost::Message::encode_to_vec(&record).into(),
        ..v1::Author::default()
    };
    author.set_kind(v1::LetterKind::OfficeRecord);
    let letter = OwnLetter { id: Id([1; 16]), index: 5, author: &author };
    take_in(later.vault(), &later.vault().lock().unwrap(), &letter).unwrap();
    assert_eq!(get(later.vault(), &key()).unwrap().unwrap().entry.revision(), 3);
}
