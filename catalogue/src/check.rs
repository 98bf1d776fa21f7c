//! The check: makes the catalogue out of a draft and says what is wrong on the way.

mod careplan;
mod characters;
mod fees;
mod flow;
mod forms;
mod holidays;
mod lists;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::civil::Date;

use crate::{
    CodeList, Fee, Finding, Form, Holidays, NumberSystem, Phase, Problem, Role, ServiceCode,
    SkipReason, careplan::PlanFile, draft::Draft, words::Word,
};

/// What a draft makes. It is whole only if there is no finding.
#[derive(Debug, Default)]
pub(crate) struct Built {
    pub(crate) forms: Vec<Arc<Form>>,
    pub(crate) roles: Vec<Role>,
    pub(crate) skip_reasons: Vec<SkipReason>,
    pub(crate) fees: Vec<Fee>,
    pub(crate) lists: Vec<CodeList>,
    /// What stands in for a character outside of JIS X 0208.
    pub(crate) characters: BTreeMap<char, char>,
    pub(crate) care_plan: Vec<PlanFile>,
    pub(crate) numbers: Vec<NumberSystem>,
    pub(crate) service_codes: Vec<ServiceCode>,
    pub(crate) phases: Vec<Phase>,
    pub(crate) holidays: Option<Holidays>,
}

/// What the draft makes, and every finding.
pub(crate) fn build(draft: &Draft) -> (Built, Vec<Finding>) {
    let mut check = Check { draft, file: String::new(), findings: Vec::new() };
    let lists = check.lists();
    let numbers = check.numbers();
    let service_codes = check.service_codes();
    check.sources();
    let characters = check.characters();
    let care_plan = check.care_plan();
    let forms = check.forms();
    let roles = check.roles();
    let skip_reasons = check.skip_reasons();
    let phases = check.phases();
    let fees = check.fees();
    let holidays = check.holidays();
    let built = Built {
        forms,
        roles,
        skip_reasons,
        fees,
        lists,
        characters,
        care_plan,
        numbers,
        service_codes,
        phases,
        holidays,
    };
    (built, check.findings)
}

struct Check<'a> {
    draft: &'a Draft,
    /// Where what is looked at stands.
    file: String,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn at(&mut self, file: &str) {
        file.clone_into(&mut self.file);
    }

    fn report(&mut self, place: &str, problem: Problem) {
        self.findings.push(Finding { file: self.file.clone(), place: place.to_owned(), problem });
    }

    fn word<T: Word>(&mut self, place: &str, key: &'static str, word: &str) -> Option<T> {
        self.known(place, key, word, T::ALL, T::word)
    }

    fn known<T: Copy>(
        &mut self,
        place: &str,
        key: &'static str,
        word: &str,
        known: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let found = known.iter().copied().find(|item| name(*item) == word);
        if found.is_none() {
            let known = known.iter().map(|item| name(*item)).collect();
            self.report(place, Problem::UnknownWord { key, word: word.to_owned(), known });
        }
        found
    }

    fn unique<'s>(&mut self, seen: &mut BTreeSet<&'s str>, id: &'s str, place: &str) {
        self.id(id, place);
        if !seen.insert(id) {
            self.report(place, Problem::DuplicateId);
        }
    }

    fn id(&mut self, id: &str, place: &str) {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        if id.is_empty() || !id.chars().all(fits) {
            self.report(place, Problem::BadId);
        }
    }

    /// Ids of fees and steps have parts, such as `adm.ack`.
    fn unique_dotted<'s>(&mut self, seen: &mut BTreeSet<&'s str>, id: &'s str) {
        id.split('.').for_each(|part| self.id(part, id));
        if !seen.insert(id) {
            self.report(id, Problem::DuplicateId);
        }
    }

    fn texts(&mut self, place: &str, texts: &[(&'static str, &String)]) {
        for (key, _) in texts.iter().filter(|(_, text)| text.trim().is_empty()) {
            self.report(place, Problem::EmptyText(key));
        }
    }

    fn note(&mut self, place: &str, note: Option<&String>) {
        if let Some(note) = note {
            self.texts(place, &[("note", note)]);
        }
    }

    fn ascii(&mut self, place: &str, key: &'static str, text: &str) {
        if !text.is_ascii() {
            self.report(place, Problem::NotAscii(key));
        }
    }

    fn items(&mut self, place: &str, what: &'static str, items: &[String]) {
        if items.is_empty() || items.iter().any(|item| item.trim().is_empty()) {
            self.report(place, Problem::EmptyItems(what));
        }
        self.each_once(place, what, items);
    }

    fn each_once(&mut self, place: &str, what: &'static str, items: &[String]) {
        let mut seen = BTreeSet::new();
        for item in items.iter().filter(|item| !seen.insert(item.as_str())) {
            self.report(place, Problem::DuplicateItem { what, item: item.clone() });
        }
    }

    fn cites(&mut self, place: &str, cites: &[String]) {
        self.each_once(place, "cites", cites);
        for id in cites {
            if !self.draft.sources.iter().any(|source| source.entry.id == *id) {
                self.report(place, Problem::DanglingCite(id.clone()));
            }
        }
    }

    fn role(&mut self, place: &str, key: &'static str, id: &str) {
        if !self.draft.roles.iter().any(|role| role.entry.id == id) {
            let target = id.to_owned();
            self.report(place, Problem::Dangling { key, target, where_to: "flow.toml" });
        }
    }

    fn fee(&mut self, place: &str, key: &'static str, id: &str) {
        if !self.draft.fees.iter().any(|fee| fee.entry.id == id) {
            let target = id.to_owned();
            self.report(place, Problem::Dangling { key, target, where_to: "fees/" });
        }
    }

    /// A day as ISO 8601.
    fn date(&mut self, place: &str, key: &'static str, text: &str) -> Option<Date> {
        let date = crate::parse_date(text).ok().filter(|date| date.to_string() == text);
        if date.is_none() {
            self.report(place, Problem::BadDate(key));
        }
        date
    }

    fn range(
        &mut self,
        place: &str,
        key: &'static str,
        value: i64,
        range: std::ops::RangeInclusive<i64>,
    ) {
        if !range.contains(&value) {
            let (from, to) = range.into_inner();
            self.report(place, Problem::OutOfRange { key, from, to });
        }
    }
}
