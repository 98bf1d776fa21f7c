//! `tsumugu-server run`: the whole exchange, as a library: the binary, the demo and the tests call it.

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tsumugu_durable::clock::Clock;
use tsumugu_durable::space::{DiskSpace, FreeSpace};
use tsumugu_durable::{DiskError, FolderLock, LockError};

use crate::bounds::Bounds;
use crate::bounds::Space;
use crate::bounds::quota::Quota;
use crate::ca::{CaError, IssuingCa};
use crate::clockwork;
use crate::exchange::Exchange;
use crate::gate::revocation::{RevocationError, RevocationLists};
use crate::gate::watch::watch;
use crate::gate::{Doorway, Gate, RootsError, incoming};
use crate::keys::{self, KeyError};
use crate::ledger::{LOG, Ledger, LedgerError, OpenError, Recovery, Retention};
#[cfg(feature = "otel")]
use crate::operations;
use crate::operations::{Conditions, Endpoint, Metrics, Sources, manager};
use crate::pending::Pending;
use crate::releases::Releases;
use crate::renewals::Renewals;
use crate::restraint::{Restraint, is_held};
use crate::sequencer::{Command, Sequencer};
use crate::services;
use crate::settings::{Settings, SettingsError};
use crate::tls::{ServerCertificate, server_config};

/// Another process may be stopping: it is waited for this long.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
/// What of the time for the stop is left to the sequencer when connections used up theirs.
const SEQUENCER_SHARE: u32 = 4;
/// Longest checkpoint file.
pub(crate) const MAX_CHECKPOINT: u64 = 64 * 1024;

/// An exchange that is ready to serve.
#[derive(Debug)]
pub struct Server {
    exchange: Arc<Exchange>,
    certificate: Arc<ServerCertificate>,
    listener: TcpListener,
    endpoint: Option<Endpoint>,
    conditions: Arc<Conditions>,
    metrics: Arc<Metrics>,
    dir: PathBuf,
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
    /// The revocation list of the settings cannot be used.
    #[error(transparent)]
    Crl(#[from] RevocationError),
    /// The issuing CA cannot be used for checking.
    #[error(transparent)]
    Roots(#[from] RootsError),
    /// The ledger does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The address of `metrics_listen` cannot be listened on.
    #[error("cannot listen on metrics_listen of the settings")]
    MetricsListen(#[source] std::io::Error),
    /// The address cannot be listened on, or the system gave no thread.
    #[error("cannot listen on the address of the settings")]
    Listen(#[source] std::io::Error),
    /// gRPC failed.
    #[error("gRPC failed")]
    Grpc(#[from] tonic::transport::Error),
    /// The schema cannot be shown: a fault of the build.
    #[error("gRPC reflection cannot be set up")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Randomness,
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
        let (mut ledger, recovery) = Ledger::open_as(dir, &origin, log_key, is_held(dir)?)?;
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
        if let Some(path) = &settings.crl {
            let lists = RevocationLists::read(&dir.join(path), &gate.roots())?;
            gate.replace_lists(lists, clock.now_ms())?;
        }
        let issued = ca.issue_server(&settings.extra_names, clock.now_ms())?;
        let certificate = ServerCertificate::new(issued.chain, issued.key)?;
        let listener = TcpListener::bind(settings.listen).await.map_err(RunError::Listen)?;
        let endpoint = match settings.metrics_listen {
            Some(address) => Some(Endpoint::bind(address).await.map_err(RunError::MetricsListen)?),
            None => None,
        };
        let metrics = Metrics::new();
        let restraint = Restraint::of(dir, &ledger)?;
        let conditions = restraint.conditions().clone();
        let reader = ledger.reader();
        let (failing, failed) = oneshot::channel();
        let (handle, sequencer) = Sequencer::start(
            ledger,
            dir.to_owned(),
            clock.clone(),
            &settings.limits,
            metrics.clone(),
            conditions.reader(),
            failing,
        )
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
            releases: Releases::open(dir)?,
            renewals: Renewals::default(),
            condition: conditions.reader(),
            restraint,
            subscribers: Default::default(),
        };
        Ok(Self {
            exchange: Arc::new(exchange),
            certificate,
            listener,
            endpoint,
            conditions,
            metrics,
            dir: dir.to_owned(),
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

    /// The address of the metrics, where there are any.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.endpoint.as_ref().and_then(|endpoint| endpoint.address().ok())
    }

    /// Serves until `shutdown` is ready, then stops in good order: takes no more connections and calls,
    /// ends streams, finishes what is in flight, commits the last round and writes the tiles. What
    /// hangs is left behind after `stop_seconds`; nothing that was answered can be lost by that.
    ///
    /// # Errors
    /// [`RunError`]; after [`RunError::Ledger`] the process should exit with failure and be started again.
    pub async fn serve(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), RunError> {
        let Self { exchange, certificate, listener, endpoint, conditions, metrics, .. } = self;
        let (failed, sequencer) = (self.failed, self.sequencer);
        let limits = exchange.settings.limits.clone();
        let config =
            server_config(exchange.gate.clone(), certificate.clone(), exchange.clock.clone())?;
        let (mut health, health_service) = tonic_health::server::health_reporter();
        health.set_service_status("", tonic_health::ServingStatus::Serving).await;
        let (stop, stopping) = oneshot::channel::<()>();
        let doorway = Doorway {
            gate: exchange.gate.clone(),
            bounds: exchange.bounds.clone(),
            clock: exchange.clock.clone(),
            metrics: metrics.clone(),
        };
        let grpc = services::router(&exchange, &metrics, health_service)?
            .serve_with_incoming_shutdown(incoming(listener, config, doorway, &limits), async {
                drop(stopping.await);
            });
        let mut beside = tokio::task::JoinSet::new();
        beside.spawn(clockwork::run(exchange.clone(), certificate.clone(), limits.tick_interval()));
        let sources = Sources::new(self.dir, exchange.clone(), certificate, metrics);
        #[cfg(feature = "otel")]
        operations::export(&sources);
        if let Some(path) = &exchange.settings.crl {
            let path = sources.in_folder(path);
            beside.spawn(watch(exchange.gate.clone(), path, exchange.clock.clone()));
        }
        beside.spawn(manager::live(sources.metrics(), exchange.clock.clone()));
        if let Some(endpoint) = endpoint {
            beside.spawn(endpoint.serve(sources.clone()));
        }
        let mut grpc = std::pin::pin!(grpc);
        // The listener is open: who connects now is answered as soon as the next line is reached.
        manager::ready();
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
        let patience = limits.stop_patience();
        let by = tokio::time::Instant::now() + patience;
        conditions.stop();
        manager::stopping();
        health.set_service_status("", tonic_health::ServingStatus::NotServing).await;
        // Who watches the health hears of it, and then his stream ends, too.
        health.clear_service_status("").await;
        // From here on nothing new is accepted; calls in flight go on, streams end by the condition.
        let _ = stop.send(());
        let connections_by = by - patience / SEQUENCER_SHARE;
        if serving && tokio::time::timeout_at(connections_by, &mut grpc).await.is_err() {
            tracing::warn!("connections were still open at the end of the stop");
        }
        let last = async {
            if outcome.is_ok() {
                // The last round and the tiles.
                drop(exchange.sequencer.submit(Command::Stop).await);
            }
            beside.shutdown().await;
            drop((exchange, sources));
            // A failed sequencer has ended; a stopped one ends after its last round.
            drop(tokio::task::spawn_blocking(move || sequencer.join()).await);
        };
        if tokio::time::timeout_at(by, last).await.is_err() {
            tracing::error!("the disk hangs; start-up decides what was committed");
        }
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
