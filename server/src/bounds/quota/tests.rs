use proptest::prelude::*;

use super::*;

const A: Id = Id([1; 16]);
const B: Id = Id([2; 16]);
/// 2027-01-15T14:59:59.999Z: a millisecond before midnight in Japan.
const EVE: Time = Time(1_800_025_199_999);

fn quota(dir: &Path) -> Quota {
    let limits = Limits { letters_per_day: 3, megabytes_per_day: 2, ..Limits::default() };
    Quota::open(dir, &limits).unwrap()
}

fn name(refused: Refused) -> (String, Option<Duration>) {
    (refused.metadata[0].1.clone(), refused.retry)
}

#[test]
fn letters_and_bytes_have_their_edges() {
    let dir = tempfile::tempdir().unwrap();
    let quota = quota(dir.path());
    let (now, day) = (Time(EVE.0 - 3_599_999), Some(Duration::from_secs(3_600)));
    let _ = quota.charge_letters(A, 2, MIB, now).unwrap();
    let over = quota.charge_letters(A, 2, 0, now).unwrap_err();
    assert_eq!(name(over), ("letters_per_day".to_owned(), day));
    let _ = quota.charge_letters(A, 1, MIB - 1, now).unwrap();
    let _ = quota.charge(A, 1, now).unwrap();
    let over = quota.charge(A, 1, now).unwrap_err();
    assert_eq!(name(over), ("megabytes_per_day".to_owned(), day));
    let _ = quota.charge(A, 0, now).unwrap();
    let _ = quota.charge_letters(B, 3, 2 * MIB, now).unwrap();
    assert!(quota.charge(B, u64::MAX, now).is_err());
}

#[test]
fn the_day_ends_at_midnight_in_japan() {
    let dir = tempfile::tempdir().unwrap();
    let quota = quota(dir.path());
    let _ = quota.charge_letters(A, 3, 0, EVE).unwrap();
    let over = quota.charge_letters(A, 1, 0, EVE).unwrap_err();
    assert_eq!(over.retry, Some(Duration::from_secs(1)));
    let _ = quota.charge_letters(A, 3, 0, Time(EVE.0 + 1)).unwrap();
    assert!(quota.charge_letters(A, 1, 0, Time(EVE.0 + DAY_MS)).is_err());
    let files: Vec<_> = fs::read_dir(dir.path().join(FOLDER)).unwrap().flatten().collect();
    assert_eq!(files.len(), 1, "{files:?}");
}

#[test]
fn what_was_not_taken_in_is_given_back() {
    let dir = tempfile::tempdir().unwrap();
    let quota = quota(dir.path());
    let charged = quota.charge_letters(A, 3, 2 * MIB, EVE).unwrap();
    quota.refund(charged);
    let charged = quota.charge_letters(A, 3, 2 * MIB, EVE).unwrap();
    // Of a day that is over there is nothing to give back.
    let _ = quota.charge_letters(A, 3, 0, Time(EVE.0 + 1)).unwrap();
    quota.refund(charged);
    assert!(quota.charge_letters(A, 1, 0, Time(EVE.0 + 1)).is_err());
}

#[test]
fn a_restart_forgets_nothing_of_the_day() {
    let dir = tempfile::tempdir().unwrap();
    let first = quota(dir.path());
    let _ = first.charge_letters(A, 2, 5, EVE).unwrap();
    let taken = first.charge_letters(A, 1, 5, EVE).unwrap();
    first.refund(taken);
    drop(first);
    let again = quota(dir.path());
    let _ = again.charge_letters(A, 1, 0, EVE).unwrap();
    assert!(again.charge_letters(A, 1, 0, EVE).is_err());
    drop(again);
    // A line that a power cut tore, and what no program of ours wrote.
    let path = dir.path().join(FOLDER).join(day_of(EVE).to_string());
    let mut text = fs::read_to_string(&path).unwrap();
    text.push_str(&format!("nonsense\n{A} 1\n{A} 1 1 1\n{A} -1"));
    fs::write(&path, text).unwrap();
    let again = quota(dir.path());
    assert!(again.charge_letters(A, 1, 0, EVE).is_err());
    // The next day knows nothing of it.
    let _ = quota(dir.path()).charge_letters(A, 3, 0, Time(EVE.0 + 1)).unwrap();
}

#[test]
fn the_file_is_written_anew_before_it_grows() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { letters_per_day: 10_000_000, ..Limits::default() };
    let quota = Quota::open(dir.path(), &limits).unwrap();
    for _ in 0..MAX_CHARGES + 2 {
        let _ = quota.charge_letters(A, 1, 1, EVE).unwrap();
    }
    let path = dir.path().join(FOLDER).join(day_of(EVE).to_string());
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
    let again = Quota::open(dir.path(), &limits).unwrap();
    again.turn_to(&mut again.book(), day_of(EVE));
    assert_eq!(again.book().sums[&A].letters, MAX_CHARGES as u64 + 2);
}

proptest! {
    #[test]
    fn any_line_is_read_or_left_out(line in ".{0,80}") {
        let _ = summed(&[line]);
    }

    #[test]
    fn what_is_written_is_read(letters in any::<i64>(), bytes in any::<i64>()) {
        prop_assert_eq!(parse(&format!("{A} {letters} {bytes}")), Some((A, letters, bytes)));
    }
}
