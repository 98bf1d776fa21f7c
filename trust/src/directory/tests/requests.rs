//! Invitations and requests to join.

use super::*;
use crate::hash::sha256;
use crate::statement::{
    Candidacy, ClosedReason, Enrolment, Institution, Invitation, InvitationClosed, Purpose, Yes,
    digest, encode_text,
};
use crate::value::{Id, Time};

/// An invitation for a hospital, or for an administrator.
pub(super) fn invitation(world: &mut World, purpose: Purpose) -> Invitation {
    let institution = purpose != Purpose::Administrator;
    Invitation {
        invitation: world.random.id(),
        purpose,
        subject: world.random.id(),
        number: institution.then(|| "1270000001".parse().unwrap()),
        name: institution.then(|| "流山総合病院".parse().unwrap()),
        kana: institution.then(|| "ながれやまそうごうびょういん".parse().unwrap()),
        town: institution.then(|| "流山市".parse().unwrap()),
        kind: institution.then_some(InstitutionKind::Hospital),
        telephone: institution.then(|| "04-7000-0001".parse().unwrap()),
        fax: None,
        label: None,
        expires: Time(world.now.0 + 86_400_000),
        secret: sha256(&[b"sealed secret"]),
        trust_list: world.fingerprint(),
    }
}

struct Request {
    world: World,
    invitation: Invitation,
    applicant: TestInstitution,
    lines: Enrolment,
    finished: Vec<Statement>,
}

fn request() -> Request {
    let mut world = World::new(1);
    let mut invitation = invitation(&mut world, Purpose::Member);
    let applicant = world.new_institution("流山総合病院", InstitutionKind::Hospital);
    invitation.subject = applicant.id;
    let finished = vec![
        world.by_institution(&applicant, &applicant.profile),
        world.by_institution(&applicant, &applicant.key_set),
        world.by_institution(&applicant, &applicant.terminal_lines()),
        applicant.worker.statement.clone(),
    ];
    let lines = Enrolment {
        invitation: invitation.invitation,
        trust_list: world.fingerprint(),
        institution: applicant.id,
        key: applicant.key.public(),
        terminal: applicant.terminal.id,
        terminal_key: applicant.terminal.key.public(),
        statements: finished.iter().map(Statement::digest).collect(),
        csr: sha256(&[b"csr"]),
    };
    Request { world, invitation, applicant, lines, finished }
}

impl Request {
    fn check(
        &self,
        lines: &Enrolment,
        finished: &[Statement],
    ) -> Result<CheckedEnrolment, Refusal> {
        let keys = [&self.applicant.key, &self.applicant.terminal.key];
        let statement = self.world.signed(lines, &keys);
        check_enrolment(&self.world.origin, &self.invitation, &statement, finished)
    }

    fn check_finished(&self, finished: &[Statement]) -> Result<CheckedEnrolment, Refusal> {
        let statements = finished.iter().map(Statement::digest).collect();
        self.check(&Enrolment { statements, ..self.lines.clone() }, finished)
    }
}

#[test]
fn a_request_that_fits_its_invitation() {
    let request = request();
    let checked = request.check(&request.lines, &request.finished).unwrap();
    assert_eq!(checked.request, request.lines);
    assert_eq!(checked.text, encode_text(&request.world.origin, &request.lines));
    assert_eq!(checked.workers.len(), 1);
    // Two administrators make the same record from it, so that their signatures meet.
    let record = institution_record(&request.invitation, &request.lines, 1).unwrap();
    assert_eq!(record.key, Some(request.applicant.key.public()));
    let Request { mut world, finished, .. } = request;
    world.append(&world.by_administrators(&record));
    finished.iter().for_each(|statement| {
        world.append(statement);
    });
    assert!(world.directory().member(record.institution).unwrap().is_active());
}

#[test]
fn an_entry_for_fax_is_continued_and_a_member_is_not_taken_over() {
    let Request { mut world, mut invitation, applicant, lines, finished } = request();
    assert_eq!(joining_version(world.directory(), &invitation), Ok(1));
    let record = institution_record(&invitation, &lines, 1).unwrap();
    let entry = Institution {
        key: None,
        invitation: None,
        fax: Some("04-7000-0991".parse().unwrap()),
        fax_only: Some(Yes::Yes),
        ..record
    };
    world.append(&world.by_administrators(&entry));
    let version = joining_version(world.directory(), &invitation).unwrap();
    assert_eq!(version, 2);
    let record = institution_record(&invitation, &lines, version).unwrap();
    assert_eq!((record.number.clone(), record.institution), (entry.number, entry.institution));
    world.append(&world.by_administrators(&record));
    finished.iter().for_each(|statement| {
        world.append(statement);
    });
    let member = world.directory().member(record.institution).unwrap();
    assert!(member.is_active() && member.terminals.contains_key(&applicant.terminal.id));
    // Once it has a key, only a restore gives it another one.
    assert_eq!(joining_version(world.directory(), &invitation), Err(Refusal::Mismatch));
    invitation.purpose = Purpose::Restore;
    assert_eq!(joining_version(world.directory(), &invitation), Ok(3));
}

#[test]
fn a_request_that_names_something_else() {
    let request = request();
    let good = &request.lines;
    let id = Id([9; 16]);
    for lines in [
        Enrolment { invitation: id, ..good.clone() },
        Enrolment { institution: id, ..good.clone() },
        Enrolment { statements: good.statements[1..].to_vec(), ..good.clone() },
    ] {
        assert_eq!(request.check(&lines, &request.finished).unwrap_err(), Refusal::Mismatch);
    }
    // In another order, of another terminal, or not at all.
    let mut swapped = request.finished.clone();
    swapped.swap(0, 1);
    assert_eq!(request.check_finished(&swapped).unwrap_err(), Refusal::Mismatch);
    let other = Enrolment { terminal: id, ..good.clone() };
    let keys = [&request.applicant.key, &request.applicant.terminal.key];
    let other = request.world.signed(&other, &keys);
    let got =
        check_enrolment(&request.world.origin, &request.invitation, &other, &request.finished);
    assert_eq!(got.unwrap_err(), Refusal::Signature);
}

#[test]
fn a_request_is_signed_by_both_keys_that_it_names() {
    let request = request();
    let (institution, terminal) = (&request.applicant.key, &request.applicant.terminal.key);
    let worker = &request.applicant.worker.key;
    for keys in
        [&[institution][..], &[terminal], &[institution, worker], &[institution, terminal, worker]]
    {
        let statement = request.world.signed(&request.lines, keys);
        let got = check_enrolment(
            &request.world.origin,
            &request.invitation,
            &statement,
            &request.finished,
        );
        assert_eq!(got.unwrap_err(), Refusal::Signature);
    }
    // A finished statement that another key has signed.
    let mut finished = request.finished.clone();
    finished[0] = request.world.signed(&request.applicant.profile, &[terminal]);
    assert_eq!(request.check_finished(&finished).unwrap_err(), Refusal::Signature);
}

#[test]
fn a_request_for_another_log_or_purpose() {
    let mut request = request();
    let keys = [&request.applicant.key, &request.applicant.terminal.key];
    let statement = request.world.signed(&request.lines, &keys);
    let other = "other.example".parse().unwrap();
    let got = check_enrolment(&other, &request.invitation, &statement, &request.finished);
    assert_eq!(got.unwrap_err(), Refusal::OtherOrigin);
    let tick = request.world.unsigned(&crate::statement::Tick {});
    let got = check_enrolment(&request.world.origin, &request.invitation, &tick, &request.finished);
    assert_eq!(got.unwrap_err(), Refusal::WrongKind);
    request.invitation.purpose = Purpose::Administrator;
    assert_eq!(request.check(&request.lines, &request.finished).unwrap_err(), Refusal::Mismatch);
    let mut without = request.invitation.clone();
    without.name = None;
    assert_eq!(institution_record(&without, &request.lines, 1), Err(Refusal::Mismatch));
}

#[test]
fn a_candidacy_is_signed_by_the_key_it_names() {
    let mut world = World::new(1);
    let mut invitation = invitation(&mut world, Purpose::Administrator);
    let candidate = world.new_administrator();
    invitation.subject = candidate.id;
    let lines = Candidacy {
        invitation: invitation.invitation,
        trust_list: world.fingerprint(),
        administrator: candidate.line(),
        csr: sha256(&[b"csr"]),
    };
    let good = world.signed(&lines, &[&candidate.key]);
    let check = |invitation: &Invitation, statement: &Statement| {
        check_candidacy(&world.origin, invitation, statement)
            .map(|candidacy| candidacy.administrator.id)
    };
    assert_eq!(check(&invitation, &good), Ok(candidate.id));
    let by_other = world.signed(&lines, &[&world.administrators[0].key]);
    assert_eq!(check(&invitation, &by_other), Err(Refusal::Signature));
    let both = world.signed(&lines, &[&candidate.key, &world.administrators[0].key]);
    assert_eq!(check(&invitation, &both), Err(Refusal::Signature));
    let other = Invitation { subject: Id([9; 16]), ..invitation.clone() };
    assert_eq!(check(&other, &good), Err(Refusal::Mismatch));
    assert_eq!(
        check(&invitation, &world.unsigned(&crate::statement::Tick {})),
        Err(Refusal::WrongKind)
    );
    assert_eq!(digest(good.text()), good.digest());
}

#[test]
fn one_administrator_closes_an_invitation() {
    let mut world = World::new(1);
    let invitation = invitation(&mut world, Purpose::Member);
    let lines =
        InvitationClosed { invitation: invitation.invitation, reason: ClosedReason::Withdrawn };
    let good = world.by_administrators(&lines);
    let stranger = world.new_administrator();
    let forged = world.signed(&lines, &[&stranger.key]);
    let check = |statement| check_invitation_closed(world.directory(), now(&world), statement);
    assert_eq!(check(&good), Ok(lines));
    assert_eq!(check(&forged), Err(Refusal::Signature));
    assert_eq!(check(&world.unsigned(&crate::statement::Tick {})), Err(Refusal::WrongKind));
}
