//! The check of forms.

use std::{collections::BTreeSet, sync::Arc};

use super::Check;
use crate::{
    Condition, Direction, Field, FieldType, Form, FormKind, National, Problem, Required, Section,
    Source,
    draft::{In, RawCondition, RawField, RawForm},
};

impl Check<'_> {
    pub(super) fn forms(&mut self) -> Vec<Arc<Form>> {
        let draft = self.draft;
        let mut seen = BTreeSet::new();
        let mut forms = Vec::new();
        for In { file, entry: raw } in &draft.forms {
            self.at(file);
            self.id(&raw.id, &raw.id);
            // Old versions stay, so that what was sent with them can still be read.
            if !seen.insert((&raw.id, &raw.version)) {
                self.report(&raw.id, Problem::DuplicateId);
            }
            forms.extend(self.form(raw).map(Arc::new));
        }
        forms
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
            self.known(place, "kind", &raw.kind, &[FormKind::Notice, FormKind::Sheet], |k| {
                k.name()
            });
        let directions = [
            Direction::Both,
            Direction::CareManagerRecord,
            Direction::CareManagerToHospital,
            Direction::HospitalToCareManager,
        ];
        let direction = self.known(place, "direction", &raw.direction, &directions, |d| d.name());
        let sections = self.sections(raw);
        let national = self.national(raw);
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
            national,
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
        let required = self.known(&place, "required", &raw.required, &levels, |r| r.name());
        let sources = [Source::Verified, Source::Comparable, Source::Knowledge, Source::Proposed];
        let source = self.known(&place, "source", &raw.source, &sources, |s| s.name());
        if let Some(word) = raw.filled_by.as_deref().filter(|word| *word != "send") {
            let (key, known) = ("filled_by", vec!["send"]);
            self.report(&place, Problem::UnknownWord { key, word: word.to_owned(), known });
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
            consent: raw.consent,
            once: raw.once,
            national: raw.national.clone(),
            source: source?,
            cites: raw.cites.clone(),
            note: raw.note.clone(),
        })
    }

    /// The national form has to be there, in any version, with every field that is said to be covered.
    fn national(&mut self, raw: &RawForm) -> Option<National> {
        let fields = || raw.section.iter().flat_map(|section| &section.fields);
        let Some(national) = &raw.national else {
            for field in fields().filter(|field| !field.national.is_empty()) {
                let place = format!("{}/{}", raw.id, field.id);
                self.report(&place, Problem::MissingKey { ty: "form", key: "national" });
            }
            return None;
        };
        let draft = self.draft;
        let named = || draft.forms.iter().filter(|form| form.entry.id == national.form);
        let dangling = |target: &str, where_to| {
            let target = target.to_owned();
            Problem::Dangling { key: "national", target, where_to }
        };
        // A form does not stand in for itself, nor for one that stands in for another.
        if !named().any(|form| form.entry.national.is_none()) {
            self.report(&raw.id, dangling(&national.form, "sheets"));
        }
        for field in fields() {
            let place = format!("{}/{}", raw.id, field.id);
            self.each_once(&place, "national", &field.national);
            for target in &field.national {
                let all = || named().flat_map(|form| &form.entry.section);
                if !all().flat_map(|section| &section.fields).any(|field| field.id == *target) {
                    self.report(&place, dangling(target, "national form"));
                }
            }
        }
        let source = self.word(&raw.id, "source", &national.source)?;
        Some(National { form: national.form.clone(), source })
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
        let tells_consent =
            matches!(ty, FieldType::Boolean | FieldType::Choice { .. } | FieldType::Date);
        if raw.consent && !tells_consent {
            self.report(place, Problem::SpareKey { ty: ty.name(), key: "consent" });
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
        match self.draft.lists.iter().find(|list| list.entry.id == *id) {
            Some(list) => list.entry.options.clone(),
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
}

fn takes_options(ty: &FieldType) -> bool {
    matches!(ty, FieldType::Checklist { .. } | FieldType::Choice { .. } | FieldType::Grid { .. })
}
