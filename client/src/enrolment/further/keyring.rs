//! What the other terminal handed over: opened, and held against the clear chain.

use tsumugu_trust::directory::{Directory, Member};
use tsumugu_trust::keyring::{Keyring, MAX_KEYRING, Secret};
use tsumugu_trust::seal::{SealingIdentity, open_with};
use tsumugu_trust::value::Origin;

use super::super::pending::PendingTerminal;
use crate::failure::Failure;
use crate::identity::{KeySetSecret, Seed, TerminalKeys, WorkerSecret, public_key};

/// Opens the keyring with the one-time identity of the request.
///
/// # Errors
/// `enrolment.keyring-gone` where there is none any more; `enrolment.bad-keyring`, an alarm.
pub(super) fn open(
    sealed: &[u8],
    terminal: &PendingTerminal,
    origin: &Origin,
) -> Result<Keyring, Failure> {
    if sealed.is_empty() {
        return Err(Failure::new("enrolment.keyring-gone"));
    }
    let identity = SealingIdentity::from_seed(terminal.once.bytes());
    let bytes = open_with(&[&identity], sealed, MAX_KEYRING)
        .map_err(|error| bad_keyring("seal").because(error))?;
    let keyring = Keyring::parse(&bytes).map_err(|error| bad_keyring("form").because(error))?;
    if keyring.institution != terminal.institution || keyring.origin != *origin {
        return Err(bad_keyring("institution"));
    }
    Ok(keyring)
}

/// The terminal's keys as the keyring gives them, without workers.
pub(super) fn keys(keyring: &Keyring, terminal: &PendingTerminal) -> TerminalKeys {
    let sets = keyring.key_sets.iter();
    TerminalKeys {
        institution: terminal.institution,
        terminal: terminal.terminal,
        institution_seed: seed(&keyring.seed),
        terminal_seed: terminal.seed.clone(),
        key_sets: sets
            .map(|set| KeySetSecret {
                number: set.number,
                digest: set.digest,
                seed: seed(&set.seed),
            })
            .collect(),
        workers: Vec::new(),
    }
}

/// Whether the clear chain shows these keys as the institution's, and this terminal as its.
///
/// # Errors
/// `enrolment.bad-keyring`, an alarm, with the part that differs.
pub(super) fn check(directory: &Directory, keys: &TerminalKeys) -> Result<(), Failure> {
    let member = directory.member(keys.institution).ok_or_else(|| bad_keyring("record"))?;
    let institution = public_key(&keys.institution_key(directory.origin())?);
    let own = public_key(&keys.terminal_key(directory.origin())?);
    let admitted = member.terminals.get(&keys.terminal);
    let checks = [
        ("record", member.record().is_some_and(|record| record.key == Some(institution))),
        ("key-set", holds_key_sets(member, keys)),
        ("terminal", admitted.is_some_and(|one| one.key == own && one.removed.is_none())),
    ];
    match checks.iter().find(|(_, holds)| !holds) {
        Some((part, _)) => Err(bad_keyring(part)),
        None => Ok(()),
    }
}

/// Each is a key set of the log, by number, digest and recipient, and the newest is among them.
fn holds_key_sets(member: &Member, keys: &TerminalKeys) -> bool {
    let is_logged = |secret: &KeySetSecret| {
        let recipient = SealingIdentity::from_seed(secret.seed.bytes()).to_recipient().to_string();
        member.key_sets.iter().any(|set| {
            (set.body.number, set.digest) == (secret.number, secret.digest)
                && set.body.recipient.as_str() == recipient
        })
    };
    let newest = member.key_set().map(|set| set.digest);
    keys.key_sets.iter().all(is_logged)
        && keys.key_sets.iter().any(|secret| Some(secret.digest) == newest)
}

/// The workers of a keyring who were chosen by name or id; nobody chosen: all.
///
/// # Errors
/// `worker.unknown`; a card that is none, `enrolment.bad-keyring`.
pub(super) fn chosen<'k>(
    keyring: &'k Keyring,
    named: &[String],
) -> Result<Vec<&'k tsumugu_trust::keyring::KeyringWorker>, Failure> {
    let mut all = Vec::new();
    for worker in &keyring.workers {
        let card: tsumugu_proto::v1::WorkerCard = prost::Message::decode(worker.card.as_slice())
            .map_err(|error| bad_keyring("worker").because(error))?;
        all.push((worker, card.name));
    }
    let is_named = |worker: &tsumugu_trust::keyring::KeyringWorker, name: &str, typed: &String| {
        name == typed || worker.id.to_string() == *typed
    };
    let nobody =
        named.iter().any(|typed| !all.iter().any(|(worker, name)| is_named(worker, name, typed)));
    if nobody {
        return Err(Failure::unknown_worker());
    }
    let wanted = all.into_iter().filter(|(worker, name)| {
        named.is_empty() || named.iter().any(|typed| is_named(worker, name, typed))
    });
    Ok(wanted.map(|(worker, _)| worker).collect())
}

/// A worker who has no receipt yet is still to be admitted.
pub(super) fn is_certified(worker: &WorkerSecret) -> bool {
    !worker.receipt.0.is_empty()
}

pub(super) fn seed(secret: &Secret) -> Seed {
    Seed::new(*secret.bytes())
}

pub(super) fn bad_keyring(part: &str) -> Failure {
    Failure::new("enrolment.bad-keyring").with("part", part)
}
