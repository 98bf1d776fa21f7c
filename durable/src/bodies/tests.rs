//! Tests of the body store, with its fault table.

use std::fs;

use super::*;

/// A stand-in for SHA-256, which this crate does not have.
fn digest(seed: u8) -> [u8; DIGEST] {
    [seed; DIGEST]
}

fn small(seed: u8) -> Vec<u8> {
    vec![seed; 1000]
}

fn large(seed: u8) -> Vec<u8> {
    vec![seed; SEGMENT_BODY_MAX + 1]
}

fn holds(directory: &Path, needle: &[u8]) -> bool {
    let bytes = fs::read(directory.join("segments/000001.bodies")).unwrap();
    bytes.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn bodies_come_back_also_after_reopening() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = BodyStore::open(directory.path()).unwrap();
    let bodies = [vec![], small(1), vec![2; SEGMENT_BODY_MAX], large(3)];
    let put =
        |store: &mut BodyStore, seed: usize| store.put(&bodies[seed], digest(seed as u8)).unwrap();
    let mut locations: Vec<BodyLocation> = (0..2).map(|seed| put(&mut store, seed)).collect();
    store.sync().unwrap();
    drop(store);
    let mut store = BodyStore::open(directory.path()).unwrap();
    locations.extend((2..4).map(|seed| put(&mut store, seed)));
    store.sync().unwrap();
    store.sync().unwrap();
    assert!(matches!(locations[2], BodyLocation::Segment { .. }));
    assert!(matches!(locations[3], BodyLocation::File { .. }));
    for reader in [store.reader(), BodyStore::open(directory.path()).unwrap().reader()] {
        for (location, body) in locations.iter().zip(&bodies) {
            assert_eq!(&reader.read(location).unwrap(), body);
            assert_eq!(location.length(), body.len() as u64);
        }
    }
}

#[test]
fn an_unfinished_tail_is_in_nobodys_way() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = BodyStore::open(directory.path()).unwrap();
    let first = store.put(&small(1), digest(1)).unwrap();
    let lost = store.put(&small(2), digest(2)).unwrap();
    store.sync().unwrap();
    drop(store);
    let path = directory.path().join("segments/000001.bodies");
    let length = fs::metadata(&path).unwrap().len();
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(length - 500).unwrap();
    let mut store = BodyStore::open(directory.path()).unwrap();
    let third = store.put(&small(3), digest(3)).unwrap();
    store.sync().unwrap();
    assert_eq!(store.read(&first).unwrap(), small(1));
    assert_eq!(store.read(&third).unwrap(), small(3));
    assert!(matches!(store.read(&lost), Err(BodyError::Damaged { .. })));
}

#[test]
fn segments_roll_before_their_limit() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = BodyStore::open(directory.path()).unwrap();
    let first = store.put(&small(1), digest(1)).unwrap();
    store.sync().unwrap();
    drop(store);
    let path = directory.path().join("segments/000001.bodies");
    // Room for exactly one more body of this size.
    let size = (DIGEST + 1000 + crate::FRAME_OVERHEAD) as u64;
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(SEGMENT_ROLL - size).unwrap();
    let mut store = BodyStore::open(directory.path()).unwrap();
    let second = store.put(&small(2), digest(2)).unwrap();
    let third = store.put(&small(3), digest(3)).unwrap();
    store.sync().unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), SEGMENT_ROLL);
    assert!(matches!(second, BodyLocation::Segment { segment: 1, .. }));
    assert!(matches!(third, BodyLocation::Segment { segment: 2, .. }));
    for (location, body) in [(first, small(1)), (second, small(2)), (third, small(3))] {
        assert_eq!(store.read(&location).unwrap(), body);
    }
}

#[test]
fn destroyed_bodies_are_gone_and_may_be_destroyed_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = BodyStore::open(directory.path()).unwrap();
    let kept = store.put(&small(1), digest(1)).unwrap();
    let gone = store.put(&small(2), digest(2)).unwrap();
    let gone_file = store.put(&large(3), digest(3)).unwrap();
    store.sync().unwrap();
    for _ in 0..2 {
        store.destroy_all(&[gone, gone_file]).unwrap();
        assert!(matches!(store.read(&gone), Err(BodyError::Destroyed)));
        assert!(matches!(store.read(&gone_file), Err(BodyError::Absent { .. })));
        store = BodyStore::open(directory.path()).unwrap();
    }
    assert_eq!(store.read(&kept).unwrap(), small(1));
    assert!(holds(directory.path(), &[1; 64]));
    assert!(!holds(directory.path(), &[2; 2]), "neither the body nor its digest");
}

#[test]
fn a_half_overwritten_body_is_destroyed_by_the_repetition() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = BodyStore::open(directory.path()).unwrap();
    let location = store.put(&small(2), digest(2)).unwrap();
    store.sync().unwrap();
    let path = directory.path().join("segments/000001.bodies");
    let before = fs::read(&path).unwrap();
    store.destroy(&location).unwrap();
    let after = fs::read(&path).unwrap();
    for cut in (0..before.len()).step_by(37) {
        fs::write(&path, [&after[..cut], &before[cut..]].concat()).unwrap();
        store.destroy(&location).unwrap();
        assert_eq!(fs::read(&path).unwrap(), after);
    }
}

#[test]
fn a_wrong_location_reads_and_destroys_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = BodyStore::open(directory.path()).unwrap();
    let good = store.put(&small(1), digest(1)).unwrap();
    let other = store.put(&small(2), digest(2)).unwrap();
    store.sync().unwrap();
    let BodyLocation::Segment { segment, offset, length, digest } = good else { unreachable!() };
    let at = |segment, offset, length| BodyLocation::Segment { segment, offset, length, digest };
    for bad in [
        at(0, offset, length),
        at(2, offset, length),
        at(segment, 0, length),
        at(segment, offset + 1, length),
        at(segment, u64::MAX, length),
        at(segment, offset, length - 1),
        at(segment, offset, u32::MAX),
        BodyLocation::File { length: u64::MAX, checksum: 0, digest },
    ] {
        assert!(matches!(store.read(&bad), Err(BodyError::Absent { .. })), "{bad:?}");
        store.destroy(&bad).unwrap();
    }
    // Another body of the same length: told apart by the digest.
    let BodyLocation::Segment { offset, .. } = other else { unreachable!() };
    let refused = store.read(&at(segment, offset, length));
    assert!(matches!(refused, Err(BodyError::Absent { .. })));
    assert_eq!(store.read(&good).unwrap(), small(1));
    assert_eq!(store.read(&other).unwrap(), small(2));
}

#[test]
fn damage_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = BodyStore::open(directory.path()).unwrap();
    let in_segment = store.put(&small(1), digest(1)).unwrap();
    let in_file = store.put(&large(2), digest(2)).unwrap();
    store.sync().unwrap();
    let segment = directory.path().join("segments/000001.bodies");
    let name = hex::encode(digest(2));
    let file = directory.path().join("files/02").join(&name);
    let mut bytes = fs::read(&segment).unwrap();
    bytes[100] ^= 1;
    fs::write(&segment, &bytes).unwrap();
    assert!(matches!(store.read(&in_segment), Err(BodyError::Damaged { .. })));
    for bad in [&large(3)[..], &large(2)[1..], &[large(2), vec![2]].concat()] {
        fs::write(&file, bad).unwrap();
        assert!(matches!(store.read(&in_file), Err(BodyError::Damaged { .. })));
    }
    bytes[0] ^= 1;
    fs::write(&segment, &bytes).unwrap();
    let refused = BodyStore::open(directory.path());
    assert!(matches!(refused, Err(BodyError::BadSegment { segment: 1 })));
    fs::write(directory.path().join("segments/1.bodies"), b"").unwrap();
    assert!(matches!(BodyStore::open(directory.path()), Err(BodyError::BadName { .. })));
}

#[test]
fn files_that_no_location_leads_to_are_removed() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = BodyStore::open(directory.path()).unwrap();
    let kept = store.put(&large(1), digest(1)).unwrap();
    let orphan = store.put(&large(2), digest(2)).unwrap();
    let temporary = directory.path().join("files/02/1-0.tsumugu-tmp");
    fs::write(&temporary, b"half").unwrap();
    let mut store = BodyStore::open(directory.path()).unwrap();
    assert!(!temporary.exists());
    assert_eq!(store.retain_files(|found| found == &digest(1)).unwrap(), 1);
    assert_eq!(store.read(&kept).unwrap(), large(1));
    assert!(matches!(store.read(&orphan), Err(BodyError::Absent { .. })));
}

/// The fault table: after a failed step the store has stopped, and start-up finds a state from
/// which putting and destroying again come right.
#[cfg(debug_assertions)]
#[test]
fn a_failed_step_stops_and_can_be_repeated_after_a_restart() {
    use crate::fault::Fault::{Half, NotPersisted, Persisted};
    use crate::fault::Step::{Remove, Rename, Sync, SyncDirectory, Write};

    for step in [Write, Sync, Rename, SyncDirectory, Remove] {
        for nth in 1..=3 {
            for fault in [NotPersisted, Half, Persisted] {
                let directory = tempfile::tempdir().unwrap();
                let faults = FaultPlan::none();
                let mut store = BodyStore::open_with(directory.path(), faults.clone()).unwrap();
                let before = store.put(&small(1), digest(1)).unwrap();
                let doomed = store.put(&small(2), digest(2)).unwrap();
                let doomed_file = store.put(&large(3), digest(3)).unwrap();
                store.sync().unwrap();

                faults.arm(step, nth, fault);
                // Writes: file, body, destruction; syncs: file, bodies, destruction.
                let run = |store: &mut BodyStore| {
                    let file = store.put(&large(4), digest(4))?;
                    let body = store.put(&small(5), digest(5))?;
                    store.sync()?;
                    store.destroy_all(&[doomed, doomed_file])?;
                    Ok::<_, BodyError>((file, body))
                };
                let failed = run(&mut store);
                if failed.is_err() {
                    assert!(store.is_stopped());
                    assert!(matches!(store.put(b"", digest(0)), Err(BodyError::Stopped)));
                    assert!(matches!(store.sync(), Err(BodyError::Stopped)));
                    assert!(matches!(store.destroy(&doomed), Err(BodyError::Stopped)));
                } else {
                    assert!(faults.is_pending(), "a fault was swallowed");
                }
                assert_eq!(failed.is_ok(), faults.is_pending());
                drop(store);

                let mut store = BodyStore::open(directory.path()).unwrap();
                assert_eq!(store.read(&before).unwrap(), small(1));
                let (file, body) = run(&mut store).unwrap();
                assert_eq!(store.read(&before).unwrap(), small(1));
                assert_eq!(store.read(&file).unwrap(), large(4));
                assert_eq!(store.read(&body).unwrap(), small(5));
                assert!(matches!(store.read(&doomed), Err(BodyError::Destroyed)));
                assert!(matches!(store.read(&doomed_file), Err(BodyError::Absent { .. })));
            }
        }
    }
}

#[test]
fn readers_meet_a_body_whole_or_destroyed_and_never_between() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = BodyStore::open(directory.path()).unwrap();
    let locations: Vec<BodyLocation> =
        (0..200u8).map(|seed| store.put(&small(seed), digest(seed)).unwrap()).collect();
    store.sync().unwrap();
    let reader = store.reader();
    let to_read = locations.clone();
    let reading = std::thread::spawn(move || {
        for (seed, location) in to_read.iter().enumerate().rev() {
            match reader.read(location) {
                Ok(body) => assert_eq!(body, small(seed as u8)),
                Err(BodyError::Destroyed) => {}
                Err(other) => panic!("{other}"),
            }
        }
    });
    for location in &locations {
        store.destroy(location).unwrap();
    }
    reading.join().unwrap();
}
