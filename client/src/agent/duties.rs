//! What the agent does beside keeping the mail going.

use std::time::Duration;

use tsumugu_trust::value::{Id, Time};

use super::Options;
use super::arrival::{Arrivals, Said};
use super::canary::Canary;
use super::echo::Echo;
use super::hook::Ended;
use super::monthly::Monthly;
use super::state::{AgentState, StateFailure};
use crate::context::Context;
use crate::failure::Failure;
use crate::jst;
use crate::live::{Duties, News};
use crate::mailbox::{MailboxReport, known, waiting_letters};
use crate::messages::Sentence;
use crate::outbox::{FlushReport, drop_entry, entries};
use crate::post::Post;

/// The agent of a vault.
pub(crate) struct Agent<'c> {
    ctx: &'c Context,
    own: Id,
    options: Options,
    state: AgentState,
    written: Option<AgentState>,
    /// Opened with the first connection.
    work: Option<Work>,
    /// How a command has just ended.
    ended: Option<Ended>,
}

/// The duties that have a record in the vault.
struct Work {
    arrivals: Option<Arrivals>,
    echo: Option<Echo>,
    canary: Option<Canary>,
    monthly: Option<Monthly>,
}

impl<'c> Agent<'c> {
    pub(crate) fn new(ctx: &'c Context, own: Id, options: Options) -> Self {
        let before = AgentState::load(ctx.home()).unwrap_or_default();
        let started = Some(jst::iso(ctx.now()));
        let state = AgentState {
            started,
            canary: before.canary,
            last_sync: before.last_sync,
            ..AgentState::default()
        };
        let mut agent = Self { ctx, own, options, state, written: None, work: None, ended: None };
        agent.write();
        agent
    }

    /// The agent ends: told to, or because of this.
    pub(crate) fn ended(&mut self, failure: Option<&Failure>, now: Time) {
        let now = jst::iso(now);
        self.state.connected_since = None;
        self.state.stopped = Some(now.clone());
        if let Some(failure) = failure {
            self.state.last_failure = Some(StateFailure::of(failure, now));
        }
        self.write();
    }

    /// Where the file cannot be written, the mail goes on.
    fn write(&mut self) {
        if self.written.as_ref() == Some(&self.state) {
            return;
        }
        match self.state.save(self.ctx.home()) {
            Ok(()) => self.written = Some(self.state.clone()),
            Err(_) => self.ctx.log(&Sentence::new("agent.state-not-written")),
        }
    }

    fn say(&self, said: Said) {
        said.iter().for_each(|sentence| self.ctx.log(sentence));
    }

    fn count(&mut self, post: &impl Post) -> Result<(), Failure> {
        let entries = entries(post.vault())?;
        self.state.refused = entries.iter().filter(|entry| entry.refused.is_some()).count();
        self.state.waiting = entries.len() - self.state.refused;
        self.state.unfetched = waiting_letters(post.vault())?.len();
        Ok(())
    }

    fn step(&mut self, post: &impl Post) -> Result<(), Failure> {
        let Some(work) = &mut self.work else { return Ok(()) };
        let mut said = Said::new();
        if let Some(arrivals) = &mut work.arrivals {
            if let Some(how) = self.ended.take() {
                said.extend(arrivals.ended(post.vault(), how)?);
            }
            said.extend(arrivals.step(post)?);
        }
        if let Some(echo) = &mut work.echo {
            let answered = echo.step(post)?;
            if answered > 0 {
                said.push(Sentence::new("agent.echoed").with("count", answered));
            }
        }
        if let Some(canary) = &mut work.canary
            && let Some(result) = canary.step(post)?
        {
            said.push(match &result.failed {
                None => Sentence::new("agent.canary-well")
                    .with("ms", result.took_ms.unwrap_or_default()),
                Some(link) => Sentence::new("agent.canary-failed").with("link", link),
            });
            self.state.canary = Some(result);
        }
        if let Some(arrivals) = &work.arrivals {
            let (unsaved, failure) = arrivals.unsaved();
            (self.state.unsaved, self.state.save_failure) = (unsaved, failure.cloned());
        }
        if let Some(monthly) = &mut work.monthly
            && let Some(month) = monthly.step(post)?
        {
            said.push(Sentence::new("agent.statistic-queued").with("month", month));
        }
        self.say(said);
        self.write();
        Ok(())
    }

    fn open(&self, post: &impl Post) -> Result<Work, Failure> {
        let (vault, options) = (post.vault(), &self.options);
        let wanted = (options.on_arrival.clone(), options.save_to.clone());
        let known = known(vault)?;
        Ok(Work {
            arrivals: Arrivals::open(vault, self.own, wanted, options.renderer, known)?,
            echo: options.echo.then(|| Echo::open(vault, self.own)).transpose()?,
            canary: (options.canary && !options.echo)
                .then(|| Canary::open(post, self.own))
                .transpose()?,
            // The exchange's own institution has nothing to count.
            monthly: (!options.echo).then(Monthly::new),
        })
    }
}

impl Duties for Agent<'_> {
    fn begin(&mut self, post: &impl Post) -> Result<u64, Failure> {
        if self.work.is_none() {
            self.work = Some(self.open(post)?);
        }
        let mut start = known(post.vault())?;
        if let Some(work) = &mut self.work {
            let arrivals = work.arrivals.as_mut().map(Arrivals::queue);
            for queue in arrivals.into_iter().chain(work.echo.as_mut().map(Echo::queue)) {
                queue.begin_anew();
                start = start.min(queue.next());
            }
        }
        Ok(start)
    }

    fn connected(&mut self, post: &impl Post) -> Result<(), Failure> {
        self.ctx.log(&Sentence::new("agent.connected"));
        self.state.connected_since = Some(jst::iso(post.now()));
        self.state.last_failure = None;
        self.count(post)?;
        self.write();
        Ok(())
    }

    fn lost(&mut self, post: &impl Post, failure: &Failure, pause: Duration) {
        let said = Sentence::new("agent.lost").with("reason", failure.key());
        self.ctx.log(&said.with("seconds", pause.as_secs()));
        self.state.connected_since = None;
        self.state.last_failure = Some(StateFailure::of(failure, jst::iso(post.now())));
        self.write();
    }

    fn synchronised(&mut self, post: &impl Post) {
        self.state.last_sync = Some(jst::iso(post.now()));
        self.write();
    }

    fn flushed(&mut self, post: &impl Post, report: &FlushReport) -> Result<(), Failure> {
        if !report.done.is_empty() {
            self.ctx.log(&Sentence::new("agent.said").with("count", report.done.len()));
        }
        for (entry, refusal) in &report.refused {
            let said = Sentence::new("agent.refused").with("id", entry);
            self.ctx.log(&said.with("reason", refusal.key()));
            // Nobody looks into the echo's outbox.
            if self.options.echo {
                drop_entry(post, *entry)?;
            }
        }
        self.count(post)?;
        self.write();
        Ok(())
    }

    fn received(&mut self, post: &impl Post, report: &MailboxReport) -> Result<(), Failure> {
        if !report.letters.is_empty() {
            self.ctx.log(&Sentence::new("agent.received").with("count", report.letters.len()));
        }
        for one in &report.unfetched {
            let said = Sentence::new("mailbox.not-fetched").with("id", one.id);
            self.ctx.log(&said.with("reason", one.why.key()));
        }
        if !report.letters.is_empty() || !report.unfetched.is_empty() {
            self.count(post)?;
            self.write();
        }
        Ok(())
    }

    async fn news(
        &mut self,
        post: &mut impl Post,
        news: Vec<News>,
        next: u64,
    ) -> Result<(), Failure> {
        if let Some(work) = &mut self.work {
            if let Some(arrivals) = &mut work.arrivals {
                arrivals.push(post.vault(), &news, next)?;
            }
            if let Some(echo) = &mut work.echo {
                echo.push(post.vault(), &news, next)?;
            }
        }
        self.step(post)
    }

    async fn due(&mut self) {
        match self.work.as_mut().and_then(|work| work.arrivals.as_mut()) {
            Some(arrivals) => self.ended = Some(arrivals.due().await),
            None => std::future::pending().await,
        }
    }

    async fn beat(&mut self, post: &mut impl Post) -> Result<(), Failure> {
        self.step(post)?;
        self.count(post)?;
        self.write();
        Ok(())
    }
}
