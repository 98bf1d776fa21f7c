//! The check: makes forms out of a draft and says what is wrong on the way.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    Condition, Direction, Field, FieldType, Finding, Form, FormKind, Problem, Required, Section,
    Source,
    draft::{Draft, RawCondition, RawField, RawForm, RawList},
};

/// The forms of a draft, and every finding. The forms are whole only if there is no finding.
pub(crate) fn build(draft: &Draft) -> (Vec<Arc<Form>>, Vec<Finding>) {
    let mut check = Check { draft, findings: Vec::new() };
    check.lists();
    check.sources();
    let mut seen = BTreeSet::new();
    let forms = draft.forms.iter().filter_map(|raw| {
        check.id(&raw.id, &raw.id);
        // Old versions stay, so that what was sent with them can still be read.
        if !seen.insert((&raw.id, &raw.version)) {
            check.report(&raw.id, Problem::DuplicateId);
        }
        check.form(raw).map(Arc::new)
    });
    let forms = forms.collect();
    (forms, check.findings)
}

struct Check<'a> {
    draft: &'a Draft,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn lists(&mut self) {
        let mut seen = BTreeSet::new();
        for list in &self.draft.lists {
            let place = format!("codes.toml/{}", list.id);
            self.unique(&mut seen, &list.id, &place);
            self.texts(&place, &[("title_ja", &list.title_ja), ("title_en", &list.title_en)]);
            self.items(&place, "options", &list.options);
            for option in list.codes.keys().filter(|option| !list.options.contains(option)) {
                self.report(&place, Problem::LostCode(option.clone()));
            }
        }
    }

    fn sources(&mut self) {
        let mut seen = BTreeSet::new();
        for source in &self.draft.sources {
            let place = format!("sources.toml/{}", source.id);
            self.unique(&mut seen, &source.id, &place);
            self.texts(&place, &[("what", &source.what)]);
            if source.address.as_deref() == Some("") {
                self.report(&place, Problem::EmptyText("address"));
            }
        }
    }

    fn form(&mut self, raw: &RawForm) -> Option<Form> {
        let place = raw.id.as_str();
        self.texts(
            place,
            &[
                ("title_ja", &raw.title_ja),
                ("title_en", &raw.title_en),
                ("version", &raw.version),
                ("edition", &raw.edition),
                ("issuer", &raw.issuer),
                ("legal_status", &raw.legal_status),
                ("provenance", &raw.provenance),
            ],
        );
        self.ascii(place, "title_en", &raw.title_en);
        self.cites(place, &raw.cites);
        let kind =
            self.word(place, "kind", &raw.kind, &[FormKind::Notice, FormKind::Sheet], |k| k.name());
        let directions = [
            Direction::Both,
            Direction::CareManagerRecord,
            Direction::CareManagerToHospital,
            Direction::HospitalToCareManager,
        ];
        let direction = self.word(place, "direction", &raw.direction, &directions, |d| d.name());
        let sections = self.sections(raw);
        Some(Form {
            id: raw.id.clone(),
            kind: kind?,
            title_ja: raw.title_ja.clone(),
            title_en: raw.title_en.clone(),
            version: raw.version.clone(),
            edition: raw.edition.clone(),
            issuer: raw.issuer.clone(),
            direction: direction?,
            pages: raw.pages,
            legal_status: raw.legal_status.clone(),
            provenance: raw.provenance.clone(),
            cites: raw.cites.clone(),
            sections,
        })
    }

    fn sections(&mut self, form: &RawForm) -> Vec<Section> {
        if form.section.is_empty() {
            self.report(&form.id, Problem::Empty("section"));
        }
        let mut section_ids = BTreeSet::new();
        let mut field_ids = BTreeSet::new();
        let mut before: Vec<Field> = Vec::new();
        let mut bounds = Vec::new();
        for raw in &form.section {
            let place = format!("{}/{}", form.id, raw.id);
            self.unique(&mut section_ids, &raw.id, &place);
            self.texts(&place, &[("title_ja", &raw.title_ja), ("title_en", &raw.title_en)]);
            self.ascii(&place, "title_en", &raw.title_en);
            if raw.fields.is_empty() {
                self.report(&place, Problem::Empty("field"));
            }
            for raw in &raw.fields {
                self.unique(&mut field_ids, &raw.id, &format!("{}/{}", form.id, raw.id));
                let field = self.field(form, raw, &before);
                before.extend(field);
            }
            bounds.push(before.len());
        }
        let mut rest = before.into_iter();
        let mut start = 0;
        let pairs = form.section.iter().zip(bounds);
        pairs
            .map(|(raw, end)| {
                let fields = rest.by_ref().take(end - start).collect();
                start = end;
                let (title_ja, title_en) = (raw.title_ja.clone(), raw.title_en.clone());
                Section { id: raw.id.clone(), title_ja, title_en, fields }
            })
            .collect()
    }

    fn field(&mut self, form: &RawForm, raw: &RawField, before: &[Field]) -> Option<Field> {
        let place = format!("{}/{}", form.id, raw.id);
        self.texts(&place, &[("label_ja", &raw.label_ja), ("label_en", &raw.label_en)]);
        self.ascii(&place, "label_en", &raw.label_en);
        self.cites(&place, &raw.cites);
        for (key, text) in [("unit", &raw.unit), ("note", &raw.note)] {
            if text.as_deref() == Some("") {
                self.report(&place, Problem::EmptyText(key));
            }
        }
        let levels = [Required::System, Required::Fee, Required::Region, Required::Optional];
        let required = self.word(&place, "required", &raw.required, &levels, |r| r.name());
        let sources = [Source::Verified, Source::Comparable, Source::Knowledge, Source::Proposed];
        let source = self.word(&place, "source", &raw.source, &sources, |s| s.name());
        if let Some(word) = raw.filled_by.as_deref().filter(|word| *word != "send") {
            let problem = Problem::UnknownWord { key: "filled_by", word: word.to_owned() };
            self.report(&place, problem);
        }
        let ty = self.field_type(&place, raw);
        if let Some(condition) = &raw.when {
            self.condition(&place, form, raw, condition, before);
        }
        let when = raw.when.as_ref().map(|condition| Condition {
            field: condition.field.clone(),
            any_of: condition.any_of.clone(),
        });
        Some(Field {
            id: raw.id.clone(),
            label_ja: raw.label_ja.clone(),
            label_en: raw.label_en.clone(),
            ty: ty?,
            unit: raw.unit.clone(),
            required: required?,
            when,
            filled_by_send: raw.filled_by.is_some(),
            staff_only: raw.staff_only,
            star: raw.star,
            source: source?,
            cites: raw.cites.clone(),
            note: raw.note.clone(),
        })
    }

    fn field_type(&mut self, place: &str, raw: &RawField) -> Option<FieldType> {
        let options = self.options(place, raw);
        let columns = raw.columns.clone().unwrap_or_default();
        let rows = raw.rows.clone().unwrap_or_default();
        let ty = match raw.ty.as_str() {
            "attachment" => FieldType::Attachment,
            "boolean" => FieldType::Boolean,
            "checklist" => FieldType::Checklist { options },
            "choice" => FieldType::Choice { options },
            "date" => FieldType::Date,
            "daterange" => FieldType::DateRange,
            "datetime" => FieldType::DateTime,
            "grid" => FieldType::Grid { rows, options },
            "number" => FieldType::Number,
            "org" => FieldType::Org,
            "phone" => FieldType::Phone,
            "static" => FieldType::Static,
            "table" => FieldType::Table { columns },
            "text" => FieldType::Text,
            "textarea" => FieldType::Textarea,
            "time" => FieldType::Time,
            other => {
                self.report(place, Problem::UnknownType(other.to_owned()));
                return None;
            }
        };
        let has_options = raw.options.is_some() || raw.options_from.is_some();
        let options_fit = takes_options(&ty);
        self.fits(place, &ty, "options", has_options, options_fit);
        let table = matches!(ty, FieldType::Table { .. });
        self.fits(place, &ty, "columns", raw.columns.is_some(), table);
        self.fits(place, &ty, "rows", raw.rows.is_some(), matches!(ty, FieldType::Grid { .. }));
        if raw.unit.is_some() && !matches!(ty, FieldType::Number | FieldType::Time) {
            self.report(place, Problem::SpareKey { ty: ty.name(), key: "unit" });
        }
        for (what, items) in [("columns", &raw.columns), ("rows", &raw.rows)] {
            if let Some(items) = items {
                self.items(place, what, items);
            }
        }
        Some(ty)
    }

    fn options(&mut self, place: &str, raw: &RawField) -> Vec<String> {
        if let (Some(_), Some(_)) = (&raw.options, &raw.options_from) {
            self.report(place, Problem::TwoOptionLists);
        }
        if let Some(options) = &raw.options {
            self.items(place, "options", options);
            return options.clone();
        }
        let Some(id) = &raw.options_from else { return Vec::new() };
        match self.draft.lists.iter().find(|list| list.id == *id) {
            Some(RawList { options, .. }) => options.clone(),
            None => {
                self.report(place, Problem::DanglingList(id.clone()));
                Vec::new()
            }
        }
    }

    fn condition(
        &mut self,
        place: &str,
        form: &RawForm,
        raw: &RawField,
        condition: &RawCondition,
        before: &[Field],
    ) {
        let id = &condition.field;
        self.items(place, "any_of", &condition.any_of);
        let Some(field) = before.iter().find(|field| field.id == *id) else {
            let all = || form.section.iter().flat_map(|section| &section.fields);
            let mut earlier = all().take_while(|other| !std::ptr::eq(*other, raw));
            if earlier.any(|other| other.id == *id) {
                // It is there, and what spoils it is reported.
                return;
            }
            let problem = if all().any(|other| other.id == *id) {
                Problem::ForwardCondition(id.clone())
            } else {
                Problem::DanglingCondition(id.clone())
            };
            return self.report(place, problem);
        };
        let (FieldType::Choice { options } | FieldType::Checklist { options }) = &field.ty else {
            return self.report(place, Problem::UnfitCondition(id.clone()));
        };
        for option in condition.any_of.iter().filter(|option| !options.contains(option)) {
            let (field, option) = (id.clone(), option.clone());
            self.report(place, Problem::UnknownConditionOption { field, option });
        }
        if field.staff_only && !raw.staff_only {
            self.report(place, Problem::StaffOnlyLeak(id.clone()));
        }
    }

    fn fits(&mut self, place: &str, ty: &FieldType, key: &'static str, given: bool, fits: bool) {
        let ty = ty.name();
        match (given, fits) {
            (true, false) => self.report(place, Problem::SpareKey { ty, key }),
            (false, true) => self.report(place, Problem::MissingKey { ty, key }),
            _ => {}
        }
    }

    fn word<T: Copy>(
        &mut self,
        place: &str,
        key: &'static str,
        word: &str,
        known: &[T],
        name: impl Fn(T) -> &'static str,
    ) -> Option<T> {
        let found = known.iter().copied().find(|item| name(*item) == word);
        if found.is_none() {
            self.report(place, Problem::UnknownWord { key, word: word.to_owned() });
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

    fn texts(&mut self, place: &str, texts: &[(&'static str, &String)]) {
        for (key, _) in texts.iter().filter(|(_, text)| text.trim().is_empty()) {
            self.report(place, Problem::EmptyText(key));
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
        let mut seen = BTreeSet::new();
        for item in items.iter().filter(|item| !seen.insert(item.as_str())) {
            self.report(place, Problem::DuplicateItem { what, item: item.clone() });
        }
    }

    fn cites(&mut self, place: &str, cites: &[String]) {
        for id in cites {
            if !self.draft.sources.iter().any(|source| source.id == *id) {
                self.report(place, Problem::DanglingCite(id.clone()));
            }
        }
    }

    fn report(&mut self, place: &str, problem: Problem) {
        self.findings.push(Finding::new(place, problem));
    }
}

fn takes_options(ty: &FieldType) -> bool {
    matches!(ty, FieldType::Checklist { .. } | FieldType::Choice { .. } | FieldType::Grid { .. })
}
