//! What institutions say about themselves.

use tsumugu_proto::v1::{self, ErrorReason as Reason};
use tsumugu_server::party::Party;
use tsumugu_trust::statement::{
    NamedUnit, Profile, StandingState, Statement, Terminal, Worker, WorkerRemoved, sign,
};
use tsumugu_trust::value::{Role, Unit};

use crate::support::applicant::public;
use crate::support::link::{limit, reason};
use crate::support::office::Office;
use crate::support::town::Town;
use crate::support::{fresh, fresh_id};

fn profile(office: &Office, version: u64, units: usize) -> Profile {
    let name = |at: usize| format!("{at}{}", "室".repeat(130)).parse().unwrap();
    let unit = |at: usize| NamedUnit { unit: format!("u-{at}").parse().unwrap(), name: name(at) };
    let mut units: Vec<_> = (1..units).map(unit).collect();
    units.push(NamedUnit { unit: Unit::main(), name: "代表".parse().unwrap() });
    Profile { institution: office.id, version, units, hours: vec![], closed: vec![] }
}

#[tokio::test]
async fn a_profile_continues_the_one_before_and_opens_units() {
    let town = Town::new_here().await;
    let (from, to) = (town.office().await, town.office().await);
    let gap = to.by_institution(&profile(&to, 3, 2));
    assert_eq!(reason(to.publish(&gap).await), Reason::Rule);
    let next = to.by_institution(&profile(&to, 2, 2));
    let first = to.publish(&next).await.unwrap();
    assert_eq!(to.publish(&next).await.unwrap().at, first.at);
    let ward = from.note(&to, |lines| lines.to.unit = "u-1".parse().unwrap());
    from.send_one(&ward).await.unwrap();
    // Signed by the terminal, or by somebody else's institution key.
    let lines = profile(&to, 3, 2);
    assert_eq!(reason(to.publish(&to.by_terminal(&lines)).await), Reason::BadSignature);
    let theirs = sign(&to.origin, &lines, &[&from.secrets.institution_key(&to.origin)]).unwrap();
    assert_eq!(reason(to.publish(&theirs).await), Reason::BadSignature);
    // Rightly signed, over somebody else's connection: the thief of a key has no connection.
    let good = to.by_institution(&lines);
    assert_eq!(reason(from.publish(&good).await), Reason::NotFound);
    let call = v1::PublishStatementRequest { statement: good.bytes().into() };
    let administrator = &town.administrators[0].link;
    assert_eq!(
        reason(administrator.directory().publish_statement(call).await),
        Reason::UnknownParty
    );
}

#[tokio::test]
async fn a_worker_stands_at_a_terminal_once_and_never_after_a_removal() {
    let town = Town::new_here().await;
    let office = town.office().await;
    let new = |terminal, worker, seed: [u8; 32]| {
        let name = office.origin.key_name(Role::Worker, worker);
        let key = tsumugu_trust::note::SigningKey::from_seed(&name, &seed).unwrap();
        let card = tsumugu_trust::hash::Hash([5; 32]);
        Worker { institution: office.id, worker, terminal, key: public(&key), card }
    };
    let publish = async |lines: &Worker| office.publish(&office.by_institution(lines)).await;
    let terminal = office.secrets.terminal;
    let (worker, seed) = (fresh_id(), fresh());
    publish(&new(terminal, worker, seed)).await.unwrap();
    assert_eq!(reason(publish(&new(terminal, worker, fresh())).await), Reason::Rule);
    assert_eq!(reason(publish(&new(terminal, fresh_id(), seed)).await), Reason::DuplicateKey);
    let other_key = new(terminal, fresh_id(), office.secrets.terminal_seed);
    assert_eq!(reason(publish(&other_key).await), Reason::DuplicateKey);
    let nowhere = publish(&new(fresh_id(), fresh_id(), fresh())).await;
    assert_eq!(reason(nowhere), Reason::TerminalRemoved);

    let second = (fresh_id(), fresh::<32>());
    let name = office.origin.key_name(Role::Terminal, second.0);
    let key = tsumugu_trust::note::SigningKey::from_seed(&name, &second.1).unwrap();
    let admitted = Terminal { institution: office.id, terminal: second.0, key: public(&key) };
    office.publish(&office.by_institution(&admitted)).await.unwrap();
    publish(&new(second.0, worker, fresh())).await.unwrap();
    let removed = WorkerRemoved { institution: office.id, worker };
    office.publish(&office.by_institution(&removed)).await.unwrap();
    assert_eq!(reason(publish(&new(second.0, worker, fresh())).await), Reason::Rule);
}

#[tokio::test]
async fn a_workers_key_is_known_to_be_bound_after_a_restart() {
    let mut town = Town::new_here().await;
    let mut office = town.office().await;
    let terminal_with_its_key = Terminal {
        institution: office.id,
        terminal: fresh_id(),
        key: public(&office.secrets.worker_key(&office.origin)),
    };
    let statement = office.by_institution(&terminal_with_its_key);
    assert_eq!(reason(office.publish(&statement).await), Reason::DuplicateKey);
    town.restart(&mut [&mut office]).await;
    assert_eq!(reason(office.publish(&statement).await), Reason::DuplicateKey);
}

#[tokio::test]
async fn a_suspended_institution_takes_its_lost_terminal_out_and_says_nothing_else() {
    let town = Town::new_here().await;
    let office = town.office().await;
    let terminal = fresh_id();
    let name = office.origin.key_name(Role::Terminal, terminal);
    let key = tsumugu_trust::note::SigningKey::from_seed(&name, &fresh()).unwrap();
    let admitted = Terminal { institution: office.id, terminal, key: public(&key) };
    office.publish(&office.by_institution(&admitted)).await.unwrap();
    town.standing(&office, StandingState::Suspended).await;
    let next = office.by_institution(&profile(&office, 2, 1));
    assert_eq!(reason(office.publish(&next).await), Reason::Suspended);
    let more = Terminal { terminal: fresh_id(), ..admitted };
    assert_eq!(reason(office.publish(&office.by_institution(&more)).await), Reason::Suspended);
    let removal = tsumugu_trust::statement::TerminalRemoved { terminal, ..office.removal() };
    office.publish(&office.by_institution(&removal)).await.unwrap();
    town.sync().await;
    let directory = town.eye.directory();
    assert!(directory.member(office.id).unwrap().terminals[&terminal].removed.is_some());
    let party = Party::Terminal { institution: office.id.0, terminal: terminal.0 };
    let thief = town.link(Some(town.minted(&party, town.clock.now_ms()))).await;
    let call = v1::SubscribeRequest { start: 0, stop_at_end: true };
    assert_eq!(reason(thief.exchange().subscribe(call).await), Reason::TerminalRemoved);
}

#[tokio::test]
async fn a_statement_has_at_most_so_many_bytes() {
    let mut town = Town::new_here().await;
    let mut office = town.office().await;
    let publish = async |office: &Office, bytes: Vec<u8>| {
        let request = v1::PublishStatementRequest { statement: bytes.into() };
        office.link.directory().publish_statement(request).await
    };
    let over = publish(&office, vec![b'a'; 16_385]).await;
    assert_eq!(limit(over), ("statement_bytes".into(), "16384".into()));
    assert_eq!(reason(publish(&office, vec![b'a'; 16_384]).await), Reason::Malformed);
    // The operator may allow less.
    town.stop().await;
    town.folder.limits(|limits| limits.statement_bytes = 4_096);
    town.start().await;
    town.reconnect(&mut [&mut office]).await;
    let long: Statement = office.by_institution(&profile(&office, 2, 12));
    assert!((4_097..=16_384).contains(&long.bytes().len()));
    let over = publish(&office, long.bytes()).await;
    assert_eq!(limit(over), ("statement_bytes".into(), "4096".into()));
}
