//! All addresses of a name, the newer kind first, each a moment after the one before (RFC 8305).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// How long one address has before the next one is tried beside it (RFC 8305, section 8).
const STAGGER: Duration = Duration::from_millis(250);

/// Most addresses of one name that are tried.
pub(super) const MAX_ADDRESSES: usize = 16;

/// Bytes that the system holds for us before they are on the line. Small, so that what is written has
/// moved: on a line of 64 kbit/s these are eight seconds (Linux takes twice as much, so sixteen).
const SEND_BUFFER: u32 = 64 * 1024;

/// Connects to the first of the addresses that answers.
pub(super) async fn connect(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut waiting = interleaved(addresses).into_iter();
    let mut attempts = JoinSet::new();
    let mut failed: Option<io::Error> = None;
    loop {
        if let Some(address) = waiting.next() {
            attempts.spawn(dial(address));
        } else if attempts.is_empty() {
            return Err(failed.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into()));
        }
        let has_more = waiting.len() > 0;
        tokio::select! {
            Some(done) = attempts.join_next() => match done.map_err(io::Error::other).flatten() {
                // The others are given up with the set.
                Ok(stream) => return Ok(stream),
                Err(error) => failed = Some(worse(failed, error)),
            },
            () = tokio::time::sleep(STAGGER), if has_more => {}
        }
    }
}

async fn dial(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // A system that does not take the hint works all the same.
    let _ = socket.set_send_buffer_size(SEND_BUFFER);
    let stream = socket.connect(address).await?;
    // Requests and answers are small: without this each waits for the other side's acknowledgement.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// A refusal says more than a missing route: that kind of address may not be there at all.
fn worse(before: Option<io::Error>, error: io::Error) -> io::Error {
    match before {
        Some(before) if before.kind() == io::ErrorKind::ConnectionRefused => before,
        _ => error,
    }
}

/// IPv6 and IPv4 by turns, in the system's order among themselves.
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let (six, four): (Vec<_>, Vec<_>) = addresses.into_iter().partition(SocketAddr::is_ipv6);
    let (mut six, mut four) = (six.into_iter(), four.into_iter());
    let mut all = Vec::new();
    loop {
        let pair = [six.next(), four.next()];
        if pair == [None, None] {
            all.truncate(MAX_ADDRESSES);
            return all;
        }
        all.extend(pair.into_iter().flatten());
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn both_kinds_take_turns() {
        let given = addresses(&["192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1", "[2001:db8::1]:1"]);
        let tried = addresses(&["[2001:db8::1]:1", "192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1"]);
        assert_eq!(interleaved(given), tried);
        let many = vec!["192.0.2.1:1".parse().unwrap(); MAX_ADDRESSES + 1];
        assert_eq!(interleaved(many).len(), MAX_ADDRESSES);
    }

    #[tokio::test]
    async fn the_one_that_answers_is_taken() {
        let here = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = here.local_addr().unwrap();
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nobody = gone.local_addr().unwrap();
        drop(gone);
        let stream = connect(vec![nobody, nobody, place]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), place);
        assert!(stream.nodelay().unwrap());
        // One that never answers (TEST-NET-1, RFC 5737) or has no route holds up nothing.
        let stream = connect(vec!["192.0.2.1:9".parse().unwrap(), place]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), place);
    }

    #[tokio::test]
    async fn a_refusal_is_what_is_told() {
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nobody = gone.local_addr().unwrap();
        drop(gone);
        let error = connect(vec![nobody]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(connect(Vec::new()).await.is_err());
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        let no_route = || io::Error::from(io::ErrorKind::NetworkUnreachable);
        assert_eq!(worse(Some(refused()), no_route()).kind(), refused().kind());
        assert_eq!(worse(Some(no_route()), refused()).kind(), refused().kind());
    }
}
