//! `tsumugu-server init`: makes a folder, and the code for the first administrator.

use std::net::SocketAddr;
use std::path::Path;

use prost::Message;
use tsumugu_durable::DiskError;
use tsumugu_durable::atomic::create_dir_durable;
use tsumugu_proto::v1;
use tsumugu_trust::code::Code;
use tsumugu_trust::value::Origin;

use crate::ca::{CaError, IssuingCa};
use crate::keys::{KeyError, NewLogKey};
use crate::pending::{Pending, StoredInvitation};
use crate::settings::{PublicAddress, Settings, SettingsError};

/// What `init` prints.
#[derive(Debug, Clone)]
pub struct Initialised {
    /// Where clients reach the exchange.
    pub address: PublicAddress,
    /// The bootstrap code: whoever uses it first is the first administrator.
    pub code: Code,
    /// The log's verifier key.
    pub vkey: String,
}

/// The folder cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// There is an exchange already, or the disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The settings do not fit.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The issuing CA could not be made.
    #[error(transparent)]
    Ca(#[from] CaError),
    /// The log key could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Makes the folder of a new exchange.
///
/// The log key is written last: a folder without one is not an exchange, and a crash before leaves a
/// folder that `init` refuses and `run` too; it can be deleted.
///
/// # Errors
/// [`InitError`]; an existing exchange is left alone.
pub fn init(
    dir: &Path,
    origin: &Origin,
    listen: SocketAddr,
    public: Option<PublicAddress>,
    now_ms: u64,
) -> Result<Initialised, InitError> {
    let ca = IssuingCa::create(origin.as_str(), now_ms)?;
    init_with_ca(dir, origin, listen, public, &ca)
}

/// As [`init`], with an issuing CA that is there already: see [`IssuingCa::adopt`].
///
/// # Errors
/// [`InitError`]; an existing exchange is left alone.
pub fn init_with_ca(
    dir: &Path,
    origin: &Origin,
    listen: SocketAddr,
    public: Option<PublicAddress>,
    ca: &IssuingCa,
) -> Result<Initialised, InitError> {
    create_dir_durable(dir)?;
    let mut settings = Settings::for_origin(origin.as_str(), listen)?;
    if let Some(public) = public {
        settings.public_address = public;
    }
    settings.store(dir)?;
    ca.store(dir)?;
    let mut secret = [0; 16];
    aws_lc_rs::rand::fill(&mut secret).map_err(|_| KeyError::Randomness)?;
    let code = Code::from_secret(secret);
    let log_key = NewLogKey::generate(origin)?;
    let vkey = log_key.vkey();

    let content = v1::InvitationContent {
        origin: origin.to_string(),
        log_vkeys: vec![vkey.clone()],
        ca_pins: vec![ca.pin().to_vec().into()],
        trust_lists: Vec::new(),
        invitation: Default::default(),
        terminal_of: String::new(),
    }
    .encode_to_vec();
    let mac = code.document_mac(&content);
    let stored = StoredInvitation {
        document: Some(v1::InvitationDocument {
            content: content.into(),
            mac: mac.0.to_vec().into(),
        }),
        bootstrap_secret: secret.to_vec(),
        ..StoredInvitation::default()
    };
    Pending::open(dir)?.put_invitation(code.invitation_id(), &stored)?;
    log_key.store(dir)?;
    Ok(Initialised { address: settings.public_address, code, vkey })
}
