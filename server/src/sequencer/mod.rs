//! The sequencer: one thread that takes all commands that wait, checks each against the state, and
//! commits them in one round.

mod accept;
mod command;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tsumugu_durable::clock::Clock;
use tsumugu_durable::crash::crash_point;
use tsumugu_proto::v1::ErrorReason;
use tsumugu_trust::value::Time;

pub(crate) use accept::check_proposal;
pub use command::{Command, Done, Outcome, OutgoingLetter};

use crate::ledger::{LOG, Ledger, LedgerError, Published};
use crate::refused::Refused;
use crate::tiles;

/// Commands that may wait; beyond it callers wait to be let in.
const QUEUE: usize = 1_024;

/// Hands commands to the sequencer.
#[derive(Debug, Clone)]
pub struct Sequencer {
    queue: mpsc::Sender<Waiting>,
}

struct Waiting {
    command: Command,
    answer: oneshot::Sender<Result<Done, Refused>>,
}

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
        max_round: usize,
        failed: oneshot::Sender<LedgerError>,
    ) -> std::io::Result<(Self, std::thread::JoinHandle<()>)> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let thread = std::thread::Builder::new().name("sequencer".into()).spawn(move || {
            let mut sequencing = Sequencing { ledger, clock, log: dir.join(LOG), tiled: 0, max_round };
            if let Ended::Failed(error) = sequencing.run(waiting) {
                tracing::error!(error = %error, "the sequencer stops; start-up decides what was committed");
                let _ = failed.send(error);
            }
        })?;
        Ok((Self { queue }, thread))
    }

    /// Hands over a command and waits until its round is committed, or it is refused.
    ///
    /// # Errors
    /// [`Refused`]; [`ErrorReason::Unavailable`] when the sequencer has stopped: then nobody knows yet
    /// whether the command was committed, and the same bytes may be handed over again.
    pub async fn submit(&self, command: Command) -> Result<Done, Refused> {
        let stopped = || {
            Refused::new(
                ErrorReason::Unavailable,
                "the exchange is stopping; hand over the same bytes again",
            )
        };
        let (answer, done) = oneshot::channel();
        self.queue.send(Waiting { command, answer }).await.map_err(|_| stopped())?;
        done.await.map_err(|_| stopped())?
    }
}

struct Sequencing {
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    log: PathBuf,
    /// Leaves whose tiles are written.
    tiled: u64,
    max_round: usize,
}

impl Sequencing {
    fn run(&mut self, mut queue: mpsc::Receiver<Waiting>) -> Ended {
        loop {
            let Some(first) = queue.blocking_recv() else { return Ended::Stopped };
            let mut round = vec![first];
            while round.len() < self.max_round {
                match queue.try_recv() {
                    Ok(next) => round.push(next),
                    Err(_) => break,
                }
            }
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
        let mut accepted = Vec::new();
        let (mut write_tiles, mut stop) = (false, false);
        for Waiting { command, answer } in waiting {
            write_tiles |= matches!(command, Command::Tick | Command::Stop);
            stop |= matches!(command, Command::Stop);
            match accept::accept(&mut self.ledger, now, command)? {
                Ok(outcome) => accepted.push((answer, outcome)),
                // The caller may have gone; the refusal changed nothing.
                Err(refused) => drop(answer.send(Err(refused))),
            }
        }
        let published = self.ledger.commit()?;
        for (answer, outcome) in accepted {
            drop(answer.send(Ok(Done { outcome, published: published.clone() })));
        }
        crash_point("server.round.answered");
        if write_tiles {
            self.write_tiles(&published);
        }
        Ok(stop)
    }

    /// Tiles are a copy of what the journal holds: a failure is logged and tried again at the next tick.
    fn write_tiles(&mut self, published: &Published) {
        match tiles::write(&self.log, &self.ledger.reader(), published, self.tiled) {
            Ok(()) => self.tiled = published.size,
            Err(error) => tracing::error!(error = %error, "the tiles could not be written"),
        }
    }
}
