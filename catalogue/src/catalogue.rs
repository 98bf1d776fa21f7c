//! The checked forms.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use crate::{
    CodeList, Draft, Fee, FilledForm, Finding, Form, FormError, Format, Holidays, NumberSystem,
    Phase, Role, ServiceCode, SkipReason, Step, careplan::PlanFile, check::Built, filled,
};

/// The files of the built-in catalogue: name and text.
const FILES: &[(&str, &str)] = &[
    ("careplan.toml", include_str!("../data/careplan.toml")),
    ("characters.toml", include_str!("../data/characters.toml")),
    ("codes.toml", include_str!("../data/codes.toml")),
    ("sources.toml", include_str!("../data/sources.toml")),
    ("flow.toml", include_str!("../data/flow.toml")),
    ("flow/1-peace.toml", include_str!("../data/flow/1-peace.toml")),
    ("flow/2-planned.toml", include_str!("../data/flow/2-planned.toml")),
    ("flow/3-admission.toml", include_str!("../data/flow/3-admission.toml")),
    ("flow/4-stay.toml", include_str!("../data/flow/4-stay.toml")),
    ("flow/5-before-discharge.toml", include_str!("../data/flow/5-before-discharge.toml")),
    ("flow/6-discharge.toml", include_str!("../data/flow/6-discharge.toml")),
    ("flow/7-after.toml", include_str!("../data/flow/7-after.toml")),
    ("flow/8-exception.toml", include_str!("../data/flow/8-exception.toml")),
    ("holidays.toml", include_str!("../data/holidays.toml")),
    ("fees/1-care-admission.toml", include_str!("../data/fees/1-care-admission.toml")),
    ("fees/2-care-discharge.toml", include_str!("../data/fees/2-care-discharge.toml")),
    ("fees/3-care-other.toml", include_str!("../data/fees/3-care-other.toml")),
    ("fees/4-medical.toml", include_str!("../data/fees/4-medical.toml")),
    (
        "sheets/mhlw-admission-info-r6.toml",
        include_str!("../data/sheets/mhlw-admission-info-r6.toml"),
    ),
    (
        "sheets/mhlw-discharge-record.toml",
        include_str!("../data/sheets/mhlw-discharge-record.toml"),
    ),
    ("sheets/chiba-renkei-a.toml", include_str!("../data/sheets/chiba-renkei-a.toml")),
    ("sheets/chiba-renkei-b.toml", include_str!("../data/sheets/chiba-renkei-b.toml")),
    ("sheets/nagareyama-renkei.toml", include_str!("../data/sheets/nagareyama-renkei.toml")),
    ("notices/notice-admission.toml", include_str!("../data/notices/notice-admission.toml")),
    ("notices/notice-cm-inquiry.toml", include_str!("../data/notices/notice-cm-inquiry.toml")),
    ("notices/notice-conference.toml", include_str!("../data/notices/notice-conference.toml")),
    (
        "notices/notice-discharge-date.toml",
        include_str!("../data/notices/notice-discharge-date.toml"),
    ),
    ("notices/notice-transfer.toml", include_str!("../data/notices/notice-transfer.toml")),
    ("notices/notice-death.toml", include_str!("../data/notices/notice-death.toml")),
    ("notices/notice-careplan.toml", include_str!("../data/notices/notice-careplan.toml")),
    ("notices/notice-after.toml", include_str!("../data/notices/notice-after.toml")),
    ("notices/test-letter.toml", include_str!("../data/notices/test-letter.toml")),
];

/// A region's forms, flow and fee rules, checked: it comes only out of [`Draft::into_catalogue`].
#[derive(Debug)]
pub struct Catalogue {
    draft: Draft,
    built: Built,
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
        self.built.forms.iter().map(AsRef::as_ref)
    }

    /// The form with this id, in its newest version: the last in the order of the files.
    pub fn form(&self, id: &str) -> Option<&Form> {
        self.shared_form(id).map(AsRef::as_ref)
    }

    /// The form with this id in this version, which need not be the newest.
    pub fn edition(&self, id: &str, version: &str) -> Option<&Form> {
        self.shared_forms(id).map(AsRef::as_ref).find(|form| form.version == version)
    }

    /// The fee rules, in the order of their files.
    pub fn fees(&self) -> &[Fee] {
        &self.built.fees
    }

    /// The fee with this id, such as `care.admission-info.1`.
    pub fn fee(&self, id: &str) -> Option<&Fee> {
        self.built.fees.iter().find(|fee| fee.id == id)
    }

    /// The phases of the flow with their steps, in the order of their files.
    pub fn phases(&self) -> &[Phase] {
        &self.built.phases
    }

    /// Every step of the flow, in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.built.phases.iter().flat_map(|phase| &phase.steps)
    }

    /// The step with this id, such as `adm.send-info`.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps().find(|step| step.id == id)
    }

    /// The national holidays; none if the region's files have no calendar.
    pub fn holidays(&self) -> Option<&Holidays> {
        self.built.holidays.as_ref()
    }

    /// The shared lists of options, with the codes of the national tables.
    pub fn lists(&self) -> &[CodeList] {
        &self.built.lists
    }

    /// The list with this id, such as `care_level`.
    pub fn list(&self, id: &str) -> Option<&CodeList> {
        self.built.lists.iter().find(|list| list.id == id)
    }

    /// Kinds of numbers that name institutions and persons.
    pub fn numbers(&self) -> &[NumberSystem] {
        &self.built.numbers
    }

    /// The codes by which fees are billed.
    pub fn service_codes(&self) -> &[ServiceCode] {
        &self.built.service_codes
    }

    /// Who takes part in the flow.
    pub fn roles(&self) -> &[Role] {
        &self.built.roles
    }

    /// The role with this id.
    pub fn role(&self, id: &str) -> Option<&Role> {
        self.built.roles.iter().find(|role| role.id == id)
    }

    /// Why a step may be left out.
    pub fn skip_reasons(&self) -> &[SkipReason] {
        &self.built.skip_reasons
    }

    /// What a source is that a form, field, step or fee cites, and its address if it has one.
    pub fn source(&self, id: &str) -> Option<(&str, Option<&str>)> {
        let source = self.draft.sources.iter().find(|source| source.entry.id == id)?;
        Some((&source.entry.what, source.entry.address.as_deref()))
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

    /// What stands in for a character outside of JIS X 0208.
    pub(crate) fn characters(&self) -> &BTreeMap<char, char> {
        &self.built.characters
    }

    /// The kinds of care plan files.
    pub(crate) fn care_plan_files(&self) -> &[PlanFile] {
        &self.built.care_plan
    }

    pub(crate) fn checked(draft: Draft, built: Built) -> Self {
        Self { draft, built }
    }

    /// Every version of the form with this id, oldest first.
    pub(crate) fn shared_forms(&self, id: &str) -> impl Iterator<Item = &Arc<Form>> {
        self.built.forms.iter().filter(move |form| form.id == id)
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
            ("mhlw-admission-info-r6", 163),
            ("mhlw-discharge-record", 47),
            ("chiba-renkei-a", 53),
            ("chiba-renkei-b", 54),
            ("nagareyama-renkei", 36),
            ("notice-admission", 6),
            ("notice-cm-inquiry", 5),
            ("notice-conference", 9),
            ("notice-discharge-date", 4),
            ("notice-transfer", 4),
            ("notice-death", 2),
            ("notice-careplan", 2),
            ("notice-after", 3),
            ("test-letter", 2),
        ];
        assert_eq!(counts, expected);
    }
}
