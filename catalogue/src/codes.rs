//! Code systems: lists of options, kinds of numbers, and service codes.

use crate::{FeeSide, Source};

/// A list of options that several fields share, such as 要介護状態区分.
#[derive(Debug)]
#[non_exhaustive]
pub struct CodeList {
    /// Name of the list, such as `care_level`.
    pub id: String,
    /// In Japanese.
    pub title_ja: String,
    /// As ASCII.
    pub title_en: String,
    /// In printed order, no duplicates; the code of the national tables where there is one.
    pub options: Vec<(String, Option<String>)>,
    /// How sure the list is; none if nobody said.
    pub source: Option<Source>,
    /// Sources by id of `data/sources.toml`.
    pub cites: Vec<String>,
    /// A remark for readers of the catalogue.
    pub note: Option<String>,
}

impl CodeList {
    /// The code of an option in the national tables, such as `21` of 要介護1.
    pub fn code(&self, option: &str) -> Option<&str> {
        let found = self.options.iter().find(|(known, _)| known == option)?;
        found.1.as_deref()
    }
}

/// A kind of number that names institutions or persons, such as 介護事業所番号.
#[derive(Debug)]
#[non_exhaustive]
pub struct NumberSystem {
    /// Name of the kind.
    pub id: String,
    /// In Japanese.
    pub ja: String,
    /// As ASCII.
    pub en: String,
    /// How many digits.
    pub digits: u8,
    /// What the digits stand for: Japanese, ASCII.
    pub parts: (String, String),
    /// How sure that is.
    pub source: Source,
    /// Sources by id of `data/sources.toml`.
    pub cites: Vec<String>,
}

/// A code by which a fee is billed (サービスコード, 区分番号).
#[derive(Debug)]
#[non_exhaustive]
pub struct ServiceCode {
    /// The code, such as `436125`.
    pub code: String,
    /// Of which insurance.
    pub side: FeeSide,
    /// In Japanese.
    pub ja: String,
    /// As ASCII.
    pub en: String,
    /// Units of care insurance; none if they differ or are not known.
    pub units: Option<u32>,
    /// How sure it is.
    pub source: Source,
    /// Sources by id of `data/sources.toml`.
    pub cites: Vec<String>,
}
