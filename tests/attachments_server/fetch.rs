//! Fetching.

use tsumugu_proto::v1::ErrorReason as Reason;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::statement::{BytesRef, StandingState};

use crate::support::link::{reason, refusal};
use crate::support::town::Town;
use crate::wire::*;

#[tokio::test]
async fn the_recipient_fetches_after_the_body_and_nobody_else_at_all() {
    let town = Town::new_here().await;
    let (from, to, third) = (town.office().await, town.office().await, town.office().await);
    let bytes = sealed(700_001);
    let name = upload(&from, &bytes).await;
    let (letter, other) = (with(&from, &to, &[&name]), with(&from, &to, &[]));
    // Not sent yet: there is no such message, whoever asks.
    assert_eq!(reason(fetch(&from, &letter, &name).await), Reason::NotFound);
    from.send(&[&letter, &other]).await.unwrap();
    // The sender's own fetch is allowed, and says nothing about delivery.
    assert!(fetch(&from, &letter, &name).await.unwrap() == bytes);
    let early = fetch(&to, &letter, &name).await.unwrap_err();
    assert_eq!((refusal(&early).0, &*refusal(&early).1["rule"]), (Reason::Rule, "fetched"));
    assert!(to.state(&letter).await.fetched_at().is_none());
    assert_eq!(reason(fetch(&third, &letter, &name).await), Reason::NotFound);
    to.fetch(&letter).await.unwrap();
    for offset in [0, 1, BLOCK - 1, BLOCK, 4 * BLOCK, 700_000, 700_001] {
        let rest = fetch_from(&to, &letter, &name, offset as u64).await.unwrap();
        assert!(rest == bytes[offset..], "from {offset}");
    }
    let beyond = fetch_from(&to, &letter, &name, 700_002).await.unwrap_err();
    assert_eq!(refusal(&beyond).1["rule"], "offset");
    // Another letter's attachment, and one that nobody knows.
    assert_eq!(reason(fetch(&to, &other, &name).await), Reason::NotFound);
    let unknown = BytesRef { digest: Hash([1; 32]), length: 9 };
    assert_eq!(reason(fetch(&to, &letter, &unknown).await), Reason::NotFound);
    assert_eq!(reason(fetch(&third, &letter, &name).await), Reason::NotFound);
    let mut short = fetch_request(&letter, &name, 0);
    short.digest = vec![1; 31].into();
    let answer = to.link.exchange().fetch_attachment(short).await.map(|_| ());
    assert_eq!(reason(answer), Reason::Malformed);
    // A letter to oneself has no delivery.
    let own = with(&from, &from, &[&name]);
    from.send_one(&own).await.unwrap();
    assert!(fetch(&from, &own, &name).await.unwrap() == bytes);
}

/// More than the line holds at once: the rest is read when somebody takes it, and by then the
/// terminal is none any more.
#[tokio::test]
async fn a_removal_or_suspension_ends_an_open_fetch() {
    let town = Town::new_here().await;
    let (from, to) = (town.office().await, town.office().await);
    let name = upload(&from, &sealed(40 << 20)).await;
    let letter = with(&from, &to, &[&name]);
    from.send_one(&letter).await.unwrap();
    to.fetch(&letter).await.unwrap();
    let open = async || {
        let request = fetch_request(&letter, &name, 0);
        let mut stream = to.link.exchange().fetch_attachment(request).await.unwrap().into_inner();
        stream.message().await.unwrap().unwrap();
        stream
    };
    let end = async |mut stream: tonic::Streaming<_>| loop {
        match stream.message().await {
            Ok(Some(tsumugu_proto::v1::FetchAttachmentResponse { .. })) => {}
            Ok(None) => panic!("all of it was given out"),
            Err(status) => break refusal(&status).0,
        }
    };
    let stream = open().await;
    town.standing(&to, StandingState::Suspended).await;
    assert_eq!(end(stream).await, Reason::Suspended);
    town.standing(&to, StandingState::Active).await;
    let stream = open().await;
    to.publish(&to.by_institution(&to.removal())).await.unwrap();
    assert_eq!(end(stream).await, Reason::TerminalRemoved);
}
