//! Fee rules as they stand in TOML.

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawFees {
    #[serde(default)]
    pub(crate) fee: Vec<RawFee>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawFee {
    pub(crate) id: String,
    pub(crate) side: String,
    pub(crate) name_ja: String,
    pub(crate) name_en: String,
    pub(crate) claimed_by: String,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) cites: Vec<String>,
    pub(crate) note: Option<String>,
    #[serde(default)]
    pub(crate) edition: Vec<RawEdition>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawEdition {
    pub(crate) version: String,
    pub(crate) valid_from: String,
    pub(crate) valid_to: Option<String>,
    pub(crate) amount_ja: String,
    pub(crate) amounts: Vec<RawAmount>,
    #[serde(default)]
    pub(crate) service_codes: Vec<String>,
    pub(crate) per_month: Option<u32>,
    pub(crate) per_stay: Option<u32>,
    #[serde(default)]
    pub(crate) excludes: Vec<String>,
    #[serde(default)]
    pub(crate) excluded_care_levels: Vec<String>,
    pub(crate) interviews: Option<RawInterviews>,
    pub(crate) professions_at_least: Option<u32>,
    #[serde(default)]
    pub(crate) counters: Vec<RawCounter>,
    pub(crate) rule_ja: String,
    pub(crate) rule_en: String,
    pub(crate) limits_ja: Option<String>,
    pub(crate) limits_en: Option<String>,
    pub(crate) proof: String,
    pub(crate) proof_ja: String,
    pub(crate) proof_en: String,
    pub(crate) evidence: Vec<RawEvidence>,
    #[serde(default)]
    pub(crate) deadline: Vec<RawDeadline>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawAmount {
    pub(crate) value: f64,
    pub(crate) unit: String,
    pub(crate) what_ja: Option<String>,
    pub(crate) source: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawInterviews {
    pub(crate) at_least: u32,
    pub(crate) conferences: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCounter {
    pub(crate) id: String,
    pub(crate) ja: String,
    pub(crate) en: String,
    pub(crate) at_least: u32,
    pub(crate) from_month: Option<u8>,
    pub(crate) source: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawEvidence {
    pub(crate) ja: String,
    pub(crate) en: String,
    pub(crate) log: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawDeadline {
    pub(crate) act: String,
    pub(crate) anchor: String,
    pub(crate) last_day: i64,
    pub(crate) chronic_last_day: Option<i64>,
    pub(crate) before_counts: bool,
    pub(crate) after_hours: Option<String>,
    pub(crate) non_business_day: Option<String>,
    pub(crate) rollover: Option<String>,
    #[serde(default)]
    pub(crate) rollover_when: Vec<String>,
    pub(crate) source: String,
    pub(crate) note: Option<String>,
}
