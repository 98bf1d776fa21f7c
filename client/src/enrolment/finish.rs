//! From an approval to an identity: the log has to show exactly what was asked for.

use prost::Message;
use tsumugu_proto::v1;
use tsumugu_trust::directory::{Directory, Member, check_worker};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::leaf::Leaf;
use tsumugu_trust::statement::Statement;
use tsumugu_trust::value::{Key, Origin};

use super::outcome::{JoinState, Joined};
use super::pending::{Pending, PendingMember, RECORD, parse};
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::text::Bytes;
use crate::identity::{AdministratorKeys, Identity, Party, TlsCredentials, public_key};
use crate::session::{Purpose, Session, as_first};
use crate::vault::Vault;

/// Takes in the answer to a bootstrap: trust list 1 is entry 0 of the log.
///
/// # Errors
/// An alarm where it is not; the exchange is not reached with the new certificate.
pub async fn finish_bootstrap(
    ctx: &Context,
    vault: Vault,
    pending: &Pending,
    keys: &AdministratorKeys,
    answer: &v1::BootstrapResponse,
) -> Result<Joined, Failure> {
    let mut session = session(ctx, vault, pending, &answer.certificates, administrator(keys))?;
    let list = pending.statement()?;
    let verified = session.verify_answer(answer.receipt.as_ref(), Some(&list.bytes())).await?;
    let first = matches!(&verified.leaf, Leaf::Clear(leaf) if leaf.number == 0);
    if !first || verified.at.index != 0 {
        let wrong = Failure::bad_proof("trust list 1 is not entry 0");
        return session.keep_alarm(Err(wrong));
    }
    administrator_joined(session, pending, keys).await
}

/// Takes in the approval of a candidacy.
///
/// # Errors
/// An alarm where the newest trust list does not have this administrator as it asked; the exchange is
/// not reached with the new certificate.
pub async fn finish_administrator(
    ctx: &Context,
    vault: Vault,
    pending: &Pending,
    keys: &AdministratorKeys,
    answer: &v1::GetEnrolmentResponse,
) -> Result<Joined, Failure> {
    let session = session(ctx, vault, pending, &answer.certificates, administrator(keys))?;
    administrator_joined(session, pending, keys).await
}

/// Takes in the approval of an enrolment.
///
/// # Errors
/// An alarm where the directory or a worker's receipt does not show what was asked for; the exchange
/// is not reached with the new certificate.
pub async fn finish_terminal(
    ctx: &Context,
    vault: Vault,
    pending: &Pending,
    member: &PendingMember,
    answer: &v1::GetEnrolmentResponse,
) -> Result<Joined, Failure> {
    let mut keys = member.keys.clone();
    if keys.workers.len() != answer.worker_receipts.len() {
        return Err(crate::rpc::incomplete("worker_receipts"));
    }
    for (worker, receipt) in keys.workers.iter_mut().zip(&answer.worker_receipts) {
        worker.receipt = Bytes::new(receipt.encode_to_vec());
    }
    let party = Party::Terminal(keys.clone());
    let mut session = session(ctx, vault, pending, &answer.certificates, party)?;
    let statements: Vec<Statement> =
        member.statements.iter().map(parse).collect::<Result<_, _>>()?;
    let clear = statements.iter().filter(|one| one.body.is_clear()).map(Statement::digest);
    session.expect_own(clear)?;
    session.expect_joining(member.record);
    session.sync().await?;
    for (worker, receipt) in keys.workers.iter().zip(&answer.worker_receipts) {
        let verified = session.verify_receipt(receipt, Some(worker.statement())).await?;
        let statement = parse(&worker.statement)?;
        let checked = check_worker(session.directory(), verified.at, &statement)
            .map_err(|refusal| Failure::bad_proof("worker").because(refusal));
        session.keep_alarm(checked)?;
    }
    let shown = as_asked(session.directory(), member, &statements);
    session.keep_alarm(shown)?;
    let mut joined = settled(&mut session, pending)?;
    joined.strange = session.own_records().strange().len();
    Ok(joined)
}

fn session<'c>(
    ctx: &'c Context,
    vault: Vault,
    pending: &Pending,
    certificates: &[impl AsRef<[u8]>],
    party: Party,
) -> Result<Session<'c>, Failure> {
    if certificates.is_empty() {
        return Err(crate::rpc::incomplete("certificates"));
    }
    let tls = TlsCredentials::new(&pending.tls_key.0, certificates);
    let identity = Identity::new(pending.exchange.clone(), party, tls);
    // An alarm of an earlier attempt does not stop this one, which checks everything anew; it stays,
    // and stops whoever acts later.
    Session::with(ctx, vault, identity, Purpose::Look)
}

fn administrator(keys: &AdministratorKeys) -> Party {
    Party::Administrator(keys.clone())
}

async fn administrator_joined(
    mut session: Session<'_>,
    pending: &Pending,
    keys: &AdministratorKeys,
) -> Result<Joined, Failure> {
    session.sync().await?;
    let key = public_key(&keys.signing_key(session.origin())?);
    let shown = is_listed(session.directory(), keys, key);
    session.keep_alarm(shown)?;
    settled(&mut session, pending)
}

fn is_listed(directory: &Directory, keys: &AdministratorKeys, key: Key) -> Result<(), Failure> {
    let recipient = keys.sealing_identity().to_recipient().to_string();
    let listed = directory.trust_list().is_some_and(|list| {
        let ours = list.body.administrators.iter().find(|one| one.id == keys.id);
        ours.is_some_and(|one| one.key == key && one.recipient.as_str() == recipient)
    });
    if listed { Ok(()) } else { Err(not_as_asked("trust-list")) }
}

/// The directory shows the record, one profile, one key set and one terminal: ours, nothing else.
fn as_asked(
    directory: &Directory,
    asked: &PendingMember,
    statements: &[Statement],
) -> Result<(), Failure> {
    let [profile, key_set, ..] = statements else { return Err(Failure::fault("statements")) };
    let member = directory.member(asked.keys.institution).ok_or_else(|| not_as_asked("record"))?;
    let key = public_key(&asked.keys.terminal_key(directory.origin())?);
    let terminals: Vec<_> = member.terminals.iter().map(|(id, one)| (*id, one.key)).collect();
    let only = |digests: Vec<_>, ours| digests == [ours];
    let checks = [
        ("record", is_joined(directory.origin(), member, asked.record)),
        ("profile", only(member.profiles.iter().map(|one| one.digest).collect(), profile.digest())),
        ("key-set", only(member.key_sets.iter().map(|one| one.digest).collect(), key_set.digest())),
        ("terminal", terminals == [(asked.keys.terminal, key)]),
    ];
    match checks.iter().find(|(_, holds)| !holds) {
        Some((part, _)) => Err(not_as_asked(part)),
        None => Ok(()),
    }
}

/// The newest record is the one that was asked for, but for its version; the ones before it bound no key.
fn is_joined(origin: &Origin, member: &Member, asked: Hash) -> bool {
    let Some((newest, before)) = member.records.split_last() else { return false };
    before.iter().all(|entry| entry.body.key.is_none()) && as_first(origin, &newest.body) == asked
}

pub(super) fn not_as_asked(part: &str) -> Failure {
    Failure::new("enrolment.not-as-asked").with("part", part)
}

/// The identity first: a crash before the request is gone leaves both, and the identity counts.
pub(super) fn settled(session: &mut Session<'_>, pending: &Pending) -> Result<Joined, Failure> {
    session.store_identity()?;
    session.vault().remove(RECORD)?;
    Joined::of(pending, JoinState::Enrolled)
}
