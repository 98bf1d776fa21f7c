//! What a filled form lacks. Only ever a warning: the recipient alone blocks a send, since a late
//! sheet costs more than a thin one.

use crate::{Field, FieldType, FilledForm, Required, Value};

/// A field that somebody will miss.
#[derive(Clone, Copy, Debug)]
pub struct Missing<'a> {
    /// The empty field.
    pub field: &'a Field,
    /// Who will miss it; never [`Required::Optional`].
    pub level: Required,
}

impl FilledForm {
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

    use crate::{Catalogue, FilledForm, Required};

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
