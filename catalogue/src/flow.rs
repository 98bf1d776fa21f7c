//! The flow of admission and discharge (入退院時多職種連携フロー) as data: who does what when. These
//! types come only out of a [`Draft`](crate::Draft) that passed its check, so whatever a step names
//! exists.

use crate::words::words;

/// Somebody who takes part in the flow.
#[derive(Debug)]
#[non_exhaustive]
pub struct Role {
    /// Name of the role, such as `care-manager`.
    pub id: String,
    /// Where they work.
    pub side: Side,
    /// In Japanese.
    pub ja: String,
    /// As ASCII.
    pub en: String,
}

/// Why a step may be left out.
#[derive(Debug)]
#[non_exhaustive]
pub struct SkipReason {
    /// Name of the reason, such as `short-stay`.
    pub id: String,
    /// In Japanese.
    pub ja: String,
    /// As ASCII.
    pub en: String,
}

words! {
    /// Where a role works.
    Side {
        /// Anywhere: whoever happens to be concerned.
        Any = "any",
        /// In care (介護).
        Care = "care",
        /// In medicine outside the hospital (在宅医療).
        HomeMedicine = "home-medicine",
        /// In the hospital.
        Hospital = "hospital",
        /// The person and those around them.
        Person = "person",
        /// City, rescue, administration.
        Public = "public",
    }
}

words! {
    /// From what the days of a step or a deadline are counted.
    Anchor {
        /// The admission (入院).
        Admission = "admission",
        /// The conference before the discharge (退院前カンファレンス).
        Conference = "conference",
        /// The contract with the care office (居宅介護支援の契約).
        Contract = "contract",
        /// The decision that makes the step needed, such as a planned admission.
        Decision = "decision",
        /// The discharge (退院).
        Discharge = "discharge",
        /// When the one who acts learnt of it.
        Learnt = "learnt",
    }
}
