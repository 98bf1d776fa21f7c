//! The flow as it stands in TOML.

use serde::Deserialize;

/// `flow.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPeople {
    #[serde(default)]
    pub(crate) role: Vec<RawRole>,
    #[serde(default)]
    pub(crate) skip_reason: Vec<RawSkipReason>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawRole {
    pub(crate) id: String,
    pub(crate) side: String,
    pub(crate) ja: String,
    pub(crate) en: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSkipReason {
    pub(crate) id: String,
    pub(crate) ja: String,
    pub(crate) en: String,
}
