//! Keeping the connection.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tsumugu_trust::value::Id;

use super::backoff::Backoff;
use super::news::News;
use super::stream::{Live, Sign};
use super::trouble::Trouble;
use crate::failure::Failure;
use crate::letters::Randomness;
use crate::mailbox::{MailboxReport, known, take_live, waiting_letters};
use crate::outbox::{
    FlushReport, Upload, Uploaded, begin_upload, flush_small, say_uploaded, sayable,
};
use crate::post::Post;

/// How often it is looked whether another command queued something, and whether something is due.
pub(crate) const BEAT: Duration = Duration::from_secs(2);

/// The clear chain is brought up to date at least so often: a chain older than two hours counts for
/// nothing.
pub(crate) const SYNC_EVERY_MS: u64 = 30 * 60 * 1_000;

/// What could not be said or fetched while the connection was there is tried again after this.
const RETRY: Duration = Duration::from_secs(60);

/// The longest pause that the exchange can ask for: more would leave the office without its mail.
const LONGEST_ASKED: Duration = Duration::from_secs(600);

/// A suspended institution asks whether it takes part again after this, or up to as much again: an
/// hour of work lost at most, and no load on an exchange that has suspended many.
pub(crate) const SUSPENDED_PAUSE: Duration = Duration::from_secs(15 * 60);

/// A connection that held so long was a good one: the next pause is a short one.
const HELD: Duration = Duration::from_secs(60);

/// The PC's clock and the time that passed may differ by so much; more means that it slept, or that
/// somebody set the clock.
const DRIFT_MS: u64 = 30_000;

/// What is done besides keeping the vault up to date.
pub(crate) trait Duties {
    /// A watch begins: gives the number of the first event that is wanted, at most that of the first
    /// that the vault does not know.
    ///
    /// # Errors
    /// The vault; so for the others.
    fn begin(&mut self, post: &impl Post) -> Result<u64, Failure> {
        known(post.vault())
    }
    /// The connection is there.
    fn connected(&mut self, _: &impl Post) -> Result<(), Failure> {
        Ok(())
    }
    /// The connection is gone; the next attempt is made after the pause.
    fn lost(&mut self, _: &impl Post, _: &Failure, _: Duration) {}
    /// The clear chain was brought up to date.
    fn synchronised(&mut self, _: &impl Post) {}
    /// What waited was said, or was not.
    fn flushed(&mut self, _: &impl Post, _: &FlushReport) -> Result<(), Failure> {
        Ok(())
    }
    /// Letters came, or could not be fetched.
    fn received(&mut self, _: &impl Post, _: &MailboxReport) -> Result<(), Failure> {
        Ok(())
    }
    /// Events were taken in; `next` is the number after the last.
    async fn news(
        &mut self,
        post: &mut impl Post,
        news: Vec<News>,
        next: u64,
    ) -> Result<(), Failure>;
    /// Ready when a beat is wanted at once; given up and asked anew at any time.
    async fn due(&mut self) {
        std::future::pending().await
    }
    /// Every [`BEAT`] while the connection is there.
    async fn beat(&mut self, _: &mut impl Post) -> Result<(), Failure> {
        Ok(())
    }
}

/// Keeps a vault's mail going.
pub(crate) struct Keeper<'a, P: Post, D> {
    post: &'a mut P,
    duties: &'a mut D,
    backoff: Backoff,
    /// What lay in the outbox after the last attempt, and when it is tried again.
    left: Vec<Id>,
    say_again: Instant,
    fetch_again: Instant,
    /// The attachments that go out beside everything else; one upload at a time.
    upload: Option<Upload>,
    /// By the PC's clock.
    synchronised_ms: u64,
}

impl<'a, P: Post, D: Duties> Keeper<'a, P, D> {
    pub(crate) fn new(post: &'a mut P, duties: &'a mut D) -> Self {
        let now = Instant::now();
        Self {
            post,
            duties,
            backoff: Backoff::default(),
            left: Vec::new(),
            say_again: now,
            fetch_again: now,
            upload: None,
            synchronised_ms: 0,
        }
    }

    /// Goes on until the exchange refuses this terminal or an alarm is raised. To be given up at any
    /// point: what is half done is repeated or completed by the next run, as after a crash.
    ///
    /// # Errors
    /// The refusal or the alarm.
    pub(crate) async fn keep(mut self) -> Result<Infallible, Failure> {
        loop {
            let begun = Instant::now();
            let Err(failure) = self.one_connection().await;
            // It was of this connection; what the exchange has of it stays there.
            self.upload = None;
            self.post.disconnect();
            match Trouble::of(&failure) {
                Trouble::NotReached | Trouble::Suspended => {}
                Trouble::Refused => return Err(failure),
                // One that another command kept stays as that one said it.
                Trouble::Alarm if failure.key() == "session.alarm-kept" => return Err(failure),
                Trouble::Alarm => return Err(self.post.keep_alarm(failure)),
            }
            if begun.elapsed() >= HELD {
                self.backoff.reset();
            }
            // After sleep the network comes back within seconds.
            let pause = match failure.key() {
                "agent.woke" | "mailbox.moved" => Duration::ZERO,
                "server.suspended" => self.post.with_random(long_pause),
                _ => self.post.with_random(|random| self.backoff.next(random)),
            };
            self.duties.lost(self.post, &failure, pause);
            let asked = failure.retry_after().unwrap_or_default().min(LONGEST_ASKED);
            sleep(pause.max(asked)).await;
        }
    }

    async fn one_connection(&mut self) -> Result<Infallible, Failure> {
        self.post.refresh()?;
        self.synchronise().await?;
        self.say().await?;
        // Letters that an earlier run left waiting; what is not known yet comes over the watch.
        let report = take_live(self.post, Vec::new()).await?;
        self.duties.received(self.post, &report)?;
        let start = self.duties.begin(self.post)?;
        let mut live = Live::open(self.post, start).await?;
        // The first sign is the answer: until then nobody knows that the exchange takes us.
        let mut next = start;
        self.take(live.next().await?, &mut next).await?;
        self.duties.connected(self.post)?;
        let mut beats = interval(BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut clocks = Clocks::read(self.post);
        loop {
            tokio::select! {
                sign = live.next() => self.take(sign?, &mut next).await?,
                () = self.duties.due() => self.duties.beat(self.post).await?,
                uploaded = over(&mut self.upload) => self.uploaded(uploaded).await?,
                _ = beats.tick() => {
                    clocks.compare(self.post)?;
                    self.beat().await?;
                    clocks = Clocks::read(self.post);
                }
            }
        }
    }

    async fn take(&mut self, sign: Sign, next: &mut u64) -> Result<(), Failure> {
        let Sign::Events(events) = sign else { return Ok(()) };
        let news: Vec<News> = events.iter().filter_map(News::of).collect();
        *next = events.last().map_or(*next, |last| last.number + 1);
        let report = take_live(self.post, events).await?;
        self.duties.received(self.post, &report)?;
        self.duties.news(self.post, news, *next).await?;
        self.say_if_needed().await
    }

    async fn beat(&mut self) -> Result<(), Failure> {
        self.post.refresh()?;
        let since = self.post.now().0.abs_diff(self.synchronised_ms);
        if since >= SYNC_EVERY_MS {
            self.synchronise().await?;
        }
        self.say_if_needed().await?;
        if Instant::now() >= self.fetch_again && !waiting_letters(self.post.vault())?.is_empty() {
            self.fetch_again = Instant::now() + RETRY;
            let report = take_live(self.post, Vec::new()).await?;
            self.duties.received(self.post, &report)?;
        }
        self.duties.beat(self.post).await?;
        self.say_if_needed().await
    }

    async fn synchronise(&mut self) -> Result<(), Failure> {
        self.post.sync().await?;
        self.synchronised_ms = self.post.now().0;
        self.duties.synchronised(self.post);
        Ok(())
    }

    /// Says what waits, where it was not tried before or long enough ago.
    async fn say_if_needed(&mut self) -> Result<(), Failure> {
        let there = sayable(self.post.vault())?;
        let is_new = there.iter().any(|entry| !self.left.contains(entry));
        if is_new || (!there.is_empty() && Instant::now() >= self.say_again) {
            self.say().await?;
        }
        Ok(())
    }

    async fn say(&mut self) -> Result<(), Failure> {
        let report = flush_small(self.post).await?;
        self.left = sayable(self.post.vault())?;
        self.say_again = Instant::now() + RETRY;
        self.said(report)?;
        if self.upload.is_none() {
            self.upload = begin_upload(self.post).await?;
        }
        Ok(())
    }

    /// Attachments are there, or could not be taken: what named them is said. What was queued meanwhile
    /// has its turn with the next beat.
    async fn uploaded(&mut self, uploaded: Uploaded) -> Result<(), Failure> {
        let tried = uploaded.tried.clone();
        let report = say_uploaded(self.post, uploaded).await?;
        self.left.retain(|entry| tried.contains(entry));
        self.say_again = Instant::now() + RETRY;
        self.said(report)
    }

    fn said(&mut self, report: FlushReport) -> Result<(), Failure> {
        self.duties.flushed(self.post, &report)?;
        // Where one was not said because of the connection, the connection is at fault.
        let why = report.waiting.into_iter().next().map(|(_, why)| why);
        match why {
            Some(why) if is_of_the_connection(&why) => Err(why),
            _ => Ok(()),
        }
    }
}

/// Waits until the upload is over; for ever where there is none.
async fn over(upload: &mut Option<Upload>) -> Uploaded {
    let Some(going) = upload else { return std::future::pending().await };
    let uploaded = going.as_mut().await;
    *upload = None;
    uploaded
}

fn long_pause(random: &mut dyn Randomness) -> Duration {
    let spread = SUSPENDED_PAUSE.as_secs();
    SUSPENDED_PAUSE + Duration::from_secs(random.next_u64() % (spread + 1))
}

/// Whether a new connection may help, or the exchange refuses this terminal as a whole.
fn is_of_the_connection(failure: &Failure) -> bool {
    let area = failure.key().split('.').next();
    matches!(area, Some("connection" | "tls")) || Trouble::of(failure) != Trouble::NotReached
}

/// The PC's clock beside the time that passed: they part when the PC slept or its clock was set.
struct Clocks {
    wall_ms: u64,
    passed: Instant,
}

impl Clocks {
    fn read(post: &impl Post) -> Self {
        Self { wall_ms: post.now().0, passed: Instant::now() }
    }

    /// # Errors
    /// `agent.woke`: the connection may be long dead, and what was due may be overdue.
    fn compare(&self, post: &impl Post) -> Result<(), Failure> {
        let passed = u64::try_from(self.passed.elapsed().as_millis()).unwrap_or(u64::MAX);
        let expected = self.wall_ms.saturating_add(passed);
        if expected.abs_diff(post.now().0) > DRIFT_MS {
            return Err(Failure::new("agent.woke"));
        }
        Ok(())
    }
}
