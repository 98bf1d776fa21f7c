//! Files of the care plan standard (ケアプラン標準仕様の CSV), as care software writes them: what a sheet
//! takes from them, so that nobody types it again.
//!
//! Which file has which columns is data (`careplan.toml`), and so is how sure that is.

mod error;
mod text;

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::{Catalogue, FieldType, FilledForm};

pub use error::CarePlanError;

/// Most bytes of one file: 4 MiB, some thousand times a usual one.
pub const MAX_PLAN_BYTES: usize = 4 * 1024 * 1024;
/// Most rows of one file.
pub const MAX_PLAN_ROWS: usize = 10_000;
/// Most columns of one row.
pub const MAX_PLAN_COLUMNS: usize = 256;

/// The column that a heading begins with; rows of data have a version there.
const FIRST: &str = "CSVバージョン";
/// The column that says whose row it is.
const INSURED: &str = "被保険者番号";

/// A kind of file.
#[derive(Debug)]
pub(crate) struct PlanFile {
    pub(crate) prefix: String,
    pub(crate) title_ja: String,
    pub(crate) title_en: String,
    pub(crate) rows: Option<String>,
    pub(crate) columns: Vec<PlanColumn>,
}

/// A column of a file.
#[derive(Debug)]
pub(crate) struct PlanColumn {
    pub(crate) name: String,
    pub(crate) field: Option<String>,
    pub(crate) cell: Option<String>,
    pub(crate) list: Option<String>,
    pub(crate) is_date: bool,
}

/// What one file says of one person. Personal data; `Debug` does not show it.
#[derive(Clone, Default)]
pub struct CarePlan {
    /// Which kind of file, in Japanese.
    pub title_ja: String,
    /// As ASCII.
    pub title_en: String,
    /// 被保険者番号, as it stands in the file; empty where the kind of file has no such column.
    pub insured: String,
    /// Rows of the person.
    pub rows: usize,
    /// Names of the columns, or their places such as `15`, that hold something and that the catalogue
    /// does not know.
    pub unknown: Vec<String>,
    /// Names of known columns that hold something and that no sheet takes.
    pub unused: Vec<String>,
    values: BTreeMap<String, Json>,
    table: Vec<Map<String, Json>>,
    rows_field: Option<String>,
}

impl Catalogue {
    /// Reads a file of the care plan standard. Its name tells its kind; its text is Shift_JIS as
    /// Microsoft has it (MS932), and nothing else.
    ///
    /// # Errors
    /// [`CarePlanError`], with the line and column: no such kind, another encoding, broken quotes, a row
    /// without the person's number, several persons where `insured` names none of them.
    pub fn read_care_plan(
        &self,
        name: &str,
        bytes: &[u8],
        insured: Option<&str>,
    ) -> Result<CarePlan, CarePlanError> {
        let file = self.plan_file(name)?;
        let text = text::decode(bytes)?;
        let rows = text::rows(&text)?;
        let (columns, data) = headed(file, &rows);
        let mut plan = CarePlan {
            title_ja: file.title_ja.clone(),
            title_en: file.title_en.clone(),
            rows_field: file.rows.clone(),
            ..CarePlan::default()
        };
        let person = columns.iter().position(|column| column.name() == INSURED);
        let mut chosen = insured.map(str::to_owned);
        for (line, row) in data {
            let number = match person {
                None => "",
                Some(at) => row.get(at).map_or("", |cell| cell.trim()),
            };
            if person.is_some() && number.is_empty() {
                return Err(CarePlanError::NoPerson { line: *line });
            }
            let wanted = chosen.get_or_insert_with(|| number.to_owned());
            if *wanted != number && person.is_some() {
                if insured.is_none() {
                    return Err(CarePlanError::SeveralPersons { line: *line });
                }
                continue;
            }
            plan.rows += 1;
            self.take(&mut plan, &columns, row, *line)?;
        }
        plan.insured = chosen.unwrap_or_default();
        if plan.rows == 0 {
            return Err(CarePlanError::NoRows);
        }
        Ok(plan)
    }

    fn plan_file(&self, name: &str) -> Result<&PlanFile, CarePlanError> {
        let name = name.to_ascii_uppercase();
        let files = self.care_plan_files();
        files.iter().find(|file| name.starts_with(&file.prefix)).ok_or_else(|| {
            CarePlanError::UnknownKind {
                known: files.iter().map(|file| file.prefix.clone()).collect(),
            }
        })
    }

    fn take(
        &self,
        plan: &mut CarePlan,
        columns: &[Column<'_>],
        row: &[String],
        line: usize,
    ) -> Result<(), CarePlanError> {
        let mut cells = Map::new();
        for (at, cell) in row.iter().enumerate() {
            let cell = cell.trim();
            if cell.is_empty() {
                continue;
            }
            let known = match columns.get(at) {
                Some(Column::Known(known)) => known,
                Some(Column::Unknown(name)) => {
                    note(&mut plan.unknown, name);
                    continue;
                }
                None => {
                    note(&mut plan.unknown, &(at + 1).to_string());
                    continue;
                }
            };
            let place = || (line, at + 1, known.name.clone());
            if let Some(column) = &known.cell {
                cells.insert(column.clone(), Json::from(cell));
            } else if let Some(field) = &known.field {
                match self.meaning(known, cell, place)? {
                    Some(value) => join(&mut plan.values, field, value),
                    None => note(&mut plan.unused, &known.name),
                }
            } else {
                note(&mut plan.unused, &known.name);
            }
        }
        if !cells.is_empty() && !plan.table.contains(&cells) {
            plan.table.push(cells);
        }
        Ok(())
    }

    /// A cell as a field takes it; none for a date that is only zeros, or a code that the list lacks.
    fn meaning(
        &self,
        column: &PlanColumn,
        cell: &str,
        place: impl Fn() -> (usize, usize, String),
    ) -> Result<Option<String>, CarePlanError> {
        if column.is_date {
            if cell == "00000000" {
                return Ok(None);
            }
            let bad = || {
                let (line, column, name) = place();
                CarePlanError::BadDate { line, column, name }
            };
            let digits = cell.len() == 8 && cell.bytes().all(|byte| byte.is_ascii_digit());
            let date = digits.then(|| format!("{}-{}-{}", &cell[..4], &cell[4..6], &cell[6..]));
            let date = date.filter(|date| crate::parse_date(date).is_ok());
            return date.map(Some).ok_or_else(bad);
        }
        let Some(list) = column.list.as_deref().and_then(|id| self.list(id)) else {
            return Ok(Some(cell.to_owned()));
        };
        let coded = list.options.iter().find(|(_, code)| code.as_deref() == Some(cell));
        Ok(coded.map(|(option, _)| option.clone()))
    }
}

impl CarePlan {
    /// Fills what is empty in a form; gives the ids of the fields that were filled, in the form's order.
    ///
    /// A field takes what the file says under its id, or under the one field of the national form that
    /// it covers. What does not fit stays out: an editor's choice would be a guess.
    pub fn fill(&self, form: &mut FilledForm) -> Vec<String> {
        let mut filled = Vec::new();
        let shared = form.shared_form();
        for field in shared.fields() {
            if form.value(&field.id).is_some() {
                continue;
            }
            let said = match (&self.rows_field, &field.ty) {
                (Some(rows), _) if *rows != field.id => None,
                (Some(_), FieldType::Table { columns }) => Some(self.as_table(columns)),
                (Some(_), FieldType::Textarea) => Some(Json::from(self.as_lines())),
                _ => None,
            };
            let covers = || field.national.first().filter(|_| field.national.len() == 1);
            let own = || self.values.get(&field.id);
            let said = said
                .or_else(|| own().or_else(|| covers().and_then(|id| self.values.get(id))).cloned());
            if let Some(value) = said
                && form.set(&field.id, &value).is_ok()
                && form.value(&field.id).is_some()
            {
                filled.push(field.id.clone());
            }
        }
        filled
    }

    fn as_table(&self, columns: &[String]) -> Json {
        let row = |row: &Map<String, Json>| {
            let cells = row.iter().filter(|(name, _)| columns.contains(name));
            Json::Object(cells.map(|(name, cell)| (name.clone(), cell.clone())).collect())
        };
        Json::Array(self.table.iter().map(row).collect())
    }

    fn as_lines(&self) -> String {
        let line = |row: &Map<String, Json>| {
            row.values().filter_map(Json::as_str).collect::<Vec<_>>().join(" ")
        };
        self.table.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

impl std::fmt::Debug for CarePlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CarePlan").field("title", &self.title_en).finish_non_exhaustive()
    }
}

enum Column<'a> {
    Known(&'a PlanColumn),
    Unknown(String),
}

impl Column<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Known(known) => &known.name,
            Self::Unknown(name) => name,
        }
    }
}

type Row = (usize, Vec<String>);

/// The columns, by the heading if the file has one, else in their order; and the rows of data.
fn headed<'a, 'r>(file: &'a PlanFile, rows: &'r [Row]) -> (Vec<Column<'a>>, &'r [Row]) {
    match rows.split_first() {
        Some(((_, head), rest)) if head.first().is_some_and(|cell| cell.trim() == FIRST) => {
            let named = head.iter().map(|cell| {
                let name = crate::text::quotable(cell.trim());
                let known = file.columns.iter().find(|column| column.name == name);
                known.map_or(Column::Unknown(name), Column::Known)
            });
            (named.collect(), rest)
        }
        _ => (file.columns.iter().map(Column::Known).collect(), rows),
    }
}

fn note(names: &mut Vec<String>, name: &str) {
    if !names.iter().any(|known| known == name) {
        names.push(name.to_owned());
    }
}

/// An address has two columns, and a person may have several rows that say the same.
fn join(values: &mut BTreeMap<String, Json>, field: &str, value: String) {
    let old = values.get(field).and_then(Json::as_str).unwrap_or_default();
    if !old.contains(&value) {
        let joined = if old.is_empty() { value } else { format!("{old}{value}") };
        values.insert(field.to_owned(), Json::from(joined));
    }
}

#[cfg(test)]
mod tests;
