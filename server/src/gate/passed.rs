//! Chains that passed the path check: asked at every request, verified once.
//!
//! The check of a chain is a function of the roots, the revocation lists, the chain and the time. The
//! first two do not change while a [`Passed`] lives (new roots or lists bring a new one), and within
//! the validity of the lists and of all certificates neither does the outcome. So a chain that passed
//! passes again without its signatures being computed anew, which at four requests for a letter was
//! most of what the exchange computed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};
use rustls::pki_types::CertificateDer;

use super::AuthenticatedParty;

/// Chains that are remembered; beyond it all are forgotten, and come back as they ask.
pub(super) const MOST: usize = 4_096;

type Digest = [u8; 32];

/// What passed under one set of roots.
#[derive(Debug, Default)]
pub(super) struct Passed {
    chains: Mutex<HashMap<Digest, Known>>,
}

/// When a chain's certificates are all valid, in seconds since 1970: both are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    from: i64,
    to: i64,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    party: AuthenticatedParty,
    window: Window,
}

impl Passed {
    /// The party of a chain that passed and is within its time.
    pub(super) fn get(&self, digest: &Digest, now_s: u64) -> Option<AuthenticatedParty> {
        let known = self.chains().get(digest).copied()?;
        known.window.contains(now_s).then_some(known.party)
    }

    /// Remembers a chain that just passed.
    pub(super) fn put(&self, digest: Digest, party: AuthenticatedParty, window: Window) {
        let mut chains = self.chains();
        if chains.len() >= MOST {
            chains.clear();
        }
        chains.insert(digest, Known { party, window });
    }

    fn chains(&self) -> MutexGuard<'_, HashMap<Digest, Known>> {
        self.chains.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    /// Of a chain, leaf first; nothing where a certificate cannot be read.
    pub(super) fn of<'c>(chain: impl Iterator<Item = &'c CertificateDer<'c>>) -> Option<Self> {
        let mut all = Self { from: i64::MIN, to: i64::MAX };
        for certificate in chain {
            let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
            let validity = parsed.validity();
            all.from = all.from.max(validity.not_before.timestamp());
            all.to = all.to.min(validity.not_after.timestamp());
        }
        Some(all)
    }

    /// Only before this second, where there is one.
    pub(super) fn before(self, end: Option<i64>) -> Self {
        Self { to: end.map_or(self.to, |end| end.saturating_sub(1).min(self.to)), ..self }
    }

    fn contains(self, now_s: u64) -> bool {
        i64::try_from(now_s).is_ok_and(|now| (self.from..=self.to).contains(&now))
    }
}

/// One digest for one chain: the lengths keep two chains of the same bytes apart.
pub(super) fn digest<'c>(chain: impl Iterator<Item = &'c CertificateDer<'c>>) -> Digest {
    let mut context = Context::new(&SHA256);
    for certificate in chain {
        context.update(&(certificate.len() as u64).to_be_bytes());
        context.update(certificate);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::party::Party;

    fn party(id: u8) -> AuthenticatedParty {
        AuthenticatedParty { party: Party::Administrator { id: [id; 16] }, until_ms: u64::MAX }
    }

    #[test]
    fn both_ends_of_the_window_are_in() {
        let passed = Passed::default();
        passed.put([1; 32], party(1), Window { from: 10, to: 20 });
        let known = |now| passed.get(&[1; 32], now).is_some();
        assert_eq!([9, 10, 20, 21].map(known), [false, true, true, false]);
        assert!(!known(u64::MAX) && passed.get(&[2; 32], 15).is_none());
    }

    #[test]
    fn the_end_of_a_list_is_out() {
        let window = Window { from: 10, to: 20 };
        assert_eq!(window.before(Some(15)), Window { from: 10, to: 14 });
        assert_eq!(window.before(Some(30)), window);
        assert_eq!(window.before(None), window);
        assert!(!window.before(Some(i64::MIN)).contains(10));
    }

    #[test]
    fn it_forgets_before_it_grows() {
        let passed = Passed::default();
        for number in 0..=MOST as u64 {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&number.to_be_bytes());
            passed.put(digest, party(1), Window { from: 0, to: 1 });
            assert!(passed.chains().len() <= MOST);
        }
        assert_eq!(passed.chains().len(), 1);
    }

    #[test]
    fn chains_of_the_same_bytes_differ() {
        let der = |bytes: &[u8]| CertificateDer::from(bytes.to_vec());
        let (one, two) = ([der(b"abc")], [der(b"ab"), der(b"c")]);
        assert_ne!(digest(one.iter()), digest(two.iter()));
    }
}
