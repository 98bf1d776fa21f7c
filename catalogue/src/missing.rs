//! What a filled form lacks. Only ever a warning: the recipient alone blocks a send, since a late
//! sheet costs more than a thin one.

use crate::{Catalogue, Field, FieldType, FilledForm, Form, Required, Value};

/// A field that somebody will miss.
#[derive(Clone, Copy, Debug)]
pub struct Missing<'a> {
    /// The empty field.
    pub field: &'a Field,
    /// Who will miss it; never [`Required::Optional`].
    pub level: Required,
}

/// What a filled form says about consent (同意).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Consent {
    /// The form has no field for it.
    NotAsked,
    /// Nothing says that there is consent.
    Missing,
    /// The form says that there is none.
    Refused,
    /// It says that there is consent, since when, or on which ground.
    Stated,
}

impl FilledForm {
    /// What the form says about consent. A ground outweighs a no: whoever must be protected may be
    /// unable to consent.
    pub fn consent(&self) -> Consent {
        let asked = || self.form().fields().filter(|field| field.consent);
        let mut said = asked().filter_map(|field| self.value(&field.id)).peekable();
        match (asked().next().is_some(), said.peek().is_some()) {
            (false, _) => Consent::NotAsked,
            (true, false) => Consent::Missing,
            (true, true) if said.all(|value| *value == Value::Boolean(false)) => Consent::Refused,
            (true, true) => Consent::Stated,
        }
    }

    /// The field that takes the ground of the consent; its options are the grounds.
    pub fn consent_ground(&self) -> Option<&Field> {
        let is_ground =
            |field: &&Field| field.consent && matches!(field.ty, FieldType::Choice { .. });
        self.form().fields().find(is_ground)
    }

    /// Items of the national form that this form has no field for, in the order of the national form:
    /// where a simplified form replaces it, they have to go along in another way, such as by the
    /// enclosed care plan. None for a form that replaces no other.
    pub fn not_asked<'c>(&self, catalogue: &'c Catalogue) -> Vec<&'c Field> {
        let Some(national) = &self.form().national else { return Vec::new() };
        let covers = |id: &String| self.form().fields().any(|field| field.national.contains(id));
        let fields = catalogue.form(&national.form).into_iter().flat_map(Form::fields);
        fields
            .filter(|field| field.ty != FieldType::Static && !field.filled_by_send)
            .filter(|field| !covers(&field.id))
            .collect()
    }

    /// Required fields that apply and are empty, in the order of the form. What the send fills in
    /// is not missing.
    pub fn missing(&self) -> Vec<Missing<'_>> {
        let fields = self.form().fields().filter(|field| {
            field.required != Required::Optional
                && field.ty != FieldType::Static
                && !field.filled_by_send
                && self.applies(field)
                && self.value(&field.id).is_none()
        });
        fields.map(|field| Missing { field, level: field.required }).collect()
    }

    /// Whether the field's condition holds. While the condition's own field is empty it does not.
    pub fn applies(&self, field: &Field) -> bool {
        let Some(condition) = &field.when else { return true };
        match self.value(&condition.field) {
            Some(Value::Choice(option)) => condition.any_of.contains(option),
            Some(Value::Checklist(options)) => {
                options.iter().any(|option| condition.any_of.contains(option))
            }
            _ => false,
        }
    }

    /// Fields that are filled although their condition does not hold: the sender may have forgotten
    /// to tick the item before.
    pub fn inapplicable(&self) -> Vec<&Field> {
        let filled = self.values().map(|(field, _)| field);
        filled.filter(|field| !self.applies(field)).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Catalogue, Consent, FilledForm, Required};

    fn missing(filled: &FilledForm) -> Vec<(&str, Required)> {
        filled.missing().iter().map(|missing| (missing.field.id.as_str(), missing.level)).collect()
    }

    #[test]
    fn required_fields_are_missing_until_filled() {
        let mut filled = Catalogue::built_in().empty("notice-discharge-date").unwrap();
        let all = [
            ("status", Required::System),
            ("date_out", Required::System),
            ("destination", Required::System),
        ];
        assert_eq!(missing(&filled), all);
        filled.set("status", &json!("決定")).unwrap();
        assert_eq!(missing(&filled), all[1..]);
    }

    #[test]
    fn what_the_send_fills_in_is_not_missing() {
        let filled = Catalogue::built_in().empty("nagareyama-renkei").unwrap();
        let ids: Vec<_> = missing(&filled).into_iter().map(|(id, _)| id).collect();
        assert!(!ids.contains(&"to_org") && !ids.contains(&"from_org"));
        assert!(missing(&filled).contains(&("kana", Required::System)));
        assert!(missing(&filled).contains(&("disease", Required::Region)));
    }

    #[test]
    fn consent_is_stated_by_a_yes_a_date_or_a_ground() {
        let said = |form: &str, values: &[(&str, serde_json::Value)]| {
            let mut filled = Catalogue::built_in().empty(form).unwrap();
            values.iter().for_each(|(id, value)| filled.set(id, value).unwrap());
            filled.consent()
        };
        let city = "nagareyama-renkei";
        assert_eq!(said(city, &[]), Consent::Missing);
        assert_eq!(said(city, &[("consent", json!(true))]), Consent::Stated);
        assert_eq!(said(city, &[("consent", json!(false))]), Consent::Refused);
        let ground = ("consent_ground", json!("生命・身体の保護のため必要"));
        assert_eq!(said(city, &[("consent", json!(false)), ground]), Consent::Stated);
        let national = "mhlw-admission-info-r6";
        assert_eq!(said(national, &[("consent_date", json!("R8.4.1"))]), Consent::Stated);
        assert_eq!(said("notice-death", &[]), Consent::NotAsked);
        let empty = Catalogue::built_in().empty(city).unwrap();
        assert_eq!(empty.consent_ground().unwrap().id, "consent_ground");
    }

    #[test]
    fn what_a_simplified_form_does_not_ask_is_told() {
        let catalogue = Catalogue::built_in();
        let lacks = |form: &str, level: Required| -> Vec<&str> {
            let lacking = catalogue.empty(form).unwrap().not_asked(catalogue);
            let lacking = lacking.into_iter().filter(|field| field.required == level);
            lacking.map(|field| field.id.as_str()).collect()
        };
        let city = [
            "main_caregiver_name",
            "life_history",
            "paralysis",
            "adl_transfer",
            "adl_dress",
            "adl_bedmob",
            "mental_issues",
        ];
        assert_eq!(lacks("nagareyama-renkei", Required::Fee), city);
        assert_eq!(
            lacks("chiba-renkei-a", Required::Fee),
            ["life_history", "paralysis", "adl_bedmob"]
        );
        assert_eq!(lacks("mhlw-admission-info-r6", Required::Fee), Vec::<&str>::new());
        assert!(lacks("nagareyama-renkei", Required::Optional).contains(&"smoking"));
    }

    #[test]
    fn a_value_without_its_condition_is_told() {
        let mut filled = Catalogue::built_in().empty("mhlw-admission-info-r6").unwrap();
        filled.set("care_applied_on", &json!("R8.11.1")).unwrap();
        assert_eq!(filled.inapplicable().len(), 1);
        filled.set("care_level", &json!("要介護3")).unwrap();
        assert_eq!(filled.inapplicable().len(), 1);
        filled.set("care_level", &json!("区分変更申請中")).unwrap();
        assert_eq!(filled.inapplicable().len(), 0);
    }
}
