use tsumugu_trust::statement::{Day, Hours, Institution, NamedUnit, Profile, StandingState, Yes};
use tsumugu_trust::testing::World;
use tsumugu_trust::value::{InstitutionKind, Value};

use super::*;
use crate::testing::Home;

/// Sunday, 22 November 2026, 10:00 in Japan.
const SUNDAY: Time = Time(1_795_309_200_000);

/// A hospital with units and hours, a suspended care office, a FAX-only clinic that was renamed.
fn world() -> World {
    let mut world = World::new(7);
    let hospital = world.admit("医療法人社団 架空中央病院", InstitutionKind::Hospital);
    let profile = Profile {
        institution: hospital.id,
        version: 2,
        units: ["main 代表", "ward-3 ３階病棟"].map(|u| NamedUnit::decode(u).unwrap()).to_vec(),
        hours: ["mon 08:30-17:30", "sun 09:00-12:00"].map(|h| Hours::decode(h).unwrap()).to_vec(),
        closed: vec![Day::decode("2026-12-31").unwrap()],
    };
    world.append(&world.by_institution(&hospital, &profile));
    let care = world.admit("ケアプラン・カクウ", InstitutionKind::CareOffice);
    world.append(&world.standing(care.id, StandingState::Suspended));
    let mut clinic = world.new_institution("一宮医院", InstitutionKind::Clinic).record;
    clinic.kana = "いちのみやいいん".parse().unwrap();
    clinic.town = Some("流山市平和台".parse().unwrap());
    clinic.fax = Some("04-7000-0999".parse().unwrap());
    clinic.predecessor = Some(care.id);
    (clinic.key, clinic.fax_only, clinic.invitation) = (None, Some(Yes::Yes), None);
    world.append(&world.by_administrators(&clinic));
    let renamed = Institution { version: 2, name: "ガーデン医院".parse().unwrap(), ..clinic };
    world.append(&world.by_administrators(&renamed));
    world
}

fn found(world: &World, args: &DirectoryArgs) -> Vec<String> {
    let listed = list(world.directory(), &Query::of(args), SUNDAY);
    listed.iter().map(|listing| listing.number[7..].to_owned()).collect()
}

#[test]
fn institutions_are_found_however_they_are_typed() {
    let world = world();
    let words = |text: &str| {
        let query = text.split(' ').map(str::to_owned).collect();
        found(&world, &DirectoryArgs { query, ..DirectoryArgs::default() })
    };
    assert_eq!(words(""), ["001", "002", "003"]);
    for (typed, fits) in [
        ("架空中央", "001"),
        ("ｹｱﾌﾟﾗﾝかくう", "002"),
        ("けあふらん", "002"),
        ("カーテン", "003"),
        ("ｶﾞｰﾃﾞﾝ", "003"),
        ("いちのみや", "003"),
        ("一宮", "003"),
        ("一", "003"),
        ("平和台", "003"),
        ("医療法人", "001"),
        ("00002", "002"),
        ("００００２", "002"),
        ("0999", "003"),
        ("(04)7000-0999", "003"),
        ("医院 平和台", "003"),
    ] {
        assert_eq!(words(typed), [fits], "{typed}");
    }
    for nobody in ["どこにもない", "架空 平和台", "77", "()"] {
        assert!(words(nobody).is_empty(), "{nobody}");
    }
}

#[test]
fn the_list_is_narrowed_by_what_they_are() {
    let world = world();
    let by = |change: fn(&mut DirectoryArgs)| {
        let mut args = DirectoryArgs::default();
        change(&mut args);
        found(&world, &args)
    };
    assert_eq!(by(|args| args.kind = vec![InstitutionKind::Hospital]), ["001"]);
    let two = vec![InstitutionKind::Hospital, InstitutionKind::Clinic];
    assert_eq!(found(&world, &DirectoryArgs { kind: two, ..Default::default() }), ["001", "003"]);
    assert_eq!(by(|args| args.members = true), ["001", "002"]);
    assert_eq!(by(|args| args.fax_only = true), ["003"]);
    assert_eq!(by(|args| args.unit = Some("ward-3".into())), ["001"]);
    assert_eq!(by(|args| args.unit = Some("ward".into())), [""; 0]);
    assert_eq!(by(|args| args.unit = Some("3階".into())), ["001"]);
    assert_eq!(by(|args| args.town = Some("ﾅｶﾞﾚﾔﾏ".into())), [""; 0]);
    assert_eq!(by(|args| args.town = Some("流山市".into())), ["003"]);
}

#[test]
fn the_list_reads_well() {
    let home = Home::at(SUNDAY.0);
    let institutions = list(world().directory(), &Query::default(), SUNDAY);
    assert_eq!(institutions[0].open, Some(true));
    assert_eq!((institutions[1].open, institutions[2].open), (None, None));
    home.ctx.outcome(&Listed { institutions, fresh: true, until: None }).unwrap();
    insta::assert_snapshot!(home.out.take());
}
