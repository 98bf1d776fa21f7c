//! The check of the flow.

use std::collections::BTreeSet;

use super::Check;
use crate::{
    DoneBy, Phase, Problem, Recurs, Role, SkipReason, Source, Step, TimeUnit, Timing,
    draft::{In, RawStep, RawTiming},
};

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

    pub(super) fn phases(&mut self) -> Vec<Phase> {
        let draft = self.draft;
        let mut phase_ids = BTreeSet::new();
        let mut step_ids = BTreeSet::new();
        let mut phases = Vec::new();
        for In { file, entry: raw } in &draft.phases {
            self.at(file);
            let head = &raw.phase;
            self.unique(&mut phase_ids, &head.id, &head.id);
            let texts = [("ja", &head.ja), ("en", &head.en), ("version", &head.version)];
            self.texts(&head.id, &texts);
            self.ascii(&head.id, "en", &head.en);
            if raw.step.is_empty() {
                self.report(&head.id, Problem::Empty("step"));
            }
            let mut steps = Vec::new();
            for step in &raw.step {
                self.unique_dotted(&mut step_ids, &step.id);
                steps.extend(self.step(step));
            }
            phases.push(Phase {
                id: head.id.clone(),
                ja: head.ja.clone(),
                en: head.en.clone(),
                version: head.version.clone(),
                steps,
            });
        }
        phases
    }

    fn step(&mut self, raw: &RawStep) -> Option<Step> {
        let place = raw.id.as_str();
        let texts = [
            ("version", &raw.version),
            ("name_ja", &raw.name_ja),
            ("name_en", &raw.name_en),
            ("timing_ja", &raw.timing_ja),
            ("next_ja", &raw.next_ja),
            ("next_en", &raw.next_en),
            ("teach_ja", &raw.teach_ja),
            ("teach_en", &raw.teach_en),
        ];
        self.texts(place, &texts);
        let glosses =
            [("name_en", &raw.name_en), ("next_en", &raw.next_en), ("teach_en", &raw.teach_en)];
        for (key, text) in glosses {
            self.ascii(place, key, text);
        }
        self.note(place, raw.note.as_ref());
        self.cites(place, &raw.cites);
        for (key, roles) in [("from", &raw.from), ("to", &raw.to)] {
            self.items(place, key, roles);
            for role in roles {
                self.role(place, key, role);
            }
        }
        self.each_once(place, "fees", &raw.fees);
        for fee in &raw.fees {
            self.fee(place, "fees", fee);
        }
        self.step_forms(place, &raw.forms);
        self.step_skips(place, &raw.skip_reasons);
        let pattern = self.word(place, "pattern", &raw.pattern);
        let done_by = self.word(place, "done_by", &raw.done_by);
        if done_by == Some(DoneBy::Form) && raw.forms.is_empty() {
            self.report(place, Problem::StepWithoutForm);
        }
        let source = self.word(place, "source", &raw.source);
        let timing = raw.timing.as_ref().map(|timing| self.timing(place, timing, source));
        Some(Step {
            id: raw.id.clone(),
            version: raw.version.clone(),
            name_ja: raw.name_ja.clone(),
            name_en: raw.name_en.clone(),
            pattern: pattern?,
            from: raw.from.clone(),
            to: raw.to.clone(),
            timing_ja: raw.timing_ja.clone(),
            timing: timing.map_or(Some(None), |timing| timing.map(Some))?,
            forms: raw.forms.clone(),
            fees: raw.fees.clone(),
            done_by: done_by?,
            next_ja: raw.next_ja.clone(),
            next_en: raw.next_en.clone(),
            teach_ja: raw.teach_ja.clone(),
            teach_en: raw.teach_en.clone(),
            skip_reasons: raw.skip_reasons.clone(),
            source: source?,
            cites: raw.cites.clone(),
            note: raw.note.clone(),
        })
    }

    fn step_forms(&mut self, place: &str, forms: &[String]) {
        self.each_once(place, "forms", forms);
        for id in forms {
            if !self.draft.forms.iter().any(|form| form.entry.id == *id) {
                let (target, where_to) = (id.clone(), "sheets/, notices/");
                self.report(place, Problem::Dangling { key: "forms", target, where_to });
            }
        }
    }

    fn step_skips(&mut self, place: &str, reasons: &[String]) {
        self.each_once(place, "skip_reasons", reasons);
        for id in reasons {
            if !self.draft.skip_reasons.iter().any(|reason| reason.entry.id == *id) {
                let (target, where_to) = (id.clone(), "flow.toml");
                self.report(place, Problem::Dangling { key: "skip_reasons", target, where_to });
            }
        }
    }

    fn timing(&mut self, place: &str, raw: &RawTiming, step: Option<Source>) -> Option<Timing> {
        let anchor = raw.anchor.as_ref().map(|word| self.word(place, "anchor", word));
        let from = raw.from.map(|day| self.day(place, "from", day));
        let until = raw.until.map(|day| self.day(place, "until", day));
        if let (Some(from), Some(until)) = (raw.from, raw.until)
            && until < from
        {
            self.report(place, Problem::TimingReversed);
        }
        let counted = raw.from.is_some() || raw.until.is_some() || !raw.rules.is_empty();
        let recurring = raw.recurs_days.is_some() || raw.recurs_months.is_some();
        if anchor.is_none() && (counted || !recurring) {
            self.report(place, Problem::MissingKey { ty: "timing", key: "anchor" });
        }
        let unit = match &raw.unit {
            None => Some(TimeUnit::Days),
            Some(word) => self.word(place, "unit", word),
        };
        let source = match &raw.source {
            None => step,
            Some(word) => self.word(place, "source", word),
        };
        self.rules(place, &raw.rules);
        Some(Timing {
            anchor: anchor.map_or(Some(None), |anchor| anchor.map(Some))?,
            from: from.map_or(Some(None), |day| day.map(Some))?,
            until: until.map_or(Some(None), |day| day.map(Some))?,
            unit: unit?,
            recurs: self.recurs(place, raw),
            rules: raw.rules.clone(),
            source: source?,
        })
    }

    /// A timing follows a fee's deadline only if the fee has one.
    fn rules(&mut self, place: &str, rules: &[String]) {
        self.each_once(place, "rules", rules);
        for id in rules {
            self.fee(place, "rules", id);
            let fee = self.draft.fees.iter().find(|fee| fee.entry.id == *id);
            let mut editions = fee.iter().flat_map(|fee| &fee.entry.edition);
            if fee.is_some() && editions.all(|edition| edition.deadline.is_empty()) {
                self.report(place, Problem::NoDeadline(id.clone()));
            }
        }
    }

    fn recurs(&mut self, place: &str, raw: &RawTiming) -> Option<Recurs> {
        if let Some(days) = raw.recurs_days {
            if raw.recurs_months.is_some() {
                let (ty, key) = ("timing with recurs_days", "recurs_months");
                self.report(place, Problem::SpareKey { ty, key });
            }
            self.range(place, "recurs_days", i64::from(days), 1..=366);
            return Some(Recurs::Days(days));
        }
        let months = raw.recurs_months?;
        self.range(place, "recurs_months", i64::from(months), 1..=36);
        Some(Recurs::Months(months))
    }
}
