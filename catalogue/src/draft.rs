//! The catalogue's files as they stand in TOML, before the check.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Catalogue, Finding, build, text::position};

/// A catalogue's files, read but not checked. [`Draft::into_catalogue`] is the check.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub(crate) forms: Vec<RawForm>,
    pub(crate) lists: Vec<RawList>,
    pub(crate) sources: Vec<RawSource>,
}

impl Draft {
    /// Reads a catalogue's files, each a name and its text: a file named `codes.toml` has shared
    /// lists, `sources.toml` sources, every other one a form.
    ///
    /// # Errors
    /// The first file that is not TOML of that shape; keys that the shape does not know are refused.
    pub fn parse(files: &[(&str, &str)]) -> Result<Self, DraftError> {
        let mut draft = Self::default();
        for (name, text) in files {
            match name.rsplit('/').next() {
                Some("codes.toml") => {
                    draft.lists.extend(read::<RawLists>(name, text)?.list);
                }
                Some("sources.toml") => {
                    draft.sources.extend(read::<RawSources>(name, text)?.source);
                }
                _ => draft.forms.push(read(name, text)?),
            }
        }
        Ok(draft)
    }

    /// Everything that is wrong with the draft, in file order; empty if nothing is.
    pub fn check(&self) -> Vec<Finding> {
        build::build(self).1
    }

    /// The checked catalogue.
    ///
    /// # Errors
    /// The findings of [`Draft::check`], at least one.
    pub fn into_catalogue(self) -> Result<Catalogue, Vec<Finding>> {
        let (forms, findings) = build::build(&self);
        if findings.is_empty() { Ok(Catalogue::checked(self, forms)) } else { Err(findings) }
    }
}

/// A file of the catalogue is not TOML of the expected shape.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the catalogue's file {file}, line {line}, column {column}: {detail}")]
pub struct DraftError {
    /// Name of the file as given.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// What the TOML reader says; a catalogue holds no personal data.
    pub detail: String,
}

fn read<T: for<'de> Deserialize<'de>>(name: &str, text: &str) -> Result<T, DraftError> {
    toml::from_str(text).map_err(|error| {
        let (line, column) = position(text, error.span().map_or(0, |span| span.start));
        DraftError { file: name.to_owned(), line, column, detail: error.message().to_owned() }
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLists {
    #[serde(default)]
    list: Vec<RawList>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSources {
    #[serde(default)]
    source: Vec<RawSource>,
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
    #[serde(default)]
    pub(crate) section: Vec<RawSection>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_wrong_shape_is_named_with_its_place() {
        let error =
            Draft::parse(&[("sheets/x.toml", "id = \"x\"\ncolour = \"red\"\n")]).unwrap_err();
        assert_eq!((error.file.as_str(), error.line), ("sheets/x.toml", 2));
        let error = Draft::parse(&[("codes.toml", "list = 3")]).unwrap_err();
        assert_eq!((error.file.as_str(), error.line, error.column), ("codes.toml", 1, 8));
    }
}
