//! The stage: a running exchange, and the people's homes.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::thread::JoinHandle;

use serde_json::Value;
use tokio::sync::oneshot;
use tsumugu_client::failure::Failure;
use tsumugu_client::passphrase::FILE_VARIABLE;
use tsumugu_durable::clock::Clock;
use tsumugu_server::init::init;
use tsumugu_server::run::{RunError, Server};

/// The passphrase of every vault of the demo. It protects nothing: the folder is for looking at.
const PASSPHRASE: &str = "demo: nagareyama 2026";
/// A name that no DNS gives out (RFC 2606).
const ORIGIN: &str = "exchange.tsumugu.example";

/// A running exchange with its folder.
pub(super) struct Stage {
    dir: PathBuf,
    program: PathBuf,
    /// The first administrator's code.
    pub(super) code: String,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), RunError>>,
}

/// The exchange has stopped; the folder stays.
pub(super) struct Closed {
    /// The folder.
    pub(super) dir: PathBuf,
    program: PathBuf,
}

/// Someone with a home folder.
#[derive(Clone, Copy)]
pub(super) struct Person<'s> {
    dir: &'s Path,
    program: &'s Path,
    /// The home's name in the demo's folder.
    pub(super) home: &'static str,
}

impl Stage {
    /// Makes the folder, an exchange in it, and starts it.
    pub(super) fn set(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        let taken = std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
        if taken {
            return Err(Failure::new("demo.folder-taken").with("folder", dir.display()));
        }
        let broken = |what: &'static str| {
            move |error: &dyn std::fmt::Display| {
                Failure::new("demo.failed").with("step", format!("{what}: {error}"))
            }
        };
        for name in ["server", "admin", "hospital", "office", "evidence", "out", "paper"] {
            std::fs::create_dir_all(dir.join(name)).map_err(|e| broken(name)(&e))?;
        }
        tsumugu_durable::write_atomic(&dir.join("passphrase"), PASSPHRASE.as_bytes())
            .map_err(|e| broken("passphrase")(&e))?;

        let listen = free_address().map_err(|e| broken("port")(&e))?;
        let origin = ORIGIN.parse().map_err(|e| broken("origin")(&e))?;
        let public = listen.to_string().parse().ok();
        let made = init(&dir.join("server"), &origin, listen, public, clock.now_ms())
            .map_err(|e| broken("server init")(&e))?;
        let (stop, server) = start(dir.join("server"), clock)?;
        let program = std::env::current_exe().map_err(|e| broken("program")(&e))?;
        let code = format!("{}#{}", made.address, made.code);
        Ok(Self { dir: dir.to_owned(), program, code, stop, server })
    }

    /// Someone of the story.
    pub(super) fn person(&self, home: &'static str) -> Person<'_> {
        Person { dir: &self.dir, program: &self.program, home }
    }

    /// The folder.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Stops the exchange; it writes its tiles.
    pub(super) fn close(self) -> Result<Closed, Failure> {
        // The server may have ended by itself: then joining says why.
        let _ = self.stop.send(());
        match self.server.join() {
            Ok(Ok(())) => Ok(Closed { dir: self.dir, program: self.program }),
            Ok(Err(error)) => {
                Err(Failure::new("demo.failed").with("step", format!("server: {error}")))
            }
            Err(_) => Err(Failure::new("demo.failed").with("step", "server")),
        }
    }
}

impl Closed {
    /// Someone without a home, to check things offline.
    pub(super) fn anyone(&self) -> Person<'_> {
        Person { dir: &self.dir, program: &self.program, home: "out" }
    }
}

impl Person<'_> {
    /// Runs a command, shows it, and gives its JSON document.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Value, Failure> {
        show(self.home, arguments);
        let ended = self.ended(&["--json"], arguments)?;
        let out = String::from_utf8_lossy(&ended.stdout);
        let last = out.lines().last().unwrap_or_default();
        let failed = |why: String| Failure::new("demo.failed").with("step", why);
        let said: Value = serde_json::from_str(last)
            .map_err(|error| failed(format!("{} {}: {error}", self.home, arguments.join(" "))))?;
        // What only reads the log names leaves that were shown when they were made.
        if !matches!(arguments.first(), Some(&"evidence" | &"verify" | &"log")) {
            show_receipts(&said);
        }
        Ok(said)
    }

    /// Runs a command, shows it, and gives what a person would read.
    pub(super) fn page(&self, arguments: &[&str]) -> Result<String, Failure> {
        show(self.home, arguments);
        let ended = self.ended(&[], arguments)?;
        Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
    }

    fn ended(&self, first: &[&str], arguments: &[&str]) -> Result<Output, Failure> {
        let mut command = Command::new(self.program);
        command.arg("--home").arg(self.dir.join(self.home)).args(first).args(arguments);
        command.env(FILE_VARIABLE, self.dir.join("passphrase"));
        let failed = |why: String| Failure::new("demo.failed").with("step", why);
        let ended = command.output().map_err(|error| failed(error.to_string()))?;
        if ended.status.success() {
            return Ok(ended);
        }
        let (out, said) =
            (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        let last = out.lines().last().unwrap_or_default();
        Err(failed(format!("{} {}: {last} {said}", self.home, arguments.join(" "))))
    }

    /// A file in the home.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.dir.join(self.home).join(name)
    }
}

/// The command as a person would type it.
#[allow(clippy::print_stderr)]
fn show(home: &str, arguments: &[&str]) {
    let quoted: Vec<String> = arguments
        .iter()
        .map(|a| if a.contains([' ', '#', '　']) { format!("\"{a}\"") } else { (*a).to_owned() })
        .collect();
    eprintln!("[{home}] tsumugu {}", quoted.join(" "));
}

/// Each leaf that the command's verified receipts name.
#[allow(clippy::print_stderr)]
fn show_receipts(said: &Value) {
    match said {
        Value::Object(fields) => {
            let time = ["time", "logged"].iter().find_map(|key| fields.get(*key)?.as_str());
            if let Some(index) = fields.get("index").and_then(Value::as_u64) {
                let what =
                    ["what", "state", "answer"].iter().find_map(|key| fields.get(*key)?.as_str());
                let line = format!(
                    "    受領証 / receipt #{index} {} {}",
                    time.unwrap_or_default(),
                    what.unwrap_or_default()
                );
                eprintln!("{}", line.trim_end());
            }
            fields.values().for_each(show_receipts);
        }
        Value::Array(items) => items.iter().for_each(show_receipts),
        _ => {}
    }
}

/// A port that is free now. Another program could take it before the server does; then the demo says so.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

type Running = (oneshot::Sender<()>, JoinHandle<Result<(), RunError>>);

fn start(dir: PathBuf, clock: Arc<dyn Clock>) -> Result<Running, Failure> {
    let failed = |why: String| Failure::new("demo.failed").with("step", format!("server: {why}"));
    let (stop, stopping) = oneshot::channel();
    let (ready, is_ready) = std::sync::mpsc::channel();
    let server = std::thread::Builder::new()
        .name("exchange".into())
        .spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()
                .map_err(RunError::Listen)?;
            runtime.block_on(async {
                let server = Server::open(&dir, clock).await?;
                // Nobody waits any more only when the demo has failed already.
                let _ = ready.send(());
                server.serve(async { drop(stopping.await) }).await
            })
        })
        .map_err(|error| failed(error.to_string()))?;
    if is_ready.recv().is_err() {
        return Err(match server.join() {
            Ok(Err(error)) => failed(error.to_string()),
            _ => failed("it did not start".to_owned()),
        });
    }
    Ok((stop, server))
}
