//! Statements behind private leaves: checked with the directory, at their place in the log.
//!
//! The exchange checks them before it appends; recipients, senders and verifiers check them again
//! with the same code. What a check returns, only the check can make.

use super::model::{Directory, Entry, TerminalEntry, signed};
use super::refusal::Refusal;
use crate::hash::Hash;
use crate::leaf::LogPosition;
use crate::note::VerifyingKey;
use crate::statement::{
    AnyBody, Author, Disposition, Envelope, Hold, HoldState, KeySet, OffSystem, Opened, Recall,
    Statement, Worker, WorkerRemoved,
};
use crate::value::{Id, Role};

/// Administrators who sign a hold (保全), whatever the threshold is: one alone cannot keep a letter, nor
/// let it go.
pub const HOLD_SIGNATURES: u64 = 2;

/// An envelope that its sender's admitted terminal signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedEnvelope {
    envelope: Envelope,
    digest: Hash,
    terminal: Id,
}

/// An opened or disposition that the recipient's admitted terminal signed, or a recall or off-system
/// record by the sender's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedAnswer<B> {
    body: B,
    digest: Hash,
    terminal: Id,
}

/// A worker that the institution admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedWorker {
    worker: Worker,
    at: LogPosition,
}

impl CheckedEnvelope {
    /// Its lines.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }
    /// Its digest.
    #[must_use]
    pub fn digest(&self) -> Hash {
        self.digest
    }
    /// The terminal that signed.
    #[must_use]
    pub fn terminal(&self) -> Id {
        self.terminal
    }
}

impl<B> CheckedAnswer<B> {
    /// Its lines.
    #[must_use]
    pub fn body(&self) -> &B {
        &self.body
    }
    /// Its digest.
    #[must_use]
    pub fn digest(&self) -> Hash {
        self.digest
    }
    /// The terminal that signed.
    #[must_use]
    pub fn terminal(&self) -> Id {
        self.terminal
    }
}

impl CheckedWorker {
    /// Its lines.
    #[must_use]
    pub fn worker(&self) -> &Worker {
        &self.worker
    }
    /// Where it was admitted.
    #[must_use]
    pub fn at(&self) -> LogPosition {
        self.at
    }
}

/// Checks an envelope at its place: signature, sender and recipient active, unit, key sets (rules 6, 7).
///
/// The clock, the body and `replaces` are for the caller: they need what is not in the directory.
///
/// # Errors
/// [`Refusal`]; [`Refusal::StaleKeySet`] asks the sender to seal anew.
pub fn check_envelope(
    directory: &Directory,
    at: LogPosition,
    statement: &Statement,
) -> Result<CheckedEnvelope, Refusal> {
    let AnyBody::Envelope(envelope) = &statement.body else { return Err(Refusal::WrongKind) };
    let terminal = signing_terminal(directory, at, statement, envelope.from)?;
    check_parties(directory, at, envelope)?;
    Ok(CheckedEnvelope { envelope: envelope.clone(), digest: statement.digest(), terminal })
}

/// What of [`check_envelope`] can fail for lines that `key` is to sign: a signature of one's own need
/// not be verified.
///
/// # Errors
/// As [`check_envelope`].
pub fn check_before_signing(
    directory: &Directory,
    at: LogPosition,
    envelope: &Envelope,
    key: &VerifyingKey,
) -> Result<(), Refusal> {
    let member = directory.member(envelope.from).ok_or(Refusal::UnknownParty)?;
    let is_ours = |(id, terminal): &(&Id, &TerminalEntry)| {
        terminal.key.0 == *key.public()
            && key.name() == directory.origin().key_name(Role::Terminal, **id)
    };
    let (_, terminal) = member.terminals.iter().find(is_ours).ok_or(Refusal::Signature)?;
    if !terminal.counts_at(at) {
        return Err(Refusal::NotAdmitted);
    }
    check_parties(directory, at, envelope)
}

fn check_parties(
    directory: &Directory,
    at: LogPosition,
    envelope: &Envelope,
) -> Result<(), Refusal> {
    let sender = directory.member(envelope.from).ok_or(Refusal::UnknownParty)?;
    if !sender.is_active_at(at) {
        return Err(Refusal::Suspended);
    }
    let recipient = directory.member(envelope.to.institution).ok_or(Refusal::UnknownParty)?;
    if !recipient.is_active_at(at) {
        return Err(Refusal::RecipientInactive);
    }
    let has_unit = recipient.profiles.iter().rev().find(|profile| profile.at <= at);
    if !has_unit.is_some_and(|p| p.body.units.iter().any(|u| u.unit == envelope.to.unit)) {
        return Err(Refusal::UnknownUnit);
    }
    let current =
        |entry: Option<&Entry<KeySet>>, digest: Hash| entry.is_some_and(|set| set.digest == digest);
    if !current(sender.key_set_at(at), envelope.key_sets.sender) {
        return Err(Refusal::StaleKeySet { of: envelope.from });
    }
    if !current(recipient.key_set_at(at), envelope.key_sets.recipient) {
        return Err(Refusal::StaleKeySet { of: envelope.to.institution });
    }
    Ok(())
}

/// Checks an opened at its place, against the envelope it names (rule 8).
///
/// # Errors
/// [`Refusal`]
pub fn check_opened(
    directory: &Directory,
    at: LogPosition,
    statement: &Statement,
    envelope: &Envelope,
    envelope_digest: Hash,
) -> Result<CheckedAnswer<Opened>, Refusal> {
    let AnyBody::Opened(opened) = &statement.body else { return Err(Refusal::WrongKind) };
    let named = Named {
        from: opened.from,
        id: opened.id,
        envelope: opened.envelope,
        content: opened.content,
        by: opened.by,
    };
    let terminal = check_answer(directory, at, statement, &named, envelope, envelope_digest)?;
    Ok(CheckedAnswer { body: opened.clone(), digest: statement.digest(), terminal })
}

/// Checks a disposition at its place, against the envelope it names (rule 8).
///
/// # Errors
/// [`Refusal`]
pub fn check_disposition(
    directory: &Directory,
    at: LogPosition,
    statement: &Statement,
    envelope: &Envelope,
    envelope_digest: Hash,
) -> Result<CheckedAnswer<Disposition>, Refusal> {
    let AnyBody::Disposition(d) = &statement.body else { return Err(Refusal::WrongKind) };
    let named =
        Named { from: d.from, id: d.id, envelope: d.envelope, content: d.content, by: d.by };
    let terminal = check_answer(directory, at, statement, &named, envelope, envelope_digest)?;
    Ok(CheckedAnswer { body: d.clone(), digest: statement.digest(), terminal })
}

/// Checks a recall at its place, against the envelope it names: by a terminal of the same sender.
///
/// # Errors
/// [`Refusal`]
pub fn check_recall(
    directory: &Directory,
    at: LogPosition,
    statement: &Statement,
    envelope: &Envelope,
    envelope_digest: Hash,
) -> Result<CheckedAnswer<Recall>, Refusal> {
    let AnyBody::Recall(recall) = &statement.body else { return Err(Refusal::WrongKind) };
    if (recall.from, recall.id, recall.envelope) != (envelope.from, envelope.id, envelope_digest) {
        return Err(Refusal::Mismatch);
    }
    let terminal = signing_terminal(directory, at, statement, recall.from)?;
    let member = directory.member(recall.from).ok_or(Refusal::UnknownParty)?;
    if !member.is_active_at(at) {
        return Err(Refusal::Suspended);
    }
    Ok(CheckedAnswer { body: recall.clone(), digest: statement.digest(), terminal })
}

/// Checks an off-system record at its place: by a terminal of the institution that records it (rule 10).
///
/// Whether its id is new and what it is about is there, is for the caller, who knows the records.
///
/// # Errors
/// [`Refusal`]
pub fn check_off_system(
    directory: &Directory,
    at: LogPosition,
    statement: &Statement,
) -> Result<CheckedAnswer<OffSystem>, Refusal> {
    let AnyBody::OffSystem(record) = &statement.body else { return Err(Refusal::WrongKind) };
    let terminal = signing_terminal(directory, at, statement, record.from)?;
    let member = directory.member(record.from).ok_or(Refusal::UnknownParty)?;
    if !member.is_active_at(at) {
        return Err(Refusal::Suspended);
    }
    Ok(CheckedAnswer { body: record.clone(), digest: statement.digest(), terminal })
}

/// Checks a worker statement at its place: signed by the institution, at a terminal that counts then.
///
/// # Errors
/// [`Refusal`]
pub fn check_worker(
    directory: &Directory,
    at: LogPosition,
    statement: &Statement,
) -> Result<CheckedWorker, Refusal> {
    let AnyBody::Worker(worker) = &statement.body else { return Err(Refusal::WrongKind) };
    institution_signed(directory, at, statement, worker.institution)?;
    let member = directory.member(worker.institution).ok_or(Refusal::UnknownParty)?;
    if !member.terminals.get(&worker.terminal).is_some_and(|t| t.counts_at(at)) {
        return Err(Refusal::NotAdmitted);
    }
    Ok(CheckedWorker { worker: worker.clone(), at })
}

/// Checks a worker-removed at its place.
///
/// # Errors
/// [`Refusal`]
pub fn check_worker_removed(
    directory: &Directory,
    at: LogPosition,
    statement: &Statement,
) -> Result<WorkerRemoved, Refusal> {
    let AnyBody::WorkerRemoved(removed) = &statement.body else { return Err(Refusal::WrongKind) };
    institution_signed(directory, at, statement, removed.institution)?;
    Ok(removed.clone())
}

/// Checks a hold at its place: signed by exactly [`HOLD_SIGNATURES`] administrators of the list in force.
///
/// Whether the message is there, and whether version and state continue the hold before, is for the
/// caller, who knows the messages.
///
/// # Errors
/// [`Refusal`]
pub fn check_hold(
    directory: &Directory,
    at: LogPosition,
    statement: &Statement,
) -> Result<Hold, Refusal> {
    let AnyBody::Hold(hold) = &statement.body else { return Err(Refusal::WrongKind) };
    if statement.origin != *directory.origin() {
        return Err(Refusal::OtherOrigin);
    }
    if directory.has_administrators(statement, at, HOLD_SIGNATURES) {
        Ok(hold.clone())
    } else {
        Err(Refusal::Signature)
    }
}

/// Whether a hold is the next one of its message: numbered on from `before` (its version and state), and
/// the other state. The first one is on.
#[must_use]
pub fn continues_hold(before: Option<(u64, HoldState)>, hold: &Hold) -> bool {
    let (version, state) = before.unwrap_or((0, HoldState::Off));
    hold.version == version + 1 && hold.state != state
}

/// Checks who wrote something: the author note's digests, and the worker's signature.
///
/// `at` is the place of the envelope or answer that the note belongs to: the worker must have been
/// admitted before it, and the terminal that holds the worker's key must not be removed before it.
/// Which institution the worker has to be of is for the caller: the header does not say.
///
/// # Errors
/// [`Refusal`]
pub fn check_author_note(
    directory: &Directory,
    at: LogPosition,
    note: &Statement,
    worker: &CheckedWorker,
    header: Hash,
    author: Hash,
) -> Result<(), Refusal> {
    let AnyBody::Author(Author { header: said_header, author: said_author }) = &note.body else {
        return Err(Refusal::WrongKind);
    };
    if note.origin != *directory.origin() {
        return Err(Refusal::OtherOrigin);
    }
    if *said_header != header || *said_author != author {
        return Err(Refusal::Mismatch);
    }
    let lines = &worker.worker;
    let terminal =
        directory.member(lines.institution).and_then(|m| m.terminals.get(&lines.terminal));
    if worker.at >= at || !terminal.is_some_and(|terminal| terminal.counts_at(at)) {
        return Err(Refusal::NotAdmitted);
    }
    let name = directory.origin().key_name(Role::Worker, worker.worker.worker);
    if note.signatures().len() == 1 && signed(note, &name, &worker.worker.key) {
        Ok(())
    } else {
        Err(Refusal::Signature)
    }
}

/// What an opened and a disposition both name.
struct Named {
    from: Id,
    id: Id,
    envelope: Hash,
    content: Hash,
    by: Id,
}

fn check_answer(
    directory: &Directory,
    at: LogPosition,
    statement: &Statement,
    named: &Named,
    envelope: &Envelope,
    digest: Hash,
) -> Result<Id, Refusal> {
    let fits = named.from == envelope.from
        && named.id == envelope.id
        && named.envelope == digest
        && named.content == envelope.content
        && named.by == envelope.to.institution;
    if !fits {
        return Err(Refusal::Mismatch);
    }
    let terminal = signing_terminal(directory, at, statement, named.by)?;
    let member = directory.member(named.by).ok_or(Refusal::UnknownParty)?;
    if member.is_active_at(at) { Ok(terminal) } else { Err(Refusal::Suspended) }
}

/// The one terminal of `institution` that signed, if its signature counts at that place.
fn signing_terminal(
    directory: &Directory,
    at: LogPosition,
    statement: &Statement,
    institution: Id,
) -> Result<Id, Refusal> {
    if statement.origin != *directory.origin() {
        return Err(Refusal::OtherOrigin);
    }
    let member = directory.member(institution).ok_or(Refusal::UnknownParty)?;
    let origin = directory.origin();
    let has_signed = |(id, terminal): &(&Id, &TerminalEntry)| {
        signed(statement, &origin.key_name(Role::Terminal, **id), &terminal.key)
    };
    let (id, terminal) = member.terminals.iter().find(has_signed).ok_or(Refusal::Signature)?;
    if statement.signatures().len() != 1 {
        return Err(Refusal::Signature);
    }
    if terminal.counts_at(at) { Ok(*id) } else { Err(Refusal::NotAdmitted) }
}

fn institution_signed(
    directory: &Directory,
    at: LogPosition,
    statement: &Statement,
    institution: Id,
) -> Result<(), Refusal> {
    if statement.origin != *directory.origin() {
        return Err(Refusal::OtherOrigin);
    }
    let member = directory.member(institution).ok_or(Refusal::UnknownParty)?;
    if !directory.has_institution(statement, institution, at) {
        return Err(Refusal::Signature);
    }
    if member.is_active_at(at) { Ok(()) } else { Err(Refusal::Suspended) }
}
