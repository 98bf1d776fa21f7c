//! What a filled form lacks, as `send`, `draft check` and `forms check` tell it. None of it keeps a
//! form from being sent: a late sheet costs more than a thin one.

use serde::Serialize;
use serde_json::json;
use tsumugu_catalogue::{Catalogue, Consent, Field, FieldType, FilledForm, Required};

use crate::failure::Failure;
use crate::messages::Sentence;
use crate::output::Page;

/// A field that is empty and should not be, or is filled and does not apply, or is no part of the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// `missing`, `inapplicable`, `consent` (nothing says that there is consent), `refused` (the form
    /// says that there is none) or `not-in-form` (an item of the national form that this form does not
    /// ask for).
    pub kind: &'static str,
    /// Id of the field; with `not-in-form`, of the national form's.
    pub field: String,
    /// Its printed label.
    pub label: String,
    /// Who misses it: `system`, `fee` (the fee hangs on it), `region`, `opt`.
    pub level: &'static str,
    /// What may be filled in: the grounds of a consent; else empty.
    pub choices: Vec<String>,
}

/// What a form lacks; of the national form's items those that a fee hangs on, or all of them.
pub(super) fn warnings(form: &FilledForm, catalogue: &Catalogue, every_item: bool) -> Vec<Warning> {
    let missing = form.missing();
    // Consent is asked for once, with its grounds.
    let missing = missing.iter().filter(|one| !one.field.consent);
    let missing = missing.map(|one| warning("missing", one.field));
    let extra = form.inapplicable();
    let extra = extra.iter().map(|field| warning("inapplicable", field));
    let beyond = form.not_asked(catalogue);
    let beyond = beyond
        .iter()
        .filter(|field| every_item || field.required == Required::Fee)
        .map(|field| warning("not-in-form", field));
    consent(form).into_iter().chain(missing).chain(extra).chain(beyond).collect()
}

/// Writes the ground of the consent (`--consent`) into the form.
///
/// # Errors
/// The form has no field for it, or does not know the ground.
pub(super) fn set_ground(form: &mut FilledForm, ground: &str) -> Result<(), Failure> {
    let id = form.form().id.clone();
    let no_field = || Failure::new("form.no-consent-field").with("form", &id);
    let field = form.consent_ground().ok_or_else(no_field)?;
    let (field, grounds) = (field.id.clone(), field.ty.options().join(" / "));
    form.set(&field, &json!(ground)).map_err(|error| {
        let unknown = Failure::new("form.unknown-ground").with("form", &id);
        unknown.with("grounds", &grounds).because(error)
    })
}

/// The rows of the warnings below one sentence; nothing where there is none.
pub(super) fn tell(page: &mut Page, warnings: &[Warning]) {
    let (beyond, own): (Vec<_>, Vec<_>) =
        warnings.iter().partition(|warning| warning.kind == "not-in-form");
    if !own.is_empty() {
        page.say(&Sentence::new("send.incomplete").with("count", own.len()));
        own.iter().for_each(|warning| page.row(&warning.row()));
        for warning in own.iter().filter(|warning| !warning.choices.is_empty()) {
            let grounds = warning.choices.join(" / ");
            page.say(&Sentence::new("form.ask-ground").with("grounds", &grounds));
        }
    }
    if !beyond.is_empty() {
        page.say(&Sentence::new("form.not-in-form").with("count", beyond.len()));
        beyond.iter().for_each(|warning| page.row(&warning.row()));
    }
}

impl Warning {
    fn row(&self) -> String {
        let mark = match (self.kind, self.level) {
            ("inapplicable", _) => "選択と合わない does not apply",
            ("consent", _) => "同意の記入なし no consent stated",
            ("refused", _) => "同意なしと記入 consent refused",
            (_, "fee") => "必要な情報 fee",
            (_, "region") => "地域の必須 region",
            (_, "opt") => "任意 optional",
            _ => "必須 required",
        };
        format!("    {}（{}） {mark}", self.label, self.field)
    }
}

fn warning(kind: &'static str, field: &Field) -> Warning {
    Warning {
        kind,
        field: field.id.clone(),
        label: field.label_ja.clone(),
        level: field.required.name(),
        choices: Vec::new(),
    }
}

fn consent(form: &FilledForm) -> Option<Warning> {
    let kind = match form.consent() {
        Consent::Missing => "consent",
        Consent::Refused => "refused",
        Consent::NotAsked | Consent::Stated => return None,
    };
    let flag = |field: &&Field| field.consent && !matches!(field.ty, FieldType::Choice { .. });
    let ground = form.consent_ground();
    let field = form.form().fields().find(flag).or(ground)?;
    let grounds = ground.map(|field| field.ty.options().to_vec()).unwrap_or_default();
    Some(Warning { level: Required::System.name(), choices: grounds, ..warning(kind, field) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn city(values: &[(&str, serde_json::Value)]) -> FilledForm {
        let mut form = Catalogue::built_in().empty("nagareyama-renkei").unwrap();
        values.iter().for_each(|(id, value)| form.set(id, value).unwrap());
        form
    }

    fn of_kind(form: &FilledForm, kind: &str) -> Vec<String> {
        let warnings = warnings(form, Catalogue::built_in(), false);
        warnings.into_iter().filter(|one| one.kind == kind).map(|one| one.field).collect()
    }

    #[test]
    fn consent_is_asked_for_once_with_its_grounds() {
        let mut form = city(&[]);
        assert_eq!(of_kind(&form, "consent"), ["consent"]);
        assert!(!of_kind(&form, "missing").contains(&"consent".to_owned()));
        let asked = warnings(&form, Catalogue::built_in(), false).remove(0);
        assert!(asked.choices.contains(&"家族同意".to_owned()), "{asked:?}");
        assert_eq!(of_kind(&city(&[("consent", json!(false))]), "refused"), ["consent"]);
        set_ground(&mut form, "家族同意").unwrap();
        assert_eq!(of_kind(&form, "consent"), Vec::<String>::new());
    }

    #[test]
    fn a_ground_that_no_form_knows_is_refused() {
        let failed = set_ground(&mut city(&[]), "なんとなく").unwrap_err();
        assert_eq!(failed.key(), "form.unknown-ground");
        assert!(failed.sentence().ja().contains("本人同意"));
        assert!(!failed.sentence().ja().contains("なんとなく"));
        let mut notice = Catalogue::built_in().empty("notice-death").unwrap();
        assert_eq!(set_ground(&mut notice, "本人同意").unwrap_err().key(), "form.no-consent-field");
    }

    #[test]
    fn items_of_the_national_form_are_told_apart() {
        let form = city(&[]);
        assert!(of_kind(&form, "not-in-form").contains(&"paralysis".to_owned()));
        assert!(
            warnings(&form, Catalogue::built_in(), true).len()
                > warnings(&form, Catalogue::built_in(), false).len()
        );
        let mut page = Page::default();
        tell(&mut page, &warnings(&form, Catalogue::built_in(), false));
        let text = page.into_lines().join("\n");
        assert!(text.contains("麻痺の状況（paralysis） 必要な情報 fee"), "{text}");
        assert!(text.contains("--consent"), "{text}");
    }
}
