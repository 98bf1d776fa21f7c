//! A sender and the reader of its own mailbox.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngCore, SeedableRng};
use tokio::sync::{Barrier, oneshot};
use tsumugu_proto::v1;
use tsumugu_proto::v1::subscribe_response::Part;

use super::Outcome;
use super::figures::Tally;
use super::office::{Enclosed, Office};

/// How often an office proves that the log only grew.
const FOLLOW: Duration = Duration::from_secs(1);

/// What all pairs share.
pub(super) struct Run {
    pub(super) size: usize,
    pub(super) length: Duration,
    pub(super) barrier: Arc<Barrier>,
    pub(super) tally: Arc<Tally>,
}

/// Sends for the length of the run, and reads until everything that was sent is acknowledged.
pub(super) async fn run(from: Office, to: Office, run: Run) -> Outcome<()> {
    let Run { size, length, barrier, tally } = run;
    let recipient = to.institution;
    let (ended, sent) = oneshot::channel();
    let counted = tally.clone();
    let reader = tokio::spawn(read(to, size, sent, counted));
    barrier.wait().await;
    tally.begin();
    let began = Instant::now();
    // Bodies nobody can compress. They are this tool's own work: the system's generator would cost more
    // than the sealing's hashes.
    let mut bodies = StdRng::from_entropy();
    let mut body = vec![0; size];
    let mut known = from.follow(None).await?;
    let mut followed = Instant::now();
    let mut count = 0_u64;
    while began.elapsed() < length {
        let cycle = Instant::now();
        bodies.fill_bytes(&mut body);
        let enclosed = Enclosed { body: body.clone(), attachments: Vec::new() };
        let letter = from.letter(recipient, enclosed, &known)?;
        from.send(letter).await?;
        tally.sent(cycle.elapsed());
        count += 1;
        if followed.elapsed() >= FOLLOW {
            known = from.follow(Some(&known)).await?;
            followed = Instant::now();
        }
    }
    from.follow(Some(&known)).await?;
    // The reader fails by itself when nothing comes any more.
    let _ = ended.send(count);
    reader.await?
}

/// Acknowledges each letter, until as many are as the sender says it sent.
async fn read(
    to: Office,
    size: usize,
    mut sent: oneshot::Receiver<u64>,
    tally: Arc<Tally>,
) -> Outcome<()> {
    let request = v1::SubscribeRequest { start: 0, stop_at_end: false };
    let mut pieces = to.rpc.subscribe(request).await?;
    let mut known = to.follow(None).await?;
    let mut followed = Instant::now();
    let (mut acknowledged, mut expected, mut next) = (0_u64, None, 0_u64);
    while expected != Some(acknowledged) {
        let piece = tokio::select! {
            count = &mut sent, if expected.is_none() => {
                expected = Some(count?);
                continue;
            }
            piece = pieces.next() => piece?.ok_or("the mailbox ended")?,
        };
        let Some(Part::Events(events)) = piece.part else { continue };
        for event in &events.events {
            if event.number != next {
                return Err("the mailbox has a gap".into());
            }
            next += 1;
            let began = Instant::now();
            let Some(arrived) = to.arrived(event).await? else { continue };
            if to.acknowledge(&arrived).await? != size {
                return Err("a body of another length".into());
            }
            acknowledged += 1;
            tally.acknowledged(began.elapsed());
        }
        if followed.elapsed() >= FOLLOW {
            known = to.follow(Some(&known)).await?;
            followed = Instant::now();
        }
    }
    to.follow(Some(&known)).await?;
    Ok(())
}
