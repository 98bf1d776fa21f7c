//! What every service shares: who calls, what is published, where commands go.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use rustls::pki_types::CertificateDer;
use tokio::sync::Semaphore;
use tonic::Request;
use tsumugu_durable::clock::Clock;
use tsumugu_proto::v1::{ErrorReason, Receipt};
use tsumugu_trust::directory::Member;
use tsumugu_trust::statement::TrustList;
use tsumugu_trust::value::{Id, Time};

use crate::bounds::quota::Quota;
use crate::bounds::{Bounds, Space};
use crate::ca::IssuingCa;
use crate::gate::{AuthenticatedParty, Gate, GateError};
use crate::ledger::{LeafInfo, LedgerError, Published, Reader};
use crate::operations::ConditionReader;
use crate::party::Party;
use crate::pending::Pending;
use crate::refused::Refused;
use crate::releases::Releases;
use crate::renewals::Renewals;
use crate::restraint::Restraint;
use crate::sequencer::{Command, Done, Outcome, Sequencer};
use crate::settings::Settings;

/// The running exchange, as its services see it.
#[derive(Debug)]
pub struct Exchange {
    /// Reads the log.
    pub reader: Reader,
    /// Changes the log.
    pub sequencer: Sequencer,
    /// Who may call.
    pub gate: Arc<Gate>,
    /// Issues certificates to those who were admitted.
    pub ca: Arc<IssuingCa>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// The operator's settings.
    pub settings: Settings,
    /// Invitations, requests and half-signed records: what is not history yet.
    pub pending: Pending,
    /// The files of the catalogue's releases.
    pub releases: Releases,
    /// How often certificates were renewed lately.
    pub renewals: Renewals,
    /// What one party may take.
    pub bounds: Arc<Bounds>,
    /// What an institution may hand in on one day: asked before letters and attachments are taken.
    pub quota: Quota,
    /// Whether the disk has room: asked before letters and attachments are taken.
    pub space: Space,
    /// Reads of the disk under way: see [`Self::reading`].
    pub disk_reads: Semaphore,
    /// Whether it serves, only reads, or stops.
    pub condition: ConditionReader,
    /// What keeps it from signing.
    pub restraint: Restraint,
    /// Open subscriptions by institution.
    pub subscribers: Mutex<HashMap<Id, u32>>,
}

/// An administrator of the newest trust list. Only [`Exchange::administrator`] makes it.
#[derive(Debug, Clone, Copy)]
pub struct AdministratorCaller(Id);

/// An admitted terminal of an active institution. Only [`Exchange::terminal`] makes it.
#[derive(Debug, Clone, Copy)]
pub struct TerminalCaller {
    institution: Id,
    terminal: Id,
}

/// A terminal that holds a stream open. Only [`Exchange::guest`] makes it.
#[derive(Debug, Clone)]
pub struct Guest {
    caller: TerminalCaller,
    chain: Arc<Vec<CertificateDer<'static>>>,
}

/// Either of them.
#[derive(Debug, Clone, Copy)]
pub enum Caller {
    /// An administrator.
    Administrator(AdministratorCaller),
    /// A terminal.
    Terminal(TerminalCaller),
}

impl AdministratorCaller {
    /// Its id.
    #[must_use]
    pub fn id(self) -> Id {
        self.0
    }
}

impl TerminalCaller {
    /// Its institution.
    #[must_use]
    pub fn institution(self) -> Id {
        self.institution
    }
    /// Its id.
    #[must_use]
    pub fn terminal(self) -> Id {
        self.terminal
    }
}

impl Guest {
    /// Who it was when the stream was opened.
    #[must_use]
    pub fn caller(&self) -> TerminalCaller {
        self.caller
    }
}

impl Exchange {
    /// The exchange's time.
    #[must_use]
    pub fn now(&self) -> Time {
        Time(self.clock.now_ms())
    }

    /// Whether a trust list names this exchange's log key and issuing CA. Under one that does not,
    /// nobody could verify a receipt or connect any more, and nobody could put it right.
    ///
    /// # Errors
    /// [`ErrorReason::Rule`]
    pub fn check_names_us(&self, list: &TrustList) -> Result<(), Refused> {
        if list.logs.iter().all(|log| log.0 != *self.reader.log_key()) {
            return Err(Refused::new(
                ErrorReason::Rule,
                "the list does not name this exchange's log key",
            )
            .with("rule", "log"));
        }
        if list.ca_pins.iter().all(|pin| pin.0 != self.ca.pin()) {
            return Err(Refused::new(
                ErrorReason::Rule,
                "the list does not pin this exchange's CA",
            )
            .with("rule", "ca-pin"));
        }
        Ok(())
    }

    /// Who calls. Asked at every request: a connection lives for days, a removal counts at once.
    ///
    /// # Errors
    /// [`Refused`], by cause.
    pub fn caller<T>(&self, request: &Request<T>) -> Result<Caller, Refused> {
        self.admit(self.identify(request)?)
    }

    fn identify<T>(&self, request: &Request<T>) -> Result<Party, Refused> {
        Ok(self.authenticate(request)?.party())
    }

    fn authenticate<T>(&self, request: &Request<T>) -> Result<AuthenticatedParty, Refused> {
        let found = self.gate.identify(request.extensions(), self.clock.now_ms());
        found.map_err(|error| not_let_in(&error))?.ok_or_else(no_certificate)
    }

    /// The caller, who must be a terminal, with what it takes to ask again while a stream is open.
    ///
    /// # Errors
    /// [`Refused`]
    pub fn guest<T>(&self, request: &Request<T>) -> Result<Guest, Refused> {
        let caller = self.terminal(request)?;
        let chain = Gate::shown(request.extensions()).ok_or_else(no_certificate)?;
        Ok(Guest { caller, chain })
    }

    /// Whether who opened a stream may still be there, and until when the answer holds: a removal, a
    /// suspension, the certificate's last second and a revocation end open streams, too.
    ///
    /// # Errors
    /// [`Refused`], by cause.
    pub fn still(&self, guest: &Guest) -> Result<Time, Refused> {
        let found = self.gate.authenticate(&guest.chain, self.clock.now_ms());
        let found = found.map_err(|error| not_let_in(&error))?;
        self.admit(found.party())?;
        Ok(Time(found.until_ms()))
    }

    /// Whether a party that the gate let in takes part now.
    ///
    /// # Errors
    /// [`Refused`], by cause.
    pub fn admit(&self, party: Party) -> Result<Caller, Refused> {
        let published = self.reader.published();
        match party {
            Party::Administrator { id } => {
                let id = Id(id);
                if !published.directory.is_administrator(id) {
                    return Err(Refused::new(
                        ErrorReason::UnknownParty,
                        "not an administrator of the newest trust list",
                    ));
                }
                Ok(Caller::Administrator(AdministratorCaller(id)))
            }
            Party::Terminal { institution, terminal } => {
                let caller =
                    TerminalCaller { institution: Id(institution), terminal: Id(terminal) };
                if !Self::admitted(&published, caller)?.is_active() {
                    return Err(Refused::new(
                        ErrorReason::Suspended,
                        "the institution is suspended",
                    ));
                }
                Ok(Caller::Terminal(caller))
            }
        }
    }

    /// The institution of a terminal that was admitted and not removed; it may be suspended.
    fn admitted(published: &Published, caller: TerminalCaller) -> Result<&Member, Refused> {
        let unknown =
            || Refused::new(ErrorReason::UnknownParty, "no such terminal of that institution");
        let member = published.directory.member(caller.institution).ok_or_else(unknown)?;
        let entry = member.terminals.get(&caller.terminal).ok_or_else(unknown)?;
        if entry.removed.is_some() {
            return Err(Refused::new(ErrorReason::TerminalRemoved, "the terminal was removed"));
        }
        Ok(member)
    }

    /// The caller, who must be an administrator.
    ///
    /// # Errors
    /// [`Refused`]
    pub fn administrator<T>(&self, request: &Request<T>) -> Result<AdministratorCaller, Refused> {
        match self.caller(request)? {
            Caller::Administrator(caller) => Ok(caller),
            Caller::Terminal(_) => {
                Err(Refused::new(ErrorReason::NotAdministrator, "this call is for administrators"))
            }
        }
    }

    /// The caller, who must be a terminal.
    ///
    /// # Errors
    /// [`Refused`]
    pub fn terminal<T>(&self, request: &Request<T>) -> Result<TerminalCaller, Refused> {
        match self.caller(request)? {
            Caller::Terminal(caller) => Ok(caller),
            Caller::Administrator(_) => Err(no_letters()),
        }
    }

    /// The caller, who must be an admitted terminal, also of a suspended institution: for commands
    /// that it signs. The sequencer refuses a suspended institution's new ones at their place in the
    /// log, but takes the removal of a terminal (FORMATS, section 2.2, rule 6) and answers repeats
    /// with their first receipt.
    ///
    /// # Errors
    /// [`Refused`]
    pub fn signer<T>(&self, request: &Request<T>) -> Result<TerminalCaller, Refused> {
        match self.identify(request)? {
            Party::Terminal { institution, terminal } => {
                let caller =
                    TerminalCaller { institution: Id(institution), terminal: Id(terminal) };
                Self::admitted(&self.reader.published(), caller)?;
                Ok(caller)
            }
            Party::Administrator { .. } => Err(no_letters()),
        }
    }

    /// Whether a party of this exchange calls, be it suspended: asked before its request is read.
    ///
    /// # Errors
    /// [`Refused`]
    pub fn knock<T>(&self, request: &Request<T>) -> Result<(), Refused> {
        match self.identify(request)? {
            Party::Terminal { .. } => self.signer(request).map(|_| ()),
            administrator @ Party::Administrator { .. } => self.admit(administrator).map(|_| ()),
        }
    }

    /// Runs something that reads the disk, away from the threads that answer everybody. So many at
    /// once as the settings say; further ones wait here, and nobody else for them.
    ///
    /// # Errors
    /// What `read` gives; [`ErrorReason::Unavailable`] when it panicked.
    pub async fn reading<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Self) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let _turn = self.disk_reads.acquire().await.map_err(|closed| broken(&closed))?;
        let exchange = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || read(&exchange)).await;
        read.map_err(|died| broken(&died))?
    }

    /// Submits a command that gives leaves, and makes their receipts.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn receipts(&self, command: Command) -> Result<Vec<Receipt>, Refused> {
        let Done { outcome, published } = self.sequencer.submit(command).await?;
        let Outcome::Leaves(leaves) = outcome else {
            return Err(broken(&"a body where leaves were asked for"));
        };
        leaves.iter().map(|leaf| self.receipt(leaf, &published, false)).collect()
    }

    /// Submits a command that gives one leaf, the first of its round.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn first_receipt(&self, command: Command) -> Result<Option<Receipt>, Refused> {
        Ok(self.receipts(command).await?.into_iter().next())
    }

    /// A leaf's receipt.
    ///
    /// # Errors
    /// [`Refused`]
    pub fn receipt(
        &self,
        leaf: &LeafInfo,
        published: &Published,
        with_record: bool,
    ) -> Result<Receipt, Refused> {
        self.reader.receipt(leaf, published, with_record).map_err(|error| broken(&error))
    }
}

fn no_certificate() -> Refused {
    Refused::new(ErrorReason::NoCertificate, "this call needs a client certificate")
}

/// Why a certificate is not taken, as a refusal; also of one that ended while its stream was open.
fn not_let_in(error: &GateError) -> Refused {
    let reason = match error {
        GateError::Expired | GateError::NotYetValid | GateError::Revoked => {
            ErrorReason::TerminalRemoved
        }
        // The operator's to mend: the caller keeps what it has, and comes again.
        GateError::RevocationList => ErrorReason::Unavailable,
        _ => ErrorReason::UnknownParty,
    };
    Refused::new(reason, error.to_string())
}

fn no_letters() -> Refused {
    Refused::new(ErrorReason::UnknownParty, "administrators neither send nor read letters")
}

/// The ledger could not be read: the operator sees why in the log, the caller that it was not his fault.
#[must_use]
pub fn broken(error: &dyn std::fmt::Display) -> Refused {
    tracing::error!(%error, "the ledger could not be read");
    Refused::new(
        ErrorReason::Unavailable,
        "the exchange cannot read its store; its operator must look",
    )
}

impl From<LedgerError> for Refused {
    fn from(error: LedgerError) -> Self {
        broken(&error)
    }
}
