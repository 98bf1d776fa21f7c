//! The invitation's document: checked under the code's secret before anything else is believed.

use prost::Message;
use tsumugu_proto::v1;
use tsumugu_trust::code::Code;
use tsumugu_trust::directory::{Directory, check_invitation};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::note::VerifyingKey;
use tsumugu_trust::statement::{Invitation, Statement};
use tsumugu_trust::value::{Origin, Time};

use super::Ticket;
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::Exchange;
use crate::rpc::Rpc;
use crate::tls::{Proxy, ServerTrust};

/// A document whose MAC, trust lists and invitation hold. Only [`fetch`] makes it.
#[derive(Debug)]
#[non_exhaustive]
pub struct CheckedDocument {
    /// The proxy that was said for this program: it is kept with what joins.
    pub proxy: Option<Proxy>,
    /// The log's origin.
    pub origin: Origin,
    /// The log's keys.
    pub log_keys: Vec<VerifyingKey>,
    /// CA pins.
    pub ca_pins: Vec<Hash>,
    /// The trust lists that it shows; empty at bootstrap.
    pub directory: Directory,
    /// The newest of them as it travels; nothing at bootstrap.
    pub newest_list: Option<Statement>,
    /// The invitation; nothing at bootstrap.
    pub invitation: Option<Invitation>,
}

impl CheckedDocument {
    /// The exchange as an identity keeps it; nothing at bootstrap, which makes the first list.
    #[must_use]
    pub fn exchange(&self, address: &str) -> Option<Exchange> {
        let joined_under = self.newest_list.as_ref()?.digest();
        let root = self.directory.root_fingerprint()?;
        Some(self.exchange_of(address, root, joined_under))
    }

    pub(super) fn exchange_of(&self, address: &str, root: Hash, joined_under: Hash) -> Exchange {
        Exchange {
            origin: self.origin.clone(),
            address: address.to_owned(),
            proxy: self.proxy.clone(),
            ca_pins: self.ca_pins.clone(),
            log_keys: self.log_keys.clone(),
            root,
            joined_under,
        }
    }
}

/// Fetches the document of a code over a connection that nothing is believed of, and checks it.
///
/// # Errors
/// The exchange is not reached or knows no such code; [`Failure::wrong_document`] where the MAC is not
/// by the code's secret.
pub async fn fetch(ctx: &Context, ticket: &Ticket) -> Result<CheckedDocument, Failure> {
    let trust = ServerTrust::BlindUntilDocument;
    let way = ctx.network().way(&ticket.address, None)?;
    let rpc = Rpc::connect_by(&way, ticket.host(), &trust, None, ctx.clock()).await?;
    let document = match rpc.get_invitation(ticket.code.invitation_id()).await {
        Err(unknown) if unknown.key() == "server.not-found" => {
            return Err(Failure::new("enrolment.unknown-code").because(unknown));
        }
        document => document?,
    };
    let checked = check(&document, &ticket.code)?;
    Ok(CheckedDocument { proxy: ctx.network().kept_when_joining()?, ..checked })
}

/// Connects to an exchange whose CA pins are known, without a certificate of one's own.
///
/// # Errors
/// As [`Rpc::connect`].
pub async fn connect_pinned(ctx: &Context, exchange: &Exchange) -> Result<Rpc, Failure> {
    let trust = ServerTrust::Pinned { ca_pins: exchange.ca_pins.iter().map(|pin| pin.0).collect() };
    let origin = exchange.origin.as_str();
    let way = ctx.network().way(&exchange.address, exchange.proxy.as_ref())?;
    Rpc::connect_by(&way, origin, &trust, None, ctx.clock()).await
}

fn check(document: &v1::InvitationDocument, code: &Code) -> Result<CheckedDocument, Failure> {
    if !code.is_document_mac(&document.content, &document.mac) {
        return Err(Failure::wrong_document());
    }
    // From here on it is the words of whoever made the code: faults are theirs.
    let content = v1::InvitationContent::decode(document.content.clone())
        .map_err(|error| bad("content").because(error))?;
    let origin: Origin = content.origin.parse().map_err(|error| bad("origin").because(error))?;
    let directory = replay(&origin, &content)?;
    let (log_keys, ca_pins) = match directory.trust_list() {
        Some(newest) => (directory.log_keys(), newest.body.ca_pins.clone()),
        None => (log_keys(&origin, &content)?, pins(&content)?),
    };
    let newest_list = match content.trust_lists.last() {
        Some(note) => {
            Some(Statement::parse(note).map_err(|error| bad("trust-list").because(error))?)
        }
        None => None,
    };
    let invitation = match newest_list {
        Some(_) => Some(invitation(&directory, &content, code)?),
        None if content.invitation.is_empty() => None,
        None => return Err(bad("invitation")),
    };
    let proxy = None;
    Ok(CheckedDocument { proxy, origin, log_keys, ca_pins, directory, newest_list, invitation })
}

/// The trust lists from version 1, by the rules of the log (`docs/FORMATS.md`, section 2.2, rule 1).
fn replay(origin: &Origin, content: &v1::InvitationContent) -> Result<Directory, Failure> {
    let mut directory = Directory::new(origin.clone());
    for (index, note) in (0..).zip(&content.trust_lists) {
        let list = Statement::parse(note).map_err(|error| bad("trust-list").because(error))?;
        let at = LogPosition::of_clear(index, index, Time(0));
        directory.apply(at, &list).map_err(|refusal| bad("trust-list").because(refusal))?;
    }
    // Only trust lists make a directory's root; anything else among them was refused as entry 0 or
    // stands for nothing here.
    if directory.trust_lists().len() == content.trust_lists.len() {
        Ok(directory)
    } else {
        Err(bad("trust-list"))
    }
}

fn invitation(
    directory: &Directory,
    content: &v1::InvitationContent,
    code: &Code,
) -> Result<Invitation, Failure> {
    let statement =
        Statement::parse(&content.invitation).map_err(|error| bad("invitation").because(error))?;
    let newest = LogPosition::END;
    let invitation = check_invitation(directory, newest, &statement)
        .map_err(|refusal| bad("invitation").because(refusal))?;
    let under = directory.trust_list().map(|list| list.digest);
    if invitation.invitation != code.invitation_id() || Some(invitation.trust_list) != under {
        return Err(bad("invitation"));
    }
    Ok(invitation)
}

fn log_keys(
    origin: &Origin,
    content: &v1::InvitationContent,
) -> Result<Vec<VerifyingKey>, Failure> {
    let read = |text: &String| {
        let key: VerifyingKey = text.parse().ok()?;
        (key.name() == origin.as_str()).then_some(key)
    };
    let keys: Option<Vec<_>> = content.log_vkeys.iter().map(read).collect();
    keys.filter(|keys| !keys.is_empty()).ok_or_else(|| bad("log"))
}

fn pins(content: &v1::InvitationContent) -> Result<Vec<Hash>, Failure> {
    let read = |pin: &prost::bytes::Bytes| <[u8; 32]>::try_from(pin.as_ref()).ok().map(Hash);
    let pins: Option<Vec<_>> = content.ca_pins.iter().map(read).collect();
    pins.filter(|pins| !pins.is_empty()).ok_or_else(|| bad("ca-pin"))
}

/// The part of a document that breaks a rule.
fn bad(part: &str) -> Failure {
    Failure::new("enrolment.bad-document").with("part", part)
}

#[cfg(test)]
mod tests;
