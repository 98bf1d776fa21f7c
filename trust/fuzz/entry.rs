//! What each fuzz target does with its bytes: one function per parser, and the list of all.
//!
//! The functions call the crate's public interface only. Beyond "does not panic" each states what
//! must hold for whatever is accepted, mostly that there is one spelling. The fuzz targets and the
//! test `fuzz_seeds` share this file.

use std::io::{Cursor, Read};
use std::str;
use std::sync::LazyLock;

use prost::Message;
use tsumugu_proto::v1;
use tsumugu_trust::backup::{ArchiveReader, ArchiveWriter, Entry, RestoreRequest};
use tsumugu_trust::checkpoint::{Checkpoint, VerifiedCheckpoint};
use tsumugu_trust::code::Code;
use tsumugu_trust::evidence::{Evidence, EvidenceRefused, verify};
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::keyring::Keyring;
use tsumugu_trust::leaf::Leaf;
use tsumugu_trust::letter::{MAX_LETTER, pack, padme, unpack};
use tsumugu_trust::note::{Note, SigningKey, VerifyingKey};
use tsumugu_trust::receipt;
use tsumugu_trust::seal::{self, SealedReader, SealingIdentity, SealingRecipient};
use tsumugu_trust::statement::{Hours, Statement, digest};
use tsumugu_trust::tiles::{Tile, decode_bundle, encode_bundle};
use tsumugu_trust::value::Value;

/// One fuzz target: the name of its file and of its folder of seeds, and its function.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// Every target. A new one is added here, in `fuzz_targets/`, `seeds/` and `Cargo.toml`; the test
/// says what is missing.
pub(crate) const TARGETS: &[Target] = &[
    ("note", note),
    ("verifying_key", verifying_key),
    ("checkpoint", checkpoint),
    ("tile_path", tile_path),
    ("entry_bundle", entry_bundle),
    ("sealed_file", sealed_file),
    ("sealed_with_key", sealed_with_key),
    ("sealed_stream", sealed_stream),
    ("armored_file", armored_file),
    ("recipient", recipient),
    ("statement", statement),
    ("leaf", leaf),
    ("receipt", receipt),
    ("letter_unpack", letter_unpack),
    ("code", code),
    ("evidence", evidence),
    ("keyring", keyring),
    ("hours", hours),
    ("backup_archive", backup_archive),
    ("restore_request", restore_request),
];

/// The most plaintext that a sealed seed may give.
const LIMIT: usize = 1 << 16;

/// The base64 of `age-encryption.org/v1`, LF, `-> scrypt`, but for its last, shared character.
const SCRYPT_FIRST: &str = "YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IHNjcnlwd";

/// The log in `docs/vectors`, whose leaves are seeds here.
const ORIGIN: &str = "exchange.example/log";

/// The secret of its key (`docs/vectors/receipt.json`).
const LOG_SEED: [u8; 32] =
    *b"\xfb\xe5\x55\x5b\xca\xf6\xae\xcf\xce\xd4\x4e\xe7\xec\xfb\x57\xb9\x90\xfb\xdd\x80\x6e\x6d\x7b\xed\x8c\x8d\x2b\x9b\xa2\x87\xfc\xad";

/// The key that signed the seeds.
static KEY: LazyLock<SigningKey> = LazyLock::new(|| {
    SigningKey::from_seed("exchange.example", &[1; 32]).expect("a name and a seed that fit")
});

/// The identity that the seeds are sealed to.
static IDENTITY: LazyLock<SealingIdentity> = LazyLock::new(|| SealingIdentity::from_seed(&[7; 32]));

/// Signed notes.
pub(crate) fn note(data: &[u8]) {
    if let Ok(note) = Note::parse(data) {
        assert_eq!(note.encode().as_bytes(), data, "a note has one spelling");
        for line in note.signatures() {
            assert!(!line.name().is_empty() && !line.signature().is_empty());
        }
        if let Ok(verified) = note.verify(KEY.verifying_key()) {
            assert_eq!(verified.text(), note.text());
        }
    }
}

/// Keys of notes as text.
pub(crate) fn verifying_key(data: &[u8]) {
    as_text(data, |text| {
        if let Ok(key) = text.parse::<VerifyingKey>() {
            assert_eq!(key.to_string(), text, "a key has one spelling");
        }
    });
}

/// Checkpoints, as text and as signed notes.
pub(crate) fn checkpoint(data: &[u8]) {
    let keys = [KEY.verifying_key().clone()];
    if let Ok(verified) = VerifiedCheckpoint::verify(data, KEY.name(), &keys) {
        assert_eq!(verified.note_bytes(), data, "the note is kept as it came");
    }
    let text = Note::parse(data).map(|note| note.text().to_owned());
    as_text(text.as_deref().map_or(data, str::as_bytes), |text| {
        if let Ok(checkpoint) = text.parse::<Checkpoint>() {
            assert_eq!(checkpoint.text(), text, "a checkpoint has one spelling");
        }
    });
}

/// Paths of tiles and entry bundles.
pub(crate) fn tile_path(data: &[u8]) {
    as_text(data, |text| {
        if let Ok(tile) = text.parse::<Tile>() {
            assert_eq!(tile.to_string(), text, "a path has one spelling");
            assert!(tile.least_size() > 0 && !text.contains(".."));
        }
    });
}

/// Entry bundles; the first two bytes are the width.
pub(crate) fn entry_bundle(data: &[u8]) {
    let Some((width, bundle)) = data.split_first_chunk::<2>() else { return };
    if let Ok(entries) = decode_bundle(bundle, u16::from_be_bytes(*width)) {
        assert_eq!(encode_bundle(&entries).as_deref(), Ok(bundle), "a bundle has one spelling");
    }
}

/// Files sealed to an identity.
pub(crate) fn sealed_file(data: &[u8]) {
    if let Ok(plain) = seal::open_with(&[&*IDENTITY], data, LIMIT) {
        assert!(plain.len() <= LIMIT);
    }
}

/// Files sealed with a key.
pub(crate) fn sealed_with_key(data: &[u8]) {
    if let Ok(plain) = seal::open_with_key(&[3; 32], data, LIMIT) {
        assert!(plain.len() <= LIMIT);
    }
}

/// Files sealed with a key, opened as a stream, at any place, and in memory: all three agree.
pub(crate) fn sealed_stream(data: &[u8]) {
    let mut streamed = Vec::new();
    let is_open = seal::open_stream(&[3; 32], data, &mut streamed, LIMIT as u64).is_ok();
    let whole = seal::open_with_key(&[3; 32], data, LIMIT);
    assert_eq!(is_open, whole.is_ok(), "both readers are as strict");
    if let Ok(whole) = whole {
        assert_eq!(streamed, *whole);
        let reader = SealedReader::new(&[3; 32], Cursor::new(data), LIMIT as u64);
        let mut read = Vec::new();
        let opened = reader.expect("a whole file opens").read_to_end(&mut read);
        assert!(opened.is_ok() && read == streamed);
    }
}

/// Armored files, all but those whose first stanza is `scrypt`: they get the work that they ask for,
/// up to a gigabyte of memory, and the fuzzer would wait for it. The unit tests have them.
pub(crate) fn armored_file(data: &[u8]) {
    as_text(data, |text| {
        if !text.contains(SCRYPT_FIRST) {
            assert!(seal::open_with_passphrase(&"".into(), text, LIMIT).is_err());
        }
    });
}

/// Recipients and identities as text.
pub(crate) fn recipient(data: &[u8]) {
    as_text(data, |text| {
        if let Ok(recipient) = text.parse::<SealingRecipient>() {
            assert_eq!(recipient.to_string(), text, "a recipient has one spelling");
            seal::seal_to(&[recipient], b"").expect("what parses can be sealed to");
        }
        let _ = text.parse::<SealingIdentity>();
    });
}

/// Statements of every kind.
pub(crate) fn statement(data: &[u8]) {
    if let Ok(statement) = Statement::parse(data) {
        assert_eq!(statement.bytes(), data, "a statement has one spelling");
        assert_eq!(statement.digest(), digest(statement.text()));
        assert_eq!(statement.body.is_unsigned(), statement.signatures().is_empty());
    }
}

/// Leaf entries.
pub(crate) fn leaf(data: &[u8]) {
    if let Some(leaf) = Leaf::parse(data) {
        assert_eq!(leaf.encode(), data, "a leaf entry has one spelling");
        if let Leaf::Clear(leaf) = leaf {
            let _ = leaf.parse_statement();
        }
    }
}

/// Receipts, as protobuf. The seeds are of the exchange in `docs/vectors`.
pub(crate) fn receipt(data: &[u8]) {
    let Ok(receipt) = v1::Receipt::decode(data) else { return };
    let key = SigningKey::from_seed(ORIGIN, &LOG_SEED).expect("a name and a seed that fit");
    let origin = ORIGIN.parse().expect("a well-formed origin");
    let keys = [key.verifying_key().clone()];
    if let Ok(verified) = receipt::verify(&receipt, None, &origin, &keys) {
        assert!(verified.at.index < verified.checkpoint.size());
        assert_eq!(verified.leaf.time(), verified.at.time);
        assert_eq!(verified.record, receipt.record);
    }
}

/// Plaintexts of sealed bodies.
pub(crate) fn letter_unpack(data: &[u8]) {
    if let Ok(letter) = unpack(data) {
        assert!(letter.len() <= MAX_LETTER && data.len() == padme(data.len()));
        let packed = pack(&letter).expect("what was unpacked is short enough");
        assert_eq!(*unpack(&packed).expect("what was packed unpacks"), *letter);
    }
}

/// Codes as people type them.
pub(crate) fn code(data: &[u8]) {
    as_text(data, |text| {
        if let Ok(code) = text.parse::<Code>() {
            assert_eq!(code.to_string().parse(), Ok(code), "a code is read as it is printed");
        }
    });
}

/// Business hours: one spelling, and minutes of a day.
pub(crate) fn hours(data: &[u8]) {
    as_text(data, |text| {
        if let Some(hours) = Hours::decode(text) {
            assert_eq!(hours.encode(), text, "one spelling");
            assert!(hours.from < hours.until && hours.until <= 24 * 60);
        }
    });
}

/// Evidence: as it is, and with the checksum that its lines have, which a fuzzer does not guess.
pub(crate) fn evidence(data: &[u8]) {
    check_evidence(data);
    let cut = data.windows(10).rposition(|window| window == b"\nchecksum ");
    let lines = cut.map_or(data, |cut| &data[..=cut]);
    let checksum = format!("checksum {}\n", sha256(&[lines]));
    check_evidence(&[lines, checksum.as_bytes()].concat());
}

fn check_evidence(file: &[u8]) {
    if let Ok(evidence) = Evidence::parse(file) {
        assert_eq!(evidence.encode().as_deref(), Ok(file), "evidence has one spelling");
        if let Ok(report) = verify(&evidence, None, None) {
            let shown = report.root_fingerprint;
            let other = verify(&evidence, Some(Hash([0; 32])), None);
            assert_eq!(other, Err(EvidenceRefused::OtherRoot { shown }));
        }
    }
}

/// Keyrings, as they are before they are sealed.
pub(crate) fn keyring(data: &[u8]) {
    if let Ok(keyring) = Keyring::parse(data) {
        assert_eq!(&*keyring.encode().expect("it was read"), data, "a keyring has one spelling");
    }
}

/// Archives of backups, whose summary is signed with the log key of the vectors.
pub(crate) fn backup_archive(data: &[u8]) {
    let keys = [SigningKey::from_seed(ORIGIN, &LOG_SEED).expect("a seed").verifying_key().clone()];
    let Ok(mut archive) = ArchiveReader::new(data) else { return };
    let mut again = ArchiveWriter::new(Vec::new()).expect("memory");
    loop {
        match archive.entry(&keys) {
            Ok(Entry::File(file)) => {
                let (name, mut bytes) = (file.name().to_owned(), Vec::new());
                if file.copy_to(&mut bytes).is_err() {
                    return;
                }
                again.file(&name, &bytes[..]).expect("a name that was read");
            }
            Ok(Entry::End(summary)) => {
                let so_far = (summary.files, summary.bytes, summary.digest);
                assert_eq!(again.so_far(), so_far, "an archive has one spelling");
                return;
            }
            Err(_) => return,
        }
    }
}

/// Requests to restore a backup.
pub(crate) fn restore_request(data: &[u8]) {
    if let Ok(request) = RestoreRequest::parse(data) {
        assert_eq!(request.text().as_bytes(), data, "a request has one spelling");
    }
}

/// Calls `f` where the bytes are text: the parsers behind it take nothing else.
fn as_text(data: &[u8], f: impl FnOnce(&str)) {
    if let Ok(text) = str::from_utf8(data) {
        f(text);
    }
}
