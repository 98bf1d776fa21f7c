//! The state of one message: a join over its leaves, in any order (`docs/FORMATS.md`, section 6).
//!
//! Server and client compute it with this one function, so a screen cannot show what the log does
//! not hold. Joining is commutative, associative and idempotent; each axis only grows.

use std::collections::BTreeMap;

use crate::leaf::LogPosition;
use crate::statement::Answer;

/// How far a message has come (配達状況).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Delivery {
    /// The exchange has made it durable and logged it.
    Accepted,
    /// It was not fetched in time, or the recipient left.
    Undelivered,
    /// The recipient's terminal has it.
    Fetched,
    /// A person at the recipient's opened it.
    Opened,
}

/// Whether a message still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Validity {
    /// It does.
    Current,
    /// The sender replaced it by a correction.
    Superseded,
    /// The sender took it back.
    Withdrawn,
}

/// Something that happened to a message, as a leaf says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Its envelope was logged.
    Accepted,
    /// The exchange could not deliver it.
    Undelivered,
    /// Its body left the exchange.
    Fetched,
    /// A person opened it.
    Opened,
    /// It was answered.
    Answered(Answer),
    /// A correction of it was logged.
    Superseded,
    /// It was recalled.
    Withdrawn,
}

/// The state of one message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessageState {
    accepted: Option<LogPosition>,
    undelivered: Option<LogPosition>,
    fetched: Option<LogPosition>,
    opened: Option<LogPosition>,
    answers: BTreeMap<LogPosition, Answer>,
    superseded: Option<LogPosition>,
    withdrawn: Option<LogPosition>,
}

impl MessageState {
    /// Takes in one event.
    pub fn join(&mut self, at: LogPosition, event: Event) {
        let slot = match event {
            Event::Accepted => &mut self.accepted,
            Event::Undelivered => &mut self.undelivered,
            Event::Fetched => &mut self.fetched,
            Event::Opened => &mut self.opened,
            Event::Superseded => &mut self.superseded,
            Event::Withdrawn => &mut self.withdrawn,
            Event::Answered(answer) => {
                self.answers.insert(at, answer);
                return;
            }
        };
        *slot = Some(slot.map_or(at, |earlier| earlier.min(at)));
    }

    /// Takes in all that another replica knows.
    pub fn merge(&mut self, other: &Self) {
        let firsts = [
            (Event::Accepted, other.accepted),
            (Event::Undelivered, other.undelivered),
            (Event::Fetched, other.fetched),
            (Event::Opened, other.opened),
            (Event::Superseded, other.superseded),
            (Event::Withdrawn, other.withdrawn),
        ];
        for (event, at) in firsts {
            if let Some(at) = at {
                self.join(at, event);
            }
        }
        self.answers.extend(&other.answers);
    }

    /// How far it has come; `None` when nothing is known of it.
    #[must_use]
    pub fn delivery(&self) -> Option<Delivery> {
        if self.opened_at().is_some() {
            Some(Delivery::Opened)
        } else if self.fetched.is_some() {
            Some(Delivery::Fetched)
        } else if self.undelivered.is_some() {
            Some(Delivery::Undelivered)
        } else {
            self.accepted.map(|_| Delivery::Accepted)
        }
    }

    /// The answer: the first disposition in log order.
    #[must_use]
    pub fn answer(&self) -> Option<(LogPosition, Answer)> {
        self.answers.first_key_value().map(|(at, answer)| (*at, *answer))
    }

    /// Every disposition in log order; those after the first are shown, and change nothing.
    pub fn answers(&self) -> impl Iterator<Item = (LogPosition, Answer)> + '_ {
        self.answers.iter().map(|(at, answer)| (*at, *answer))
    }

    /// Whether it still counts.
    #[must_use]
    pub fn validity(&self) -> Validity {
        if self.withdrawn.is_some() {
            Validity::Withdrawn
        } else if self.superseded.is_some() {
            Validity::Superseded
        } else {
            Validity::Current
        }
    }

    /// When the envelope was logged.
    #[must_use]
    pub fn accepted_at(&self) -> Option<LogPosition> {
        self.accepted
    }

    /// When the body first left the exchange.
    #[must_use]
    pub fn fetched_at(&self) -> Option<LogPosition> {
        self.fetched
    }

    /// When a person opened it. An answer by a person implies that, an automatic one does not.
    #[must_use]
    pub fn opened_at(&self) -> Option<LogPosition> {
        let by_person = |answer: &Answer| *answer != Answer::Unreadable;
        let answered = self.answers.iter().find(|(_, answer)| by_person(answer)).map(|(at, _)| *at);
        [self.opened, answered].into_iter().flatten().min()
    }

    /// When it was taken back.
    #[must_use]
    pub fn withdrawn_at(&self) -> Option<LogPosition> {
        self.withdrawn
    }

    /// Whether `event` would change nothing that anyone sees: then it makes no leaf.
    #[must_use]
    pub fn adds_nothing(&self, event: Event) -> bool {
        match event {
            Event::Accepted => self.accepted.is_some(),
            Event::Undelivered => {
                self.undelivered.is_some() || self.fetched.is_some() || self.opened_at().is_some()
            }
            Event::Fetched => self.fetched.is_some(),
            Event::Opened => self.opened_at().is_some(),
            Event::Superseded => self.superseded.is_some(),
            Event::Withdrawn => self.withdrawn.is_some(),
            Event::Answered(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Time;
    use proptest::prelude::*;

    fn at(index: u64) -> LogPosition {
        LogPosition::of_private(0, index, Time(index * 10))
    }

    fn events() -> impl Strategy<Value = Vec<(LogPosition, Event)>> {
        let event = prop_oneof![
            Just(Event::Accepted),
            Just(Event::Undelivered),
            Just(Event::Fetched),
            Just(Event::Opened),
            Just(Event::Superseded),
            Just(Event::Withdrawn),
            Just(Event::Answered(Answer::Acknowledged)),
            Just(Event::Answered(Answer::Rejected)),
            Just(Event::Answered(Answer::NotForUs)),
            Just(Event::Answered(Answer::Unreadable)),
        ];
        proptest::collection::vec(event, 0..12)
            .prop_map(|all| all.into_iter().enumerate().map(|(i, e)| (at(i as u64), e)).collect())
    }

    fn state(all: &[(LogPosition, Event)]) -> MessageState {
        let mut state = MessageState::default();
        all.iter().for_each(|(at, event)| state.join(*at, *event));
        state
    }

    #[test]
    fn an_answer_implies_opened_but_an_automatic_one_does_not() {
        assert_eq!(
            state(&[(at(1), Event::Answered(Answer::Acknowledged))]).delivery(),
            Some(Delivery::Opened)
        );
        assert_eq!(
            state(&[(at(0), Event::Accepted), (at(1), Event::Answered(Answer::Unreadable))])
                .delivery(),
            Some(Delivery::Accepted)
        );
    }

    #[test]
    fn the_first_answer_counts_and_later_ones_are_kept() {
        let s = state(&[
            (at(5), Event::Answered(Answer::NotForUs)),
            (at(2), Event::Answered(Answer::Acknowledged)),
        ]);
        assert_eq!(s.answer(), Some((at(2), Answer::Acknowledged)));
        assert_eq!(s.answers().count(), 2);
    }

    #[test]
    fn late_success_supersedes_undelivered() {
        let s = state(&[
            (at(0), Event::Accepted),
            (at(1), Event::Undelivered),
            (at(2), Event::Fetched),
        ]);
        assert_eq!(s.delivery(), Some(Delivery::Fetched));
    }

    proptest! {
        #[test]
        fn any_order_and_any_repetition_give_one_state(all in events(), seed in any::<u64>()) {
            let mut shuffled = [all.clone(), all.clone()].concat();
            let mut x = seed | 1;
            for i in (1..shuffled.len()).rev() {
                x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                shuffled.swap(i, (x >> 33) as usize % (i + 1));
            }
            prop_assert_eq!(state(&shuffled), state(&all));
        }

        #[test]
        fn merging_halves_is_joining_all(all in events(), cut in 0usize..12) {
            let cut = cut.min(all.len());
            let mut left = state(&all[..cut]);
            left.merge(&state(&all[cut..]));
            prop_assert_eq!(left, state(&all));
        }

        #[test]
        fn axes_only_grow(all in events()) {
            let mut s = MessageState::default();
            for (at, event) in all {
                let before = s.clone();
                s.join(at, event);
                prop_assert!(s.delivery() >= before.delivery() && s.validity() >= before.validity());
                prop_assert!(before.answer().is_none() || s.answer() == before.answer());
                if before.adds_nothing(event) { prop_assert_eq!((s.delivery(), s.validity(), s.answer()), (before.delivery(), before.validity(), before.answer())); }
            }
        }
    }
}
