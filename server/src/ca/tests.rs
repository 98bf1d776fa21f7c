use std::net::{IpAddr, Ipv4Addr};

use rustls::pki_types::pem::PemObject;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;

use super::*;
use crate::party::Party;
use crate::settings::AltName;

const NOW: u64 = 1_800_000_000_000;
const DAY_MS: u64 = 86_400_000;
const ORIGIN: &str = "exchange.test/east";

fn parse<'a>(certificate: &'a CertificateDer<'_>) -> X509Certificate<'a> {
    x509_parser::parse_x509_certificate(certificate).unwrap().1
}

fn requested_key() -> RequestedKey {
    let key = new_key().unwrap();
    let csr = CertificateParams::default().serialize_request(&key).unwrap();
    RequestedKey::from_csr(csr.der()).unwrap()
}

fn seconds(certificate: &X509Certificate<'_>) -> (i64, i64) {
    let validity = certificate.validity();
    (validity.not_before.timestamp(), validity.not_after.timestamp())
}

#[test]
fn the_ca_is_a_ca_of_leaves_only() {
    let ca = IssuingCa::create(ORIGIN, NOW).unwrap();
    let parsed = parse(ca.certificate());
    assert_eq!(parsed.subject().to_string(), "CN=Tsumugu issuing CA exchange.test/east");
    assert_eq!(parsed.subject(), parsed.issuer());
    let constraints = parsed.basic_constraints().unwrap().unwrap();
    assert!(constraints.critical && constraints.value.ca);
    assert_eq!(constraints.value.path_len_constraint, Some(0));
    let usage = parsed.key_usage().unwrap().unwrap().value;
    assert!(usage.key_cert_sign() && usage.crl_sign() && !usage.digital_signature());
    let now = (NOW / 1_000) as i64;
    assert_eq!(seconds(&parsed), (now - 86_400, now + CA_DAYS * 86_400));
    assert_eq!(parsed.raw_serial().len(), 16);
    assert_eq!(hex::encode(ca.pin()).len(), 64);
}

#[test]
fn a_long_origin_is_cut_in_the_common_name_only() {
    let origin = "a".repeat(100);
    assert_eq!(common_name(&origin).len(), MAX_COMMON_NAME);
    assert_eq!(common_name("x"), "Tsumugu issuing CA x");
}

#[test]
fn what_is_stored_is_loaded_and_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(
        IssuingCa::load(dir.path(), ORIGIN),
        Err(CaError::Disk(DiskError::Missing { .. }))
    ));
    let ca = IssuingCa::create(ORIGIN, NOW).unwrap();
    ca.store(dir.path()).unwrap();
    let loaded = IssuingCa::load(dir.path(), ORIGIN).unwrap();
    assert_eq!(loaded.certificate(), ca.certificate());
    assert_eq!(loaded.pin(), ca.pin());
    let other = IssuingCa::create(ORIGIN, NOW).unwrap();
    assert!(matches!(other.store(dir.path()), Err(CaError::AlreadyThere)));

    // The loaded CA issues under the same name and key identifier as the one that was created.
    let party = Party::Administrator { id: [1; 16] };
    let chain = loaded.issue_client(&party, &requested_key(), NOW).unwrap();
    assert_eq!(parse(&chain[0]).issuer(), parse(ca.certificate()).subject());
    parse(&chain[0]).verify_signature(Some(parse(ca.certificate()).public_key())).unwrap();

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let key = dir.path().join(FOLDER).join(KEY_FILE);
        assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_crash_before_the_certificate_is_made_good() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join(FOLDER);
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join(KEY_FILE), b"of a first attempt").unwrap();
    IssuingCa::create(ORIGIN, NOW).unwrap().store(dir.path()).unwrap();
    IssuingCa::load(dir.path(), ORIGIN).unwrap();
}

#[test]
fn files_that_do_not_belong_together_or_are_none_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let ca = IssuingCa::create(ORIGIN, NOW).unwrap();
    ca.store(dir.path()).unwrap();
    let folder = dir.path().join(FOLDER);
    let key = std::fs::read(folder.join(KEY_FILE)).unwrap();

    std::fs::write(folder.join(KEY_FILE), new_key().unwrap().serialize_pem()).unwrap();
    assert!(matches!(IssuingCa::load(dir.path(), ORIGIN), Err(CaError::KeyMismatch)));
    std::fs::write(folder.join(KEY_FILE), b"nothing").unwrap();
    let unreadable = IssuingCa::load(dir.path(), ORIGIN);
    assert!(matches!(unreadable, Err(CaError::Unreadable { file: KEY_FILE })));

    std::fs::write(folder.join(KEY_FILE), key).unwrap();
    std::fs::write(folder.join(CERTIFICATE_FILE), b"nothing").unwrap();
    let unreadable = IssuingCa::load(dir.path(), ORIGIN);
    assert!(matches!(unreadable, Err(CaError::Unreadable { file: CERTIFICATE_FILE })));
}

#[test]
fn a_leaf_is_not_taken_for_a_ca() {
    let ca = IssuingCa::create(ORIGIN, NOW).unwrap();
    let server = ca.issue_server(&[], NOW).unwrap();
    let key = KeyPair::try_from(server.key.secret_der()).unwrap();
    let refused = IssuingCa::from_parts(ORIGIN, server.chain[0].clone(), key);
    assert!(matches!(refused, Err(CaError::NotACa)));
}

#[test]
fn the_servers_names_are_the_host_and_the_extras_once() {
    let ca = IssuingCa::create(ORIGIN, NOW).unwrap();
    let loopback = AltName::Ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let names = ["exchange.test", "localhost"].map(|name| name.parse::<AltName>().unwrap());
    let extra = [names[0].clone(), names[1].clone(), loopback];
    let server = ca.issue_server(&extra, NOW).unwrap();
    assert_eq!(server.chain.len(), 2);
    assert_eq!(&server.chain[1], ca.certificate());
    let leaf = parse(&server.chain[0]);
    let found = leaf.subject_alternative_name().unwrap().unwrap();
    assert_eq!(
        found.value.general_names,
        [
            GeneralName::DNSName("exchange.test"),
            GeneralName::DNSName("localhost"),
            GeneralName::IPAddress(&[127, 0, 0, 1]),
        ]
    );
    let purpose = leaf.extended_key_usage().unwrap().unwrap().value;
    assert!(purpose.server_auth && !purpose.client_auth);
    assert!(!leaf.is_ca());

    let wrong = IssuingCa::create("not a name", NOW).unwrap();
    assert!(matches!(wrong.issue_server(&[], NOW), Err(CaError::Name { .. })));
}

#[test]
fn a_client_certificate_holds_our_words_only() {
    let ca = IssuingCa::create(ORIGIN, NOW).unwrap();
    let party = Party::Terminal { institution: [1; 16], terminal: [2; 16] };
    let chain = ca.issue_client(&party, &requested_key(), NOW).unwrap();
    assert_eq!(&chain[1], ca.certificate());
    let leaf = parse(&chain[0]);
    let names = leaf.subject_alternative_name().unwrap().unwrap();
    let uri = party.spiffe_id(ORIGIN);
    assert_eq!(names.value.general_names, [GeneralName::URI(&uri)]);
    let purpose = leaf.extended_key_usage().unwrap().unwrap().value;
    assert!(purpose.client_auth && !purpose.server_auth && !purpose.any);
    let usage = leaf.key_usage().unwrap().unwrap().value;
    assert!(usage.digital_signature() && !usage.key_cert_sign());
    let now = (NOW / 1_000) as i64;
    assert_eq!(seconds(&leaf), (now - 86_400, now + LEAF_DAYS * 86_400));
}

#[test]
fn no_leaf_outlives_its_ca() {
    let ca = IssuingCa::create(ORIGIN, NOW).unwrap();
    let end = NOW + CA_DAYS as u64 * DAY_MS;
    let party = Party::Administrator { id: [1; 16] };
    let late = ca.issue_client(&party, &requested_key(), end - 1_000).unwrap();
    assert_eq!(seconds(&parse(&late[0])).1, (end / 1_000) as i64);
    assert!(matches!(ca.issue_client(&party, &requested_key(), end), Err(CaError::Expired)));
}

#[test]
fn renewal_is_due_when_less_than_thirty_days_are_left() {
    let ca = IssuingCa::create(ORIGIN, NOW).unwrap();
    let server = ca.issue_server(&[], NOW).unwrap();
    let edge = NOW + (LEAF_DAYS as u64 - RENEWAL_DAYS) * DAY_MS;
    assert!(!needs_renewal(&server.chain[0], NOW));
    assert!(!needs_renewal(&server.chain[0], edge));
    assert!(needs_renewal(&server.chain[0], edge + 1));
    assert!(needs_renewal(&CertificateDer::from(vec![0]), NOW));
}

#[test]
fn a_clock_beyond_certificates_is_named() {
    assert!(matches!(IssuingCa::create(ORIGIN, u64::MAX), Err(CaError::Clock)));
}

#[test]
fn the_pem_is_the_usual_one() {
    let ca = IssuingCa::create(ORIGIN, NOW).unwrap();
    let pem = pem_of(ca.certificate());
    assert!(pem.lines().all(|line| line.len() <= 64));
    assert_eq!(&CertificateDer::from_pem_slice(pem.as_bytes()).unwrap(), ca.certificate());
}
