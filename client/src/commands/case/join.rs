//! `case join`: both sides began a case of the same stay before they knew of each other.

use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::value::Id;

use super::{find_case, next_revision};
use crate::casefile::CaseFile;
use crate::commands::mail::chosen;
use crate::failure::Failure;
use crate::mailbox::one_of;
use crate::office::{FactName, Key};
use crate::session::Session;

/// The record that makes two cases one or two again, and the id that stays.
///
/// # Errors
/// `case.same`; `case.not-joined`; as of finding the other case.
pub(super) fn entry(
    session: &Session<'_>,
    (one, typed): (Id, &str),
    other: &str,
    undo: bool,
    worker: Option<&str>,
) -> Result<(Id, Said), Failure> {
    let worker_id = chosen(session, worker)?.id.to_string();
    let said = |case: Id, value: String| -> Result<Said, Failure> {
        let name = FactName::SameAs;
        let revision = next_revision(session, &Key::CaseFact(case, name))?;
        let (case_id, name) = (case.to_string(), name.word().to_owned());
        Ok(Said::CaseFact(v1::CaseFact {
            case_id,
            name,
            value,
            revision,
            worker_id: worker_id.clone(),
        }))
    };
    if undo {
        // The one of the two that was said to be the other.
        let file = CaseFile::gather(session, one)?;
        let ids: Vec<_> = file.also.iter().map(|id| (*id, *id)).collect();
        let named = [typed, other].into_iter().find_map(|text| one_of(&ids, text).ok());
        let (case, _) = named.ok_or_else(|| Failure::new("case.not-joined"))?;
        return Ok((case, said(case, String::new())?));
    }
    let other = find_case(session, other)?;
    if one == other {
        return Err(Failure::new("case.same"));
    }
    let (low, high) = (one.min(other), one.max(other));
    Ok((low, said(high, low.to_string())?))
}
