//! The exchange's own issuing CA (発行局): ECDSA P-256, on the server's disk.
//!
//! What its key could mint admits only to this server, which is why it may lie here: the log says
//! who is a terminal, and letters are sealed and signed with keys that no certificate touches.
//! P-256 and not Ed25519, because clients on BoringSSL refuse Ed25519 in certificates.

mod adopt;
mod csr;
mod issue;

use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use time::{Duration, OffsetDateTime};
use tsumugu_durable::DiskError;
use tsumugu_durable::atomic::{
    Access, create_dir_durable, read_limited, write_atomic, write_new_with,
};
use x509_parser::x509::X509Name;

pub use self::csr::{CsrError, MAX_CSR_BYTES, RequestedKey};
pub use self::issue::{IssuedServer, LEAF_DAYS, RENEWAL_DAYS, needs_renewal};

/// The folder of the CA in the server's folder.
pub const FOLDER: &str = "ca";
/// The CA's private key, PKCS #8 in PEM; mode 0600 where there are modes.
pub const KEY_FILE: &str = "key.pem";
/// The CA's certificate in PEM. It is written last: without it there is no CA.
pub const CERTIFICATE_FILE: &str = "cert.pem";
/// Copies of the certificates that parties were given, in the CA's folder: `terminal-ID-SERIAL.pem`.
pub const ISSUED: &str = "issued";
/// How long the CA's certificate is valid: ten years.
pub const CA_DAYS: i64 = 3_652;
/// Longest file that is read.
pub const MAX_FILE_BYTES: u64 = 65_536;

/// The word in the name of a CA that was made for exercise, as `certs-example/` makes them: in the
/// names of its certificate or of the one above it.
pub const EXAMPLE: &str = "EXAMPLE";
/// Last labels of host names that nobody can own (RFC 2606, RFC 6761): only there an example CA serves.
const RESERVED: [&str; 4] = ["example", "invalid", "localhost", "test"];

/// Certificates begin to be valid this long before they are made: a PC whose clock is hours behind shall be
/// told so by the client, not be locked out by TLS each time the exchange is started.
const CLOCK_MARGIN: Duration = Duration::days(1);
/// Upper bound of a common name (RFC 5280, appendix A.1, `ub-common-name`).
const MAX_COMMON_NAME: usize = 64;

/// The issuing CA of one origin.
pub struct IssuingCa {
    origin: String,
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    not_after: OffsetDateTime,
    /// Where copies of what is issued are kept; not known before it is stored.
    issued: Option<PathBuf>,
}

/// The CA cannot be made, read, or cannot issue.
#[derive(Debug, thiserror::Error)]
pub enum CaError {
    /// There is one in this folder already; it was left alone.
    #[error("there is already an issuing CA in this folder")]
    AlreadyThere,
    /// The clock shows a time that no certificate can hold.
    #[error("the clock is outside the years that certificates know")]
    Clock,
    /// The disk refused, or a file is missing or too long.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The CA's own certificate has come to its end: a new CA must be pinned in a trust list.
    #[error("the certificate of the issuing CA has expired")]
    Expired,
    /// The key in `key.pem` is not the one in `cert.pem`.
    #[error("key.pem and cert.pem of the issuing CA do not belong together")]
    KeyMismatch,
    /// The origin, or an extra name, cannot stand in a certificate.
    #[error("{name} cannot be a name in a certificate")]
    Name {
        /// The name.
        name: String,
    },
    /// It cannot issue what the exchange needs: a name constraint or an extension forbids it.
    #[error("certificates of this CA for {name} would be refused: look at its nameConstraints")]
    Constraints {
        /// Whose certificate was tried.
        name: String,
    },
    /// It was made for exercise, and the origin is no name for exercise.
    #[error("this is an example CA (its name says {EXAMPLE}), and {origin} is no example's name")]
    Example {
        /// The exchange's origin.
        origin: String,
    },
    /// Others than its owner may read the key.
    #[error("others may read {}, the key of the issuing CA", .0.display())]
    KeyReadable(PathBuf),
    /// Its first day is still to come.
    #[error("the certificate of the issuing CA is not valid yet")]
    NotYetValid,
    /// Its key is of another sort than ECDSA P-256 or P-384.
    #[error("the issuing CA's key is not ECDSA P-256 or P-384")]
    OtherKey,
    /// A usage is missing, or a limit.
    #[error("the certificate of the issuing CA lacks {what}")]
    Usage {
        /// Which.
        what: &'static str,
    },
    /// `cert.pem` is a certificate that may not issue others.
    #[error("cert.pem is not the certificate of a CA")]
    NotACa,
    /// The system gave no random bytes.
    #[error("no randomness")]
    Randomness,
    /// Encoding or signing failed.
    #[error("the certificate could not be made")]
    Signing(#[source] rcgen::Error),
    /// A file is not what its name says.
    #[error("{file} of the issuing CA is unreadable")]
    Unreadable {
        /// Which file.
        file: &'static str,
    },
}

impl IssuingCa {
    /// Makes a key and its self-signed certificate for ten years. Nothing is written.
    ///
    /// # Errors
    /// [`CaError`]: no randomness, or a clock outside the years of certificates.
    pub fn create(origin: &str, now_ms: u64) -> Result<Self, CaError> {
        let key = new_key()?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, common_name(origin));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.serial_number = Some(serial()?);
        (params.not_before, params.not_after) = validity(now_ms, CA_DAYS)?;
        let certificate = params.self_signed(&key).map_err(CaError::Signing)?.der().clone();
        Self::from_parts(origin, certificate, key)
    }

    /// Writes both files to `DIR/ca/`.
    ///
    /// The key comes first. A crash between the two leaves a key that nothing refers to, which
    /// the next call overwrites; a crash after the certificate leaves a whole CA.
    ///
    /// # Errors
    /// [`CaError::AlreadyThere`], or [`CaError::Disk`].
    pub fn store(&self, dir: &Path) -> Result<(), CaError> {
        let folder = dir.join(FOLDER);
        let certificate = folder.join(CERTIFICATE_FILE);
        if certificate.exists() {
            return Err(CaError::AlreadyThere);
        }
        create_dir_durable(&folder)?;
        write_atomic(&folder.join(KEY_FILE), self.issuer.key().serialize_pem().as_bytes())?;
        write_new_with(&certificate, pem_of(&self.certificate).as_bytes(), Access::Shared)?;
        Ok(())
    }

    /// Reads the CA of `origin` from `DIR/ca/`.
    ///
    /// # Errors
    /// [`CaError`]: a file is missing or unreadable, or the two do not belong together.
    pub fn load(dir: &Path, origin: &str) -> Result<Self, CaError> {
        let folder = dir.join(FOLDER);
        let certificate = read_limited(&folder.join(CERTIFICATE_FILE), MAX_FILE_BYTES)?;
        let certificate = CertificateDer::from_pem_slice(&certificate)
            .map_err(|_| CaError::Unreadable { file: CERTIFICATE_FILE })?;
        let key = read_limited(&folder.join(KEY_FILE), MAX_FILE_BYTES)?;
        let key = std::str::from_utf8(&key)
            .ok()
            .and_then(|pem| KeyPair::from_pem(pem).ok())
            .ok_or(CaError::Unreadable { file: KEY_FILE })?;
        let ca = Self::from_parts(origin, certificate, key)?;
        Ok(Self { issued: Some(folder.join(ISSUED)), ..ca })
    }

    /// The CA's certificate: a root of the gate, and the end of every chain.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The CA pin (FORMATS, section 5): SHA-256 of the certificate's DER.
    #[must_use]
    pub fn pin(&self) -> [u8; 32] {
        pin_of(&self.certificate)
    }

    fn from_parts(
        origin: &str,
        certificate: CertificateDer<'static>,
        key: KeyPair,
    ) -> Result<Self, CaError> {
        const UNREADABLE: CaError = CaError::Unreadable { file: CERTIFICATE_FILE };
        let (rest, parsed) =
            x509_parser::parse_x509_certificate(&certificate).map_err(|_| UNREADABLE)?;
        if !rest.is_empty() {
            return Err(UNREADABLE);
        }
        if !parsed.is_ca() {
            return Err(CaError::NotACa);
        }
        let names = [parsed.subject(), parsed.issuer()];
        if names.into_iter().any(says_example) && !is_reserved(host_of(origin)) {
            return Err(CaError::Example { origin: origin.to_owned() });
        }
        if parsed.public_key().raw != key.subject_public_key_info() {
            return Err(CaError::KeyMismatch);
        }
        let not_after = parsed.validity().not_after.to_datetime();
        let issuer = Issuer::from_ca_cert_der(&certificate, key).map_err(|_| UNREADABLE)?;
        let origin = origin.to_owned();
        Ok(Self { origin, issuer, certificate, not_after, issued: None })
    }
}

#[cfg(test)]
impl IssuingCa {
    /// A revocation list by this CA, in DER; times in seconds since 1970.
    pub(crate) fn list(&self, revoked: &[Vec<u8>], this_update: i64, next_update: i64) -> Vec<u8> {
        let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).unwrap();
        let params = rcgen::CertificateRevocationListParams {
            this_update: at(this_update),
            next_update: at(next_update),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked
                .iter()
                .map(|serial| rcgen::RevokedCertParams {
                    serial_number: SerialNumber::from_slice(serial),
                    revocation_time: at(this_update),
                    reason_code: None,
                    invalidity_date: None,
                })
                .collect(),
            key_identifier_method: rcgen::KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().der().to_vec()
    }

    /// A certificate for a party whose key nobody keeps.
    pub(crate) fn trial(
        &self,
        party: &crate::party::Party,
        now_ms: u64,
    ) -> Vec<CertificateDer<'static>> {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "trial");
        let request = params.serialize_request(&new_key().unwrap()).unwrap();
        let key = RequestedKey::from_csr(request.der()).unwrap();
        self.issue_client(party, &key, now_ms).unwrap()
    }
}

/// A certificate as PEM (RFC 7468).
fn pem_of(certificate: &CertificateDer<'_>) -> String {
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, certificate);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----");
    // 64 characters in a line (RFC 7468, section 2).
    for (at, character) in base64.chars().enumerate() {
        if at % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str("\n-----END CERTIFICATE-----\n");
    pem
}

impl std::fmt::Debug for IssuingCa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IssuingCa").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// The pin of any CA certificate, such as one that a trust list still overlaps with.
#[must_use]
pub fn pin_of(certificate: &CertificateDer<'_>) -> [u8; 32] {
    let mut pin = [0; 32];
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, certificate);
    pin.copy_from_slice(digest.as_ref());
    pin
}

/// The DNS name of an exchange: what stands before the first `/` of its origin.
fn host_of(origin: &str) -> &str {
    origin.split('/').next().unwrap_or(origin)
}

/// Whether any part of a name has [`EXAMPLE`]. Origins are in small letters, so ours never do.
fn says_example(name: &X509Name<'_>) -> bool {
    name.iter_attributes().any(|part| part.as_str().is_ok_and(|text| text.contains(EXAMPLE)))
}

fn is_reserved(host: &str) -> bool {
    host.rsplit('.').next().is_some_and(|last| RESERVED.contains(&last))
}

/// When a certificate ends, milliseconds since 1970; `None` when it is unreadable.
pub(crate) fn not_after_ms(certificate: &CertificateDer<'_>) -> Option<i64> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    parsed.validity().not_after.timestamp().checked_mul(1_000)
}

fn new_key() -> Result<KeyPair, CaError> {
    KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).map_err(CaError::Signing)
}

/// For people only: who is trusted is said by the pin. So an origin too long for it may be cut.
fn common_name(origin: &str) -> String {
    format!("Tsumugu issuing CA {origin}").chars().take(MAX_COMMON_NAME).collect()
}

/// 126 random bits, positive and always of 16 bytes (RFC 5280, section 4.1.2.2).
fn serial() -> Result<SerialNumber, CaError> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| CaError::Randomness)?;
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(SerialNumber::from_slice(&bytes))
}

fn validity(now_ms: u64, days: i64) -> Result<(OffsetDateTime, OffsetDateTime), CaError> {
    let now = i64::try_from(now_ms / 1_000).map_err(|_| CaError::Clock)?;
    let now = OffsetDateTime::from_unix_timestamp(now).map_err(|_| CaError::Clock)?;
    let from = now.checked_sub(CLOCK_MARGIN).ok_or(CaError::Clock)?;
    let until = now.checked_add(Duration::days(days)).ok_or(CaError::Clock)?;
    Ok((from, until))
}

#[cfg(test)]
mod tests;
