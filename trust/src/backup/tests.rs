use std::io::{Cursor, Read, Write};

use super::*;
use crate::note::SigningKey;
use crate::seal::{
    MAX_HEADER, OpenError, SealError, SealedReader, SealingIdentity, SealingRecipient,
    SealingWriter, StreamError,
};
use crate::value::Origin;

const ORIGIN: &str = "exchange.test/east";

fn identity(seed: u8) -> SealingIdentity {
    SealingIdentity::from_seed(&[seed; 32])
}

fn sealed(to: &[SealingRecipient], plain: &[u8]) -> Vec<u8> {
    sealed_of(&origin(), to, plain)
}

fn sealed_of(origin: &Origin, to: &[SealingRecipient], plain: &[u8]) -> Vec<u8> {
    let mut writer = SealingWriter::new(to, mark_of(origin), Vec::new()).unwrap();
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

fn log_keys() -> Vec<crate::note::VerifyingKey> {
    vec![SigningKey::from_seed(ORIGIN, &[1; 32]).unwrap().verifying_key().clone()]
}

fn origin() -> Origin {
    ORIGIN.parse().unwrap()
}

#[test]
fn any_one_administrator_hands_the_key_to_who_asked_and_the_rest_is_not_needed() {
    let administrators = [identity(1), identity(2), identity(3)];
    let recipients: Vec<_> = administrators.iter().map(SealingIdentity::to_recipient).collect();
    let plain = vec![9; 200_000];
    let backup = sealed(&recipients, &plain);
    let once = identity(9);
    let beginning = &backup[..backup.len().min(MAX_HEADER)];
    let request = RestoreRequest::new(beginning, once.to_recipient()).unwrap();
    let request = RestoreRequest::parse(request.text().as_bytes()).unwrap();
    for administrator in &administrators {
        let key = BackupKey::open(&request, administrator, origin(), log_keys()).unwrap();
        let answer = key.seal(&request).unwrap();
        let key = BackupKey::read(&answer, &request, &once).unwrap();
        assert_eq!((key.origin, key.log_keys), (origin(), log_keys()));
        let mut reader =
            SealedReader::with_file_key(&key.file_key, Cursor::new(&backup), u64::MAX).unwrap();
        let mut opened = Vec::new();
        reader.read_to_end(&mut opened).unwrap();
        assert!(opened == plain);
        // The answer is nobody else's.
        let other = BackupKey::read(&answer, &request, &identity(8));
        assert_eq!(other.unwrap_err(), BadKey::Open(OpenError::NotForTheseKeys));
    }
    let stranger = BackupKey::open(&request, &identity(4), origin(), log_keys());
    assert_eq!(stranger.unwrap_err(), OpenError::NotForTheseKeys);
}

/// What else is sealed to an administrator: whoever got its key would have the invitation's secret.
#[test]
fn the_key_of_what_is_no_backup_is_handed_to_nobody() {
    let (administrator, once) = (identity(1), identity(9));
    let to = [administrator.to_recipient()];
    let open = |beginning: &[u8]| {
        let request = RestoreRequest::new(beginning, once.to_recipient()).unwrap();
        BackupKey::open(&request, &administrator, origin(), log_keys()).map(|_| ())
    };
    let secret = crate::seal::seal_to(&to, &[7; 16]).unwrap();
    assert_eq!(open(&secret), Err(OpenError::Malformed));
    let backup = sealed(&to, b"1");
    assert_eq!(open(&backup), Ok(()));
    // Nobody who cannot open it makes a backup of it.
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mark = format!("-> tsumugu-backup {ORIGIN}\n\n");
    assert_eq!(text(&backup).matches(&mark).count(), 1);
    let head = text(crate::seal::head_of(&secret).unwrap());
    let version = "age-encryption.org/v1\n";
    for (before, after) in
        [("\n--- ", format!("\n{mark}--- ")), (version, format!("{version}{mark}"))]
    {
        let marked = head.replacen(before, &after, 1);
        assert_eq!(open(marked.as_bytes()), Err(OpenError::Damaged), "{before}");
    }
    // Said twice, or in another form.
    let head = text(crate::seal::head_of(&backup).unwrap());
    for other in [
        format!("{mark}{mark}"),
        "-> tsumugu-backup\n\n".to_owned(),
        format!("-> tsumugu-backup {ORIGIN} more\n\n"),
        format!("-> tsumugu-backup {ORIGIN}\nAAAA\n"),
        String::new(),
    ] {
        let changed = head.replacen(&mark, &other, 1);
        assert_eq!(open(changed.as_bytes()), Err(OpenError::Malformed), "{other}");
    }
    // Another log's, with the same administrator.
    let other = sealed_of(&"exchange.test/west".parse().unwrap(), &to, b"1");
    assert_eq!(open(&other), Err(OpenError::NotForTheseKeys));
}

#[test]
fn an_answer_is_of_one_backup() {
    let (administrator, once) = (identity(1), identity(9));
    let to = [administrator.to_recipient()];
    let request = |backup: &[u8]| RestoreRequest::new(backup, once.to_recipient()).unwrap();
    let (first, second) = (sealed(&to, b"1"), sealed(&to, b"2"));
    let key = BackupKey::open(&request(&first), &administrator, origin(), log_keys()).unwrap();
    let answer = key.seal(&request(&first)).unwrap();
    assert_eq!(
        BackupKey::read(&answer, &request(&second), &once).unwrap_err(),
        BadKey::OtherBackup
    );
    let other = SealedReader::with_file_key(&key.file_key, Cursor::new(&second), u64::MAX);
    assert!(matches!(other, Err(StreamError::Open(OpenError::Damaged))));
    assert_ne!(request(&first).digits(), request(&second).digits());
}

#[test]
fn a_cut_or_changed_backup_is_refused_before_anything_of_it_is_read_or_at_the_changed_place() {
    let administrator = identity(1);
    let backup = sealed(&[administrator.to_recipient()], &vec![9; 150_000]);
    let request = RestoreRequest::new(&backup, identity(9).to_recipient()).unwrap();
    let key = BackupKey::open(&request, &administrator, origin(), log_keys()).unwrap().file_key;
    let open =
        |bytes: &[u8]| SealedReader::with_file_key(&key, Cursor::new(bytes.to_vec()), u64::MAX);
    for cut in (0..backup.len()).step_by(997) {
        assert!(open(&backup[..cut]).is_err(), "{cut}");
    }
    for at in (0..backup.len()).step_by(1_009) {
        let mut changed = backup.clone();
        changed[at] ^= 1;
        let read = open(&changed).map(|mut reader| reader.read_to_end(&mut Vec::new()));
        assert!(!matches!(read, Ok(Ok(_))), "{at}");
    }
}

#[test]
fn texts_have_one_spelling() {
    let administrator = identity(1);
    let backup = sealed(&[administrator.to_recipient()], b"");
    let request = RestoreRequest::new(&backup, identity(9).to_recipient()).unwrap();
    let text = request.text();
    assert!(text.len() <= MAX_REQUEST);
    let parse = |text: &str| RestoreRequest::parse(text.as_bytes()).err();
    assert_eq!(parse(&text), None);
    assert_eq!(parse(&text.replacen("v1", "v2", 1)), Some(NotOfABackup::Newer));
    for bad in [
        text.trim_end().to_owned(),
        format!("{text}\n"),
        text.replace('\n', "\r\n"),
        text.replacen("head ", "head  ", 1),
        text.replacen("recipient age1pq1", "recipient AGE1PQ1", 1),
        text.replacen("restore-request", "backup-key", 1),
        String::new(),
    ] {
        assert_eq!(parse(&bad), Some(NotOfABackup::Malformed), "{}", &bad[..bad.len().min(80)]);
    }
    for cut in 0..text.len() {
        assert!(parse(&text[..cut]).is_some(), "{cut}");
    }
    assert_eq!(RestoreRequest::parse(&vec![b'a'; MAX_REQUEST + 1]), Err(NotOfABackup::Malformed));
}

#[test]
fn nothing_is_sealed_to_nobody() {
    let refused = |error: std::io::Error| error.into_inner().unwrap().downcast::<SealError>();
    let nobody = SealingWriter::new(&[], mark_of(&origin()), Vec::new()).err().unwrap();
    assert_eq!(*refused(nobody).unwrap(), SealError::NoRecipients);
    let many = vec![identity(1).to_recipient(); crate::seal::MAX_RECIPIENTS + 1];
    let many = SealingWriter::new(&many, mark_of(&origin()), Vec::new()).err().unwrap();
    assert_eq!(*refused(many).unwrap(), SealError::TooManyRecipients);
}
