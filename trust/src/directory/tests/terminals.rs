//! Requests of terminals that never become leaves.

use super::*;
use crate::hash::sha256;
use crate::seal::SealingIdentity;
use crate::statement::{RecipientText, RemovalReason, Renewal, StandingState, TerminalRequest};
use crate::testing::{TestKey, TestTerminal};
use crate::value::{Id, Time};

const INVITATION: Id = Id([0x1a; 16]);

fn request(world: &World, of: &TestInstitution, terminal: &TestTerminal) -> TerminalRequest {
    let recipient = SealingIdentity::from_seed(&[3; 32]).to_recipient();
    TerminalRequest {
        invitation: INVITATION,
        trust_list: world.fingerprint(),
        institution: of.id,
        terminal: terminal.id,
        key: terminal.key.public(),
        recipient: RecipientText::from(&recipient),
        csr: sha256(&[b"csr"]),
    }
}

#[test]
fn a_further_terminals_request_is_signed_by_the_key_it_names_and_names_its_invitation() {
    let (mut world, hospital, office) = pair();
    let new = world.new_terminal();
    let lines = request(&world, &hospital, &new);
    let check = |lines: &TerminalRequest, keys: &[&TestKey]| {
        let statement = world.signed(lines, keys);
        check_terminal_request(&world.origin, INVITATION, hospital.id, &statement)
    };
    let checked = check(&lines, &[&new.key]).unwrap();
    assert_eq!(checked.request(), &lines);
    assert!(checked.text().starts_with("tsumugu/v1/terminal-request\n"));
    for keys in [&[&hospital.terminal.key][..], &[&hospital.key], &[&new.key, &hospital.key]] {
        assert_eq!(check(&lines, keys), Err(Refusal::Signature));
    }
    let elsewhere = TerminalRequest { institution: office.id, ..lines.clone() };
    assert_eq!(check(&elsewhere, &[&new.key]), Err(Refusal::Mismatch));
    let other = TerminalRequest { invitation: Id([1; 16]), ..lines.clone() };
    assert_eq!(check(&other, &[&new.key]), Err(Refusal::Mismatch));
    let statement = world.signed(&lines, &[&new.key]);
    let origin = "other.example".parse().unwrap();
    let foreign = check_terminal_request(&origin, INVITATION, hospital.id, &statement);
    assert_eq!(foreign, Err(Refusal::OtherOrigin));
    let tick = world.unsigned(&crate::statement::Tick {});
    let wrong = check_terminal_request(&world.origin, INVITATION, hospital.id, &tick);
    assert_eq!(wrong, Err(Refusal::WrongKind));
}

#[test]
fn neither_request_becomes_a_leaf() {
    let (mut world, hospital, _) = pair();
    let new = world.new_terminal();
    let asked = world.signed(&request(&world, &hospital, &new), &[&new.key]);
    let renewal = world.by_terminal(&hospital, &renewal(&world, &hospital));
    for statement in [asked, renewal] {
        assert!(!statement.body.is_leaf() && !statement.body.is_clear());
        let at = LogPosition::of_clear(99, 99, world.now);
        assert_eq!(world.directory().clone().apply(at, &statement), Err(Refusal::WrongKind));
    }
}

fn renewal(world: &World, of: &TestInstitution) -> Renewal {
    let (institution, holder) = (Some(of.id), of.terminal.id);
    Renewal { institution, holder, csr: sha256(&[b"csr"]), made: world.now }
}

#[test]
fn a_renewal_is_made_just_now_by_a_terminal_that_is_admitted() {
    let (mut world, hospital, office) = pair();
    let lines = renewal(&world, &hospital);
    let good = world.by_terminal(&hospital, &lines);
    let made = world.now;
    let check = |world: &World, now: Time, statement: &Statement| {
        check_renewal(world.directory(), now, statement).map(|checked| checked.holder())
    };
    let holder =
        RenewalHolder::Terminal { institution: hospital.id, terminal: hospital.terminal.id };
    assert_eq!(check(&world, made, &good), Ok(holder));
    assert_eq!(check_renewal(world.directory(), made, &good).unwrap().csr(), lines.csr);
    for (now, expected) in [
        (made.0 + RENEWAL_WINDOW_MS, Ok(holder)),
        (made.0 - RENEWAL_WINDOW_MS, Ok(holder)),
        (made.0 + RENEWAL_WINDOW_MS + 1, Err(Refusal::Clock)),
        (made.0 - RENEWAL_WINDOW_MS - 1, Err(Refusal::Clock)),
    ] {
        assert_eq!(check(&world, Time(now), &good), expected);
    }
    let by = |key: &TestKey| world.signed(&lines, &[key]);
    for key in [&hospital.key, &office.terminal.key, &hospital.worker.key] {
        assert_eq!(check(&world, made, &by(key)), Err(Refusal::Signature));
    }
    let elsewhere = Renewal { institution: Some(office.id), ..lines.clone() };
    let elsewhere = world.by_terminal(&hospital, &elsewhere);
    assert_eq!(check(&world, made, &elsewhere), Err(Refusal::UnknownParty));
    // A suspended institution keeps its certificates: it may still remove its terminals.
    let suspended = world.standing(hospital.id, StandingState::Suspended);
    world.append(&suspended);
    assert_eq!(check(&world, made, &good), Ok(holder));
    let removed = crate::statement::TerminalRemoved {
        institution: hospital.id,
        terminal: hospital.terminal.id,
        reason: RemovalReason::Retired,
    };
    let removed = world.by_institution(&hospital, &removed);
    world.append(&removed);
    assert_eq!(check(&world, made, &good), Err(Refusal::NotAdmitted));
}

#[test]
fn a_renewal_of_an_administrator_is_by_one_of_the_newest_list() {
    let (mut world, hospital, _) = pair();
    let administrator = world.administrators[0].clone();
    let lines = Renewal {
        institution: None,
        holder: administrator.id,
        csr: sha256(&[b"csr"]),
        made: world.now,
    };
    let holder = |statement: &Statement| {
        check_renewal(world.directory(), world.now, statement).map(|checked| checked.holder())
    };
    let good = world.signed(&lines, &[&administrator.key]);
    assert_eq!(holder(&good), Ok(RenewalHolder::Administrator(administrator.id)));
    let as_terminal = Renewal { institution: Some(hospital.id), ..lines.clone() };
    let as_terminal = world.signed(&as_terminal, &[&administrator.key]);
    assert_eq!(holder(&as_terminal), Err(Refusal::UnknownParty));
    let tick = world.unsigned(&crate::statement::Tick {});
    assert_eq!(holder(&tick), Err(Refusal::WrongKind));
    let stranger = world.new_administrator();
    let of_nobody = Renewal { holder: stranger.id, ..lines };
    let of_nobody = world.signed(&of_nobody, &[&stranger.key]);
    let refused = check_renewal(world.directory(), world.now, &of_nobody);
    assert_eq!(refused.unwrap_err(), Refusal::UnknownParty);
}
