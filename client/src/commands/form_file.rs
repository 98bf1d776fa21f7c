//! A filled form from a file, and what the send itself fills in.

use std::path::Path;

use serde_json::{Value as Json, json};
use tsumugu_catalogue::{FieldType, FilledForm, FormError, Format, limits};
use tsumugu_durable::{DiskError, read_limited};
use tsumugu_trust::directory::Directory;
use tsumugu_trust::value::{Id, Time};

use crate::context::Context;
use crate::failure::Failure;
use crate::jst;
use crate::messages::Sentence;
use crate::releases::{Carried, Catalogues, carry};

/// The file names a version that no catalogue here has.
const UNKNOWN_VERSION: &str = "form.unknown-version";

/// Reads a sheet or notice in the version that it names: JSON by its name `*.json`, else TOML.
///
/// # Errors
/// The file cannot be read, or is no form that a catalogue here knows, or a value does not fit its field.
pub(super) fn read_form(catalogues: &Catalogues, file: &Path) -> Result<FilledForm, Failure> {
    let limit = limits::MAX_FILE_BYTES as u64;
    let bytes = read_limited(file, limit).map_err(|error| match error {
        DiskError::TooLong { .. } => Failure::file_too_large(file, limit),
        error => Failure::file_unreadable(file, error),
    })?;
    let is_json = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let format = if is_json { Format::Json } else { Format::Toml };
    catalogues.parse(&bytes, format).map_err(|error| match error.field() {
        Some(field) => {
            let (id, detail) = (form_id(&bytes, format), said(&error));
            Failure::bad_form_value(&id, &field.id, &detail).because(error)
        }
        None => match &error {
            FormError::UnknownForm { form, .. } => Failure::unknown_form(form).because(error),
            FormError::WrongVersion { form, given, known } => {
                let failure = Failure::new(UNKNOWN_VERSION).with("form", form);
                let failure = failure.with("version", given).with("known", known.join(", "));
                failure.because(error)
            }
            _ => Failure::bad_form_file(file, &said(&error)).because(error),
        },
    })
}

/// Whether a file that was refused so may be of a release that is not here yet.
pub(super) fn may_be_newer(failure: &Failure) -> bool {
    ["form.unknown", UNKNOWN_VERSION].contains(&failure.key())
}

/// The form in the newest version, which new letters are written with. What was begun with an earlier one
/// is carried over, and that is said.
///
/// # Errors
/// `form.withdrawn` where the newest catalogue has no such form; `form.not-carried` where something was
/// written that it has no place for. Nothing is lost: file or draft are as they were.
pub(super) fn in_newest_version(ctx: &Context, written: FilledForm) -> Result<FilledForm, Failure> {
    let catalogues = ctx.catalogues();
    let newest = catalogues.newest();
    let release = newest.release.map_or("0".to_owned(), |release| release.to_string());
    let id = written.form().id.clone();
    let from = written.form().version.clone();
    let of_the_form = |key| Failure::new(key).with("form", &id).with("from", &from);
    if newest.catalogue.form(&id).is_some_and(|form| form.version == from) {
        return Ok(written);
    }
    let Some(Carried { form, lost }) = carry(newest.catalogue, &written) else {
        return Err(of_the_form("form.withdrawn").with("release", release));
    };
    let to = form.form().version.clone();
    if lost.is_empty() {
        let said = Sentence::new("form.carried").with("form", &id).with("from", &from);
        ctx.note(&said.with("to", &to));
        return Ok(form);
    }
    let fields = lost.iter().map(|lost| format!("{}（{}）", lost.label, lost.field));
    let fields = fields.collect::<Vec<_>>().join("、");
    Err(of_the_form("form.not-carried").with("to", &to).with("fields", fields))
}

/// Fills in what the send knows: both institutions, and the day in Japan.
///
/// What was typed there is replaced: these fields are evidence, and come from the send.
///
/// # Errors
/// An institution's name is beyond what the form takes.
pub(super) fn fill_by_send(
    form: &mut FilledForm,
    directory: &Directory,
    (from, to): (Id, Id),
    now: Time,
) -> Result<(), Failure> {
    let by_send = form.form().fields().filter(|field| field.filled_by_send);
    let known: Vec<_> = by_send
        .filter_map(|field| {
            let value = match field.ty {
                FieldType::Date => json!(jst::day(now)),
                FieldType::Org if field.id.starts_with("from") => organisation(directory, from),
                FieldType::Org if field.id.starts_with("to") => organisation(directory, to),
                _ => return None,
            };
            Some((field.id.clone(), value))
        })
        .collect();
    known.iter().try_for_each(|(field, value)| put(form, field, value))
}

/// Fills a field.
///
/// # Errors
/// `form.bad-value`
pub(super) fn put(form: &mut FilledForm, field: &str, value: &Json) -> Result<(), Failure> {
    form.set(field, value).map_err(|error| {
        Failure::bad_form_value(&form.form().id, field, &said(&error)).because(error)
    })
}

/// Number and name, as a form's field takes them: its number has ten digits or is left out.
fn organisation(directory: &Directory, id: Id) -> Json {
    let Some(record) = directory.member(id).and_then(|member| member.record()) else {
        return Json::Null;
    };
    let number = record.number.as_str();
    let of_the_state = number.len() == 10 && number.bytes().all(|byte| byte.is_ascii_digit());
    match of_the_state {
        true => json!({ "number": number, "name": record.name.as_str() }),
        false => json!({ "name": record.name.as_str() }),
    }
}

/// The catalogue's own words for what is wrong; they never quote a value.
fn said(error: &FormError) -> String {
    let message = error.message();
    format!("{} / {}", message.fault_ja, message.fault_en)
}

/// The form that a file names: it was read up to a field, so it names one.
fn form_id(bytes: &[u8], format: Format) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    let named = match format {
        Format::Json => serde_json::from_str::<Json>(text)
            .ok()
            .and_then(|document| document.get("form").and_then(Json::as_str).map(str::to_owned)),
        Format::Toml => text.parse::<toml::Table>().ok().and_then(|document| {
            document.get("form").and_then(toml::Value::as_str).map(str::to_owned)
        }),
    };
    named.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use tsumugu_catalogue::{Catalogue, examples};
    use tsumugu_trust::testing::World;
    use tsumugu_trust::value::InstitutionKind;

    use super::*;

    fn file(suffix: &str, text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::Builder::new().suffix(suffix).tempfile().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    fn built_in() -> Catalogues {
        Catalogues::listed(Path::new("no-such-home"))
    }

    #[test]
    fn forms_are_read_as_toml_and_as_json() {
        for (name, text) in examples::ALL {
            let form = read_form(&built_in(), file(".toml", text).path()).unwrap();
            let json = file(".json", &form.to_json().to_string());
            assert_eq!(read_form(&built_in(), json.path()).unwrap(), form, "{name}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told_without_its_values() {
        let key = |text: &str| read_form(&built_in(), file(".toml", text).path()).unwrap_err();
        assert_eq!(key("form = \"x\"").key(), "form.unknown");
        assert_eq!(key("form = ").key(), "form.bad-file");
        let wrong = key("form = \"notice-admission\"\n[values]\ndate_admitted = \"秘密\"");
        assert_eq!(wrong.key(), "form.bad-value");
        let said = wrong.sentence().ja();
        assert!(said.contains("notice-admission") && said.contains("date_admitted"), "{said}");
        assert!(!said.contains("秘密"), "{said}");
        let missing = read_form(&built_in(), Path::new("no-such-file.toml")).unwrap_err();
        assert_eq!(missing.key(), "file.unreadable");
        let long = "#".repeat(limits::MAX_FILE_BYTES + 1);
        assert_eq!(key(&long).key(), "file.too-large");
        assert_eq!(key(&long[1..]).key(), "form.bad-file");
    }

    #[test]
    fn the_send_fills_in_both_institutions_and_the_day_in_japan() {
        let mut world = World::new(1);
        let hospital = world.admit("架空中央病院", InstitutionKind::Hospital);
        let care = world.admit("ケアプラン架空", InstitutionKind::CareOffice);
        let mut form = Catalogue::built_in().empty("mhlw-admission-info-r6").unwrap();
        form.set("date_provided", &json!("2020-01-01")).unwrap();
        let late: Time = "2026-11-22T15:00:00.000Z".parse().unwrap();
        fill_by_send(&mut form, world.directory(), (care.id, hospital.id), late).unwrap();
        let value = |id: &str| form.value(id).unwrap().to_json();
        assert_eq!(value("date_provided"), json!("2026-11-23"));
        assert_eq!(value("to_org")["name"], json!("架空中央病院"));
        assert_eq!(value("from_org")["number"], json!(care.record.number.as_str()));
    }
}
