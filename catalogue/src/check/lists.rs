//! The check of code systems and of sources.

use std::collections::BTreeSet;

use super::Check;
use crate::{CodeList, NumberSystem, Problem, ServiceCode, draft::In};

impl Check<'_> {
    pub(super) fn lists(&mut self) -> Vec<CodeList> {
        let mut seen = BTreeSet::new();
        let mut lists = Vec::new();
        for In { file, entry: list } in &self.draft.lists {
            self.at(file);
            let place = list.id.as_str();
            self.unique(&mut seen, &list.id, place);
            self.texts(place, &[("title_ja", &list.title_ja), ("title_en", &list.title_en)]);
            self.ascii(place, "title_en", &list.title_en);
            self.items(place, "options", &list.options);
            self.cites(place, &list.cites);
            self.note(place, list.note.as_ref());
            for option in list.codes.keys().filter(|option| !list.options.contains(option)) {
                self.report(place, Problem::LostCode(option.clone()));
            }
            let source = list.source.as_ref().and_then(|word| self.word(place, "source", word));
            let coded = |option: &String| (option.clone(), list.codes.get(option).cloned());
            lists.push(CodeList {
                id: list.id.clone(),
                title_ja: list.title_ja.clone(),
                title_en: list.title_en.clone(),
                options: list.options.iter().map(coded).collect(),
                source,
                cites: list.cites.clone(),
                note: list.note.clone(),
            });
        }
        lists
    }

    pub(super) fn numbers(&mut self) -> Vec<NumberSystem> {
        let mut seen = BTreeSet::new();
        let mut systems = Vec::new();
        for In { file, entry: raw } in &self.draft.numbers {
            self.at(file);
            let place = raw.id.as_str();
            self.unique(&mut seen, &raw.id, place);
            let texts = [
                ("ja", &raw.ja),
                ("en", &raw.en),
                ("parts_ja", &raw.parts_ja),
                ("parts_en", &raw.parts_en),
            ];
            self.texts(place, &texts);
            self.ascii(place, "en", &raw.en);
            self.ascii(place, "parts_en", &raw.parts_en);
            self.cites(place, &raw.cites);
            self.range(place, "digits", i64::from(raw.digits), 1..=20);
            let Some(source) = self.word(place, "source", &raw.source) else { continue };
            systems.push(NumberSystem {
                id: raw.id.clone(),
                ja: raw.ja.clone(),
                en: raw.en.clone(),
                digits: raw.digits,
                parts: (raw.parts_ja.clone(), raw.parts_en.clone()),
                source,
                cites: raw.cites.clone(),
            });
        }
        systems
    }

    pub(super) fn service_codes(&mut self) -> Vec<ServiceCode> {
        let mut seen = BTreeSet::new();
        let mut codes = Vec::new();
        for In { file, entry: raw } in &self.draft.service_codes {
            self.at(file);
            let place = raw.code.as_str();
            if !seen.insert(place) {
                self.report(place, Problem::DuplicateId);
            }
            self.texts(place, &[("code", &raw.code), ("ja", &raw.ja), ("en", &raw.en)]);
            self.ascii(place, "en", &raw.en);
            self.cites(place, &raw.cites);
            let side = self.word(place, "side", &raw.side);
            let source = self.word(place, "source", &raw.source);
            let (Some(side), Some(source)) = (side, source) else { continue };
            codes.push(ServiceCode {
                code: raw.code.clone(),
                side,
                ja: raw.ja.clone(),
                en: raw.en.clone(),
                units: raw.units,
                source,
                cites: raw.cites.clone(),
            });
        }
        codes
    }

    pub(super) fn sources(&mut self) {
        let mut seen = BTreeSet::new();
        for In { file, entry: source } in &self.draft.sources {
            self.at(file);
            let place = source.id.as_str();
            self.unique(&mut seen, &source.id, place);
            self.texts(place, &[("what", &source.what)]);
            if source.address.as_deref() == Some("") {
                self.report(place, Problem::EmptyText("address"));
            }
        }
    }
}
