//! A form that was begun with an earlier version, in the newest one.

use serde::Serialize;
use tsumugu_catalogue::{Catalogue, FilledForm};

/// A form in the newest version.
#[derive(Debug)]
pub struct Carried {
    /// With every value that the newest version takes.
    pub form: FilledForm,
    /// What was written and has no place in it. The form it is from keeps it.
    pub lost: Vec<Lost>,
}

/// A field whose value the newest version does not take. The value is a person's: it is not here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lost {
    /// Id of the field.
    pub field: String,
    /// Its printed label, in the version that it was written with.
    pub label: String,
}

/// Carries the values of a form over into a catalogue's newest version of it; nothing where the
/// catalogue has no such form.
#[must_use]
pub fn carry(newest: &Catalogue, written: &FilledForm) -> Option<Carried> {
    let mut form = newest.empty(&written.form().id)?;
    let mut lost = Vec::new();
    for (field, value) in written.values() {
        if form.set(&field.id, &value.to_json()).is_err() {
            lost.push(Lost { field: field.id.clone(), label: field.label_ja.clone() });
        }
    }
    Some(Carried { form, lost })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tsumugu_catalogue::Draft;

    use super::*;

    #[test]
    fn what_has_no_place_any_more_is_named() {
        let text = |drop: &str| {
            let sheet = include_str!("../../../catalogue/data/notices/notice-discharge-date.toml");
            let lines = sheet.lines().filter(|line| drop.is_empty() || !line.contains(drop));
            lines.collect::<Vec<_>>().join("\n")
        };
        let catalogue = |sheet: &str| {
            let files = [
                ("codes.toml", include_str!("../../../catalogue/data/codes.toml")),
                ("sources.toml", include_str!("../../../catalogue/data/sources.toml")),
                ("notices/x.toml", sheet),
            ];
            Draft::parse(&files).unwrap().into_catalogue().unwrap()
        };
        let (old, new) = (catalogue(&text("")), catalogue(&text("id = \"reason\"")));
        let mut written = old.empty("notice-discharge-date").unwrap();
        written.set("status", &json!("延期")).unwrap();
        written.set("reason", &json!("発熱")).unwrap();
        let carried = carry(&new, &written).unwrap();
        assert_eq!(carried.form.value("status"), written.value("status"));
        let lost: Vec<_> = carried.lost.iter().map(|lost| lost.field.as_str()).collect();
        assert_eq!(lost, ["reason"]);
        assert_eq!(carry(&old, &written).unwrap().form, written);
        let other = Catalogue::built_in().empty("notice-death").unwrap();
        assert!(carry(&old, &other).is_none());
    }
}
