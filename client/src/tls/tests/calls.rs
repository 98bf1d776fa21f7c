//! A gRPC call over the connection, and one whose exchange goes away.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_stream::StreamExt;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::Connected;
use tsumugu_proto::v1::GetCheckpointRequest;
use tsumugu_proto::v1::log_service_client::LogServiceClient;

use super::*;

/// The exchange's end of a connection, as tonic's server takes it.
struct End(TlsStream<TcpStream>);

impl Connected for End {
    type ConnectInfo = ();
    fn connect_info(&self) {}
}

impl AsyncRead for End {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for End {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

/// A gRPC server without services, on a runtime of its own, which ends it as a crash would.
fn exchange(ca: &Ca) -> (tokio::runtime::Runtime, String) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(server(ca.issue("exchange.example"))));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    listener.set_nonblocking(true).unwrap();
    runtime.spawn(async move {
        let listener = TcpListener::from_std(listener).unwrap();
        let connection = acceptor.accept(listener.accept().await.unwrap().0).await.map(End);
        // Then nobody else, and the listener stays open until the runtime ends.
        let incoming = tokio_stream::once(connection).chain(tokio_stream::pending());
        Server::builder().add_routes(Routes::default()).serve_with_incoming(incoming).await
    });
    (runtime, address)
}

#[tokio::test]
async fn a_call_travels_and_a_lost_exchange_is_told_from_a_refusal() {
    let ca = Ca::new("Exchange CA");
    let (runtime, address) = exchange(&ca);
    let clock = ManualClock::at(NOW_MS);
    let channel = connect(&address, ORIGIN, &ca.pinned(), None, clock).await.unwrap();
    let mut client = LogServiceClient::new(channel);
    let refused = client.get_checkpoint(GetCheckpointRequest::default()).await.unwrap_err();
    assert_eq!(Failure::from(refused).key(), "connection.unknown-call");

    runtime.shutdown_background();
    let lost = client.get_checkpoint(GetCheckpointRequest::default()).await.unwrap_err();
    let failure = Failure::from(lost);
    assert_eq!(failure.exit(), Exit::Unreachable, "{failure}");
    // The channel dials again by itself, and says in our words why that fails.
    let gone = client.get_checkpoint(GetCheckpointRequest::default()).await.unwrap_err();
    assert_eq!(Failure::from(gone).key(), "connection.refused");
}
