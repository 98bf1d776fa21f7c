//! `tsumugu-server run`: the whole exchange, as a library: the binary, the demo and the tests call it.

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server as Grpc;
use tsumugu_durable::clock::Clock;
use tsumugu_durable::space::{DiskSpace, FreeSpace};
use tsumugu_durable::{DiskError, FolderLock, LockError};
use tsumugu_proto::v1::admin_service_server::AdminServiceServer;
use tsumugu_proto::v1::directory_service_server::DirectoryServiceServer;
use tsumugu_proto::v1::enrolment_service_server::EnrolmentServiceServer;
use tsumugu_proto::v1::exchange_service_server::ExchangeServiceServer;
use tsumugu_proto::v1::log_service_server::LogServiceServer;
use tsumugu_proto::v1::terminal_service_server::TerminalServiceServer;

use crate::bounds::Bounds;
use crate::bounds::Space;
use crate::bounds::layer::BoundsLayer;
use crate::bounds::quota::Quota;
use crate::bounds::{ENROLMENT, SEND};
use crate::ca::{CaError, IssuingCa};
use crate::clockwork;
use crate::exchange::Exchange;
use crate::gate::{Doorway, Gate, RootsError, incoming};
use crate::keys::{self, KeyError};
use crate::ledger::{LOG, Ledger, LedgerError, OpenError, Recovery, Retention};
use crate::pending::Pending;
use crate::renewals::Renewals;
use crate::sequencer::{Command, Sequencer};
use crate::services;
use crate::settings::{Settings, SettingsError};
use crate::tls::{ServerCertificate, server_config};

/// Another process may be stopping: it is waited for this long.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
/// Streams that are still open after this are cut: a half-open one could hold the stop up for an hour
/// (hyperium/hyper#4170).
const STOP_PATIENCE: Duration = Duration::from_secs(10);
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
/// Longest checkpoint file.
const MAX_CHECKPOINT: u64 = 64 * 1024;

/// An exchange that is ready to serve.
#[derive(Debug)]
pub struct Server {
    exchange: Arc<Exchange>,
    certificate: Arc<ServerCertificate>,
    listener: TcpListener,
    recovery: Recovery,
    failed: oneshot::Receiver<LedgerError>,
    sequencer: std::thread::JoinHandle<()>,
    _lock: FolderLock,
}

/// The exchange cannot start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The folder holds no exchange.
    #[error("there is no exchange in {}", .0.display())]
    NoExchange(PathBuf),
    /// Another process uses the folder.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The settings are wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The log key is missing or damaged.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The issuing CA is missing, damaged or expired.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// The issuing CA cannot be used for checking.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// The ledger does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The address cannot be listened on, or the system gave no thread.
    #[error("cannot listen on the address of the settings")]
    Listen(#[source] std::io::Error),
    /// gRPC failed.
    #[error("gRPC failed")]
    Grpc(#[from] tonic::transport::Error),
    /// A write or sync failed: start-up decides what was committed.
    #[error("the ledger failed; start again, and start-up decides what was committed")]
    Ledger(#[source] LedgerError),
}

impl Server {
    /// Opens the folder, recovers, and listens. Nothing is served before [`Server::serve`].
    ///
    /// # Errors
    /// [`RunError`]
    pub async fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, RunError> {
        Self::open_with(dir, clock, DiskSpace::of(dir)).await
    }

    /// [`Self::open`] under free space that a test sets.
    ///
    /// # Errors
    /// [`RunError`]
    pub async fn open_with(
        dir: &Path,
        clock: Arc<dyn Clock>,
        space: Arc<dyn FreeSpace>,
    ) -> Result<Self, RunError> {
        check_is_exchange(dir)?;
        let lock = FolderLock::acquire(dir, LOCK_PATIENCE)?;
        let settings = Settings::load(dir)?;
        let (origin, log_key) = keys::load(dir)?;
        let ca = Arc::new(IssuingCa::load(dir, origin.as_str())?);
        let (mut ledger, recovery) = Ledger::open(dir, &origin, log_key)?;
        check_published(&ledger, dir)?;
        if let Some(dropped) = recovery.dropped {
            tracing::warn!(
                segment = dropped.segment,
                offset = dropped.offset,
                bytes = dropped.length,
                "a torn last round was dropped; nobody had been told of it"
            );
        }
        if recovery.orphans > 0 {
            let files = recovery.orphans;
            tracing::info!(files, "bodies of letters that were never committed were removed");
        }
        ledger.keep(Retention {
            body_days: settings.limits.body_retention_days,
            upload_days: settings.limits.upload_days,
        });
        tracing::info!(leaves = recovery.leaves, applied = recovery.applied, "the ledger is open");
        let gate = Gate::new(origin.as_str(), &[ca.certificate().clone()])?;
        let issued = ca.issue_server(&settings.extra_names, clock.now_ms())?;
        let certificate = ServerCertificate::new(issued.chain, issued.key)?;
        let listener = TcpListener::bind(settings.listen).await.map_err(RunError::Listen)?;
        let reader = ledger.reader();
        let (failing, failed) = oneshot::channel();
        let (handle, sequencer) =
            Sequencer::start(ledger, dir.to_owned(), clock.clone(), &settings.limits, failing)
                .map_err(RunError::Listen)?;
        let pending = Pending::open(dir)?;
        let limits = &settings.limits;
        let exchange = Exchange {
            bounds: Bounds::new(limits),
            quota: Quota::open(dir, limits)?,
            space: Space::new(space, limits.disk_reserve_megabytes),
            disk_reads: Semaphore::new(limits.disk_reads as usize),
            reader,
            sequencer: handle,
            gate,
            ca,
            clock,
            settings,
            pending,
            renewals: Renewals::default(),
            subscribers: Default::default(),
        };
        Ok(Self {
            exchange: Arc::new(exchange),
            certificate,
            listener,
            recovery,
            failed,
            sequencer,
            _lock: lock,
        })
    }

    /// What start-up did.
    #[must_use]
    pub fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// [`RunError::Listen`]
    pub fn address(&self) -> Result<SocketAddr, RunError> {
        self.listener.local_addr().map_err(RunError::Listen)
    }

    /// Serves until `shutdown` is ready, then writes the tiles and stops.
    ///
    /// # Errors
    /// [`RunError`]; after [`RunError::Ledger`] the process should exit with failure and be started again.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), RunError> {
        let Self { exchange, certificate, listener, failed, sequencer, .. } = self;
        let limits = exchange.settings.limits.clone();
        let config =
            server_config(exchange.gate.clone(), certificate.clone(), exchange.clock.clone())?;
        let (health, health_service) = tonic_health::server::health_reporter();
        health.set_service_status("", tonic_health::ServingStatus::Serving).await;
        let letters = ExchangeServiceServer::new(services::exchange::Letters(exchange.clone()))
            .max_decoding_message_size(SEND as usize);
        let enrolment =
            EnrolmentServiceServer::new(services::enrolment::Enrolment(exchange.clone()))
                .max_decoding_message_size(ENROLMENT as usize);
        // Who calls is asked before a byte of the request is read: only enrolment answers strangers.
        let asking = exchange.clone();
        let known = move |request: tonic::Request<()>| match asking.knock(&request) {
            Ok(()) => Ok(request),
            Err(refused) => Err(tonic::Status::from(refused)),
        };
        let (stop, stopping) = oneshot::channel::<()>();
        let (bounds, clock) = (exchange.bounds.clone(), exchange.clock.clone());
        let gate = exchange.gate.clone();
        let doorway = Doorway { gate, bounds: bounds.clone(), clock: clock.clone() };
        let grpc = Grpc::builder()
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
            .layer(BoundsLayer::new(bounds.clone(), clock.clone(), limits.request_timeout()))
            .add_service(health_service)
            .add_service(enrolment)
            .add_service(InterceptedService::new(
                DirectoryServiceServer::new(services::directory::Directory(exchange.clone())),
                known.clone(),
            ))
            .add_service(InterceptedService::new(
                LogServiceServer::new(services::log::Log(exchange.clone())),
                known.clone(),
            ))
            .add_service(InterceptedService::new(
                TerminalServiceServer::new(services::terminal::Terminals(exchange.clone())),
                known.clone(),
            ))
            .add_service(InterceptedService::new(
                AdminServiceServer::new(services::admin::Admin(exchange.clone())),
                known.clone(),
            ))
            .add_service(InterceptedService::new(letters, known))
            .serve_with_incoming_shutdown(incoming(listener, config, doorway, &limits), async {
                drop(stopping.await);
            });
        let ticking =
            tokio::spawn(clockwork::run(exchange.clone(), certificate, limits.tick_interval()));
        let mut grpc = std::pin::pin!(grpc);
        let mut serving = true;
        let outcome = tokio::select! {
            done = &mut grpc => {
                serving = false;
                done.map_err(RunError::from)
            }
            // Nobody has asked the sequencer to stop yet: if its thread ends, even by a panic, so do we.
            error = failed => Err(RunError::Ledger(error.unwrap_or(LedgerError::Contradiction("the sequencer ended by itself")))),
            () = shutdown => Ok(()),
        };
        ticking.abort();
        if outcome.is_ok() {
            // The last round and the tiles are written while clients may still be answered.
            drop(exchange.sequencer.submit(Command::Stop).await);
        }
        let _ = stop.send(());
        if serving && tokio::time::timeout(STOP_PATIENCE, &mut grpc).await.is_err() {
            tracing::warn!("streams were still open at the end of the stop");
        }
        drop(exchange);
        // A failed sequencer has ended; a stopped one ends after its last round.
        drop(tokio::task::spawn_blocking(move || sequencer.join()).await);
        outcome
    }
}

/// The log key is what makes a folder an exchange: asked first, so that nothing is left in another one.
pub(crate) fn check_is_exchange(dir: &Path) -> Result<(), RunError> {
    if dir.join(keys::FILE).exists() { Ok(()) } else { Err(RunError::NoExchange(dir.to_owned())) }
}

/// A checkpoint that we published and that shows more than the journal has: the disk was rolled back.
pub(crate) fn check_published(ledger: &Ledger, dir: &Path) -> Result<(), RunError> {
    let path: PathBuf = dir.join(LOG).join("checkpoint");
    if path.exists() {
        let bytes = tsumugu_durable::read_limited(&path, MAX_CHECKPOINT)?;
        ledger.check_not_rolled_back(&bytes)?;
    }
    Ok(())
}
