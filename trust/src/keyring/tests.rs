use proptest::prelude::*;

use super::*;
use crate::seal::{SealingIdentity, seal_to};

fn keyring(sets: usize, workers: usize, card: usize) -> Keyring {
    let id = |n: usize| Id((n as u128 + 1).to_be_bytes());
    Keyring {
        origin: "exchange.example/log".parse().unwrap(),
        institution: Id([1; 16]),
        seed: Secret::new([2; 32]),
        known: ChainHead { number: 41, hash: Hash([3; 32]) },
        checkpoint: b"checkpoint\n".to_vec(),
        key_sets: (0..sets)
            .map(|n| KeyringSet {
                number: u64::MAX / 2 - 100 + n as u64,
                digest: Hash([4; 32]),
                seed: Secret::new([5; 32]),
            })
            .collect(),
        workers: (0..workers)
            .map(|n| KeyringWorker { id: id(n), salt: Secret::new([6; 32]), card: vec![7; card] })
            .collect(),
    }
}

#[test]
fn what_was_written_is_read() {
    for (sets, workers) in [(1, 0), (1, 1), (3, 2)] {
        let made = keyring(sets, workers, 9);
        assert_eq!(Keyring::parse(&made.encode().unwrap()), Ok(made));
    }
    let text = keyring(2, 1, 3).encode().unwrap().to_vec();
    insta::assert_snapshot!(String::from_utf8(text).unwrap());
}

#[test]
fn the_most_that_a_keyring_holds_fits_and_one_more_does_not() {
    let mut most = keyring(MAX_KEY_SETS, MAX_WORKERS, MAX_CARD);
    most.checkpoint = vec![1; MAX_CHECKPOINT];
    most.origin = format!("exchange.example/{}", "a".repeat(83)).parse().unwrap();
    let bytes = most.encode().unwrap();
    assert!(bytes.len() <= MAX_KEYRING, "{}", bytes.len());
    assert_eq!(Keyring::parse(&bytes), Ok(most.clone()));
    let sealed = seal_to(&[SealingIdentity::from_seed(&[8; 32]).to_recipient()], &bytes).unwrap();
    assert!(sealed.len() <= MAX_SEALED_KEYRING, "{}", sealed.len());
    let too_much = [
        keyring(MAX_KEY_SETS + 1, 0, 1),
        keyring(1, MAX_WORKERS + 1, 1),
        keyring(1, 1, MAX_CARD + 1),
        Keyring { checkpoint: vec![1; MAX_CHECKPOINT + 1], ..keyring(1, 0, 1) },
    ];
    for one in too_much {
        assert_eq!(one.encode(), Err(NotAKeyring::TooMuch));
    }
    assert_eq!(Keyring::parse(&vec![b'a'; MAX_KEYRING + 1]), Err(NotAKeyring::TooMuch));
    assert_eq!(Keyring::parse(&vec![b'a'; MAX_KEYRING]), Err(NotAKeyring::Malformed));
}

#[test]
fn parts_that_are_missing_or_out_of_order_are_refused() {
    let mut twice = keyring(2, 0, 0);
    twice.key_sets.swap(0, 1);
    let mut workers = keyring(1, 2, 1);
    workers.workers[1] = workers.workers[0].clone();
    let none = Keyring { checkpoint: Vec::new(), ..keyring(1, 0, 1) };
    for one in [keyring(0, 0, 0), keyring(1, 1, 0), none, twice, workers] {
        assert_eq!(one.encode(), Err(NotAKeyring::Malformed));
    }
}

#[test]
fn every_other_spelling_is_refused() {
    let good = String::from_utf8(keyring(2, 2, 3).encode().unwrap().to_vec()).unwrap();
    let parse = |text: String| Keyring::parse(text.as_bytes());
    assert!(parse(good.clone()).is_ok());
    for (from, to) in [
        ("institution 01", "institution 0A"),
        ("institution", "Institution"),
        ("known 41", "known 041"),
        ("seed 02", "seed 2"),
        ("\nexchange", "\n exchange"),
        ("exchange.example/log", "exchange.example/LOG"),
        ("checkpoint Y2", "checkpoint  Y2"),
        ("BwcH", "BwcH="),
        ("\nworker", "\n\nworker"),
        ("\nworker", "\r\nworker"),
    ] {
        assert!(good.contains(from), "{from}");
        assert_eq!(parse(good.replacen(from, to, 1)), Err(NotAKeyring::Malformed), "{from}");
    }
    assert_eq!(parse(good.trim_end().to_owned()), Err(NotAKeyring::Malformed));
    assert_eq!(parse(good.clone() + "more x\n"), Err(NotAKeyring::Malformed));
    assert_eq!(parse(good.replace("/v1/", "/v2/")), Err(NotAKeyring::Newer));
    assert_eq!(parse(good.replace("/v1/", "/v01/")), Err(NotAKeyring::Malformed));
    assert_eq!(parse(good.replace("/v1/", "/v0/")), Err(NotAKeyring::Malformed));
}

#[test]
fn nothing_secret_is_shown() {
    let shown = format!("{:?}", keyring(1, 1, 40));
    for secret in ["0202", "0505", "0606", "0707", "[2, 2", "[5, 5", "[6, 6", "[7, 7"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = Keyring::parse(&bytes);
    }

    #[test]
    fn a_changed_byte_is_refused_or_read_as_what_it_then_is(at in 0_usize..400, bit in 0_u32..8) {
        let mut bytes = keyring(2, 1, 3).encode().unwrap().to_vec();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(read) = Keyring::parse(&bytes) {
            prop_assert_eq!(&*read.encode().unwrap(), &bytes);
        }
    }
}
