//! The flow of admission and discharge (入退院時多職種連携フロー図) as rows, for screen and poster.

use serde::Serialize;
use tsumugu_catalogue::{Catalogue, Side, Step};

/// Whose steps are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Everybody's.
    All,
    /// Those that the hospital takes or receives.
    Hospital,
    /// Those that care and home medicine take or receive.
    Care,
}

/// A lane of the chart: hospital on the left, everybody else on the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lane {
    /// The hospital (病院).
    Hospital,
    /// Care, home medicine, the person, the city (在宅側).
    Home,
}

/// A phase with its steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChartPhase {
    /// In Japanese.
    pub ja: String,
    /// As ASCII.
    pub en: String,
    /// In their order, at least one.
    pub steps: Vec<ChartStep>,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChartStep {
    /// Its number on the chart, from 1; the same on every selection of the same catalogue.
    pub number: usize,
    /// Id in the catalogue.
    pub id: String,
    /// In Japanese.
    pub name_ja: String,
    /// As ASCII.
    pub name_en: String,
    /// Who acts, in Japanese.
    pub from: String,
    /// The lanes of those who act.
    pub from_lanes: Vec<Lane>,
    /// Towards whom, in Japanese.
    pub to: String,
    /// Their lanes.
    pub to_lanes: Vec<Lane>,
    /// When, as printed.
    pub timing: String,
    /// What is sent: titles of the forms.
    pub forms: Vec<String>,
    /// Fees that it counts for: their names, with 暫定 where no official paper confirms one.
    pub fees: Vec<String>,
    /// What the other side does next.
    pub next: String,
    /// What newcomers should know.
    pub teach: String,
    /// `A`, `B` or `AB`: with a care manager before the admission, without, or both.
    pub pattern: &'static str,
    /// Whether no public paper confirms the step or its timing (暫定).
    pub provisional: bool,
}

/// The phases that have a step of this side.
#[must_use]
pub fn chart(catalogue: &Catalogue, whose: Whose) -> Vec<ChartPhase> {
    let mut number = 0;
    let mut phases = Vec::new();
    for phase in catalogue.phases() {
        let mut steps = Vec::new();
        for step in &phase.steps {
            number += 1;
            if concerns(catalogue, step, whose) {
                steps.push(chart_step(catalogue, step, number));
            }
        }
        if !steps.is_empty() {
            phases.push(ChartPhase { ja: phase.ja.clone(), en: phase.en.clone(), steps });
        }
    }
    phases
}

fn concerns(catalogue: &Catalogue, step: &Step, whose: Whose) -> bool {
    let is_of = |role: &String| match (whose, side(catalogue, role)) {
        (Whose::All, _) | (_, Side::Any) => true,
        (Whose::Hospital, side) => side == Side::Hospital,
        (Whose::Care, side) => matches!(side, Side::Care | Side::HomeMedicine),
    };
    step.from.iter().chain(&step.to).any(is_of)
}

fn chart_step(catalogue: &Catalogue, step: &Step, number: usize) -> ChartStep {
    let form =
        |id: &String| catalogue.form(id).map_or_else(|| id.clone(), |form| form.title_ja.clone());
    let fee = |id: &String| match catalogue.fee(id) {
        Some(fee) if fee.is_provisional() => format!("{}（暫定）", fee.name_ja),
        Some(fee) => fee.name_ja.clone(),
        None => id.clone(),
    };
    ChartStep {
        number,
        id: step.id.clone(),
        name_ja: step.name_ja.clone(),
        name_en: step.name_en.clone(),
        from: names(catalogue, &step.from),
        from_lanes: lanes(catalogue, &step.from),
        to: names(catalogue, &step.to),
        to_lanes: lanes(catalogue, &step.to),
        timing: step.timing_ja.clone(),
        forms: step.forms.iter().map(form).collect(),
        fees: step.fees.iter().map(fee).collect(),
        next: step.next_ja.clone(),
        teach: step.teach_ja.clone(),
        pattern: step.pattern.name(),
        provisional: step.is_provisional(),
    }
}

fn names(catalogue: &Catalogue, roles: &[String]) -> String {
    let name = |id: &String| catalogue.role(id).map_or_else(|| id.clone(), |role| role.ja.clone());
    roles.iter().map(name).collect::<Vec<_>>().join("、")
}

fn lanes(catalogue: &Catalogue, roles: &[String]) -> Vec<Lane> {
    let mut lanes = Vec::new();
    for role in roles {
        let lane = match side(catalogue, role) {
            Side::Hospital => [Some(Lane::Hospital), None],
            Side::Any => [Some(Lane::Hospital), Some(Lane::Home)],
            _ => [Some(Lane::Home), None],
        };
        for lane in lane.into_iter().flatten() {
            if !lanes.contains(&lane) {
                lanes.push(lane);
            }
        }
    }
    lanes
}

fn side(catalogue: &Catalogue, role: &str) -> Side {
    catalogue.role(role).map_or(Side::Any, |role| role.side)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_stands_on_the_chart_once_and_in_order() {
        let catalogue = Catalogue::built_in();
        let chart = chart(catalogue, Whose::All);
        let ids: Vec<_> =
            chart.iter().flat_map(|phase| &phase.steps).map(|step| &step.id).collect();
        let all: Vec<_> = catalogue.steps().map(|step| &step.id).collect();
        assert_eq!(ids, all);
        let numbers = chart.iter().flat_map(|phase| &phase.steps).map(|step| step.number);
        assert!(numbers.eq(1..=all.len()));
    }

    #[test]
    fn a_side_sees_what_concerns_it_under_the_same_numbers() {
        let catalogue = Catalogue::built_in();
        let all = chart(catalogue, Whose::All);
        for (whose, without, with) in [
            (Whose::Hospital, "peace.id-set", "adm.notice"),
            (Whose::Care, "adm.cm-identify", "adm.send-info"),
        ] {
            let own = chart(catalogue, whose);
            let own: Vec<_> = own.iter().flat_map(|phase| &phase.steps).collect();
            assert!(catalogue.step(without).is_some());
            assert!(own.iter().all(|step| step.id != without));
            assert!(own.iter().any(|step| step.id == with));
            let all: Vec<_> = all.iter().flat_map(|phase| &phase.steps).collect();
            assert!(own.len() < all.len() && own.iter().all(|step| all.contains(step)));
        }
    }

    #[test]
    fn who_is_anywhere_stands_in_both_lanes() {
        let catalogue = Catalogue::built_in();
        let chart = chart(catalogue, Whose::All);
        let mis_send = chart.iter().flat_map(|p| &p.steps).find(|step| step.id == "x.mis-send");
        assert_eq!(mis_send.unwrap().from_lanes, [Lane::Hospital, Lane::Home]);
    }
}
