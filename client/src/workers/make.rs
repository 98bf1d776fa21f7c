//! A worker's key, card and statement at this terminal.

use prost::Message;
use tsumugu_proto::v1;
use tsumugu_trust::letter::card_commitment;
use tsumugu_trust::statement::{Worker, sign};
use tsumugu_trust::value::{Id, Origin, Role, Text, Value};

use crate::context::Context;
use crate::failure::Failure;
use crate::identity::text::Bytes;
use crate::identity::{Seed, TerminalKeys, WorkerSecret, public_key, signing_key};

/// A worker whom the institution did not have: id, key, card and statement; the receipt is still to come.
///
/// # Errors
/// The name or role is no text of ours; the cryptographic library failed.
pub(crate) fn new_worker(
    ctx: &Context,
    origin: &Origin,
    keys: &TerminalKeys,
    name: &str,
    role: &str,
) -> Result<WorkerSecret, Failure> {
    for (typed, option) in [(name, "--worker"), (role, "--role")] {
        Text::decode(typed).ok_or_else(|| Failure::usage(option))?;
    }
    let card = v1::WorkerCard { name: name.to_owned(), role: role.to_owned() }.encode_to_vec();
    let (id, salt) = (Id(ctx.random()), Seed::new(ctx.random()));
    worker_here(ctx, origin, keys, id, &card, salt)
}

/// A worker of the institution, with a new key at this terminal; the receipt is still to come.
///
/// # Errors
/// The cryptographic library failed.
pub(crate) fn worker_here(
    ctx: &Context,
    origin: &Origin,
    keys: &TerminalKeys,
    id: Id,
    card: &[u8],
    card_salt: Seed,
) -> Result<WorkerSecret, Failure> {
    let seed = Seed::new(ctx.random());
    let lines = Worker {
        institution: keys.institution,
        worker: id,
        terminal: keys.terminal,
        key: public_key(&signing_key(origin, Role::Worker, id, &seed)?),
        card: card_commitment(card_salt.bytes(), card),
    };
    let statement = sign(origin, &lines, &[&keys.institution_key(origin)?])
        .map_err(|error| Failure::fault("statement").because(error))?;
    Ok(WorkerSecret {
        id,
        seed,
        card: Bytes::new(card),
        card_salt,
        statement: Bytes::new(statement.bytes()),
        receipt: Bytes::default(),
    })
}
