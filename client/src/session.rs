//! A vault at work with its exchange: what it remembers, what it demands, and when it stops.
//!
//! ```text
//! Session::open ── connect ── sync ── calls, each receipt through verify_receipt
//! ```
//!
//! What the exchange says is believed only as far as it is proved against the log, and the log only
//! as far as it continues what this vault saw before (`docs/FORMATS.md`, section 3). What contradicts
//! that is an alarm; it is kept in the vault, so that the next command stops too.

mod alarm;
mod own;
mod proof;
mod renew;
mod sync;

use std::collections::{BTreeMap, BTreeSet};

use tsumugu_trust::checkpoint::VerifiedCheckpoint;
use tsumugu_trust::directory::Directory;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::note::VerifyingKey;
use tsumugu_trust::value::{Id, Origin, Time};

pub use alarm::{RECORD as ALARM_RECORD, StoredAlarm};
pub(crate) use own::as_first;
pub use own::{OwnRecords, RECORD as OWN_RECORD, StrangeRecord};
pub use sync::{CLOCK_TOLERANCE_MS, MAX_STALENESS_MS, SyncReport};

use crate::chain_store::ChainStore;
use crate::context::Context;
use crate::enrolment::Pending;
use crate::failure::Failure;
use crate::identity::Identity;
use crate::messages::Sentence;
use crate::releases::Catalogues;
use crate::rpc::Rpc;
use crate::tls::{ClientIdentity, ServerTrust};
use crate::vault::Vault;

/// The record of the last verified checkpoint.
pub const CHECKPOINT_RECORD: &str = "checkpoint";

/// What a command is about: it decides how strict the session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It sends or decides something: a kept alarm or a stale chain stops it.
    Act,
    /// It only shows or checks: a kept alarm or a stale chain is said, and it goes on.
    Look,
}

/// A vault with its identity and what it knows of the log.
pub struct Session<'c> {
    ctx: &'c Context,
    vault: Vault,
    identity: Identity,
    purpose: Purpose,
    chain: ChainStore,
    /// The last verified checkpoint.
    known: Option<VerifiedCheckpoint>,
    /// Sizes and roots that were proved to be earlier states of the same log.
    proved: BTreeMap<u64, Hash>,
    own: OwnRecords,
    rpc: Option<Rpc>,
    /// How old the chain was when it was last synchronised, in milliseconds, and when that was by this
    /// PC's clock.
    age: Option<(u64, Time)>,
    /// What this command has warned of already.
    warned: BTreeSet<String>,
    /// Releases of the catalogue that are wholly here.
    releases_here: usize,
}

impl<'c> Session<'c> {
    /// Opens the vault and replays what it knows.
    ///
    /// # Errors
    /// Not enrolled, or not approved yet; the vault cannot be opened or is damaged; with [`Purpose::Act`], an alarm was
    /// kept.
    pub fn open(ctx: &'c Context, purpose: Purpose) -> Result<Self, Failure> {
        let vault = ctx.open_vault()?;
        let Some(identity) = Identity::load(&vault)? else {
            let is_pending = Pending::load(&vault)?.is_some();
            return Err(match is_pending {
                true => Failure::enrolment_pending(),
                false => Failure::not_enrolled(),
            });
        };
        Self::with(ctx, vault, identity, purpose)
    }

    /// A session of an opened vault as this identity, which need not be stored yet.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn with(
        ctx: &'c Context,
        vault: Vault,
        identity: Identity,
        purpose: Purpose,
    ) -> Result<Self, Failure> {
        if let Some(alarm) = StoredAlarm::load(&vault)? {
            match purpose {
                Purpose::Act => return Err(alarm.failure()),
                Purpose::Look => ctx.note(&alarm.sentence()),
            }
        }
        let exchange = &identity.exchange;
        let chain = ChainStore::open(&vault, exchange.origin.clone(), exchange.root)?;
        let own = OwnRecords::load(&vault)?;
        let mut session = Self {
            ctx,
            vault,
            identity,
            purpose,
            chain,
            known: None,
            proved: BTreeMap::new(),
            own,
            rpc: None,
            age: None,
            warned: BTreeSet::new(),
            releases_here: 0,
        };
        ctx.use_catalogues(Catalogues::of(ctx.home(), session.directory().catalogues()));
        session.known = session.load_checkpoint()?;
        Ok(session)
    }

    /// Connects to the exchange with this vault's certificate, once; renews it first where that is due.
    ///
    /// # Errors
    /// As [`Rpc::connect`]; the certificate has ended, and as [`Self::renew_if_due`].
    pub async fn connect(&mut self) -> Result<Rpc, Failure> {
        if let Some(rpc) = &self.rpc {
            return Ok(rpc.clone());
        }
        self.renew_if_due().await?;
        let rpc = match self.dial().await {
            // It has ended by the exchange's clock, whatever ours says.
            Err(refused) if renew::says_expired(&refused) => {
                self.renew(refused).await?;
                self.dial().await?
            }
            dialled => dialled?,
        };
        self.rpc = Some(rpc.clone());
        // A proxy that was typed and that leads there need not be typed again.
        if let Some(typed) = self.ctx.network().typed()?
            && typed != self.identity.exchange.proxy
        {
            self.update_identity(|identity| identity.exchange.proxy = typed)?;
            self.ctx.note(&Sentence::new("proxy.kept"));
        }
        Ok(rpc)
    }

    /// A connection with this vault's certificate.
    async fn dial(&self) -> Result<Rpc, Failure> {
        self.dial_as(Some(self.identity.client_identity())).await
    }

    async fn dial_as(&self, certificate: Option<ClientIdentity>) -> Result<Rpc, Failure> {
        let exchange = &self.identity.exchange;
        let trust = ServerTrust::Pinned { ca_pins: self.ca_pins() };
        let origin = exchange.origin.as_str();
        let way = self.ctx.network().way(&exchange.address, exchange.proxy.as_ref())?;
        Rpc::connect_by(&way, origin, &trust, certificate, self.ctx.clock()).await
    }

    /// Lets the connection go; the next call makes a new one.
    pub fn disconnect(&mut self) {
        self.rpc = None;
    }

    /// Takes in what another process of this vault has changed: the identity, with its certificate,
    /// key sets and workers.
    ///
    /// # Errors
    /// An alarm was kept meanwhile; the vault is not readable, or enrolled, any more.
    pub fn refresh(&mut self) -> Result<(), Failure> {
        if let Some(alarm) = StoredAlarm::load(&self.vault)? {
            return Err(alarm.failure());
        }
        let identity = Identity::load(&self.vault)?.ok_or_else(Failure::not_enrolled)?;
        if identity.exchange != self.identity.exchange || identity.tls != self.identity.tls {
            self.disconnect();
        }
        self.identity = identity;
        Ok(())
    }

    /// The surroundings of the command.
    #[must_use]
    pub fn ctx(&self) -> &'c Context {
        self.ctx
    }

    /// The vault.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Who this vault is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Stores who this vault is, when it has joined.
    ///
    /// # Errors
    /// As [`Identity::save`].
    pub fn store_identity(&self) -> Result<(), Failure> {
        self.identity.save(&self.vault)
    }

    /// Changes who this vault is (a new worker, a new certificate), in one step, from what stands in the
    /// vault now: another process may have changed it since this session began. One that is not stored
    /// yet is changed here only.
    ///
    /// # Errors
    /// As [`Identity::load`] and [`Identity::save`]; then nothing has changed here either.
    pub fn update_identity(&mut self, change: impl FnOnce(&mut Identity)) -> Result<(), Failure> {
        let lock = self.vault.lock()?;
        match Identity::load(&self.vault)? {
            None => change(&mut self.identity),
            Some(mut stored) => {
                change(&mut stored);
                lock.write_json(crate::identity::RECORD, &stored)?;
                self.identity = stored;
            }
        }
        Ok(())
    }

    /// The log's origin.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.identity.exchange.origin
    }

    /// The clear chain.
    #[must_use]
    pub fn chain(&self) -> &ChainStore {
        &self.chain
    }

    /// The directory that the clear chain gives.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        self.chain.directory()
    }

    /// The institution's number in the register, for messages.
    #[must_use]
    pub fn number_of(&self, institution: Id) -> String {
        let record = self.directory().member(institution).and_then(|member| member.record());
        record.map_or_else(|| institution.to_string(), |record| record.number.to_string())
    }

    /// The last verified checkpoint: what a letter's maker part shows.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&VerifiedCheckpoint> {
        self.known.as_ref()
    }

    /// The keys that a checkpoint may be signed with: the newest trust list's, or before there is
    /// one, those of the invitation document.
    #[must_use]
    pub fn log_keys(&self) -> Vec<VerifyingKey> {
        let keys = self.directory().log_keys();
        if keys.is_empty() { self.identity.exchange.log_keys.clone() } else { keys }
    }

    /// How many releases of the catalogue are wholly here, as far as this session has seen to it.
    pub(crate) fn releases_here(&self) -> usize {
        self.releases_here
    }

    pub(crate) fn set_releases_here(&mut self, count: usize) {
        self.releases_here = count;
    }

    fn ca_pins(&self) -> Vec<[u8; 32]> {
        let list = self.directory().trust_list();
        let pins = list.map_or(&self.identity.exchange.ca_pins, |list| &list.body.ca_pins);
        pins.iter().map(|pin| pin.0).collect()
    }

    /// It was verified before it was written, under a key that may have left the list since.
    fn load_checkpoint(&self) -> Result<Option<VerifiedCheckpoint>, Failure> {
        let Some(note) = self.vault.read(CHECKPOINT_RECORD)? else { return Ok(None) };
        let lists = self.directory().trust_lists().iter();
        let mut keys: Vec<_> =
            lists.flat_map(|l| l.body.logs.iter().map(|k| k.0.clone())).collect();
        keys.extend(self.identity.exchange.log_keys.iter().cloned());
        let verified = VerifiedCheckpoint::verify(&*note, self.origin().as_str(), &keys);
        let damaged =
            |error| Failure::new("vault.damaged").with("file", CHECKPOINT_RECORD).because(error);
        verified.map(Some).map_err(damaged)
    }
}

#[cfg(test)]
mod tests;
