//! From a gRPC status to a failure.

use std::error::Error;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt;
use tsumugu_proto::v1::ErrorReason;

use super::{Failure, limit};
use crate::messages;
use crate::tls::TlsFailure;

/// The domain of our reasons in `google.rpc.ErrorInfo`.
pub const DOMAIN: &str = "tsumugu";

impl From<Status> for Failure {
    /// By the reason that the exchange gives; else by what broke the connection; else by the code.
    fn from(status: Status) -> Self {
        let retry_after = status.get_details_retry_info().and_then(|info| info.retry_delay);
        let reasoned = reason(&status, retry_after);
        let failure = reasoned
            .or_else(|| TlsFailure::cause_of(&status).map(Self::from))
            .unwrap_or_else(|| by_code(&status));
        Self { retry_after, ..failure.because(status) }
    }
}

impl From<tonic::transport::Error> for Failure {
    /// A channel that could not be made.
    fn from(error: tonic::transport::Error) -> Self {
        let failure = TlsFailure::cause_of(&error).map(Self::from);
        failure.unwrap_or_else(|| Self::new("connection.lost")).because(error)
    }
}

/// The arguments are the metadata of the same names (`tsumugu/v1/errors.proto`).
fn reason(status: &Status, retry_after: Option<Duration>) -> Option<Failure> {
    let info = status.get_details_error_info().filter(|info| info.domain == DOMAIN)?;
    let reason = ErrorReason::from_text(&info.reason);
    // A limit that waiting frees is said with the wait; any other one has to be kept within.
    if let (ErrorReason::Limit, Some(wait)) = (reason, retry_after) {
        let of = |name: &str| info.metadata.get(name).cloned().unwrap_or_default();
        let failure = Failure::new(limit::key(&of("limit"))).with("wait", limit::shown(wait));
        return Some(failure.with("limit", of("limit")).with("value", of("value")));
    }
    let key = format!("server.{}", reason.text().to_lowercase().replace('_', "-"));
    let message = messages::find(&key).filter(|_| reason != ErrorReason::Unspecified);
    let Some(message) = message else {
        return Some(Failure::new("connection.unknown-reason").with("reason", info.reason));
    };
    let given = message.placeholders().filter_map(|name| Some((name, info.metadata.get(name)?)));
    Some(given.fold(Failure::new(&key), |failure, (name, value)| failure.with(name, value)))
}

/// For a status that says no reason of ours: another program's, or made by the transport.
fn by_code(status: &Status) -> Failure {
    // A status that wraps an error was made on this side: the exchange did not say it.
    if status.source().is_some() {
        return Failure::new("connection.lost");
    }
    let code = format!("{:?}", status.code());
    match status.code() {
        Code::Unavailable | Code::Cancelled => Failure::new("connection.lost"),
        Code::DeadlineExceeded => Failure::new("connection.no-answer"),
        Code::Unimplemented => Failure::new("connection.unknown-call"),
        Code::Ok | Code::Unknown | Code::Internal | Code::DataLoss => {
            Failure::new("connection.fault").with("code", code)
        }
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unauthenticated => {
            Failure::new("connection.refused-without-reason").with("code", code)
        }
    }
}
