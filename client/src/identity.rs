//! Who this vault is: the record `identity`.
//!
//! Everything secret that an office or an administrator holds at the exchange stands in this one
//! record, so that it is replaced in one step: a crash leaves the old identity or the new one.

mod certificate;
pub(crate) mod text;

use serde::{Deserialize, Serialize};
use tsumugu_proto::v1;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::note::{SigningKey, VerifyingKey};
use tsumugu_trust::seal::SealingIdentity;
use tsumugu_trust::value::{Id, Key, Origin, Role};

pub use certificate::{Due, RENEWAL_PARTS};
pub use text::Seed;

use crate::failure::Failure;
use crate::tls::{ClientIdentity, Proxy};
use crate::vault::Vault;
use text::Bytes;

/// The record's path in the vault.
pub const RECORD: &str = "identity";

/// The version of the record's form that this program writes and reads.
pub const FORMAT: u32 = 1;

/// Who this vault is, at which exchange.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    format: u32,
    /// The exchange.
    pub exchange: Exchange,
    /// The role, with its keys.
    pub party: Party,
    /// The TLS certificate and its key.
    pub tls: TlsCredentials,
}

/// The exchange, as it was known when this vault joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// The log's origin.
    #[serde(with = "text::one")]
    pub origin: Origin,
    /// Where it is reached: `HOST:PORT`.
    pub address: String,
    /// The proxy that leads there, with its password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Proxy>,
    /// CA pins; the newest trust list's count once the clear chain is there.
    #[serde(with = "text::many")]
    pub ca_pins: Vec<Hash>,
    /// The log's keys; the newest trust list's count once the clear chain is there.
    #[serde(with = "text::many")]
    pub log_keys: Vec<VerifyingKey>,
    /// The root fingerprint (根の指紋): digest of trust list 1. Never changes.
    #[serde(with = "text::one")]
    pub root: Hash,
    /// Digest of the newest trust list that was shown when joining: it has to stand in the log.
    #[serde(with = "text::one")]
    pub joined_under: Hash,
}

/// The role of a vault, with its keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// An administrator (管理者).
    Administrator(AdministratorKeys),
    /// A terminal of an institution (端末).
    Terminal(TerminalKeys),
}

/// What an administrator holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdministratorKeys {
    /// Id in the trust list.
    #[serde(with = "text::one")]
    pub id: Id,
    /// Seed of the signature key.
    pub seed: Seed,
    /// Seed of the sealing identity, which opens invitations' secrets.
    pub sealing: Seed,
}

/// What a terminal of an institution holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerminalKeys {
    /// The institution.
    #[serde(with = "text::one")]
    pub institution: Id,
    /// The terminal.
    #[serde(with = "text::one")]
    pub terminal: Id,
    /// Seed of the institution key.
    pub institution_seed: Seed,
    /// Seed of the terminal key.
    pub terminal_seed: Seed,
    /// The sealing identities that something undelivered may be sealed to, oldest first.
    pub key_sets: Vec<KeySetSecret>,
    /// The workers who sign at this terminal.
    pub workers: Vec<WorkerSecret>,
}

/// A sealing identity of the institution.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySetSecret {
    /// The key set's number.
    pub number: u64,
    /// Digest of its statement, which envelopes name.
    #[serde(with = "text::one")]
    pub digest: Hash,
    /// Seed of the sealing identity.
    pub seed: Seed,
}

/// A worker at this terminal (職員).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerSecret {
    /// The worker.
    #[serde(with = "text::one")]
    pub id: Id,
    /// Seed of the worker's key at this terminal.
    pub seed: Seed,
    /// Bytes of `WorkerCard`.
    pub(crate) card: Bytes,
    /// What blinds the card's commitment.
    pub card_salt: Seed,
    /// The worker statement, a signed note.
    pub(crate) statement: Bytes,
    /// Bytes of its `Receipt`, record empty.
    pub(crate) receipt: Bytes,
}

/// The TLS certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsCredentials {
    /// Private key, PKCS #8 DER.
    pub(crate) key: Bytes,
    /// Certificates, DER, leaf first.
    pub(crate) chain: Vec<Bytes>,
}

impl Identity {
    /// Of the present form.
    #[must_use]
    pub fn new(exchange: Exchange, party: Party, tls: TlsCredentials) -> Self {
        Self { format: FORMAT, exchange, party, tls }
    }

    /// The identity of a vault, if it has joined an exchange.
    ///
    /// # Errors
    /// As [`Vault::read_json`]; made by a newer program.
    pub fn load(vault: &Vault) -> Result<Option<Self>, Failure> {
        #[derive(Deserialize)]
        struct Head {
            format: u32,
        }
        match vault.read_json::<Head>(RECORD)? {
            None => Ok(None),
            Some(head) if head.format > FORMAT => {
                Err(Failure::new("vault.newer").with("file", RECORD).with("version", head.format))
            }
            Some(_) => Ok(vault.read_json(RECORD)?),
        }
    }

    /// Puts it into the vault, in place of the one before.
    ///
    /// # Errors
    /// As [`Vault::write_json`].
    pub fn save(&self, vault: &Vault) -> Result<(), Failure> {
        Ok(vault.write_json(RECORD, self)?)
    }

    /// The administrator's keys.
    ///
    /// # Errors
    /// This vault is a terminal's.
    pub fn administrator(&self) -> Result<&AdministratorKeys, Failure> {
        match &self.party {
            Party::Administrator(keys) => Ok(keys),
            Party::Terminal(_) => Err(Failure::new("identity.not-administrator")),
        }
    }

    /// The terminal's keys.
    ///
    /// # Errors
    /// This vault is an administrator's.
    pub fn terminal(&self) -> Result<&TerminalKeys, Failure> {
        match &self.party {
            Party::Terminal(keys) => Ok(keys),
            Party::Administrator(_) => Err(Failure::new("identity.not-terminal")),
        }
    }

    /// The institution that this vault belongs to; none for an administrator's.
    #[must_use]
    pub fn institution(&self) -> Option<Id> {
        match &self.party {
            Party::Terminal(keys) => Some(keys.institution),
            Party::Administrator(_) => None,
        }
    }

    /// The certificate for a connection.
    #[must_use]
    pub fn client_identity(&self) -> ClientIdentity {
        let chain = self.tls.chain.iter().map(|certificate| certificate.0.to_vec());
        ClientIdentity::from_der(chain, &self.tls.key.0)
    }
}

impl AdministratorKeys {
    /// The signature key.
    ///
    /// # Errors
    /// The cryptographic library refuses the seed.
    pub fn signing_key(&self, origin: &Origin) -> Result<SigningKey, Failure> {
        signing_key(origin, Role::Administrator, self.id, &self.seed)
    }

    /// What opens invitations' secrets.
    #[must_use]
    pub fn sealing_identity(&self) -> SealingIdentity {
        SealingIdentity::from_seed(self.sealing.bytes())
    }
}

impl TerminalKeys {
    /// The institution key: admits and removes, signs key sets and profile.
    ///
    /// # Errors
    /// The cryptographic library refuses the seed.
    pub fn institution_key(&self, origin: &Origin) -> Result<SigningKey, Failure> {
        signing_key(origin, Role::Institution, self.institution, &self.institution_seed)
    }

    /// The terminal key: signs envelopes and answers.
    ///
    /// # Errors
    /// The cryptographic library refuses the seed.
    pub fn terminal_key(&self, origin: &Origin) -> Result<SigningKey, Failure> {
        signing_key(origin, Role::Terminal, self.terminal, &self.terminal_seed)
    }

    /// What opens letters to the institution, newest key set first, with the key set's digest.
    #[must_use]
    pub fn sealing_identities(&self) -> Vec<(Hash, SealingIdentity)> {
        let open = |set: &KeySetSecret| (set.digest, SealingIdentity::from_seed(set.seed.bytes()));
        self.key_sets.iter().rev().map(open).collect()
    }

    /// The worker of this name or id; without a name, the only one there is.
    ///
    /// # Errors
    /// Nobody of that name here; nobody at all; nobody named where there are several.
    pub fn worker(&self, name: Option<&str>) -> Result<&WorkerSecret, Failure> {
        match (name, self.workers.as_slice()) {
            (None, [only]) => Ok(only),
            (None, []) => Err(Failure::no_worker_here()),
            (None, _) => Err(Failure::worker_needed()),
            (Some(name), all) => {
                let is = |worker: &&WorkerSecret| {
                    worker.id.to_string() == name || worker.card().is_some_and(|c| c.name == name)
                };
                all.iter().find(is).ok_or_else(Failure::unknown_worker)
            }
        }
    }
}

impl WorkerSecret {
    /// The worker's key at this terminal.
    ///
    /// # Errors
    /// The cryptographic library refuses the seed.
    pub fn signing_key(&self, origin: &Origin) -> Result<SigningKey, Failure> {
        signing_key(origin, Role::Worker, self.id, &self.seed)
    }

    /// The card (職員証); nothing where the bytes are not one.
    #[must_use]
    pub fn card(&self) -> Option<v1::WorkerCard> {
        prost::Message::decode(self.card.0.as_slice()).ok()
    }

    /// The worker as shown inside letters.
    ///
    /// # Errors
    /// The stored receipt is not one.
    pub fn shown(&self) -> Result<v1::ShownWorker, Failure> {
        Ok(v1::ShownWorker {
            statement: self.statement.0.to_vec().into(),
            receipt: Some(self.receipt()?),
            card: self.card.0.to_vec().into(),
            card_salt: self.card_salt.bytes().to_vec().into(),
        })
    }

    /// The bytes of the worker statement.
    #[must_use]
    pub fn statement(&self) -> &[u8] {
        &self.statement.0
    }

    /// The receipt of the worker statement, record empty.
    ///
    /// # Errors
    /// The stored bytes are not a receipt.
    pub fn receipt(&self) -> Result<v1::Receipt, Failure> {
        let decoded = prost::Message::decode(self.receipt.0.as_slice());
        decoded.map_err(|error| Failure::new("vault.damaged").with("file", RECORD).because(error))
    }
}

impl TlsCredentials {
    /// A key with the certificates that were issued for it.
    #[must_use]
    pub fn new(key: &[u8], chain: &[impl AsRef<[u8]>]) -> Self {
        let chain = chain.iter().map(|certificate| Bytes::new(certificate.as_ref())).collect();
        Self { key: Bytes::new(key), chain }
    }
}

/// The signature key of a holder.
///
/// # Errors
/// The cryptographic library refuses the seed.
pub fn signing_key(
    origin: &Origin,
    role: Role,
    id: Id,
    seed: &Seed,
) -> Result<SigningKey, Failure> {
    SigningKey::from_seed(&origin.key_name(role, id), seed.bytes())
        .map_err(|error| Failure::fault("signature key").because(error))
}

/// The public half, as statements have it.
#[must_use]
pub fn public_key(key: &SigningKey) -> Key {
    Key(*key.verifying_key().public())
}

#[cfg(test)]
mod tests;
