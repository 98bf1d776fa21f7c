//! The columns of care plan files as they stand in TOML.

use serde::Deserialize;

/// `careplan.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCarePlan {
    #[serde(default)]
    pub(crate) file: Vec<RawPlanFile>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPlanFile {
    pub(crate) id: String,
    pub(crate) prefix: String,
    pub(crate) title_ja: String,
    pub(crate) title_en: String,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) cites: Vec<String>,
    pub(crate) note: Option<String>,
    /// The field that takes a row of the file each, by the columns' `cell`.
    pub(crate) rows: Option<String>,
    pub(crate) columns: Vec<RawPlanColumn>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPlanColumn {
    pub(crate) name: String,
    pub(crate) field: Option<String>,
    pub(crate) cell: Option<String>,
    pub(crate) list: Option<String>,
    #[serde(rename = "as")]
    pub(crate) as_: Option<String>,
    pub(crate) means: Option<String>,
    pub(crate) source: String,
}
