//! Sockets to streams: accepts, shakes hands, and hands on what passed the gate.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{Sender, channel};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::{Connected, TcpConnectInfo, TlsConnectInfo};
use tsumugu_durable::clock::Clock;

use super::failure::cause_of;
use super::leaving::Leaving;
use super::{AuthenticatedParty, Gate};
use crate::bounds::{Bounds, Connection, Seat};
use crate::operations::{HandshakeFailure, Held, Metrics};
use crate::settings::Limits;

/// How long a peer may take for its handshake. A full one over a slow line takes three seconds, and
/// some more where packets are lost.
pub const HANDSHAKE_LIMIT: Duration = Duration::from_secs(15);

/// How long nothing is accepted after the system refused to: it is out of descriptors or memory,
/// and only connections that end give some back.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(250);

/// Shaken hands that wait for the HTTP/2 server to take them.
const WAITING: usize = 16;

/// What stands at the door: who may come in, and how many.
#[derive(Debug, Clone)]
pub struct Doorway {
    /// Checks who it is.
    pub gate: Arc<Gate>,
    /// Counts places.
    pub bounds: Arc<Bounds>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Counts what passed, and what did not.
    pub metrics: Arc<Metrics>,
}

/// The connections that passed the handshake, for tonic's `serve_with_incoming_shutdown`.
///
/// Each handshake is a task of its own, so that a slow or hostile peer holds up nobody. At most
/// `limits.arrivals` are in it, `limits.handshakes` of them computed at once; further ones wait in
/// the kernel's queue. After it each connection takes a place among its own kind ([`Bounds::seat`]),
/// so that strangers take none of the members'. A failed handshake or accept is logged, counted
/// and ends nothing. Dropping the stream closes the listener.
///
/// # Panics
/// Outside a tokio runtime.
#[must_use]
pub fn incoming(
    listener: TcpListener,
    config: Arc<ServerConfig>,
    doorway: Doorway,
    limits: &Limits,
) -> ReceiverStream<io::Result<GatedStream>> {
    accept_with(listener, config, doorway, limits, HANDSHAKE_LIMIT)
}

/// An open connection. Its place among the permitted ones is free again when it is dropped.
///
/// tonic puts a [`Peer`] into the extensions of its requests.
#[derive(Debug)]
pub struct GatedStream {
    tls: TlsStream<TcpStream>,
    connection: Connection,
    /// When it has to end; never where a certificate was shown.
    leaving: Option<Leaving>,
    _seat: Seat,
    _open: Held,
}

/// Who is at the other end of the connection that a request came over.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The certificates that were shown.
    pub tls: TlsConnectInfo<TcpConnectInfo>,
    /// For whom its requests are counted.
    pub connection: Connection,
}

impl Connected for GatedStream {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Self::ConnectInfo {
        Peer { tls: self.tls.connect_info(), connection: self.connection.clone() }
    }
}

impl GatedStream {
    /// An error once the connection has to end.
    fn poll_leaving(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let has_to = self.leaving.as_mut().is_some_and(|at| at.poll(context).is_ready());
        if has_to { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }
}

impl AsyncRead for GatedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_leaving(context)?;
        Pin::new(&mut self.tls).poll_read(context, buffer)
    }
}

impl AsyncWrite for GatedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_leaving(context)?;
        Pin::new(&mut self.tls).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_leaving(context)?;
        Pin::new(&mut self.tls).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.tls.is_write_vectored()
    }
}

/// What gives connections; a seam, since no test can make the system run out of descriptors.
trait Accept: Send + 'static {
    fn accept(&mut self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send;
}

impl Accept for TcpListener {
    fn accept(&mut self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send {
        TcpListener::accept(self)
    }
}

fn accept_with(
    source: impl Accept,
    config: Arc<ServerConfig>,
    doorway: Doorway,
    limits: &Limits,
    handshake_limit: Duration,
) -> ReceiverStream<io::Result<GatedStream>> {
    let (passed, stream) = channel(WAITING);
    let door = Door {
        acceptor: TlsAcceptor::from(config),
        doorway,
        limits: limits.clone(),
        handshakes: Arc::new(Semaphore::new(limits.handshakes as usize)),
        handshake_limit,
        passed,
    };
    tokio::spawn(accept_all(source, Arc::new(Semaphore::new(limits.arrivals as usize)), door));
    ReceiverStream::new(stream)
}

async fn accept_all(mut source: impl Accept, places: Arc<Semaphore>, door: Door) {
    loop {
        let place = tokio::select! {
            () = door.passed.closed() => return,
            place = Arc::clone(&places).acquire_owned() => place,
        };
        let Ok(place) = place else { return };
        let accepted = tokio::select! {
            () = door.passed.closed() => return,
            accepted = source.accept() => accepted,
        };
        match accepted {
            Ok((tcp, peer)) => match door.doorway.bounds.arrive(peer.ip()) {
                Some(arrival) => {
                    let door = door.clone();
                    tokio::spawn(async move {
                        door.admit(tcp, peer, arrival).await;
                        drop(place);
                    });
                }
                None => tracing::debug!(%peer, "too many handshakes from one address"),
            },
            // The peer went away while it waited in the kernel's queue: its loss alone.
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections; trying again soon");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

#[derive(Clone)]
struct Door {
    acceptor: TlsAcceptor,
    doorway: Doorway,
    limits: Limits,
    handshakes: Arc<Semaphore>,
    handshake_limit: Duration,
    passed: Sender<io::Result<GatedStream>>,
}

impl Door {
    async fn admit(self, tcp: TcpStream, peer: SocketAddr, arrival: Seat) {
        // Requests and answers are small: without this, each waits for the other side's delayed
        // acknowledgement. A socket that refuses is slower, not wrong.
        let _ = tcp.set_nodelay(true);
        let Ok(slot) = self.handshakes.clone().acquire_owned().await else { return };
        let shaken = tokio::time::timeout(self.handshake_limit, self.acceptor.accept(tcp)).await;
        drop(slot);
        drop(arrival);
        match shaken {
            Ok(Ok(tls)) => {
                let Some(stream) = self.seated(tls, peer) else {
                    self.doorway.metrics.handshake_failed(HandshakeFailure::NoPlace);
                    tracing::info!(%peer, "too many connections");
                    return;
                };
                // A send fails only when the server is stopping; then the connection closes.
                drop(self.passed.send(Ok(stream)).await);
            }
            Ok(Err(error)) => {
                let cause = cause_of(&error);
                self.doorway.metrics.handshake_failed(cause);
                tracing::info!(%peer, ?cause, %error, "handshake refused");
            }
            Err(_) => {
                self.doorway.metrics.handshake_failed(HandshakeFailure::Timeout);
                tracing::info!(%peer, "handshake took too long");
            }
        }
    }

    fn seated(&self, tls: TlsStream<TcpStream>, peer: SocketAddr) -> Option<GatedStream> {
        let (_, session) = tls.get_ref();
        let party = match session.peer_certificates() {
            // The handshake let it in; between then and now it may have ended.
            Some(chain) => {
                let gate = &self.doorway.gate;
                Some(gate.authenticate(chain, self.doorway.clock.now_ms()).ok()?)
            }
            None => None,
        };
        let party = party.as_ref().map(AuthenticatedParty::party);
        let (connection, seat) = self.doorway.bounds.seat(party, peer.ip())?;
        let is_welcome = connection.holder.is_known() && connection.turned_away.is_none();
        let leaving = (!is_welcome).then(|| {
            let (age, idle) =
                (self.limits.without_certificate(), self.limits.without_certificate_idle());
            Leaving::after(age, idle, Arc::clone(&connection.activity))
        });
        let open = self.doorway.metrics.connected();
        Some(GatedStream { tls, connection, leaving, _seat: seat, _open: open })
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tsumugu_durable::clock::ManualClock;

    use super::*;
    use crate::ca::IssuingCa;
    use crate::gate::Gate;
    use crate::tls;

    const NOW: u64 = 1_800_000_000_000;

    fn config() -> (Arc<ServerConfig>, Doorway) {
        let ca = IssuingCa::create("exchange.test", NOW).unwrap();
        let server = ca.issue_server(&[], NOW).unwrap();
        let certificate = tls::ServerCertificate::new(server.chain, server.key).unwrap();
        let gate = Gate::new("exchange.test", &[ca.certificate().clone()]).unwrap();
        let clock = ManualClock::at(NOW);
        let config = tls::server_config(gate.clone(), certificate, clock.clone()).unwrap();
        let (bounds, metrics) = (Bounds::new(&Limits::default()), Metrics::new());
        (config, Doorway { gate, bounds, clock, metrics })
    }

    /// Fails as often as it has errors, then gives connections.
    struct Failing(Vec<io::Error>, TcpListener);

    impl Accept for Failing {
        async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
            match self.0.pop() {
                Some(error) => Err(error),
                None => self.1.accept().await,
            }
        }
    }

    #[tokio::test]
    async fn errors_of_accept_do_not_end_the_loop_and_silence_is_cut_off() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let aborted = io::Error::from(io::ErrorKind::ConnectionAborted);
        let descriptors = io::Error::from_raw_os_error(24); // EMFILE on Unix
        let source = Failing(vec![descriptors, aborted], listener);
        let limits = Limits::default();
        let (config, doorway) = config();
        let stream = accept_with(source, config, doorway, &limits, Duration::from_millis(50));
        let mut silent = TcpStream::connect(address).await.unwrap();
        let read = tokio::time::timeout(Duration::from_secs(5), silent.read(&mut [0; 1])).await;
        assert!(matches!(read.unwrap(), Ok(0) | Err(_)), "the connection was closed");
        drop(stream);
    }

    #[tokio::test]
    async fn dropping_the_stream_closes_the_listener() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (config, doorway) = config();
        drop(incoming(listener, config, doorway, &Limits::default()));
        tokio::time::timeout(Duration::from_secs(5), async {
            while TcpStream::connect(address).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .unwrap();
    }
}
