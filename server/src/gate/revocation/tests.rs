use proptest::prelude::*;

use super::*;
use crate::ca::IssuingCa;
use crate::gate::{Gate, GateError};
use crate::party::Party;

const ORIGIN: &str = "exchange.test";
const NOW: u64 = 1_800_000_000_000;
const NOW_S: i64 = 1_800_000_000;
const HOUR_S: i64 = 3_600;

fn ca() -> IssuingCa {
    IssuingCa::create(ORIGIN, NOW).unwrap()
}

fn chain(ca: &IssuingCa, terminal: u8) -> Vec<CertificateDer<'static>> {
    let party = Party::Terminal { institution: [1; 16], terminal: [terminal; 16] };
    ca.trial(&party, NOW)
}

fn serial(chain: &[CertificateDer<'_>]) -> Vec<u8> {
    x509_parser::parse_x509_certificate(&chain[0]).unwrap().1.raw_serial().to_vec()
}

fn list(ca: &IssuingCa, revoked: &[Vec<u8>]) -> Vec<u8> {
    ca.list(revoked, NOW_S - HOUR_S, NOW_S + HOUR_S)
}

fn pem(der: &[u8]) -> String {
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
    format!("-----BEGIN X509 CRL-----\n{base64}\n-----END X509 CRL-----\n")
}

fn parse(bytes: &[u8], ca: &IssuingCa) -> Result<RevocationLists, RevocationError> {
    RevocationLists::parse(bytes, std::slice::from_ref(ca.certificate()))
}

#[test]
fn what_is_revoked_is_refused_also_if_it_passed_before() {
    let ca = ca();
    let (one, other) = (chain(&ca, 1), chain(&ca, 2));
    let gate = Gate::new(ORIGIN, &[ca.certificate().clone()]).unwrap();
    let changes = gate.list_changes();
    for chain in [&one, &other] {
        gate.authenticate(chain, NOW).unwrap();
    }
    let read = parse(&list(&ca, &[serial(&one)]), &ca).unwrap();
    assert_eq!((read.revoked(), read.next_update_s()), (1, NOW_S + HOUR_S));
    assert!(gate.replace_lists(read.clone(), NOW).unwrap());
    assert!(changes.has_changed().unwrap(), "streams learn of it");
    assert_eq!(gate.authenticate(&one, NOW), Err(GateError::Revoked));
    let let_in = gate.authenticate(&other, NOW).unwrap();
    assert_eq!(let_in.until_ms(), (NOW_S + HOUR_S) as u64 * 1_000 - 1, "the list's end is nearer");
    let seen = gate.list_changes();
    assert!(!gate.replace_lists(read, NOW).unwrap(), "the same list again is no news");
    assert!(!seen.has_changed().unwrap());
    // A list that revokes it no more lets it in again.
    gate.replace_lists(parse(&list(&ca, &[]), &ca).unwrap(), NOW).unwrap();
    gate.authenticate(&one, NOW).unwrap();
}

#[test]
fn an_expired_list_lets_nobody_in_at_its_edge() {
    let ca = ca();
    let chain = chain(&ca, 1);
    let gate = Gate::new(ORIGIN, &[ca.certificate().clone()]).unwrap();
    let read = parse(&list(&ca, &[]), &ca).unwrap();
    gate.replace_lists(read.clone(), NOW).unwrap();
    let end = read.next_update_s() as u64 * 1_000;
    gate.authenticate(&chain, end - 1_000).unwrap();
    // Remembered as passed, and yet asked again.
    assert_eq!(gate.authenticate(&chain, end), Err(GateError::RevocationList));
    // New roots keep the list.
    gate.replace_roots(&[ca.certificate().clone()]).unwrap();
    assert_eq!(gate.authenticate(&chain, end), Err(GateError::RevocationList));
}

#[test]
fn the_operator_is_warned_in_the_last_third() {
    let ca = ca();
    let read = parse(&ca.list(&[], NOW_S, NOW_S + 3 * HOUR_S), &ca).unwrap();
    let at = |seconds: i64| read.freshness((NOW_S + seconds) as u64 * 1_000);
    assert_eq!(at(0), Freshness::Fresh);
    assert_eq!(at(2 * HOUR_S), Freshness::Fresh);
    assert_eq!(at(2 * HOUR_S + 1), Freshness::Due);
    assert_eq!(at(3 * HOUR_S - 1), Freshness::Due);
    assert_eq!(at(3 * HOUR_S), Freshness::Expired);
    assert_eq!(read.freshness(u64::MAX), Freshness::Expired);
}

#[test]
fn an_older_or_expired_list_does_not_take_the_place_of_a_good_one() {
    let ca = ca();
    let gate = Gate::new(ORIGIN, &[ca.certificate().clone()]).unwrap();
    let of = |from: i64, to: i64| parse(&ca.list(&[], NOW_S + from, NOW_S + to), &ca).unwrap();
    let replace = |from, to| gate.replace_lists(of(from, to), NOW);
    // The first one is taken whatever its time, and nobody is let in.
    replace(-30, -20).unwrap();
    replace(-10, 10).unwrap();
    assert!(matches!(replace(-11, 10), Err(RevocationError::Older)));
    assert!(matches!(replace(-10, 0), Err(RevocationError::Expired)));
    assert_eq!(gate.lists().unwrap().next_update_s(), NOW_S + 10);
    replace(-10, 11).unwrap();
}

#[test]
fn a_list_from_the_future_is_refused_at_its_edge_and_blocks_no_right_one() {
    let ca = ca();
    let of = |from: i64| parse(&ca.list(&[], NOW_S + from, NOW_S + HOUR_S), &ca).unwrap();
    let first = Gate::new(ORIGIN, &[ca.certificate().clone()]).unwrap();
    let ahead = first.replace_lists(of(MAX_LIST_AHEAD_S + 1), NOW);
    assert!(matches!(ahead, Err(RevocationError::NotYet { .. })), "at the start as well");
    assert!(first.lists().is_none());
    let gate = Gate::new(ORIGIN, &[ca.certificate().clone()]).unwrap();
    gate.replace_lists(of(-10), NOW).unwrap();
    let ahead = gate.replace_lists(of(MAX_LIST_AHEAD_S + 1), NOW).unwrap_err();
    assert_eq!(
        ahead.to_string(),
        "the revocation list begins in the future, at 2027-01-15T08:05:01Z (look at the clocks here \
         and of the CA)"
    );
    gate.replace_lists(of(0), NOW).unwrap();
    gate.replace_lists(of(MAX_LIST_AHEAD_S), NOW).unwrap();
}

#[test]
fn what_is_no_list_of_this_ca_is_refused() {
    let (ca, stranger) = (ca(), IssuingCa::create("other.test", NOW).unwrap());
    let namesake = IssuingCa::create(ORIGIN, NOW).unwrap();
    let refused = |bytes: &[u8]| parse(bytes, &ca).unwrap_err();
    assert!(matches!(refused(&list(&stranger, &[])), RevocationError::Missing { .. }));
    assert!(matches!(refused(&list(&namesake, &[])), RevocationError::Signature));
    assert!(matches!(refused(b"nothing"), RevocationError::Unreadable));
    assert!(matches!(refused(ca.certificate()), RevocationError::Unreadable));
    let twice = pem(&list(&ca, &[])).repeat(2);
    assert!(matches!(refused(twice.as_bytes()), RevocationError::Several { .. }));
    let mut longer = list(&ca, &[]);
    longer.push(0);
    assert!(matches!(refused(&longer), RevocationError::Unreadable));
}

#[test]
fn two_cas_have_a_list_each() {
    let (ca, other) = (ca(), IssuingCa::create("other.test", NOW).unwrap());
    let roots = [ca.certificate().clone(), other.certificate().clone()];
    let (mine, its) = (pem(&list(&ca, &[vec![7; 16]])), pem(&list(&other, &[])));
    let read = RevocationLists::parse(format!("{its}{mine}").as_bytes(), &roots).unwrap();
    assert_eq!(read.revoked(), 1);
    let missing = RevocationLists::parse(mine.as_bytes(), &roots);
    assert!(matches!(missing, Err(RevocationError::Missing { ca }) if ca.contains("other.test")));
    // One that is trusted no more may stay in the file.
    assert_eq!(parse(format!("{its}{mine}").as_bytes(), &ca).unwrap().revoked(), 1);
}

#[test]
fn the_length_of_the_file_has_an_edge() {
    let (ca, dir) = (ca(), tempfile::tempdir().unwrap());
    let path = dir.path().join("crl.pem");
    let mut text = pem(&list(&ca, &[vec![7; 16]]));
    text.push_str(&" ".repeat(MAX_LIST as usize - text.len()));
    std::fs::write(&path, &text).unwrap();
    let read = || RevocationLists::read(&path, std::slice::from_ref(ca.certificate()));
    assert_eq!(read().unwrap().revoked(), 1);
    text.push(' ');
    std::fs::write(&path, &text).unwrap();
    assert!(matches!(read(), Err(RevocationError::Disk(DiskError::TooLong { .. }))));
}

proptest! {
    /// What stands around the signed part may be spelt otherwise; what it says may not.
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, at: prop::sample::Index, flip in 1..=255u8) {
        let ca = ca();
        let _ = parse(&bytes, &ca);
        let mut damaged = list(&ca, &[vec![7; 16]]);
        let at = at.index(damaged.len());
        damaged[at] ^= flip;
        if let Ok(read) = parse(&damaged, &ca) {
            let said = (read.revoked(), read.this_update_s(), read.next_update_s());
            prop_assert_eq!(said, (1, NOW_S - HOUR_S, NOW_S + HOUR_S));
        }
    }
}
