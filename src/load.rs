//! `tsumugu-load`: how many letters an exchange carries, measured from both ends.
//!
//! ```text
//! server     a process of its own (this program again), sealed folder, fsync, mutual TLS on loopback
//! pair       a sending and a receiving institution, each enrolled, with a connection of its own
//!   sender   compose, sign, seal ── Send ── verify the receipt
//!   reader   Subscribe ── check the envelope ── Fetch ── verify ── open ── sign ── Dispose ── verify
//! ```
//!
//! A cycle is counted when the reader's acknowledgement is verified. Bodies are random, so nothing
//! compresses; each office proves once a second that the log only grew. Vaults are left out: what a PC
//! writes beside it is no part of the exchange.

mod args;
mod carry;
mod exchange;
mod figures;
mod office;
mod pair;
mod town;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use tokio::sync::Barrier;
use tsumugu_durable::clock::SystemClock;

use args::Args;
use figures::{Carried, Figures, Tally};
use town::Town;

/// Whatever keeps a measurement from being made.
type Broken = Box<dyn std::error::Error + Send + Sync>;

/// What a step of the load gives.
type Outcome<T> = Result<T, Broken>;

/// Runs the tool with the arguments of this process.
#[must_use]
#[allow(clippy::print_stdout, clippy::print_stderr)]
pub fn main() -> ExitCode {
    let args = Args::parse();
    let done = match &args.serve {
        Some(dir) => exchange::serve(dir),
        None => measure(&args).map(|figures| {
            if args.json {
                println!("{}", figures.json());
            } else {
                println!("{figures}");
            }
        }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("測れませんでした / Could not measure: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(args: &Args) -> Outcome<Figures> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let began = Instant::now();
        let scratch = args.scratch()?;
        let mut town = Town::found(&scratch.path, SystemClock::shared()).await?;
        let mut pairs = Vec::new();
        for _ in 0..args.senders {
            pairs.push((town.admit().await?, town.admit().await?));
        }
        town.sync().await?;
        // Before the letters, while the server's memory is small: growth shows.
        let carried = match args.attachment {
            Some(length) => Some(attachment(&mut town, length, &scratch.path).await?),
            None => None,
        };
        let tally = Arc::new(Tally::new());
        let barrier = Arc::new(Barrier::new(args.senders));
        let before = town.exchange.cost();
        let mut running = tokio::task::JoinSet::new();
        for (from, to) in pairs {
            let run = pair::Run {
                size: args.size,
                length: Duration::from_secs(args.seconds),
                barrier: barrier.clone(),
                tally: tally.clone(),
            };
            running.spawn(pair::run(from, to, run));
        }
        while let Some(done) = running.join_next().await {
            done??;
        }
        let after = town.exchange.cost();
        town.close()?;
        Ok(Figures::new(args, &tally, carried, (before, after), began.elapsed()))
    })
}

/// A pair of its own carries it, so that the mailboxes of the others are empty.
async fn attachment(town: &mut Town, length: u64, dir: &Path) -> Outcome<Carried> {
    let (from, to) = (town.admit().await?, town.admit().await?);
    town.sync().await?;
    carry::carry((&from, &to), length, dir, &town.exchange).await
}
