//! Removal and suspension: refused from the next request on, also on open connections and streams.

use tonic::Streaming;
use tsumugu_proto::v1::{self, ErrorReason as Reason};
use tsumugu_server::party::Party;
use tsumugu_trust::statement::{Answer, RemovalReason, StandingState, Terminal, TerminalRemoved};
use tsumugu_trust::value::{Id, Role};

use crate::support::applicant::public;
use crate::support::link::{Link, reason};
use crate::support::office::{Office, fetch_request};
use crate::support::town::Town;
use crate::support::{fresh, fresh_id};

pub(crate) type Mail = Streaming<v1::SubscribeResponse>;

/// A stream that has shown everything there is and waits.
pub(crate) async fn waiting(link: &Link, office: &Office) -> Mail {
    let start = office.mailbox().await.len() as u64;
    let request = v1::SubscribeRequest { start, stop_at_end: false };
    let mut stream = link.exchange().subscribe(request).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    stream
}

/// The reason for which a stream was ended.
pub(crate) async fn end(mut stream: Mail) -> Reason {
    loop {
        match stream.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream ended without a reason"),
            Err(status) => return reason::<()>(Err(status)),
        }
    }
}

/// Admits a second PC; its certificate is minted, since there is no call for it yet.
pub(crate) async fn second_terminal(town: &Town, office: &Office) -> (Id, Link) {
    let terminal = fresh_id();
    let name = office.origin.key_name(Role::Terminal, terminal);
    let key = tsumugu_trust::note::SigningKey::from_seed(&name, &fresh()).unwrap();
    let admitted = Terminal { institution: office.id, terminal, key: public(&key) };
    office.publish(&office.by_institution(&admitted)).await.unwrap();
    let party = Party::Terminal { institution: office.id.0, terminal: terminal.0 };
    (terminal, town.link(Some(town.minted(&party, town.clock.now_ms()))).await)
}

async fn every_call_refused(link: &Link, office: &Office, expected: Reason) {
    let letter = office.note(office, |_| {});
    let (from, id) = (letter.lines.from.to_string(), letter.lines.id.to_string());
    let send = v1::SendRequest { letters: vec![letter.outgoing()] };
    assert_eq!(reason(link.exchange().send(send).await), expected);
    assert_eq!(reason(link.exchange().fetch(fetch_request(&letter)).await), expected);
    assert_eq!(reason(link.exchange().track(v1::TrackRequest { from, id }).await), expected);
    let subscribe = v1::SubscribeRequest::default();
    assert_eq!(reason(link.exchange().subscribe(subscribe).await), expected);
    assert_eq!(
        reason(link.directory().sync_directory(v1::SyncDirectoryRequest::default()).await),
        expected
    );
    assert_eq!(
        reason(link.log().get_checkpoint(v1::GetCheckpointRequest::default()).await),
        expected
    );
    assert_eq!(reason(link.log().list_leaves(v1::ListLeavesRequest::default()).await), expected);
}

#[tokio::test]
async fn a_terminal_that_its_institution_removes_is_out_at_once() {
    let town = Town::new_here().await;
    let office = town.office().await;
    let (terminal, lost) = second_terminal(&town, &office).await;
    let (thief, own) = (waiting(&lost, &office).await, waiting(&office.link, &office).await);
    let removal = TerminalRemoved { terminal, reason: RemovalReason::Lost, ..office.removal() };
    let first = office.publish(&office.by_institution(&removal)).await.unwrap();
    every_call_refused(&lost, &office, Reason::TerminalRemoved).await;
    assert_eq!(end(thief).await, Reason::TerminalRemoved);
    // The other PC goes on, also in its open stream.
    let letter = office.letter(&office);
    office.send_one(&letter).await.unwrap();
    let mut own = own;
    let Some(v1::subscribe_response::Part::Events(events)) =
        own.message().await.unwrap().unwrap().part
    else {
        panic!("an event")
    };
    assert_eq!(events.events.len(), 1);
    // The removal again is the same removal; the terminal does not come back under its id.
    let again = office.publish(&office.by_institution(&removal)).await.unwrap();
    assert_eq!(again.at, first.at);
    let name = office.origin.key_name(Role::Terminal, terminal);
    let key = tsumugu_trust::note::SigningKey::from_seed(&name, &fresh()).unwrap();
    let back = Terminal { institution: office.id, terminal, key: public(&key) };
    assert_eq!(reason(office.publish(&office.by_institution(&back)).await), Reason::Rule);
}

#[tokio::test]
async fn what_a_removed_terminal_signed_does_not_count_over_any_connection() {
    let town = Town::new_here().await;
    let office = town.office().await;
    let letter = office.letter(&office);
    let (_, other) = second_terminal(&town, &office).await;
    // The first PC takes itself out; what it had signed comes over the second one.
    office.publish(&office.by_institution(&office.removal())).await.unwrap();
    let send = v1::SendRequest { letters: vec![letter.outgoing()] };
    assert_eq!(reason(other.exchange().send(send).await), Reason::TerminalRemoved);
    every_call_refused(&office.link, &office, Reason::TerminalRemoved).await;
}

#[tokio::test]
async fn administrators_remove_a_terminal_too() {
    let town = Town::with_administrators(2).await;
    let office = town.office().await;
    let stream = waiting(&office.link, &office).await;
    town.propose(&office.removal()).await;
    assert_eq!(end(stream).await, Reason::TerminalRemoved);
    every_call_refused(&office.link, &office, Reason::TerminalRemoved).await;
}

#[tokio::test]
async fn a_suspended_institution_is_out_at_once_and_comes_back() {
    let town = Town::new_here().await;
    let (office, other) = (town.office().await, town.office().await);
    let letter = other.letter(&office);
    other.send_one(&letter).await.unwrap();
    let stream = waiting(&office.link, &office).await;
    town.standing(&office, StandingState::Suspended).await;
    every_call_refused(&office.link, &office, Reason::Suspended).await;
    assert_eq!(end(stream).await, Reason::Suspended);
    assert_eq!(reason(office.opened(&letter).await), Reason::Suspended);
    let answer = office.disposition(&letter, Answer::Acknowledged);
    assert_eq!(reason(office.dispose(&answer).await), Reason::Suspended);
    // Others are not held up, but do not reach it.
    assert_eq!(reason(other.send_one(&other.letter(&office)).await), Reason::RecipientInactive);
    other.send_one(&other.letter(&other)).await.unwrap();

    town.standing(&office, StandingState::Active).await;
    office.fetch(&letter).await.unwrap();
    office.dispose(&answer).await.unwrap();
    let mut stream = waiting(&office.link, &office).await;
    other.send_one(&other.letter(&office)).await.unwrap();
    assert!(stream.message().await.unwrap().is_some());
}
