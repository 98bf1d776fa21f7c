//! Connections: strangers take no place of a member's, and nobody all of them.

use std::time::Duration;

use tsumugu_proto::v1;

use crate::support::link::{Link, limit, retry_after};
use crate::support::town::Town;

async fn asks(link: &Link) -> Result<(), tonic::Status> {
    let request = v1::GetInvitationRequest { invitation_id: vec![7; 16].into() };
    match link.enrolment().get_invitation(request).await {
        Err(status) if status.code() == tonic::Code::NotFound => Ok(()),
        answer => answer.map(drop),
    }
}

#[tokio::test]
async fn strangers_leave_the_members_their_places() {
    let mut town = Town::new_here().await;
    let mut a = town.office().await;
    town.folder.limits(|limits| {
        (limits.connections_without_certificate, limits.connections_per_address) = (3, 2);
        limits.connections = 2;
    });
    town.restart(&mut [&mut a]).await;
    let strangers = [town.link(None).await, town.link(None).await];
    for stranger in &strangers {
        asks(stranger).await.unwrap();
    }
    // Further ones are told why; those beyond these are closed unheard.
    let told = town.link(None).await;
    let refused = asks(&told).await.unwrap_err();
    assert_eq!(retry_after(&refused), Some(Duration::from_secs(30)));
    assert_eq!(limit(Err::<(), _>(refused)), ("connections_per_address".into(), "2".into()));
    let mut crowd = Vec::new();
    let (clock, pin) = (town.clock.clone(), town.folder.ca_pin);
    let address = town.address.clone();
    let open = || Link::open(&address, pin, None, clock.clone());
    for _ in 0..40 {
        crowd.push(open().await);
    }
    assert!(crowd.iter().any(Result::is_err), "some were not even told");
    for _ in 0..3 {
        a.link = town.link(Some(a.identity.clone())).await;
        a.send_one(&a.note(&a, |_| {})).await.unwrap();
    }
    // An administrator comes in also when the members' places are taken.
    town.reconnect(&mut []).await;
    town.sync().await;
    // Once they have gone, others may come.
    drop((strangers, told, crowd));
    loop {
        if let Ok(link) = open().await
            && asks(&link).await.is_ok()
        {
            break;
        }
    }
}

#[tokio::test]
async fn an_institution_has_its_share_of_connections() {
    let mut town = Town::new_here().await;
    let (mut a, mut b) = (town.office().await, town.office().await);
    town.folder.limits(|limits| limits.connections_per_institution = 2);
    town.restart(&mut [&mut a, &mut b]).await;
    let second = town.link(Some(a.identity.clone())).await;
    let third = town.link(Some(a.identity.clone())).await;
    let ask = |link: &Link| {
        let mut log = link.log();
        async move { log.get_checkpoint(v1::GetCheckpointRequest::default()).await.map(drop) }
    };
    ask(&second).await.unwrap();
    let refused = ask(&third).await.unwrap_err();
    assert_eq!(retry_after(&refused), Some(Duration::from_secs(30)));
    assert_eq!(limit(Err::<(), _>(refused)), ("connections_per_institution".into(), "2".into()));
    ask(&a.link).await.unwrap();
    let other = town.link(Some(b.identity.clone())).await;
    ask(&other).await.unwrap();
    drop(second);
    loop {
        let link = town.link(Some(a.identity.clone())).await;
        if ask(&link).await.is_ok() {
            break;
        }
    }
}
