use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tsumugu_proto::v1::{self, ErrorReason, subscribe_response::Part};
use tsumugu_trust::value::Id;

use super::event;
use crate::bounds::CROWDED;
use crate::exchange::{Exchange, Guest};
use crate::refused::Refused;

/// Events in one message.
const AT_ONCE: usize = 32;
/// A quiet stream says so this often: a client that hears nothing for longer reconnects.
const HEARTBEAT: Duration = Duration::from_secs(30);

type Piece = Result<v1::SubscribeResponse, Status>;

/// Replays the mailbox from a number on, then goes on live. Numbers have no gaps, so a client finds
/// by itself that something was left out.
///
/// A stream that waits is woken when something of its institution was committed, when a heartbeat is
/// due, when its certificate or the revocation list ends, and when there is a new list; others' letters cost it nothing.
pub(super) fn subscribe(
    exchange: Arc<Exchange>,
    guest: Guest,
    request: v1::SubscribeRequest,
) -> Result<ReceiverStream<Piece>, Refused> {
    let place = Place::take(&exchange, guest.caller().institution())?;
    let (to, stream) = mpsc::channel(1);
    tokio::spawn(async move {
        let _place = place;
        if let Err(refused) = send_events(&exchange, &guest, &request, &to).await {
            drop(to.send(Err(refused.into())).await);
        }
    });
    Ok(ReceiverStream::new(stream))
}

async fn send_events(
    exchange: &Arc<Exchange>,
    guest: &Guest,
    request: &v1::SubscribeRequest,
    to: &mpsc::Sender<Piece>,
) -> Result<(), Refused> {
    // Listened to before the mailbox is read: what comes in between rings.
    let institution = guest.caller().institution();
    let mut bell = exchange.reader.bells().listen(institution);
    let mut is_rung = true;
    let mut lists = exchange.gate.list_changes();
    let mut next = request.start;
    let length =
        exchange.reading(move |exchange| Ok(exchange.reader.mailbox_length(institution)?)).await?;
    if next > length {
        return Err(Refused::new(ErrorReason::Rule, "the mailbox has not so many events")
            .with("rule", "start"));
    }
    // A stream begins with where the mailbox is. What others write is no event here and makes no
    // heartbeat: it would tell every office how busy the exchange is.
    let mut piece = Some(Part::Heartbeat(length));
    let mut quiet_until = Instant::now() + HEARTBEAT;
    loop {
        if let Some(part) = piece.take()
            && to.send(Ok(v1::SubscribeResponse { part: Some(part) })).await.is_err()
        {
            return Ok(());
        }
        lists.borrow_and_update();
        let left = exchange.still(guest)?.0.saturating_sub(exchange.now().0);
        let mut events = Vec::new();
        if is_rung {
            bell.borrow_and_update();
            events = exchange.reading(move |exchange| read(exchange, institution, next)).await?;
        }
        next += events.len() as u64;
        if !events.is_empty() {
            quiet_until = Instant::now() + HEARTBEAT;
            piece = Some(Part::Events(v1::MailboxEvents { events }));
            continue;
        }
        if request.stop_at_end {
            return Ok(());
        }
        is_rung = false;
        tokio::select! {
            rung = bell.changed() => match rung {
                Ok(()) => is_rung = true,
                Err(_) => return Ok(()),
            },
            () = sleep(Duration::from_millis(left.saturating_add(1))) => {}
            () = sleep_until(quiet_until) => {
                piece = Some(Part::Heartbeat(next));
                quiet_until = Instant::now() + HEARTBEAT;
            }
            () = to.closed() => return Ok(()),
            () = exchange.condition.stopping() => return Err(stopping()),
            changed = lists.changed() => if changed.is_err() { return Ok(()) },
        }
    }
}

/// The next events of a mailbox, as far as they are published.
fn read(
    exchange: &Exchange,
    institution: Id,
    start: u64,
) -> Result<Vec<v1::MailboxEvent>, Refused> {
    let published = exchange.reader.published();
    let mut events = Vec::new();
    for (number, index) in exchange.reader.mailbox(institution, start, AT_ONCE)? {
        // The views may be ahead of what is published by a moment.
        if index >= published.size {
            break;
        }
        if number != start + events.len() as u64 {
            return Err(crate::exchange::broken(&"a mailbox has a gap"));
        }
        events.push(event(exchange, &published, number, index)?);
    }
    Ok(events)
}

/// The same words as the sequencer's: the client comes again.
fn stopping() -> Refused {
    Refused::new(ErrorReason::Unavailable, "the exchange is stopping")
}

/// A place among an institution's subscribers; given back when the stream ends.
struct Place {
    exchange: Arc<Exchange>,
    institution: Id,
}

impl Place {
    fn take(exchange: &Arc<Exchange>, institution: Id) -> Result<Self, Refused> {
        let most = exchange.settings.limits.subscribers_per_institution;
        let mut subscribers = lock(exchange);
        let count = subscribers.entry(institution).or_default();
        if *count >= most {
            return Err(Refused::limit("subscribers_per_institution", most).retry_after(CROWDED));
        }
        *count += 1;
        Ok(Self { exchange: exchange.clone(), institution })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut subscribers = lock(&self.exchange);
        if let Some(count) = subscribers.get_mut(&self.institution) {
            *count = count.saturating_sub(1);
        }
        subscribers.retain(|_, count| *count > 0);
    }
}

fn lock(exchange: &Exchange) -> std::sync::MutexGuard<'_, HashMap<Id, u32>> {
    exchange.subscribers.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
