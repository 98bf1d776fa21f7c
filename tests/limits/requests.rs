//! Requests, streams and calls of one party, and what the others notice of them.

use std::time::Duration;

use tsumugu_proto::v1;

use crate::support::link::{limit, retry_after};
use crate::support::town::Town;

#[tokio::test]
async fn streams_of_one_institution_are_its_own() {
    let mut town = Town::new_here().await;
    town.folder.limits(|limits| limits.streams_per_institution = 2);
    let (mut a, mut b) = (town.office().await, town.office().await);
    town.restart(&mut [&mut a, &mut b]).await;
    let held = (a.subscribe(0, false).await.unwrap(), a.subscribe(0, false).await.unwrap());
    let refused = a.subscribe(0, false).await.unwrap_err();
    assert!(retry_after(&refused).is_some());
    assert_eq!(limit(Err::<(), _>(refused)).0, "streams_per_institution");
    // Its letters go on, and so does everybody else.
    a.send_one(&a.note(&b, |_| {})).await.unwrap();
    b.subscribe(0, false).await.unwrap();
    drop(held);
    while a.subscribe(0, false).await.is_err() {}
}

#[tokio::test]
async fn a_request_larger_than_its_kind_is_not_read_to_its_end() {
    let town = Town::new_here().await;
    let a = town.office().await;
    let id = "a".repeat(200 << 10);
    let request = v1::TrackRequest { from: id.clone(), id };
    let answer = a.link.exchange().track(request).await;
    assert_eq!(limit(answer), ("request_message_bytes".into(), "131072".into()));
}

#[tokio::test]
async fn calls_for_an_invitation_and_from_an_address_are_counted() {
    let mut town = Town::new_here().await;
    town.folder.limits(|limits| {
        (limits.calls_per_invitation, limits.calls_per_address) = (3, 6);
    });
    town.restart(&mut []).await;
    let papers = [town.invite(town.wanted()).await, town.invite(town.wanted()).await];
    let [one, two] = papers.map(Result::unwrap);
    let link = town.link(None).await;
    let ask = |paper: &crate::support::administrator::Paper| {
        let request = v1::GetInvitationRequest { invitation_id: paper.id() };
        let mut enrolment = link.enrolment();
        async move { enrolment.get_invitation(request).await }
    };
    for _ in 0..3 {
        ask(&one).await.unwrap();
    }
    let refused = ask(&one).await.unwrap_err();
    assert_eq!(retry_after(&refused), Some(Duration::from_secs(20)));
    assert_eq!(limit(Err::<(), _>(refused)), ("calls_per_invitation".into(), "3".into()));
    ask(&two).await.unwrap();
    ask(&two).await.unwrap();
    let refused = ask(&two).await.unwrap_err();
    assert_eq!(retry_after(&refused), Some(Duration::from_secs(10)));
    assert_eq!(limit(Err::<(), _>(refused)), ("calls_per_address".into(), "6".into()));
    // Members are not strangers, wherever they are.
    town.sync().await;
    town.time.advance(20_000);
    ask(&one).await.unwrap();
}
