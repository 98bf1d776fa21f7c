//! What this office calls its PCs. It stays in this vault: the log shows ids only.

use serde::{Deserialize, Serialize};
use tsumugu_trust::value::Id;

use crate::failure::Failure;
use crate::vault::Vault;

/// The folder of labels in the vault.
const RECORDS: &str = "terminal-label";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    label: String,
}

/// What a terminal is called here.
///
/// # Errors
/// As [`Vault::read_json`].
pub fn label_of(vault: &Vault, terminal: Id) -> Result<Option<String>, Failure> {
    Ok(vault.read_json::<Label>(&path(terminal))?.map(|stored| stored.label))
}

/// Calls a terminal so.
///
/// # Errors
/// As [`Vault::write_json`].
pub fn set_label(vault: &Vault, terminal: Id, label: &str) -> Result<(), Failure> {
    Ok(vault.write_json(&path(terminal), &Label { label: label.to_owned() })?)
}

fn path(terminal: Id) -> String {
    format!("{RECORDS}/{terminal}")
}
