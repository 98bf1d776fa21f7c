//! The check of the flow.

use std::collections::BTreeSet;

use super::Check;
use crate::{Role, SkipReason, draft::In};

impl Check<'_> {
    pub(super) fn roles(&mut self) -> Vec<Role> {
        let mut seen = BTreeSet::new();
        let mut roles = Vec::new();
        for In { file, entry: raw } in &self.draft.roles {
            self.at(file);
            self.unique(&mut seen, &raw.id, &raw.id);
            self.texts(&raw.id, &[("ja", &raw.ja), ("en", &raw.en)]);
            self.ascii(&raw.id, "en", &raw.en);
            let Some(side) = self.word(&raw.id, "side", &raw.side) else { continue };
            let (id, ja, en) = (raw.id.clone(), raw.ja.clone(), raw.en.clone());
            roles.push(Role { id, side, ja, en });
        }
        roles
    }

    pub(super) fn skip_reasons(&mut self) -> Vec<SkipReason> {
        let mut seen = BTreeSet::new();
        let mut reasons = Vec::new();
        for In { file, entry: raw } in &self.draft.skip_reasons {
            self.at(file);
            self.unique(&mut seen, &raw.id, &raw.id);
            self.texts(&raw.id, &[("ja", &raw.ja), ("en", &raw.en)]);
            self.ascii(&raw.id, "en", &raw.en);
            let (id, ja, en) = (raw.id.clone(), raw.ja.clone(), raw.en.clone());
            reasons.push(SkipReason { id, ja, en });
        }
        reasons
    }
}
