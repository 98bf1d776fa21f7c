use ml_kem::EncodedSizeUser;
use rand::SeedableRng;
use rand::rngs::StdRng;
use secrecy::{ExposeSecret, SecretString};

use super::*;

const KEY: [u8; 32] = [3; 32];

/// Work enough for a test.
const WORK: u8 = 2;

fn identity(seed: u64) -> SealingIdentity {
    SealingIdentity::generate(&mut StdRng::seed_from_u64(seed))
}

fn sealed_to(seed: u64, plain: &[u8]) -> Vec<u8> {
    seal_to(&[identity(seed).to_recipient()], plain).unwrap()
}

fn open(seed: u64, sealed: &[u8]) -> Result<Vec<u8>, OpenError> {
    open_with(&[&identity(seed)], sealed, usize::MAX).map(|plain| plain.to_vec())
}

fn passphrase(text: &str) -> SecretString {
    SecretString::from(text)
}

/// Files that typage (npm `age-encryption` 0.3.1) made, and the identity that it generated.
mod typage {
    use super::*;

    const IDENTITY: &str =
        "AGE-SECRET-KEY-PQ-18NU353VKVPY06HL74MFYFDJQYVCQPTGJ8UEFEGDRCMLQJHLHFHHSMVX44C";

    #[test]
    fn files_open() {
        let identity: SealingIdentity = IDENTITY.parse().unwrap();
        let files: [(&[u8], &str); 3] = [
            (include_bytes!("../../tests/vectors/typage-empty.age"), ""),
            (include_bytes!("../../tests/vectors/typage-text.age"), "つむぐ: typage to Tsumugu"),
            (include_bytes!("../../tests/vectors/typage-two.age"), "two recipients"),
        ];
        for (file, plain) in files {
            let opened = open_with(&[&identity], file, plain.len()).unwrap();
            assert_eq!(opened.as_slice(), plain.as_bytes());
        }
        assert_eq!(identity.secret_string().expose_secret(), IDENTITY);
    }

    #[test]
    fn passphrase_file_opens() {
        let file = include_str!("../../tests/vectors/typage-passphrase.age");
        let opened = open_with_passphrase(&passphrase("correct horse"), file, 6).unwrap();
        assert_eq!(opened.as_slice(), b"secret");
    }
}

/// A file that was put together from the description in `keyed.rs` with Node's `crypto` alone.
#[test]
fn keyed_file_of_another_program_opens() {
    let key: [u8; 32] = std::array::from_fn(|n| n as u8);
    let file = include_bytes!("../../tests/vectors/keyed.age");
    assert_eq!(open_with_key(&key, file, 10).unwrap().as_slice(), b"attachment");
}

#[test]
fn every_recipient_opens_alone() {
    let recipients: Vec<_> = (0..3).map(|seed| identity(seed).to_recipient()).collect();
    let sealed = seal_to(&recipients, b"letter").unwrap();
    for seed in 0..3 {
        assert_eq!(open(seed, &sealed).unwrap(), b"letter");
    }
    assert_eq!(open(3, &sealed), Err(OpenError::NotForTheseKeys));
    assert_eq!(open_with(&[], &sealed, 9), Err(OpenError::NotForTheseKeys));
    let opened = open_with(&[&identity(7), &identity(1)], &sealed, 6).unwrap();
    assert_eq!(opened.as_slice(), b"letter");
}

#[test]
fn as_many_recipients_as_allowed() {
    let mut recipients = vec![identity(0).to_recipient(); MAX_RECIPIENTS];
    let sealed = seal_to(&recipients, b"").unwrap();
    assert_eq!(open(0, &sealed).unwrap(), b"");
    recipients.push(identity(1).to_recipient());
    assert_eq!(seal_to(&recipients, b""), Err(SealError::TooManyRecipients));
    assert_eq!(seal_to(&[], b""), Err(SealError::NoRecipients));
}

#[test]
fn lengths_around_a_chunk_and_the_limit() {
    const CHUNK: usize = 64 * 1024;
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1] {
        let plain: Vec<_> = (0..length).map(|n| (n % 251) as u8).collect();
        let sealed = seal_with_key(&KEY, &plain).unwrap();
        assert_eq!(*open_with_key(&KEY, &sealed, length).unwrap(), plain);
        if length > 0 {
            let limit = length - 1;
            let got = open_with_key(&KEY, &sealed, limit);
            assert_eq!(got, Err(OpenError::TooLarge { limit }));
        }
        for extra in [1, 16, 17] {
            let longer = [&sealed[..], &vec![0; extra]].concat();
            assert_eq!(open_with_key(&KEY, &longer, usize::MAX), Err(OpenError::Damaged));
        }
        // Cut where a chunk ends, which leaves the chunks before it whole.
        let cut = sealed.len() - 16 - (length.max(1) - 1) % CHUNK - usize::from(length > 0);
        assert_eq!(open_with_key(&KEY, &sealed[..cut], usize::MAX), Err(OpenError::Damaged));
    }
}

#[test]
fn every_change_of_a_letter_is_refused() {
    let identity = identity(0);
    let sealed = sealed_to(0, b"letter");
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(open_with(&[&identity], &changed, 100).is_err(), "{at}");
        assert!(open_with(&[&identity], &sealed[..at], 100).is_err(), "{at}");
    }
}

#[test]
fn every_change_of_an_attachment_is_refused() {
    let sealed = seal_with_key(&KEY, b"attachment").unwrap();
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut changed = sealed.clone();
            changed[at] ^= 1 << bit;
            assert!(open_with_key(&KEY, &changed, 100).is_err(), "{at}");
        }
        assert!(open_with_key(&KEY, &sealed[..at], 100).is_err(), "{at}");
    }
}

#[test]
fn errors_say_whose_fault_it_is() {
    let sealed = seal_with_key(&KEY, b"attachment").unwrap();
    let open = |file: &[u8]| open_with_key(&KEY, file, 100).unwrap_err();
    assert_eq!(open_with_key(&[4; 32], &sealed, 100), Err(OpenError::NotForTheseKeys));
    assert_eq!(open(b""), OpenError::Malformed);
    assert_eq!(open(b"%PDF-1.7"), OpenError::Malformed);
    assert_eq!(open(&sealed_to(0, b"letter")), OpenError::Malformed);
    assert_eq!(super::tests::open(0, &sealed), Err(OpenError::NotForTheseKeys));
    let last = sealed.len() - 1;
    let mut changed = sealed.clone();
    changed[last] ^= 1;
    assert_eq!(open(&changed), OpenError::Damaged);
    assert_eq!(open(&sealed[..last]), OpenError::Damaged);
    let (head, payload) = split(&sealed);
    assert_eq!(open(head.as_bytes()), OpenError::Damaged);
    // The header's authentication covers stanzas that mean nothing too.
    let more = head.replacen("-> ", "-> unknown-grease\n\n-> ", 1);
    assert_eq!(open(&[more.as_bytes(), payload].concat()), OpenError::Damaged);
}

#[test]
fn keyed_files_have_one_way_in() {
    let sealed = seal_with_key(&KEY, b"attachment").unwrap();
    let (head, payload) = split(&sealed);
    let line = head.lines().find(|line| line.starts_with("-> tsumugu-key ")).unwrap();
    let open = |head: String| open_with_key(&KEY, &[head.as_bytes(), payload].concat(), 100);
    let twice = head.replacen(line, &format!("{line}\n{}\n{line}", "A".repeat(43)), 1);
    assert_eq!(open(twice), Err(OpenError::Malformed));
    for tag in ["X25519", "scrypt", "mlkem768x25519", "mlkem768p256tag", "unknown", "greasepaint"] {
        let mixed = head.replacen("-> ", &format!("-> {tag} A\n\n-> "), 1);
        assert_eq!(open(mixed), Err(OpenError::Malformed), "{tag}");
    }
    let (_, salt) = line.rsplit_once(' ').unwrap();
    for argument in ["", " ", &salt[2..], &format!("{salt}AA"), &format!("{salt} A"), "="] {
        let other = head.replacen(&format!(" {salt}"), &format!(" {argument}"), 1);
        assert_eq!(open(other), Err(OpenError::Malformed), "{argument}");
    }
    let bare = head.replacen(&format!(" {salt}"), "", 1);
    assert_eq!(open(bare), Err(OpenError::Malformed));
}

#[test]
fn recipients_as_text() {
    let recipient = identity(0).to_recipient();
    let text = recipient.to_string();
    assert_eq!((text.len(), &text[..7]), (1959, "age1pq1"));
    assert_eq!(text.parse::<SealingRecipient>().unwrap(), recipient);
    assert_ne!(identity(1).to_recipient(), recipient);
    let kind = |text: &str| text.parse::<SealingRecipient>().unwrap_err();
    assert_eq!(kind(""), KeyTextError::Form);
    assert_eq!(kind(&text.to_uppercase()), KeyTextError::Form);
    assert_eq!(kind(&text[..1958]), KeyTextError::Form);
    let x25519 = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
    assert_eq!(kind(x25519), KeyTextError::Kind);
}

#[test]
fn recipients_that_are_no_keys() {
    let hrp = ::bech32::Hrp::parse("age1pq").unwrap();
    let text = identity(0).to_recipient().to_string();
    let bytes = super::bech32::decode(hrp, &text).unwrap();
    let parse = |bytes: &[u8]| super::bech32::encode(hrp, bytes).parse::<SealingRecipient>();
    parse(&bytes).unwrap();
    assert_eq!(parse(&bytes[1..]), Err(KeyTextError::Key));
    assert_eq!(parse(&bytes[..1184]), Err(KeyTextError::Key));
    assert_eq!(parse(&[&bytes[..], &[0]].concat()), Err(KeyTextError::Key));
    // The first coefficient is 4,095, above the modulus 3,329.
    let mut not_reduced = bytes.to_vec();
    not_reduced[0] = 0xff;
    not_reduced[1] |= 0x0f;
    assert_eq!(parse(&not_reduced), Err(KeyTextError::Key));
    for point in [[0; 32], low_order_point()] {
        let low_order = [&bytes[..1184], &point].concat();
        assert_eq!(parse(&low_order), Err(KeyTextError::Key));
    }
}

#[test]
fn low_order_keys_fail_without_a_panic() {
    let good = identity(0).to_recipient();
    let hrp = ::bech32::Hrp::parse("age1pq").unwrap();
    let bytes = super::bech32::decode(hrp, &good.to_string()).unwrap();
    let kem = hybrid::EncapsulationKey::from_bytes(bytes[..1184].try_into().unwrap());
    let bad = SealingRecipient::new(kem, exchange::ExchangePublic(low_order_point()));
    assert_eq!(seal_to(&[good, bad], b"letter"), Err(SealError::UnusableRecipient));

    let sealed = sealed_to(0, b"letter");
    let (head, payload) = split(&sealed);
    let line = head.lines().find(|line| line.starts_with("-> mlkem768x25519 ")).unwrap();
    let (tag, enc) = line.rsplit_once(' ').unwrap();
    let mut enc = header::decode(enc).unwrap();
    enc[1088..].copy_from_slice(&low_order_point());
    let enc = base64::Engine::encode(&base64::prelude::BASE64_STANDARD_NO_PAD, enc);
    let head = head.replacen(line, &format!("{tag} {enc}"), 1);
    assert_eq!(open(0, &[head.as_bytes(), payload].concat()), Err(OpenError::Malformed));
}

#[test]
fn identities_as_text() {
    let secret = identity(0).secret_string();
    let text = secret.expose_secret();
    assert_eq!((text.len(), &text[..19]), (77, "AGE-SECRET-KEY-PQ-1"));
    let read: SealingIdentity = text.parse().unwrap();
    assert_eq!(read.to_recipient(), identity(0).to_recipient());
    assert_eq!(*read.seed(), *identity(0).seed());
    let again = SealingIdentity::from_seed(read.seed());
    assert_eq!(again.to_recipient(), read.to_recipient());
    let kind = |text: &str| text.parse::<SealingIdentity>().unwrap_err();
    assert_eq!(kind(""), KeyTextError::Form);
    assert_eq!(kind(&text.to_lowercase()), KeyTextError::Form);
    assert_eq!(kind(&identity(0).to_recipient().to_string()), KeyTextError::Form);
    let x25519 = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";
    assert_eq!(kind(x25519), KeyTextError::Kind);
    assert_eq!(format!("{read:?}"), "SealingIdentity { .. }");
}

#[test]
fn passphrases() {
    let sealed = seal_with_passphrase(&passphrase("秘密"), WORK, b"vault key").unwrap();
    assert!(sealed.ends_with("-----END AGE ENCRYPTED FILE-----\n"));
    let open = |text: &str, armored: &str| {
        open_with_passphrase(&passphrase(text), armored, 9).map(|plain| plain.to_vec())
    };
    assert_eq!(open("秘密", &sealed).unwrap(), b"vault key");
    assert_eq!(open("秘", &sealed), Err(OpenError::NotForTheseKeys));
    let got = open_with_passphrase(&passphrase("秘密"), &sealed, 8);
    assert_eq!(got, Err(OpenError::TooLarge { limit: 8 }));
    for other in ["", &sealed[1..], &format!(" {sealed}"), &format!("{sealed}\n")] {
        assert_eq!(open("秘密", other), Err(OpenError::Malformed), "{other}");
    }
    assert_eq!(open("秘密", &sealed.replace('\n', "\r\n")), Err(OpenError::Malformed));
    let binary = sealed_to(0, b"letter");
    assert_eq!(open("秘密", &passphrase::armor(&binary)), Err(OpenError::Malformed));
    assert_eq!(open("秘密", &passphrase::armor(b"")), Err(OpenError::Malformed));
}

#[test]
fn every_change_of_a_passphrase_file_is_refused() {
    let sealed = seal_with_passphrase(&passphrase("p"), 1, b"s").unwrap();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone().into_bytes();
        // Stays a printable character and becomes another one.
        changed[at] = if changed[at] == b'C' { b'B' } else { b'C' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(open_with_passphrase(&passphrase("p"), &changed, 100).is_err(), "{at}");
        assert!(open_with_passphrase(&passphrase("p"), &sealed[..at], 100).is_err(), "{at}");
    }
}

#[test]
fn work_factors() {
    let seal = |work| seal_with_passphrase(&passphrase("p"), work, b"s").map(drop);
    assert_eq!(seal(0), Err(SealError::WorkFactor));
    assert_eq!(seal(1), Ok(()));
    assert_eq!(seal(MAX_WORK_FACTOR + 1), Err(SealError::WorkFactor));
    let asks = |work: u8| {
        let zeros = "A".repeat(43);
        let stanza = format!("-> scrypt {} {work}\n{zeros}\n", "A".repeat(22));
        let file = format!("age-encryption.org/v1\n{stanza}--- {zeros}\n");
        let armored = passphrase::armor(file.as_bytes());
        open_with_passphrase(&passphrase("p"), &armored, 100).unwrap_err()
    };
    assert_eq!(asks(1), OpenError::NotForTheseKeys);
    for asked in [MAX_WORK_FACTOR + 1, 64, 255] {
        assert_eq!(asks(asked), OpenError::TooMuchWork { asked });
    }
}

#[test]
fn longest_armored_file() {
    let seal = |length| seal_with_passphrase(&passphrase("p"), 1, &vec![0; length]);
    let armored = seal(48_164).unwrap();
    assert_eq!(armored.len(), MAX_ARMORED);
    assert_eq!(seal(48_165), Err(SealError::TooLarge));
    open_with_passphrase(&passphrase("p"), &armored, 48_164).unwrap();
    let longer = format!("{armored}\n");
    let got = open_with_passphrase(&passphrase("p"), &longer, 48_164);
    assert_eq!(got, Err(OpenError::Malformed));
}

/// A point of order 8 on Curve25519 (the age test kit's low-order share).
fn low_order_point() -> [u8; 32] {
    hex_literal::hex!("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")
}

/// Header and payload.
fn split(sealed: &[u8]) -> (&str, &[u8]) {
    let length = header::Header::parse(sealed).map(|header| header.length).unwrap();
    let (head, payload) = sealed.split_at(length);
    (std::str::from_utf8(head).unwrap(), payload)
}
