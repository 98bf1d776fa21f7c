//! What every step of the story needs of a command's answer.

use std::path::Path;

use serde_json::Value;
use tsumugu_client::failure::Failure;

/// A text of an answer.
pub(super) fn text(value: &Value, key: &str) -> Result<String, Failure> {
    value[key].as_str().map(str::to_owned).ok_or_else(|| failed(key))
}

/// A path as an argument.
pub(super) fn path(path: &Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| failed("the folder's name is not UTF-8"))
}

/// The story stops here.
pub(super) fn failed(step: &str) -> Failure {
    Failure::new("demo.failed").with("step", step)
}
