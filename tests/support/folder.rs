//! The server's folder.

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tsumugu_server::ca::IssuingCa;
use tsumugu_server::check::{Checked, check};
use tsumugu_server::init::init;
use tsumugu_server::settings::{Limits, Settings};
use tsumugu_trust::code::Code;
use tsumugu_trust::note::VerifyingKey;
use tsumugu_trust::value::Origin;

pub const ORIGIN: &str = "exchange.test/east";

/// A folder made by `init`, and what `init` prints.
#[derive(Debug)]
pub struct Folder {
    pub path: PathBuf,
    pub origin: Origin,
    pub code: Code,
    pub log_key: VerifyingKey,
    pub ca_pin: [u8; 32],
    _temporary: TempDir,
}

impl Folder {
    pub fn new(now_ms: u64) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let path = temporary.path().join("exchange");
        let origin: Origin = ORIGIN.parse().unwrap();
        let made = init(&path, &origin, "127.0.0.1:0".parse().unwrap(), None, now_ms).unwrap();
        let ca_pin = IssuingCa::load(&path, ORIGIN).unwrap().pin();
        let log_key = made.vkey.parse().unwrap();
        Self { path, origin, code: made.code, log_key, ca_pin, _temporary: temporary }
    }

    /// Writes the settings anew. For the next start.
    pub fn limits(&self, change: impl FnOnce(&mut Limits)) {
        self.settings(|settings| change(&mut settings.limits));
    }

    /// Writes the settings anew. For the next start.
    pub fn settings(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = Settings::load(&self.path).unwrap();
        change(&mut settings);
        std::fs::write(self.path.join("settings.toml"), settings.to_toml()).unwrap();
    }

    /// The issuing CA: what a thief of the server's disk could mint.
    pub fn ca(&self) -> IssuingCa {
        IssuingCa::load(&self.path, ORIGIN).unwrap()
    }

    /// `tsumugu-server check`, while no server runs.
    pub fn check(&self, rebuild: bool) -> Checked {
        check(&self.path, rebuild).unwrap()
    }

    /// The journal's newest segment.
    pub fn segment(&self) -> PathBuf {
        let entries = std::fs::read_dir(self.path.join("journal")).unwrap();
        let segments = entries.map(|entry| entry.unwrap().path());
        let is_segment = |path: &PathBuf| path.extension().is_some_and(|e| e == "journal");
        segments.filter(is_segment).max().unwrap()
    }

    /// Copies a part of the folder away, or back.
    pub fn copy(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                Self::copy(&entry.path(), &target);
            } else {
                std::fs::copy(entry.path(), target).unwrap();
            }
        }
    }
}
