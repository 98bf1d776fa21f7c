//! The clear chain: what an exchange that hides or rewrites is found by.

use proptest::prelude::*;

use super::*;
use crate::hash::Hash;
use crate::leaf::{ClearLeaf, Leaf};
use crate::statement::{
    BytesRef, CatalogueFile, CatalogueRelease, NamedUnit, Profile, StandingState, Tick,
};
use crate::value::{Time, Unit};

/// The clear leaves of a world with their indexes.
fn leaves(world: &World) -> Vec<(u64, ClearLeaf)> {
    let clear = |(index, entry): (u64, &crate::testing::TestEntry)| match &entry.leaf {
        Leaf::Clear(leaf) => Some((index, leaf.clone())),
        Leaf::Private(_) => None,
    };
    (0..).zip(&world.entries).filter_map(clear).collect()
}

fn replay(world: &World, leaves: &[(u64, ClearLeaf)]) -> Result<ClearChain, ChainAlarm> {
    let mut chain = ClearChain::new(world.origin.clone());
    for (index, leaf) in leaves {
        chain.push(*index, &leaf.encode())?;
    }
    Ok(chain)
}

#[test]
fn a_leaf_that_was_left_out_breaks_the_chain() {
    let (world, _, _) = pair();
    let all = leaves(&world);
    assert!(replay(&world, &all).is_ok());
    for out in 0..all.len() - 1 {
        let mut some = all.clone();
        some.remove(out);
        let broken = ChainAlarm::Broken { number: out as u64 };
        assert_eq!(replay(&world, &some).unwrap_err(), broken);
        // Numbering the rest anew does not hide it: the digests still point to what is gone.
        for (number, (_, leaf)) in (0..).zip(&mut some) {
            leaf.number = number;
        }
        assert_eq!(replay(&world, &some).unwrap_err(), broken);
    }
}

#[test]
fn the_head_of_every_number_is_known() {
    let (world, _, _) = pair();
    let chain = replay(&world, &leaves(&world)).unwrap();
    for (_, leaf) in leaves(&world) {
        assert_eq!(chain.directory().head_at(leaf.number), Some(leaf.chain_hash()));
    }
    let head = chain.chain_head().unwrap();
    assert_eq!(chain.directory().head_at(head.number), Some(head.hash));
    assert_eq!(chain.directory().head_at(head.number + 1), None);
    assert_eq!(chain.directory().head_at(u64::MAX), None);
}

#[test]
fn an_altered_leaf_breaks_the_chain() {
    let (world, _, _) = pair();
    let all = leaves(&world);
    for at in 1..all.len() {
        let mut altered = all.clone();
        altered[at].1.previous = Hash([1; 32]);
        let broken = ChainAlarm::Broken { number: at as u64 };
        assert_eq!(replay(&world, &altered).unwrap_err(), broken);
        // A changed time is found by the next leaf.
        let mut altered = all.clone();
        altered[at - 1].1.time.0 += 1;
        assert_eq!(replay(&world, &altered).unwrap_err(), broken);
    }
    let mut chain = ClearChain::new(world.origin.clone());
    assert_eq!(chain.push(0, b"").unwrap_err(), ChainAlarm::NotALeaf);
}

#[test]
fn time_and_index_never_go_back() {
    let (mut world, _, _) = pair();
    let tick = world.unsigned(&Tick {});
    let last = world.directory().last().unwrap();
    let mut directory = world.directory().clone();
    let mut apply =
        |time: u64, index| directory.apply(LogPosition::of_clear(index, index, Time(time)), &tick);
    assert!(is_continuity(&apply(last.time.0 - 1, last.index + 1).unwrap_err()));
    assert!(is_continuity(&apply(last.time.0, last.index).unwrap_err()));
    // Several leaves may have one time.
    assert_eq!(apply(last.time.0, last.index + 1), Ok(()));
    world.now = Time(last.time.0 - 1);
    assert!(is_continuity(&refusal(&mut world, &tick)));
}

#[test]
fn a_private_kind_is_no_clear_leaf() {
    let (mut world, hospital, office) = pair();
    let letter = world.compose(&hospital, &office, |_| {});
    let mut directory = world.directory().clone();
    let at = now(&world);
    assert_eq!(directory.apply(at, &letter.envelope), Err(Refusal::WrongKind));
    assert_eq!(directory.apply(at, &hospital.worker.statement), Err(Refusal::WrongKind));
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Admit,
    AdmitTerminal(usize),
    Catalogue,
    NewAdministrator,
    NewProfile(usize),
    RemoveTerminal(usize),
    Rename(usize),
    Restore(usize),
    Rotate(usize),
    Stand(usize, StandingState),
    Tick,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = 0_usize..8;
    let step = prop_oneof![
        2 => Just(Step::Admit),
        2 => who.clone().prop_map(Step::AdmitTerminal),
        1 => Just(Step::Catalogue),
        1 => Just(Step::NewAdministrator),
        1 => who.clone().prop_map(Step::NewProfile),
        2 => who.clone().prop_map(Step::RemoveTerminal),
        1 => who.clone().prop_map(Step::Rename),
        1 => who.clone().prop_map(Step::Restore),
        2 => who.clone().prop_map(Step::Rotate),
        1 => who.clone().prop_map(|i| Step::Stand(i, StandingState::Suspended)),
        2 => who.prop_map(|i| Step::Stand(i, StandingState::Active)),
        1 => Just(Step::Tick),
    ];
    proptest::collection::vec(step, 0..24)
}

/// Plays a history. A step that the present state forbids is refused, and the world goes on.
struct Play {
    world: World,
    members: Vec<TestInstitution>,
    tries: u64,
}

impl Play {
    fn of(steps: &[Step]) -> Self {
        let mut play = Self { world: World::new(11), members: Vec::new(), tries: 0 };
        steps.iter().for_each(|step| play.take(*step));
        play
    }

    fn take(&mut self, step: Step) {
        self.tries += 1;
        let (world, count) = (&mut self.world, self.members.len());
        let which = move |i: usize| i % count;
        match step {
            Step::Admit => {
                let name = format!("事業所{}", self.tries);
                self.members.push(world.admit(&name, InstitutionKind::CareOffice));
            }
            Step::Catalogue => {
                let version = world.directory().catalogues().len() as u64 + 1;
                let content = BytesRef { digest: Hash([1; 32]), length: 1 };
                let files = vec![CatalogueFile { name: "forms.toml".into(), content }];
                world.append(&world.by_administrators(&CatalogueRelease { version, files }));
            }
            Step::NewAdministrator => {
                let (old, new) = (world.administrators[0].clone(), world.new_administrator());
                world.administrators[0] = new.clone();
                world.append(&world.signed(&world.trust_list(), &[&old.key, &new.key]));
            }
            Step::Tick => {
                world.tick();
            }
            _ if count == 0 => {}
            Step::AdmitTerminal(i) => {
                let terminal = world.new_terminal();
                let statement = world.admit_terminal(&self.members[which(i)], &terminal);
                if world.try_append(&statement).is_ok() {
                    self.members[which(i)].terminal = terminal;
                }
            }
            Step::NewProfile(i) => {
                let member = &mut self.members[which(i)];
                let unit: Unit = format!("ward-{}", self.tries).parse().unwrap();
                let name = "病棟".parse().unwrap();
                let mut profile = member.profile.clone();
                profile.version += 1;
                profile.units.push(NamedUnit { unit, name });
                let statement = world.by_institution(member, &profile);
                if world.try_append(&statement).is_ok() {
                    member.profile = Profile { ..profile };
                }
            }
            Step::RemoveTerminal(i) => {
                let statement = world.remove_terminal(&self.members[which(i)]);
                let _ = world.try_append(&statement);
            }
            Step::Rename(i) => {
                let record = &mut self.members[which(i)].record;
                record.version += 1;
                record.name = format!("改称{}", self.tries).parse().unwrap();
                world.append(&world.by_administrators(record));
            }
            Step::Restore(i) => {
                let member = &mut self.members[which(i)];
                member.key.seed = world.random.bytes();
                member.record.version += 1;
                member.record.key = Some(member.key.public());
                world.append(&world.by_administrators(&member.record));
            }
            Step::Rotate(i) => {
                let mut member = self.members[which(i)].clone();
                let statement = world.rotate_key_set(&mut member);
                if world.try_append(&statement).is_ok() {
                    self.members[which(i)] = member;
                }
            }
            Step::Stand(i, state) => {
                world.append(&world.standing(self.members[which(i)].id, state));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn a_history_replayed_is_the_history_lived(steps in steps()) {
        let world = Play::of(&steps).world;
        let all = leaves(&world);
        let chain = replay(&world, &all).unwrap();
        prop_assert_eq!(chain.directory(), world.directory());
        prop_assert_eq!((chain.next_number(), chain.head()), (world.chain.next_number(), world.chain.head()));
        let mut directory = Directory::new(world.origin.clone());
        for (index, leaf) in &all {
            let at = LogPosition::of_clear(leaf.number, *index, leaf.time);
            directory.apply(at, &leaf.parse_statement().unwrap()).unwrap();
        }
        // Only a whole chain knows the heads.
        directory.heads.clone_from(&world.directory().heads);
        prop_assert_eq!(&directory, world.directory());
    }
}
