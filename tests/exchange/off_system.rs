//! Records of what went past the exchange.

use tsumugu_proto::v1::ErrorReason as Reason;
use tsumugu_trust::letter::MAX_SEALED_RECORD;
use tsumugu_trust::statement::{AnyBody, OffSystem, Statement};
use tsumugu_trust::value::{Id, Time};

use crate::support::fresh;
use crate::support::link::{limit, reason};
use crate::support::town::{DAY, Town};

#[tokio::test]
async fn a_record_is_logged_once_and_only_its_own_institution_reads_it() {
    let town = Town::new_here().await;
    let (own, other) = (town.office().await, town.office().await);
    let record = own.record(None, |_| {});
    let at = own.hand_in_record(&record).await.unwrap().at;
    assert_eq!(own.hand_in_record(&record).await.unwrap().at, at);
    let mine = own.letters().await;
    assert_eq!(mine.len(), 1);
    assert_eq!((&mine[0].record, mine[0].at), (&record.0.bytes(), at));
    assert_eq!(own.details().await, [record.1]);
    assert!(other.letters().await.is_empty());
}

#[tokio::test]
async fn an_id_is_used_once() {
    let town = Town::new_here().await;
    let own = town.office().await;
    let first = own.record(None, |_| {});
    own.hand_in_record(&first).await.unwrap();
    let id = lines(&first.0).id;
    let again = own.record(None, |lines| lines.id = id);
    assert_eq!(reason(own.hand_in_record(&again).await), Reason::IdReused);
    // Of another institution it is another record.
    let other = town.office().await;
    other.hand_in_record(&other.record(None, |lines| lines.id = id)).await.unwrap();
}

#[tokio::test]
async fn what_a_record_is_about_is_a_first_one_of_the_same_institution() {
    let town = Town::new_here().await;
    let (own, other) = (town.office().await, town.office().await);
    let first = own.record(None, |_| {});
    let about = Some(lines(&first.0).id);
    assert_eq!(reason(own.hand_in_record(&own.record(about, |_| {})).await), Reason::Rule);
    own.hand_in_record(&first).await.unwrap();
    let second = own.record(about, |_| {});
    own.hand_in_record(&second).await.unwrap();
    own.hand_in_record(&own.record(about, |_| {})).await.unwrap();
    let of_second = own.record(Some(lines(&second.0).id), |_| {});
    assert_eq!(reason(own.hand_in_record(&of_second).await), Reason::Rule);
    assert_eq!(reason(other.hand_in_record(&other.record(about, |_| {})).await), Reason::Rule);
}

#[tokio::test]
async fn a_record_is_signed_by_a_terminal_of_its_institution_and_near_in_time() {
    let town = Town::new_here().await;
    let (own, other) = (town.office().await, town.office().await);
    let forged = own.record(None, |lines| lines.from = other.id);
    assert_eq!(reason(own.hand_in_record(&forged).await), Reason::BadSignature);
    let stolen = other.record(None, |lines| lines.from = own.id);
    assert_eq!(reason(own.hand_in_record(&stolen).await), Reason::BadSignature);
    for change in [
        (|lines: &mut OffSystem| lines.recorded = Time(lines.recorded.0 + DAY)) as fn(&mut _),
        |lines| lines.recorded = Time(lines.recorded.0 - 31 * DAY),
        |lines| lines.id = Id::for_message(Time(lines.recorded.0 - 31 * DAY), &fresh()),
    ] {
        assert_eq!(reason(own.hand_in_record(&own.record(None, change)).await), Reason::Clock);
    }
    assert!(own.letters().await.is_empty());
}

#[tokio::test]
async fn the_detail_is_the_one_that_is_named_and_has_an_edge() {
    let town = Town::new_here().await;
    let own = town.office().await;
    let (statement, detail) = own.record(None, |_| {});
    for wrong in [Vec::new(), [detail.as_slice(), b"x"].concat(), vec![0; detail.len()]] {
        assert_eq!(reason(own.hand_in_record(&(statement.clone(), wrong)).await), Reason::Rule);
    }
    let over = own.record_with(vec![7; MAX_SEALED_RECORD + 1], None, |_| {});
    assert_eq!(limit(own.hand_in_record(&over).await).1, MAX_SEALED_RECORD.to_string());
    own.hand_in_record(&own.record_with(vec![7; MAX_SEALED_RECORD], None, |_| {})).await.unwrap();
}

fn lines(statement: &Statement) -> OffSystem {
    let AnyBody::OffSystem(lines) = &statement.body else { panic!("a record") };
    lines.clone()
}
