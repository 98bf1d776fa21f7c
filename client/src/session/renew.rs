//! Renewing the certificate, which needs none: the terminal's or administrator's own signature says who
//! asks (`docs/FORMATS.md`, section 5.1).

use tsumugu_proto::v1;
use tsumugu_trust::hash::sha256;
use tsumugu_trust::statement::{Renewal, sign};

use super::Session;
use crate::failure::{Exit, Failure};
use crate::identity::{Due, Party, TlsCredentials};
use crate::messages::Sentence;
use crate::rpc::{Rpc, incomplete};
use crate::tls;

impl Session<'_> {
    /// Renews the certificate where less than a third of its validity is left. Whoever keeps a session
    /// for days asks it daily; the next call then connects anew.
    ///
    /// # Errors
    /// The exchange is not reached; the certificate has ended, and the exchange refuses another. As
    /// long as the old one serves, a refusal is only told with `--verbose`.
    pub async fn renew_if_due(&mut self) -> Result<(), Failure> {
        let due = self.identity.tls.due(self.ctx.now());
        if due == Due::NotYet {
            return Ok(());
        }
        let rpc = self.dial_as(None).await?;
        match self.ask_for_certificate(&rpc).await {
            Err(failure) if due == Due::Soon && failure.exit() != Exit::Vault => {
                let said = Sentence::new("renewal.not-renewed").with("reason", failure.key());
                self.ctx.note_verbose(&said);
                Ok(())
            }
            renewed => renewed,
        }
    }

    /// Renews a certificate that the exchange has refused as ended.
    ///
    /// # Errors
    /// The first refusal, because of the second; or the exchange is not reached.
    pub(super) async fn renew(&mut self, refused: Failure) -> Result<(), Failure> {
        let rpc = self.dial_as(None).await?;
        match self.ask_for_certificate(&rpc).await {
            Err(failure) if failure.key() == "server.unknown-party" => Err(refused),
            renewed => renewed,
        }
    }

    /// The new key and certificate take the old ones' place in one step: a crash leaves either pair,
    /// and either serves.
    async fn ask_for_certificate(&mut self, rpc: &Rpc) -> Result<(), Failure> {
        let origin = self.origin().clone();
        let (institution, holder, key) = match &self.identity.party {
            Party::Administrator(keys) => (None, keys.id, keys.signing_key(&origin)?),
            Party::Terminal(keys) => {
                (Some(keys.institution), keys.terminal, keys.terminal_key(&origin)?)
            }
        };
        let request = tls::csr()?;
        let (csr, made) = (sha256(&[&request.csr]), self.ctx.now());
        let renewal = sign(&origin, &Renewal { institution, holder, csr, made }, &[&key])
            .map_err(|error| Failure::fault("renewal").because(error))?;
        let asked = v1::RenewCertificateRequest {
            renewal: renewal.bytes().into(),
            csr: request.csr.into(),
        };
        let answer = match rpc.renew_certificate(asked).await {
            Err(clock) if clock.key() == "server.clock" => {
                return Err(Failure::new("renewal.clock").because(clock));
            }
            answer => answer?,
        };
        let tls = TlsCredentials::new(&request.key, &answer.certificates);
        if !tls.fits() {
            return Err(incomplete("certificates"));
        }
        self.update_identity(|identity| identity.tls = tls)?;
        self.rpc = None;
        self.ctx.note_verbose(&Sentence::new("renewal.done"));
        Ok(())
    }
}

/// Whether the exchange has refused a connection because the certificate has ended.
pub(super) fn says_expired(failure: &Failure) -> bool {
    failure.key() == "tls.own-expired"
}
