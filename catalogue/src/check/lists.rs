//! The check of shared lists and of sources.

use std::collections::BTreeSet;

use super::Check;
use crate::{Problem, draft::In};

impl Check<'_> {
    pub(super) fn lists(&mut self) {
        let mut seen = BTreeSet::new();
        for In { file, entry: list } in &self.draft.lists {
            self.at(file);
            let place = list.id.as_str();
            self.unique(&mut seen, &list.id, place);
            self.texts(place, &[("title_ja", &list.title_ja), ("title_en", &list.title_en)]);
            self.ascii(place, "title_en", &list.title_en);
            self.items(place, "options", &list.options);
            for option in list.codes.keys().filter(|option| !list.options.contains(option)) {
                self.report(place, Problem::LostCode(option.clone()));
            }
        }
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
