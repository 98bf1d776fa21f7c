//! Certificates for the exchange itself and for its parties.

use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyUsagePurpose, PublicKeyData, SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use tsumugu_durable::atomic::{Access, create_dir_durable, write_new_with};

use super::csr::RequestedKey;
use super::{CaError, ISSUED, IssuingCa, host_of, new_key, pem_of, serial, validity};
use crate::party::Party;
use crate::settings::AltName;

/// How long a leaf is valid, in days. (Browsers and Apple's TLS refuse servers over 398.)
pub const LEAF_DAYS: i64 = 90;
/// With less than this left, in days, a certificate is renewed.
pub const RENEWAL_DAYS: u64 = 30;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

/// A new certificate of the exchange. It is kept in memory only and made anew at each start.
#[derive(Debug)]
pub struct IssuedServer {
    /// The leaf, then the CA.
    pub chain: Vec<CertificateDer<'static>>,
    /// The leaf's key.
    pub key: PrivateKeyDer<'static>,
}

impl IssuingCa {
    /// A certificate for the exchange under the DNS name of its origin, and `extra` names.
    ///
    /// # Errors
    /// [`CaError::Name`] by name, [`CaError::Constraints`] where the CA's certificate forbids one of
    /// the names, [`CaError::Expired`], or what keeps any certificate from being made.
    pub fn issue_server(&self, extra: &[AltName], now_ms: u64) -> Result<IssuedServer, CaError> {
        let mut names = vec![dns_name(host_of(&self.origin))?];
        for name in extra {
            let name = match name {
                AltName::Dns(name) => dns_name(name.as_str())?,
                AltName::Ip(address) => SanType::IpAddress(*address),
            };
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let key = new_key()?;
        let chain = self.issue(
            &key,
            "Tsumugu exchange",
            names,
            ExtendedKeyUsagePurpose::ServerAuth,
            now_ms,
        )?;
        self.check_server(&chain, now_ms)?;
        Ok(IssuedServer { chain, key: PrivatePkcs8KeyDer::from(key.serialize_der()).into() })
    }

    /// A certificate for one party; `key` is all that came from its request. Whether the party is
    /// admitted is the caller's to know.
    ///
    /// Returns the leaf, then the CA.
    ///
    /// # Errors
    /// [`CaError::Expired`], or what keeps any certificate from being made.
    pub fn issue_client(
        &self,
        party: &Party,
        key: &RequestedKey,
        now_ms: u64,
    ) -> Result<Vec<CertificateDer<'static>>, CaError> {
        let uri = party.spiffe_id(&self.origin);
        let name = uri.as_str().try_into().map_err(|_| CaError::Name { name: uri.clone() })?;
        let shown = match party {
            Party::Administrator { id } => format!("administrator {}", hex::encode(id)),
            Party::Terminal { terminal, .. } => format!("terminal {}", hex::encode(terminal)),
        };
        let chain = self.issue(
            key.as_public_key(),
            &shown,
            vec![SanType::URI(name)],
            ExtendedKeyUsagePurpose::ClientAuth,
            now_ms,
        )?;
        if let Err(error) = self.keep(&shown, &chain) {
            // Who waits for it shall not be locked out by a disk that is full.
            tracing::error!(%error, "the copy of a certificate could not be kept");
        }
        Ok(chain)
    }

    /// Keeps a copy of what was issued to a party, for `openssl ca -revoke`: it is public, and names ids
    /// only. A crash after it leaves the copy of a certificate that nobody was given.
    fn keep(&self, shown: &str, chain: &[CertificateDer<'_>]) -> Result<(), CaError> {
        let (Some(folder), Some(leaf)) = (&self.issued, chain.first()) else { return Ok(()) };
        let (_, parsed) = x509_parser::parse_x509_certificate(leaf)
            .map_err(|_| CaError::Unreadable { file: ISSUED })?;
        let serial = hex::encode(parsed.raw_serial());
        let name = format!("{}-{serial}.pem", shown.replace(' ', "-"));
        tracing::info!(serial, "a certificate was issued");
        create_dir_durable(folder)?;
        write_new_with(&folder.join(name), pem_of(leaf).as_bytes(), Access::Shared)?;
        Ok(())
    }

    pub(super) fn issue(
        &self,
        key: &impl PublicKeyData,
        common_name: &str,
        names: Vec<SanType>,
        purpose: ExtendedKeyUsagePurpose,
        now_ms: u64,
    ) -> Result<Vec<CertificateDer<'static>>, CaError> {
        let (not_before, not_after) = validity(now_ms, LEAF_DAYS)?;
        if self.not_after <= validity(now_ms, 0)?.1 {
            return Err(CaError::Expired);
        }
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.subject_alt_names = names;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![purpose];
        params.not_before = not_before;
        // No leaf outlives its CA: verifiers differ in whether they would notice.
        params.not_after = not_after.min(self.not_after);
        params.serial_number = Some(serial()?);
        params.use_authority_key_identifier_extension = true;
        let leaf = params.signed_by(key, &self.issuer).map_err(CaError::Signing)?;
        Ok(vec![leaf.der().clone(), self.certificate().clone()])
    }
}

/// Whether a leaf has less than [`RENEWAL_DAYS`] left. An unreadable one needs it too.
#[must_use]
pub fn needs_renewal(leaf: &CertificateDer<'_>, now_ms: u64) -> bool {
    let Ok((_, parsed)) = x509_parser::parse_x509_certificate(leaf) else { return true };
    let end = u64::try_from(parsed.validity().not_after.timestamp()).unwrap_or(0);
    end.saturating_mul(1_000) < now_ms.saturating_add(RENEWAL_DAYS * DAY_MS)
}

fn dns_name(name: &str) -> Result<SanType, CaError> {
    let refused = || CaError::Name { name: name.to_owned() };
    rustls::pki_types::DnsName::try_from(name).map_err(|_| refused())?;
    Ok(SanType::DnsName(name.try_into().map_err(|_| refused())?))
}
