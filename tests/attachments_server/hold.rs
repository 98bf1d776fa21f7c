//! What two administrators hold (保全) is not destroyed when its time is over.

use tonic::Status;
use tsumugu_proto::v1::{self, ErrorReason as Reason};
use tsumugu_trust::statement::{DestroyedReason, Hold, HoldState, Statement, sign};

use crate::retention::{answered, destroyed, is_rebuilt};
use crate::support::fresh_id;
use crate::support::link::reason;
use crate::support::town::{DAY, Town};
use crate::wire::*;

async fn propose(town: &Town, by: usize, hold: &Hold) -> Result<v1::ProposeResponse, Status> {
    let by = &town.administrators[by];
    let statement = sign(&town.folder.origin, hold, &[&by.key()]).unwrap();
    let request = v1::ProposeRequest { statement: statement.bytes().into() };
    Ok(by.link.admin().propose(request).await?.into_inner())
}

/// The newest hold of a message, as the exchange says.
async fn newest(town: &Town, hold: &Hold) -> Option<Statement> {
    let (hold_from, hold_id) = (hold.from.to_string(), hold.id.to_string());
    let asked = v1::ListPendingRequest { hold_from, hold_id };
    let answer = town.administrators[0].link.admin().list_pending(asked).await.unwrap();
    let note = answer.into_inner().hold;
    (!note.is_empty()).then(|| Statement::parse(&note).unwrap())
}

#[tokio::test]
async fn what_two_administrators_hold_is_kept_until_they_release_it() {
    let mut town = Town::with_administrators(2).await;
    let (mut from, mut to) = (town.office().await, town.office().await);
    town.stop().await;
    town.folder.limits(|limits| limits.body_retention_days = 2);
    town.start().await;
    town.reconnect(&mut [&mut from, &mut to]).await;
    let bytes = sealed(100_000);
    let name = upload(&from, &bytes).await;
    let (held, other) = (with(&from, &to, &[&name]), with(&from, &to, &[&name]));
    answered(&from, &to, &held).await;
    answered(&from, &to, &other).await;

    let (from_id, id, ordered) = (from.id, held.lines.id, held.lines.composed);
    let hold = |version, state| Hold { from: from_id, id, version, state, ordered };
    let on = hold(1, HoldState::On);
    // What continues nothing is not kept either.
    for wrong in [hold(1, HoldState::Off), hold(2, HoldState::On)] {
        assert_eq!(reason(propose(&town, 0, &wrong).await), Reason::Rule);
    }
    let unknown = Hold { id: fresh_id(), ..on.clone() };
    assert_eq!(reason(propose(&town, 0, &unknown).await), Reason::NotFound);
    // One administrator is not two, however often.
    for _ in 0..2 {
        let half = propose(&town, 0, &on).await.unwrap();
        assert_eq!((half.receipt, half.signatures, half.needed), (None, 1, 2));
    }
    assert!(newest(&town, &on).await.is_none());
    let whole = propose(&town, 1, &on).await.unwrap();
    assert_eq!((whole.receipt.is_some(), whole.signatures), (true, 2));
    let again = propose(&town, 1, &on).await.unwrap();
    assert_eq!(again.receipt.unwrap().index, whole.receipt.unwrap().index);
    let said = newest(&town, &on).await.unwrap();
    assert_eq!((said.text(), said.signatures().len()), (&*sign_text(&town, &on), 2));
    assert_eq!(reason(propose(&town, 0, &hold(2, HoldState::On)).await), Reason::Rule);

    town.time.advance(3 * DAY);
    town.restart(&mut [&mut from, &mut to]).await;
    assert!(destroyed(&from, &held).await.is_empty());
    assert_eq!(destroyed(&from, &other).await, [DestroyedReason::Retention]);
    assert!(fetch(&to, &held, &name).await.unwrap() == bytes);
    // So it stays when the views are made anew from the journal.
    town.stop().await;
    assert!(town.folder.check(true).is_whole());
    town.start().await;
    town.reconnect(&mut [&mut from, &mut to]).await;
    assert!(destroyed(&from, &held).await.is_empty());
    to.fetch(&held).await.unwrap();

    let off = hold(2, HoldState::Off);
    propose(&town, 1, &off).await.unwrap();
    town.restart(&mut [&mut from, &mut to]).await;
    assert!(destroyed(&from, &held).await.is_empty(), "one signature lets nothing go");
    assert!(propose(&town, 0, &off).await.unwrap().receipt.is_some());
    town.restart(&mut [&mut from, &mut to]).await;
    for office in [&from, &to] {
        assert_eq!(destroyed(office, &held).await, [DestroyedReason::Retention]);
        assert_eq!(reason(fetch(office, &held, &name).await), Reason::BodyGone);
    }
    // What is destroyed cannot be held any more.
    assert_eq!(reason(propose(&town, 0, &hold(3, HoldState::On)).await), Reason::BodyGone);
    // Neither party sees that somebody held it.
    for office in [&from, &to] {
        let events = office.mailbox().await;
        assert!(events.iter().all(|event| !event.record.starts_with(b"tsumugu/v1/hold\n")));
    }
    is_rebuilt(town).await;
}

#[tokio::test]
async fn what_is_destroyed_between_the_two_signatures_is_not_held() {
    let mut town = Town::with_administrators(2).await;
    let (mut from, mut to) = (town.office().await, town.office().await);
    town.stop().await;
    town.folder.limits(|limits| limits.body_retention_days = 2);
    town.start().await;
    town.reconnect(&mut [&mut from, &mut to]).await;
    let letter = with(&from, &to, &[&upload(&from, &sealed(1_000)).await]);
    answered(&from, &to, &letter).await;
    let (id, ordered) = (letter.lines.id, letter.lines.composed);
    let on = Hold { from: from.id, id, version: 1, state: HoldState::On, ordered };
    assert!(propose(&town, 0, &on).await.unwrap().receipt.is_none());
    town.time.advance(3 * DAY);
    town.restart(&mut [&mut from, &mut to]).await;
    assert_eq!(destroyed(&from, &letter).await, [DestroyedReason::Retention]);
    for by in [1, 0] {
        assert_eq!(reason(propose(&town, by, &on).await), Reason::BodyGone);
    }
    assert!(newest(&town, &on).await.is_none());
    is_rebuilt(town).await;
}

fn sign_text(town: &Town, hold: &Hold) -> String {
    tsumugu_trust::statement::encode_text(&town.folder.origin, hold)
}
