//! A person who types, a file, and neither.

use super::*;

/// Answers with these lines, then is interrupted.
struct Person(Vec<&'static str>);

impl Prompt for Person {
    fn is_present(&self) -> bool {
        true
    }
    fn ask(&mut self, _: &Sentence) -> io::Result<Zeroizing<String>> {
        if self.0.is_empty() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        Ok(Zeroizing::new(self.0.remove(0).to_owned()))
    }
}

/// No terminal; being asked is a fault.
struct Nobody;

impl Prompt for Nobody {
    fn is_present(&self) -> bool {
        false
    }
    fn ask(&mut self, _: &Sentence) -> io::Result<Zeroizing<String>> {
        panic!("asked although nobody is there")
    }
}

const GOOD: &str = "four unrelated words";

fn text(passphrase: &Passphrase) -> &str {
    passphrase.secret().expose_secret()
}

fn typed(lines: &[&'static str]) -> (Result<NewPassphrase, PassphraseError>, Vec<&'static str>) {
    let mut notes = Vec::new();
    let mut source = Source::new(None, Person(lines.to_vec()));
    let result = source.create(&mut |sentence| notes.push(sentence.message().key()));
    (result, notes)
}

#[test]
fn a_new_one_is_typed_twice_after_the_advice() {
    let (result, notes) = typed(&[GOOD, GOOD]);
    assert_eq!(text(result.unwrap().as_ref()), GOOD);
    assert_eq!(notes, ["passphrase.advice"]);
    assert!(matches!(typed(&[GOOD, "another long one"]).0, Err(PassphraseError::DoNotMatch)));
    assert!(matches!(typed(&[GOOD]).0, Err(PassphraseError::Asking(_))));
}

#[test]
fn length_has_its_edges() {
    NewPassphrase::parse(&"x".repeat(MIN_CHARS)).unwrap();
    NewPassphrase::parse(&"つ".repeat(MIN_CHARS)).unwrap();
    let short = NewPassphrase::parse(&"つ".repeat(MIN_CHARS - 1)).unwrap_err();
    assert!(matches!(short, PassphraseError::TooShort { count } if count == MIN_CHARS - 1));
    Passphrase::parse(&"x".repeat(MAX_BYTES)).unwrap();
    let long = Passphrase::parse(&"x".repeat(MAX_BYTES + 1)).unwrap_err();
    assert!(matches!(long, PassphraseError::TooLong));
    assert!(matches!(Passphrase::parse(""), Err(PassphraseError::Empty)));
    assert!(matches!(Passphrase::parse("a\tb"), Err(PassphraseError::NotText)));
}

#[test]
fn the_same_characters_are_the_same_passphrase() {
    // RFC 8265, section 4.2.2: other spaces become U+0020, and NFC.
    let composed = Passphrase::parse("が 1").unwrap();
    let decomposed = Passphrase::parse("か\u{3099}\u{3000}1").unwrap();
    assert_eq!(text(&composed), text(&decomposed));
    let cased = Passphrase::parse("Ａ").unwrap();
    assert_ne!(text(&cased), "A", "case and width are the person's");
}

#[test]
fn a_file_gives_its_first_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("passphrase");
    for content in
        ["four unrelated words", "four unrelated words\r\nx", "\u{feff}four unrelated words\n"]
    {
        std::fs::write(&file, content).unwrap();
        let mut source = Source::new(Some(file.clone()), Nobody);
        assert_eq!(text(&source.existing(&mut |_| {}).unwrap()), GOOD);
        assert_eq!(text(source.create(&mut |_| {}).unwrap().as_ref()), GOOD);
    }
    std::fs::write(&file, b"\x83\x5c\n").unwrap();
    let mut source = Source::new(Some(file.clone()), Nobody);
    assert!(matches!(source.existing(&mut |_| {}), Err(PassphraseError::File { .. })));
    let mut source = Source::new(Some(folder.path().join("absent")), Nobody);
    let failure = Failure::from(source.existing(&mut |_| {}).unwrap_err());
    assert_eq!(failure.key(), "passphrase.file-unreadable");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("passphrase");
    std::fs::write(&file, GOOD).unwrap();
    for (mode, warned) in [(0o600, 0), (0o640, 1), (0o604, 1)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        let mut notes = Vec::new();
        let mut source = Source::new(Some(file.clone()), Nobody);
        source.existing(&mut |sentence| notes.push(sentence.ja())).unwrap();
        assert_eq!(notes.len(), warned, "{mode:o}");
    }
}

#[test]
fn with_nobody_to_ask_it_fails_at_once() {
    let mut source = Source::new(None, Nobody);
    assert!(matches!(source.existing(&mut |_| {}), Err(PassphraseError::NoTerminal)));
    assert!(matches!(source.create(&mut |_| {}), Err(PassphraseError::NoTerminal)));
}

#[test]
fn a_passphrase_does_not_print() {
    assert!(!format!("{:?}", NewPassphrase::parse(GOOD).unwrap()).contains("four"));
}
