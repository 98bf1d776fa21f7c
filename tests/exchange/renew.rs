//! Renewing certificates, without one.

use tonic::Status;
use tsumugu_client::tls::{self, CertificateRequest, ClientIdentity, TlsFailure};
use tsumugu_proto::v1::{self, ErrorReason as Reason};
use tsumugu_server::renewals::{MAX_RENEWALS, SPAN_MS};
use tsumugu_trust::directory::RENEWAL_WINDOW_MS;
use tsumugu_trust::hash::sha256;
use tsumugu_trust::statement::{
    RemovalReason, Renewal, StandingState, Statement, TerminalRemoved, sign,
};
use tsumugu_trust::value::Time;

use crate::support::link::{Link, limit, reason};
use crate::support::office::Office;
use crate::support::town::{DAY, Town};

fn lines(town: &Town, of: &Office, tls: &CertificateRequest) -> Renewal {
    Renewal {
        institution: Some(of.id),
        holder: of.secrets.terminal,
        csr: sha256(&[&tls.csr]),
        made: Time(town.clock.now_ms()),
    }
}

async fn renew(
    town: &Town,
    renewal: &Statement,
    csr: &[u8],
) -> Result<v1::RenewCertificateResponse, Status> {
    let request =
        v1::RenewCertificateRequest { renewal: renewal.bytes().into(), csr: csr.to_vec().into() };
    Ok(town.link(None).await.enrolment().renew_certificate(request).await?.into_inner())
}

fn identity(answer: &v1::RenewCertificateResponse, tls: &CertificateRequest) -> ClientIdentity {
    let chain = answer.certificates.iter().map(|certificate| certificate.to_vec());
    ClientIdentity::from_der(chain, &tls.key)
}

#[tokio::test]
async fn a_terminal_whose_certificate_has_ended_gets_another() {
    let mut town = Town::new_here().await;
    let office = town.office().await;
    town.time.advance(91 * DAY);
    // The exchange's own certificate is made anew at each start.
    town.stop().await;
    town.start().await;
    let (clock, pin) = (town.clock.clone(), town.folder.ca_pin);
    let old = Link::open(&town.address, pin, Some(office.identity.clone()), clock).await;
    assert!(matches!(old, Err(TlsFailure::RefusedByServer { .. })), "{old:?}");
    let tls = tls::csr().unwrap();
    let renewal = office.by_terminal(&lines(&town, &office, &tls));
    let answer = renew(&town, &renewal, &tls.csr).await.unwrap();
    let link = town.link(Some(identity(&answer, &tls))).await;
    link.log().get_checkpoint(v1::GetCheckpointRequest::default()).await.unwrap();
    // A replay is for the same key, which who replays does not hold.
    let again = renew(&town, &renewal, &tls.csr).await.unwrap();
    town.link(Some(identity(&again, &tls))).await;
}

#[tokio::test]
async fn only_who_takes_part_and_signs_now_gets_one() {
    let town = Town::new_here().await;
    let (office, other) = (town.office().await, town.office().await);
    let tls = tls::csr().unwrap();
    let good = lines(&town, &office, &tls);
    let by_other = sign(&office.origin, &good, &[&other.secrets.terminal_key(&office.origin)]);
    assert_eq!(reason(renew(&town, &by_other.unwrap(), &tls.csr).await), Reason::BadSignature);
    let by_institution = office.by_institution(&good);
    assert_eq!(reason(renew(&town, &by_institution, &tls.csr).await), Reason::BadSignature);
    let elsewhere = office.by_terminal(&Renewal { institution: Some(other.id), ..good.clone() });
    assert_eq!(reason(renew(&town, &elsewhere, &tls.csr).await), Reason::UnknownParty);
    let as_administrator = office.by_terminal(&Renewal { institution: None, ..good.clone() });
    assert_eq!(reason(renew(&town, &as_administrator, &tls.csr).await), Reason::UnknownParty);
    let early = Time(good.made.0 + RENEWAL_WINDOW_MS + 1);
    let early = office.by_terminal(&Renewal { made: early, ..good.clone() });
    assert_eq!(reason(renew(&town, &early, &tls.csr).await), Reason::Clock);
    let other_csr = tls::csr().unwrap().csr;
    let signed = office.by_terminal(&good);
    assert_eq!(reason(renew(&town, &signed, &other_csr).await), Reason::Malformed);
    assert_eq!(reason(renew(&town, &signed, b"no request").await), Reason::Malformed);
    let removal = TerminalRemoved {
        institution: office.id,
        terminal: office.secrets.terminal,
        reason: RemovalReason::Lost,
    };
    // A suspended institution may still take its terminals out: they need certificates for it.
    town.standing(&office, StandingState::Suspended).await;
    renew(&town, &signed, &tls.csr).await.unwrap();
    office.publish(&office.by_institution(&removal)).await.unwrap();
    assert_eq!(reason(renew(&town, &signed, &tls.csr).await), Reason::TerminalRemoved);
}

#[tokio::test]
async fn an_administrator_renews_too_and_renewals_are_counted() {
    let town = Town::new_here().await;
    let administrator = &town.administrators[0];
    let by_hour = |n: u64| {
        let tls = tls::csr().unwrap();
        let made = Time(town.clock.now_ms() + n);
        let lines =
            Renewal { institution: None, holder: administrator.id, csr: sha256(&[&tls.csr]), made };
        let signed = sign(&town.folder.origin, &lines, &[&administrator.key()]).unwrap();
        (signed, tls)
    };
    for n in 0..MAX_RENEWALS as u64 {
        let (signed, tls) = by_hour(n);
        let answer = renew(&town, &signed, &tls.csr).await.unwrap();
        if n == 0 {
            let link = town.link(Some(identity(&answer, &tls))).await;
            link.admin().list_pending(v1::ListPendingRequest::default()).await.unwrap();
        }
    }
    let (signed, tls) = by_hour(99);
    assert_eq!(limit(renew(&town, &signed, &tls.csr).await).0, "renewals_per_hour");
    town.time.advance(SPAN_MS);
    let (signed, tls) = by_hour(0);
    renew(&town, &signed, &tls.csr).await.unwrap();
}
