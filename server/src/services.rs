//! The gRPC services: one folder each, one file per call.

pub mod admin;
pub mod directory;
pub mod enrolment;
pub mod exchange;
pub mod log;
mod read_only;
mod router;
pub mod terminal;

use tonic::Status;
use tsumugu_proto::v1::ErrorReason;
use tsumugu_trust::statement::Statement;
use tsumugu_trust::value::Id;

use crate::exchange::Exchange;
use crate::refused::Refused;

/// Longest document of an invitation, bytes.
const MAX_DOCUMENT: usize = 256 * 1024;
pub(crate) use self::router::router;

type Answer<T> = Result<tonic::Response<T>, Status>;

/// Wraps what a call gives.
fn answer<T>(result: Result<T, Refused>) -> Answer<T> {
    result.map(tonic::Response::new).map_err(Status::from)
}

/// Reads a statement that a caller handed in, within the operator's limit.
fn statement(exchange: &Exchange, bytes: &[u8]) -> Result<Statement, Refused> {
    let most = exchange.settings.limits.statement_bytes;
    if bytes.len() > most as usize {
        return Err(Refused::limit("statement_bytes", most));
    }
    Ok(Statement::parse(bytes)?)
}

/// Reads a 16-byte id.
fn binary_id(bytes: &[u8]) -> Result<Id, Refused> {
    bytes.try_into().map(Id).map_err(|_| Refused::new(ErrorReason::Malformed, "an id has 16 bytes"))
}

/// Reads an id of 32 hex digits.
fn text_id(text: &str) -> Result<Id, Refused> {
    text.parse()
        .map_err(|_| Refused::new(ErrorReason::Malformed, "an id has 32 lower-case hex digits"))
}
