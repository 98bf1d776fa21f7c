//! Erased frames are gone, and everything around them stays.

use super::*;

fn erasure(position: Position, replacement: &[u8]) -> Erasure {
    Erasure { position, frame_type: 9, replacement: replacement.to_vec() }
}

#[test]
fn an_erased_frame_has_its_replacement_and_zeros() {
    let directory = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(directory.path()).unwrap();
    journal.roll(0, "a").unwrap();
    let secret = b"the patient's name".as_slice();
    let frames = [Frame::new(1, b"before"), Frame::new(1, secret), Frame::new(1, b"after")];
    let positions = journal.append_round(&frames, b"end").unwrap();
    journal.roll(3, "b").unwrap();
    journal.append_round(&frames, b"end 2").unwrap();

    journal.erase(positions[1], 9, b"gone").unwrap();
    journal.erase(positions[1], 9, b"gone").unwrap();
    let mut payload = b"gone".to_vec();
    payload.resize(secret.len(), 0);
    let erased = Frame::new(9, payload);
    assert_eq!(journal.read(positions[1]).unwrap(), erased);
    assert!(!directory.path().join("erase-intent").exists());
    let bytes = fs::read(directory.path().join("000001-a.journal")).unwrap();
    assert!(!bytes.windows(secret.len()).any(|window| window == secret));

    let (_, visited) = open(directory.path()).unwrap();
    let kept = vec![frames[0].clone(), erased, frames[2].clone()];
    assert_eq!(visited, [(kept, b"end".to_vec()), (frames.to_vec(), b"end 2".to_vec())]);
}

#[test]
fn what_cannot_be_erased_is_refused_and_nothing_changes() {
    let directory = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(directory.path()).unwrap();
    journal.roll(0, "a").unwrap();
    let positions = append(&mut journal, &round(1, 10)).unwrap();
    let end = Position {
        offset: positions[1].offset + 10 + FRAME_OVERHEAD as u64,
        length: 10 + EXTENT as u32,
        ..positions[1]
    };
    let good = erasure(positions[0], b"");
    let refused = journal.erase_all(&[good.clone(), erasure(end, b"")]);
    assert!(matches!(refused, Err(JournalError::ReservedType)));
    assert!(matches!(journal.erase(positions[0], ROUND_END, b""), Err(JournalError::ReservedType)));
    let refused = journal.erase_all(&[good.clone(), erasure(positions[1], &[1; 11])]);
    assert!(matches!(refused, Err(JournalError::ReplacementTooLong { length: 11, .. })));
    let nowhere = Position { offset: positions[0].offset + 1, ..positions[0] };
    let refused = journal.erase_all(&[good.clone(), erasure(nowhere, b"")]);
    assert!(matches!(refused, Err(JournalError::NoFrameAt { .. })));
    let refused = journal.erase_all(&vec![good.clone(); MAX_ERASURES + 1]);
    assert!(matches!(refused, Err(JournalError::TooManyErasures { .. })));
    assert_eq!(open(directory.path()).unwrap().1, [round(1, 10)]);

    journal.erase_all(&vec![good; MAX_ERASURES]).unwrap();
    journal.erase(positions[1], 9, &[1; 10]).unwrap();
    let erased = vec![Frame::new(9, [0; 10]), Frame::new(9, [1; 10])];
    assert_eq!(open(directory.path()).unwrap().1, [(erased, round(1, 10).1)]);
}

/// An intent and every state in which a crash can leave the frame that it is about.
#[test]
fn an_interrupted_erasure_is_done_again() {
    let directory = tempfile::tempdir().unwrap();
    let (mut journal, _) = open(directory.path()).unwrap();
    journal.roll(0, "a").unwrap();
    let positions = append(&mut journal, &round(1, 10)).unwrap();
    append(&mut journal, &round(2, 10)).unwrap();
    let path = directory.path().join("000001-a.journal");
    let old = fs::read(&path).unwrap();
    let position = positions[1];
    let mut payload = b"x".to_vec();
    payload.resize(10, 0);
    let mut frame = Vec::new();
    frame::encode(&mut frame, 9, &[&payload]);
    let mut intent = b"tsumugu/v1/erase-intent\n\0\0\0\x01".to_vec();
    intent.extend_from_slice(&position.to_bytes());
    intent.extend_from_slice(&frame);
    let checksum = crc32fast::hash(&intent);
    intent.extend_from_slice(&checksum.to_be_bytes());
    let intent_path = directory.path().join("erase-intent");

    for written in 0..=frame.len() {
        let mut bytes = old.clone();
        let offset = position.offset as usize;
        bytes[offset..offset + written].copy_from_slice(&frame[..written]);
        fs::write(&path, &bytes).unwrap();
        fs::write(&intent_path, &intent).unwrap();
        let (journal, visited) = open(directory.path()).unwrap();
        assert_eq!(visited.len(), 2);
        assert_eq!(journal.read(position).unwrap(), Frame::new(9, payload.clone()));
        assert_eq!(visited[0].0[0], round(1, 10).0[0]);
        assert!(!intent_path.exists());
    }

    fs::write(&path, &old).unwrap();
    for index in 0..intent.len() {
        let mut flipped = intent.clone();
        flipped[index] ^= 1;
        for bad in [&flipped[..], &intent[..index]] {
            fs::write(&intent_path, bad).unwrap();
            assert!(matches!(open(directory.path()), Err(JournalError::BadIntent)), "{index}");
            assert_eq!(fs::read(&path).unwrap(), old);
        }
    }
}
