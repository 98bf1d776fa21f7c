//! Tests of the store of attachments, with its fault table.

use std::fs;

use proptest::prelude::*;

use super::upload::Hasher;
use super::*;

const A: [u8; OWNER] = [0xaa; OWNER];
const B: [u8; OWNER] = [0xbb; OWNER];
const QUOTA: Quota = Quota { uploads: 8, bytes: 8 << 20 };

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 / 7) as u8).collect()
}

fn name_of(owner: [u8; OWNER], bytes: &[u8]) -> UploadName {
    let mut hash = Hasher::new();
    hash.update(bytes);
    UploadName { owner, digest: hash.digest(), length: bytes.len() as u64 }
}

fn open(directory: &Path) -> AttachmentStore {
    AttachmentStore::open(directory).unwrap()
}

/// Uploads from an offset on, in pieces.
fn put(
    store: &AttachmentStore,
    name: UploadName,
    offset: usize,
    bytes: &[u8],
    piece: usize,
) -> Result<Progress, AttachmentError> {
    let mut writer = store.upload(name, offset as u64, QUOTA, 1000)?;
    for piece in bytes.chunks(piece) {
        writer.write(piece, 1000)?;
    }
    writer.settle(1000)
}

fn complete(length: usize) -> Progress {
    Progress { received: length as u64, complete: true }
}

fn received(received: usize) -> Progress {
    Progress { received: received as u64, complete: false }
}

fn part_file(directory: &Path, name: &UploadName) -> PathBuf {
    directory.join(UPLOADS).join(name.part())
}

#[test]
fn a_backup_finds_it_where_it_lies() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let bytes = bytes(100);
    let name = name_of(A, &bytes);
    let there = || name.places().map(|place| directory.path().join(place).exists());
    assert_eq!(there(), [false, false]);
    put(&store, name, 0, &bytes, 100).unwrap();
    assert_eq!(there(), [false, true]);
    store.name(name).unwrap();
    assert_eq!(there(), [true, false]);
}

#[test]
fn an_upload_in_one_go_is_read_back_from_everywhere() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = open(directory.path());
    for length in [1, ATTACHMENT_BLOCK - 1, ATTACHMENT_BLOCK, ATTACHMENT_BLOCK + 1, 300_001] {
        let bytes = bytes(length);
        let name = name_of(A, &bytes);
        assert_eq!(put(&store, name, 0, &bytes, 70_001).unwrap(), complete(length));
        assert!(store.is_whole(name));
        // Now, after a restart, and after a letter named it.
        for named in [false, false, true] {
            if named {
                store.name(name).unwrap();
            }
            for offset in [0, 1, ATTACHMENT_BLOCK - 1, ATTACHMENT_BLOCK, length - 1, length] {
                let expected = bytes.get(offset..).unwrap_or_default();
                let read = store.read(name, offset as u64, 100_000).unwrap();
                assert_eq!(read, expected[..expected.len().min(100_000)], "{length} {offset}");
            }
            assert!(store.read(name, 0, 0).unwrap().is_empty());
            assert!(store.read(name, u64::MAX, 9).unwrap().is_empty());
            store.verify(name).unwrap();
            store = open(directory.path());
        }
    }
    assert_eq!((store.unnamed(), store.named().unwrap().len()), (0, 5));
}

#[test]
fn only_whole_blocks_are_acknowledged_until_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let bytes = bytes(200_000);
    let name = name_of(A, &bytes);
    assert_eq!(put(&store, name, 0, &bytes[..65_535], 100).unwrap(), received(0));
    assert_eq!(store.unnamed(), 0, "nothing was written, so there is no upload");
    assert_eq!(put(&store, name, 0, &bytes[..131_073], 999).unwrap(), received(131_072));
    assert_eq!(store.progress(name, 0).unwrap(), received(131_072));
    // What is there is skipped, a hole is refused.
    assert_eq!(
        put(&store, name, 70_000, &bytes[70_000..100_000], 9_999).unwrap(),
        received(131_072)
    );
    let hole = put(&store, name, 131_073, &bytes[131_073..], 9_999);
    assert!(matches!(hole, Err(AttachmentError::Hole { received: 131_072 })));
    let over = put(&store, name, 131_072, &[0; 68_929], 68_929);
    assert!(matches!(over, Err(AttachmentError::TooLong)));
    assert_eq!(put(&store, name, 70_000, &bytes[70_000..], 9_999).unwrap(), complete(200_000));
    assert_eq!(put(&store, name, 200_000, &[], 1).unwrap(), complete(200_000));
    assert_eq!(put(&store, name, 5, &bytes[5..], 4_000).unwrap(), complete(200_000));
    // A hole makes no upload that would count.
    let other = name_of(B, &bytes);
    assert!(matches!(put(&store, other, 1, &[], 1), Err(AttachmentError::Hole { received: 0 })));
    assert_eq!(store.progress(other, 0).unwrap(), Progress::default());
    assert_eq!(store.unnamed(), 1);
}

#[test]
fn another_digest_discards_the_upload() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let good = bytes(100_000);
    let name = name_of(A, &good);
    let mut bad = good.clone();
    bad[99_999] ^= 1;
    assert!(matches!(put(&store, name, 0, &bad, 10_000), Err(AttachmentError::WrongDigest)));
    assert_eq!((store.progress(name, 0).unwrap(), store.unnamed()), (Progress::default(), 0));
    assert!(!part_file(directory.path(), &name).exists());
    assert_eq!(put(&store, name, 0, &good, 10_000).unwrap(), complete(100_000));
    // A wrong length is another upload, and can never be finished.
    let short = UploadName { length: 50_000, ..name };
    let refused = put(&store, short, 0, &good[..50_000], 10_000);
    assert!(matches!(refused, Err(AttachmentError::WrongDigest)));
    assert!(store.is_whole(name) && !store.is_whole(short));
    assert!(!store.is_whole(UploadName { owner: B, ..name }));
    assert!(matches!(store.read(short, 0, 9), Err(AttachmentError::Absent)));
    assert!(matches!(
        store.read(UploadName { owner: B, ..name }, 0, 9),
        Err(AttachmentError::Absent)
    ));
}

#[test]
fn an_owner_has_a_quota_and_others_have_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let upload = |owner, seed: u8, length, quota: Quota| {
        let name = UploadName { owner, digest: [seed; 32], length };
        let mut writer = store.upload(name, 0, quota, 0)?;
        writer.write(&[0; ATTACHMENT_BLOCK], 0)?;
        Ok::<_, AttachmentError>(writer)
    };
    let quota = Quota { uploads: 2, bytes: 300_000 };
    upload(A, 1, 100_000, quota).unwrap();
    let kept = upload(A, 2, 200_000, quota).unwrap();
    assert!(matches!(upload(A, 3, 1, quota), Err(AttachmentError::TooMany)));
    let more = Quota { uploads: 3, bytes: 300_000 };
    assert!(matches!(upload(A, 3, ATTACHMENT_BLOCK as u64, more), Err(AttachmentError::TooMuch)));
    upload(A, 2, 200_000, quota).unwrap();
    upload(B, 3, 300_000, quota).unwrap();
    drop(kept);
    // Also after a restart.
    let store = open(directory.path());
    let third = UploadName { owner: A, digest: [3; 32], length: 1 };
    assert!(matches!(store.upload(third, 0, quota, 0), Err(AttachmentError::TooMany)));
    assert_eq!(store.unnamed(), 3);
}

#[test]
fn what_nobody_touches_is_given_up_and_what_a_letter_names_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let files = [bytes(70_000), bytes(80_000), bytes(90_000), bytes(140_000)];
    let names = [0, 1, 2, 3].map(|at| name_of(A, &files[at]));
    for at in 0..3 {
        put(&store, names[at], 0, &files[at], 9_000).unwrap();
    }
    put(&store, names[3], 0, &files[3][..70_000], 9_000).unwrap();
    store.name(names[0]).unwrap();
    // Asked for at 2000, as the one after a restart.
    store.progress(names[1], 2000).unwrap();
    let mut late = store.upload(names[3], 65_536, QUOTA, 1000).unwrap();
    assert_eq!(store.give_up(1000, 9).unwrap(), 0);
    let store = {
        let again = open(directory.path());
        assert_eq!(again.give_up(1001, 1).unwrap(), 1);
        again
    };
    assert_eq!(store.give_up(1001, 9).unwrap(), 1);
    assert_eq!(store.progress(names[2], 0).unwrap(), Progress::default());
    assert_eq!(store.progress(names[3], 0).unwrap(), Progress::default());
    assert!(store.is_whole(names[1]));
    store.verify(names[0]).unwrap();
    // Of one that was cut without an end, too, the exchange's clock counts, not the system's.
    let mut cut = store.upload(names[3], 0, QUOTA, 500).unwrap();
    cut.write(&files[3][..70_000], 3000).unwrap();
    drop(cut);
    let store = open(directory.path());
    assert_eq!(store.give_up(3000, 9).unwrap(), 1, "only the one that was asked for at 2000");
    assert_eq!(store.progress(names[3], 0).unwrap(), received(65_536));
    store.destroy(&[names[3].key()]).unwrap();
    // Who was at it when it was given up, through the same store, learns so.
    let mut other = store.upload(names[2], 0, QUOTA, 500).unwrap();
    other.write(&files[2][..70_000], 500).unwrap();
    assert_eq!(store.give_up(501, 9).unwrap(), 1);
    assert!(matches!(other.write(&files[2][70_000..], 1), Err(AttachmentError::GivenUp)));
    assert!(matches!(other.settle(1), Err(AttachmentError::GivenUp)));
    let _ = late.settle(1);
}

#[test]
fn destroyed_is_destroyed_and_may_be_destroyed_again() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let bytes = bytes(100_000);
    let (ours, theirs) = (name_of(A, &bytes), name_of(B, &bytes));
    for name in [ours, theirs] {
        put(&store, name, 0, &bytes, 100_000).unwrap();
        store.name(name).unwrap();
    }
    for _ in 0..2 {
        let none = |owner| AttachmentKey { owner, digest: [9; 32] };
        store.destroy(&[ours.key(), none(A), none([7; OWNER])]).unwrap();
        assert!(matches!(store.verify(ours), Err(AttachmentError::Absent)));
        store.verify(theirs).unwrap();
    }
    // It may come again. A whole one that was not moved is destroyed, too.
    assert_eq!(put(&store, ours, 0, &bytes, 100_000).unwrap(), complete(100_000));
    store.verify(ours).unwrap();
    store.destroy(&[ours.key()]).unwrap();
    assert!(matches!(store.verify(ours), Err(AttachmentError::Absent)));
    assert_eq!(store.unnamed(), 0);
}

#[test]
fn damage_is_found_and_not_given_out() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let bytes = bytes(200_000);
    let name = name_of(A, &bytes);
    put(&store, name, 0, &bytes, 100_000).unwrap();
    let path = directory.path().join(UPLOADS).join(name.whole());
    let whole = fs::read(&path).unwrap();
    assert_eq!(whole.len() as u64, blocks::file_length(200_000));
    for at in [0, 50, 70_000, whole.len() - 1] {
        let mut bad = whole.clone();
        bad[at] ^= 1;
        fs::write(&path, &bad).unwrap();
        assert!(matches!(store.verify(name), Err(AttachmentError::Damaged)), "{at}");
    }
    // What lies before the damage is still given out.
    assert_eq!(store.read(name, 0, 9).unwrap(), bytes[..9]);
    for bad in [&whole[..whole.len() - 1], &[&whole[..], &[0]].concat(), &[]] {
        fs::write(&path, bad).unwrap();
        assert!(matches!(store.read(name, 0, 9), Err(AttachmentError::Damaged)));
    }
    // Two blocks in each other's places.
    let (first, second) = (blocks::place(0) as usize, blocks::place(65_536) as usize);
    let size = second - first;
    let mut swapped = whole.clone();
    swapped[first..second + size].rotate_left(size);
    fs::write(&path, &swapped).unwrap();
    assert!(matches!(store.read(name, 0, 9), Err(AttachmentError::Damaged)));
    fs::write(&path, &whole).unwrap();
    store.verify(name).unwrap();
    for stranger in ["uploads/x", "uploads/AA", "named/x"] {
        let stranger = directory.path().join(stranger);
        fs::create_dir(&stranger).unwrap();
        let opened = AttachmentStore::open(directory.path());
        let named = opened.and_then(|store| store.named());
        assert!(matches!(named, Err(AttachmentError::BadName { .. })));
        fs::remove_dir(&stranger).unwrap();
    }
}

#[test]
fn two_at_one_upload_and_thirty_threads_at_two() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let bytes = bytes(1_000_000);
    let names = [name_of(A, &bytes), name_of(B, &bytes)];
    let threads: Vec<_> = (0..30)
        .map(|thread| {
            let (store, bytes, name) = (store.clone(), bytes.clone(), names[thread % 2]);
            std::thread::spawn(move || put(&store, name, 0, &bytes, 10_000 + thread * 997).unwrap())
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), complete(1_000_000));
    }
    for name in names {
        store.verify(name).unwrap();
    }
    // One that is at it with other bytes spoils it for both, and only until it is begun again.
    let other = name_of([1; OWNER], &bytes);
    let mut bad = store.upload(other, 0, QUOTA, 0).unwrap();
    bad.write(&[0; ATTACHMENT_BLOCK], 0).unwrap();
    let spoilt = put(&store, other, 0, &bytes, 50_000);
    assert!(matches!(spoilt, Err(AttachmentError::WrongDigest)));
    assert!(matches!(bad.write(&[0; ATTACHMENT_BLOCK], 0), Err(AttachmentError::GivenUp)));
    assert_eq!(put(&store, other, 0, &bytes, 50_000).unwrap(), complete(1_000_000));
}

/// What a crash can leave behind the last sync: any bytes. The blocks that hold are taken.
#[test]
fn an_unsynced_tail_is_cut_at_the_first_bad_block() {
    let bytes = bytes(300_000);
    let name = name_of(A, &bytes);
    let directory = tempfile::tempdir().unwrap();
    put(&open(directory.path()), name, 0, &bytes[..270_000], 9_000).unwrap();
    let path = part_file(directory.path(), &name);
    let before = fs::read(&path).unwrap();
    let place = |block: u64| blocks::place(block * 65_536) as usize;
    let zeros = |from: usize, to: usize| {
        let mut spoilt = before.clone();
        spoilt[from..to].fill(0);
        spoilt
    };
    for (left, blocks) in [
        (before.clone(), 4),
        ([&before[..], &[0; 30_000]].concat(), 4),
        ([&before[..], &[0; 100_000]].concat(), 4),
        (before[..before.len() - 1].to_vec(), 3),
        (zeros(place(3), place(4)), 3),
        (zeros(place(1) + 4_096, place(1) + 8_192), 1),
        (zeros(place(0), place(1)), 0),
        (zeros(0, 4), 0),
        (before[..place(0)].to_vec(), 0),
        (before[..5].to_vec(), 0),
        (Vec::new(), 0),
    ] {
        fs::write(&path, &left).unwrap();
        let store = open(directory.path());
        let there = blocks * ATTACHMENT_BLOCK;
        assert_eq!(store.progress(name, 0).unwrap(), received(there));
        assert_eq!(put(&store, name, there, &bytes[there..], 9_000).unwrap(), complete(300_000));
        store.verify(name).unwrap();
        store.destroy(&[name.key()]).unwrap();
    }
    // All blocks hold, and the crash came before the rename: it is finished when it is asked for.
    put(&open(directory.path()), name, 0, &bytes[..270_000], 9_000).unwrap();
    let mut all = fs::read(&path).unwrap();
    all.extend(blocks::encode(262_144, &bytes[262_144..]));
    fs::write(&path, all).unwrap();
    assert_eq!(open(directory.path()).progress(name, 0).unwrap(), complete(300_000));
    assert!(!path.exists());
}

/// The fault table: whichever step fails, nothing is complete that is not whole, what was named
/// stays, and the same upload comes right afterwards, with or without a restart.
#[cfg(debug_assertions)]
#[test]
fn a_failed_step_costs_the_upload_and_nothing_else() {
    use crate::fault::Fault::{Half, NotPersisted, Persisted};
    use crate::fault::Step::{Remove, Rename, Sync, SyncDirectory, Write};

    let bytes = bytes(200_000);
    let (kept, name) = (name_of(B, &bytes), name_of(A, &bytes));
    let mut failures = 0;
    for step in [Write, Sync, Rename, SyncDirectory, Remove] {
        for nth in 1..=4 {
            for fault in [NotPersisted, Half, Persisted] {
                for restart in [false, true] {
                    let directory = tempfile::tempdir().unwrap();
                    let faults = FaultPlan::none();
                    let store =
                        AttachmentStore::open_with(directory.path(), faults.clone()).unwrap();
                    put(&store, kept, 0, &bytes, 70_000).unwrap();
                    store.name(kept).unwrap();
                    faults.arm(step, nth, fault);
                    let run = |store: &AttachmentStore| {
                        put(store, name, 0, &bytes[..140_000], 70_000)?;
                        let there = store.progress(name, 0)?.received as usize;
                        put(store, name, there, &bytes[there..], 70_000)?;
                        store.name(name)?;
                        store.destroy(&[name.key()])
                    };
                    let failed = run(&store).is_err();
                    assert_eq!(failed, !faults.is_pending(), "a fault was swallowed");
                    if !failed {
                        continue;
                    }
                    failures += 1;
                    let store = if restart { open(directory.path()) } else { store };
                    if store.is_whole(name) {
                        store.verify(name).unwrap();
                    }
                    store.verify(kept).unwrap();
                    store.destroy(&[name.key()]).unwrap();
                    assert_eq!(put(&store, name, 0, &bytes, 9_000).unwrap(), complete(200_000));
                    store.verify(name).unwrap();
                    run(&store).unwrap();
                    assert!(matches!(store.verify(name), Err(AttachmentError::Absent)));
                }
            }
        }
    }
    assert!(failures > 50, "{failures}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Cut wherever it is, and gone on from whatever offset the store allows: the bytes come right.
    #[test]
    fn an_upload_survives_any_cuts(
        length in 1usize..400_000,
        cuts in prop::collection::vec((0u32..=100, 0u32..=100, 1usize..100_000, any::<bool>()), 0..6),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let bytes = bytes(length);
        let name = name_of(A, &bytes);
        let mut store = open(directory.path());
        let mut acknowledged = 0;
        for (from, to, piece, restart) in cuts {
            let there = store.progress(name, 0).unwrap().received as usize;
            prop_assert!(there >= acknowledged);
            let from = there * from as usize / 100;
            let to = from + (length - from) * to as usize / 100;
            let mut writer = store.upload(name, from as u64, QUOTA, 0).unwrap();
            for piece in bytes[from..to].chunks(piece) {
                writer.write(piece, 0).unwrap();
            }
            if piece % 2 == 0 {
                acknowledged = writer.settle(0).unwrap().received as usize;
            }
            drop(writer);
            if restart {
                store = open(directory.path());
            }
        }
        let there = store.progress(name, 0).unwrap().received as usize;
        prop_assert!(there >= acknowledged);
        prop_assert_eq!(put(&store, name, there, &bytes[there..], 50_000).unwrap(), complete(length));
        store.verify(name).unwrap();
    }

    /// Whatever a crash, a person or another program left under an upload's name: it is taken as far
    /// as its blocks hold, and the upload comes right.
    #[test]
    fn any_file_under_an_uploads_name_is_taken_as_far_as_it_holds(
        whole in 0usize..4,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
        tail in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let directory = tempfile::tempdir().unwrap();
        let bytes = bytes(4 * ATTACHMENT_BLOCK + 10);
        let name = name_of(A, &bytes);
        let mut file = ATTACHMENT_MAGIC.to_vec();
        file.extend(blocks::encode(0, &bytes[..whole * ATTACHMENT_BLOCK]));
        for (at, byte) in damage {
            let at = at.index(file.len());
            file[at] = byte;
        }
        file.truncate(cut.index(file.len() + 1));
        file.extend(tail);
        let path = part_file(directory.path(), &name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, file).unwrap();
        let store = open(directory.path());
        let there = store.progress(name, 0).unwrap().received as usize;
        prop_assert!(there <= whole * ATTACHMENT_BLOCK && there.is_multiple_of(ATTACHMENT_BLOCK));
        prop_assert_eq!(put(&store, name, there, &bytes[there..], 90_000).unwrap(), complete(bytes.len()));
        store.verify(name).unwrap();
    }
}
