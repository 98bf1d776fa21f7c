//! The check of fee rules.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::Check;
use crate::{
    AdmittedWhen, Amount, Counter, DeadlineRule, Evidence, Extension, Fee, FeeEdition, Interviews,
    Problem, Rollover,
    draft::{In, RawAmount, RawCounter, RawDeadline, RawEdition, RawEvidence, RawFee},
    limits::MAX_ANCHOR_DAYS,
    read::hundredths,
    value::Number,
};

impl Check<'_> {
    pub(super) fn fees(&mut self) -> Vec<Fee> {
        let draft = self.draft;
        let mut seen = BTreeSet::new();
        let mut fees = Vec::new();
        for In { file, entry: raw } in &draft.fees {
            self.at(file);
            self.unique_dotted(&mut seen, &raw.id);
            fees.extend(self.fee_rule(raw));
        }
        fees
    }

    fn fee_rule(&mut self, raw: &RawFee) -> Option<Fee> {
        let place = raw.id.as_str();
        self.texts(place, &[("name_ja", &raw.name_ja), ("name_en", &raw.name_en)]);
        self.ascii(place, "name_en", &raw.name_en);
        self.cites(place, &raw.cites);
        self.note(place, raw.note.as_ref());
        self.role(place, "claimed_by", &raw.claimed_by);
        if raw.edition.is_empty() {
            self.report(place, Problem::Empty("edition"));
        }
        let side = self.word(place, "side", &raw.side);
        let source = self.word(place, "source", &raw.source);
        let mut editions = Vec::new();
        for edition in &raw.edition {
            editions.extend(self.edition(raw, edition));
        }
        self.periods(raw, &editions);
        Some(Fee {
            id: raw.id.clone(),
            side: side?,
            name_ja: raw.name_ja.clone(),
            name_en: raw.name_en.clone(),
            claimed_by: raw.claimed_by.clone(),
            source: source?,
            cites: raw.cites.clone(),
            note: raw.note.clone(),
            editions,
        })
    }

    /// Editions follow each other day by day: on no day are there two rules, or none in between.
    fn periods(&mut self, raw: &RawFee, editions: &[FeeEdition]) {
        let mut versions = BTreeSet::new();
        for edition in &raw.edition {
            if !versions.insert(edition.version.as_str()) {
                self.report(&place(raw, edition), Problem::DuplicateId);
            }
        }
        for pair in editions.windows(2) {
            let place = format!("{}/{}", raw.id, pair[1].version);
            let other = pair[0].version.clone();
            let expected: Option<Date> = pair[0].valid_to.and_then(|last| last.tomorrow().ok());
            if expected.is_none_or(|first| pair[1].valid_from < first) {
                self.report(&place, Problem::PeriodOverlap { other });
            } else if expected != Some(pair[1].valid_from) {
                self.report(&place, Problem::PeriodGap { other });
            }
        }
    }

    fn edition(&mut self, fee: &RawFee, raw: &RawEdition) -> Option<FeeEdition> {
        let place = place(fee, raw);
        let place = place.as_str();
        let texts = [
            ("version", &raw.version),
            ("amount_ja", &raw.amount_ja),
            ("rule_ja", &raw.rule_ja),
            ("rule_en", &raw.rule_en),
            ("proof_ja", &raw.proof_ja),
            ("proof_en", &raw.proof_en),
        ];
        self.texts(place, &texts);
        self.ascii(place, "rule_en", &raw.rule_en);
        self.ascii(place, "proof_en", &raw.proof_en);
        let limits = self.limits(place, raw);
        self.codes(place, fee, &raw.service_codes);
        self.excludes(place, fee, &raw.excludes);
        self.care_levels(place, &raw.excluded_care_levels);
        let counts = [
            ("per_month", raw.per_month),
            ("per_stay", raw.per_stay),
            ("professions_at_least", raw.professions_at_least),
        ];
        for (key, count) in counts {
            if let Some(count) = count {
                self.range(place, key, i64::from(count), 1..=99);
            }
        }
        let valid_from = self.date(place, "valid_from", &raw.valid_from);
        let valid_to = raw.valid_to.as_ref().map(|text| self.date(place, "valid_to", text));
        if let (Some(from), Some(Some(to))) = (valid_from, valid_to)
            && to < from
        {
            self.report(place, Problem::PeriodReversed);
        }
        let proof = self.word(place, "proof", &raw.proof);
        let deadlines = self.deadlines(place, &raw.deadline);
        Some(FeeEdition {
            version: raw.version.clone(),
            valid_from: valid_from?,
            valid_to: valid_to.map_or(Some(None), |to| to.map(Some))?,
            amount_ja: raw.amount_ja.clone(),
            amounts: raw.amounts.iter().filter_map(|one| self.amount(place, one)).collect(),
            service_codes: raw.service_codes.clone(),
            per_month: raw.per_month,
            per_stay: raw.per_stay,
            excludes: raw.excludes.clone(),
            excluded_care_levels: raw.excluded_care_levels.clone(),
            interviews: raw.interviews.as_ref().map(|interviews| {
                self.range(place, "at_least", i64::from(interviews.at_least), 1..=99);
                let most = i64::from(interviews.at_least);
                self.range(place, "conferences", i64::from(interviews.conferences), 0..=most);
                let (at_least, conferences) = (interviews.at_least, interviews.conferences);
                Interviews { at_least, conferences }
            }),
            professions_at_least: raw.professions_at_least,
            counters: self.counters(place, &raw.counters),
            rule_ja: raw.rule_ja.clone(),
            rule_en: raw.rule_en.clone(),
            limits,
            proof: proof?,
            proof_ja: raw.proof_ja.clone(),
            proof_en: raw.proof_en.clone(),
            evidence: self.evidence(place, &raw.evidence),
            deadlines,
        })
    }

    fn limits(&mut self, place: &str, raw: &RawEdition) -> Option<(String, String)> {
        match (&raw.limits_ja, &raw.limits_en) {
            (None, None) => None,
            (Some(ja), Some(en)) => {
                self.texts(place, &[("limits_ja", ja), ("limits_en", en)]);
                self.ascii(place, "limits_en", en);
                Some((ja.clone(), en.clone()))
            }
            (ja, _) => {
                let key = if ja.is_none() { "limits_ja" } else { "limits_en" };
                self.report(place, Problem::MissingKey { ty: "edition", key });
                None
            }
        }
    }

    /// A code is listed, and for the same insurance.
    fn codes(&mut self, place: &str, fee: &RawFee, codes: &[String]) {
        self.each_once(place, "service_codes", codes);
        for code in codes {
            let mut listed = self.draft.service_codes.iter().map(|code| &code.entry);
            if !listed.any(|entry| entry.code == *code && entry.side == fee.side) {
                let (key, where_to) = ("service_codes", "codes.toml/service_code");
                let target = code.clone();
                self.report(place, Problem::Dangling { key, target, where_to });
            }
        }
    }

    /// Two fees exclude each other or neither does.
    fn excludes(&mut self, place: &str, fee: &RawFee, excludes: &[String]) {
        self.each_once(place, "excludes", excludes);
        for id in excludes {
            self.fee(place, "excludes", id);
            let other = self.draft.fees.iter().find(|other| other.entry.id == *id);
            let mutual = other.is_none_or(|other| {
                other.entry.edition.iter().any(|edition| edition.excludes.contains(&fee.id))
            });
            if !mutual || *id == fee.id {
                self.report(place, Problem::OneSided(id.clone()));
            }
        }
    }

    fn care_levels(&mut self, place: &str, levels: &[String]) {
        const LIST: &str = "care_level";
        self.each_once(place, "excluded_care_levels", levels);
        let list = self.draft.lists.iter().find(|list| list.entry.id == LIST);
        for level in levels {
            if !list.is_some_and(|list| list.entry.options.contains(level)) {
                let target = level.clone();
                let (key, where_to) = ("excluded_care_levels", "codes.toml/care_level");
                self.report(place, Problem::Dangling { key, target, where_to });
            }
        }
    }

    fn amount(&mut self, place: &str, raw: &RawAmount) -> Option<Amount> {
        let value = hundredths(raw.value).and_then(Number::from_hundredths);
        if value.is_none_or(|value| value.hundredths() == 0) {
            self.report(place, Problem::BadAmount);
        }
        if let Some(what) = &raw.what_ja {
            self.texts(place, &[("what_ja", what)]);
        }
        let unit = self.word(place, "unit", &raw.unit);
        let source = self.word(place, "source", &raw.source);
        Some(Amount { value: value?, unit: unit?, what_ja: raw.what_ja.clone(), source: source? })
    }

    fn counters(&mut self, place: &str, raw: &[RawCounter]) -> Vec<Counter> {
        let mut seen = BTreeSet::new();
        let mut counters = Vec::new();
        for raw in raw {
            let place = format!("{place}/{}", raw.id);
            self.unique(&mut seen, &raw.id, &place);
            self.texts(&place, &[("ja", &raw.ja), ("en", &raw.en)]);
            self.ascii(&place, "en", &raw.en);
            self.range(&place, "at_least", i64::from(raw.at_least), 1..=999);
            if let Some(month) = raw.from_month {
                self.range(&place, "from_month", i64::from(month), 1..=12);
            }
            let Some(source) = self.word(&place, "source", &raw.source) else { continue };
            counters.push(Counter {
                id: raw.id.clone(),
                ja: raw.ja.clone(),
                en: raw.en.clone(),
                at_least: raw.at_least,
                from_month: raw.from_month,
                source,
            });
        }
        counters
    }

    fn evidence(&mut self, place: &str, raw: &[RawEvidence]) -> Vec<Evidence> {
        if raw.is_empty() {
            self.report(place, Problem::Empty("evidence"));
        }
        for one in raw {
            self.texts(place, &[("evidence ja", &one.ja), ("evidence en", &one.en)]);
            self.ascii(place, "evidence en", &one.en);
        }
        let one =
            |raw: &RawEvidence| Evidence { ja: raw.ja.clone(), en: raw.en.clone(), log: raw.log };
        raw.iter().map(one).collect()
    }

    fn deadlines(&mut self, place: &str, raw: &[RawDeadline]) -> Vec<DeadlineRule> {
        let mut seen = BTreeSet::new();
        let mut rules = Vec::new();
        for raw in raw {
            let place = format!("{place}/{}", raw.act);
            if !seen.insert(raw.act.as_str()) {
                self.report(&place, Problem::DuplicateId);
            }
            rules.extend(self.deadline(&place, raw));
        }
        rules
    }

    fn deadline(&mut self, place: &str, raw: &RawDeadline) -> Option<DeadlineRule> {
        self.note(place, raw.note.as_ref());
        let act = self.word(place, "act", &raw.act);
        let anchor = self.word(place, "anchor", &raw.anchor);
        let last_day = self.day(place, "last_day", raw.last_day);
        let chronic = raw.chronic_last_day.map(|day| self.day(place, "chronic_last_day", day));
        let extension = |check: &mut Self, key, word: &Option<String>| match word {
            None => Some(Extension::None),
            Some(word) => check.word(place, key, word),
        };
        let after_hours = extension(self, "after_hours", &raw.after_hours);
        let non_business_day = extension(self, "non_business_day", &raw.non_business_day);
        let rollover = match &raw.rollover {
            None => Some(Rollover::None),
            Some(word) => self.word(place, "rollover", word),
        };
        self.each_once(place, "rollover_when", &raw.rollover_when);
        let mut rollover_when = Vec::new();
        for word in &raw.rollover_when {
            rollover_when.extend(self.word::<AdmittedWhen>(place, "rollover_when", word));
        }
        match rollover {
            Some(Rollover::None) if !raw.rollover_when.is_empty() => {
                let (ty, key) = ("deadline without rollover", "rollover_when");
                self.report(place, Problem::SpareKey { ty, key });
            }
            Some(Rollover::NextDayIfClosed) if raw.rollover_when.is_empty() => {
                let (ty, key) = ("deadline with rollover", "rollover_when");
                self.report(place, Problem::MissingKey { ty, key });
            }
            _ => {}
        }
        let source = self.word(place, "source", &raw.source);
        Some(DeadlineRule {
            act: act?,
            anchor: anchor?,
            last_day: last_day?,
            chronic_last_day: chronic.map_or(Some(None), |day| day.map(Some))?,
            before_counts: raw.before_counts,
            after_hours: after_hours?,
            non_business_day: non_business_day?,
            rollover: rollover?,
            rollover_when,
            source: source?,
            note: raw.note.clone(),
        })
    }

    /// Days from an anchor.
    pub(super) fn day(&mut self, place: &str, key: &'static str, day: i64) -> Option<i16> {
        let most = i64::from(MAX_ANCHOR_DAYS);
        self.range(place, key, day, -most..=most);
        i16::try_from(day).ok()
    }
}

fn place(fee: &RawFee, edition: &RawEdition) -> String {
    format!("{}/{}", fee.id, edition.version)
}
