//! The vault's promises, on a real disk.

use std::fs;
use std::process::Command;

use serde::Deserialize;
use tempfile::TempDir;

use super::*;
use crate::failure::{Exit, Failure};

const PASSPHRASE: &str = "four unrelated words";

/// Tells the helper process below which vault to use.
const HELPER_HOME: &str = "TSUMUGU_TEST_VAULT_HOME";

fn new_vault() -> (TempDir, Vault) {
    let home = tempfile::tempdir().unwrap();
    let vault = Vault::create(home.path(), &NewPassphrase::parse(PASSPHRASE).unwrap()).unwrap();
    (home, vault)
}

fn open(home: &Path, passphrase: &str) -> Result<Vault, VaultError> {
    Vault::open(home, &Passphrase::parse(passphrase).unwrap())
}

#[test]
fn what_is_written_is_read_after_opening_again() {
    let (home, vault) = new_vault();
    vault.write("letters/0190/letter", b"a letter").unwrap();
    vault.write("letters/0190", b"").unwrap();
    let again = open(home.path(), PASSPHRASE).unwrap();
    assert_eq!(again.read("letters/0190/letter").unwrap().unwrap().as_slice(), b"a letter");
    assert_eq!(again.read("letters/0190").unwrap().unwrap().as_slice(), b"");
    assert_eq!(again.read("letters/0191").unwrap(), None);
    again.write("letters/0190", b"new").unwrap();
    assert_eq!(vault.read("letters/0190").unwrap().unwrap().as_slice(), b"new");
    again.remove("letters/0190").unwrap();
    again.remove("letters/0190").unwrap();
    again.remove("never/made").unwrap();
    assert_eq!(vault.read("letters/0190").unwrap(), None);
}

#[test]
fn records_are_listed_below_whole_segments() {
    let (_home, vault) = new_vault();
    for path in ["b", "a/2", "a/10", "a", "ab/1", "a/1/x"] {
        vault.write(path, b"x").unwrap();
    }
    assert_eq!(vault.list("").unwrap(), ["a", "a/1/x", "a/10", "a/2", "ab/1", "b"]);
    assert_eq!(vault.list("a").unwrap(), ["a", "a/1/x", "a/10", "a/2"]);
    assert_eq!(vault.list("a/1").unwrap(), ["a/1/x"]);
    assert!(vault.list("c").unwrap().is_empty());
    assert!(matches!(vault.list("a/"), Err(VaultError::BadPath)));
}

#[test]
fn json_records_are_typed() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Seen {
        size: u64,
    }
    let (_home, vault) = new_vault();
    assert_eq!(vault.read_json::<Seen>("seen").unwrap(), None);
    vault.write_json("seen", &Seen { size: 7 }).unwrap();
    assert_eq!(vault.read_json::<Seen>("seen").unwrap(), Some(Seen { size: 7 }));
    vault.write("seen", b"{\"size\":\"secret\"}").unwrap();
    let error = vault.read_json::<Seen>("seen").unwrap_err();
    assert!(matches!(error, VaultError::Damaged { .. }));
    let failure = Failure::from(error);
    assert!(!failure.causes().any(|cause| cause.contains("secret")));
    let unspeakable = std::collections::BTreeMap::from([((1, 2), 3)]);
    assert!(matches!(vault.write_json("seen", &unspeakable), Err(VaultError::NotJson)));
}

#[test]
fn a_wrong_passphrase_has_its_own_error() {
    let (home, _vault) = new_vault();
    let error = open(home.path(), "four unrelated word").unwrap_err();
    assert!(matches!(error, VaultError::WrongPassphrase));
    let failure = Failure::from(error);
    assert_eq!((failure.key(), failure.exit()), ("vault.wrong-passphrase", Exit::Vault));
}

#[test]
fn a_vault_is_not_made_twice_nor_over_records_without_their_key() {
    let (home, vault) = new_vault();
    let passphrase = NewPassphrase::parse(PASSPHRASE).unwrap();
    let twice = Vault::create(home.path(), &passphrase).unwrap_err();
    assert!(matches!(twice, VaultError::AlreadyThere { .. }));
    assert!(Vault::exists(home.path()));
    vault.write("a", b"x").unwrap();
    fs::remove_file(home.path().join(FOLDER).join(KEY_FILE)).unwrap();
    let orphaned = Vault::create(home.path(), &passphrase).unwrap_err();
    assert!(matches!(orphaned, VaultError::Damaged { file } if file.ends_with(KEY_FILE)));
    let orphaned = open(home.path(), PASSPHRASE).unwrap_err();
    assert!(matches!(orphaned, VaultError::Damaged { file } if file.ends_with(KEY_FILE)));
}

#[test]
fn no_vault_is_said_to_be_missing() {
    let home = tempfile::tempdir().unwrap();
    assert!(!Vault::exists(home.path()));
    assert!(matches!(open(home.path(), PASSPHRASE), Err(VaultError::NotThere { .. })));
    // A creation that crashed before the key was written.
    fs::create_dir(home.path().join(FOLDER)).unwrap();
    assert!(matches!(open(home.path(), PASSPHRASE), Err(VaultError::NotThere { .. })));
    Vault::create(home.path(), &NewPassphrase::parse(PASSPHRASE).unwrap()).unwrap();
    open(home.path(), PASSPHRASE).unwrap();
}

#[test]
fn every_flipped_bit_of_a_record_is_refused() {
    let (home, vault) = new_vault();
    vault.write("a/b", b"payload").unwrap();
    let file = home.path().join("vault/a/b.sealed");
    let sealed = fs::read(&file).unwrap();
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[at] ^= 1 << bit;
            fs::write(&file, &changed).unwrap();
            let error = vault.read("a/b").unwrap_err();
            let named = matches!(&error, VaultError::Damaged { file: named } if *named == file);
            // "v1" may become another version.
            assert!(named || matches!(error, VaultError::Newer { .. }), "{at}.{bit}: {error}");
        }
        fs::write(&file, &sealed[..at]).unwrap();
        assert!(matches!(vault.read("a/b"), Err(VaultError::Damaged { .. })), "cut at {at}");
    }
    fs::write(&file, [sealed.as_slice(), b"\0"].concat()).unwrap();
    assert!(matches!(vault.read("a/b"), Err(VaultError::Damaged { .. })));
    fs::write(&file, &sealed).unwrap();
    assert!(vault.read("a/b").unwrap().is_some());
}

#[test]
fn every_changed_byte_of_the_key_is_refused() {
    let (home, _vault) = new_vault();
    let file = home.path().join(FOLDER).join(KEY_FILE);
    let sealed = fs::read(&file).unwrap();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        fs::write(&file, &changed).unwrap();
        match open(home.path(), PASSPHRASE) {
            Err(VaultError::Damaged { file: named }) => assert_eq!(named, file),
            Err(VaultError::WrongPassphrase) => {}
            other => panic!("{at}: {other:?}"),
        }
    }
    for cut in [0, 1, sealed.len() - 1] {
        fs::write(&file, &sealed[..cut]).unwrap();
        assert!(matches!(open(home.path(), PASSPHRASE), Err(VaultError::Damaged { .. })));
    }
}

#[test]
fn a_moved_record_is_refused() {
    let (home, vault) = new_vault();
    vault.write("inbox/1", b"one").unwrap();
    vault.write("inbox/2", b"two").unwrap();
    let folder = home.path().join("vault/inbox");
    fs::copy(folder.join("1.sealed"), folder.join("2.sealed")).unwrap();
    assert!(matches!(vault.read("inbox/2"), Err(VaultError::Damaged { .. })));
    assert!(vault.read("inbox/1").unwrap().is_some());
    let (_elsewhere, other) = new_vault();
    other.write("inbox/1", b"one").unwrap();
    fs::copy(other.folder.join("inbox/1.sealed"), folder.join("1.sealed")).unwrap();
    assert!(matches!(vault.read("inbox/1"), Err(VaultError::Damaged { .. })));
}

#[test]
fn a_newer_version_is_named() {
    let (home, vault) = new_vault();
    vault.write("a", b"x").unwrap();
    fs::write(home.path().join("vault/a.sealed"), b"tsumugu/v2/vault-record\nwhatever").unwrap();
    let error = vault.read("a").unwrap_err();
    assert!(matches!(&error, VaultError::Newer { version: 2, .. }));
    assert_eq!(Failure::from(error).key(), "vault.newer");
    let passphrase = Passphrase::parse(PASSPHRASE).unwrap();
    let newer = tsumugu_trust::seal::seal_with_passphrase(
        passphrase.secret(),
        1,
        b"tsumugu/v3/vault-key\nwhatever",
    );
    fs::write(home.path().join(FOLDER).join(KEY_FILE), newer.unwrap()).unwrap();
    let error = open(home.path(), PASSPHRASE).unwrap_err();
    assert!(matches!(error, VaultError::Newer { version: 3, .. }));
}

#[test]
fn records_have_a_largest_size() {
    let (home, vault) = new_vault();
    let mut bytes = vec![7; MAX_RECORD_BYTES];
    vault.write("a", &bytes).unwrap();
    assert_eq!(vault.read("a").unwrap().unwrap().len(), MAX_RECORD_BYTES);
    bytes.push(7);
    assert!(matches!(vault.write("a", &bytes), Err(VaultError::TooLarge)));
    let file = home.path().join("vault/a.sealed");
    fs::write(&file, vec![0; usize::try_from(record::MAX_FILE_BYTES).unwrap() + 1]).unwrap();
    assert!(matches!(vault.read("a"), Err(VaultError::Damaged { .. })));
}

#[test]
fn opening_sweeps_what_a_crash_left_unless_somebody_writes() {
    let (home, vault) = new_vault();
    vault.write("a/b", b"x").unwrap();
    let left = |folder: &str| {
        let name = format!("1-2{}", tsumugu_durable::atomic::TEMPORARY_SUFFIX);
        home.path().join(folder).join(name)
    };
    let all = [left("vault"), left("vault/a")];
    all.iter().for_each(|file| fs::write(file, b"half").unwrap());
    let lock = vault.lock().unwrap();
    open(home.path(), PASSPHRASE).unwrap();
    assert!(all.iter().all(|file| file.exists()));
    drop(lock);
    open(home.path(), PASSPHRASE).unwrap();
    assert!(!all.iter().any(|file| file.exists()));
    assert_eq!(vault.list("").unwrap(), ["a/b"]);
}

#[test]
fn a_writer_that_does_not_end_is_named() {
    let (home, vault) = new_vault();
    let lock = vault.lock().unwrap();
    lock.write("a", b"x").unwrap();
    assert!(vault.read("a").unwrap().is_some(), "readers do not wait");
    let folder = home.path().join(FOLDER);
    let error = acquire(&folder, Duration::from_millis(100)).unwrap_err();
    assert!(matches!(&error, VaultError::Busy { folder: named } if *named == folder));
    assert_eq!(Failure::from(error).key(), "vault.busy");
    drop(lock);
    vault.write("a", b"y").unwrap();
}

#[cfg(unix)]
#[test]
fn nobody_else_can_look() {
    use std::os::unix::fs::PermissionsExt;
    let (home, vault) = new_vault();
    vault.write("a/b", b"x").unwrap();
    let mode =
        |path: &str| fs::metadata(home.path().join(path)).unwrap().permissions().mode() & 0o777;
    assert_eq!([mode("vault"), mode("vault/a")], [0o700; 2]);
    assert_eq!([mode("vault/key.age"), mode("vault/a/b.sealed")], [0o600; 2]);
}

#[test]
fn neither_key_nor_payload_prints_or_lies_open() {
    let (home, vault) = new_vault();
    vault.write("a", b"a very distinctive payload").unwrap();
    assert!(!format!("{vault:?}").contains(&format!("{:?}", vault.key.bytes())[1..20]));
    let sealed = fs::read(home.path().join("vault/a.sealed")).unwrap();
    assert!(!sealed.windows(11).any(|window| window == b"distinctive"));
}

#[test]
fn processes_that_write_at_once_lose_nothing() {
    const PROCESSES: u64 = 3;
    let (home, vault) = new_vault();
    vault.write_json("counter", &0_u64).unwrap();
    let helpers = (0..PROCESSES).map(|_| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--ignored", "vault::tests::helper_process_that_counts"])
            .env(HELPER_HOME, home.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap()
    });
    for mut helper in helpers.collect::<Vec<_>>() {
        assert!(helper.wait().unwrap().success());
    }
    assert_eq!(vault.read_json("counter").unwrap(), Some(PROCESSES * STEPS));
}

const STEPS: u64 = 10;

#[test]
#[ignore = "a part of processes_that_write_at_once_lose_nothing, run by it as a process"]
fn helper_process_that_counts() {
    let Some(home) = std::env::var_os(HELPER_HOME) else { return };
    let vault = open(Path::new(&home), PASSPHRASE).unwrap();
    for _ in 0..STEPS {
        let lock = vault.lock().unwrap();
        let count = vault.read_json::<u64>("counter").unwrap().unwrap();
        lock.write_json("counter", &(count + 1)).unwrap();
    }
}
