use proptest::prelude::*;

use super::*;

/// The example of C2SP signed-note.
const EXAMPLE_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

const NAME: &str = "exchange.example/terminal/0123456789abcdef0123456789abcdef";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(NAME, &[seed; 32]).unwrap()
}

fn signed(text: &str, by: &[&SigningKey]) -> Note {
    let mut note = Note::new(text).unwrap();
    for key in by {
        note.sign(key).unwrap();
    }
    note
}

#[test]
fn specification_example() {
    let key: VerifyingKey = EXAMPLE_KEY.parse().unwrap();
    assert_eq!(key.to_string(), EXAMPLE_KEY);
    assert_eq!(key.name(), "example.com/foo");
    let note = Note::parse(EXAMPLE).unwrap();
    assert_eq!(note.encode(), EXAMPLE);
    assert_eq!(note.verify(&key).unwrap().text(), "This is an example message.\n");
}

#[test]
fn rfc_8032_first_vector_names_the_same_key() {
    let seed =
        hex_literal::hex!("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    let key = SigningKey::from_seed("a", &seed).unwrap();
    assert_eq!(
        hex::encode(key.verifying_key().public()),
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    );
}

#[test]
fn several_signatures_and_their_order() {
    let (a, b) = (key(1), SigningKey::from_seed("another.example/a", &[2; 32]).unwrap());
    let mut note = signed("text\n", &[&a, &b]);
    note.sort_signatures();
    let names: Vec<_> = note.signatures().iter().map(NoteSignature::name).collect();
    assert_eq!(names, [b.name(), a.name()]);
    assert_eq!(Note::parse(note.encode()).unwrap(), note);
    note.verify(a.verifying_key()).unwrap();
    assert_eq!(note.verify(b.verifying_key()).unwrap().key(), b.verifying_key());
}

#[test]
fn text_ends_at_the_last_empty_line() {
    let note = signed("one\n\ntwo\n\n\n", &[&key(1)]);
    assert_eq!(Note::parse(note.encode()).unwrap().text(), "one\n\ntwo\n\n\n");
}

#[test]
fn unknown_keys_are_ignored() {
    let note = signed("text\n", &[&key(1)]);
    assert_eq!(note.verify(key(2).verifying_key()).unwrap_err(), VerifyError::NotSigned);
}

#[test]
fn a_known_key_that_fails_condemns() {
    let (good, other) = (key(1), key(2));
    let bad = signed("other text\n", &[&good]).signatures()[0].clone();
    for order in [[true, false], [false, true]] {
        let mut note = signed("text\n", &[&other]);
        for right in order {
            note.add(if right { good.sign("text\n") } else { bad.clone() }).unwrap();
        }
        let name = NAME.to_owned();
        let got = note.verify(good.verifying_key());
        assert_eq!(got.unwrap_err(), VerifyError::BadSignature { name });
        note.verify(other.verifying_key()).unwrap();
    }
}

#[test]
fn a_signature_does_not_move_to_another_name() {
    let note = signed("text\n", &[&key(1)]);
    let renamed = note.encode().replace("\u{2014} exchange", "\u{2014} eXchange");
    let renamed = Note::parse(renamed).unwrap();
    assert_eq!(renamed.verify(key(1).verifying_key()).unwrap_err(), VerifyError::NotSigned);
}

#[test]
fn malformed_notes() {
    let line = key(1).sign("t\n").to_string();
    let (dash, rest) = line.split_at(SIGNATURE_PREFIX.len());
    let base64 = rest.split_once(' ').unwrap().1;
    use NoteError::*;
    let cases = [
        (String::new(), NoSignatures),
        ("t\n".into(), NoSignatures),
        ("t\n\n".into(), NoSignatures),
        (format!("t\n{line}\n"), NoSignatures),
        (format!("\n{line}\n"), NoSignatures),
        (format!("t\n\n{line}"), SignatureLine),
        (format!("t\n\n{line}\n\n"), NoSignatures),
        (format!("t\n\n{line}\nx\n"), SignatureLine),
        (format!("t\n\n- {rest}\n"), SignatureLine),
        (format!("t\n\n{dash} {rest}\n"), SignatureLine),
        (format!("t\n\n{dash}{base64}\n"), SignatureLine),
        (format!("t\n\n{dash}a+b {base64}\n"), SignatureLine),
        (format!("t\n\n{dash}a\u{3000}b {base64}\n"), SignatureLine),
        (format!("t\n\n{line} \n"), SignatureLine),
        (format!("t\n\n{line}\r\n"), SignatureLine),
        (format!("t\n\n{dash}a {}\n", base64.trim_end_matches('=')), SignatureLine),
        (format!("t\n\n{dash}a AAAAAA==\n"), SignatureLine),
        (format!("t\n\n{dash}a AAAAAAA\n"), SignatureLine),
        (format!("t\n\n{dash}a AAAAAAB=\n"), SignatureLine),
        (format!("t\r\n\n{line}\n"), ControlCharacter),
        (format!("t\0\n\n{line}\n"), ControlCharacter),
        (format!("t\t\n\n{line}\n"), ControlCharacter),
    ];
    for (text, error) in cases {
        assert_eq!(Note::parse(&text), Err(error), "{text:?}");
    }
    assert_eq!(Note::parse(b"t\xff\n\n"), Err(NotUtf8));
    assert_eq!(Note::new("t"), Err(TextEnd));
    assert_eq!(Note::new(""), Err(TextEnd));
}

#[test]
fn shortest_signature() {
    let note = Note::parse("t\n\n\u{2014} a AAAAAAA=\n").unwrap();
    assert_eq!(
        (note.signatures()[0].key_id(), note.signatures()[0].signature()),
        ([0; 4], &[0][..])
    );
}

#[test]
fn as_many_signatures_as_allowed() {
    let note = signed("t\n", &[&key(1); MAX_SIGNATURES]);
    let text = note.encode();
    assert_eq!(Note::parse(&text).unwrap(), note);
    let more = format!("{text}{}\n", key(1).sign("t\n"));
    assert_eq!(Note::parse(more), Err(NoteError::TooManySignatures));
    assert_eq!(note.clone().sign(&key(1)), Err(NoteError::TooManySignatures));
}

#[test]
fn as_long_as_allowed() {
    let rest = signed("\n", &[&key(1)]).encode().len();
    let text = format!("{}\n", "x".repeat(MAX_NOTE - rest));
    let whole = signed(&text, &[&key(1)]).encode();
    assert_eq!(whole.len(), MAX_NOTE);
    Note::parse(&whole).unwrap().verify(key(1).verifying_key()).unwrap();
    assert_eq!(Note::parse(format!("x{whole}")), Err(NoteError::TooLong));
    let mut unsigned = Note::new(format!("x{text}")).unwrap();
    assert_eq!(unsigned.sign(&key(1)), Err(NoteError::TooLong));
    assert_eq!(Note::new(format!("{}\n", "x".repeat(MAX_NOTE))), Err(NoteError::TooLong));
}

#[test]
fn malformed_keys() {
    let parse = |text: &str| text.parse::<VerifyingKey>().unwrap_err();
    let (name, rest) = EXAMPLE_KEY.split_once('+').unwrap();
    let (id, base64) = rest.split_once('+').unwrap();
    assert_eq!(parse(""), ParseKeyError::Form);
    assert_eq!(parse(name), ParseKeyError::Form);
    assert_eq!(parse(&format!("{name}+{id}")), ParseKeyError::Form);
    assert_eq!(parse(&format!("{name}+{id}+")), ParseKeyError::Form);
    assert_eq!(parse(&format!("{name}+{id}+{base64}=")), ParseKeyError::Form);
    assert_eq!(parse(&format!("{name}+{id}+AQ==")), ParseKeyError::Form);
    assert_eq!(parse(&format!("{name}+{}+{base64}", id.to_uppercase())), ParseKeyError::Id);
    assert_eq!(parse(&format!("{name}x+{id}+{base64}")), ParseKeyError::Id);
    assert_eq!(parse(&format!("+{id}+{base64}")), ParseKeyError::Name);
    assert_eq!(parse(&format!("a b+{id}+{base64}")), ParseKeyError::Name);
    assert_eq!(parse(&format!("{name}+{id}+B{}", &base64[1..])), ParseKeyError::Type(5));
    assert_eq!(SignatureType::from_byte(6), Some(SignatureType::MlDsa44Cosignature));
    assert_eq!(SignatureType::from_byte(2), None);
}

#[test]
fn secrets_do_not_print() {
    let printed = format!("{:?}", key(7));
    assert!(printed.contains(NAME) && !printed.contains(&hex::encode([7; 32])), "{printed}");
}

proptest! {
    #[test]
    fn what_parses_encodes_to_itself(bytes in "(.|\n){0,40}\n\n(\u{2014} [a-c ]{1,3} [A-D=]{4,8}\n){0,3}") {
        if let Ok(note) = Note::parse(&bytes) {
            prop_assert_eq!(note.encode(), bytes);
        }
    }

    #[test]
    fn any_change_of_a_signed_note_is_noticed(at in 0_usize..200, bit in 0_u8..8) {
        let mut bytes = signed("some text\n", &[&key(1)]).encode().into_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(note) = Note::parse(&bytes) {
            prop_assert!(note.verify(key(1).verifying_key()).is_err());
        }
    }
}
