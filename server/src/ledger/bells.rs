//! Who waits for news of an institution, and who is woken.
//!
//! A commit wakes the institutions that it concerns and nobody else: an office that waits costs
//! nothing while others' letters are committed.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tsumugu_trust::statement::AnyBody;
use tsumugu_trust::value::Id;

/// The bells of all institutions. Whoever listens first and reads then, misses nothing.
#[derive(Debug, Clone, Default)]
pub struct Bells(Arc<Mutex<Hung>>);

/// Rings the bells, and takes them down when it is dropped: whoever listens hears the end.
#[derive(Debug, Default)]
pub(super) struct Ringer(Bells);

#[derive(Debug, Default)]
struct Hung {
    /// Only of institutions that somebody listens for, or did when it last rang.
    bells: HashMap<Id, watch::Sender<()>>,
    is_down: bool,
}

impl Bells {
    /// Hears each committed round that concerns the institution: something came into its mailbox, or
    /// its record, standing or terminals changed. An error means that the ledger has ended.
    #[must_use]
    pub fn listen(&self, institution: Id) -> watch::Receiver<()> {
        let mut hung = self.hung();
        if hung.is_down {
            return watch::channel(()).1;
        }
        hung.bells.entry(institution).or_insert_with(|| watch::channel(()).0).subscribe()
    }

    fn hung(&self) -> MutexGuard<'_, Hung> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ringer {
    pub(super) fn bells(&self) -> Bells {
        self.0.clone()
    }

    /// Wakes those who listen for one of these; a bell that nobody hears any more is taken down.
    pub(super) fn ring(&self, institutions: &BTreeSet<Id>) {
        let mut hung = self.0.hung();
        for institution in institutions {
            if hung.bells.get(institution).is_some_and(|bell| bell.send(()).is_err()) {
                hung.bells.remove(institution);
            }
        }
    }
}

impl Drop for Ringer {
    fn drop(&mut self) {
        let mut hung = self.0.hung();
        hung.is_down = true;
        hung.bells.clear();
    }
}

/// The institution whose open streams a clear record may end.
pub(super) fn subject(body: &AnyBody) -> Option<Id> {
    match body {
        AnyBody::Institution(record) => Some(record.institution),
        AnyBody::Standing(standing) => Some(standing.institution),
        AnyBody::TerminalRemoved(removed) => Some(removed.institution),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Id = Id([1; 16]);
    const B: Id = Id([2; 16]);

    #[test]
    fn only_the_institutions_that_a_round_concerns_are_woken() {
        let ringer = Ringer::default();
        let bells = ringer.bells();
        let (mut a, mut b) = (bells.listen(A), bells.listen(B));
        let mut second = bells.listen(A);
        ringer.ring(&BTreeSet::from([A]));
        assert!(a.has_changed().unwrap() && second.has_changed().unwrap());
        assert!(!b.has_changed().unwrap());
        a.borrow_and_update();
        second.borrow_and_update();
        ringer.ring(&BTreeSet::from([B]));
        assert!(!a.has_changed().unwrap() && b.has_changed().unwrap());
        b.borrow_and_update();
    }

    #[test]
    fn a_bell_that_nobody_hears_is_taken_down() {
        let ringer = Ringer::default();
        drop(ringer.bells().listen(A));
        let _b = ringer.bells().listen(B);
        ringer.ring(&BTreeSet::from([A, B]));
        let hung = ringer.0.hung();
        assert_eq!(hung.bells.keys().collect::<Vec<_>>(), [&B]);
    }

    #[test]
    fn whoever_listens_hears_the_end() {
        let ringer = Ringer::default();
        let bells = ringer.bells();
        let early = bells.listen(A);
        drop(ringer);
        assert!(early.has_changed().is_err());
        assert!(bells.listen(A).has_changed().is_err());
    }
}
