//! The sequencer: one thread that takes all commands that wait, checks each against the state, and
//! commits them in one round.

mod accept;
mod command;
mod lanes;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::oneshot;
use tsumugu_durable::clock::Clock;
use tsumugu_durable::crash::crash_point;
use tsumugu_proto::v1::ErrorReason;
use tsumugu_trust::value::Time;

pub(crate) use accept::{check_next_hold, check_proposal};
pub use command::{Command, Done, Outcome, OutgoingLetter};

use crate::ledger::{LOG, Ledger, LedgerError, Published};
use crate::operations::{ConditionReader, Metrics};
use crate::refused::Refused;
use crate::restraint::read_only;
use crate::settings::Limits;
use crate::tiles;
use lanes::{Closed, Lanes, Waiting};

/// Hands commands to the sequencer. When the last one is dropped, its thread ends after what waits.
#[derive(Debug, Clone)]
pub struct Sequencer {
    entrance: Arc<Entrance>,
}

/// The one way in: no further command can come once it is dropped.
struct Entrance(Arc<Lanes>);

/// Why a round could not be answered.
enum Ended {
    Stopped,
    Failed(LedgerError),
}

impl Sequencer {
    /// Starts the thread. When it ends by itself, `failed` is told: the process must stop then.
    ///
    /// # Errors
    /// The system gave no thread.
    pub fn start(
        ledger: Ledger,
        dir: PathBuf,
        clock: Arc<dyn Clock>,
        limits: &Limits,
        metrics: Arc<Metrics>,
        condition: ConditionReader,
        failed: oneshot::Sender<LedgerError>,
    ) -> std::io::Result<(Self, std::thread::JoinHandle<()>)> {
        let lanes = Arc::new(Lanes::new(limits));
        let entrance = Arc::new(Entrance(lanes.clone()));
        let thread = std::thread::Builder::new().name("sequencer".into()).spawn(move || {
            // Also when the thread panics: nobody may wait for ever.
            let lanes = EndAtLast(lanes);
            let log = dir.join(LOG);
            let mut sequencing = Sequencing { ledger, clock, log, tiled: 0, metrics, condition };
            if let Ended::Failed(error) = sequencing.run(&lanes.0) {
                tracing::error!(error = %error, "the sequencer stops; start-up decides what was committed");
                let _ = failed.send(error);
            }
        })?;
        Ok((Self { entrance }, thread))
    }

    /// Commands that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.entrance.0.waiting()
    }

    /// Hands over a command and waits until its round is committed, or it is refused.
    ///
    /// # Errors
    /// [`Refused`]; [`ErrorReason::Limit`] when too many commands of its institution wait already;
    /// [`ErrorReason::Unavailable`] when the sequencer has stopped: then nobody knows yet
    /// whether the command was committed, and the same bytes may be handed over again.
    pub async fn submit(&self, command: Command) -> Result<Done, Refused> {
        let stopped = || {
            Refused::new(
                ErrorReason::Unavailable,
                "the exchange is stopping; hand over the same bytes again",
            )
        };
        let (answer, done) = oneshot::channel();
        // A command stays in its lane when its caller goes away: under load a client that is out of
        // patience asks again, and then finds it done.
        self.entrance.0.put(Waiting { command, answer }).map_err(|closed| match closed {
            Closed::Full(refused) => refused,
            Closed::Ended => stopped(),
        })?;
        done.await.map_err(|_| stopped())?
    }
}

impl Drop for Entrance {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl std::fmt::Debug for Entrance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entrance").finish_non_exhaustive()
    }
}

struct EndAtLast(Arc<Lanes>);

impl Drop for EndAtLast {
    fn drop(&mut self) {
        self.0.end();
    }
}

struct Sequencing {
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    log: PathBuf,
    /// Leaves whose tiles are written.
    tiled: u64,
    metrics: Arc<Metrics>,
    /// Asked at each command: what waits when the exchange becomes read-only is refused, too.
    condition: ConditionReader,
}

impl Sequencing {
    fn run(&mut self, lanes: &Lanes) -> Ended {
        loop {
            let Some(round) = lanes.take() else { return Ended::Stopped };
            match self.round(round) {
                Ok(false) => {}
                Ok(true) => return Ended::Stopped,
                Err(error) => return Ended::Failed(error),
            }
        }
    }

    /// Returns whether the sequencer was told to stop.
    fn round(&mut self, waiting: Vec<Waiting>) -> Result<bool, LedgerError> {
        let now = Time(self.clock.now_ms());
        self.metrics.round_begins(now.0);
        let commands = waiting.len();
        let mut accepted = Vec::new();
        let (mut write_tiles, mut stop, mut ticked) = (false, false, false);
        for Waiting { command, answer } in waiting {
            write_tiles |= matches!(command, Command::Tick | Command::Stop);
            stop |= matches!(command, Command::Stop);
            let is_tick = matches!(command, Command::Tick);
            let done = match (self.condition.is_restrained(), command) {
                (false, command) => accept::accept(&mut self.ledger, now, command)?,
                // It stops without a last leaf.
                (true, Command::Stop) => Ok(Outcome::Leaves(Vec::new())),
                (true, _) => Err(read_only()),
            };
            match done {
                Ok(outcome) => {
                    ticked |= is_tick;
                    accepted.push((answer, outcome));
                }
                // The caller may have gone; the refusal changed nothing.
                Err(refused) => drop(answer.send(Err(refused))),
            }
        }
        let began = Instant::now();
        let published = self.ledger.commit()?;
        let commit = began.elapsed();
        if ticked {
            self.metrics.ticked(now.0);
        }
        for (answer, outcome) in accepted {
            drop(answer.send(Ok(Done { outcome, published: published.clone() })));
        }
        crash_point("server.round.answered");
        // After the answers: nobody waits for the disk. What a crash leaves, start-up does.
        let is_restrained = self.condition.is_restrained();
        if !is_restrained {
            self.ledger.destroy_doomed()?;
        }
        if write_tiles {
            self.write_tiles(&published);
        }
        if write_tiles && !is_restrained {
            self.give_up_uploads(now);
        }
        self.metrics.round_ended(commands, commit);
        Ok(stop)
    }

    /// Uploads are not history: a failure is logged and tried again at the next tick.
    fn give_up_uploads(&self, now: Time) {
        match self.ledger.give_up_uploads(now) {
            Ok(0) => {}
            Ok(uploads) => tracing::info!(uploads, "uploads that no letter names were given up"),
            Err(error) => tracing::error!(error = %error, "uploads could not be given up"),
        }
    }

    /// Tiles are a copy of what the journal holds: a failure is logged and tried again at the next tick.
    fn write_tiles(&mut self, published: &Published) {
        match tiles::write(&self.log, &self.ledger.reader(), published, self.tiled) {
            Ok(()) => self.tiled = published.size,
            Err(error) => tracing::error!(error = %error, "the tiles could not be written"),
        }
    }
}
