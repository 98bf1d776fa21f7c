//! One institution, as it is shown.

use serde::Serialize;
use tsumugu_trust::directory::{Directory, Member};
use tsumugu_trust::statement::{Hours, Institution, NamedUnit, StandingState};
use tsumugu_trust::value::{Id, InstitutionKind, Time};

use crate::hours::{self, OpenState};
use crate::messages::Sentence;
use crate::output::Page;

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
    /// City, town or district.
    pub town: Option<String>,
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
    /// Not a member: reached by FAX only.
    pub fax_only: bool,
    /// Its units.
    pub units: Vec<ListedUnit>,
    /// Business hours, as the institution says.
    pub hours: Vec<ListedHours>,
    /// Closing days beside those without hours (ISO 8601).
    pub closed: Vec<String>,
    /// Whether it is open now by its hours and closing days, holidays not regarded; nothing where it
    /// gives no hours.
    pub open: Option<bool>,
    /// Its earlier names and numbers, newest first.
    pub formerly: Vec<Named>,
    /// The institution it took over from.
    pub predecessor: Option<Named>,
    /// The institutions that took over from it.
    pub successors: Vec<Named>,
    #[serde(skip)]
    what: &'static str,
    #[serde(skip)]
    now: OpenState,
    #[serde(skip)]
    spans: Vec<Hours>,
}

/// A unit of an institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedUnit {
    /// Its id.
    pub unit: String,
    /// Its name.
    pub name: String,
}

/// Business hours on one day of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedHours {
    /// `mon` to `sun`.
    pub day: String,
    /// HH:MM, Japan's time.
    pub from: String,
    /// HH:MM, Japan's time; 24:00 is the end of the day.
    pub until: String,
}

/// An institution by number and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Number.
    pub number: String,
    /// Name.
    pub name: String,
}

impl From<&Institution> for Named {
    fn from(record: &Institution) -> Self {
        Self { number: record.number.to_string(), name: record.name.to_string() }
    }
}

impl From<&NamedUnit> for ListedUnit {
    fn from(unit: &NamedUnit) -> Self {
        Self { unit: unit.unit.to_string(), name: unit.name.to_string() }
    }
}

impl From<&Hours> for ListedHours {
    fn from(hours: &Hours) -> Self {
        let (from, until) = (hours::clock(hours.from), hours::clock(hours.until));
        Self { day: hours.day.to_string(), from, until }
    }
}

impl Listing {
    /// Nothing where it has no record.
    pub(super) fn of(directory: &Directory, member: &Member, now: Time) -> Option<Self> {
        let record = member.record()?;
        let suspended =
            member.standings.last().is_some_and(|s| s.body.state == StandingState::Suspended);
        let fax_only = record.key.is_none();
        let standing = match (suspended, fax_only) {
            (true, _) => "suspended",
            (false, true) => "fax-only",
            (false, false) => "active",
        };
        let profile = member.profile();
        let open = profile.map_or(OpenState::Unknown, |profile| hours::open_state(profile, now));
        let spans = profile.map_or(Vec::new(), |profile| profile.hours.clone());
        Some(Self {
            id: record.institution.to_string(),
            number: record.number.to_string(),
            name: record.name.to_string(),
            kana: record.kana.to_string(),
            town: record.town.as_ref().map(ToString::to_string),
            label: record.label.as_ref().map(ToString::to_string),
            kind: record.kind.to_string(),
            telephone: record.telephone.to_string(),
            fax: record.fax.as_ref().map(ToString::to_string),
            standing,
            fax_only,
            units: profile.map_or(Vec::new(), |p| p.units.iter().map(Into::into).collect()),
            hours: spans.iter().map(Into::into).collect(),
            closed: profile
                .map_or(Vec::new(), |p| p.closed.iter().map(|d| d.0.to_string()).collect()),
            open: open.is_open(),
            formerly: formerly(member, record),
            predecessor: record.predecessor.and_then(|id| named(directory, id)),
            successors: successors(directory, record.institution),
            what: InstitutionKind::japanese(record.kind),
            now: open,
            spans,
        })
    }

    /// Two or more lines.
    pub(in crate::commands) fn rows(&self, page: &mut Page) {
        let label = self.label.as_ref().map_or(String::new(), |label| format!("（{label}）"));
        page.row(&format!("{}  {}{label}（{}）", self.number, self.name, self.kana));
        let mut second = format!("    {}", self.what);
        if let Some(town) = &self.town {
            second.push_str(&format!("  {town}"));
        }
        second.push_str(&format!("  電話/tel {}", self.telephone));
        if let Some(fax) = &self.fax {
            second.push_str(&format!("  FAX {fax}"));
        }
        page.row(&second);
        if self.fax_only {
            let fax = self.fax.as_deref().unwrap_or("-");
            page.say(&Sentence::new("directory.fax-only").with("fax", fax));
        }
        if self.standing == "suspended" {
            page.say(&Sentence::new("directory.suspended"));
        }
        for unit in self.units.iter().filter(|unit| unit.unit != "main") {
            page.row(&format!("    {}  {}", unit.unit, unit.name));
        }
        self.business_rows(page);
        for former in &self.formerly {
            page.row(&format!("    旧 formerly: {}  {}", former.number, former.name));
        }
        if let Some(before) = &self.predecessor {
            page.row(&format!("    前身 took over from: {}  {}", before.number, before.name));
        }
        for after in &self.successors {
            page.row(&format!("    後継 taken over by: {}  {}", after.number, after.name));
        }
    }

    fn business_rows(&self, page: &mut Page) {
        if !self.spans.is_empty() {
            let hours = hours::week(&self.spans);
            page.row(&format!("    営業 hours: {hours}  {}", self.now));
        }
        if !self.closed.is_empty() {
            page.row(&format!("    休業 closed: {}", self.closed.join(", ")));
        }
    }
}

/// The names and numbers before the present ones, newest first, each once.
fn formerly(member: &Member, record: &Institution) -> Vec<Named> {
    let mut former: Vec<Named> = Vec::new();
    let present = Named::from(record);
    for earlier in member.records.iter().rev().map(|entry| Named::from(&entry.body)) {
        if earlier != present && !former.contains(&earlier) {
            former.push(earlier);
        }
    }
    former
}

fn named(directory: &Directory, id: Id) -> Option<Named> {
    directory.member(id).and_then(Member::record).map(Into::into)
}

fn successors(directory: &Directory, id: Id) -> Vec<Named> {
    let records = directory.members().filter_map(|(_, member)| member.record());
    records.filter(|record| record.predecessor == Some(id)).map(Into::into).collect()
}
