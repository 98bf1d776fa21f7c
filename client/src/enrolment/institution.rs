//! An institution's request: its keys, and every statement that its approval commits.

use tsumugu_trust::code::Code;
use tsumugu_trust::directory::institution_record;
use tsumugu_trust::statement::{
    Enrolment, Hours, Invitation, KeySet, NamedUnit, Profile, RecipientText, Statement, Terminal,
    digest, encode_text, sign,
};
use tsumugu_trust::value::{Id, Origin, Unit};

use super::administrator::{csr_digest, unsigned};
use super::document::CheckedDocument;
use super::pending::{Pending, PendingMember, PendingRole};
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::text::Bytes;
use crate::identity::{KeySetSecret, Seed, TerminalKeys, public_key};
use crate::tls;
use crate::workers::new_worker;

/// The name of the unit `main` where the office gives it none.
pub const DEFAULT_UNIT_NAME: &str = "代表";

/// Most workers of a request: an enrolment names 16 statements, three of which are not workers.
pub const MAX_WORKERS: usize = 13;

/// What an office says of itself when it joins.
#[derive(Debug, Clone, Default)]
pub struct Applicant {
    /// Name and role of the workers who will sign at this terminal.
    pub workers: Vec<(String, String)>,
    /// Its units; `main` is added where it is missing.
    pub units: Vec<NamedUnit>,
    /// Business hours.
    pub hours: Vec<Hours>,
}

/// Makes the keys and the request of an institution.
///
/// # Errors
/// The document shows no trust list; the applicant's lines break a rule; the cryptographic library
/// failed.
pub fn new_enrolment(
    ctx: &Context,
    document: &CheckedDocument,
    invitation: &Invitation,
    applicant: &Applicant,
    address: &str,
    code: &Code,
) -> Result<Pending, Failure> {
    let absent = || Failure::new("enrolment.bad-document").with("part", "trust-list");
    let exchange = document.exchange(address).ok_or_else(absent)?;
    let origin = &document.origin;
    let mut keys = new_keys(ctx, invitation.subject);
    let statements = finished(ctx, origin, &mut keys, applicant)?;
    let tls = tls::csr()?;
    let (institution, terminal) = (keys.institution_key(origin)?, keys.terminal_key(origin)?);
    let request = Enrolment {
        invitation: invitation.invitation,
        trust_list: exchange.joined_under,
        institution: keys.institution,
        key: public_key(&institution),
        terminal: keys.terminal,
        terminal_key: public_key(&terminal),
        statements: statements.iter().map(Statement::digest).collect(),
        csr: csr_digest(&tls.csr),
    };
    let record = institution_record(invitation, &request, 1).map_err(|refusal| {
        Failure::new("enrolment.bad-document").with("part", "invitation").because(refusal)
    })?;
    let signed = sign(origin, &request, &[&institution, &terminal]).map_err(unsigned)?;
    Ok(Pending {
        invitation: invitation.invitation,
        exchange,
        role: PendingRole::Enrolment(PendingMember {
            keys,
            statements: statements.iter().map(|one| Bytes::new(one.bytes())).collect(),
            record: digest(&encode_text(origin, &record)),
            number: record.number.to_string(),
        }),
        mac: code.request_mac(signed.text().as_bytes()),
        request: Bytes::new(signed.bytes()),
        csr: Bytes::new(tls.csr),
        tls_key: Bytes(tls.key),
    })
}

fn new_keys(ctx: &Context, institution: Id) -> TerminalKeys {
    TerminalKeys {
        institution,
        terminal: Id(ctx.random()),
        institution_seed: Seed::new(ctx.random()),
        terminal_seed: Seed::new(ctx.random()),
        key_sets: Vec::new(),
        workers: Vec::new(),
    }
}

/// Profile, key set, terminal and workers, all signed; key set and workers go into `keys` too.
fn finished(
    ctx: &Context,
    origin: &Origin,
    keys: &mut TerminalKeys,
    applicant: &Applicant,
) -> Result<Vec<Statement>, Failure> {
    let institution_key = keys.institution_key(origin)?;
    let (institution, terminal) = (keys.institution, keys.terminal);
    let profile = Profile {
        institution,
        version: 1,
        units: with_main(&applicant.units)?,
        hours: applicant.hours.clone(),
        closed: Vec::new(),
    };
    // The one statement here that holds what a person typed: its rules are theirs to keep.
    let profile = sign(origin, &profile, &[&institution_key])
        .map_err(|error| Failure::usage("--unit / --hours").because(error))?;
    let secret = Seed::new(ctx.random());
    let sealing = tsumugu_trust::seal::SealingIdentity::from_seed(secret.bytes());
    let recipient = RecipientText::from(&sealing.to_recipient());
    let key_set = KeySet { institution, number: 1, previous: None, recipient };
    let key_set = sign(origin, &key_set, &[&institution_key]).map_err(unsigned)?;
    keys.key_sets.push(KeySetSecret { number: 1, digest: key_set.digest(), seed: secret });
    let key = public_key(&keys.terminal_key(origin)?);
    let admitted = Terminal { institution, terminal, key };
    let admitted = sign(origin, &admitted, &[&institution_key]).map_err(unsigned)?;
    let mut statements = vec![profile, key_set, admitted];
    for (name, role) in &applicant.workers {
        let worker = new_worker(ctx, origin, keys, name, role)?;
        statements.push(Statement::parse(&worker.statement.0).map_err(unsigned)?);
        keys.workers.push(worker);
    }
    Ok(statements)
}

fn with_main(units: &[NamedUnit]) -> Result<Vec<NamedUnit>, Failure> {
    let mut all = units.to_vec();
    if !all.iter().any(|unit| unit.unit == Unit::main()) {
        let name = DEFAULT_UNIT_NAME.parse().map_err(|_| Failure::fault("unit"))?;
        all.insert(0, NamedUnit { unit: Unit::main(), name });
    }
    Ok(all)
}
