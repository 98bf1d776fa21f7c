//! All services behind one port: who may knock at which, and how large a request may be.

use std::sync::Arc;

use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server as Grpc;
use tonic::transport::server::Router;
use tonic_health::pb::health_server::{Health, HealthServer};
use tower::layer::util::{Identity, Stack};
use tsumugu_proto::v1::admin_service_server::AdminServiceServer;
use tsumugu_proto::v1::directory_service_server::DirectoryServiceServer;
use tsumugu_proto::v1::enrolment_service_server::EnrolmentServiceServer;
use tsumugu_proto::v1::exchange_service_server::ExchangeServiceServer;
use tsumugu_proto::v1::log_service_server::LogServiceServer;
use tsumugu_proto::v1::terminal_service_server::TerminalServiceServer;

use super::read_only::ReadOnlyLayer;
use super::{admin, directory, enrolment, exchange, log, terminal};
use crate::bounds::layer::BoundsLayer;
use crate::bounds::{ENROLMENT, SEND};
use crate::exchange::Exchange;
use crate::operations::{Metrics, ObserveLayer};
use crate::run::RunError;

/// Longest list of headers of a request, in bytes: ours have some hundred.
const MAX_HEADERS: u32 = 16 * 1024;
/// HTTP/2 window of one request, in bytes: what may be on its way before it is asked for.
const STREAM_WINDOW: u32 = 1024 * 1024;
/// HTTP/2 window of a connection, in bytes: what one connection makes us hold at most.
const CONNECTION_WINDOW: u32 = 2 * 1024 * 1024;
/// Requests that were withdrawn before we took them up, on one connection (CVE-2023-44487). Then the
/// connection ends.
const MAX_WITHDRAWN: usize = 20;
/// Requests that broke the protocol, on one connection. Then it ends.
const MAX_FAULTY: usize = 64;

/// What is around every service: first counted, then bounded, then asked whether it may change anything.
type Layers = Stack<ReadOnlyLayer, Stack<BoundsLayer, Stack<ObserveLayer, Identity>>>;

/// The services of a running exchange.
///
/// # Errors
/// [`RunError::Randomness`]; [`RunError::Reflection`] when the schema does not decode, which would be a
/// fault of the build.
pub(crate) fn router(
    shared: &Arc<Exchange>,
    metrics: &Arc<Metrics>,
    health: HealthServer<impl Health>,
) -> Result<Router<Layers>, RunError> {
    let limits = &shared.settings.limits;
    let letters = ExchangeServiceServer::new(exchange::Letters(shared.clone()))
        .max_decoding_message_size(SEND as usize);
    let enrolment = EnrolmentServiceServer::new(enrolment::Enrolment(shared.clone()))
        .max_decoding_message_size(ENROLMENT as usize);
    // Who calls is asked before a byte of the request is read: only enrolment answers strangers.
    let asking = shared.clone();
    let known = move |request: tonic::Request<()>| match asking.knock(&request) {
        Ok(()) => Ok(request),
        Err(refused) => Err(tonic::Status::from(refused)),
    };
    let (bounds, clock) = (shared.bounds.clone(), shared.clock.clone());
    let router = Grpc::builder()
        .max_concurrent_streams(limits.streams_per_connection)
        .http2_keepalive_interval(Some(limits.keepalive()))
        .http2_keepalive_timeout(Some(limits.keepalive_timeout()))
        .http2_max_header_list_size(MAX_HEADERS)
        .http2_max_pending_accept_reset_streams(Some(MAX_WITHDRAWN))
        .http2_max_local_error_reset_streams(Some(MAX_FAULTY))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_connection_age(limits.connection_age())
        .max_connection_age_grace(limits.connection_grace())
        .layer(ObserveLayer::new(metrics.clone(), run_number()?))
        .layer(BoundsLayer::new(bounds, clock, limits.request_timeout()))
        .layer(ReadOnlyLayer(shared.condition.clone()))
        .add_service(health)
        .add_service(enrolment)
        .add_service(InterceptedService::new(
            DirectoryServiceServer::new(directory::Directory(shared.clone())),
            known.clone(),
        ))
        .add_service(InterceptedService::new(
            LogServiceServer::new(log::Log(shared.clone())),
            known.clone(),
        ))
        .add_service(InterceptedService::new(
            TerminalServiceServer::new(terminal::Terminals(shared.clone())),
            known.clone(),
        ))
        .add_service(InterceptedService::new(
            AdminServiceServer::new(admin::Admin(shared.clone())),
            known.clone(),
        ))
        .add_service(InterceptedService::new(letters, known.clone()));
    if !shared.settings.reflection {
        return Ok(router);
    }
    // Both: older tools ask the alpha version only.
    let schema = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(tsumugu_proto::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    Ok(router
        .add_service(InterceptedService::new(schema().build_v1()?, known.clone()))
        .add_service(InterceptedService::new(schema().build_v1alpha()?, known)))
}

fn run_number() -> Result<u32, RunError> {
    let mut bytes = [0; 4];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| RunError::Randomness)?;
    Ok(u32::from_be_bytes(bytes))
}
