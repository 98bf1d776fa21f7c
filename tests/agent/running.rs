//! An agent that runs, and what it leaves behind.

#![allow(unreachable_pub, reason = "as in the other helpers of tests")]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::people::{Person, Town};

/// Nothing here takes nearly as long; what is lost would be waited for for ever.
const PATIENCE: Duration = Duration::from_secs(120);

const LOOK: Duration = Duration::from_millis(20);

/// Waits until something is so.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "never: {what}");
        sleep(LOOK);
    }
}

/// The program, as an agent.
#[derive(Debug)]
pub struct Agent {
    home: PathBuf,
    log: PathBuf,
    child: Child,
}

impl Agent {
    /// Starts one without a test letter of the day.
    pub fn start(of: &Person, arguments: &[&str]) -> Self {
        Self::start_with(of, &[], arguments)
    }

    /// Starts one in a changed environment, such as with a crash point armed.
    pub fn start_with(of: &Person, environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let log = of.home.with_extension("agent.log");
        // What an earlier one wrote of itself is not this one's.
        let _ = std::fs::remove_file(of.home.join("agent/state.json"));
        let child = of
            .program()
            .args(["agent", "--no-canary"])
            .args(arguments)
            .envs(environment.iter().copied())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Self { home: of.home.clone(), log, child }
    }

    /// What it tells of itself; nothing where it has not yet.
    pub fn state(&self) -> Value {
        let text = std::fs::read(self.home.join("agent/state.json")).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    pub fn is_connected(&self) -> bool {
        self.state()["connected_since"].is_string()
    }

    #[track_caller]
    pub fn await_connected(&mut self) {
        until("connected", || self.is_connected() || !self.is_running());
        assert!(self.is_running(), "{}", self.log());
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and the end in good order.
    #[track_caller]
    pub fn stop(mut self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {}", self.log());
    }

    /// Waits for an end that comes by itself.
    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

/// A test that fails leaves no program behind.
impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Names of what lies in a folder, in order.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The pages in a folder, each of which has to be whole.
#[track_caller]
pub fn pages(folder: &Path) -> Vec<String> {
    let pages: Vec<String> =
        names(folder).into_iter().filter(|name| name.ends_with(".pdf")).collect();
    for name in &pages {
        let file = std::fs::read(folder.join(name)).unwrap();
        assert!(file.starts_with(b"%PDF-1.7") && file.ends_with(b"%%EOF"), "{name} is half");
    }
    pages
}

/// A new folder of a town, and its path as a text.
pub fn folder(town: &Town, name: &str) -> (PathBuf, String) {
    let folder = town.dir.join(name);
    std::fs::create_dir(&folder).unwrap();
    let text = folder.to_str().unwrap().to_owned();
    (folder, text)
}

/// Sends a notice, whether the exchange is there or not; gives its id.
#[track_caller]
pub fn notice(town: &Town, from: &Person, to: &str) -> String {
    let form = town.form("notice-admission");
    let sent = from.say(&["send", "--to", to, "--notice", &form]);
    assert!(matches!(sent.code, Some(0 | 6)), "{sent:?}");
    sent.json()["letters"][0]["id"].as_str().unwrap().to_owned()
}

/// Ids of everything that came to or went out of an office.
pub fn ids(of: &Person, command: &str) -> Vec<String> {
    let listed = of.does(&[command, "--all"]);
    let messages = listed["messages"].as_array().unwrap().iter();
    let mut ids: Vec<String> =
        messages.map(|message| message["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}
