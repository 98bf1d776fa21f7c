//! Test letters (テスト送信): to the exchange's own institution, whose agent answers each of them.
//!
//! ```text
//! queue ── exchange: in the log ── delivery: fetched ── answer: acknowledged ── reply: a test letter back
//! ```

mod compose;
mod links;

use serde_json::Value as Json;
use tsumugu_catalogue::{FilledForm, Format, parse_filled};
use tsumugu_proto::v1::LetterKind;
use tsumugu_trust::directory::Directory;
use tsumugu_trust::value::{Id, InstitutionKind};

use crate::commands::kind_word;
use crate::failure::Failure;
use crate::letters::OpenedLetter;
use crate::mailbox::message::Message;
use crate::post::Post;

pub(crate) use compose::{Filling, compose_test, signing_worker};
pub(crate) use links::Probe;

/// The form of test letters.
pub(crate) const FORM: &str = "test-letter";

/// Its field for a note.
pub(crate) const NOTE: &str = "note";

/// Its field for the test letter that it replies to.
pub(crate) const REPLY_TO: &str = "reply_to";

/// The exchange's own institution, if one takes part: the first by its number.
pub(crate) fn echo_of(directory: &Directory, own: Id) -> Option<Id> {
    let echoes = directory.members().filter(|(id, member)| {
        *id != own
            && member.is_active()
            && is_exchange(directory, *id)
            && member.key_set().is_some()
    });
    echoes
        .min_by_key(|(_, member)| member.record().map(|record| record.number.to_string()))
        .map(|(id, _)| id)
}

/// Whether an institution is the exchange's own.
pub(crate) fn is_exchange(directory: &Directory, id: Id) -> bool {
    let record = directory.member(id).and_then(|member| member.record());
    record.is_some_and(|record| record.kind == InstitutionKind::Exchange)
}

/// Whether a message is a test letter to or from the exchange's own institution.
///
/// # Errors
/// The vault.
pub(crate) fn is_test(post: &impl Post, message: &Message) -> Result<bool, Failure> {
    let parties = message.envelope().map(|(_, lines)| [lines.from, lines.to.institution]);
    let with_exchange =
        parties.is_some_and(|p| p.iter().any(|id| is_exchange(post.directory(), *id)));
    if !with_exchange {
        return Ok(false);
    }
    Ok(letter(post, message)?.is_some_and(|letter| test_form(&letter).is_some()))
}

/// Whether a message is one that no person writes or reads: a test letter, or counts for the council.
///
/// # Errors
/// The vault.
pub(crate) fn is_routine(post: &impl Post, message: &Message) -> Result<bool, Failure> {
    let is_statistic = |letter: &OpenedLetter| letter.kind() == LetterKind::Statistic;
    Ok(is_test(post, message)? || letter(post, message)?.as_ref().is_some_and(is_statistic))
}

/// The filled form of a test letter; nothing for any other letter.
pub(crate) fn test_form(letter: &OpenedLetter) -> Option<FilledForm> {
    parse_filled(letter.body(), Format::Json).ok().filter(|form| form.form().id == FORM)
}

/// The test letter that a test letter replies to.
pub(crate) fn replies_to(form: &FilledForm) -> Option<Id> {
    match form.value(REPLY_TO)?.to_json() {
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// Kind and form of a letter, as words; empty while it is not here, or where they are not known.
///
/// # Errors
/// The vault.
pub(crate) fn kind_and_form(
    post: &impl Post,
    message: &Message,
) -> Result<(String, String), Failure> {
    let Some(letter) = letter(post, message)? else { return Ok(Default::default()) };
    let form = parse_filled(letter.body(), Format::Json).map(|form| form.form().id.clone());
    Ok((kind_word(letter.kind()).to_owned(), form.unwrap_or_default()))
}

/// The letter, where it is here and verifies.
fn letter(post: &impl Post, message: &Message) -> Result<Option<OpenedLetter>, Failure> {
    match message.read_letter(post.vault(), post.directory()) {
        Err(failure) if failure.key() == "message.quarantined" => Ok(None),
        letter => letter,
    }
}
