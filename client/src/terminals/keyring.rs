//! What this terminal hands to a further one.

use tsumugu_trust::keyring::{Keyring, KeyringSet, KeyringWorker, Secret};
use tsumugu_trust::leaf::ChainHead;
use tsumugu_trust::seal::seal_to;
use tsumugu_trust::statement::RecipientText;

use crate::failure::Failure;
use crate::identity::Seed;
use crate::session::Session;

/// Seals the keyring to the recipient of a request.
///
/// # Errors
/// `terminal.strange-records`: this terminal would vouch for records that nobody here has confirmed;
/// `terminal.keys-behind`: it lacks the newest key set itself; sealing failed.
pub(super) fn sealed(session: &Session<'_>, to: &RecipientText) -> Result<Vec<u8>, Failure> {
    if !session.own_records().strange().is_empty() {
        return Err(Failure::new("terminal.strange-records"));
    }
    let keyring = keyring(session)?;
    let failed =
        |error: &dyn std::fmt::Display| Failure::fault("keyring").because(error.to_string());
    let bytes = keyring.encode().map_err(|error| failed(&error))?;
    seal_to(&[to.recipient()], &bytes).map_err(|error| failed(&error))
}

fn keyring(session: &Session<'_>) -> Result<Keyring, Failure> {
    let keys = session.identity().terminal()?;
    let newest = session.directory().member(keys.institution).and_then(|member| member.key_set());
    let holds = |digest| keys.key_sets.iter().any(|set| set.digest == digest);
    if !newest.is_some_and(|set| holds(set.digest)) {
        return Err(Failure::new("terminal.keys-behind"));
    }
    let chain = session.chain().chain();
    let number = chain.next_number().checked_sub(1).ok_or_else(|| Failure::fault("chain"))?;
    let checkpoint = session.checkpoint().ok_or_else(|| Failure::fault("checkpoint"))?;
    let mut key_sets: Vec<KeyringSet> = keys
        .key_sets
        .iter()
        .map(|set| KeyringSet { number: set.number, digest: set.digest, seed: secret(&set.seed) })
        .collect();
    key_sets.sort_by_key(|set| set.number);
    let mut workers: Vec<KeyringWorker> = keys
        .workers
        .iter()
        .map(|worker| KeyringWorker {
            id: worker.id,
            salt: secret(&worker.card_salt),
            card: worker.card.0.to_vec(),
        })
        .collect();
    workers.sort_by_key(|worker| worker.id);
    Ok(Keyring {
        origin: session.origin().clone(),
        institution: keys.institution,
        seed: secret(&keys.institution_seed),
        known: ChainHead { number, hash: chain.head() },
        checkpoint: checkpoint.note_bytes().to_vec(),
        key_sets,
        workers,
    })
}

fn secret(seed: &Seed) -> Secret {
    Secret::new(*seed.bytes())
}
