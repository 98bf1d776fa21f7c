//! Dates and circumstances of a case as somebody types them.

use tsumugu_catalogue::Pattern;
use tsumugu_catalogue::deadline::When;
use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::value::Id;

use super::next_revision;
use crate::args::{CaseFactArgs, PatternArg, ToldByArg};
use crate::casefile::CaseFile;
use crate::commands::mail::chosen;
use crate::failure::Failure;
use crate::office::{FactName, FactValue, Key, ToldBy};
use crate::session::Session;

/// The records of what was typed; none of a fact that is so already.
///
/// # Errors
/// `deadline.discharged-first`; as of choosing the worker.
pub(super) fn entries(
    session: &Session<'_>,
    case: Id,
    args: &CaseFactArgs,
    worker: Option<&str>,
) -> Result<Vec<Said>, Failure> {
    let typed = typed(args);
    if typed.is_empty() {
        return Ok(Vec::new());
    }
    let file = CaseFile::gather(session, case)?;
    let admitted = args.admitted.or_else(|| crate::casefile::admitted(&file));
    in_order(admitted, args)?;
    let worker_id = chosen(session, worker)?.id.to_string();
    let mut entries = Vec::new();
    for (name, value) in typed {
        let known = file.facts.get(name).map(|fact| fact.value.word()).unwrap_or_default();
        if known == value {
            continue;
        }
        let revision = next_revision(session, &Key::CaseFact(case, name))?;
        entries.push(Said::CaseFact(v1::CaseFact {
            case_id: case.to_string(),
            name: name.word().to_owned(),
            value,
            revision,
            worker_id: worker_id.clone(),
        }));
    }
    Ok(entries)
}

fn typed(args: &CaseFactArgs) -> Vec<(FactName, String)> {
    let CaseFactArgs { admitted, learnt, from, planned, not_planned, .. } = args;
    let value = |name, value: Option<FactValue>| value.map(|value| (name, value.word()));
    let from = from.map(|from| match from {
        ToldByArg::Family => ToldBy::Family,
        ToldByArg::Hospital => ToldBy::Hospital,
        ToldByArg::Office => ToldBy::Office,
    });
    let pattern = args.pattern.map(|pattern| match pattern {
        PatternArg::A => Pattern::Known,
        PatternArg::B => Pattern::New,
    });
    let planned = (*planned || *not_planned).then_some(FactValue::Flag(*planned));
    let named = [
        value(FactName::Admitted, admitted.map(FactValue::When)),
        value(FactName::Learnt, learnt.map(FactValue::When)),
        value(FactName::LearntFrom, from.map(FactValue::Told)),
        value(FactName::Planned, planned),
        value(FactName::Pattern, pattern.map(FactValue::Pattern)),
        value(FactName::Discharged, args.discharged.map(FactValue::Day)),
        value(FactName::CareLevel, args.care_level.clone().map(FactValue::Text)),
    ];
    let cleared = args.clear.iter().map(|name| (*name, String::new()));
    named.into_iter().flatten().chain(cleared).collect()
}

/// One may leave on the day of admission, not before.
fn in_order(admitted: Option<When>, args: &CaseFactArgs) -> Result<(), Failure> {
    let (Some(admitted), Some(discharged)) = (admitted, args.discharged) else { return Ok(()) };
    if discharged < admitted.day {
        return Err(Failure::new("deadline.discharged-first")
            .with("discharged", discharged)
            .with("admitted", admitted.day));
    }
    Ok(())
}
