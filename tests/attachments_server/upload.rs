//! Uploading, and going on after a cut.

use std::time::Duration;

use tsumugu_proto::v1::ErrorReason as Reason;
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::statement::{BytesRef, StandingState};

use crate::support::link::{reason, refusal};
use crate::support::office::Office;
use crate::support::town::Town;
use crate::wire::*;

async fn one() -> (Town, Office) {
    let town = Town::new_here().await;
    let office = town.office().await;
    (town, office)
}

#[tokio::test]
async fn an_upload_says_how_far_it_came() {
    let (mut town, mut office) = one().await;
    for length in [1, BLOCK - 1, BLOCK, BLOCK + 1, 1_000_000] {
        let bytes = sealed(length);
        let name = named(&bytes);
        assert_eq!(get_upload(&office, &name).await.unwrap(), (0, false));
        upload(&office, &bytes).await;
        assert_eq!(get_upload(&office, &name).await.unwrap(), (length as u64, true));
        // Again, from the beginning or the end: nothing to be done.
        upload(&office, &bytes).await;
        assert_eq!(upload_from(&office, &bytes, length).await.unwrap(), (length as u64, true));
    }
    let bytes = sealed(500_000);
    let half = upload_as(&office, &named(&bytes), &bytes[..200_000], 0).await.unwrap();
    assert_eq!(half, (3 * BLOCK as u64, false));
    town.restart(&mut [&mut office]).await;
    assert_eq!(get_upload(&office, &named(&bytes)).await.unwrap(), half);
    assert_eq!(upload_from(&office, &bytes, 3 * BLOCK).await.unwrap(), (500_000, true));
}

/// A line that breaks again and again: each time the client asks and goes on, and what the exchange
/// said that it has never grows less.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_is_cut_at_random_points_goes_on() {
    let (mut town, mut office) = one().await;
    let bytes = sealed(3_000_000);
    let (mut has, mut cuts) = (0, 0);
    let mut dice = 7u64;
    loop {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let length = ((dice >> 33) as usize % 600_000).min(bytes.len() - has);
        // Sometimes it begins before what is there, as one that lost the answer.
        let from = if dice.is_multiple_of(3) { has - has.min(1_000) } else { has };
        cut(&office, &bytes, from, length).await;
        cuts += 1;
        if cuts % 4 == 0 {
            town.restart(&mut [&mut office]).await;
        }
        let (received, complete) = get_upload(&office, &named(&bytes)).await.unwrap();
        assert!(received as usize >= has, "{received} after {has}");
        has = received as usize;
        if complete {
            break;
        }
        assert!(cuts < 1_000, "it does not get on");
    }
    assert!(cuts > 4, "{cuts}");
    let letter = with(&office, &office, &[&named(&bytes)]);
    office.send_one(&letter).await.unwrap();
    assert!(fetch(&office, &letter, &named(&bytes)).await.unwrap() == bytes);
}

#[tokio::test]
async fn holes_and_wrong_bytes_are_refused_by_name() {
    let (_town, office) = one().await;
    let bytes = sealed(300_000);
    let name = named(&bytes);
    let rule = |answer: Result<Has, tonic::Status>| {
        let (reason, metadata) = refusal(&answer.unwrap_err());
        assert_eq!(reason, Reason::Rule);
        (metadata["rule"].clone(), metadata.get("received").cloned())
    };
    assert_eq!(rule(upload_from(&office, &bytes, 1).await), ("offset".into(), Some("0".into())));
    upload_as(&office, &name, &bytes[..150_000], 0).await.unwrap();
    let hole = upload_from(&office, &bytes, 2 * BLOCK + 1).await;
    assert_eq!(rule(hole), ("offset".into(), Some("131072".into())));
    let long = [&bytes[..], &[0]].concat();
    assert_eq!(rule(upload_as(&office, &name, &long, 0).await), ("length".into(), None));
    // What came before the byte too many may have been taken; it is the right one.
    let (received, _) = get_upload(&office, &name).await.unwrap();
    assert!(received >= 131_072);
    let mut bad = bytes.clone();
    bad[299_999] ^= 1;
    let other = BytesRef { digest: sha256(&[b"other"]), ..name };
    for (name, bytes) in [(&named(&bad), &bytes), (&other, &bad)] {
        assert_eq!(rule(upload_as(&office, name, bytes, 0).await), ("digest".into(), None));
        assert_eq!(get_upload(&office, name).await.unwrap(), (0, false));
    }
    upload(&office, &bytes).await;
    upload(&office, &bad).await;
}

#[tokio::test]
async fn a_malformed_upload_is_refused_and_leaves_nothing() {
    let (_town, office) = one().await;
    let bytes = sealed(10);
    let name = named(&bytes);
    let empty = tsumugu_proto::v1::UploadAttachmentRequest { part: None };
    let mut short = start(&name, 0);
    if let Some(tsumugu_proto::v1::upload_attachment_request::Part::Start(start)) = &mut short.part
    {
        start.digest = vec![1; 31].into();
    }
    for messages in [
        vec![],
        vec![empty.clone()],
        vec![chunk(&bytes)],
        vec![short],
        vec![start(&BytesRef { digest: Hash([1; 32]), length: 0 }, 0)],
        vec![start(&name, 0), start(&name, 0)],
        vec![start(&name, 0), empty],
    ] {
        assert_eq!(reason(upload_messages(&office, messages).await), Reason::Malformed);
    }
    assert_eq!(get_upload(&office, &name).await.unwrap(), (0, false));
    upload(&office, &bytes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_uploads_of_one_attachment_at_once_make_one() {
    let (town, mut office) = one().await;
    let bytes = sealed(700_000);
    let mut calls = Vec::new();
    for at in 0..30 {
        if at % 10 == 0 {
            office.link = town.link(Some(office.identity.clone())).await;
        }
        let mut messages = vec![start(&named(&bytes), 0)];
        messages.extend(bytes.chunks(PIECE + at * 1_000).map(chunk));
        let mut client = office.link.exchange();
        calls.push(tokio::spawn(async move {
            client.upload_attachment(tokio_stream::iter(messages)).await.unwrap().into_inner()
        }));
    }
    for call in calls {
        assert!(call.await.unwrap().complete);
    }
    let letter = with(&office, &office, &[&named(&bytes)]);
    office.send_one(&letter).await.unwrap();
    assert!(fetch(&office, &letter, &named(&bytes)).await.unwrap() == bytes);
}

/// Who sends a byte now and then is given up one day, keeps what came, and keeps nobody waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_upload_blocks_nobody_and_ends() {
    let (mut town, mut office) = one().await;
    town.stop().await;
    town.folder.limits(|limits| limits.request_timeout_seconds = 1);
    town.start().await;
    town.reconnect(&mut [&mut office]).await;
    let slow = sealed(500_000);
    let mut calls = Vec::new();
    let mut senders = Vec::new();
    for _ in 0..20 {
        let (to, stream) = tokio::sync::mpsc::channel(4);
        let mut client = office.link.exchange();
        calls.push(tokio::spawn(async move {
            let stream = tokio_stream::wrappers::ReceiverStream::new(stream);
            client.upload_attachment(stream).await.map(|_| ())
        }));
        to.send(start(&named(&slow), 0)).await.unwrap();
        to.send(chunk(&slow[..150_000])).await.unwrap();
        senders.push(to);
    }
    let quick = upload(&office, &sealed(900_000)).await;
    office.send_one(&with(&office, &office, &[&quick])).await.unwrap();
    for call in calls {
        let ended = tokio::time::timeout(Duration::from_secs(60), call).await;
        assert_eq!(ended.unwrap().unwrap().unwrap_err().code(), tonic::Code::DeadlineExceeded);
    }
    assert_eq!(get_upload(&office, &named(&slow)).await.unwrap(), (2 * BLOCK as u64, false));
}

#[tokio::test]
async fn who_is_suspended_or_removed_uploads_no_further() {
    let (town, office) = one().await;
    let bytes = sealed(400_000);
    let (to, stream) = tokio::sync::mpsc::channel(1);
    let mut client = office.link.exchange();
    let call = tokio::spawn(async move {
        let stream = tokio_stream::wrappers::ReceiverStream::new(stream);
        client.upload_attachment(stream).await.map(|_| ())
    });
    to.send(start(&named(&bytes), 0)).await.unwrap();
    to.send(chunk(&bytes[..200_000])).await.unwrap();
    to.reserve().await.unwrap();
    town.standing(&office, StandingState::Suspended).await;
    // It may have ended between: then there is nobody to send to.
    let _ = to.send(chunk(&bytes[200_000..])).await;
    drop(to);
    assert_eq!(reason(call.await.unwrap()), Reason::Suspended);
    assert_eq!(reason(upload_from(&office, &bytes, 0).await), Reason::Suspended);
    assert_eq!(reason(get_upload(&office, &named(&bytes)).await), Reason::Suspended);
    town.standing(&office, StandingState::Active).await;
    upload(&office, &bytes).await;
    office.publish(&office.by_institution(&office.removal())).await.unwrap();
    assert_eq!(reason(upload_from(&office, &sealed(9), 0).await), Reason::TerminalRemoved);
}
