//! The checked forms.

use std::sync::{Arc, LazyLock};

use crate::{Draft, FilledForm, Finding, Form, FormError, Format, filled};

/// The files of the built-in catalogue: name and text.
const FILES: &[(&str, &str)] = &[
    ("codes.toml", include_str!("../data/codes.toml")),
    ("sources.toml", include_str!("../data/sources.toml")),
    (
        "sheets/mhlw-admission-info-r6.toml",
        include_str!("../data/sheets/mhlw-admission-info-r6.toml"),
    ),
    ("sheets/nagareyama-renkei.toml", include_str!("../data/sheets/nagareyama-renkei.toml")),
    ("notices/notice-admission.toml", include_str!("../data/notices/notice-admission.toml")),
    ("notices/notice-conference.toml", include_str!("../data/notices/notice-conference.toml")),
    (
        "notices/notice-discharge-date.toml",
        include_str!("../data/notices/notice-discharge-date.toml"),
    ),
    ("notices/test-letter.toml", include_str!("../data/notices/test-letter.toml")),
];

/// A region's forms, checked: it comes only out of [`Draft::into_catalogue`].
#[derive(Debug)]
pub struct Catalogue {
    draft: Draft,
    forms: Vec<Arc<Form>>,
}

impl Catalogue {
    /// The catalogue that this crate carries, read once.
    pub fn built_in() -> &'static Self {
        static BUILT_IN: LazyLock<Catalogue> = LazyLock::new(|| {
            Draft::parse(FILES)
                .expect("the built-in catalogue's files are TOML of the right shape")
                .into_catalogue()
                .expect("the built-in catalogue has no findings")
        });
        &BUILT_IN
    }

    /// The forms: sheets first, then notices, in the order of their files.
    pub fn forms(&self) -> impl Iterator<Item = &Form> {
        self.forms.iter().map(AsRef::as_ref)
    }

    /// The form with this id, in its newest version: the last in the order of the files.
    pub fn form(&self, id: &str) -> Option<&Form> {
        self.shared_form(id).map(AsRef::as_ref)
    }

    /// What a source is that a form or field cites, and its address if it has one.
    pub fn source(&self, id: &str) -> Option<(&str, Option<&str>)> {
        let source = self.draft.sources.iter().find(|source| source.id == id)?;
        Some((&source.what, source.address.as_deref()))
    }

    /// Runs the check of the catalogue's data again. A catalogue exists only without findings, so
    /// the list is empty; it shows an administrator that it was looked at.
    pub fn check(&self) -> Vec<Finding> {
        self.draft.check()
    }

    /// Reads a filled form of this catalogue.
    ///
    /// # Errors
    /// The first thing that is wrong with it, in the order of the form.
    pub fn parse_filled(&self, bytes: &[u8], format: Format) -> Result<FilledForm, FormError> {
        filled::parse(self, bytes, format)
    }

    /// An empty filled form, to be filled by [`FilledForm::set`].
    pub fn empty(&self, id: &str) -> Option<FilledForm> {
        self.shared_form(id).cloned().map(FilledForm::empty)
    }

    pub(crate) fn checked(draft: Draft, forms: Vec<Arc<Form>>) -> Self {
        Self { draft, forms }
    }

    /// Every version of the form with this id, oldest first.
    pub(crate) fn shared_forms(&self, id: &str) -> impl Iterator<Item = &Arc<Form>> {
        self.forms.iter().filter(move |form| form.id == id)
    }

    pub(crate) fn shared_form(&self, id: &str) -> Option<&Arc<Form>> {
        self.shared_forms(id).last()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_has_no_findings() {
        let draft = Draft::parse(FILES).unwrap();
        assert_eq!(draft.check(), []);
        assert_eq!(Catalogue::built_in().check(), []);
    }

    #[test]
    fn the_built_in_forms_have_their_fields() {
        let catalogue = Catalogue::built_in();
        let counts: Vec<_> =
            catalogue.forms().map(|form| (form.id.as_str(), form.fields().count())).collect();
        let expected = [
            ("mhlw-admission-info-r6", 162),
            ("nagareyama-renkei", 35),
            ("notice-admission", 6),
            ("notice-conference", 8),
            ("notice-discharge-date", 4),
            ("test-letter", 2),
        ];
        assert_eq!(counts, expected);
    }
}
