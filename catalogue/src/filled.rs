//! A form with values.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde_json::{Map, Value as Json};

use crate::{
    Catalogue, Field, FieldError, Form, FormError, Format, Value, limits::MAX_FILE_BYTES, raw::Raw,
    read::read, text::quotable,
};

/// Reads a filled form of the built-in catalogue: `form = "…"`, optionally `version = "…"`, and
/// `[values]` by field id; without a version it is the newest. A byte order mark, as some Windows editors write it, is skipped.
///
/// # Errors
/// The first thing that is wrong: the file as a whole, then unknown fields, then the fields in the
/// order of the form.
pub fn parse_filled(bytes: &[u8], format: Format) -> Result<FilledForm, FormError> {
    parse(Catalogue::built_in(), bytes, format)
}

/// The field whose answer makes a form the reply to one that asked (出欠).
const REPLY: &str = "reply";

/// A form with typed values that were checked against it. The values are personal data; `Debug`
/// does not show them.
#[derive(Clone)]
pub struct FilledForm {
    form: Arc<Form>,
    values: BTreeMap<String, Value>,
}

impl FilledForm {
    /// The form.
    pub fn form(&self) -> &Form {
        &self.form
    }

    /// The value of the field with this id.
    pub fn value(&self, id: &str) -> Option<&Value> {
        self.values.get(id)
    }

    /// The filled fields in the order of the form.
    pub fn values(&self) -> impl Iterator<Item = (&Field, &Value)> {
        self.form.fields().filter_map(|field| Some((field, self.values.get(&field.id)?)))
    }

    /// Fills a field, or empties it with `null`; this is how a send fills in what it knows.
    ///
    /// # Errors
    /// As [`parse_filled`]; the form is unchanged then.
    pub fn set(&mut self, id: &str, value: &Json) -> Result<(), FormError> {
        let form = Arc::clone(&self.form);
        let field = form.field(id).ok_or_else(|| unknown_field(&form, id))?;
        let old = self.values.remove(id);
        let result = self.put(field, &Raw::from(value)).and_then(|()| self.within_size());
        if result.is_err() {
            self.values.remove(id);
            self.values.extend(old.map(|old| (id.to_owned(), old)));
        }
        result
    }

    /// The canonical JSON: `form`, `version`, `values`. It reads back to an equal form.
    pub fn to_json(&self) -> Json {
        let values = self.values.iter().map(|(id, value)| (id.clone(), value.to_json()));
        let document = [
            ("form", Json::from(self.form.id.as_str())),
            ("values", Json::Object(values.collect())),
            ("version", Json::from(self.form.version.as_str())),
        ];
        let document = document.into_iter().map(|(key, value)| (key.to_owned(), value));
        Json::Object(document.collect::<Map<_, _>>())
    }

    /// The same as TOML, one field a line in the order of the form, to be edited further. It reads
    /// back to an equal form.
    pub fn to_toml(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let (form, version) = (quoted(&self.form.id), quoted(&self.form.version));
        let mut text = format!("form = {form}\nversion = {version}\n\n[values]\n");
        for (field, value) in self.values() {
            text.push_str(&format!("{} = {}\n", field.id, toml_value(&value.to_json())));
        }
        text
    }

    /// The form's title, or that it replies to such a form: fit for lists and logs, as nothing of it is
    /// about a person.
    pub fn summary_ja(&self) -> String {
        let title = &self.form.title_ja;
        if self.value(REPLY).is_some() { format!("{title}への返信") } else { title.clone() }
    }

    pub(crate) fn shared_form(&self) -> Arc<Form> {
        Arc::clone(&self.form)
    }

    pub(crate) fn empty(form: Arc<Form>) -> Self {
        Self { form, values: BTreeMap::new() }
    }

    fn put(&mut self, field: &Field, raw: &Raw) -> Result<(), FormError> {
        let value = read(field, raw).map_err(|fault| {
            FormError::Field(Box::new(FieldError {
                id: field.id.clone(),
                label_ja: field.label_ja.clone(),
                label_en: field.label_en.clone(),
                fault,
            }))
        })?;
        self.values.extend(value.map(|value| (field.id.clone(), value)));
        Ok(())
    }

    /// Rows without column names are shorter than their canonical form: what was accepted once must
    /// be accepted again.
    fn within_size(&self) -> Result<(), FormError> {
        let longest = self.to_json().to_string().len().max(self.to_toml().len());
        if longest > MAX_FILE_BYTES { Err(FormError::TooLarge { bytes: longest }) } else { Ok(()) }
    }
}

impl PartialEq for FilledForm {
    fn eq(&self, other: &Self) -> bool {
        (&self.form.id, &self.form.version, &self.values)
            == (&other.form.id, &other.form.version, &other.values)
    }
}

impl fmt::Debug for FilledForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilledForm")
            .field("form", &self.form.id)
            .field("filled", &self.values.len())
            .finish_non_exhaustive()
    }
}

pub(crate) fn parse(
    catalogue: &Catalogue,
    bytes: &[u8],
    format: Format,
) -> Result<FilledForm, FormError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(FormError::TooLarge { bytes: bytes.len() });
    }
    let text = str::from_utf8(bytes).map_err(|_| FormError::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Raw::Map(document) = Raw::parse(text, format)? else { return Err(FormError::NotMap) };
    let key = |name: &str| document.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    if let Some((key, _)) =
        document.iter().find(|(key, _)| !["form", "version", "values"].contains(&key.as_str()))
    {
        return Err(FormError::UnknownKey { key: quotable(key) });
    }
    let id = text_of("form", key("form"))?.ok_or(FormError::MissingForm)?;
    let newest = catalogue.shared_form(id).ok_or_else(|| FormError::UnknownForm {
        form: quotable(id),
        known: catalogue.forms().map(|form| form.id.clone()).collect(),
    })?;
    let form = match text_of("version", key("version"))? {
        None => newest,
        Some(given) => {
            let mut versions = catalogue.shared_forms(id);
            versions.find(|form| form.version == given).ok_or_else(|| FormError::WrongVersion {
                form: newest.id.clone(),
                given: quotable(given),
                known: catalogue.shared_forms(id).map(|form| form.version.clone()).collect(),
            })?
        }
    };
    let values = match key("values") {
        None => &[],
        Some(Raw::Map(entries)) => entries.as_slice(),
        Some(_) => return Err(FormError::ValuesNotMap),
    };
    if let Some((key, _)) = values.iter().find(|(key, _)| form.field(key).is_none()) {
        return Err(unknown_field(form, key));
    }
    let mut filled = FilledForm::empty(Arc::clone(form));
    for field in form.fields() {
        if let Some((_, raw)) = values.iter().find(|(key, _)| *key == field.id) {
            filled.put(field, raw)?;
        }
    }
    filled.within_size()?;
    Ok(filled)
}

fn text_of<'a>(key: &'static str, raw: Option<&'a Raw>) -> Result<Option<&'a str>, FormError> {
    match raw {
        None => Ok(None),
        Some(Raw::Text(text)) => Ok(Some(text)),
        Some(_) => Err(FormError::NotText { key }),
    }
}

fn unknown_field(form: &Form, key: &str) -> FormError {
    /// Most edits between a slip and the id that was meant.
    const MAX_EDITS: usize = 2;
    let by_label = form.fields().find(|field| field.label_ja == key);
    let by_id = || {
        let short = key.chars().count() <= 40;
        let distances = form.fields().map(|field| (edits(&field.id, key), field));
        let nearest = distances.min_by_key(|(edits, _)| *edits).filter(|_| short);
        nearest.filter(|(edits, field)| *edits <= MAX_EDITS && *edits < field.id.len())
    };
    let nearest = by_label.or_else(|| by_id().map(|(_, field)| field));
    FormError::UnknownField {
        form: form.id.clone(),
        key: quotable(key),
        nearest: nearest.map(|field| (field.id.clone(), field.label_ja.clone())),
    }
}

/// Levenshtein distance, for short texts.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

/// Inline TOML. Canonical values hold no null, and numbers fit.
fn toml_value(json: &Json) -> toml::Value {
    match json {
        Json::Array(items) => toml::Value::Array(items.iter().map(toml_value).collect()),
        Json::Bool(value) => toml::Value::Boolean(*value),
        Json::Null => toml::Value::String(String::new()),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => toml::Value::Integer(integer),
            None => toml::Value::Float(number.as_f64().unwrap_or_default()),
        },
        Json::Object(map) => {
            let entries = map.iter().map(|(key, value)| (key.clone(), toml_value(value)));
            toml::Value::Table(entries.collect())
        }
        Json::String(text) => toml::Value::String(text.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_is_set_emptied_and_kept_on_error() {
        let mut filled = Catalogue::built_in().empty("notice-admission").unwrap();
        filled.set("ward", &json!("3階東病棟")).unwrap();
        assert!(filled.set("ward", &json!(3)).is_err());
        assert_eq!(filled.value("ward"), Some(&Value::Text("3階東病棟".to_owned())));
        filled.set("ward", &Json::Null).unwrap();
        assert_eq!(filled.value("ward"), None);
        assert!(filled.set("wadr", &json!("x")).is_err());
    }

    #[test]
    fn debug_and_summary_tell_nothing_about_a_person() {
        let mut filled = Catalogue::built_in().empty("mhlw-admission-info-r6").unwrap();
        filled.set("name", &json!("流山 花子")).unwrap();
        assert!(!format!("{filled:?}").contains("花子"));
        assert_eq!(filled.summary_ja(), "入院時情報提供書");
    }

    #[test]
    fn slips_are_counted() {
        assert_eq!(edits("kana", "kana"), 0);
        assert_eq!(edits("kana", "knaa"), 2);
        assert_eq!(edits("", "abc"), 3);
    }
}
