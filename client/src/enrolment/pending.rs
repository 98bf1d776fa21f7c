//! A request that was made and is not settled: the record `pending-enrolment`.

use serde::{Deserialize, Serialize};
use tsumugu_trust::code::comparison_digits;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::statement::Statement;
use tsumugu_trust::value::Id;

use crate::failure::Failure;
use crate::identity::text::{self, Bytes};
use crate::identity::{AdministratorKeys, Exchange, Seed, TerminalKeys, TlsCredentials};
use crate::vault::Vault;

/// The record's path in the vault.
pub const RECORD: &str = "pending-enrolment";

/// A request with the keys that it names. It goes when the identity stands in the vault; should a
/// crash come between, the identity counts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// The invitation, or the id of the bootstrap code.
    #[serde(with = "text::one")]
    pub invitation: Id,
    /// The exchange, as the document showed it.
    pub exchange: Exchange,
    /// What is asked for, with its keys.
    pub role: PendingRole,
    /// The signed request: trust list 1, candidacy, enrolment or a further terminal's.
    pub(super) request: Bytes,
    /// MAC of the request's text under the code's secret, which itself is not kept.
    #[serde(with = "text::one")]
    pub(super) mac: Hash,
    /// Certificate request, DER.
    pub(super) csr: Bytes,
    /// The key of that request, PKCS #8 DER.
    pub(super) tls_key: Bytes,
}

/// What a request asks for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PendingRole {
    /// To be the first administrator.
    Bootstrap(AdministratorKeys),
    /// To be a further administrator.
    Candidacy(PendingCandidacy),
    /// To be a member.
    Enrolment(PendingMember),
    /// To be a further terminal of a member.
    Terminal(Box<PendingTerminal>),
}

/// A further administrator to be.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingCandidacy {
    /// The administrator's keys.
    pub keys: AdministratorKeys,
    /// The newest trust list of the document, a signed note: the one to be continued.
    pub(super) known_list: Bytes,
}

/// A member to be.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingMember {
    /// The terminal's keys; the workers have no receipts yet.
    pub keys: TerminalKeys,
    /// The finished statements: profile, key set, terminal, workers.
    pub(super) statements: Vec<Bytes>,
    /// Digest of the institution's record that the invitation and the request give.
    #[serde(with = "text::one")]
    pub record: Hash,
    /// The institution's number, for the person at the PC.
    pub number: String,
}

/// A further terminal to be.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingTerminal {
    /// The institution.
    #[serde(with = "text::one")]
    pub institution: Id,
    /// The terminal.
    #[serde(with = "text::one")]
    pub terminal: Id,
    /// Seed of the terminal key.
    pub seed: Seed,
    /// Seed of the sealing identity that opens the keyring, and nothing else ever.
    pub(super) once: Seed,
    /// Names or ids of the workers who shall sign here; empty: all.
    pub workers: Vec<String>,
    /// What was handed over, once it was checked.
    pub(super) handed: Option<Handed>,
}

/// What another terminal handed over, checked against the clear chain.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Handed {
    /// The terminal's keys; workers without a receipt are not admitted yet.
    pub(super) keys: TerminalKeys,
    /// The certificate, with the key of the request.
    pub(super) tls: TlsCredentials,
}

impl Pending {
    /// The pending request of a vault.
    ///
    /// # Errors
    /// As [`Vault::read_json`].
    pub fn load(vault: &Vault) -> Result<Option<Self>, Failure> {
        Ok(vault.read_json(RECORD)?)
    }

    /// Puts it into the vault. Do it before anything is sent.
    ///
    /// # Errors
    /// As [`Vault::write_json`].
    pub fn save(&self, vault: &Vault) -> Result<(), Failure> {
        Ok(vault.write_json(RECORD, self)?)
    }

    /// The request.
    ///
    /// # Errors
    /// The record in the vault is damaged.
    pub fn statement(&self) -> Result<Statement, Failure> {
        parse(&self.request)
    }

    /// The digits to compare over the telephone; nothing at bootstrap, where there is nobody to call.
    ///
    /// # Errors
    /// The record in the vault is damaged.
    pub fn digits(&self) -> Result<Option<String>, Failure> {
        match self.role {
            PendingRole::Bootstrap(_) => Ok(None),
            _ => Ok(Some(comparison_digits(self.statement()?.text()))),
        }
    }
}

/// A statement that this program has put into the record.
pub(super) fn parse(stored: &Bytes) -> Result<Statement, Failure> {
    Statement::parse(&stored.0)
        .map_err(|error| Failure::new("vault.damaged").with("file", RECORD).because(error))
}

#[cfg(test)]
impl Pending {
    /// The finished statements of an enrolment, as they travel.
    pub(crate) fn statement_bytes(&self) -> Vec<Vec<u8>> {
        match &self.role {
            PendingRole::Enrolment(member) => {
                member.statements.iter().map(|one| one.0.to_vec()).collect()
            }
            _ => Vec::new(),
        }
    }
}
