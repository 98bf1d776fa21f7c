//! `tsumugu directory`: the institutions, as the clear chain shows them.

mod listing;
mod search;

use serde::Serialize;
use tsumugu_trust::directory::Directory;
use tsumugu_trust::value::Time;

use crate::args::DirectoryArgs;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::jst;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::session::{Purpose, Session};

pub use listing::{ListedHours, ListedUnit, Listing, Named};
pub(super) use search::Query;

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
    let institutions = list(session.directory(), &Query::of(args), ctx.now());
    Ok(Listed { institutions, fresh, until })
}

/// The institutions that fit, by number; `now` says which of them are open.
pub(super) fn list(directory: &Directory, query: &Query, now: Time) -> Vec<Listing> {
    let mut listed: Vec<Listing> = directory
        .members()
        .filter_map(|(_, member)| Listing::of(directory, member, now))
        .filter(|listing| query.fits(listing))
        .collect();
    listed.sort_by(|a, b| a.number.cmp(&b.number));
    listed
}

impl Outcome for Listed {
    fn lines(&self, page: &mut Page) {
        if self.institutions.is_empty() {
            page.say(&Sentence::new("directory.nobody"));
        }
        self.institutions.iter().for_each(|listing| listing.rows(page));
    }
}

#[cfg(test)]
mod tests;
