//! Counts what comes in on a request, and keeps its places until the last of its answer is gone.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http_body::{Frame, SizeHint};
use prost::bytes::Bytes;
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;

use super::{Bounds, Holder, Part};
use crate::refused::Refused;

/// What is under way on one connection.
#[derive(Debug)]
pub struct Activity(Mutex<(usize, Instant)>);

impl Default for Activity {
    fn default() -> Self {
        Self(Mutex::new((0, Instant::now())))
    }
}

impl Activity {
    /// Since when nothing is under way; `None` while something is.
    #[must_use]
    pub fn quiet_since(&self) -> Option<Instant> {
        let (under_way, since) = *self.lock();
        (under_way == 0).then_some(since)
    }

    pub(crate) fn begin(self: &Arc<Self>) -> UnderWay {
        self.lock().0 += 1;
        UnderWay(Arc::clone(self))
    }

    fn lock(&self) -> MutexGuard<'_, (usize, Instant)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something is under way on the connection until this is dropped.
#[derive(Debug)]
pub(crate) struct UnderWay(Arc<Activity>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut lock = self.0.lock();
        *lock = (lock.0.saturating_sub(1), Instant::now());
    }
}

/// The places of one request: until the last byte of its answer is on its way.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) _place: Part<Holder>,
    pub(super) _under_way: UnderWay,
}

/// When the last byte of a request came.
#[derive(Debug)]
pub(super) struct Progress(Mutex<Instant>);

impl Progress {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Instant::now())))
    }

    /// When patience with it ends, if nothing further comes.
    pub(super) fn due(&self, patience: Duration) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) + patience
    }

    fn made(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// The body of a request: its bytes are counted while they are held.
pub(super) struct Metered {
    pub(super) body: Body,
    pub(super) progress: Arc<Progress>,
    /// Most bytes in all; none where they are let go piece by piece.
    pub(super) most: Option<u64>,
    pub(super) came: u64,
    /// Given back with the answer, not with the end of this body: until then the bytes are held.
    pub(super) part: Arc<Mutex<Part<Holder>>>,
}

impl Metered {
    fn count(&mut self, bytes: u64) -> Result<(), Refused> {
        self.progress.made();
        let Some(most) = self.most else { return Ok(()) };
        self.came = self.came.saturating_add(bytes);
        if self.came > most {
            return Err(Refused::limit("request_message_bytes", most));
        }
        let mut part = self.part.lock().unwrap_or_else(PoisonError::into_inner);
        Bounds::grow(&mut part, bytes)
    }
}

impl http_body::Body for Metered {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let bytes = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len) as u64,
            _ => 0,
        };
        Poll::Ready(match (self.count(bytes), frame) {
            (Err(refused), Some(Ok(_))) => Some(Err(refused.into())),
            (_, frame) => frame,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer, which holds its request's places.
pub(super) struct Holding {
    pub(super) body: Body,
    pub(super) held: Option<(Held, Arc<Mutex<Part<Holder>>>)>,
}

impl http_body::Body for Holding {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        if frame.as_ref().is_none_or(|frame| frame.as_ref().is_ok_and(Frame::is_trailers)) {
            self.held = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
