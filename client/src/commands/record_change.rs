//! What differs between two versions of an institution's record.

use serde::Serialize;
use tsumugu_trust::statement::Institution;

/// One attribute that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The line's name, such as `telephone`.
    pub line: &'static str,
    /// What it was.
    pub from: Option<String>,
    /// What it becomes.
    pub to: Option<String>,
    #[serde(skip)]
    label: &'static str,
}

impl Change {
    /// Such as `電話 telephone: 04-7000-0001 → 04-7000-0002`.
    pub(super) fn row(&self) -> String {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        format!("{} {}: {} → {}", self.label, self.line, text(&self.from), text(&self.to))
    }
}

/// The attributes that differ, in the order of the record's lines.
pub(super) fn changes(before: &Institution, after: &Institution) -> Vec<Change> {
    let attributes = |r: &Institution| {
        [
            ("number", "番号", Some(r.number.to_string())),
            ("name", "名称", Some(r.name.to_string())),
            ("kana", "よみ", Some(r.kana.to_string())),
            ("town", "所在地", r.town.as_ref().map(ToString::to_string)),
            ("kind", "種別", Some(r.kind.to_string())),
            ("telephone", "電話", Some(r.telephone.to_string())),
            ("fax", "FAX", r.fax.as_ref().map(ToString::to_string)),
            ("key", "鍵", r.key.map(|key| key.to_string())),
            ("fax-only", "FAXのみ", r.fax_only.map(|yes| yes.to_string())),
            ("predecessor", "前身", r.predecessor.map(|id| id.to_string())),
            ("label", "区別の表示", r.label.as_ref().map(ToString::to_string)),
            ("invitation", "招待", r.invitation.map(|id| id.to_string())),
        ]
    };
    let pairs = attributes(before).into_iter().zip(attributes(after));
    let changed = pairs.filter(|((.., from), (.., to))| from != to);
    changed.map(|((line, label, from), (.., to))| Change { line, from, to, label }).collect()
}

/// All of them on one line.
pub(super) fn shown_changes(changes: &[Change]) -> String {
    changes.iter().map(Change::row).collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests {
    use tsumugu_trust::testing::World;
    use tsumugu_trust::value::InstitutionKind;

    use super::*;

    #[test]
    fn each_difference_is_named() {
        let mut world = World::new(5);
        let before = world.admit("ケアプランつむぐ", InstitutionKind::CareOffice).record;
        assert_eq!(changes(&before, &before), []);
        let after = Institution {
            version: 2,
            telephone: "04-7000-0002".parse().unwrap(),
            town: Some("流山市".parse().unwrap()),
            ..before.clone()
        };
        let shown = shown_changes(&changes(&before, &after));
        assert_eq!(shown, "所在地 town: - → 流山市、電話 telephone: 04-7000-0001 → 04-7000-0002");
    }
}
