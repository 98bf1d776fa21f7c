//! Tests of the whole-file functions, with their fault table.

use super::*;

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn replaces_and_leaves_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    write_atomic(&path, b"one").unwrap();
    write_atomic(&path, b"two").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(names(directory.path()), ["file"]);
}

#[test]
fn new_refuses_a_taken_name_and_leaves_its_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    write_new(&path, b"one").unwrap();
    assert!(matches!(write_new(&path, b"two"), Err(DiskError::Exists { .. })));
    assert_eq!(fs::read(&path).unwrap(), b"one");
    assert_eq!(names(directory.path()), ["file"]);
}

#[cfg(unix)]
#[test]
fn private_is_the_default() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("a/b");
    create_dir_durable(&folder).unwrap();
    write_new(&folder.join("key"), b"").unwrap();
    write_atomic(&folder.join("state"), b"").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&directory.path().join("a")), 0o700);
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("key")), 0o600);
    assert_eq!(mode(&folder.join("state")), 0o600);
}

#[test]
fn directories_may_exist_but_not_as_files() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("a/b/c");
    create_dir_durable(&folder).unwrap();
    create_dir_durable_with(&folder, Access::Shared).unwrap();
    let file = folder.join("file");
    write_atomic_with(&file, b"", Access::Shared).unwrap();
    assert!(create_dir_durable(&file).is_err());
    assert!(create_dir_durable(&file.join("below")).is_err());
}

#[test]
fn removal_may_be_repeated() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    write_new_with(&path, b"one", Access::Shared).unwrap();
    remove_durable(&path).unwrap();
    remove_durable(&path).unwrap();
    assert!(names(directory.path()).is_empty());
}

#[test]
fn reading_keeps_its_limit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    assert!(matches!(read_limited(&path, 3), Err(DiskError::Missing { .. })));
    write_atomic(&path, b"abc").unwrap();
    assert_eq!(read_limited(&path, 3).unwrap(), b"abc");
    assert!(matches!(read_limited(&path, 2), Err(DiskError::TooLong { max: 2, .. })));
    assert_eq!(read_limited(&path, u64::MAX).unwrap(), b"abc");
}

#[test]
fn the_sweep_takes_temporaries_only() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("1-0.tsumugu-tmp"), b"half").unwrap();
    fs::write(directory.path().join("file"), b"").unwrap();
    fs::create_dir(directory.path().join("folder.tsumugu-tmp")).unwrap();
    assert_eq!(sweep_temporaries(directory.path()).unwrap(), 1);
    assert_eq!(names(directory.path()), ["file", "folder.tsumugu-tmp"]);
}

/// The fault table: after every failed step the file is whole, and old unless the name moved.
#[cfg(debug_assertions)]
#[test]
fn a_failed_step_leaves_the_old_file_or_the_new_one() {
    use crate::fault::Fault::{NotPersisted, Persisted};
    let rows = [
        (Step::Write, NotPersisted, "old"),
        (Step::Write, Persisted, "old"),
        (Step::Sync, NotPersisted, "old"),
        (Step::Sync, Persisted, "old"),
        (Step::Rename, NotPersisted, "old"),
        (Step::Rename, Persisted, "new"),
        (Step::SyncDirectory, NotPersisted, "new"),
        (Step::SyncDirectory, Persisted, "new"),
    ];
    for (step, fault, kept) in rows {
        let directory = tempfile::tempdir().unwrap();
        let replaced = directory.path().join("replaced");
        write_atomic(&replaced, b"old").unwrap();
        let faults = FaultPlan::none();
        faults.arm(step, 1, fault);
        assert!(replace(&replaced, b"new", Access::Private, &faults).is_err());
        assert_eq!(fs::read(&replaced).unwrap(), kept.as_bytes(), "{step:?} {fault:?}");

        let created = directory.path().join("created");
        faults.arm(step, 1, fault);
        assert!(create(&created, b"new", Access::Private, &faults).is_err());
        let found = fs::read(&created).ok();
        assert_eq!(found.as_deref(), (kept == "new").then_some(b"new".as_slice()));
        sweep_temporaries(directory.path()).unwrap();
        assert!(!names(directory.path()).iter().any(|name| name.ends_with(TEMPORARY_SUFFIX)));
    }
}
