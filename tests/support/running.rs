//! A server that runs: in this process, or as the real program.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tsumugu_durable::clock::Clock;
use tsumugu_durable::space::FreeSpace;
use tsumugu_server::ledger::Recovery;
use tsumugu_server::run::{RunError, Server};

/// How often a file that the program writes is looked for.
const LOOK: Duration = Duration::from_millis(5);

/// A server in this process.
#[derive(Debug)]
pub struct Here {
    pub address: String,
    pub recovery: Recovery,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<(), RunError>>,
}

impl Here {
    pub async fn start(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, RunError> {
        Self::serving(Server::open(dir, clock).await?)
    }

    /// Under free space that the test sets.
    pub async fn start_with(
        dir: &Path,
        clock: Arc<dyn Clock>,
        space: Arc<dyn FreeSpace>,
    ) -> Result<Self, RunError> {
        Self::serving(Server::open_with(dir, clock, space).await?)
    }

    fn serving(server: Server) -> Result<Self, RunError> {
        let address = server.address()?.to_string();
        let recovery = server.recovery().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(server.serve(async { drop(stopped.await) }));
        Ok(Self { address, recovery, stop, serving })
    }

    /// Stops as SIGTERM does.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        self.serving.await.unwrap().unwrap();
    }
}

/// The program `tsumugu-server`.
#[derive(Debug)]
pub struct Process {
    pub address: String,
    child: Child,
}

/// How the program ended without serving.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub errors: String,
}

impl Process {
    /// Starts the program in a folder and waits until it listens.
    ///
    /// # Errors
    /// How it ended, when it ended before.
    pub fn start(dir: &Path, environment: &[(&str, &str)]) -> Result<Self, Ended> {
        let address_file = dir.join("address");
        let _ = std::fs::remove_file(&address_file);
        let errors = dir.join("errors.txt");
        let mut child = program()
            .args(["run", "--dir"])
            .arg(dir)
            .arg("--address-file")
            .arg(&address_file)
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(File::create(&errors).unwrap())
            .spawn()
            .unwrap();
        loop {
            if let Ok(address) = std::fs::read_to_string(&address_file) {
                return Ok(Self { address, child });
            }
            if let Some(status) = child.try_wait().unwrap() {
                return Err(Ended { status, errors: std::fs::read_to_string(errors).unwrap() });
            }
            std::thread::sleep(LOOK);
        }
    }

    /// SIGKILL: nothing is flushed, nobody is told.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and the end in good order.
    pub fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }

    /// A signal, such as `TERM`; does not wait for what comes of it.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for an end that comes by itself, such as at a crash point.
    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

/// A test that fails leaves no program behind.
impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the program to its end, for commands other than `run`.
pub fn output(arguments: &[&str]) -> (ExitStatus, String, String) {
    let output = program().args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status, text(output.stdout), text(output.stderr))
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tsumugu-server"));
    command.env_remove("TSUMUGU_CRASH_AT").env_remove("TSUMUGU_CLOCK_OFFSET_MS");
    command
}
