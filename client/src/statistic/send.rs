//! A month's statistic as a letter to the council.

use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_proto::v1::{self, LetterKind};
use tsumugu_trust::directory::Directory;
use tsumugu_trust::statement::{Destination, Urgency};
use tsumugu_trust::value::{Id, InstitutionKind};

use super::body::{BODY_TYPE, Month, Statistic};
use super::gather::figures;
use crate::failure::Failure;
use crate::identity::WorkerSecret;
use crate::letters::{Content, Header, OpenedLetter, Signer, compose, seal};
use crate::mailbox::all;
use crate::mailbox::message::Message;
use crate::office::{self, Key};
use crate::outbox::{Entry, previous_message, queue_send, sealing};
use crate::post::Post;

/// The unit (部署) by which a city or an association takes the counts.
pub(crate) const UNIT: &str = "council";

/// The office's note that says `off` where it sends none.
const NOTE: &str = "statistic";

/// Where counts go: to the city or association that has a unit `council` in its profile; of several to
/// the one with the lowest number. The administrators say what an institution is, and it says itself
/// that it takes the counts.
pub(crate) fn council_of(directory: &Directory, own: Id) -> Option<Destination> {
    let takes = directory.members().filter_map(|(id, member)| {
        let record = member.record()?;
        let kind =
            matches!(record.kind, InstitutionKind::Municipality | InstitutionKind::Association);
        let mut units = member.profile()?.units.iter();
        let unit = units.find(|unit| unit.unit.as_str() == UNIT)?.unit.clone();
        let reaches = kind && id != own && member.is_active() && member.key_set().is_some();
        reaches.then(|| (record.number.to_string(), Destination { institution: id, unit }))
    });
    takes.min_by(|one, other| one.0.cmp(&other.0)).map(|(_, to)| to)
}

/// Whether the office sends counts: it does until it says otherwise.
///
/// # Errors
/// The vault.
pub(crate) fn is_on(post: &impl Post) -> Result<bool, Failure> {
    let kept = office::get(post.vault(), &Key::Note(NOTE.to_owned()))?;
    Ok(!kept.is_some_and(|kept| match kept.entry.said() {
        Said::Note(note) => &note.value[..] == b"off",
        _ => false,
    }))
}

/// The office's note that it sends counts, or none.
///
/// # Errors
/// The vault.
pub(crate) fn switch(post: &impl Post, on: bool) -> Result<v1::Note, Failure> {
    let kept = office::get(post.vault(), &Key::Note(NOTE.to_owned()))?;
    let revision = kept.map_or(0, |kept| kept.entry.revision()) + 1;
    let value: &[u8] = if on { b"on" } else { b"off" };
    Ok(v1::Note { name: NOTE.to_owned(), revision, value: value.to_vec().into() })
}

/// What this institution would tell of a month.
///
/// # Errors
/// The vault.
pub(crate) fn statistic(post: &impl Post, month: Month) -> Result<Statistic, Failure> {
    let (side, figures) = figures(post, month)?;
    Ok(figures.guarded(month, side))
}

/// Every statistic letter of this vault: sender, index of its leaf, and what it says. One that breaks a
/// rule says nothing.
///
/// # Errors
/// The vault.
pub(crate) fn received(post: &impl Post) -> Result<Vec<(Id, u64, Statistic)>, Failure> {
    let mut statistics = Vec::new();
    for (from, id) in all(post.vault())? {
        let Some(message) = Message::load(post.vault(), from, id)? else { continue };
        let letter = match message.read_letter(post.vault(), post.directory()) {
            Err(bad) if bad.key() == "message.quarantined" => None,
            letter => letter?,
        };
        let Some((leaf, _)) = message.envelope() else { continue };
        if let Some(statistic) = letter.as_ref().and_then(read) {
            statistics.push((from, leaf.at.index, statistic));
        }
    }
    Ok(statistics)
}

/// What a statistic letter says; nothing of any other letter.
fn read(letter: &OpenedLetter) -> Option<Statistic> {
    let is_one = letter.kind() == LetterKind::Statistic && letter.body_type() == BODY_TYPE;
    is_one.then(|| Statistic::parse(letter.body()).ok()).flatten()
}

/// Whether this institution's counts of a month went, or lie in the outbox of this PC.
///
/// # Errors
/// The vault.
pub(crate) fn was_sent(post: &impl Post, month: Month) -> Result<bool, Failure> {
    let own = post.keys()?.institution;
    let is_it = |one: &(Id, u64, Statistic)| one.0 == own && one.2.month == month;
    Ok(received(post)?.iter().any(is_it))
}

/// Queues the letter.
///
/// # Errors
/// The council has no keys; the worker's keys are unusable; the vault.
pub(crate) fn queue(
    post: &impl Post,
    to: Destination,
    statistic: &Statistic,
    worker: &WorkerSecret,
) -> Result<Entry, Failure> {
    let (keys, now) = (post.keys()?, post.now());
    let mut random = [0; 10];
    post.with_random(|rng| rng.fill_bytes(&mut random));
    let institution = to.institution;
    let header = Header {
        id: Id::for_message(now, &random),
        from: keys.institution,
        to,
        urgency: Urgency::Normal,
        attachments: Vec::new(),
        ack_by: None,
        replaces: None,
        composed: now,
    };
    let content = Content {
        kind: LetterKind::Statistic,
        about: None,
        passed_on: None,
        case_id: None,
        body: statistic.to_bytes().into(),
        attachments: Vec::new(),
    };
    let (origin, terminal) = (post.origin(), keys.terminal_key(post.origin())?);
    let (key, shown) = (worker.signing_key(origin)?, worker.shown()?);
    let previous = previous_message(post.vault(), institution)?;
    let with = sealing(post, &terminal, previous)?;
    let sealed = post.with_random(|random| {
        let signer = Signer { key: &key, shown: &shown };
        let composed = compose(origin, header, &content, signer, random)?;
        Ok::<_, Failure>(seal(&composed, with, random)?)
    })?;
    queue_send(post, std::slice::from_ref(&sealed))
}
