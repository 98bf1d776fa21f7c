//! An invitation of a further terminal that this PC has made: the record `terminal-invitation`.

use prost::Message;
use serde::{Deserialize, Serialize};
use tsumugu_proto::v1;
use tsumugu_trust::code::Code;
use tsumugu_trust::statement::Statement;
use tsumugu_trust::value::{Id, Text, Time};

use crate::failure::Failure;
use crate::identity::text::Bytes;
use crate::rpc::Rpc;
use crate::session::Session;
use crate::vault::Vault;

/// The record's path in the vault.
pub const RECORD: &str = "terminal-invitation";

/// How long a code can be used, in hours. The exchange allows a day.
pub const CODE_HOURS: u64 = 12;

const HOUR_MS: u64 = 60 * 60 * 1000;

/// A code that was made, and what became of it. One at a time; it goes when the terminal is admitted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenInvitation {
    /// The code's secret.
    secret: Bytes,
    /// Bytes of `InvitationDocument`.
    document: Bytes,
    /// The code can be used until then, milliseconds since 1970.
    expires_ms: u64,
    /// What this office calls the new PC; it stays here.
    pub label: Option<String>,
    /// What was made once a person had confirmed the request.
    pub(super) admission: Option<Admission>,
}

/// An admission, ready to be handed over.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Admission {
    /// The `terminal` statement.
    pub(super) statement: Bytes,
    /// The keyring, sealed to the request's recipient.
    pub(super) keyring: Bytes,
}

impl OpenInvitation {
    /// The invitation of a vault, if there is one.
    ///
    /// # Errors
    /// As [`Vault::read_json`].
    pub fn load(vault: &Vault) -> Result<Option<Self>, Failure> {
        Ok(vault.read_json(RECORD)?)
    }

    /// Makes a code with its document, and keeps it.
    ///
    /// # Errors
    /// As [`Vault::write_json`]; this vault is an administrator's.
    pub fn make(session: &Session<'_>, label: Option<&Text>) -> Result<Self, Failure> {
        let ctx = session.ctx();
        let code = Code::from_secret(ctx.random());
        let document = document(session, &code)?;
        let made = Self {
            secret: Bytes::new(code.secret().as_slice()),
            document: Bytes::new(document.encode_to_vec()),
            expires_ms: ctx.now().0 + CODE_HOURS * HOUR_MS,
            label: label.map(ToString::to_string),
            admission: None,
        };
        made.save(session.vault())?;
        Ok(made)
    }

    /// Registers it with the exchange; doing it again changes nothing.
    ///
    /// # Errors
    /// The exchange refuses, or is not reached.
    pub async fn register(&self, rpc: &Rpc) -> Result<(), Failure> {
        let document = v1::InvitationDocument::decode(self.document.0.as_slice());
        let request = v1::InviteTerminalRequest {
            invitation_id: self.id()?.0.to_vec().into(),
            document: Some(document.map_err(|error| damaged().because(error))?),
            expires_ms: self.expires_ms,
        };
        rpc.invite_terminal(request).await.map(|_| ())
    }

    /// The code. This is the secret.
    ///
    /// # Errors
    /// The record in the vault is damaged.
    pub fn code(&self) -> Result<Code, Failure> {
        self.secret.0.as_slice().try_into().map(Code::from_secret).map_err(|_| damaged())
    }

    /// What the exchange knows it by.
    ///
    /// # Errors
    /// The record in the vault is damaged.
    pub fn id(&self) -> Result<Id, Failure> {
        self.code().map(|code| code.invitation_id())
    }

    /// It can be used until then.
    #[must_use]
    pub fn expires(&self) -> Time {
        Time(self.expires_ms)
    }

    /// Whether nothing can come of it any more. An admission that was made is handed over also later.
    #[must_use]
    pub fn is_over(&self, now: Time) -> bool {
        self.admission.is_none() && self.expires() <= now
    }

    /// Whether a person has confirmed the request.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.admission.is_some()
    }

    /// Forgets it.
    ///
    /// # Errors
    /// As [`Vault::remove`].
    pub fn forget(vault: &Vault) -> Result<(), Failure> {
        Ok(vault.remove(RECORD)?)
    }

    pub(super) fn save(&self, vault: &Vault) -> Result<(), Failure> {
        Ok(vault.write_json(RECORD, self)?)
    }
}

impl Admission {
    /// The statement.
    pub(super) fn statement(&self) -> Result<Statement, Failure> {
        Statement::parse(&self.statement.0).map_err(|error| damaged().because(error))
    }
}

/// What the new terminal checks before it trusts a connection.
fn document(session: &Session<'_>, code: &Code) -> Result<v1::InvitationDocument, Failure> {
    let directory = session.directory();
    let pins = directory.trust_list().map_or(&[][..], |list| &list.body.ca_pins);
    let lists = session.chain().trust_lists();
    let content = v1::InvitationContent {
        origin: session.origin().to_string(),
        log_vkeys: directory.log_keys().iter().map(ToString::to_string).collect(),
        ca_pins: pins.iter().map(|pin| pin.0.to_vec().into()).collect(),
        trust_lists: lists.iter().map(|list| list.clone().into()).collect(),
        invitation: Default::default(),
        terminal_of: session.identity().terminal()?.institution.to_string(),
    };
    let content = content.encode_to_vec();
    let mac = code.document_mac(&content);
    Ok(v1::InvitationDocument { content: content.into(), mac: mac.0.to_vec().into() })
}

fn damaged() -> Failure {
    Failure::new("vault.damaged").with("file", RECORD)
}
