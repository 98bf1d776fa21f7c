//! What a sender tells of the steps of a case that it recorded: its own word.

use tsumugu_proto::v1;

use crate::office::{MAX_STEP_TIME, is_reason_name, is_step_name};

/// Most steps that a letter tells of; the flow has fewer than that.
pub const MAX_SHARED_STEPS: usize = 64;

/// Whether what a letter tells of steps follows the rules (`docs/FORMATS.md`, section 4.2).
pub(super) fn are_good(author: &v1::Author) -> bool {
    let steps = &author.steps;
    let has_case = !author.case_id.is_empty();
    steps.len() <= MAX_SHARED_STEPS && (has_case || steps.is_empty()) && steps.iter().all(is_good)
}

fn is_good(step: &v1::SharedStep) -> bool {
    let reason = match step.state() {
        v1::CaseStepState::Done => step.skip_reason.is_empty(),
        v1::CaseStepState::Skipped => is_reason_name(&step.skip_reason),
        v1::CaseStepState::TakenBack | v1::CaseStepState::Unspecified => false,
    };
    reason && is_step_name(&step.step) && (1..=MAX_STEP_TIME).contains(&step.at_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn author(change: impl FnOnce(&mut v1::SharedStep), count: usize) -> v1::Author {
        let mut step = v1::SharedStep {
            step: "adm.stop-services".to_owned(),
            at_ms: 1,
            ..v1::SharedStep::default()
        };
        step.set_state(v1::CaseStepState::Done);
        change(&mut step);
        let case_id = "0190f3c1000070008000000000000001".to_owned();
        v1::Author { case_id, steps: vec![step; count], ..v1::Author::default() }
    }

    #[test]
    fn limits_of_shared_steps_hold_at_their_edges() {
        assert!(are_good(&author(|_| {}, MAX_SHARED_STEPS)));
        assert!(!are_good(&author(|_| {}, MAX_SHARED_STEPS + 1)));
        let without_case = v1::Author { case_id: String::new(), ..author(|_| {}, 1) };
        assert!(!are_good(&without_case));
        assert!(are_good(&v1::Author { steps: Vec::new(), ..without_case }));
        assert!(are_good(&author(|step| step.at_ms = MAX_STEP_TIME, 1)));
        assert!(!are_good(&author(|step| step.at_ms = MAX_STEP_TIME + 1, 1)));
        assert!(!are_good(&author(|step| step.at_ms = 0, 1)));
        assert!(!are_good(&author(|step| step.step = "手順".to_owned(), 1)));
        assert!(!are_good(&author(|step| step.skip_reason = "died".to_owned(), 1)));
        let state = |state, reason: &str| {
            let reason = reason.to_owned();
            are_good(&author(
                move |step| {
                    step.set_state(state);
                    step.skip_reason = reason;
                },
                1,
            ))
        };
        assert!(state(v1::CaseStepState::Skipped, "died"));
        assert!(!state(v1::CaseStepState::Skipped, ""));
        assert!(
            !state(v1::CaseStepState::TakenBack, "") && !state(v1::CaseStepState::Unspecified, "")
        );
    }
}
