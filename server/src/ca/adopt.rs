//! An issuing CA that the operator made with tools of his own, below a root of his own.

use std::path::Path;
use std::sync::Arc;

use rcgen::{ExtendedKeyUsagePurpose, KeyPair, SanType};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tsumugu_durable::atomic::read_limited;
use x509_parser::oid_registry::{OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384};
use x509_parser::prelude::X509Certificate;

use super::{CERTIFICATE_FILE, CaError, IssuingCa, KEY_FILE, MAX_FILE_BYTES, host_of, new_key};
use crate::gate::Gate;
use crate::party::Party;
use crate::tls;

impl IssuingCa {
    /// Reads the certificate and key of an issuing CA from two PEM files. The key's file has to be its
    /// owner's alone, where there are modes.
    ///
    /// # Errors
    /// [`CaError`], by cause.
    pub fn adopt_files(
        origin: &str,
        certificate: &Path,
        key: &Path,
        now_ms: u64,
    ) -> Result<Self, CaError> {
        check_private(key)?;
        let certificate = read_limited(certificate, MAX_FILE_BYTES)?;
        Self::adopt(origin, &certificate, &read_limited(key, MAX_FILE_BYTES)?, now_ms)
    }

    /// Takes the certificate and key of an issuing CA, both in PEM, for the exchange `origin`.
    ///
    /// It has to be able to do its work for years, and is told now if it is not: a certificate for the
    /// exchange and one for a terminal are made and verified as clients and the gate will.
    ///
    /// # Errors
    /// [`CaError`] by cause.
    pub fn adopt(
        origin: &str,
        certificate_pem: &[u8],
        key_pem: &[u8],
        now_ms: u64,
    ) -> Result<Self, CaError> {
        let certificate = CertificateDer::from_pem_slice(certificate_pem)
            .map_err(|_| CaError::Unreadable { file: CERTIFICATE_FILE })?;
        let key = std::str::from_utf8(key_pem)
            .ok()
            .and_then(|pem| KeyPair::from_pem(pem).ok())
            .ok_or(CaError::Unreadable { file: KEY_FILE })?;
        let ca = Self::from_parts(origin, certificate, key)?;
        ca.check_profile(now_ms)?;
        ca.issue_server(&[], now_ms)?;
        ca.try_client(now_ms)?;
        Ok(ca)
    }

    /// Whether a client that pins this CA would take the exchange's certificate: one name that the CA
    /// must not issue for spoils the others beside it.
    pub(super) fn check_server(
        &self,
        chain: &[CertificateDer<'_>],
        now_ms: u64,
    ) -> Result<(), CaError> {
        let host = host_of(&self.origin);
        let refused = || CaError::Constraints { name: host.to_owned() };
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.certificate.clone()).map_err(|_| refused())?;
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), tls::provider())
                .build()
                .map_err(|_| refused())?;
        let name = ServerName::try_from(host).map_err(|_| refused())?;
        let (leaf, rest) = chain.split_first().ok_or_else(refused)?;
        let now = tls::unix_time(now_ms);
        let verified = verifier.verify_server_cert(leaf, rest, &name, &[], now);
        verified.map(|_| ()).map_err(|_| refused())
    }

    fn check_profile(&self, now_ms: u64) -> Result<(), CaError> {
        let (_, parsed) = x509_parser::parse_x509_certificate(&self.certificate)
            .map_err(|_| CaError::Unreadable { file: CERTIFICATE_FILE })?;
        if !is_known_key(&parsed) {
            return Err(CaError::OtherKey);
        }
        let usage = parsed.key_usage().ok().flatten();
        if !usage.is_some_and(|usage| usage.value.key_cert_sign() && usage.value.crl_sign()) {
            return Err(CaError::Usage { what: "keyUsage keyCertSign, cRLSign" });
        }
        // What is pinned issues itself: a CA below it would issue for an exchange that never pinned it.
        let limits = parsed.basic_constraints().ok().flatten();
        if limits.and_then(|limits| limits.value.path_len_constraint) != Some(0) {
            return Err(CaError::Usage { what: "basicConstraints CA:TRUE, pathlen:0" });
        }
        if let Ok(Some(purposes)) = parsed.extended_key_usage() {
            let purposes = purposes.value;
            if !(purposes.any || purposes.server_auth && purposes.client_auth) {
                return Err(CaError::Usage { what: "extendedKeyUsage serverAuth, clientAuth" });
            }
        }
        let now = i64::try_from(now_ms / 1_000).map_err(|_| CaError::Clock)?;
        if parsed.validity().not_before.timestamp() > now {
            return Err(CaError::NotYetValid);
        }
        Ok(())
    }

    /// Makes a certificate for a terminal, and lets the gate judge it.
    fn try_client(&self, now_ms: u64) -> Result<(), CaError> {
        let party = Party::Terminal { institution: [0; 16], terminal: [0; 16] };
        let uri = party.spiffe_id(&self.origin);
        let refused = || CaError::Constraints { name: uri.clone() };
        let name = uri.as_str().try_into().map_err(|_| refused())?;
        let (key, purpose) = (new_key()?, ExtendedKeyUsagePurpose::ClientAuth);
        let chain = self.issue(&key, "trial", vec![SanType::URI(name)], purpose, now_ms)?;
        let gate = Gate::new(self.origin.as_str(), std::slice::from_ref(&self.certificate))
            .map_err(|_| refused())?;
        gate.authenticate(&chain, now_ms).map_err(|_| refused())?;
        Ok(())
    }
}

/// Clients on BoringSSL take no Ed25519, and slow PCs no large RSA keys.
fn is_known_key(certificate: &X509Certificate<'_>) -> bool {
    let algorithm = &certificate.public_key().algorithm;
    let curve = algorithm.parameters.as_ref().and_then(|parameters| parameters.as_oid().ok());
    algorithm.algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY
        && curve.is_some_and(|curve| curve == OID_EC_P256 || curve == OID_NIST_EC_P384)
}

#[cfg(unix)]
fn check_private(key: &Path) -> Result<(), CaError> {
    use std::os::unix::fs::PermissionsExt;
    const OTHERS: u32 = 0o077;
    match std::fs::metadata(key) {
        Ok(found) if found.permissions().mode() & OTHERS != 0 => {
            Err(CaError::KeyReadable(key.to_owned()))
        }
        // One that is not there is named when it is read.
        _ => Ok(()),
    }
}

/// Elsewhere the folder's own list decides.
#[cfg(not(unix))]
fn check_private(_: &Path) -> Result<(), CaError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, DnType, GeneralSubtree, IsCa, KeyUsagePurpose,
        NameConstraints,
    };
    use time::{Duration, OffsetDateTime};

    use super::*;

    const ORIGIN: &str = "exchange.test/east";
    const NOW: u64 = 1_800_000_000_000;

    fn good() -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "An issuing CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let now = OffsetDateTime::from_unix_timestamp(NOW as i64 / 1_000).unwrap();
        params.not_before = now - Duration::days(1);
        params.not_after = now + Duration::days(730);
        params.name_constraints = Some(permitted("exchange.test"));
        params
    }

    fn permitted(name: &str) -> NameConstraints {
        let permitted_subtrees = vec![GeneralSubtree::DnsName(name.to_owned())];
        NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() }
    }

    fn adopt(change: impl FnOnce(&mut CertificateParams)) -> Result<IssuingCa, CaError> {
        adopt_with(&new_key().unwrap(), change)
    }

    fn adopt_with(
        key: &KeyPair,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Result<IssuingCa, CaError> {
        let mut params = good();
        change(&mut params);
        let certificate = params.self_signed(key).unwrap().pem();
        IssuingCa::adopt(ORIGIN, certificate.as_bytes(), key.serialize_pem().as_bytes(), NOW)
    }

    #[test]
    fn one_that_can_do_its_work_is_taken_and_stored() {
        let ca = adopt(|_| {}).unwrap();
        let dir = tempfile::tempdir().unwrap();
        ca.store(dir.path()).unwrap();
        let stored = IssuingCa::load(dir.path(), ORIGIN).unwrap();
        assert_eq!(stored.pin(), ca.pin());
        // What it issues to a party is kept for the day on which it has to be revoked.
        let party = Party::Terminal { institution: [1; 16], terminal: [2; 16] };
        let chain = stored.trial(&party, NOW);
        let kept: Vec<_> = std::fs::read_dir(dir.path().join("ca/issued")).unwrap().collect();
        assert_eq!(kept.len(), 1);
        let path = kept[0].as_ref().unwrap().path();
        assert!(path.to_str().unwrap().contains(&format!("terminal-{}-", "02".repeat(16))));
        let pem = std::fs::read(path).unwrap();
        assert_eq!(CertificateDer::from_pem_slice(&pem).unwrap(), chain[0]);
    }

    #[test]
    fn one_that_cannot_is_told_so_now() {
        let unfit = |change: fn(&mut CertificateParams)| adopt(change).unwrap_err();
        assert!(matches!(unfit(|p| p.is_ca = IsCa::NoCa), CaError::NotACa));
        let unlimited = IsCa::Ca(BasicConstraints::Unconstrained);
        assert!(matches!(adopt(|p| p.is_ca = unlimited), Err(CaError::Usage { .. })));
        let deeper = IsCa::Ca(BasicConstraints::Constrained(1));
        assert!(matches!(adopt(|p| p.is_ca = deeper), Err(CaError::Usage { .. })));
        assert!(matches!(unfit(|p| p.key_usages.truncate(1)), CaError::Usage { .. }));
        assert!(matches!(unfit(|p| p.key_usages.clear()), CaError::Usage { .. }));
        assert!(matches!(unfit(|p| p.extended_key_usages.truncate(1)), CaError::Usage { .. }));
        let elsewhere = unfit(|p| p.name_constraints = Some(permitted("other.test")));
        assert!(matches!(elsewhere, CaError::Constraints { .. }));
        let now = |p: &CertificateParams| p.not_before + Duration::days(1);
        adopt(|p| p.not_before = now(p)).unwrap();
        let late = adopt(|p| p.not_before = now(p) + Duration::seconds(1)).unwrap_err();
        assert!(matches!(late, CaError::NotYetValid));
        let over = adopt(|p| p.not_after = now(p)).unwrap_err();
        assert!(matches!(over, CaError::Expired));
        for algorithm in [&rcgen::PKCS_ED25519, &rcgen::PKCS_ECDSA_P521_SHA512] {
            let key = KeyPair::generate_for(algorithm).unwrap();
            assert!(matches!(adopt_with(&key, |_| {}), Err(CaError::OtherKey)));
        }
        let p384 = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
        adopt_with(&p384, |_| {}).unwrap();
    }

    #[test]
    fn a_p384_ca_has_lists_too() {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
        let ca = adopt_with(&key, |_| {}).unwrap();
        let now = NOW as i64 / 1_000;
        let list = ca.list(&[vec![7; 16]], now, now + 60);
        let roots = [ca.certificate().clone()];
        let read = crate::gate::revocation::RevocationLists::parse(&list, &roots).unwrap();
        let gate = Gate::new(ORIGIN, &roots).unwrap();
        gate.replace_lists(read, NOW).unwrap();
        let party = Party::Administrator { id: [1; 16] };
        gate.authenticate(&ca.trial(&party, NOW), NOW).unwrap();
    }

    #[test]
    fn an_example_serves_only_where_nobody_can_own_the_name() {
        let key = new_key().unwrap();
        let mut params = good();
        params.name_constraints = None;
        params.distinguished_name.push(DnType::OrganizationName, "EXAMPLE of a PKI");
        let certificate = params.self_signed(&key).unwrap().pem();
        let adopt = |origin| {
            IssuingCa::adopt(origin, certificate.as_bytes(), key.serialize_pem().as_bytes(), NOW)
        };
        for origin in ["exchange.test", "a.b.example/east", "localhost", "x.invalid/test"] {
            adopt(origin).unwrap();
        }
        for origin in ["exchange.jp", "example.jp", "test.jp/example", "exchange.example.com"] {
            assert!(matches!(adopt(origin), Err(CaError::Example { .. })), "{origin}");
        }
        // Nor after it was stored for another origin.
        let dir = tempfile::tempdir().unwrap();
        adopt("exchange.test").unwrap().store(dir.path()).unwrap();
        let moved = IssuingCa::load(dir.path(), "exchange.jp");
        assert!(matches!(moved, Err(CaError::Example { .. })));
        // An origin with the word in it is no example.
        IssuingCa::create("exchange.example.jp", NOW).unwrap();
    }

    #[test]
    fn an_example_root_makes_example_cas() {
        let root_key = new_key().unwrap();
        let mut root = CertificateParams::default();
        root.distinguished_name.push(DnType::CommonName, "EXAMPLE root");
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = rcgen::Issuer::new(root, root_key);
        let key = new_key().unwrap();
        let mut params = good();
        params.name_constraints = None;
        let certificate = params.signed_by(&key, &issuer).unwrap().pem();
        let adopt = |origin| {
            IssuingCa::adopt(origin, certificate.as_bytes(), key.serialize_pem().as_bytes(), NOW)
        };
        adopt("exchange.test").unwrap();
        assert!(matches!(adopt("exchange.jp"), Err(CaError::Example { .. })));
    }

    #[test]
    fn a_further_name_that_the_ca_must_not_issue_for_is_named() {
        let ca = adopt(|_| {}).unwrap();
        ca.issue_server(&["inner.exchange.test".parse().unwrap()], NOW).unwrap();
        let refused = ca.issue_server(&["other.test".parse().unwrap()], NOW);
        assert!(matches!(refused, Err(CaError::Constraints { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let (key, dir) = (new_key().unwrap(), tempfile::tempdir().unwrap());
        let (certificate, file) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
        std::fs::write(&certificate, good().self_signed(&key).unwrap().pem()).unwrap();
        std::fs::write(&file, key.serialize_pem()).unwrap();
        let adopt = |mode| {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            IssuingCa::adopt_files(ORIGIN, &certificate, &file, NOW)
        };
        for mode in [0o640, 0o604, 0o610] {
            assert!(matches!(adopt(mode), Err(CaError::KeyReadable(_))), "{mode:o}");
        }
        adopt(0o600).unwrap();
        std::fs::remove_file(&file).unwrap();
        let gone = IssuingCa::adopt_files(ORIGIN, &certificate, &file, NOW);
        assert!(matches!(gone, Err(CaError::Disk(_))));
    }

    #[test]
    fn files_that_do_not_belong_together_are_told_apart() {
        let (one, other) = (new_key().unwrap(), new_key().unwrap());
        let certificate = good().self_signed(&one).unwrap().pem();
        let adopt = |certificate: &str, key: &str| {
            IssuingCa::adopt(ORIGIN, certificate.as_bytes(), key.as_bytes(), NOW).unwrap_err()
        };
        let (mine, its) = (one.serialize_pem(), other.serialize_pem());
        assert!(matches!(adopt(&certificate, &its), CaError::KeyMismatch));
        let file = |error| match error {
            CaError::Unreadable { file } => file,
            error => panic!("{error}"),
        };
        assert_eq!(file(adopt(&mine, &certificate)), CERTIFICATE_FILE);
        assert_eq!(file(adopt(&certificate, &certificate)), KEY_FILE);
        assert_eq!(file(adopt(&certificate, "-----BEGIN ENCRYPTED PRIVATE KEY-----")), KEY_FILE);
    }
}
