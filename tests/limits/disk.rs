//! A disk that fills up: letters are refused while answers, ticks and removals are still logged.

use std::time::Duration;

use tsumugu_durable::space::SetSpace;
use tsumugu_proto::v1;
use tsumugu_trust::statement::Answer;

use crate::support::link::{limit, retry_after};
use crate::support::town::Town;

const MIB: u64 = 1 << 20;

#[tokio::test]
async fn a_full_disk_takes_no_letters_and_logs_all_else() {
    let mut town = Town::new_here().await;
    town.folder.limits(|limits| limits.disk_reserve_megabytes = 10);
    let (mut a, mut b) = (town.office().await, town.office().await);
    let space = SetSpace::of(10 * MIB);
    town.start_with_space(space.clone(), &mut [&mut a, &mut b]).await;
    let (early, late) = (a.note(&b, |_| {}), a.note(&b, |_| {}));
    let first = a.send_one(&early).await.unwrap();

    space.set(10 * MIB - 1);
    let refused = a.send_one(&late).await.unwrap_err();
    assert_eq!(retry_after(&refused), Some(Duration::from_secs(600)));
    assert!(refused.message().contains("must make room"), "{refused}");
    assert_eq!(limit(Err::<(), _>(refused)), ("disk_reserve_megabytes".into(), "10".into()));

    // What came in before is handed out and answered; who lost an answer gets it.
    assert_eq!(a.send_one(&early).await.unwrap().at.index, first.at.index);
    b.fetch(&early).await.unwrap();
    b.opened(&early).await.unwrap();
    b.dispose(&b.disposition(&early, Answer::Acknowledged)).await.unwrap();
    // The stop writes a tick.
    let before = town.eye.newest().size();
    town.start_with_space(space.clone(), &mut [&mut a, &mut b]).await;
    town.sync().await;
    assert!(town.eye.newest().size() > before);
    let removal = b.by_institution(&b.removal());
    let request = v1::PublishStatementRequest { statement: removal.bytes().into() };
    b.link.directory().publish_statement(request).await.unwrap();
    assert_eq!(limit(a.send_one(&late).await).0, "disk_reserve_megabytes");

    space.set(10 * MIB);
    a.send_one(&a.note(&a, |_| {})).await.unwrap();
    drop(late);
}
