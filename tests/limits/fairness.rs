//! One institution at full speed, and another that sends one letter.

use tokio::task::JoinSet;
use tsumugu_proto::v1;

use crate::support::link::limit;
use crate::support::office::Letter;
use crate::support::town::Town;

/// Calls of 16 letters that the flood has waiting at once.
const WAITING: usize = 24;

/// A body that has a file of its own: its sync makes the commit slower than the way to it, so that
/// commands do wait.
const BODY: usize = 70_000;

#[tokio::test]
async fn a_flood_waits_behind_itself() {
    let mut town = Town::new_here().await;
    let (mut flood, mut quiet) = (town.office().await, town.office().await);
    town.folder.limits(|limits| {
        limits.requests_per_institution = WAITING as u32;
        // Each round serves one command, so that turns show in the log.
        limits.commands_per_round = 1;
    });
    town.restart(&mut [&mut flood, &mut quiet]).await;
    let calls: Vec<Vec<Letter>> = (0..WAITING + 1)
        .map(|_| (0..16).map(|_| flood.letter_with(&quiet, vec![7; BODY], |_| {})).collect())
        .collect();
    let mut sending = JoinSet::new();
    for letters in &calls {
        let letters = letters.iter().map(Letter::outgoing).collect();
        let mut exchange = flood.link.exchange();
        sending.spawn(async move { exchange.send(v1::SendRequest { letters }).await });
    }
    // All are in by the time of the sixth answer.
    let (mut refused, mut indexes) = (0, Vec::new());
    let mut note = |answer: Result<tonic::Response<v1::SendResponse>, tonic::Status>| match answer {
        Ok(sent) => indexes.extend(sent.into_inner().receipts.iter().map(|one| one.index)),
        answer => {
            assert_eq!(limit(answer).0, "requests_per_institution");
            refused += 1;
        }
    };
    for _ in 0..6 {
        note(sending.join_next().await.unwrap().unwrap());
    }
    let letter = quiet.note(&flood, |_| {});
    let mine = quiet.send_one(&letter).await.unwrap().at.index;
    while let Some(answer) = sending.join_next().await {
        note(answer.unwrap());
    }
    assert_eq!(indexes.len() + refused * 16, (WAITING + 1) * 16);
    let behind = indexes.iter().filter(|index| **index > mine).count();
    assert!(behind > 0, "the letter waited for all {} of the flood", indexes.len());
}
