//! The agent's duties against an exchange in memory. Time is the test's.

use std::time::Duration;

use tokio::time::timeout;
use tsumugu_trust::statement::{Answer, AnyBody};
use tsumugu_trust::value::{Id, Time};

use super::canary::{CANARY_LIMIT_MS, RECORD, Stored};
use super::state::AgentState;
use super::*;
use crate::live::Keeper;
use crate::mailbox::all;
use crate::mailbox::message::LetterState;
use crate::mailbox::tests::queue_notice;
use crate::outbox::{entries, flush};
use crate::post::Post;
use crate::post::testing::{TestPost, echo_and_office, happened, two_offices};
use crate::probe::{Probe, signing_worker};
use crate::testing::Home;

fn options() -> Options {
    Options { on_arrival: None, save_to: None, renderer: save::as_pdf, echo: false, canary: false }
}

/// Runs an agent for so long; gives its state and its log.
async fn run_for(post: &mut TestPost, options: Options, seconds: u64) -> (AgentState, String) {
    let home = Home::at(post.now().0);
    let own = post.institution.id;
    let mut agent = Agent::new(&home.ctx, own, options);
    let keeping = Keeper::new(post, &mut agent).keep();
    assert!(timeout(Duration::from_secs(seconds), keeping).await.is_err());
    (AgentState::load(home.ctx.home()).unwrap(), home.err.take())
}

async fn send(from: &mut TestPost, to: Id) -> Id {
    let id = queue_notice(from, to);
    flush(from).await.unwrap();
    id
}

fn files(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test(start_paused = true)]
async fn the_state_tells_how_it_is_and_the_log_names_nobody() {
    let (mut hospital, mut care) = two_offices().await;
    let to = care.institution.id;
    send(&mut hospital, to).await;
    let (state, log) = run_for(&mut care, options(), 10).await;
    assert!(state.started.is_some() && state.connected_since.is_some());
    assert_eq!((state.waiting, state.refused, state.unfetched), (0, 0, 0));
    assert_eq!((state.last_failure, state.stopped), (None, None));
    let keys: Vec<&str> = log.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(keys, ["agent.connected", "agent.received"]);
    assert!(!log.contains("架空"), "{log}");
}

#[tokio::test(start_paused = true)]
async fn a_lost_exchange_stands_in_the_state_with_its_remedy() {
    let (_, mut care) = two_offices().await;
    care.shown().is_down = true;
    let (state, _) = run_for(&mut care, options(), 60).await;
    let failure = state.last_failure.unwrap();
    assert_eq!(failure.key, "connection.lost");
    assert!(!failure.remedy_ja.is_empty() && state.connected_since.is_none());
}

#[tokio::test(start_paused = true)]
async fn each_letter_is_a_file_once_it_can_be_written() {
    let (mut hospital, mut care) = two_offices().await;
    let to = care.institution.id;
    let folder = tempfile::tempdir().unwrap();
    let letters = folder.path().join("letters");
    let options = || Options { save_to: Some(letters.clone()), ..options() };
    let first = send(&mut hospital, to).await;
    // The folder is not there yet, as a network drive in the morning.
    let (state, log) = run_for(&mut care, options(), 10).await;
    assert_eq!(log.matches("agent.not-saved").count(), 1, "{log}");
    let failure = state.save_failure.as_ref().map(|failure| failure.key.as_str());
    assert_eq!((state.unsaved, failure), (1, Some("file.unwritable")));
    std::fs::create_dir(&letters).unwrap();
    let second = send(&mut hospital, to).await;
    let (state, _) = run_for(&mut care, options(), 70).await;
    assert_eq!((state.unsaved, state.save_failure), (0, None));
    let names = files(&letters);
    assert_eq!(names.len(), 2);
    for (name, id) in names.iter().zip([first, second]) {
        let stem = name.strip_suffix(".pdf").unwrap();
        assert!(stem.ends_with(&format!("-{id}")), "the whole id: {name}");
        let file = std::fs::read(letters.join(name)).unwrap();
        let title = id.to_string();
        assert!(file.starts_with(b"%PDF-") && file.ends_with(b"%%EOF"), "a whole file");
        assert!(file.windows(title.len()).any(|part| part == title.as_bytes()), "of that letter");
    }
    // Nothing is written twice, also not by the next run.
    names.iter().for_each(|name| std::fs::remove_file(letters.join(name)).unwrap());
    run_for(&mut care, options(), 70).await;
    assert!(files(&letters).is_empty());
}

fn unprintable(
    _: &crate::releases::Catalogues,
    _: &tsumugu_trust::directory::Directory,
    _: crate::workers::Leavers<'_>,
    _: &crate::mailbox::message::Message,
    _: &crate::letters::OpenedLetter,
    _: Time,
) -> Result<save::Rendering, crate::failure::Failure> {
    Err(crate::failure::Failure::new("print.failed"))
}

#[tokio::test(start_paused = true)]
async fn a_letter_that_cannot_be_printed_is_given_up_and_the_next_ones_come() {
    let (mut hospital, mut care) = two_offices().await;
    let to = care.institution.id;
    let folder = tempfile::tempdir().unwrap();
    let letters = folder.path().to_owned();
    let options = || Options { save_to: Some(letters.clone()), ..options() };
    send(&mut hospital, to).await;
    let hopeless = || Options { renderer: unprintable, ..options() };
    // Each try is counted, over every run.
    let (_, before) = run_for(&mut care, hopeless(), 130).await;
    let (state, after) = run_for(&mut care, hopeless(), 600).await;
    assert_eq!(state.save_failure.unwrap().key, "agent.page-given-up");
    let said = format!("{before}{after}");
    assert_eq!(said.matches("agent.not-saved").count(), arrival::MAX_FILE_TRIES as usize, "{said}");
    assert_eq!(said.matches("agent.save-given-up").count(), 1, "{said}");
    let second = send(&mut hospital, to).await;
    let (_, log) = run_for(&mut care, options(), 70).await;
    assert!(!log.contains("agent.not-saved"), "{log}");
    let names = files(&letters);
    assert!(names.len() == 1 && names[0].contains(&second.to_string()), "{names:?}");
}

#[tokio::test(start_paused = true)]
async fn a_folder_that_is_away_for_long_costs_no_letter() {
    let (mut hospital, mut care) = two_offices().await;
    let to = care.institution.id;
    let folder = tempfile::tempdir().unwrap();
    let letters = folder.path().join("letters");
    let options = || Options { save_to: Some(letters.clone()), ..options() };
    send(&mut hospital, to).await;
    let (_, log) = run_for(&mut care, options(), 60 * u64::from(arrival::MAX_FILE_TRIES + 5)).await;
    assert!(log.matches("agent.not-saved").count() > arrival::MAX_FILE_TRIES as usize, "{log}");
    std::fs::create_dir(&letters).unwrap();
    run_for(&mut care, options(), 70).await;
    assert_eq!(files(&letters).len(), 1);
}

/// Sends a test letter and lets both sides run; gives the tester's view.
async fn probed(echo: &mut TestPost, care: &mut TestPost) -> Probe {
    let mut probe = Probe::new(care, echo.institution.id).unwrap();
    let worker = signing_worker(care.keys().unwrap()).unwrap().clone();
    probe.queue(care, &worker, "ひとこと").unwrap();
    let echoing = Options { echo: true, ..options() };
    tokio::join!(run_for(echo, echoing, 30), run_for(care, options(), 30));
    probe.look(care).unwrap();
    probe
}

#[tokio::test(start_paused = true)]
async fn a_test_letter_is_acknowledged_and_replied_to_and_its_text_is_not_kept() {
    let (mut echo, mut care) = echo_and_office().await;
    let (exchange, office) = (echo.institution.id, care.institution.id);
    let probe = probed(&mut echo, &mut care).await;
    assert!(probe.is_done(), "{probe:?}");
    assert_eq!(happened(&care.message(office, probe.id())), ["envelope", "fetched", "disposition"]);
    let theirs = echo.message(office, probe.id());
    assert_eq!(theirs.letter, LetterState::Gone);
    assert!(theirs.read_letter(echo.vault(), echo.directory()).unwrap().is_none());
    assert!(echo.vault().list("echo").unwrap().is_empty());
    // The reply is one, and is not replied to.
    assert_eq!(replies_of(&care, exchange), 1);
    tokio::join!(
        run_for(&mut echo, Options { echo: true, ..options() }, 30),
        run_for(&mut care, options(), 30)
    );
    assert_eq!(replies_of(&care, exchange), 1);
}

fn replies_of(care: &TestPost, exchange: Id) -> usize {
    all(care.vault()).unwrap().iter().filter(|(from, _)| *from == exchange).count()
}

#[tokio::test(start_paused = true)]
async fn anything_else_is_not_for_the_echo_and_is_not_kept() {
    let (mut echo, mut care) = echo_and_office().await;
    let (exchange, office) = (echo.institution.id, care.institution.id);
    let id = send(&mut care, exchange).await;
    run_for(&mut echo, Options { echo: true, ..options() }, 30).await;
    run_for(&mut care, options(), 10).await;
    let answer = care.message(office, id).state().answer().map(|(_, answer)| answer);
    assert_eq!(answer, Some(Answer::NotForUs));
    assert_eq!(echo.message(office, id).letter, LetterState::Gone);
    assert_eq!(replies_of(&care, exchange), 0);
}

#[tokio::test(start_paused = true)]
async fn an_echo_that_is_killed_anywhere_answers_once() {
    let (mut echo, mut care) = echo_and_office().await;
    let (exchange, office) = (echo.institution.id, care.institution.id);
    let mut probe = Probe::new(&care, exchange).unwrap();
    let worker = signing_worker(care.keys().unwrap()).unwrap().clone();
    probe.queue(&care, &worker, "").unwrap();
    flush(&mut care).await.unwrap();
    // Given up after every few milliseconds, at whatever it does then.
    for milliseconds in 1..60 {
        let home = Home::at(echo.now().0);
        let mut agent = Agent::new(&home.ctx, exchange, Options { echo: true, ..options() });
        let keeping = Keeper::new(&mut echo, &mut agent).keep();
        assert!(timeout(Duration::from_millis(milliseconds * 50), keeping).await.is_err());
    }
    run_for(&mut care, options(), 30).await;
    assert!(probe.look(&care).unwrap(), "{probe:?}");
    assert_eq!(replies_of(&care, exchange), 1);
    let message = care.message(office, probe.id());
    let answers = message.leaves().iter();
    let answers = answers.filter(|leaf| matches!(leaf.statement.body, AnyBody::Disposition(_)));
    assert_eq!(answers.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_vault_of_another_kind_never_echoes() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let id = send(&mut hospital, to).await;
    run_for(&mut care, Options { echo: true, ..options() }, 30).await;
    assert_eq!(care.message(from, id).letter, LetterState::Kept);
    assert!(care.message(from, id).state().answer().is_none());
    assert!(entries(care.vault()).unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_canary_flies_once_a_day_and_says_when_it_does_not_come_back() {
    let (mut echo, mut care) = echo_and_office().await;
    let canary = || Options { canary: true, ..options() };
    let due = |care: &TestPost| {
        let stored: Stored = care.vault().read_json(RECORD).unwrap().unwrap();
        (stored.due, stored.probe.is_some())
    };
    // The first is due at some minute of the next day.
    let (state, _) = run_for(&mut care, canary(), 10).await;
    assert_eq!((state.canary, due(&care).1), (None, false));
    let now = care.now();
    assert!(due(&care).0 > now && due(&care).0.0 <= now.0 + 86_400_000);

    care.home.clock.set(due(&care).0.0);
    let echoing = Options { echo: true, ..options() };
    let (_, (state, log)) =
        tokio::join!(run_for(&mut echo, echoing, 60), run_for(&mut care, canary(), 60));
    let flown = state.canary.unwrap();
    assert!(flown.ok && flown.failed.is_none(), "{flown:?}");
    assert!(log.contains("agent.canary-well"), "{log}");
    // The next is due tomorrow, by the day in Japan.
    let (next, is_flying) = due(&care);
    assert!(!is_flying && next > care.now() && next.0 <= care.now().0 + 2 * 86_400_000);

    // Nobody answers: after ten minutes the first broken link is named.
    care.home.clock.set(next.0);
    run_for(&mut care, canary(), 30).await;
    assert!(due(&care).1);
    care.home.clock.advance(CANARY_LIMIT_MS + 1);
    let (state, log) = run_for(&mut care, canary(), 30).await;
    assert_eq!(state.canary.unwrap().failed.as_deref(), Some("delivery"));
    assert!(log.contains("agent.canary-failed"), "{log}");
}

#[tokio::test(start_paused = true)]
async fn a_pc_that_was_off_flies_its_canary_soon_and_not_with_all_others() {
    let (_, mut care) = echo_and_office().await;
    let now = care.now();
    let stored = Stored { due: Time(now.0 - 86_400_000), probe: None };
    care.vault().write_json(RECORD, &stored).unwrap();
    run_for(&mut care, Options { canary: true, ..options() }, 5).await;
    let stored: Stored = care.vault().read_json(RECORD).unwrap().unwrap();
    assert!(stored.due >= now && stored.due.0 < now.0 + 30 * 60_000);
    // A clock that was years ahead does not silence it.
    let stored = Stored { due: Time(now.0 + 1_000 * 86_400_000), probe: None };
    care.vault().write_json(RECORD, &stored).unwrap();
    run_for(&mut care, Options { canary: true, ..options() }, 5).await;
    let stored: Stored = care.vault().read_json(RECORD).unwrap().unwrap();
    assert!(stored.due.0 <= now.0 + 86_400_000);
}
