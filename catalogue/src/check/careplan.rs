//! The check of the columns of care plan files.

use std::collections::BTreeSet;

use super::Check;
use crate::{
    Problem, Source,
    careplan::{PlanColumn, PlanFile},
    draft::{In, RawPlanColumn},
};

impl Check<'_> {
    pub(super) fn care_plan(&mut self) -> Vec<PlanFile> {
        let mut seen = BTreeSet::new();
        let mut files = Vec::new();
        for In { file, entry: raw } in &self.draft.care_plan {
            self.at(file);
            let place = raw.id.as_str();
            self.unique(&mut seen, &raw.id, place);
            let texts =
                [("prefix", &raw.prefix), ("title_ja", &raw.title_ja), ("title_en", &raw.title_en)];
            self.texts(place, &texts);
            self.ascii(place, "title_en", &raw.title_en);
            self.ascii(place, "prefix", &raw.prefix);
            self.cites(place, &raw.cites);
            self.note(place, raw.note.as_ref());
            self.word::<Source>(place, "source", &raw.source);
            let names: Vec<String> = raw.columns.iter().map(|column| column.name.clone()).collect();
            self.items(place, "columns", &names);
            if let Some(field) = &raw.rows {
                self.plan_field(place, "rows", field);
            }
            let columns =
                raw.columns.iter().map(|column| self.plan_column(place, column)).collect();
            files.push(PlanFile {
                prefix: raw.prefix.clone(),
                title_ja: raw.title_ja.clone(),
                title_en: raw.title_en.clone(),
                rows: raw.rows.clone(),
                columns,
            });
        }
        files
    }

    fn plan_column(&mut self, file: &str, raw: &RawPlanColumn) -> PlanColumn {
        let place = format!("{file}/{}", raw.name);
        self.word::<Source>(&place, "source", &raw.source);
        if let Some(word) = &raw.means {
            self.word::<Source>(&place, "means", word);
        } else if raw.field.is_some() || raw.cell.is_some() {
            self.report(&place, Problem::MissingKey { ty: "column", key: "means" });
        }
        if let Some(field) = &raw.field {
            self.plan_field(&place, "field", field);
        }
        if let Some(list) = &raw.list
            && !self.draft.lists.iter().any(|known| known.entry.id == *list)
        {
            self.report(&place, Problem::DanglingList(list.clone()));
        }
        if let Some(word) = raw.as_.as_deref().filter(|word| *word != "date") {
            let (key, known) = ("as", vec!["date"]);
            self.report(&place, Problem::UnknownWord { key, word: word.to_owned(), known });
        }
        PlanColumn {
            name: raw.name.clone(),
            field: raw.field.clone(),
            cell: raw.cell.clone(),
            list: raw.list.clone(),
            is_date: raw.as_.is_some(),
        }
    }

    /// Some form has the field, or nobody would ever see it.
    fn plan_field(&mut self, place: &str, key: &'static str, target: &str) {
        let sections = self.draft.forms.iter().flat_map(|form| &form.entry.section);
        if !sections.flat_map(|section| &section.fields).any(|field| field.id == target) {
            let target = target.to_owned();
            self.report(place, Problem::Dangling { key, target, where_to: "sheets" });
        }
    }
}
