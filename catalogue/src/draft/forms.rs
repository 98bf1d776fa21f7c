//! Forms, lists and sources as they stand in TOML.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCodes {
    #[serde(default)]
    pub(crate) list: Vec<RawList>,
    #[serde(default)]
    pub(crate) number: Vec<RawNumberSystem>,
    #[serde(default)]
    pub(crate) service_code: Vec<RawServiceCode>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSources {
    #[serde(default)]
    pub(crate) source: Vec<RawSource>,
}

/// `characters.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawRespellings {
    #[serde(default)]
    pub(crate) characters: Vec<RawCharacters>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCharacters {
    pub(crate) id: String,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) cites: Vec<String>,
    pub(crate) note: Option<String>,
    /// Two characters each: the one outside of JIS X 0208, and what stands in for it.
    pub(crate) pairs: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawList {
    pub(crate) id: String,
    pub(crate) title_ja: String,
    pub(crate) title_en: String,
    pub(crate) options: Vec<String>,
    /// The code of the national tables by option, where there is one.
    #[serde(default)]
    pub(crate) codes: BTreeMap<String, String>,
    pub(crate) source: Option<String>,
    #[serde(default)]
    pub(crate) cites: Vec<String>,
    pub(crate) note: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawNumberSystem {
    pub(crate) id: String,
    pub(crate) ja: String,
    pub(crate) en: String,
    pub(crate) digits: u8,
    pub(crate) parts_ja: String,
    pub(crate) parts_en: String,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) cites: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawServiceCode {
    pub(crate) code: String,
    pub(crate) side: String,
    pub(crate) ja: String,
    pub(crate) en: String,
    pub(crate) units: Option<u32>,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) cites: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSource {
    pub(crate) id: String,
    pub(crate) what: String,
    /// None for a paper without an address.
    #[serde(default)]
    pub(crate) address: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawForm {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) title_ja: String,
    pub(crate) title_en: String,
    pub(crate) version: String,
    pub(crate) edition: String,
    pub(crate) issuer: String,
    pub(crate) direction: String,
    pub(crate) pages: u32,
    pub(crate) legal_status: String,
    pub(crate) provenance: String,
    #[serde(default)]
    pub(crate) cites: Vec<String>,
    pub(crate) national: Option<RawNational>,
    #[serde(default)]
    pub(crate) section: Vec<RawSection>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawNational {
    pub(crate) form: String,
    pub(crate) source: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSection {
    pub(crate) id: String,
    pub(crate) title_ja: String,
    pub(crate) title_en: String,
    #[serde(default)]
    pub(crate) fields: Vec<RawField>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawField {
    pub(crate) id: String,
    pub(crate) label_ja: String,
    pub(crate) label_en: String,
    #[serde(rename = "type")]
    pub(crate) ty: String,
    pub(crate) options: Option<Vec<String>>,
    pub(crate) options_from: Option<String>,
    pub(crate) columns: Option<Vec<String>>,
    pub(crate) rows: Option<Vec<String>>,
    pub(crate) unit: Option<String>,
    pub(crate) required: String,
    pub(crate) when: Option<RawCondition>,
    pub(crate) filled_by: Option<String>,
    #[serde(default)]
    pub(crate) staff_only: bool,
    #[serde(default)]
    pub(crate) star: bool,
    #[serde(default)]
    pub(crate) consent: bool,
    #[serde(default)]
    pub(crate) once: bool,
    #[serde(default)]
    pub(crate) national: Vec<String>,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) cites: Vec<String>,
    pub(crate) note: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawCondition {
    pub(crate) field: String,
    pub(crate) any_of: Vec<String>,
}
