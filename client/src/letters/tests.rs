//! Letters and answers there and back, and everything that must not be shown.

use prost::Message;
use tsumugu_proto::v1;
use tsumugu_trust::directory::{
    CheckedAnswer, Refusal, check_disposition, check_envelope, check_opened,
};
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::letter::{MAX_LETTER, content_commitment, pack};
use tsumugu_trust::seal::{OpenError, SealingIdentity, seal_to};
use tsumugu_trust::statement::{
    Answer, AnyBody, BytesRef, Destination, Disposition, Envelope, KeySets, Statement, sign,
};
use tsumugu_trust::testing::World;
use tsumugu_trust::value::{Id, InstitutionKind, Time, Unit};

use super::testing::{Logged, NOTICE, Pair};
use super::*;

fn read(pair: &Pair, logged: &Logged) -> Result<OpenedLetter, Unreadable> {
    let identity = pair.care.institution.identity();
    open(pair.world.directory(), logged.incoming(), &logged.body, &[&identity])
}

fn lines(envelope: &Statement) -> Envelope {
    match &envelope.body {
        AnyBody::Envelope(lines) => lines.clone(),
        _ => unreachable!("a test's envelope"),
    }
}

/// Logs a body that was sealed to the right keys around a letter changed by `change`.
fn forged(pair: &mut Pair, change: &dyn Fn(&mut v1::Author, &mut v1::Letter)) -> Logged {
    let letter = pair.composed(NOTICE.as_bytes());
    let honest = pair.sealed(&letter).unwrap();
    let mut parts = v1::Letter::decode(honest.letter.as_slice()).unwrap();
    let mut author = v1::Author::decode(&parts.author[..]).unwrap();
    change(&mut author, &mut parts);
    parts.author = author.encode_to_vec().into();
    let plain = parts.encode_to_vec();
    let offices = [&pair.hospital.institution, &pair.care.institution];
    let recipients = offices.map(|office| office.identity().to_recipient());
    let body = seal_to(&recipients, &pack(&plain).unwrap()).unwrap();
    let reference = BytesRef { digest: sha256(&[&body]), length: body.len() as u64 };
    let salt: [u8; 32] = parts.maker.unwrap().salt[..].try_into().unwrap();
    let [sender, recipient] = offices.map(|office| office.key_set_digest);
    let key_sets = KeySets { sender, recipient };
    let lines = letter.header().envelope(content_commitment(&salt, &plain), reference, key_sets);
    let envelope = sign(&pair.world.origin, &lines, &[&pair.hospital.terminal]).unwrap();
    pair.log(&envelope, body)
}

fn reply<'a>(logged: &'a Logged, answer: Answer, comment: &'a str) -> Reply<'a> {
    let (envelope, digest) = (logged.envelope.envelope(), logged.envelope.digest());
    let answered = Time(envelope.composed.0 + 60_000);
    Reply { envelope, digest, answer, answered, previous: None, comment }
}

fn log_answer(
    pair: &mut Pair,
    logged: &Logged,
    statement: &Statement,
) -> (LogPosition, CheckedAnswer<Disposition>) {
    let index = pair.world.append(statement);
    let at = pair.world.position(index);
    let (envelope, digest) = (logged.envelope.envelope(), logged.envelope.digest());
    let checked = check_disposition(pair.world.directory(), at, statement, envelope, digest);
    (at, checked.unwrap())
}

#[test]
fn a_letter_there_and_an_answer_back() {
    let mut pair = Pair::new();
    let logged = pair.logged();
    let letter = read(&pair, &logged).unwrap();
    assert_eq!(letter.kind(), v1::LetterKind::Notice);
    assert_eq!(letter.worker().name(), "山田 花子");
    assert_eq!(letter.body(), NOTICE.as_bytes());
    assert_eq!(letter.previous(), None);

    let comment = "受け取りました。\n担当は架空です。";
    let reply = reply(&logged, Answer::Acknowledged, comment);
    let (origin, key) = (pair.world.origin.clone(), *letter.letter_key());
    let care = &pair.care;
    let sealed =
        answer(&origin, reply, &key, care.signer(), &care.terminal, &mut pair.rng).unwrap();
    let (at, answer) = log_answer(&mut pair, &logged, &sealed.statement);
    // The sender reads it with the key of the letter it kept.
    let own = pair.hospital.institution.identity();
    let own = open(pair.world.directory(), logged.incoming(), &logged.body, &[&own]).unwrap();
    let read = |sealed: &[u8], key: &[u8; 32]| {
        read_detail(pair.world.directory(), at, &answer, sealed, key)
    };
    let detail = read(&sealed.sealed, own.letter_key()).unwrap();
    assert_eq!((detail.worker().role(), detail.comment()), ("主任介護支援専門員", comment));
    assert_eq!([detail.salt(), detail.detail()].concat(), *sealed.plain);
    assert_eq!(read(&sealed.sealed[1..], own.letter_key()).err(), Some(Unreadable::Body));
    let wrong = read(&sealed.sealed, &[0; 32]).err();
    assert_eq!(wrong, Some(Unreadable::Seal(OpenError::NotForTheseKeys)));
}

#[test]
fn a_kept_letter_passes_the_same_checks_again() {
    let mut pair = Pair::new();
    let logged = pair.logged();
    let letter = read(&pair, &logged).unwrap();
    let directory = pair.world.directory();
    let again = check_letter(directory, logged.incoming(), letter.bytes()).unwrap();
    assert_eq!(again.letter_key(), letter.letter_key());
    for at in 0..letter.bytes().len() {
        let mut changed = letter.bytes().to_vec();
        changed[at] ^= 1;
        assert!(check_letter(directory, logged.incoming(), &changed).is_err(), "{at}");
    }
}

#[test]
fn a_stale_key_set_is_found_and_sealing_anew_keeps_header_and_author() {
    let mut pair = Pair::new();
    let letter = pair.composed(NOTICE.as_bytes());
    let first = pair.sealed(&letter).unwrap();
    let rotated = pair.world.rotate_key_set(&mut pair.care.institution);
    pair.world.append(&rotated);
    let stale = check_envelope(pair.world.directory(), seal::NEXT, &first.envelope);
    assert_eq!(stale, Err(Refusal::StaleKeySet { of: pair.care.id() }));
    let second = pair.sealed(&letter).unwrap();
    assert_ne!(second.envelope.digest(), first.envelope.digest());
    let logged = pair.log(&second.envelope, second.body);
    assert_eq!(logged.envelope.envelope().id, lines(&first.envelope).id);
    let opened = read(&pair, &logged).unwrap();
    let parts = |bytes: &[u8]| {
        let letter = v1::Letter::decode(bytes).unwrap();
        (letter.author, letter.author_note)
    };
    assert_eq!(parts(opened.bytes()), parts(&first.letter));
}

#[test]
fn other_keys_do_not_open_and_a_key_that_is_elsewhere_is_nobodys_fault() {
    let mut pair = Pair::new();
    let logged = pair.logged();
    let stranger = SealingIdentity::generate(&mut pair.rng);
    let directory = pair.world.directory();
    let fault = open(directory, logged.incoming(), &logged.body, &[&stranger]).err();
    assert_eq!(fault, Some(Unreadable::KeyNotHere));
    assert!(!Unreadable::KeyNotHere.is_answered());
    // Sealed to strangers while it names our key set.
    let mut pair = Pair::new();
    let letter = pair.composed(NOTICE.as_bytes());
    let honest = pair.sealed(&letter).unwrap();
    let body = seal_to(&[stranger.to_recipient()], b"x").unwrap();
    let mut lines = lines(&honest.envelope);
    lines.body = BytesRef { digest: sha256(&[&body]), length: body.len() as u64 };
    let envelope = sign(&pair.world.origin, &lines, &[&pair.hospital.terminal]).unwrap();
    let logged = pair.log(&envelope, body);
    let fault = read(&pair, &logged).unwrap_err();
    assert_eq!(fault, Unreadable::Seal(OpenError::NotForTheseKeys));
    assert!(fault.is_answered());
}

#[test]
fn a_worker_of_another_clear_chain_is_not_shown_and_one_after_our_chain_waits() {
    let mut pair = Pair::new();
    let logged = pair.logged();
    let identity = pair.care.institution.identity();
    let by = |directory| open(directory, logged.incoming(), &logged.body, &[&identity]).err();
    assert_eq!(by(pair.world.directory()), None);
    // The same keys, and other clear leaves.
    let mut other = World::new(7);
    other.now.0 += 1;
    other.admit("架空中央病院", InstitutionKind::Hospital);
    other.admit("ケアプラン架空", InstitutionKind::CareOffice);
    assert_eq!(by(other.directory()), Some(Unreadable::OtherChain));
    assert!(Unreadable::OtherChain.is_answered());
    // A chain that ends before the worker was admitted.
    assert_eq!(by(World::new(7).directory()), Some(Unreadable::ChainBehind));
    assert!(!Unreadable::ChainBehind.is_answered());
}

#[test]
fn changed_bodies_are_not_shown() {
    let mut pair = Pair::new();
    let mut logged = pair.logged();
    for at in [0, logged.body.len() / 2, logged.body.len() - 1] {
        logged.body[at] ^= 1;
        assert_eq!(read(&pair, &logged).err(), Some(Unreadable::Body));
        logged.body[at] ^= 1;
    }
    logged.body.push(0);
    assert_eq!(read(&pair, &logged).err(), Some(Unreadable::Body));
}

#[test]
fn letters_that_the_worker_did_not_sign_are_not_shown() {
    let fault = |change: &dyn Fn(&mut v1::Author, &mut v1::Letter)| {
        let mut pair = Pair::new();
        let logged = forged(&mut pair, change);
        read(&pair, &logged).err().map(|reason| reason.word())
    };
    assert_eq!(fault(&|_, _| {}), None);
    assert_eq!(fault(&|author, _| author.body = "{}".into()), Some("author"));
    assert_eq!(fault(&|author, _| author.worker = None), Some("malformed"));
    assert_eq!(fault(&|author, _| author.letter_key.clear()), Some("author"));
    assert_eq!(fault(&|_, letter| letter.author_note.clear()), Some("malformed"));
    assert_eq!(fault(&|author, _| shown(author).card = "x".into()), Some("author"));
    let moved = |author: &mut v1::Author, _: &mut v1::Letter| {
        shown(author).receipt.as_mut().unwrap().index += 1;
    };
    assert_eq!(fault(&moved), Some("receipt"));
    let retold = |author: &mut v1::Author, _: &mut v1::Letter| {
        shown(author).receipt.as_mut().unwrap().time_ms += 1;
    };
    assert_eq!(fault(&retold), Some("receipt"));
}

fn shown(author: &mut v1::Author) -> &mut v1::ShownWorker {
    author.worker.as_mut().unwrap()
}

#[test]
fn a_card_that_the_institution_did_not_commit_to_is_not_shown() {
    let mut pair = Pair::new();
    // The worker signs, and shows somebody else's name.
    let card = v1::WorkerCard { name: "別人".into(), role: String::new() };
    pair.hospital.shown.card = card.encode_to_vec().into();
    let logged = pair.logged();
    assert_eq!(read(&pair, &logged).err(), Some(Unreadable::Card));
}

#[test]
fn a_worker_of_somebody_else_does_not_count() {
    let mut pair = Pair::new();
    let content = Content {
        kind: v1::LetterKind::Notice,
        about: None,
        passed_on: None,
        case_id: None,
        attachments: Vec::new(),
        body: vec![].into(),
    };
    let (origin, header) = (pair.world.origin.clone(), pair.header());
    // The care office's worker signs a letter of the hospital.
    let letter = compose(&origin, header, &content, pair.care.signer(), &mut pair.rng).unwrap();
    let sealed = pair.sealed(&letter).unwrap();
    let logged = pair.log(&sealed.envelope, sealed.body);
    assert_eq!(read(&pair, &logged).err(), Some(Unreadable::Worker(Refusal::Mismatch)));
}

#[test]
fn nothing_is_sealed_by_a_removed_terminal_and_what_it_sent_before_stays_readable() {
    let mut pair = Pair::new();
    let letter = pair.composed(NOTICE.as_bytes());
    let before = pair.logged();
    let removed = pair.world.remove_terminal(&pair.hospital.institution);
    pair.world.append(&removed);
    let refused = pair.sealed(&letter).err();
    assert_eq!(refused, Some(NotSealed::Refused(Refusal::NotAdmitted)));
    assert!(read(&pair, &before).is_ok());
    // At a place after the removal, the same letter's worker no longer counts.
    let late = Logged { at: seal::NEXT, ..before };
    assert_eq!(read(&pair, &late).err(), Some(Unreadable::Worker(Refusal::NotAdmitted)));
}

#[test]
fn the_limit_of_a_letter() {
    let mut pair = Pair::new();
    // What is around the body: measured, then used up to the last byte.
    let short = pair.composed(&[7; 1 << 16]);
    let around = pair.sealed(&short).unwrap().letter.len() - (1 << 16);
    // Two length prefixes grow by a byte each from 2^14 to 2^21.
    let exact = pair.composed(&vec![7; MAX_LETTER - around]);
    assert_eq!(pair.sealed(&exact).unwrap().letter.len(), MAX_LETTER);
    let over = pair.composed(&vec![7; MAX_LETTER - around + 1]);
    let refused = pair.sealed(&over).err();
    assert_eq!(refused, Some(NotSealed::TooLarge { limit: MAX_LETTER }));
}

#[test]
fn the_limits_of_an_answer() {
    let mut pair = Pair::new();
    let logged = pair.logged();
    let (care, origin) = (&pair.care, &pair.world.origin);
    let mut say = |word, comment: &str| {
        let reply = reply(&logged, word, comment);
        answer(origin, reply, &[1; 32], care.signer(), &care.terminal, &mut pair.rng)
            .map(|_| ())
            .err()
    };
    assert_eq!(say(Answer::Rejected, " "), Some(NotSealed::CommentNeeded));
    assert_eq!(say(Answer::Acknowledged, ""), None);
    assert_eq!(say(Answer::NotForUs, &"x".repeat(MAX_COMMENT)), None);
    let long = say(Answer::NotForUs, &"x".repeat(MAX_COMMENT + 1));
    assert_eq!(long, Some(NotSealed::TooLarge { limit: MAX_COMMENT }));
    assert!(matches!(say(Answer::Unreadable, ""), Some(NotSealed::Malformed(_))));
}

#[test]
fn the_terminals_own_answers_count() {
    let mut pair = Pair::new();
    let logged = pair.logged();
    let (envelope, digest) = (logged.envelope.envelope(), logged.envelope.digest());
    let (origin, key, directory) =
        (&pair.world.origin, &pair.care.terminal, pair.world.directory());
    let at = seal::NEXT;
    let statement = unreadable(origin, envelope, digest, pair.world.now, key).unwrap();
    assert!(check_disposition(directory, at, &statement, envelope, digest).is_ok());
    let statement = opened(origin, envelope, digest, key).unwrap();
    assert!(check_opened(directory, at, &statement, envelope, digest).is_ok());
}

/// The care office passes the hospital's notice on to a third party.
struct PassingOn {
    pair: Pair,
    said: v1::PassedOn,
    about: About,
    body: Vec<u8>,
}

impl PassingOn {
    fn new() -> Self {
        let mut pair = Pair::new();
        let letter = pair.composed(NOTICE.as_bytes());
        let sealed = pair.sealed(&letter).unwrap();
        let index = pair.world.append(&sealed.envelope);
        let record = sealed.envelope.bytes().into();
        let receipt = v1::Receipt { record, ..pair.world.receipt(index) };
        let envelope = sealed.envelope.digest();
        let sent = lines(&sealed.envelope);
        let about = About { from: sent.from, id: sent.id, envelope };
        let letter = sealed.letter.to_vec().into();
        let said = v1::PassedOn { receipt: Some(receipt), letter, comment: "電話済み".into() };
        Self { pair, said, about, body: NOTICE.as_bytes().to_vec() }
    }

    /// What the third party makes of it.
    fn read(mut self) -> Result<Option<PassedOn>, Unreadable> {
        let pair = &mut self.pair;
        let third = pair.world.admit("ケアプラン三番", InstitutionKind::CareOffice);
        let content = Content {
            kind: v1::LetterKind::Notice,
            case_id: None,
            about: Some(self.about),
            passed_on: Some(self.said),
            attachments: Vec::new(),
            body: self.body.into(),
        };
        let to = Destination { institution: third.id, unit: Unit::main() };
        let header = Header { from: pair.care.id(), to, id: Id([7; 16]), ..pair.header() };
        let letter =
            compose(&pair.world.origin, header, &content, pair.care.signer(), &mut pair.rng)
                .unwrap();
        let checkpoint = pair.world.checkpoint();
        let with = Sealing {
            directory: pair.world.directory(),
            terminal: &pair.care.terminal,
            checkpoint: checkpoint.note_bytes(),
            clear_number: pair.world.chain.next_number() - 1,
            clear_head: pair.world.chain.head(),
            previous: None,
        };
        let sealed = seal(&letter, with, &mut pair.rng).unwrap();
        let logged = pair.log(&sealed.envelope, sealed.body);
        let directory = pair.world.directory();
        let outer = check_letter(directory, logged.incoming(), &sealed.letter)?;
        passed_on(directory, pair.care.id(), &outer)
    }
}

#[test]
fn a_letter_that_is_passed_on_proves_its_first_sender_to_the_third_party() {
    let passing = PassingOn::new();
    let (hospital, about) = (passing.pair.hospital.id(), passing.about);
    let read = passing.read().unwrap().unwrap();
    assert_eq!((read.envelope().from, read.digest()), (hospital, about.envelope));
    assert_eq!(read.letter().body(), NOTICE.as_bytes());
    assert_eq!(read.comment(), "電話済み");
}

#[test]
fn whoever_passes_a_letter_on_can_change_nothing_of_it() {
    let refused = |change: fn(&mut PassingOn)| {
        let mut passing = PassingOn::new();
        change(&mut passing);
        passing.read().err()
    };
    let malformed = Some(Unreadable::Malformed("the letter that it passes on"));
    // Another text than the one that was signed, another message, another sender.
    assert_eq!(refused(|one| one.body = b"{}".to_vec()), malformed);
    assert_eq!(refused(|one| one.about.id = Id([8; 16])), malformed);
    assert_eq!(refused(|one| one.about.from = one.pair.care.id()), malformed);
    assert_eq!(refused(|one| one.about.envelope = Hash([8; 32])), malformed);
    assert_eq!(refused(|one| one.said.receipt = None), malformed);
    let mut longer = "あ".repeat(MAX_PASSED_ON_COMMENT / 3);
    longer.push('a');
    assert_eq!(longer.len(), MAX_PASSED_ON_COMMENT);
    let with_comment = |comment: String| {
        let mut passing = PassingOn::new();
        passing.said.comment = comment;
        passing.read().err()
    };
    assert_eq!(with_comment(longer.clone()), None);
    longer.push('a');
    assert_eq!(with_comment(longer), malformed);
    // A letter of one's own making.
    assert!(refused(|one| one.said.letter = b"x".to_vec().into()).is_some());
    assert!(matches!(
        refused(|one| {
            if let Some(receipt) = &mut one.said.receipt {
                receipt.index += 1;
            }
        }),
        Some(Unreadable::Receipt(_))
    ));
}

#[test]
fn what_a_letter_says_that_it_is_about_is_read_strictly() {
    let mut pair = Pair::new();
    let content = Content {
        kind: v1::LetterKind::Notice,
        case_id: None,
        about: None,
        passed_on: Some(v1::PassedOn::default()),
        attachments: Vec::new(),
        body: NOTICE.as_bytes().to_vec().into(),
    };
    let (origin, header) = (pair.world.origin.clone(), pair.header());
    let letter = compose(&origin, header, &content, pair.hospital.signer(), &mut pair.rng).unwrap();
    let sealed = pair.sealed(&letter).unwrap();
    let logged = pair.log(&sealed.envelope, sealed.body);
    let refused = Some(Unreadable::Malformed("the letter that it passes on"));
    assert_eq!(read(&pair, &logged).err(), refused);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn a_spoilt_letter_that_is_passed_on_is_refused_and_never_a_panic(
        place: proptest::sample::Index,
        bit in 0_u8..8,
        in_letter: bool,
    ) {
        let mut passing = PassingOn::new();
        let bytes = if in_letter {
            passing.said.letter.to_vec()
        } else {
            passing.said.receipt.as_ref().map(|one| one.record.to_vec()).unwrap()
        };
        let mut spoilt = bytes;
        let at = place.index(spoilt.len());
        spoilt[at] ^= 1 << bit;
        if in_letter {
            passing.said.letter = spoilt.into();
        } else if let Some(receipt) = &mut passing.said.receipt {
            receipt.record = spoilt.into();
        }
        proptest::prop_assert!(passing.read().is_err());
    }
}
