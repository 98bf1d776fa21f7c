//! Where every request is counted, before any service sees it.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};
use tsumugu_durable::clock::Clock;
use tsumugu_trust::value::Time;

use super::kind::{is_enrolment, kind_of};
use super::meter::{Held, Holding, Metered, Progress};
use super::{Bounds, Connection, Holder};
use crate::gate::Peer;
use crate::refused::Refused;

/// Bounds the services of one server.
#[derive(Debug, Clone)]
pub struct BoundsLayer {
    bounds: Arc<Bounds>,
    clock: Arc<dyn Clock>,
    patience: Duration,
}

impl BoundsLayer {
    /// A request of which nothing comes for `patience`, or whose answer does not begin within it
    /// after its last byte, is given up; an upload after four times that.
    #[must_use]
    pub fn new(bounds: Arc<Bounds>, clock: Arc<dyn Clock>, patience: Duration) -> Self {
        Self { bounds, clock, patience }
    }
}

impl<S> Layer<S> for BoundsLayer {
    type Service = Bounded<S>;

    fn layer(&self, inner: S) -> Bounded<S> {
        Bounded { inner, with: self.clone() }
    }
}

/// A service that is bounded.
#[derive(Debug, Clone)]
pub struct Bounded<S> {
    inner: S,
    with: BoundsLayer,
}

impl<S> Service<http::Request<Body>> for Bounded<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Send,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        // The one that was found ready is used; the clone is asked next time.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let with = self.with.clone();
        Box::pin(async move {
            let Some(peer) = request.extensions().get::<Peer>().cloned() else {
                // Nothing came through a gate: a server of a test.
                return inner.call(request).await;
            };
            let patience = match kind_of(request.uri().path()).most_bytes {
                // What came piece by piece is made durable before it is answered: so much more of it.
                None => with.patience * 4,
                Some(_) => with.patience,
            };
            let (request, held, progress) = match with.begin(&peer.connection, request) {
                Ok(begun) => begun,
                Err(refused) => return Ok(Status::from(refused).into_http()),
            };
            let answer = inner.call(request);
            match unless_stalled(answer, &progress, patience).await {
                Some(answer) => answer
                    .map(|answer| answer.map(|body| Body::new(Holding { body, held: Some(held) }))),
                None => Ok(Status::deadline_exceeded("no progress was made").into_http()),
            }
        })
    }
}

type Begun = (http::Request<Body>, (Held, Arc<Mutex<super::Part<Holder>>>), Arc<Progress>);

impl BoundsLayer {
    fn begin(
        &self,
        connection: &Connection,
        request: http::Request<Body>,
    ) -> Result<Begun, Refused> {
        if let Some(why) = &connection.turned_away {
            return Err((**why).clone());
        }
        let (holder, path) = (connection.holder, request.uri().path());
        let kind = kind_of(path);
        if let Holder::Address(net) = holder
            && is_enrolment(path)
        {
            self.bounds.call_from(net, Time(self.clock.now_ms()))?;
        }
        let place = if kind.is_stream {
            self.bounds.stream(holder)?
        } else {
            self.bounds.request(holder)?
        };
        let held = Held { _place: place, _under_way: connection.activity.begin() };
        let (progress, part) = (Progress::new(), Arc::new(Mutex::new(self.bounds.bytes(holder))));
        let request = request.map(|body| {
            Body::new(Metered {
                body,
                progress: Arc::clone(&progress),
                most: kind.most_bytes,
                came: 0,
                part: Arc::clone(&part),
            })
        });
        Ok((request, (held, part), progress))
    }
}

/// What the future gives; `None` when nothing of the request came for too long.
async fn unless_stalled<T>(
    answer: impl Future<Output = T>,
    progress: &Progress,
    patience: Duration,
) -> Option<T> {
    let mut answer = pin!(answer);
    loop {
        let due = progress.due(patience);
        tokio::select! {
            biased;
            answer = &mut answer => return Some(answer),
            () = sleep_until(due) => {
                if progress.due(patience) <= Instant::now() {
                    return None;
                }
            }
        }
    }
}
