//! Whom a letter goes to: numbers become institutions and units.

use tsumugu_trust::directory::Directory;
use tsumugu_trust::statement::Destination;
use tsumugu_trust::value::Unit;

use crate::args::RecipientArg;
use crate::commands::shown::ShownParty;
use crate::failure::Failure;

/// Most recipients of one send (`SendRequest`).
pub(super) const MAX_RECIPIENTS: usize = 16;

/// An institution and unit that can receive.
#[derive(Debug, Clone)]
pub(super) struct Recipient {
    pub(super) destination: Destination,
    pub(super) party: ShownParty,
}

/// Finds every recipient; `unit` is for those that name none. A unit that the institution does not have is found here too.
///
/// # Errors
/// `recipient.unknown`, `recipient.fax-only`, `server.recipient-inactive`, `recipient.unknown-unit`;
/// `recipient.twice`; `command.usage` for too many.
pub(super) fn resolve(
    directory: &Directory,
    named: &[RecipientArg],
    unit: Option<&Unit>,
) -> Result<Vec<Recipient>, Failure> {
    if named.len() > MAX_RECIPIENTS {
        return Err(Failure::usage(&format!("--to: {MAX_RECIPIENTS}")));
    }
    let mut found: Vec<Recipient> = Vec::with_capacity(named.len());
    for one in named {
        let recipient = recipient(directory, one, unit)?;
        if found.iter().any(|known| known.destination == recipient.destination) {
            return Err(Failure::new("recipient.twice").with("number", &one.number));
        }
        found.push(recipient);
    }
    Ok(found)
}

fn recipient(
    directory: &Directory,
    named: &RecipientArg,
    unit: Option<&Unit>,
) -> Result<Recipient, Failure> {
    let number = named.number.as_str();
    let unknown = || Failure::unknown_recipient(number);
    let institution = directory.by_number(&named.number).ok_or_else(unknown)?;
    let member = directory.member(institution).ok_or_else(unknown)?;
    let record = member.record().ok_or_else(unknown)?;
    if record.fax_only.is_some() {
        return Err(Failure::fax_only_recipient(number));
    }
    if !member.is_active() {
        return Err(Failure::new("server.recipient-inactive"));
    }
    let units = member.profile().map(|profile| profile.units.as_slice()).unwrap_or_default();
    let unit = named.unit.as_ref().or(unit).cloned().unwrap_or_else(Unit::main);
    if !units.iter().any(|known| known.unit == unit) {
        let known: Vec<String> =
            units.iter().map(|one| format!("{} {}", one.unit, one.name)).collect();
        let failure = Failure::new("recipient.unknown-unit").with("number", number);
        return Err(failure.with("unit", unit).with("units", known.join(" / ")));
    }
    let destination = Destination { institution, unit };
    Ok(Recipient { destination, party: ShownParty::of(directory, institution) })
}

#[cfg(test)]
mod tests {
    use tsumugu_trust::testing::World;
    use tsumugu_trust::value::InstitutionKind;

    use super::*;

    #[test]
    fn recipients_are_members_with_that_unit() {
        let mut world = World::new(1);
        let hospital = world.admit("架空中央病院", InstitutionKind::Hospital);
        let number = hospital.record.number.as_str();
        let key = |named: &[&str]| {
            let named: Vec<RecipientArg> = named.iter().map(|one| one.parse().unwrap()).collect();
            resolve(world.directory(), &named, None).map(|found| found.len()).map_err(|e| e.key())
        };
        assert_eq!(key(&[number]), Ok(1));
        assert_eq!(key(&[&format!("{number}/main")]), Ok(1));
        assert_eq!(key(&[&format!("{number}/ward-9")]), Err("recipient.unknown-unit"));
        assert_eq!(key(&["9999999999"]), Err("recipient.unknown"));
        assert_eq!(key(&[number, number]), Err("recipient.twice"));
        let many: Vec<&str> = vec!["9999999999"; MAX_RECIPIENTS + 1];
        assert_eq!(key(&many), Err("command.usage"));
        assert_eq!(key(&many[1..]), Err("recipient.unknown"));
    }
}
