//! `tsumugu test`: a test letter to the exchange's own institution, and what came back.

use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::mail::{choose_worker, exchange_mail, say_queued};
use super::shown::ShownParty;
use crate::args::TestArgs;
use crate::context::Context;
use crate::failure::{Exit, Failure, FailureDocument};
use crate::mailbox::sync_mailbox;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::probe::{Probe, echo_of, signing_worker};
use crate::session::{Purpose, Session};

/// The pause between two questions to the exchange.
const PAUSE: Duration = Duration::from_millis(500);

/// Outcome of the command.
#[derive(Debug, Serialize)]
pub struct Tested {
    /// Whether every link works.
    pub ok: bool,
    /// The test letter.
    pub id: String,
    /// The exchange's own institution.
    pub echo: ShownParty,
    /// The links, in the order in which a letter passes them.
    pub links: Vec<Link>,
    /// Why the letter was not taken.
    pub reason: Option<FailureDocument>,
    #[serde(skip)]
    exit: Exit,
}

/// A link.
#[derive(Debug, Serialize)]
pub struct Link {
    /// `exchange` (in the log), `delivery` (fetched), `answer` (acknowledged), `reply` (a letter back).
    pub link: &'static str,
    /// Whether it works.
    pub ok: bool,
    /// Milliseconds from the beginning until it was seen to work.
    pub took_ms: Option<u64>,
}

impl Tested {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.exit
    }
}

/// Runs the command.
///
/// # Errors
/// No institution of the exchange takes part; no worker; an alarm; the vault.
pub async fn run(ctx: &Context, args: &TestArgs) -> Result<Tested, Failure> {
    let mut session = Session::open(ctx, Purpose::Act)?;
    let mail = exchange_mail(&mut session).await?;
    mail.tell_age(ctx);
    mail.tell_unsent(ctx);
    let own = session.identity().terminal()?.institution;
    let echo = echo_of(session.directory(), own).ok_or_else(|| Failure::new("probe.no-echo"))?;
    let mut probe = Probe::new(&session, echo)?;
    let keys = session.identity().terminal()?;
    let worker = match &args.worker {
        Some(named) => choose_worker(keys, Some(named))?,
        None => signing_worker(keys)?,
    };
    let entry = probe.queue(&session, worker, args.note.as_deref().unwrap_or_default())?;
    let mut report = say_queued(&mut session, &mail, &entry).await?;
    let mut failed = report.refused.drain(..).chain(report.waiting.drain(..));
    let failure = failed.find(|(failed, _)| *failed == entry.id).map(|(_, failure)| failure);
    drop(failed);
    let end = Instant::now() + Duration::from_secs(args.wait);
    while failure.is_none() && !probe.look(&session)? && Instant::now() < end {
        sleep(PAUSE).await;
        sync_mailbox(&mut session).await?;
    }
    let ok = probe.is_done();
    let exit = match (&failure, ok) {
        (Some(failure), _) => failure.exit(),
        (None, true) => Exit::Ok,
        (None, false) => Exit::Unreachable,
    };
    let link = |(link, took_ms): (&'static str, Option<u64>)| Link {
        link,
        ok: took_ms.is_some(),
        took_ms,
    };
    Ok(Tested {
        ok,
        id: probe.id().to_string(),
        echo: ShownParty::of(session.directory(), probe.echo()),
        links: probe.links().map(link).collect(),
        reason: failure.as_ref().map(Failure::document),
        exit,
    })
}

impl Outcome for Tested {
    fn lines(&self, page: &mut Page) {
        page.say(&Sentence::new(if self.ok { "probe.well" } else { "probe.broken" }));
        for Link { link, took_ms, .. } in &self.links {
            let label = match *link {
                "exchange" => "交換所の記録簿まで",
                "delivery" => "相手への配達",
                "answer" => "相手の受領",
                _ => "相手からの返信",
            };
            let took = took_ms.map_or_else(|| "✗".to_owned(), |ms| format!("✓ {ms} ms"));
            page.row(&format!("    {label} {link}: {took}"));
        }
    }
}
