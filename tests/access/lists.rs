//! A revocation list that changes while connections and streams are open.

#![cfg(unix)]

use rcgen::{
    CertificateRevocationListParams, Issuer, KeyIdMethod, KeyPair, RevokedCertParams, SerialNumber,
    date_time_ymd,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tsumugu_proto::v1::{self, ErrorReason as Reason};
use tsumugu_trust::value::Id;

use crate::revocation::{end, second_terminal, waiting};
use crate::support::link::reason;
use crate::support::town::{Running, Town};

const FILE: &str = "crl.der";

/// Puts a list in its place that revokes these serial numbers, in hex.
fn put_list(town: &Town, number: u64, revoked: &[&str]) {
    let ca = town.folder.path.join("ca");
    let read = |name| std::fs::read_to_string(ca.join(name)).unwrap();
    let certificate = CertificateDer::from_pem_slice(read("cert.pem").as_bytes()).unwrap();
    let key = KeyPair::from_pem(&read("key.pem")).unwrap();
    let issuer = Issuer::from_ca_cert_der(&certificate, key).unwrap();
    let (begin, end) = (date_time_ymd(2025, 1, 1), date_time_ymd(2199, 1, 1));
    let revoked = revoked.iter().map(|serial| RevokedCertParams {
        serial_number: SerialNumber::from_slice(&hex::decode(serial).unwrap()),
        revocation_time: begin,
        reason_code: None,
        invalidity_date: None,
    });
    let list = CertificateRevocationListParams {
        this_update: begin,
        next_update: end,
        crl_number: SerialNumber::from(number),
        issuing_distribution_point: None,
        revoked_certs: revoked.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    std::fs::write(town.folder.path.join(FILE), list.signed_by(&issuer).unwrap().der()).unwrap();
}

/// The serial number of a terminal's certificate, as its copy is named.
fn serial(town: &Town, terminal: Id) -> String {
    let begin = format!("terminal-{terminal}-");
    let issued = std::fs::read_dir(town.folder.path.join("ca/issued")).unwrap();
    let names = issued.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found =
        names.filter_map(|name| Some(name.strip_prefix(&begin)?.strip_suffix(".pem")?.to_owned()));
    let found: Vec<_> = found.collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_list_counts_on_open_connections_and_in_open_streams() {
    let mut town = Town::process().await;
    let mut office = town.office().await;
    put_list(&town, 1, &[]);
    town.folder.settings(|settings| settings.crl = Some(FILE.into()));
    town.restart(&mut [&mut office]).await;
    // A second PC, whose certificate ends up on the list; the first one's streams go on.
    let (terminal, other) = second_terminal(&town, &office).await;
    let serial = serial(&town, terminal);
    let (thief, mut own) = (waiting(&other, &office).await, waiting(&office.link, &office).await);
    put_list(&town, 2, &[&serial]);
    let Running::Process(process) = &town.running else { panic!("the real program") };
    process.signal("HUP");
    assert_eq!(end(thief).await, Reason::TerminalRemoved);
    let asked = other.log().get_checkpoint(v1::GetCheckpointRequest::default()).await;
    assert_eq!(reason(asked), Reason::TerminalRemoved);
    // The office's own stream still brings what comes.
    let letter = office.letter(&office);
    office.send_one(&letter).await.unwrap();
    loop {
        let piece = own.message().await.unwrap().unwrap();
        if let Some(v1::subscribe_response::Part::Events(events)) = piece.part {
            assert_eq!(events.events.len(), 1);
            break;
        }
    }
}
