//! The fault seam: tests make the n-th write or sync fail, and choose what reached the disk.
//!
//! After a failed write or sync nobody knows what the disk holds. The fault table of a store is
//! therefore two-valued: for each step, *failed and not persisted* and *failed but persisted*. The
//! store has to be right in both, which it is when it stops and lets start-up look. In a release
//! build a [`FaultPlan`] is an empty type and every question to it is answered with "no fault".

use std::io;

/// A step at which the disk can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Bytes into a file: `pwrite` or `write`.
    Write,
    /// `fdatasync` or `fsync` of a file.
    Sync,
    /// A name comes to be or changes: `rename`, `link`.
    Rename,
    /// A name goes: `unlink`.
    Remove,
    /// `fsync` of a directory.
    SyncDirectory,
}

/// What the disk holds after the step that reported a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing of the step. For a sync: everything written to that file since its last sync is lost.
    NotPersisted,
    /// The first half of a write; for other steps the same as [`Fault::NotPersisted`].
    Half,
    /// All of it: only the answer was lost.
    Persisted,
}

/// Which step fails, at which occurrence, and how. Clones share one plan.
///
/// It is thread-safe, so a test keeps one clone and gives the other to the store under test.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan {
    #[cfg(debug_assertions)]
    plan: std::sync::Arc<std::sync::Mutex<Plan>>,
}

impl FaultPlan {
    /// The plan in which nothing fails.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Makes the `nth` occurrence of `step` from now on (the first is 1) fail with `fault`, once.
    ///
    /// Arm before the writes whose loss is to be simulated: what an armed plan did not see written,
    /// it cannot take back.
    #[cfg(debug_assertions)]
    pub fn arm(&self, step: Step, nth: u64, fault: Fault) {
        *self.lock() = Plan { failing: Some((step, nth, fault)), seen: 0 };
    }

    /// Whether the armed fault has not happened yet.
    #[cfg(debug_assertions)]
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.lock().failing.is_some()
    }

    /// The fault that this occurrence of `step` has to meet.
    #[cfg(debug_assertions)]
    pub(crate) fn next(&self, step: Step) -> Option<Fault> {
        let mut plan = self.lock();
        let (_, nth, fault) = plan.failing.filter(|(failing, ..)| *failing == step)?;
        plan.seen += 1;
        if plan.seen != nth {
            return None;
        }
        plan.failing = None;
        Some(fault)
    }

    #[cfg(not(debug_assertions))]
    #[inline]
    pub(crate) fn next(&self, _step: Step) -> Option<Fault> {
        None
    }

    /// Does `act`, a step that happens wholly or not at all, unless the plan says that it fails.
    pub(crate) fn around(
        &self,
        step: Step,
        act: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        match self.next(step) {
            None => act(),
            Some(Fault::Persisted) => act().and_then(|()| Err(injected())),
            Some(Fault::NotPersisted | Fault::Half) => Err(injected()),
        }
    }

    #[cfg(debug_assertions)]
    fn lock(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The error that an injected fault reports.
pub(crate) fn injected() -> io::Error {
    io::Error::other("injected fault")
}

#[cfg(debug_assertions)]
#[derive(Debug, Default)]
struct Plan {
    failing: Option<(Step, u64, Fault)>,
    seen: u64,
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;

    #[test]
    fn the_nth_occurrence_fails_once() {
        let plan = FaultPlan::none();
        plan.arm(Step::Sync, 2, Fault::Persisted);
        assert_eq!(plan.next(Step::Write), None);
        assert_eq!(plan.next(Step::Sync), None);
        assert!(plan.is_pending());
        assert_eq!(plan.next(Step::Sync), Some(Fault::Persisted));
        assert!(!plan.is_pending());
        assert_eq!(plan.next(Step::Sync), None);
    }

    #[test]
    fn persisted_acts_and_not_persisted_does_not() {
        for (fault, acts) in [(Fault::Persisted, true), (Fault::NotPersisted, false)] {
            let plan = FaultPlan::none();
            plan.arm(Step::Rename, 1, fault);
            let mut acted = false;
            let result = plan.around(Step::Rename, || {
                acted = true;
                Ok(())
            });
            assert!(result.is_err());
            assert_eq!(acted, acts);
        }
    }
}
