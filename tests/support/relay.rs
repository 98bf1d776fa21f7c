//! What stands between an office and its exchange: proxies, slow and broken lines, inspecting devices.
//!
//! Each runs on threads of its own until the test program ends.

#![allow(dead_code, unreachable_pub, missing_docs)]
#![allow(clippy::unwrap_used, reason = "clippy sees no tests in the helpers of a test program")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What a line does to what goes over it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Line {
    /// In each direction; as fast as it goes where none is said.
    pub bytes_per_second: Option<u64>,
    /// So many connections break, each after so many bytes from the office.
    pub breaks: Option<(usize, usize)>,
}

/// Something that listens.
#[derive(Debug, Clone)]
pub struct Relay {
    pub address: String,
    connections: Arc<AtomicUsize>,
}

impl Relay {
    /// A line to somewhere.
    pub fn to(target: &str, line: Line) -> Self {
        let target = target.to_owned();
        Self::listen(move |number, from| {
            if let Ok(to) = TcpStream::connect(&target) {
                join(number, from, to, line);
            }
        })
    }

    /// A proxy that leads wherever it is asked to; with a user and password, as they stand in its log-in.
    pub fn proxy(login: Option<&'static str>) -> Self {
        Self::listen(move |number, mut from| {
            let head = read_head(&mut from);
            let authorized = login.is_none_or(|login| {
                head.lines().any(|line| line == format!("Proxy-Authorization: Basic {login}"))
            });
            if !authorized {
                let asks = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                            Proxy-Authenticate: Basic realm=\"hospital\"\r\n\r\n";
                return say(&mut from, asks);
            }
            let target = head.split(' ').nth(1).unwrap_or_default();
            match TcpStream::connect(target) {
                Ok(to) => {
                    say(&mut from, "HTTP/1.1 200 Connection established\r\n\r\n");
                    join(number, from, to, Line::default());
                }
                Err(_) => say(&mut from, "HTTP/1.1 502 Bad Gateway\r\n\r\n"),
            }
        })
    }

    /// A proxy that leads nowhere.
    pub fn refusing(status: &'static str) -> Self {
        Self::listen(move |_, mut from| {
            read_head(&mut from);
            say(&mut from, &format!("HTTP/1.1 {status}\r\n\r\n"));
        })
    }

    /// A device that opens every connection with a certificate of its own; and how many bytes of an
    /// office it has read.
    pub fn inspecting(issuer: &str, host: &str) -> (Self, Arc<AtomicUsize>) {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, issuer);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        let leaf = params.signed_by(&key, &ca).unwrap();
        let chain = vec![leaf.der().clone(), ca.der().clone()];
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let mut config = ServerConfig::builder_with_provider(tsumugu_client::tls::provider())
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec()];
        let (config, read) = (Arc::new(config), Arc::new(AtomicUsize::new(0)));
        let seen = read.clone();
        let relay = Self::listen(move |_, from| {
            let session = ServerConnection::new(config.clone()).unwrap();
            let mut bytes = Vec::new();
            let _ = StreamOwned::new(session, from).read_to_end(&mut bytes);
            seen.fetch_add(bytes.len(), Ordering::SeqCst);
        });
        (relay, read)
    }

    /// How many connections came until now.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn listen(serve: impl Fn(usize, TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let connections = Arc::new(AtomicUsize::new(0));
        let (count, serve) = (connections.clone(), Arc::new(serve));
        std::thread::spawn(move || {
            for from in listener.incoming().flatten() {
                let (number, serve) = (count.fetch_add(1, Ordering::SeqCst), serve.clone());
                std::thread::spawn(move || serve(number, from));
            }
        });
        Self { address, connections }
    }
}

/// Both directions of a connection, until one of them ends.
fn join(number: usize, from: TcpStream, to: TcpStream, line: Line) {
    let _ = (from.set_nodelay(true), to.set_nodelay(true));
    let ends = line.breaks.filter(|(count, _)| number < *count).map(|(_, bytes)| bytes);
    let back = (to.try_clone().unwrap(), from.try_clone().unwrap());
    std::thread::spawn(move || pour(back.0, back.1, line.bytes_per_second, None));
    pour(from, to, line.bytes_per_second, ends);
}

fn pour(mut from: TcpStream, mut to: TcpStream, speed: Option<u64>, ends: Option<usize>) {
    let mut buffer = [0; 4_096];
    let mut left = ends.unwrap_or(usize::MAX);
    while let Ok(count) = from.read(&mut buffer) {
        let count = count.min(left);
        if count == 0 || to.write_all(&buffer[..count]).is_err() {
            break;
        }
        left -= count;
        if let Some(speed) = speed {
            std::thread::sleep(Duration::from_micros(count as u64 * 1_000_000 / speed));
        }
    }
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

fn read_head(from: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && from.read(&mut byte).is_ok_and(|count| count == 1) {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

fn say(to: &mut TcpStream, text: &str) {
    let _ = to.write_all(text.as_bytes());
}
