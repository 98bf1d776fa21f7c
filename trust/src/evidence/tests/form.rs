//! The file's one spelling and its limits.

use proptest::prelude::*;

use super::*;
use crate::hash::sha256;
use crate::receipt::MAX_PROOF;

fn file_of(lines: &str) -> Vec<u8> {
    format!("{lines}checksum {}\n", sha256(&[lines.as_bytes()])).into_bytes()
}

fn lines_of(file: &[u8]) -> String {
    let text = std::str::from_utf8(file).unwrap();
    text[..text.rfind("checksum ").unwrap()].to_owned()
}

fn number_of(lines: &str, name: &str) -> usize {
    lines.lines().position(|line| line.starts_with(name)).unwrap() + 1
}

#[test]
fn a_file_comes_back_as_it_went() {
    let scene = Scene::new();
    let file = scene.file();
    let evidence = Evidence::parse(&file).unwrap();
    assert_eq!(evidence, scene.evidence());
    assert_eq!(evidence.encode().unwrap(), file);
}

#[test]
fn lines_out_of_form_are_named() {
    let lines = lines_of(&Scene::new().file());
    let form = |changed: &str| Evidence::parse(&file_of(changed)).unwrap_err();
    let at = |line| EvidenceRefused::Form { line };
    let first = |name: &str| lines.lines().find(|line| line.starts_with(name)).unwrap();
    assert_eq!(form(&lines.replace("evidence\n", "evidence \n")), at(1));
    assert_eq!(form(&lines.replace("origin ", "origin  ")), at(2));
    assert_eq!(form(&lines.replace("message ", "mail ")), at(3));
    assert_eq!(form(&lines.replace("checkpoint ", "checkpoint =")), at(4));
    // Twice the same leaf, leaves out of order, a number with a zero before it.
    let clear = first("clear 1 ");
    assert_eq!(form(&lines.replace(clear, &format!("{clear}\n{clear}"))), at(7));
    assert_eq!(form(&lines.replacen("clear 0 ", "clear 9 ", 1)), at(6));
    assert_eq!(form(&lines.replacen("clear 1 ", "clear 01 ", 1)), at(6));
    // A private leaf at a clear leaf's index; the whole list is known only at its end.
    let private = first("private ");
    let same = private.replacen(private.split(' ').nth(1).unwrap(), "1", 1);
    assert!(matches!(form(&lines.replace(private, &same)), EvidenceRefused::Form { .. }));
    // A time after the year 9999.
    let time = clear.split(' ').nth(2).unwrap();
    assert_eq!(
        form(&lines.replacen(&format!("clear 1 {time}"), "clear 1 253402300800000", 1)),
        at(6)
    );
    let letter = first("letter ");
    let line = number_of(&lines, "letter ");
    assert_eq!(form(&lines.replace(letter, &format!("{letter}\n{letter}"))), at(line + 1));
    assert_eq!(form(&lines.replace(letter, &letter[..letter.len() - 1])), at(line));
    assert_eq!(form(&format!("{lines}more 1\n")), at(lines.lines().count() + 1));
    assert_eq!(form("tsumugu/v1/evidence\n"), at(2));
}

#[test]
fn a_proof_has_one_spelling_and_a_limit() {
    let scene = Scene::new();
    let mut evidence = scene.evidence();
    evidence.clear[0].proof.clear();
    let file = evidence.encode().unwrap();
    assert_eq!(Evidence::parse(&file).unwrap(), evidence);
    let lines = lines_of(&file);
    assert!(lines.lines().nth(4).unwrap().ends_with(" -"));
    assert_eq!(
        Evidence::parse(&file_of(&lines.replacen(" -\n", " \n", 1))),
        Err(EvidenceRefused::Form { line: 5 })
    );
    evidence.clear[0].proof = vec![Hash([1; 32]); MAX_PROOF];
    assert!(Evidence::parse(&evidence.encode().unwrap()).is_ok());
    evidence.clear[0].proof.push(Hash([1; 32]));
    let too_long = Evidence::parse(&evidence.encode().unwrap());
    assert_eq!(too_long, Err(EvidenceRefused::Form { line: 5 }));
}

#[test]
fn the_limit_of_a_file() {
    let mut evidence = Scene::new().evidence();
    // The line of the letter takes four characters for three bytes, so the limit is met in threes.
    evidence.letter = Some(Vec::new());
    let room = (MAX_EVIDENCE - evidence.encode().unwrap().len()) / 4 * 3;
    evidence.letter = Some(vec![0; room]);
    let file = evidence.encode().unwrap();
    assert!(MAX_EVIDENCE - file.len() < 4);
    assert_eq!(Evidence::parse(&file).unwrap(), evidence);
    evidence.letter = Some(vec![0; room + 3]);
    assert_eq!(evidence.encode(), Err(EvidenceRefused::TooLarge));
    assert_eq!(Evidence::parse(&vec![b'a'; MAX_EVIDENCE + 1]), Err(EvidenceRefused::TooLarge));
    assert_eq!(Evidence::parse(&vec![b'a'; MAX_EVIDENCE]), Err(EvidenceRefused::Checksum));
}

#[test]
fn the_checksum_comes_first() {
    for file in
        [&b""[..], b"\n", b"checksum\n", b"tsumugu/v1/evidence\nchecksum 00\n", b"\xff\xfe\n"]
    {
        assert_eq!(Evidence::parse(file), Err(EvidenceRefused::Checksum));
    }
    let file = Scene::new().file();
    let upper = String::from_utf8(file.clone()).unwrap();
    let cut = upper.rfind("checksum ").unwrap() + 9;
    let upper = upper[..cut].to_owned() + &upper[cut..].to_uppercase();
    assert_eq!(Evidence::parse(upper.as_bytes()), Err(EvidenceRefused::Checksum));
    assert_eq!(Evidence::parse(&[&file[..], b"\n"].concat()), Err(EvidenceRefused::Checksum));
}

#[test]
fn a_letter_and_a_detail_have_limits() {
    use crate::letter::{MAX_DETAIL, MAX_LETTER};
    let scene = Scene::new();
    let malformed = |what| ContentFault::Malformed(what);
    let mut evidence = scene.evidence();
    // One byte less is decoded, and is no letter either: protobuf's field 0 does not exist.
    evidence.letter = Some(vec![0; MAX_LETTER + 1]);
    assert_eq!(refused(&evidence), EvidenceRefused::Letter(malformed("the letter")));
    let mut evidence = scene.evidence();
    evidence.details[0].bytes = vec![0; MAX_DETAIL - 31];
    let index = evidence.details[0].index;
    assert_eq!(
        refused(&evidence),
        EvidenceRefused::Detail { index, source: malformed("the detail") }
    );
    let mut world = scene.world;
    let fits = |world: &mut World, length: usize| {
        let answer =
            world.answer(&scene.letter, &scene.office, Answer::Rejected, &"a".repeat(length));
        let size = 32 + answer.detail.as_ref().unwrap().bytes.len();
        world.append(&answer.statement);
        (size, world.evidence(&scene.letter, &[&answer]).is_ok())
    };
    let (size, ok) = fits(&mut world, 5000);
    assert!(ok);
    // The receipt's proof may have grown by a hash from one to the next.
    let longest = 5000 + MAX_DETAIL - size;
    let edge = (longest - 200..longest + 200).step_by(23).map(|length| fits(&mut world, length));
    for (size, ok) in edge {
        assert_eq!(ok, size <= MAX_DETAIL, "{size}");
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(lines in "\\PC{0,80}(\n\\PC{0,80}){0,3}\n") {
        let _ = Evidence::parse(&file_of(&lines));
        let _ = Evidence::parse(&file_of(&format!("tsumugu/v1/evidence\n{lines}")));
    }
}
