//! A connection that is kept: through silence, sleep and an exchange that is away. Time is the test's.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tsumugu_durable::clock::Clock;
use tsumugu_trust::state::Event;
use tsumugu_trust::statement::Answer;
use tsumugu_trust::value::Id;

use super::backoff::{LONGEST_PAUSE, SHORTEST_PAUSE};
use super::keep::{BEAT, SUSPENDED_PAUSE, SYNC_EVERY_MS};
use super::stream::SILENCE;
use super::*;
use crate::attachments::tests::travel::{large_pdf, queue};
use crate::failure::Failure;
use crate::mailbox::message::LetterState;
use crate::mailbox::tests::{queue_answer_with, queue_notice};
use crate::outbox::{FlushReport, entries};
use crate::post::Post;
use crate::post::testing::{TestPost, Trouble as Network, happened, has, two_offices};

/// Remembers what it is told.
#[derive(Default)]
struct Told {
    /// Where each watch began.
    begun: Vec<u64>,
    connected: usize,
    lost: Vec<(&'static str, Duration)>,
    news: Vec<News>,
    synchronised: usize,
    said: usize,
}

impl Duties for Told {
    fn begin(&mut self, post: &impl Post) -> Result<u64, Failure> {
        let known = crate::mailbox::known(post.vault())?;
        self.begun.push(known);
        Ok(known)
    }
    fn connected(&mut self, _: &impl Post) -> Result<(), Failure> {
        self.connected += 1;
        Ok(())
    }
    fn lost(&mut self, _: &impl Post, failure: &Failure, pause: Duration) {
        self.lost.push((failure.key(), pause));
    }
    fn synchronised(&mut self, _: &impl Post) {
        self.synchronised += 1;
    }
    fn flushed(&mut self, _: &impl Post, report: &FlushReport) -> Result<(), Failure> {
        self.said += report.done.len();
        Ok(())
    }
    async fn news(&mut self, _: &mut impl Post, news: Vec<News>, _: u64) -> Result<(), Failure> {
        self.news.extend(news);
        Ok(())
    }
}

/// Keeps the connection for so long; gives why it ended, if it did.
async fn keep(post: &mut TestPost, told: &mut Told, long: Duration) -> Option<Failure> {
    match timeout(long, Keeper::new(post, told).keep()).await {
        Ok(Err(failure)) => Some(failure),
        Err(_) => None,
    }
}

async fn send(from: &mut TestPost, to: Id) -> Id {
    let id = queue_notice(from, to);
    crate::outbox::flush(from).await.unwrap();
    id
}

#[tokio::test(start_paused = true)]
async fn letters_come_by_themselves_and_answers_go_out() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let mut told = Told::default();
    let first = send(&mut hospital, to).await;
    let writing = async {
        sleep(Duration::from_secs(10)).await;
        send(&mut hospital, to).await
    };
    let (second, ended) =
        tokio::join!(writing, keep(&mut care, &mut told, Duration::from_secs(20)));
    assert!(ended.is_none());
    for id in [first, second] {
        assert_eq!(care.message(from, id).letter, LetterState::Kept);
        assert_eq!(told.news.iter().filter(|news| news.id == id).count(), 2, "sent and fetched");
    }
    assert_eq!((told.begun, told.connected, told.lost.len()), (vec![0], 1, 0));
}

#[tokio::test(start_paused = true)]
async fn what_another_command_queues_goes_out_with_the_next_beat_and_once() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let id = send(&mut hospital, to).await;
    let mut told = Told::default();
    keep(&mut care, &mut told, BEAT).await;
    queue_answer_with(&care, from, id, Answer::Acknowledged, "");
    let waiting = entries(care.vault()).unwrap();
    assert_eq!(waiting.len(), 1);
    // The first answer is lost on the way: the same bytes go out again, and nothing is logged twice.
    care.shown().troubles.push_back(Network::LoseAnswer);
    keep(&mut care, &mut told, Duration::from_secs(60)).await;
    assert!(entries(care.vault()).unwrap().is_empty());
    assert_eq!(told.said, 1);
    let kinds = happened(&care.message(from, id));
    assert_eq!(kinds, ["envelope", "fetched", "disposition"]);
    assert!(has(&care.message(from, id), Event::Fetched));
    assert_eq!(told.lost.iter().map(|(key, _)| *key).collect::<Vec<_>>(), ["connection.lost"]);
}

#[tokio::test(start_paused = true)]
async fn an_upload_of_minutes_holds_up_neither_what_comes_nor_what_goes() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let takes = Duration::from_secs(240);
    care.shown().upload_takes = takes;
    let (large, _) = queue(&care, &[from], &[("a.pdf", large_pdf())]);
    let exchange = std::rc::Rc::clone(&care.exchange);
    let mut told = Told::default();
    let meanwhile = async {
        sleep(Duration::from_secs(60)).await;
        send(&mut hospital, to).await
    };
    let (id, ended) = tokio::join!(meanwhile, keep(&mut care, &mut told, Duration::from_secs(70)));
    assert!(ended.is_none());
    // A letter came in, while the file was on its way.
    assert_eq!(care.message(from, id).letter, LetterState::Kept);
    let waiting = || entries(care.vault()).unwrap().iter().map(|entry| entry.id).collect();
    let ids: Vec<Id> = waiting();
    assert_eq!(ids, [large.id]);
    // The agent was stopped there; the next run begins the upload anew, and an answer passes it.
    queue_answer_with(&care, from, id, Answer::Acknowledged, "");
    keep(&mut care, &mut told, Duration::from_secs(70)).await;
    assert_eq!(told.said, 1);
    assert!(exchange.borrow().uploads.is_empty());
    let next = queue_notice(&care, from);
    keep(&mut care, &mut told, takes / 2).await;
    assert_eq!(told.said, 2, "{next}");
    // A second letter with a file that is queued meanwhile goes after it, by itself.
    let second = async {
        sleep(takes / 2).await;
        exchange.borrow_mut().upload_takes = takes / 4;
    };
    let (second_entry, _) = queue(&care, &[from], &[("b.pdf", crate::attachments::testing::pdf())]);
    tokio::join!(second, keep(&mut care, &mut told, 2 * takes));
    assert_eq!(told.said, 4, "{}", second_entry.id);
    assert!(entries(care.vault()).unwrap().is_empty());
    assert_eq!((told.connected, told.lost.len()), (4, 0));
    assert_eq!(exchange.borrow().uploads.len(), 2, "each went over the line once");
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_breaks_goes_on_over_the_next_connection() {
    let (hospital, mut care) = two_offices().await;
    let from = hospital.institution.id;
    let (_, sealed) = queue(&care, &[from], &[("a.pdf", large_pdf())]);
    care.shown().cut_after = Some(100_000);
    let mut told = Told::default();
    keep(&mut care, &mut told, Duration::from_secs(120)).await;
    assert_eq!(told.lost.iter().map(|(key, _)| *key).collect::<Vec<_>>(), ["connection.lost"]);
    assert_eq!((told.connected, told.said), (2, 1));
    assert_eq!(care.shown().travelled as u64, sealed[0].length, "nothing goes out twice");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_is_made_anew_and_nothing_is_lost() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    let mut told = Told::default();
    let exchange = std::rc::Rc::clone(&care.exchange);
    let silence = async {
        sleep(Duration::from_secs(40)).await;
        exchange.borrow_mut().is_silent = true;
        let id = send(&mut hospital, to).await;
        sleep(SILENCE + Duration::from_secs(1)).await;
        exchange.borrow_mut().is_silent = false;
        id
    };
    let long = Duration::from_secs(40) + SILENCE + SILENCE + Duration::from_secs(20);
    let (id, ended) = tokio::join!(silence, keep(&mut care, &mut told, long));
    assert!(ended.is_none());
    assert_eq!(told.lost[0].0, "connection.no-answer");
    assert_eq!(care.message(from, id).letter, LetterState::Kept);
    assert!(care.connected);
}

#[tokio::test(start_paused = true)]
async fn heartbeats_keep_a_quiet_connection() {
    let (_, mut care) = two_offices().await;
    let mut told = Told::default();
    keep(&mut care, &mut told, Duration::from_secs(3_600)).await;
    assert_eq!((told.connected, told.lost.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_while_the_exchange_is_away_and_are_short_again_after() {
    let (_, mut care) = two_offices().await;
    care.shown().is_down = true;
    let mut told = Told::default();
    let exchange = std::rc::Rc::clone(&care.exchange);
    let back = async {
        sleep(Duration::from_secs(1_800)).await;
        exchange.borrow_mut().is_down = false;
        sleep(Duration::from_secs(300)).await;
        exchange.borrow_mut().is_down = true;
    };
    let (_, ended) = tokio::join!(back, keep(&mut care, &mut told, Duration::from_secs(2_140)));
    assert!(ended.is_none());
    let pauses: Vec<Duration> = told.lost.iter().map(|(_, pause)| *pause).collect();
    assert!(pauses[0] <= SHORTEST_PAUSE);
    let longest = pauses.iter().max().copied().unwrap();
    assert!(longest > LONGEST_PAUSE / 2 && longest <= LONGEST_PAUSE, "{longest:?}");
    // Some twenty attempts in half an hour, not hundreds.
    let away =
        pauses.iter().position(|pause| *pause <= SHORTEST_PAUSE / 2 * 2 && pause != &pauses[0]);
    assert!(pauses.len() < 40, "{}", pauses.len());
    assert!(away.is_some(), "after a good connection the first pause is a short one: {pauses:?}");
    assert_eq!(told.connected, 1);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_ends_it_and_says_so() {
    for key in ["server.terminal-removed", "server.unknown-party", "session.alarm-kept"] {
        let (_, mut care) = two_offices().await;
        care.shown().refreshes.extend(["connection.lost", key]);
        let mut told = Told::default();
        let ended = keep(&mut care, &mut told, Duration::from_secs(60)).await.unwrap();
        assert_eq!(ended.key(), key);
        assert_eq!(told.lost.len(), 1);
        assert!(!care.connected && care.alarms.borrow().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_suspended_institution_asks_now_and_then_and_goes_on_once_it_takes_part_again() {
    let (mut hospital, mut care) = two_offices().await;
    let (from, to) = (hospital.institution.id, care.institution.id);
    // Suspended for three attempts, the third of which comes within two hours.
    care.shown().refreshes.extend(["server.suspended"; 3]);
    let id = send(&mut hospital, to).await;
    let mut told = Told::default();
    assert!(keep(&mut care, &mut told, 7 * SUSPENDED_PAUSE).await.is_none());
    assert_eq!(told.lost.len(), 3);
    for (key, pause) in told.lost {
        assert_eq!(key, "server.suspended");
        assert!(pause >= SUSPENDED_PAUSE && pause <= 2 * SUSPENDED_PAUSE, "{pause:?}");
    }
    assert_eq!((told.connected, care.message(from, id).letter), (1, LetterState::Kept));
}

#[tokio::test(start_paused = true)]
async fn a_number_that_is_left_out_is_an_alarm_that_is_kept() {
    let (mut hospital, mut care) = two_offices().await;
    let to = care.institution.id;
    send(&mut hospital, to).await;
    send(&mut hospital, to).await;
    care.shown().hidden_events.push(0);
    let mut told = Told::default();
    let ended = keep(&mut care, &mut told, Duration::from_secs(60)).await.unwrap();
    assert_eq!(ended.key(), "mailbox.gap");
    assert_eq!(care.alarms.borrow().len(), 1);
    assert!(told.news.is_empty());
}

#[tokio::test(start_paused = true)]
async fn after_sleep_or_a_set_clock_the_connection_is_made_anew_at_once() {
    let (_, mut care) = two_offices().await;
    let clock = std::sync::Arc::clone(&care.home.clock);
    let mut told = Told::default();
    let day = 24 * 3_600 * 1_000;
    let jumps = async {
        sleep(Duration::from_secs(11)).await;
        clock.advance(day);
        sleep(Duration::from_secs(11)).await;
        clock.set(clock.now_ms() - 2 * day);
    };
    let ((), ended) = tokio::join!(jumps, keep(&mut care, &mut told, Duration::from_secs(40)));
    assert!(ended.is_none());
    assert_eq!(told.lost, [("agent.woke", Duration::ZERO), ("agent.woke", Duration::ZERO)]);
    assert_eq!((told.connected, told.synchronised), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn the_chain_is_brought_up_to_date_while_nothing_else_happens() {
    let (_, mut care) = two_offices().await;
    let clock = std::sync::Arc::clone(&care.home.clock);
    let mut told = Told::default();
    let passing = async {
        // The PC's clock goes on with the time that passes.
        for _ in 0..2 * 3_600 {
            sleep(Duration::from_secs(1)).await;
            clock.advance(1_000);
        }
    };
    let two_hours = Duration::from_secs(2 * 3_600);
    let ((), ended) = tokio::join!(passing, keep(&mut care, &mut told, two_hours));
    assert!(ended.is_none() && told.lost.is_empty());
    let expected = 1 + 2 * 3_600 * 1_000 / SYNC_EVERY_MS as usize;
    assert!((expected - 1..=expected).contains(&told.synchronised), "{}", told.synchronised);
}
