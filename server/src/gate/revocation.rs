//! Revocation lists (失効リスト, RFC 5280 section 5) of an operator who has a PKI of his own.
//!
//! The log says who takes part, and a removed terminal is refused without any list. A list is for
//! operators whose policy asks for one, and for certificates that should never have been issued.
//! It is believed only until its `nextUpdate`: after that nobody with a certificate is let in, since
//! whoever can keep new lists away must not be able to keep a revoked certificate alive.

use std::path::Path;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    EcdsaVerificationAlgorithm, UnparsedPublicKey,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer};
use tsumugu_durable::{DiskError, read_limited};
use x509_parser::oid_registry::{
    OID_EC_P256, OID_NIST_EC_P384, OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384,
};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::revocation_list::CertificateRevocationList;

use super::RootsError;

/// Longest file that is read, bytes: some 200,000 revoked certificates.
pub const MAX_LIST: u64 = 8 * 1024 * 1024;
/// The operator is warned when less than one part of so many of a list's time is left.
pub const WARNED_PARTS: i64 = 3;

/// A list may begin so many seconds after this computer's clock: clocks differ. One from further ahead
/// would make every right list after it an older one.
pub const MAX_LIST_AHEAD_S: i64 = 5 * 60;

/// A list of each issuing CA, signed by it. Only [`RevocationLists::read`] and
/// [`RevocationLists::parse`] make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationLists(Vec<List>);

/// The list of one CA.
#[derive(Clone, Debug, PartialEq, Eq)]
struct List {
    der: CertificateRevocationListDer<'static>,
    issuer: Vec<u8>,
    this_update_s: i64,
    next_update_s: i64,
    revoked: usize,
}

/// How fresh the lists are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freshness {
    /// A third of their time, or more, is left.
    #[default]
    Fresh,
    /// Less than a third is left: the operator should have made new ones.
    Due,
    /// They count no more.
    Expired,
}

/// The lists cannot be used: the operator's to mend.
#[derive(Debug, thiserror::Error)]
pub enum RevocationError {
    /// The file is missing, too long, or the disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// Neither PEM (`X509 CRL`) nor DER of a list.
    #[error("the file of the revocation list is no revocation list")]
    Unreadable,
    /// There is none by an issuing CA that the exchange trusts.
    #[error("there is no revocation list by the issuing CA {ca}")]
    Missing {
        /// The CA's name, as it stands in its certificate.
        ca: String,
    },
    /// There are several by one issuing CA.
    #[error("there are several revocation lists by the issuing CA {ca}")]
    Several {
        /// The CA's name, as it stands in its certificate.
        ca: String,
    },
    /// Its signature is not the issuing CA's, or not ECDSA with SHA-256 or SHA-384.
    #[error(
        "the signature of the revocation list is not the issuing CA's (ECDSA, SHA-256 or SHA-384)"
    )]
    Signature,
    /// It does not say until when it counts.
    #[error("the revocation list has no nextUpdate")]
    NoEnd,
    /// It covers a part only, or has an extension that changes its meaning.
    #[error(
        "the revocation list is a partial, indirect or delta list, or has an unknown critical extension"
    )]
    Unusable,
    /// Its `thisUpdate` is more than [`MAX_LIST_AHEAD_S`] ahead.
    #[error(
        "the revocation list begins in the future, at {begins} (look at the clocks here and of the CA)"
    )]
    NotYet {
        /// Its `thisUpdate`, RFC 3339.
        begins: String,
    },
    /// It is older than the one in force: what was revoked since would be let in again.
    #[error("the revocation list is older than the one in force")]
    Older,
    /// It has expired already, and the one in force has not.
    #[error("the revocation list has expired already")]
    Expired,
    /// The path check does not take it.
    #[error(transparent)]
    Roots(#[from] RootsError),
}

impl RevocationLists {
    /// Reads a file: one list in DER, or PEM with a list of each of `roots`. Lists of others are
    /// passed over.
    ///
    /// # Errors
    /// [`RevocationError`]
    pub fn read(path: &Path, roots: &[CertificateDer<'_>]) -> Result<Self, RevocationError> {
        Self::parse(&read_limited(path, MAX_LIST)?, roots)
    }

    /// Reads the bytes of such a file.
    ///
    /// # Errors
    /// [`RevocationError`]
    pub fn parse(bytes: &[u8], roots: &[CertificateDer<'_>]) -> Result<Self, RevocationError> {
        let pem: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(bytes).collect();
        let mut lists = pem.map_err(|_| RevocationError::Unreadable)?;
        if lists.is_empty() {
            lists.push(CertificateRevocationListDer::from(bytes.to_vec()));
        }
        let read: Result<Vec<_>, _> = lists.iter().map(parsed).collect();
        let read = read?;
        let of_each = roots.iter().map(|root| {
            let (_, ca) = x509_parser::parse_x509_certificate(root)
                .map_err(|_| RevocationError::Missing { ca: "?".to_owned() })?;
            let by_it = |list: &&CertificateRevocationList<'_>| {
                list.issuer().as_raw() == ca.subject().as_raw()
            };
            let name = || ca.subject().to_string();
            let mut found = lists.iter().zip(&read).filter(|(_, list)| by_it(list));
            let (der, list) =
                found.next().ok_or_else(|| RevocationError::Missing { ca: name() })?;
            if found.next().is_some() {
                return Err(RevocationError::Several { ca: name() });
            }
            checked(der, list, &ca)
        });
        of_each.collect::<Result<_, _>>().map(Self)
    }

    /// How many certificates are revoked.
    #[must_use]
    pub fn revoked(&self) -> usize {
        self.0.iter().map(|list| list.revoked).sum()
    }

    /// The oldest `thisUpdate`, in seconds since 1970.
    #[must_use]
    pub fn this_update_s(&self) -> i64 {
        self.0.iter().map(|list| list.this_update_s).min().unwrap_or(i64::MIN)
    }

    /// The first `nextUpdate`, in seconds since 1970: the first second in which they count no more.
    #[must_use]
    pub fn next_update_s(&self) -> i64 {
        self.0.iter().map(|list| list.next_update_s).min().unwrap_or(i64::MIN)
    }

    /// How fresh they are.
    #[must_use]
    pub fn freshness(&self, now_ms: u64) -> Freshness {
        let now = i64::try_from(now_ms / 1_000).unwrap_or(i64::MAX);
        let of = |list: &List| {
            let left = list.next_update_s.saturating_sub(now);
            let whole = list.next_update_s.saturating_sub(list.this_update_s);
            match left {
                ..=0 => Freshness::Expired,
                _ if left.saturating_mul(WARNED_PARTS) < whole => Freshness::Due,
                _ => Freshness::Fresh,
            }
        };
        let worst = self.0.iter().map(of).max_by_key(|freshness| *freshness as u8);
        worst.unwrap_or(Freshness::Expired)
    }

    /// Whether each list has begun by this computer's clock.
    pub(super) fn check_begun(&self, now_ms: u64) -> Result<(), RevocationError> {
        let now = i64::try_from(now_ms / 1_000).unwrap_or(i64::MAX);
        let latest = self.0.iter().map(|list| list.this_update_s).max().unwrap_or(i64::MIN);
        if latest <= now.saturating_add(MAX_LIST_AHEAD_S) {
            return Ok(());
        }
        let begins = jiff::Timestamp::from_second(latest)
            .map_or_else(|_| latest.to_string(), |at| at.to_string());
        Err(RevocationError::NotYet { begins })
    }

    /// Whether each list is at least as new as the one before it by the same CA, and these count
    /// while those did.
    pub(super) fn check_follows(&self, before: &Self, now_ms: u64) -> Result<(), RevocationError> {
        let is_older = |list: &List| {
            let earlier = before.0.iter().find(|earlier| earlier.issuer == list.issuer);
            earlier.is_some_and(|earlier| list.this_update_s < earlier.this_update_s)
        };
        if self.0.iter().any(is_older) {
            return Err(RevocationError::Older);
        }
        let has_expired = |lists: &Self| lists.freshness(now_ms) == Freshness::Expired;
        if has_expired(self) && !has_expired(before) {
            return Err(RevocationError::Expired);
        }
        Ok(())
    }

    pub(super) fn ders(&self) -> impl Iterator<Item = CertificateRevocationListDer<'static>> {
        self.0.iter().map(|list| list.der.clone())
    }
}

fn parsed<'d>(
    der: &'d CertificateRevocationListDer<'_>,
) -> Result<CertificateRevocationList<'d>, RevocationError> {
    match CertificateRevocationList::from_der(der) {
        Ok(([], list)) => Ok(list),
        _ => Err(RevocationError::Unreadable),
    }
}

fn checked(
    der: &CertificateRevocationListDer<'static>,
    list: &CertificateRevocationList<'_>,
    ca: &X509Certificate<'_>,
) -> Result<List, RevocationError> {
    let algorithm = algorithm(list, ca).ok_or(RevocationError::Signature)?;
    UnparsedPublicKey::new(algorithm, &ca.public_key().subject_public_key.data)
        .verify(list.tbs_cert_list.as_ref(), &list.signature_value.data)
        .map_err(|_| RevocationError::Signature)?;
    if list.extensions().iter().any(|extension| extension.critical) {
        return Err(RevocationError::Unusable);
    }
    let this_update_s = list.last_update().timestamp();
    let next_update_s = list.next_update().ok_or(RevocationError::NoEnd)?.timestamp();
    Ok(List {
        der: der.clone(),
        issuer: ca.subject().as_raw().to_vec(),
        this_update_s,
        next_update_s,
        revoked: list.iter_revoked_certificates().count(),
    })
}

/// By the curve of the CA's key and the digest that the list names (RFC 5758, section 3.2).
fn algorithm(
    list: &CertificateRevocationList<'_>,
    ca: &X509Certificate<'_>,
) -> Option<&'static EcdsaVerificationAlgorithm> {
    let curve = ca.public_key().algorithm.parameters.as_ref()?.as_oid().ok()?;
    let signature = &list.signature_algorithm.algorithm;
    let is_sha256 = *signature == OID_SIG_ECDSA_WITH_SHA256;
    let is_sha384 = *signature == OID_SIG_ECDSA_WITH_SHA384;
    match () {
        () if curve == OID_EC_P256 && is_sha256 => Some(&ECDSA_P256_SHA256_ASN1),
        () if curve == OID_EC_P256 && is_sha384 => Some(&ECDSA_P256_SHA384_ASN1),
        () if curve == OID_NIST_EC_P384 && is_sha256 => Some(&ECDSA_P384_SHA256_ASN1),
        () if curve == OID_NIST_EC_P384 && is_sha384 => Some(&ECDSA_P384_SHA384_ASN1),
        () => None,
    }
}

#[cfg(test)]
mod tests;
