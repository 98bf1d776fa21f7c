//! `tsumugu directory`: the institutions, as the clear chain shows them.

use serde::Serialize;
use tsumugu_trust::directory::{Directory, Member, fold_name};
use tsumugu_trust::statement::{Institution, NamedUnit, StandingState};
use tsumugu_trust::value::InstitutionKind;

use crate::args::DirectoryArgs;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::jst;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};

/// Outcome of the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The institutions that fit, by number.
    pub institutions: Vec<Listing>,
    /// Whether the exchange was asked; else it is what this PC knew before.
    pub fresh: bool,
    /// Time of the last clear leaf (ISO 8601).
    pub until: Option<String>,
}

/// An institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listing {
    /// Id.
    pub id: String,
    /// Number.
    pub number: String,
    /// Name.
    pub name: String,
    /// Reading.
    pub kana: String,
    /// What tells it from a similar name.
    pub label: Option<String>,
    /// Kind, as a word.
    pub kind: String,
    /// Telephone.
    pub telephone: String,
    /// FAX.
    pub fax: Option<String>,
    /// `active`, `suspended` or `fax-only`.
    pub standing: &'static str,
    /// Its units.
    pub units: Vec<ListedUnit>,
    #[serde(skip)]
    what: &'static str,
}

/// A unit of an institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedUnit {
    /// Its id.
    pub unit: String,
    /// Its name.
    pub name: String,
}

/// Runs the command. Where the exchange is not reached it shows what this PC knows, and says so.
///
/// # Errors
/// The vault cannot be opened; an alarm.
pub async fn run(ctx: &Context, args: &DirectoryArgs) -> Result<Listed, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    let fresh = match session.sync().await {
        Ok(_) => true,
        Err(failure) if failure.exit() == Exit::Unreachable && session.chain().last().is_some() => {
            ctx.note(failure.sentence());
            ctx.note(&Sentence::new("directory.from-memory"));
            false
        }
        Err(failure) => return Err(failure),
    };
    let until = session.chain().last().map(|leaf| jst::iso(leaf.time));
    Ok(Listed { institutions: list(session.directory(), args.search.as_deref()), fresh, until })
}

/// The institutions that fit a search, by number.
pub(super) fn list(directory: &Directory, search: Option<&str>) -> Vec<Listing> {
    let mut listed: Vec<Listing> = directory
        .members()
        .filter_map(|(_, member)| Some(listing(member.record()?, member)))
        .filter(|listing| search.is_none_or(|search| listing.fits(search)))
        .collect();
    listed.sort_by(|a, b| a.number.cmp(&b.number));
    listed
}

fn listing(record: &Institution, member: &Member) -> Listing {
    let suspended =
        member.standings.last().is_some_and(|s| s.body.state == StandingState::Suspended);
    let standing = match (record.key, suspended) {
        (None, _) => "fax-only",
        (Some(_), true) => "suspended",
        (Some(_), false) => "active",
    };
    let unit =
        |unit: &NamedUnit| ListedUnit { unit: unit.unit.to_string(), name: unit.name.to_string() };
    Listing {
        id: record.institution.to_string(),
        number: record.number.to_string(),
        name: record.name.to_string(),
        kana: record.kana.to_string(),
        label: record.label.as_ref().map(ToString::to_string),
        kind: record.kind.to_string(),
        telephone: record.telephone.to_string(),
        fax: record.fax.as_ref().map(ToString::to_string),
        standing,
        units: member.profile().map_or(Vec::new(), |p| p.units.iter().map(unit).collect()),
        what: InstitutionKind::japanese(record.kind),
    }
}

impl Listing {
    /// Names are searched as they are told apart: width, case and small kana do not matter.
    fn fits(&self, search: &str) -> bool {
        let folded = fold_name(search);
        let within = |text: &str| fold_name(text).contains(&folded);
        self.number.contains(search.trim()) || within(&self.name) || within(&self.kana)
    }
}

impl Outcome for Listed {
    fn lines(&self, page: &mut Page) {
        if self.institutions.is_empty() {
            page.say(&Sentence::new("directory.nobody"));
        }
        self.institutions.iter().for_each(|listing| listing.rows(page));
    }
}

impl Listing {
    /// Two or more lines.
    pub(super) fn rows(&self, page: &mut Page) {
        let label = self.label.as_ref().map_or(String::new(), |label| format!("（{label}）"));
        page.row(&format!("{}  {}{label}（{}）", self.number, self.name, self.kana));
        let mut second = format!("    {}  電話/tel {}", self.what, self.telephone);
        if let Some(fax) = &self.fax {
            second.push_str(&format!("  FAX {fax}"));
        }
        page.row(&second);
        match self.standing {
            "suspended" => page.say(&Sentence::new("directory.suspended")),
            "fax-only" => page.say(&Sentence::new("directory.fax-only")),
            _ => {}
        }
        for unit in self.units.iter().filter(|unit| unit.unit != "main") {
            page.row(&format!("    {}  {}", unit.unit, unit.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use tsumugu_trust::testing::World;

    use super::*;
    use crate::testing::Home;

    #[test]
    fn names_are_found_however_they_are_typed() {
        let mut world = World::new(7);
        world.admit("医療法人社団 架空中央病院", InstitutionKind::Hospital);
        let care = world.admit("ケアプラン・カクウ", InstitutionKind::CareOffice);
        world.append(&world.standing(care.id, StandingState::Suspended));
        let found = |search| {
            let listed = list(world.directory(), search);
            listed.iter().map(|listing| listing.number.clone()).collect::<Vec<_>>()
        };
        assert_eq!(found(None), ["1270000001", "1270000002"]);
        assert_eq!(found(Some("架空中央")), ["1270000001"]);
        assert_eq!(found(Some("ｹｱﾌﾟﾗﾝかくう")), ["1270000002"]);
        assert_eq!(found(Some("00002")), ["1270000002"]);
        assert!(found(Some("どこにもない")).is_empty());
        let home = Home::at(0);
        let institutions = list(world.directory(), None);
        home.ctx.outcome(&Listed { institutions, fresh: true, until: None }).unwrap();
        insta::assert_snapshot!(home.out.take());
    }
}
