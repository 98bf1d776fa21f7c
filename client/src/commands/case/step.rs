//! `case step`: what became of a step, by hand.

use tsumugu_catalogue::{Catalogue, Step};
use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::value::Id;

use crate::args::CaseStepArgs;
use crate::casefile::{CaseFile, RecordedStep};
use crate::commands::mail::chosen;
use crate::failure::Failure;
use crate::jst;
use crate::mailbox;
use crate::session::Session;

/// The record of what was said, and what it is.
///
/// # Errors
/// `case.unknown-step`, `case.unknown-reason`, `case.nothing-to-take-back`, `case.step-in-future`; as of
/// finding the message and choosing the worker.
pub(super) fn entry(
    session: &Session<'_>,
    case: Id,
    args: &CaseStepArgs,
) -> Result<(Said, &'static str), Failure> {
    let catalogues = session.ctx().catalogues();
    let catalogue = catalogues.newest().catalogue;
    let step = known(catalogue, &args.step)?;
    let worker_id = chosen(session, args.worker.as_deref())?.id.to_string();
    let now = session.ctx().now();
    if args.undo {
        let file = CaseFile::gather(session, case)?;
        let of_it =
            |one: &&RecordedStep| one.step == step.id && one.state != v1::CaseStepState::TakenBack;
        let last = file.steps.iter().rev().find(of_it);
        let last =
            last.ok_or_else(|| Failure::new("case.nothing-to-take-back").with("step", &step.id))?;
        let mut said = v1::CaseStep {
            id: last.id.to_string(),
            revision: last.revision + 1,
            case_id: last.case_id.to_string(),
            at_ms: now.0,
            ..begun(step, worker_id, args)
        };
        said.set_state(v1::CaseStepState::TakenBack);
        return Ok((Said::CaseStep(said), "taken-back"));
    }
    let at = args.at.as_deref().map(jst::parse).transpose()?.unwrap_or(now);
    if at > now {
        return Err(Failure::new("case.step-in-future").with("time", jst::show(at)));
    }
    let mut said = v1::CaseStep {
        id: Id::for_message(now, &session.ctx().random()).to_string(),
        revision: 1,
        case_id: case.to_string(),
        at_ms: at.0,
        ..begun(step, worker_id, args)
    };
    let Some(reason) = &args.skip else {
        if let Some(letter) = &args.letter {
            let (from, message) = mailbox::find(session.vault(), letter)?;
            (said.from, said.message) = (from.to_string(), message.to_string());
        }
        said.set_state(v1::CaseStepState::Done);
        return Ok((Said::CaseStep(said), "done"));
    };
    said.skip_reason = known_reason(catalogue, step, reason)?;
    said.set_state(v1::CaseStepState::Skipped);
    Ok((Said::CaseStep(said), "skipped"))
}

fn begun(step: &Step, worker_id: String, args: &CaseStepArgs) -> v1::CaseStep {
    let note = args.note.clone().unwrap_or_default();
    v1::CaseStep { step: step.id.clone(), worker_id, note, ..v1::CaseStep::default() }
}

/// A step by its id or its Japanese name.
fn known<'c>(catalogue: &'c Catalogue, typed: &str) -> Result<&'c Step, Failure> {
    let mut steps = catalogue.steps();
    let step = steps.find(|step| step.id == typed || step.name_ja == typed);
    step.ok_or_else(|| Failure::new("case.unknown-step").with("step", typed))
}

/// A reason by its id or its Japanese words, of those for which the step may be left out.
fn known_reason(catalogue: &Catalogue, step: &Step, typed: &str) -> Result<String, Failure> {
    let all = catalogue.skip_reasons();
    let may = all.iter().filter(|reason| step.skip_reasons.contains(&reason.id));
    let known: Vec<_> = may.collect();
    let found = known.iter().find(|reason| reason.id == typed || reason.ja == typed);
    found.map(|reason| reason.id.clone()).ok_or_else(|| {
        let names = known.iter().map(|reason| format!("{}（{}）", reason.id, reason.ja));
        let names = names.collect::<Vec<_>>().join(" ");
        let names = if names.is_empty() { "-".to_owned() } else { names };
        Failure::new("case.unknown-reason").with("reason", typed).with("reasons", names)
    })
}
