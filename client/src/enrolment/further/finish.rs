//! From the keyring to an identity.

use tsumugu_proto::v1;
use tsumugu_trust::keyring::Keyring;
use tsumugu_trust::statement::{Terminal, digest, encode_text};

use super::super::finish::settled;
use super::super::outcome::Joined;
use super::super::pending::{Handed, Pending, PendingRole, PendingTerminal};
use super::keyring::{bad_keyring, check, chosen, is_certified, keys, open, seed};
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::{Identity, Party, TerminalKeys, TlsCredentials, public_key};
use crate::mailbox::sync_mailbox;
use crate::messages::Sentence;
use crate::session::{Purpose, Session};
use crate::vault::Vault;
use crate::workers::{certify, worker_here};

/// Takes in what the other terminal handed over, admits the workers here, and reads the mailbox.
///
/// `answer` is there the first time; later what was checked lies in the vault. A crash at any place
/// leaves a request that the same command goes on with.
///
/// # Errors
/// `enrolment.bad-keyring` and `enrolment.other-chain`, alarms; `enrolment.keyring-gone`; a worker that
/// was named is not among those handed over; the exchange is not reached with the new certificate.
pub async fn finish_further(
    ctx: &Context,
    vault: Vault,
    mut pending: Pending,
    answer: Option<v1::GetTerminalAdmissionResponse>,
) -> Result<Joined, Failure> {
    let PendingRole::Terminal(terminal) = &pending.role else {
        return Err(Failure::fault("request"));
    };
    let mut session = match (&terminal.handed, answer) {
        (Some(handed), _) => {
            let party = Party::Terminal(handed.keys.clone());
            let mut session = session(ctx, vault, &pending, party, handed.tls.clone())?;
            expect_admission(&mut session, &handed.keys)?;
            session.sync().await?;
            session
        }
        (None, Some(answer)) => {
            let (session, handed) = take_over(ctx, vault, &pending, terminal, &answer).await?;
            let handed = Some(handed);
            let terminal = PendingTerminal { handed, ..(**terminal).clone() };
            pending.role = PendingRole::Terminal(Box::new(terminal));
            pending.save(session.vault())?;
            session
        }
        (None, None) => return Err(Failure::fault("keyring")),
    };
    let checked = check(session.directory(), session.identity().terminal()?);
    session.keep_alarm(checked)?;
    admit_workers(&mut session, &mut pending).await?;
    let mut joined = settled(&mut session, &pending)?;
    let institution = session.identity().terminal()?.institution;
    joined.number = Some(session.number_of(institution));
    joined.strange = session.own_records().strange().len();
    done_with_keyring(&mut session, &pending).await;
    Ok(joined)
}

/// Opens the keyring and holds it against the log.
async fn take_over<'c>(
    ctx: &'c Context,
    vault: Vault,
    pending: &Pending,
    terminal: &PendingTerminal,
    answer: &v1::GetTerminalAdmissionResponse,
) -> Result<(Session<'c>, Handed), Failure> {
    let keyring = open(&answer.keyring, terminal, &pending.exchange.origin)?;
    let mut keys = keys(&keyring, terminal);
    let tls = TlsCredentials::new(&pending.tls_key.0, &answer.certificates);
    if !tls.fits() {
        return Err(crate::rpc::incomplete("certificates"));
    }
    let mut session = session(ctx, vault, pending, Party::Terminal(keys.clone()), tls.clone())?;
    let begun = session.begin_from(&keyring.checkpoint);
    let begun = begun.map_err(|error| bad_keyring("checkpoint").because(error));
    session.keep_alarm(begun)?;
    session.vouch_own(keyring.known.number);
    expect_admission(&mut session, &keys)?;
    session.sync().await?;
    let held = check_chain(&session, &keyring).and_then(|()| check(session.directory(), &keys));
    session.keep_alarm(held)?;
    for worker in chosen(&keyring, &terminal.workers)? {
        let (id, salt) = (worker.id, seed(&worker.salt));
        let here = worker_here(ctx, session.origin(), &keys, id, &worker.card, salt)?;
        keys.workers.push(here);
    }
    session.update_identity(|identity| identity.party = Party::Terminal(keys.clone()))?;
    Ok((session, Handed { keys, tls }))
}

fn session<'c>(
    ctx: &'c Context,
    vault: Vault,
    pending: &Pending,
    party: Party,
    tls: TlsCredentials,
) -> Result<Session<'c>, Failure> {
    let identity = Identity::new(pending.exchange.clone(), party, tls);
    Session::with(ctx, vault, identity, Purpose::Look)
}

/// The one record about the institution that is new to the giver too: our own admission.
fn expect_admission(session: &mut Session<'_>, keys: &TerminalKeys) -> Result<(), Failure> {
    let key = public_key(&keys.terminal_key(session.origin())?);
    let lines = Terminal { institution: keys.institution, terminal: keys.terminal, key };
    let admission = digest(&encode_text(session.origin(), &lines));
    session.expect_own([admission])
}

/// The two terminals have to be shown one clear chain, or one of them is lied to.
fn check_chain(session: &Session<'_>, keyring: &Keyring) -> Result<(), Failure> {
    let ours = session.directory().head_at(keyring.known.number);
    if ours == Some(keyring.known.hash) {
        Ok(())
    } else {
        Err(Failure::new("enrolment.other-chain"))
    }
}

/// Admits the workers one by one; each receipt is kept before the next is asked for. One whom the office
/// has removed since the keyring was made is left out.
async fn admit_workers(session: &mut Session<'_>, pending: &mut Pending) -> Result<(), Failure> {
    loop {
        let workers = &session.identity().terminal()?.workers;
        let Some(waiting) = workers.iter().find(|worker| !is_certified(worker)) else {
            return Ok(());
        };
        let mut worker = waiting.clone();
        let id = worker.id;
        let admitted = match certify(session, &mut worker).await {
            Err(removed) if removed.key() == "server.rule" => {
                session.ctx().note(&Sentence::new("enrolment.worker-left-out"));
                None
            }
            certified => Some(certified.map(|()| worker)?),
        };
        session.update_identity(|identity| {
            if let Party::Terminal(keys) = &mut identity.party {
                keys.workers.retain(|one| one.id != id);
                keys.workers.extend(admitted);
            }
        })?;
        if let PendingRole::Terminal(terminal) = &mut pending.role
            && let Some(handed) = &mut terminal.handed
        {
            handed.keys = session.identity().terminal()?.clone();
        }
        pending.save(session.vault())?;
    }
}

/// The keyring has done its work at the exchange, and the letters so far are fetched. Neither keeps this
/// PC from having joined: the exchange keeps a keyring for a day, and the next command fetches.
async fn done_with_keyring(session: &mut Session<'_>, pending: &Pending) {
    let closed = match session.connect().await {
        Ok(rpc) => rpc.close_terminal_invitation(pending.invitation).await,
        Err(failure) => Err(failure),
    };
    let fetched = match closed {
        Ok(()) => sync_mailbox(session).await.map(|report| report.letters.len()),
        Err(failure) => Err(failure),
    };
    match fetched {
        Ok(letters) => {
            session.ctx().note(&Sentence::new("enrolment.letters").with("count", letters));
        }
        Err(failure) => {
            session.ctx().note(failure.sentence());
            session.ctx().note(&Sentence::new("enrolment.letters-later"));
        }
    }
}
