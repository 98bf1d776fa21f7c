//! The catalogue's files as they stand in TOML, before the check.

mod careplan;
mod fees;
mod flow;
mod forms;
mod holidays;

use serde::Deserialize;

use crate::{
    Catalogue, Finding, check,
    limits::{MAX_CATALOGUE_FILE_BYTES, MAX_CATALOGUE_FILES},
    text::position,
};

pub(crate) use careplan::{RawPlanColumn, RawPlanFile};
pub(crate) use fees::{RawAmount, RawCounter, RawDeadline, RawEdition, RawEvidence, RawFee};
pub(crate) use flow::{RawPhase, RawRole, RawSkipReason, RawStep, RawTiming};
pub(crate) use forms::{
    RawCharacters, RawCondition, RawField, RawForm, RawList, RawNumberSystem, RawServiceCode,
    RawSource,
};
pub(crate) use holidays::{RawEquinox, RawHoliday, RawHolidays, RawMonthRule};

use careplan::RawCarePlan;
use fees::RawFees;
use flow::RawPeople;
use forms::{RawCodes, RawRespellings, RawSources};

/// A catalogue's files, read but not checked. [`Draft::into_catalogue`] is the check.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub(crate) lists: Vec<In<RawList>>,
    pub(crate) sources: Vec<In<RawSource>>,
    pub(crate) characters: Vec<In<RawCharacters>>,
    pub(crate) care_plan: Vec<In<RawPlanFile>>,
    pub(crate) forms: Vec<In<RawForm>>,
    pub(crate) roles: Vec<In<RawRole>>,
    pub(crate) skip_reasons: Vec<In<RawSkipReason>>,
    pub(crate) fees: Vec<In<RawFee>>,
    pub(crate) numbers: Vec<In<RawNumberSystem>>,
    pub(crate) service_codes: Vec<In<RawServiceCode>>,
    pub(crate) phases: Vec<In<RawPhase>>,
    /// At most one is sound; every one is kept, so that the check can tell.
    pub(crate) holidays: Vec<In<RawHolidays>>,
}

impl Draft {
    /// Reads a catalogue's files, each a name and its text. The name tells what is in it, with or
    /// without the folder before it: `codes.toml` code systems, `sources.toml` sources, `flow.toml`
    /// roles and reasons to skip, `flow/….toml` a phase with its steps, `fees/….toml` fee rules,
    /// `holidays.toml` holidays, `characters.toml` spellings, `careplan.toml` columns of
    /// care plan files, every other one a form.
    ///
    /// # Errors
    /// The first file that is not TOML of that shape; keys that the shape does not know are refused.
    /// Too many files, and files that are too long.
    pub fn parse(files: &[(&str, &str)]) -> Result<Self, DraftError> {
        let mut draft = Self::default();
        for (at, (name, text)) in files.iter().enumerate() {
            let whole = |detail: String| DraftError {
                file: (*name).to_owned(),
                line: 1,
                column: 1,
                detail,
            };
            if at >= MAX_CATALOGUE_FILES {
                return Err(whole(format!("more than {MAX_CATALOGUE_FILES} files")));
            }
            if text.len() > MAX_CATALOGUE_FILE_BYTES {
                return Err(whole(format!("more than {MAX_CATALOGUE_FILE_BYTES} bytes")));
            }
            draft.add(name, text)?;
        }
        Ok(draft)
    }

    /// Everything that is wrong with the draft, by kind of file and then in file order; empty if
    /// nothing is.
    pub fn check(&self) -> Vec<Finding> {
        check::build(self).1
    }

    /// The checked catalogue.
    ///
    /// # Errors
    /// The findings of [`Draft::check`], at least one.
    pub fn into_catalogue(self) -> Result<Catalogue, Vec<Finding>> {
        let (built, findings) = check::build(&self);
        if findings.is_empty() { Ok(Catalogue::checked(self, built)) } else { Err(findings) }
    }

    fn add(&mut self, name: &str, text: &str) -> Result<(), DraftError> {
        let mut path = name.rsplit('/');
        match (path.next().unwrap_or_default(), path.next()) {
            ("codes.toml", _) => {
                let RawCodes { list, number, service_code } = read(name, text)?;
                extend(&mut self.lists, name, list);
                extend(&mut self.numbers, name, number);
                extend(&mut self.service_codes, name, service_code);
            }
            ("careplan.toml", _) => {
                extend(&mut self.care_plan, name, read::<RawCarePlan>(name, text)?.file);
            }
            ("characters.toml", _) => {
                let groups = read::<RawRespellings>(name, text)?.characters;
                extend(&mut self.characters, name, groups);
            }
            ("holidays.toml", _) => extend(&mut self.holidays, name, vec![read(name, text)?]),
            ("sources.toml", _) => {
                extend(&mut self.sources, name, read::<RawSources>(name, text)?.source);
            }
            ("flow.toml", _) => {
                let RawPeople { role, skip_reason } = read(name, text)?;
                extend(&mut self.roles, name, role);
                extend(&mut self.skip_reasons, name, skip_reason);
            }
            (_, Some("flow")) => extend(&mut self.phases, name, vec![read(name, text)?]),
            (_, Some("fees")) => extend(&mut self.fees, name, read::<RawFees>(name, text)?.fee),
            _ => extend(&mut self.forms, name, vec![read(name, text)?]),
        }
        Ok(())
    }
}

/// An entry and the file it stands in.
#[derive(Clone, Debug)]
pub(crate) struct In<T> {
    pub(crate) file: String,
    pub(crate) entry: T,
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

fn extend<T>(all: &mut Vec<In<T>>, file: &str, entries: Vec<T>) {
    all.extend(entries.into_iter().map(|entry| In { file: file.to_owned(), entry }));
}

fn read<T: for<'de> Deserialize<'de>>(name: &str, text: &str) -> Result<T, DraftError> {
    toml::from_str(text).map_err(|error| {
        let (line, column) = position(text, error.span().map_or(0, |span| span.start));
        DraftError { file: name.to_owned(), line, column, detail: error.message().to_owned() }
    })
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
        let error = Draft::parse(&[("data/fees/x.toml", "[[fee]]\nid = 1\n")]).unwrap_err();
        assert_eq!((error.file.as_str(), error.line), ("data/fees/x.toml", 2));
    }

    #[test]
    fn files_keep_their_limits() {
        let names: Vec<String> =
            (0..=MAX_CATALOGUE_FILES).map(|at| format!("fees/{at}.toml")).collect();
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
        assert!(Draft::parse(&files[1..]).is_ok());
        assert!(Draft::parse(&files).is_err());
        let text = "#".repeat(MAX_CATALOGUE_FILE_BYTES);
        assert!(Draft::parse(&[("fees/x.toml", &text)]).is_ok());
        assert!(Draft::parse(&[("fees/x.toml", &format!("{text}#"))]).is_err());
    }
}
