//! Takes over what an earlier sheet of the same person says, so that nobody types it again.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use crate::{Field, FieldType, FilledForm, Form, Value, render::plain};

/// What was taken over from an earlier form, and what was not.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Carried {
    /// Ids of the new form's fields that were filled, in its order.
    pub taken: Vec<String>,
    /// Ids of the earlier form's fields that were filled and found no place, in its order: somebody has
    /// to look at them.
    pub left: Vec<String>,
}

impl FilledForm {
    /// Fills this form from an earlier one of the same person. What is filled already stays.
    ///
    /// A field finds its value under its own id, or by what both forms say of the national form. What
    /// belongs to one occasion ([`Field::once`]), what the send fills in, and attachments, whose files
    /// are elsewhere, stay empty. Where several fields make up one text they are joined; a value that
    /// does not fit the new field, such as an option that it does not have, is left.
    pub fn carry(&mut self, earlier: &FilledForm) -> Carried {
        let mut carried = Carried::default();
        let mut used = BTreeSet::new();
        let form = self.shared_form();
        for field in form.fields().filter(|field| takes(field)) {
            if self.value(&field.id).is_some() {
                continue;
            }
            for (json, sources) in candidates(&form, field, earlier) {
                if self.set(&field.id, &json).is_ok() && self.value(&field.id).is_some() {
                    carried.taken.push(field.id.clone());
                    used.extend(sources);
                    break;
                }
            }
        }
        let left = earlier.values().filter(|(field, _)| takes(field) && !used.contains(&field.id));
        carried.left = left.map(|(field, _)| field.id.clone()).collect();
        carried
    }
}

fn takes(field: &Field) -> bool {
    let has_value = !matches!(field.ty, FieldType::Attachment | FieldType::Static);
    has_value && !field.once && !field.filled_by_send
}

/// Values that the field may take, the likeliest first, each with the earlier fields it is of.
fn candidates(form: &Form, field: &Field, earlier: &FilledForm) -> Vec<(Json, Vec<String>)> {
    let mut found = Vec::new();
    let of = |source: &Field| Some((earlier.value(&source.id)?.to_json(), vec![source.id.clone()]));
    let same = earlier.form().field(&field.id).filter(|other| takes(other));
    let national = covered(form, field);
    let alike = |other: &&Field| takes(other) && covered(earlier.form(), other) == national;
    let mapped = || earlier.form().fields().filter(alike);
    if form.id == earlier.form().id {
        found.extend(same.and_then(of));
        return found;
    }
    found.extend(mapped().filter(|_| !national.is_empty()).filter_map(of));
    found.extend(same.and_then(of));
    let single = |id: &&str| {
        earlier
            .form()
            .fields()
            .find(|other| takes(other) && covered(earlier.form(), other) == [*id])
    };
    let parts: Vec<&Field> = national.iter().filter_map(single).collect();
    found.extend(joined(field, &parts, earlier));
    found
}

/// The fields of the national form that a field covers: its own, if the form is the national one.
fn covered<'f>(form: &'f Form, field: &'f Field) -> Vec<&'f str> {
    match form.national {
        None => vec![field.id.as_str()],
        Some(_) => field.national.iter().map(String::as_str).collect(),
    }
}

/// Several fields as one: a grid by the names of its rows, a text by what each says.
fn joined(field: &Field, parts: &[&Field], earlier: &FilledForm) -> Option<(Json, Vec<String>)> {
    let filled: Vec<(&Field, &Value)> =
        parts.iter().filter_map(|part| Some((*part, earlier.value(&part.id)?))).collect();
    let ids =
        |filled: &[(&Field, &Value)]| filled.iter().map(|(part, _)| part.id.clone()).collect();
    match &field.ty {
        FieldType::Grid { rows, .. } => {
            let named: Vec<_> =
                filled.into_iter().filter(|(part, _)| rows.contains(&part.label_ja)).collect();
            let cells = named.iter().map(|(part, value)| (part.label_ja.clone(), value.to_json()));
            let cells: Map<String, Json> = cells.collect();
            (!named.is_empty()).then(|| (Json::Object(cells), ids(&named)))
        }
        FieldType::Text | FieldType::Textarea => {
            let texts = filled.iter().map(|(part, value)| plain(part, value));
            // Who is called how, and the telephone, need no label; what is said of the body does.
            let people = matches!(field.ty, FieldType::Text) && field.national.len() > 1;
            let texts: Vec<String> = match people {
                true => texts.collect(),
                false => filled
                    .iter()
                    .map(|(part, value)| format!("{}: {}", part.label_ja, plain(part, value)))
                    .collect(),
            };
            let between = if people { " " } else { "\n" };
            (!filled.is_empty()).then(|| (Json::from(texts.join(between)), ids(&filled)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Catalogue, FilledForm, Format, examples, parse_filled};

    fn example(name: &str) -> FilledForm {
        parse_filled(examples::example(name).unwrap().as_bytes(), Format::Toml).unwrap()
    }

    fn empty(form: &str) -> FilledForm {
        Catalogue::built_in().empty(form).unwrap()
    }

    #[test]
    fn the_same_form_takes_everything_but_what_belongs_to_one_stay() {
        let earlier = example("admission-info");
        let mut new = empty("mhlw-admission-info-r6");
        let carried = new.carry(&earlier);
        assert_eq!(carried.left, Vec::<String>::new());
        assert_eq!(new.value("name"), earlier.value("name"));
        for once in ["date_written", "date_admitted", "consent_date", "enclosure_files", "age"] {
            assert!(earlier.value(once).is_some() && new.value(once).is_none(), "{once}");
        }
    }

    #[test]
    fn the_citys_form_is_filled_from_the_national_one() {
        let earlier = example("admission-info");
        let mut new = empty("nagareyama-renkei");
        new.set("kana", &json!("ナガレヤマ")).unwrap();
        let carried = new.carry(&earlier);
        let said = |id: &str| new.value(id).map(|value| value.to_json());
        // What is there stays.
        assert_eq!(said("kana"), Some(json!("ナガレヤマ")));
        assert_eq!(said("name"), Some(json!("流山 花子")));
        assert_eq!(said("care_level"), Some(json!("要介護3")));
        assert_eq!(said("key_person"), Some(json!("流山 桜子 長女 04-7000-5679")));
        let adl = json!({ "移動": "見守り", "食事": "自立", "入浴": "一部介助" });
        assert_eq!(said("adl"), Some(adl));
        // 子と同居 is no option of the city's form.
        assert_eq!(said("household"), None);
        for left in ["household", "main_caregiver_name", "kana"] {
            assert!(carried.left.iter().any(|id| id == left), "{:?}", carried.left);
        }
        assert!(carried.taken.contains(&"adl".to_owned()));
    }

    #[test]
    fn the_national_form_is_filled_from_the_citys() {
        let earlier = example("nagareyama");
        let mut new = empty("mhlw-admission-info-r6");
        let carried = new.carry(&earlier);
        assert_eq!(new.value("dob"), earlier.value("dob"));
        assert!(carried.left.contains(&"key_person".to_owned()), "{:?}", carried.left);
        assert!(new.value("date_admitted").is_none());
    }

    #[test]
    fn every_form_carries_from_every_other_without_breaking_a_rule() {
        for (_, from) in examples::ALL {
            let earlier = parse_filled(from.as_bytes(), Format::Toml).unwrap();
            for form in Catalogue::built_in().forms() {
                let mut new = empty(&form.id);
                let carried = new.carry(&earlier);
                let back = parse_filled(new.to_toml().as_bytes(), Format::Toml).unwrap();
                assert_eq!(back, new);
                assert_eq!(carried.taken.len(), new.values().count());
            }
        }
    }
}
