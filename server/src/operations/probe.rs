//! `tsumugu-server probe`: asks a running exchange how it is, for containers and scripts.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long the answer may take.
pub const PATIENCE: Duration = Duration::from_secs(5);
/// Longest answer that is read, bytes: a status line and a word.
const MAX_ANSWER: u64 = 4_096;

/// Nobody answers, or not as an exchange does.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// `metrics_listen` is not set.
    #[error("metrics_listen is not set in settings.toml")]
    NotSet,
    /// Nothing answers there.
    #[error("nothing answers at {0}")]
    Unreachable(SocketAddr, #[source] std::io::Error),
    /// Something else than an exchange answers there.
    #[error("what answers at {0} is no exchange")]
    Strange(SocketAddr),
}

/// Asks `/readyz` (or `/healthz`): whether the answer is yes, and its word.
///
/// # Errors
/// [`ProbeError`]
pub fn ask(address: SocketAddr, path: &str) -> Result<(bool, String), ProbeError> {
    let text = exchange(address, path).map_err(|e| ProbeError::Unreachable(address, e))?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or(ProbeError::Strange(address))?;
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.split(' ').next());
    match status {
        Some("200") => Ok((true, body.trim().to_owned())),
        Some("503") => Ok((false, body.trim().to_owned())),
        _ => Err(ProbeError::Strange(address)),
    }
}

fn exchange(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut bytes = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answering(answer: &'static str) -> SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1_024]);
            let _ = stream.write_all(answer.as_bytes());
        });
        address
    }

    #[test]
    fn an_answer_is_yes_no_or_strange() {
        let yes = answering("HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nserving\n");
        assert_eq!(ask(yes, "/readyz").unwrap(), (true, "serving".into()));
        let no = answering("HTTP/1.1 503 Service Unavailable\r\n\r\nread-only\n");
        assert_eq!(ask(no, "/readyz").unwrap(), (false, "read-only".into()));
        for strange in ["", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 404 Not Found\r\n\r\n"] {
            assert!(matches!(ask(answering(strange), "/"), Err(ProbeError::Strange(_))));
        }
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(matches!(ask(nobody, "/"), Err(ProbeError::Unreachable(..))));
    }
}
