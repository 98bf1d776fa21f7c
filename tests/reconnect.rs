//! Many subscribers at once, over raw gRPC: after a restart everybody comes back in the same moment.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tonic::Streaming;
use tsumugu_client::tls::TlsFailure;
use tsumugu_proto::v1::subscribe_response::Part;
use tsumugu_proto::v1::{self, ErrorReason as Reason};
use tsumugu_server::ca::LEAF_DAYS;

use support::link::{Link, refusal};
use support::office::Office;
use support::town::{DAY, Town};

const OFFICES: usize = 20;
/// Open watches of one office: within the default limit.
const WATCHES: usize = 15;

/// Before somebody who was not let in comes again.
const PAUSE: Duration = Duration::from_millis(50);

/// Nothing here takes nearly as long; a lost event would wait for ever.
const PATIENCE: Duration = Duration::from_secs(120);

/// Reads from `start` until the mailbox has `length` events; numbers have no gap and no repeat.
async fn follow(link: Link, start: u64, length: u64) -> Streaming<v1::SubscribeResponse> {
    let request = v1::SubscribeRequest { start, stop_at_end: false };
    let mut stream = link.exchange().subscribe(request).await.unwrap().into_inner();
    read_to(&mut stream, start, length).await;
    stream
}

async fn read_to(stream: &mut Streaming<v1::SubscribeResponse>, start: u64, length: u64) {
    let mut next = start;
    while next < length {
        let piece = timeout(PATIENCE, stream.message()).await.expect("an event was lost").unwrap();
        if let Some(Part::Events(events)) = piece.expect("the stream goes on").part {
            for event in events.events {
                assert_eq!(event.number, next);
                next += 1;
            }
        }
    }
    assert_eq!(next, length);
}

async fn everybody(town: &Town, offices: &[Office], starts: &[u64], length: &[u64]) -> usize {
    let mut coming = JoinSet::new();
    for (at, office) in offices.iter().enumerate() {
        for _ in 0..WATCHES {
            let (address, pin) = (town.address.clone(), town.folder.ca_pin);
            let (identity, clock) = (office.identity.clone(), town.clock.clone());
            let (start, length) = (starts[at], length[at]);
            coming.spawn(async move {
                // All of them come from one address here, and the exchange takes so many at a time
                // from one: who was not let in comes again, as the client does.
                let link = loop {
                    match Link::open(&address, pin, Some(identity.clone()), clock.clone()).await {
                        Ok(link) => break link,
                        Err(TlsFailure::Network { .. }) => sleep(PAUSE).await,
                        Err(failure) => panic!("{failure}"),
                    }
                };
                follow(link, start, length).await
            });
        }
    }
    let streams = timeout(PATIENCE, coming.join_all()).await.expect("somebody was lost");
    streams.len()
}

async fn lengths(offices: &[Office]) -> Vec<u64> {
    let mut lengths = Vec::new();
    for office in offices {
        lengths.push(office.mailbox().await.len() as u64);
    }
    lengths
}

/// Each office writes to the next one.
async fn round(offices: &[Office]) {
    for (at, office) in offices.iter().enumerate() {
        let to = &offices[(at + 1) % offices.len()];
        office.send_one(&office.note(to, |_| {})).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_reconnect_at_once_and_nobody_is_lost() {
    let mut town = Town::new_here().await;
    let mut offices = Vec::new();
    for _ in 0..OFFICES {
        offices.push(town.office().await);
    }
    round(&offices).await;
    let seen = lengths(&offices).await;
    let from_the_beginning = vec![0; OFFICES];
    assert_eq!(everybody(&town, &offices, &from_the_beginning, &seen).await, OFFICES * WATCHES);

    // What was written while nobody listened, and the restart in between.
    round(&offices).await;
    let missed = lengths(&offices).await;
    town.restart(&mut offices.iter_mut().collect::<Vec<_>>()).await;
    assert!(missed.iter().zip(&seen).all(|(after, before)| *after == before + 2));
    assert_eq!(everybody(&town, &offices, &seen, &missed).await, OFFICES * WATCHES);
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_written_while_everybody_comes_back_reach_every_open_stream() {
    let town = Town::new_here().await;
    let mut offices = Vec::new();
    for _ in 0..OFFICES {
        offices.push(town.office().await);
    }
    let before = lengths(&offices).await;
    let after: Vec<u64> = before.iter().map(|length| length + 6).collect();
    let writing = async {
        for _ in 0..3 {
            round(&offices).await;
        }
    };
    let (open, ()) = tokio::join!(everybody(&town, &offices, &before, &after), writing);
    assert_eq!(open, OFFICES * WATCHES);
}

#[tokio::test]
async fn an_open_stream_ends_with_its_certificate() {
    let town = Town::new_here().await;
    let office = town.office().await;
    let length = office.mailbox().await.len() as u64;
    let mut stream = follow(office.link.clone(), 0, length).await;
    town.time.advance(10 * DAY);
    let other = town.office().await;
    // The last second of validity is in.
    town.time.advance((LEAF_DAYS as u64 - 10) * DAY);
    other.send_one(&other.note(&office, |_| {})).await.unwrap();
    read_to(&mut stream, length, length + 1).await;
    town.time.advance(1_000);
    other.send_one(&other.note(&office, |_| {})).await.unwrap();
    let ended = loop {
        match timeout(PATIENCE, stream.message()).await.expect("the stream goes on") {
            Ok(piece) => assert!(piece.is_some(), "the stream says why it ends"),
            Err(status) => break status,
        }
    };
    assert_eq!(refusal(&ended).0, Reason::TerminalRemoved);
}
