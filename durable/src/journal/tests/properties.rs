//! Any journal comes back; any bytes at all are taken without a panic.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn any_round() -> impl Strategy<Value = Plain> {
    let payload = || vec(prop_oneof![Just(0u8), Just(255), any::<u8>()], 0..1500);
    let frame = (0..255u8, payload()).prop_map(|(kind, payload)| Frame::new(kind, payload));
    (vec(frame, 0..5), payload())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_rounds_cut_anywhere_give_a_beginning_of_them(
        rounds in vec((any_round(), any::<bool>()), 1..12),
        keep in any::<prop::sample::Index>(),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let (mut journal, _) = open(directory.path()).unwrap();
        journal.roll(0, "a").unwrap();
        let mut in_last = 0;
        for (index, (round, rolls)) in rounds.iter().enumerate() {
            if *rolls {
                journal.roll(index as u64, "b").unwrap();
                in_last = 0;
            }
            append(&mut journal, round).unwrap();
            in_last += 1;
        }
        let rounds: Vec<Plain> = rounds.into_iter().map(|(round, _)| round).collect();
        prop_assert_eq!(&open(directory.path()).unwrap().1, &rounds);

        let last = journal.segments().pop().unwrap();
        let path = directory.path().join(format!("{:06}-{}.journal", last.number, last.label));
        let length = fs::metadata(&path).unwrap().len();
        let header = segment::HEADER;
        let kept = header + keep.index((length - header) as usize) as u64;
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(kept).unwrap();
        let (_, visited) = open(directory.path()).unwrap();
        prop_assert!(visited.len() < rounds.len());
        prop_assert!(visited.len() >= rounds.len() - in_last);
        prop_assert_eq!(&visited[..], &rounds[..visited.len()]);
    }

    #[test]
    fn any_bytes_open_or_are_refused(
        whole_rounds in 0usize..3,
        noise in vec(prop_oneof![Just(0u8), Just(255), any::<u8>()], 0..4096),
        with_header in any::<bool>(),
        intent in proptest::option::of(vec(any::<u8>(), 0..200)),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let rounds: Vec<Plain> = (0..whole_rounds).map(|seed| round(seed as u8, 50)).collect();
        let path = journal_of(directory.path(), &rounds);
        let mut bytes = if with_header { fs::read(&path).unwrap() } else { vec![] };
        bytes.extend_from_slice(&noise);
        fs::write(&path, &bytes).unwrap();
        if let Some(intent) = intent {
            fs::write(directory.path().join("erase-intent"), intent).unwrap();
        }
        if let Ok((_, visited)) = open(directory.path()) {
            prop_assert_eq!(visited, rounds);
        }
    }

    #[test]
    fn any_frame_and_position_is_taken_without_a_panic(bytes in vec(any::<u8>(), 0..64)) {
        let _ = frame::check(&bytes);
        if let Some(position) = Position::from_bytes(&bytes) {
            prop_assert_eq!(position.to_bytes().to_vec(), bytes.clone());
        }
        let _ = tail::is_torn(&bytes, 31, 31);
    }
}
