//! The check of spellings.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use crate::{Problem, Source, characters::is_jis, draft::In};

impl Check<'_> {
    pub(super) fn characters(&mut self) -> BTreeMap<char, char> {
        let mut seen = BTreeSet::new();
        let mut pairs = BTreeMap::new();
        for In { file, entry: group } in &self.draft.characters {
            self.at(file);
            let place = group.id.as_str();
            self.unique(&mut seen, &group.id, place);
            self.cites(place, &group.cites);
            self.note(place, group.note.as_ref());
            self.word::<Source>(place, "source", &group.source);
            for pair in &group.pairs {
                let mut characters = pair.chars();
                let both = (characters.next(), characters.next(), characters.next());
                let (Some(from), Some(to), None) = both else {
                    self.report(place, Problem::BadSpelling(pair.clone()));
                    continue;
                };
                // A pair that leads outside again, or respells what needs no other spelling, is a slip.
                if is_jis(from) || !is_jis(to) || pairs.insert(from, to).is_some() {
                    self.report(place, Problem::BadSpelling(pair.clone()));
                }
            }
        }
        pairs
    }
}
