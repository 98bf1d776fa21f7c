//! Who is next: commands wait in a lane for each institution, and a round takes one from each in turn.
//!
//! So an institution that sends as fast as it can waits behind itself, not others behind it. Ticks,
//! the stop and the administrators have a lane of their own, which each round empties first: a flood
//! of letters must not keep anyone from suspending its sender.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tsumugu_trust::value::Id;

use super::command::{Command, Done};
use crate::refused::{BUSY, Refused};
use crate::settings::Limits;

/// Commands of administrators that may wait: they are few, and every one is by hand.
pub(super) const OWN_LANE: usize = 256;

/// Commands of the own lane that share one commit, beside those of institutions.
pub(super) const OWN_PER_ROUND: usize = 32;

/// A command, and who waits for its outcome.
pub(super) struct Waiting {
    pub(super) command: Command,
    pub(super) answer: oneshot::Sender<Result<Done, Refused>>,
}

/// Why a command was not let in.
pub(super) enum Closed {
    /// Its lane is full.
    Full(Refused),
    /// Nobody takes commands any more.
    Ended,
}

/// All lanes. Their memory is bounded: by commands here, by bytes where requests are let in.
pub(super) struct Lanes {
    state: Mutex<State>,
    arrived: Condvar,
    per_round: usize,
    bytes_per_round: usize,
    per_institution: usize,
}

#[derive(Default)]
struct State {
    own: VecDeque<Waiting>,
    institutions: HashMap<Id, VecDeque<Waiting>>,
    /// Whose turn it is; each institution with something waiting stands here once.
    turns: VecDeque<Id>,
    /// No further command can come.
    no_more: bool,
    /// The sequencer has ended: what waits will not be taken.
    ended: bool,
}

impl Lanes {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            state: Mutex::default(),
            arrived: Condvar::new(),
            per_round: limits.commands_per_round as usize,
            bytes_per_round: limits.bytes_per_round as usize,
            per_institution: limits.commands_per_institution as usize,
        }
    }

    /// Lets a command wait in its lane, if that has room.
    pub(super) fn put(&self, waiting: Waiting) -> Result<(), Closed> {
        let mut state = self.state();
        if state.ended {
            return Err(Closed::Ended);
        }
        match waiting.command.institution() {
            None => {
                let is_of_somebody = !matches!(waiting.command, Command::Tick | Command::Stop);
                if is_of_somebody && state.own.len() >= OWN_LANE {
                    return Err(Closed::Full(full("commands_of_administrators", OWN_LANE)));
                }
                state.own.push_back(waiting);
            }
            Some(institution) => {
                let State { institutions, turns, .. } = &mut *state;
                let lane = institutions.entry(institution).or_default();
                if lane.len() >= self.per_institution {
                    return Err(Closed::Full(full(
                        "commands_per_institution",
                        self.per_institution,
                    )));
                }
                if lane.is_empty() {
                    turns.push_back(institution);
                }
                lane.push_back(waiting);
            }
        }
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// The commands of the next round, in their order; waits for the first one. `None` when there
    /// will be no further ones.
    pub(super) fn take(&self) -> Option<Vec<Waiting>> {
        let mut state = self.state();
        while state.own.is_empty() && state.turns.is_empty() {
            if state.no_more {
                return None;
            }
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let own = state.own.len().min(OWN_PER_ROUND);
        let mut round: Vec<_> = state.own.drain(..own).collect();
        let most = round.len() + self.per_round;
        let mut bytes = 0;
        while round.len() < most {
            // One command is always taken, however large: it was let in.
            let State { institutions, turns, .. } = &mut *state;
            let Some(institution) = turns.front().copied() else { break };
            let Some(lane) = institutions.get_mut(&institution) else {
                turns.pop_front();
                continue;
            };
            let weight = lane.front().map_or(0, |next| next.command.bytes());
            if bytes > 0 && bytes + weight > self.bytes_per_round {
                break;
            }
            bytes += weight;
            round.extend(lane.pop_front());
            turns.pop_front();
            if lane.is_empty() {
                institutions.remove(&institution);
            } else {
                turns.push_back(institution);
            }
        }
        Some(round)
    }

    /// Commands that wait.
    pub(super) fn waiting(&self) -> usize {
        let state = self.state();
        state.own.len() + state.institutions.values().map(VecDeque::len).sum::<usize>()
    }

    /// No further command can come: what waits is still taken.
    pub(super) fn close(&self) {
        self.state().no_more = true;
        self.arrived.notify_one();
    }

    /// Nothing is taken any more: whoever waits learns it at once.
    pub(super) fn end(&self) {
        let mut state = self.state();
        let State { own, institutions, turns, .. } = &mut *state;
        let left = (std::mem::take(own), std::mem::take(institutions), std::mem::take(turns));
        state.ended = true;
        drop(state);
        drop(left);
    }

    /// A poisoned lock means that a thread died between two whole changes.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn full(name: &'static str, most: usize) -> Refused {
    Refused::limit(name, most).retry_after(BUSY)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERYBODY: [u8; 3] = [1, 2, 3];

    fn lanes(change: impl FnOnce(&mut Limits)) -> Lanes {
        let mut limits = Limits::default();
        change(&mut limits);
        Lanes::new(&limits)
    }

    /// A fetch, which names its place in `id`.
    fn fetch(by: u8, place: u8) -> Command {
        let (from, id, terminal) = (Id([0; 16]), Id([place; 16]), Id([9; 16]));
        Command::Fetch { institution: Id([by; 16]), terminal, from, id }
    }

    fn answer(by: u8, bytes: usize) -> Command {
        let statement = tsumugu_trust::statement::unsigned(
            &"a.example".parse().unwrap(),
            &tsumugu_trust::statement::Tick {},
        );
        let (statement, detail) = (statement.unwrap(), vec![0; bytes]);
        Command::Dispose { institution: Id([by; 16]), statement, detail }
    }

    fn put(lanes: &Lanes, command: Command) -> Result<(), Option<Refused>> {
        let (answer, _) = oneshot::channel();
        lanes.put(Waiting { command, answer }).map_err(|closed| match closed {
            Closed::Full(refused) => Some(refused),
            Closed::Ended => None,
        })
    }

    /// Who is in the next round: institution and place, 0 for the own lane.
    fn taken(lanes: &Lanes) -> Vec<(u8, u8)> {
        let round = lanes.take().unwrap().into_iter();
        round
            .map(|waiting| match waiting.command {
                Command::Fetch { institution, id, .. } => (institution.0[0], id.0[0]),
                other => (other.institution().map_or(0, |id| id.0[0]), 0),
            })
            .collect()
    }

    #[test]
    fn each_institution_has_its_turn() {
        let lanes = lanes(|limits| limits.commands_per_round = 4);
        (0..5).for_each(|place| put(&lanes, fetch(1, place)).unwrap());
        put(&lanes, fetch(2, 0)).unwrap();
        put(&lanes, fetch(2, 1)).unwrap();
        put(&lanes, fetch(3, 0)).unwrap();
        assert_eq!(lanes.waiting(), 8);
        assert_eq!(taken(&lanes), [(1, 0), (2, 0), (3, 0), (1, 1)]);
        assert_eq!(lanes.waiting(), 4);
        // Whoever comes later stands behind those who have had less.
        put(&lanes, fetch(3, 1)).unwrap();
        assert_eq!(taken(&lanes), [(2, 1), (1, 2), (3, 1), (1, 3)]);
        assert_eq!(taken(&lanes), [(1, 4)]);
    }

    #[test]
    fn administrators_and_time_are_first_and_take_no_places() {
        let lanes = lanes(|limits| limits.commands_per_round = 1);
        put(&lanes, fetch(1, 0)).unwrap();
        (0..=OWN_PER_ROUND).for_each(|_| put(&lanes, Command::Tick).unwrap());
        let round = taken(&lanes);
        assert_eq!(round.len(), OWN_PER_ROUND + 1);
        assert_eq!(round.last(), Some(&(1, 0)), "nor do they keep anyone out");
        assert_eq!(taken(&lanes), [(0, 0)]);
    }

    #[test]
    fn a_lane_has_an_edge_and_is_nobody_elses() {
        let lanes = lanes(|limits| limits.commands_per_institution = 2);
        put(&lanes, fetch(1, 0)).unwrap();
        put(&lanes, fetch(1, 1)).unwrap();
        let refused = put(&lanes, fetch(1, 2)).unwrap_err().unwrap();
        assert_eq!(refused.metadata[0].1, "commands_per_institution");
        assert_eq!(refused.retry, Some(BUSY));
        put(&lanes, fetch(2, 0)).unwrap();
        assert_eq!(taken(&lanes).len(), 3);
        put(&lanes, fetch(1, 2)).unwrap();
    }

    #[test]
    fn the_own_lane_has_an_edge_that_time_does_not_know() {
        let lanes = lanes(|_| {});
        let command = || {
            let Command::Dispose { statement, .. } = answer(1, 0) else { unreachable!() };
            Command::Administrate { statement }
        };
        (0..OWN_LANE).for_each(|_| put(&lanes, command()).unwrap());
        assert!(put(&lanes, command()).unwrap_err().is_some());
        put(&lanes, Command::Tick).unwrap();
        put(&lanes, Command::Stop).unwrap();
    }

    #[test]
    fn a_round_has_an_edge_of_bytes_and_takes_one_that_is_larger() {
        let own = answer(1, 0).bytes();
        let lanes = lanes(|limits| limits.bytes_per_round = 1_048_576);
        for by in EVERYBODY {
            put(&lanes, answer(by, 524_288 - own)).unwrap();
        }
        assert_eq!(taken(&lanes), [(1, 0), (2, 0)], "at the edge");
        put(&lanes, answer(1, 524_289 - own)).unwrap();
        assert_eq!(taken(&lanes), [(3, 0)], "one byte over it");
        put(&lanes, answer(2, 2_000_000)).unwrap();
        assert_eq!(taken(&lanes), [(1, 0)]);
        assert_eq!(taken(&lanes), [(2, 0)]);
    }

    #[test]
    fn what_waits_is_taken_after_the_last_has_come_and_dropped_after_the_end() {
        let lanes = lanes(|_| {});
        put(&lanes, fetch(1, 0)).unwrap();
        lanes.close();
        assert_eq!(taken(&lanes), [(1, 0)]);
        assert!(lanes.take().is_none());
        let (answer, mut done) = oneshot::channel();
        assert!(lanes.put(Waiting { command: fetch(1, 0), answer }).is_ok());
        lanes.end();
        assert!(matches!(done.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
        assert_eq!(put(&lanes, fetch(1, 0)), Err(None));
    }
}
