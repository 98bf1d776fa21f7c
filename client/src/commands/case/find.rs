//! Which case somebody means by an id or its beginning.

use std::collections::BTreeMap;

use tsumugu_trust::value::Id;

use crate::casefile::{CaseFile, Joined};
use crate::failure::Failure;
use crate::mailbox::{SHORT_ID, one_of, short_ids};
use crate::post::Post;

/// The case whose id begins with `text`: one that the office began, or that a letter tells of. Of joined
/// ones each id names the case.
///
/// # Errors
/// `message.bad-id`, `office.unknown-id`, `message.ambiguous-id`.
pub(crate) fn find_case(post: &impl Post, text: &str) -> Result<Id, Failure> {
    let ids: Vec<_> = CaseFile::ids(post)?.into_iter().map(|id| (id, id)).collect();
    let found = one_of(&ids, text).map_err(|failure| match failure.key() {
        "message.unknown-id" => Failure::new("office.unknown-id").with("id", text),
        _ => failure,
    })?;
    Ok(Joined::read(post.vault())?.lowest(found.1))
}

/// The beginning of an id that no other case has.
pub(super) fn short_id(post: &impl Post, id: Id) -> Result<String, Failure> {
    let mut ids: Vec<_> = CaseFile::ids(post)?.into_iter().map(|id| (id, id)).collect();
    ids.push((id, id));
    Ok(short_ids(&ids).get(&id).cloned().unwrap_or_else(|| short(id)))
}

/// The beginnings of the ids of all cases.
pub(super) fn short_ids_of(files: &[CaseFile]) -> BTreeMap<Id, String> {
    let all = files.iter().flat_map(|file| std::iter::once(file.id).chain(file.also.clone()));
    short_ids(&all.map(|id| (id, id)).collect::<Vec<_>>())
}

/// The beginning of an id, not regarding others.
pub(super) fn short(id: Id) -> String {
    id.to_string().chars().take(SHORT_ID).collect()
}
