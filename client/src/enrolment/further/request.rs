//! Asking to be a further terminal, and waiting for the keyring.

use std::time::Duration;

use tsumugu_proto::v1;
use tsumugu_proto::v1::EnrolmentState;
use tsumugu_trust::code::Code;
use tsumugu_trust::seal::SealingIdentity;
use tsumugu_trust::statement::{RecipientText, TerminalRequest, sign};
use tsumugu_trust::value::{Id, Role};

use super::super::administrator::{csr_digest, unsigned};
use super::super::document::CheckedDocument;
use super::super::pending::{Pending, PendingRole, PendingTerminal};
use super::super::wait::POLL;
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::text::Bytes;
use crate::identity::{Seed, public_key, signing_key};
use crate::rpc::Rpc;
use crate::tls;

/// Makes the keys and the request of a further terminal.
///
/// # Errors
/// The document shows no trust list; the cryptographic library failed.
pub fn new_terminal(
    ctx: &Context,
    document: &CheckedDocument,
    institution: Id,
    workers: &[String],
    address: &str,
    code: &Code,
) -> Result<Pending, Failure> {
    let absent = || Failure::new("enrolment.bad-document").with("part", "trust-list");
    let exchange = document.exchange(address).ok_or_else(absent)?;
    let origin = &document.origin;
    let (terminal, seed, once) =
        (Id(ctx.random()), Seed::new(ctx.random()), Seed::new(ctx.random()));
    let key = signing_key(origin, Role::Terminal, terminal, &seed)?;
    let tls = tls::csr()?;
    let recipient = SealingIdentity::from_seed(once.bytes()).to_recipient();
    let request = TerminalRequest {
        invitation: code.invitation_id(),
        trust_list: exchange.joined_under,
        institution,
        terminal,
        key: public_key(&key),
        recipient: RecipientText::from(&recipient),
        csr: csr_digest(&tls.csr),
    };
    let signed = sign(origin, &request, &[&key]).map_err(unsigned)?;
    let workers = workers.to_vec();
    let role = PendingTerminal { institution, terminal, seed, once, workers, handed: None };
    Ok(Pending {
        invitation: code.invitation_id(),
        exchange,
        role: PendingRole::Terminal(Box::new(role)),
        mac: code.request_mac(signed.text().as_bytes()),
        request: Bytes::new(signed.bytes()),
        csr: Bytes::new(tls.csr),
        tls_key: Bytes(tls.key),
    })
}

/// Asks until the other terminal has admitted this one or `patience` has passed; at least once. Hands in
/// what the exchange does not have.
///
/// # Errors
/// `enrolment.terminal-closed`; the exchange is not reached.
pub async fn wait_for_keyring(
    rpc: &Rpc,
    pending: &Pending,
    patience: Duration,
) -> Result<Option<v1::GetTerminalAdmissionResponse>, Failure> {
    let mut left = patience;
    loop {
        let answer = match rpc.get_terminal_admission(pending.invitation).await {
            Err(gone) if gone.key() == "server.not-found" => {
                return Err(Failure::new("enrolment.terminal-closed").because(gone));
            }
            answer => answer?,
        };
        match answer.state() {
            EnrolmentState::Approved => return Ok(Some(answer)),
            EnrolmentState::Closed => return Err(Failure::new("enrolment.terminal-closed")),
            // New, or lost before the exchange had it durable.
            EnrolmentState::Invited => {
                let request = v1::RequestTerminalRequest {
                    request: pending.request.0.to_vec().into(),
                    mac: pending.mac.0.to_vec().into(),
                    csr: pending.csr.0.to_vec().into(),
                };
                rpc.request_terminal(request).await?;
            }
            _ => {}
        }
        if left.is_zero() {
            return Ok(None);
        }
        let pause = POLL.min(left);
        tokio::time::sleep(pause).await;
        left -= pause;
    }
}
