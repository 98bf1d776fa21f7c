use proptest::prelude::*;

use super::*;
use crate::note::SigningKey;
use crate::value::Time;

const ORIGIN: &str = "exchange.test/east";

fn log_key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[7; 32]).unwrap()
}

fn keys() -> Vec<VerifyingKey> {
    vec![log_key().verifying_key().clone()]
}

type Files = Vec<(String, Vec<u8>)>;

fn archive(files: &Files) -> Vec<u8> {
    let mut writer = ArchiveWriter::new(Vec::new()).unwrap();
    for (name, bytes) in files {
        assert_eq!(writer.file(name, &bytes[..]).unwrap(), bytes.len() as u64);
    }
    let (files, bytes, digest) = writer.so_far();
    let (origin, root) = (ORIGIN.parse().unwrap(), Hash([3; 32]));
    let summary = BackupSummary { origin, made: Time(1), leaves: 2, root, files, bytes, digest };
    writer.end(&summary.sign(&log_key())).unwrap()
}

fn read(bytes: &[u8]) -> Result<Files, WriteOrBad> {
    let keys = keys();
    let mut reader = ArchiveReader::new(bytes)?;
    let mut files = Vec::new();
    loop {
        match reader.entry(&keys)? {
            Entry::End(_) => return Ok(files),
            Entry::File(file) => {
                let (name, mut bytes) = (file.name().to_owned(), Vec::new());
                file.copy_to(&mut bytes)?;
                files.push((name, bytes));
            }
        }
    }
}

fn files() -> impl Strategy<Value = Files> {
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        Just(vec![5; MAX_PIECE - 1]),
        Just(vec![6; MAX_PIECE]),
        Just(vec![7; MAX_PIECE + 1]),
    ];
    proptest::collection::vec(("[a-z]{1,4}(/[a-zA-Z0-9_-]{1,4}){0,5}", bytes), 0..4)
}

#[test]
fn every_cut_and_every_flipped_bit_is_refused() {
    let files = vec![("log-key".to_owned(), b"secret".to_vec()), ("a/b".to_owned(), Vec::new())];
    let whole = archive(&files);
    assert_eq!(read(&whole).unwrap(), files);
    for cut in 0..whole.len() {
        assert!(read(&whole[..cut]).is_err(), "{cut}");
    }
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(read(&flipped).is_err(), "{bit}");
    }
    let mut longer = whole.clone();
    longer.push(0);
    assert!(matches!(read(&longer), Err(WriteOrBad::Bad(BadArchive::Longer))));
}

#[test]
fn what_is_wrong_is_named() {
    let whole = archive(&vec![("a/b".to_owned(), b"hello".to_vec())]);
    let mut damaged = whole.clone();
    let at = whole.windows(5).position(|window| window == b"hello").unwrap();
    damaged[at] ^= 1;
    let file = |error| matches!(error, WriteOrBad::Bad(BadArchive::File { name }) if name == "a/b");
    assert!(file(read(&damaged).unwrap_err()));
    assert!(matches!(read(&whole[..at]), Err(WriteOrBad::Bad(BadArchive::Cut))));
    let mut reader = ArchiveReader::new(&whole[..]).unwrap();
    drop(reader.entry(&keys()).unwrap());
    assert!(matches!(reader.entry(&keys()), Err(BadArchive::Malformed)), "a file was left out");
    let other = SigningKey::from_seed(ORIGIN, &[8; 32]).unwrap().verifying_key().clone();
    let mut reader = ArchiveReader::new(&whole[..]).unwrap();
    let Entry::File(first) = reader.entry(std::slice::from_ref(&other)).unwrap() else { panic!() };
    first.copy_to(io::sink()).unwrap();
    let end = reader.entry(&[other]);
    assert!(matches!(end, Err(BadArchive::Summary(NotOfABackup::NotSigned))));
}

/// An empty piece in the middle, or pieces that could have been one, would be a second spelling.
#[test]
fn a_file_has_one_spelling() {
    let whole = archive(&vec![("a".to_owned(), b"hello".to_vec())]);
    let at = whole.windows(5).position(|window| window == b"hello").unwrap();
    let pieces = [&[0, 0, 0, 2][..], b"he", &[0, 0, 0, 3], b"llo"].concat();
    let other = [&whole[..at - 4], &pieces[..], &whole[at + 5..]].concat();
    assert!(matches!(read(&other), Err(WriteOrBad::Bad(BadArchive::Malformed))));
}

#[test]
fn names_stay_below_the_folder() {
    let deepest = ["a"; MAX_DEPTH].join("/");
    let longest = "a".repeat(MAX_NAME);
    for good in ["log-key", "journal/000001-2026-11.journal", "ca/key.pem", &deepest, &longest] {
        assert!(is_entry_name(good), "{good}");
    }
    for bad in [
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        "..",
        "../a",
        "a/../b",
        ".",
        "a/.",
        ".hidden",
        "a.",
        "a b",
        "a\\b",
        "c:",
        "é",
        "a\0",
        &format!("{deepest}/a"),
        &format!("{longest}a"),
    ] {
        assert!(!is_entry_name(bad), "{bad}");
        let mut writer = ArchiveWriter::new(Vec::new()).unwrap();
        assert!(writer.file(bad, io::empty()).is_err());
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(files in files()) {
        prop_assert_eq!(read(&archive(&files)).unwrap(), files);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
        let _ = read(&[MAGIC, &bytes].concat());
    }
}
