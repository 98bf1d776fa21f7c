//! What the agent tells others of itself: `agent/state.json` in the home folder. It names nobody and
//! holds no letter, so that it can be read without the passphrase.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tsumugu_durable::DiskError;
use tsumugu_durable::atomic::{create_dir_durable, read_limited, write_atomic};

use super::place::folder;
use crate::context::Context;
use crate::failure::Failure;
use crate::messages::Sentence;

/// Longest state file that is read, in bytes.
pub(crate) const MAX_STATE: u64 = 64 * 1024;

/// How the agent is, as it last wrote it. Times are ISO 8601, by this PC's clock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentState {
    /// When it started.
    pub started: Option<String>,
    /// When it stopped by itself or was told to; nothing while it runs, or after a crash.
    pub stopped: Option<String>,
    /// Since when it is connected; nothing while it is not.
    pub connected_since: Option<String>,
    /// When the clear chain was last brought up to date.
    pub last_sync: Option<String>,
    /// Entries of the outbox that wait.
    pub waiting: usize,
    /// Entries of the outbox that the exchange refused.
    pub refused: usize,
    /// Letters that are still at the exchange.
    pub unfetched: usize,
    /// Letters that came and could not be written into the folder yet.
    pub unsaved: usize,
    /// Why; it stays until a letter was written.
    pub save_failure: Option<StateFailure>,
    /// What went wrong last, unless a connection was made since.
    pub last_failure: Option<StateFailure>,
    /// The last test letter of the day.
    pub canary: Option<CanaryState>,
}

/// A failure and its remedy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateFailure {
    /// When.
    pub at: String,
    /// Key of the message, such as `connection.refused`.
    pub key: String,
    /// What, in Japanese.
    pub ja: String,
    /// What, in English.
    pub en: String,
    /// What to do, in Japanese.
    pub remedy_ja: String,
    /// What to do, in English.
    pub remedy_en: String,
}

/// How the last test letter of the day went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanaryState {
    /// When it was sent.
    pub at: String,
    /// Whether every link worked.
    pub ok: bool,
    /// Milliseconds from sending it to the reply.
    pub took_ms: Option<u64>,
    /// The first link that did not work: `exchange`, `delivery`, `answer` or `reply`.
    pub failed: Option<String>,
}

impl StateFailure {
    /// A failure at a time.
    #[must_use]
    pub fn of(failure: &Failure, at: String) -> Self {
        let said = failure.sentence();
        Self {
            at,
            key: failure.key().to_owned(),
            ja: said.ja(),
            en: said.en(),
            remedy_ja: said.remedy_ja(),
            remedy_en: said.remedy_en(),
        }
    }
}

impl AgentState {
    /// As it was last written; nothing where there is none, or none that this program reads.
    #[must_use]
    pub fn load(home: &Path) -> Option<Self> {
        serde_json::from_slice(&read_limited(&file(home), MAX_STATE).ok()?).ok()
    }

    /// Writes it in one step.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn save(&self, home: &Path) -> Result<(), DiskError> {
        create_dir_durable(&folder(home))?;
        // Strings, numbers and nothing else: it is always JSON.
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        write_atomic(&file(home), (text + "\n").as_bytes())
    }
}

/// Says to whoever runs a command what an unattended agent could tell nobody: that it had to end,
/// that letters are not in the folder where people look for them, and that the last test letter of the
/// day did not come through.
pub(crate) fn tell_troubles(ctx: &Context) {
    let Some(state) = AgentState::load(ctx.home()) else { return };
    let by_itself = state.stopped.is_some();
    if let (true, Some(failure)) = (by_itself, &state.last_failure) {
        let said = Sentence::new("agent.note-stopped").with("reason", &failure.key);
        ctx.note(&said.with("time", &failure.at));
    }
    if let Some(failure) = &state.save_failure {
        let said = Sentence::new("agent.note-unsaved").with("reason", &failure.key);
        ctx.note(&said.with("time", &failure.at));
    }
    if let Some(canary) = state.canary.filter(|canary| !canary.ok) {
        let link = canary.failed.unwrap_or_default();
        ctx.note(&Sentence::new("agent.note-canary").with("link", link).with("time", canary.at));
    }
}

fn file(home: &Path) -> PathBuf {
    folder(home).join("state.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_back_and_rubbish_is_none() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(AgentState::load(home.path()), None);
        let failure = StateFailure::of(&Failure::new("connection.lost"), "t".to_owned());
        let state = AgentState { waiting: 2, last_failure: Some(failure), ..Default::default() };
        state.save(home.path()).unwrap();
        assert_eq!(AgentState::load(home.path()), Some(state));
        for rubbish in ["", "{", "7", "{\"waiting\":-1}"] {
            std::fs::write(file(home.path()), rubbish).unwrap();
            assert_eq!(AgentState::load(home.path()), None, "{rubbish}");
        }
        // Written by a newer program: what is known of it is read.
        std::fs::write(file(home.path()), "{\"waiting\":1,\"newer\":true}").unwrap();
        assert_eq!(AgentState::load(home.path()).unwrap().waiting, 1);
        std::fs::write(file(home.path()), " ".repeat(MAX_STATE as usize + 1)).unwrap();
        assert_eq!(AgentState::load(home.path()), None);
    }
}
