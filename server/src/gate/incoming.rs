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
use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::{Connected, TcpConnectInfo, TlsConnectInfo};

use crate::settings::Limits;

/// How long a peer may take for its handshake. A full one over a slow line takes three seconds.
pub const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// How long nothing is accepted after the system refused to: it is out of descriptors or memory,
/// and only connections that end give some back.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(250);

/// Shaken hands that wait for the HTTP/2 server to take them.
const WAITING: usize = 16;

/// The connections that passed the handshake, for tonic's `serve_with_incoming_shutdown`.
///
/// Each handshake is a task of its own, so that a slow or hostile peer holds up nobody. At most
/// `limits.connections` are open, in or after the handshake; further ones wait in the kernel's
/// queue. At most `limits.handshakes` are computed at once. A failed handshake or accept is
/// logged and ends nothing. Dropping the stream closes the listener.
///
/// # Panics
/// Outside a tokio runtime.
#[must_use]
pub fn incoming(
    listener: TcpListener,
    config: Arc<ServerConfig>,
    limits: &Limits,
) -> ReceiverStream<io::Result<GatedStream>> {
    accept_with(listener, config, limits, HANDSHAKE_LIMIT)
}

/// An open connection. Its place among the permitted ones is free again when it is dropped.
///
/// tonic puts a [`TlsConnectInfo<TcpConnectInfo>`] into the extensions of its requests.
#[derive(Debug)]
pub struct GatedStream {
    tls: TlsStream<TcpStream>,
    _place: OwnedSemaphorePermit,
}

impl Connected for GatedStream {
    type ConnectInfo = TlsConnectInfo<TcpConnectInfo>;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.tls.connect_info()
    }
}

impl AsyncRead for GatedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tls).poll_read(context, buffer)
    }
}

impl AsyncWrite for GatedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
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
    limits: &Limits,
    handshake_limit: Duration,
) -> ReceiverStream<io::Result<GatedStream>> {
    let (passed, stream) = channel(WAITING);
    let door = Door {
        acceptor: TlsAcceptor::from(config),
        handshakes: Arc::new(Semaphore::new(limits.handshakes as usize)),
        handshake_limit,
        passed,
    };
    tokio::spawn(accept_all(source, Arc::new(Semaphore::new(limits.connections as usize)), door));
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
            Ok((tcp, peer)) => {
                tokio::spawn(door.clone().admit(tcp, peer, place));
            }
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
    handshakes: Arc<Semaphore>,
    handshake_limit: Duration,
    passed: Sender<io::Result<GatedStream>>,
}

impl Door {
    async fn admit(self, tcp: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit) {
        // Requests and answers are small: without this, each waits for the other side's delayed
        // acknowledgement. A socket that refuses is slower, not wrong.
        let _ = tcp.set_nodelay(true);
        let Ok(slot) = self.handshakes.acquire_owned().await else { return };
        let shaken = tokio::time::timeout(self.handshake_limit, self.acceptor.accept(tcp)).await;
        drop(slot);
        match shaken {
            // A send fails only when the server is stopping; then the connection closes.
            Ok(Ok(tls)) => drop(self.passed.send(Ok(GatedStream { tls, _place: place })).await),
            Ok(Err(error)) => tracing::info!(%peer, %error, "handshake refused"),
            Err(_) => tracing::info!(%peer, "handshake took too long"),
        }
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

    fn config() -> Arc<ServerConfig> {
        let ca = IssuingCa::create("exchange.test", NOW).unwrap();
        let server = ca.issue_server(&[], NOW).unwrap();
        let certificate = tls::ServerCertificate::new(server.chain, server.key).unwrap();
        let gate = Gate::new("exchange.test", &[ca.certificate().clone()]).unwrap();
        tls::server_config(gate, certificate, ManualClock::at(NOW)).unwrap()
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
        let stream = accept_with(source, config(), &limits, Duration::from_millis(50));
        let mut silent = TcpStream::connect(address).await.unwrap();
        let read = tokio::time::timeout(Duration::from_secs(5), silent.read(&mut [0; 1])).await;
        assert!(matches!(read.unwrap(), Ok(0) | Err(_)), "the connection was closed");
        drop(stream);
    }

    #[tokio::test]
    async fn dropping_the_stream_closes_the_listener() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(incoming(listener, config(), &Limits::default()));
        tokio::time::timeout(Duration::from_secs(5), async {
            while TcpStream::connect(address).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
        .await
        .unwrap();
    }
}
