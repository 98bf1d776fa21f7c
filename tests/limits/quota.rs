//! The day's quota: how far it goes, when it begins anew, and what it does not stand in the way of.

use std::time::Duration;

use crate::support::link::{limit, retry_after};
use crate::support::town::{HOUR, Town};

/// The tests begin at 17:00 in Japan.
const UNTIL_MIDNIGHT: u64 = 7 * HOUR;

#[tokio::test]
async fn a_full_day_is_refused_until_midnight_in_japan() {
    let mut town = Town::new_here().await;
    town.folder.limits(|limits| limits.letters_per_day = 3);
    let (mut a, mut b) = (town.office().await, town.office().await);
    town.restart(&mut [&mut a, &mut b]).await;
    let letters: Vec<_> = (0..4).map(|_| a.note(&b, |_| {})).collect();
    let first = a.send(&[&letters[0], &letters[1]]).await.unwrap();

    // All of a call, or none of it.
    let refused = a.send(&[&letters[2], &letters[3]]).await.unwrap_err();
    assert_eq!(retry_after(&refused), Some(Duration::from_millis(UNTIL_MIDNIGHT)));
    let said = refused.message().to_owned();
    assert!(said.contains("From midnight in Japan on"), "{said}");
    assert_eq!(limit(Err::<(), _>(refused)), ("letters_per_day".into(), "3".into()));
    a.send_one(&letters[2]).await.unwrap();
    let full = |answer| assert_eq!(limit(answer), ("letters_per_day".into(), "3".into()));
    full(a.send_one(&letters[3]).await);

    // Who lost the answer gets it again; answers and other institutions are not in its way.
    let again = a.send(&[&letters[0], &letters[1]]).await.unwrap();
    assert_eq!(again[0].at.index, first[0].at.index);
    b.opened(&letters[0]).await.unwrap();
    b.send_one(&b.note(&a, |_| {})).await.unwrap();

    // A restart forgets nothing of it, nor does the last millisecond of the day.
    town.restart(&mut [&mut a, &mut b]).await;
    full(a.send_one(&letters[3]).await);
    town.time.advance(UNTIL_MIDNIGHT - 1);
    full(a.send_one(&letters[3]).await);
    town.time.advance(1);
    a.send_one(&letters[3]).await.unwrap();
}

#[tokio::test]
async fn bytes_are_counted_and_what_was_refused_is_not() {
    let mut town = Town::new_here().await;
    town.folder.limits(|limits| limits.megabytes_per_day = 1);
    let (mut a, mut b) = (town.office().await, town.office().await);
    town.restart(&mut [&mut a, &mut b]).await;
    let sized = |bytes: usize| a.letter_with(&b, vec![7; bytes], |_| {});
    let most = 1 << 20;
    for _ in 0..3 {
        let mut wrong = sized(most);
        wrong.body.push(7);
        assert!(a.send_one(&wrong).await.is_err());
        let mut wrong = sized(most);
        wrong.body[0] = 8;
        assert!(a.send_one(&wrong).await.is_err(), "it is not what the envelope names");
    }
    let too_much = sized(most + 1);
    let over = limit(a.send_one(&too_much).await);
    assert_eq!(over, ("megabytes_per_day".into(), "1".into()));
    a.send_one(&sized(most)).await.unwrap();
    assert_eq!(limit(a.send_one(&sized(1)).await).0, "megabytes_per_day");
}
