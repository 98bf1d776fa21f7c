//! The exchange under load: a process of its own, so that its memory and time are its own.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tsumugu_durable::clock::SystemClock;
use tsumugu_server::run::Server;

use super::Outcome;

/// The file in which the server says where it listens.
const ADDRESS: &str = "address";
/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often its address is looked for.
const LOOK: Duration = Duration::from_millis(10);

/// A running exchange. Dropped, it is killed: nobody needs what it holds.
#[derive(Debug)]
pub(super) struct Exchange {
    child: Child,
    pub(super) address: String,
}

/// What a process has used so far. Read from Linux's /proc; elsewhere there are no figures.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cost {
    /// Processor time, user and system, in seconds.
    pub(super) cpu_s: Option<f64>,
    /// Most resident memory so far, in KiB.
    pub(super) peak_rss_kib: Option<u64>,
}

impl Exchange {
    /// Starts this program again as the server of an initialised folder.
    pub(super) fn start(dir: &Path) -> Outcome<Self> {
        let file = dir.join(ADDRESS);
        let child = Command::new(std::env::current_exe()?)
            .arg("--serve")
            .arg(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(dir.join("errors.txt"))?)
            .spawn()?;
        let mut started = Self { child, address: String::new() };
        for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
            if let Ok(address) = std::fs::read_to_string(&file) {
                started.address = address;
                return Ok(started);
            }
            if let Some(status) = started.child.try_wait()? {
                let said = std::fs::read_to_string(dir.join("errors.txt"))?;
                return Err(format!("the server ended: {status} {said}").into());
            }
            std::thread::sleep(LOOK);
        }
        Err("the server did not start".into())
    }

    /// What the server has used so far.
    pub(super) fn cost(&self) -> Cost {
        Cost::of(&self.child.id().to_string())
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Cost {
    /// Of this process.
    pub(super) fn own() -> Self {
        Self::of("self")
    }

    /// How much the most memory grew, in KiB.
    pub(super) fn growth_since(&self, earlier: &Self) -> Option<u64> {
        Some(self.peak_rss_kib?.saturating_sub(earlier.peak_rss_kib?))
    }

    fn of(process: &str) -> Self {
        let folder = PathBuf::from("/proc").join(process);
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let (status, stat) = (read("status"), read("stat"));
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Self { cpu_s: cpu_seconds(&stat), peak_rss_kib: field("VmHWM:") }
    }
}

/// Fields 14 and 15 of /proc/PID/stat (proc(5)), in ticks of a hundredth of a second on Linux.
fn cpu_seconds(stat: &str) -> Option<f64> {
    // The second field, the program's name in brackets, may hold spaces.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / 100.0)
}

/// The server's process: runs until it is killed.
pub(super) fn serve(dir: &Path) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::open(dir, SystemClock::shared()).await?;
        let address = server.address()?.to_string();
        tsumugu_durable::write_atomic(&dir.join(ADDRESS), address.as_bytes())?;
        server.serve(std::future::pending()).await?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_read_behind_a_name_with_spaces() {
        let stat = "7 (tsumugu load) x) S 1 7 7 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 9 0 1 2 3";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(cpu_seconds(""), None);
    }
}
