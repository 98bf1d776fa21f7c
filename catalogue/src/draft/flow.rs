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

/// One file of `flow/`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPhase {
    pub(crate) phase: RawPhaseHead,
    #[serde(default)]
    pub(crate) step: Vec<RawStep>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPhaseHead {
    pub(crate) id: String,
    pub(crate) ja: String,
    pub(crate) en: String,
    pub(crate) version: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawStep {
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) name_ja: String,
    pub(crate) name_en: String,
    pub(crate) pattern: String,
    pub(crate) from: Vec<String>,
    pub(crate) to: Vec<String>,
    pub(crate) timing_ja: String,
    pub(crate) timing: Option<RawTiming>,
    #[serde(default)]
    pub(crate) forms: Vec<String>,
    #[serde(default)]
    pub(crate) fees: Vec<String>,
    pub(crate) done_by: String,
    pub(crate) next_ja: String,
    pub(crate) next_en: String,
    pub(crate) teach_ja: String,
    pub(crate) teach_en: String,
    #[serde(default)]
    pub(crate) skip_reasons: Vec<String>,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) cites: Vec<String>,
    pub(crate) note: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTiming {
    pub(crate) anchor: Option<String>,
    pub(crate) from: Option<i64>,
    pub(crate) until: Option<i64>,
    pub(crate) unit: Option<String>,
    pub(crate) recurs_days: Option<u32>,
    pub(crate) recurs_months: Option<u32>,
    #[serde(default)]
    pub(crate) rules: Vec<String>,
    pub(crate) source: Option<String>,
}
