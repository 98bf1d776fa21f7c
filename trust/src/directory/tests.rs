//! Each rule of `docs/FORMATS.md`, section 2.2, broken alone.

use super::*;
use crate::leaf::LogPosition;
use crate::statement::Statement;
use crate::testing::{TestInstitution, World};
use crate::value::InstitutionKind;

mod administrators;
mod chain;
mod institutions;
mod private;
mod requests;
mod terminals;

/// A hospital and a care office under one administrator.
fn pair() -> (World, TestInstitution, TestInstitution) {
    let mut world = World::new(1);
    let hospital = world.admit("流山総合病院", InstitutionKind::Hospital);
    let office = world.admit("つむぐ居宅介護支援事業所", InstitutionKind::CareOffice);
    (world, hospital, office)
}

/// Why the next clear leaf is refused. A refusal must change nothing.
fn refusal(world: &mut World, statement: &Statement) -> Refusal {
    let before = world.directory().clone();
    let Err(ChainAlarm::Rule { source, .. }) = world.try_append(statement) else {
        panic!("it was accepted: {}", statement.text());
    };
    assert_eq!(*world.directory(), before);
    source
}

fn is_continuity(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Continuity(_))
}

/// A place after everything that is in the log.
fn now(world: &World) -> LogPosition {
    world.next_position()
}
