//! Around every call: a number that names it, its time, its end, and one line in the log when it is
//! refused.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::Instant;
use tonic::body::Body;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use tower::{Layer, Service};
use tracing::Instrument;
use tsumugu_proto::v1::ErrorReason;

use super::metrics::{Held, Metrics};
use crate::gate::Peer;

/// The header in which the caller is told the call's number: what to quote to the operator.
pub(crate) const REQUEST_ID: &str = "tsumugu-request-id";

/// Puts the watch around every service.
#[derive(Clone, Debug)]
pub(crate) struct ObserveLayer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    metrics: Arc<Metrics>,
    /// Differs from start to start, so that numbers of different runs do not meet in one log.
    run: u32,
    calls: AtomicU64,
}

impl ObserveLayer {
    /// For one running exchange; `run` tells its calls from those of other runs.
    pub(crate) fn new(metrics: Arc<Metrics>, run: u32) -> Self {
        Self { shared: Arc::new(Shared { metrics, run, calls: AtomicU64::new(0) }) }
    }
}

impl<S> Layer<S> for ObserveLayer {
    type Service = Observe<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Observe { inner, shared: self.shared.clone() }
    }
}

/// A service under watch.
#[derive(Clone, Debug)]
pub(crate) struct Observe<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> Service<Request<Body>> for Observe<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let call = Call::begin(&self.shared, &request);
        let span = tracing::info_span!("call", request = %call.id, method = %call.method);
        let answering = self.inner.call(request).instrument(span);
        Box::pin(async move {
            let mut response = answering.await?;
            call.answered();
            if let Ok(id) = HeaderValue::from_str(&call.id.to_string()) {
                response.headers_mut().insert(REQUEST_ID, id);
            }
            Ok(call.watch(response))
        })
    }
}

/// The number of a call: which run, and the how many-th in it.
#[derive(Clone, Copy, Debug)]
struct CallId(u32, u64);

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{}", self.0, self.1)
    }
}

/// A call that has not ended. Dropping it ends it: the caller went away, or the time was over.
#[derive(Debug)]
struct Call {
    id: CallId,
    method: Arc<str>,
    peer: Option<std::net::SocketAddr>,
    metrics: Arc<Metrics>,
    began: Instant,
    ended: bool,
    _in_flight: Held,
}

impl Call {
    fn begin(shared: &Shared, request: &Request<Body>) -> Self {
        let peer = request.extensions().get::<Peer>();
        Self {
            id: CallId(shared.run, shared.calls.fetch_add(1, Ordering::Relaxed) + 1),
            method: shared.metrics.method(request.uri().path()),
            peer: peer.and_then(|peer| peer.tls.get_ref().remote_addr()),
            metrics: shared.metrics.clone(),
            began: Instant::now(),
            ended: false,
            _in_flight: shared.metrics.began(),
        }
    }

    fn answered(&self) {
        self.metrics.answered(&self.method, self.began.elapsed());
    }

    /// A refusal stands in the headers; everything else ends with the trailers of the body.
    fn watch(mut self, response: Response<Body>) -> Response<Body> {
        if response.headers().contains_key(Status::GRPC_STATUS) {
            self.end_with(response.headers());
            return response;
        }
        response.map(|body| Body::new(Watched { body, call: self }))
    }

    fn end_with(&mut self, headers: &HeaderMap) {
        let status = Status::from_header_map(headers).unwrap_or_else(|| Status::unknown(""));
        self.end(&status);
    }

    fn end(&mut self, status: &Status) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let code = status.code();
        let details = status.get_details_error_info();
        let reason = details.as_ref().map(|info| ErrorReason::from_text(&info.reason).text());
        self.metrics.ended(&self.method, code, reason);
        if matches!(code, Code::Ok | Code::Cancelled) {
            tracing::debug!(request = %self.id, method = %self.method, ?code, "ended");
            return;
        }
        // The status's own message may quote what was sent; the rule and the limit are ours.
        let detail = |name: &str| {
            details.as_ref().and_then(|info| info.metadata.get(name)).map(String::as_str)
        };
        tracing::info!(
            request = %self.id,
            method = %self.method,
            ?code,
            reason,
            rule = detail("rule"),
            limit = detail("limit"),
            peer = self.peer.map(tracing::field::display),
            "refused"
        );
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.ended {
            self.end(&Status::cancelled(""));
        }
    }
}

/// A body whose trailers say how the call ended.
#[derive(Debug)]
struct Watched {
    body: Body,
    call: Call,
}

impl HttpBody for Watched {
    type Data = <Body as HttpBody>::Data;
    type Error = <Body as HttpBody>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.call.end_with(trailers);
                }
            }
            Poll::Ready(Some(Err(_))) => self.call.end(&Status::internal("")),
            _ => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
