//! Whom a letter goes to: numbers become institutions and units.

use tsumugu_trust::directory::Directory;
use tsumugu_trust::statement::Destination;
use tsumugu_trust::value::{Id, Unit};

use crate::args::RecipientArg;
use crate::commands::shown::ShownParty;
use crate::failure::Failure;

/// Most recipients of one send (`SendRequest`).
pub(in crate::commands) const MAX_RECIPIENTS: usize = 16;

/// An institution and unit that can receive.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Recipient {
    pub(in crate::commands) destination: Destination,
    pub(in crate::commands) party: ShownParty,
}

/// Whom a send reaches, and how.
#[derive(Debug, Clone, Default)]
pub(in crate::commands) struct Resolved {
    /// Through the exchange.
    pub(in crate::commands) members: Vec<Recipient>,
    /// By FAX only: they have not joined.
    pub(in crate::commands) by_fax: Vec<FaxRecipient>,
}

/// An entry of the register that is reached by FAX.
#[derive(Debug, Clone)]
pub(in crate::commands) struct FaxRecipient {
    pub(in crate::commands) institution: Id,
    pub(in crate::commands) party: ShownParty,
    pub(in crate::commands) fax: String,
}

enum Found {
    Member(Recipient),
    ByFax(FaxRecipient),
}

/// Finds every recipient; `unit` is for those that name none. A unit that the institution does not have is found here too.
///
/// # Errors
/// `recipient.unknown`, `server.recipient-inactive`, `recipient.unknown-unit`;
/// `recipient.twice`; `command.usage` for too many.
pub(in crate::commands) fn resolve(
    directory: &Directory,
    named: &[RecipientArg],
    unit: Option<&Unit>,
) -> Result<Resolved, Failure> {
    if named.len() > MAX_RECIPIENTS {
        return Err(Failure::usage(&format!("--to: {MAX_RECIPIENTS}")));
    }
    let mut found = Resolved::default();
    for one in named {
        let twice = || Failure::new("recipient.twice").with("number", &one.number);
        match recipient(directory, one, unit)? {
            Found::Member(to) => {
                if found.members.iter().any(|known| known.destination == to.destination) {
                    return Err(twice());
                }
                found.members.push(to);
            }
            Found::ByFax(to) => {
                if found.by_fax.iter().any(|known| known.institution == to.institution) {
                    return Err(twice());
                }
                found.by_fax.push(to);
            }
        }
    }
    Ok(found)
}

fn recipient(
    directory: &Directory,
    named: &RecipientArg,
    unit: Option<&Unit>,
) -> Result<Found, Failure> {
    let number = named.number.as_str();
    let unknown = || Failure::unknown_recipient(number);
    let institution = directory.by_number(&named.number).ok_or_else(unknown)?;
    let member = directory.member(institution).ok_or_else(unknown)?;
    let record = member.record().ok_or_else(unknown)?;
    if record.fax_only.is_some() {
        let unknown_unit = || Failure::new("recipient.unknown-unit").with("number", number);
        if let Some(unit) = named.unit.as_ref().filter(|unit| unit.as_str() != "main") {
            // It has no profile: whom the paper is for is written on it by hand.
            return Err(unknown_unit().with("unit", unit).with("units", "main"));
        }
        let fax = record.fax.as_ref().ok_or_else(unknown)?.to_string();
        let party = ShownParty::of(directory, institution);
        return Ok(Found::ByFax(FaxRecipient { institution, party, fax }));
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
    let party = ShownParty::of(directory, institution);
    Ok(Found::Member(Recipient { destination, party }))
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
            resolve(world.directory(), &named, None)
                .map(|found| found.members.len())
                .map_err(|e| e.key())
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
