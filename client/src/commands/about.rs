//! What a letter answers or passes on, as commands show it.

use serde::Serialize;
use tsumugu_trust::directory::Directory;
use tsumugu_trust::value::{Id, Time};

use super::shown::{ShownParty, ShownWorker};
use crate::jst;
use crate::letters::{About, OpenedLetter, passed_on};
use crate::messages::Sentence;
use crate::output::Page;

/// The message that a letter answers or passes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownAbout {
    /// Who sent it.
    pub from: ShownParty,
    /// Its id.
    pub id: String,
}

/// The letter that a letter passes on (取次).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownPassedOn {
    /// Who wrote it; nothing where it does not verify.
    pub from: Option<ShownParty>,
    /// The worker who wrote it.
    pub author: Option<ShownWorker>,
    /// When the exchange logged it (ISO 8601).
    pub accepted: Option<String>,
    /// What the one who passes it on adds.
    pub comment: Option<String>,
    /// The check that it failed.
    pub refused: Option<&'static str>,
    #[serde(skip)]
    at: Option<Time>,
}

impl ShownAbout {
    pub(super) fn of(directory: &Directory, about: About) -> Self {
        Self { from: ShownParty::of(directory, about.from), id: about.id.to_string() }
    }
}

impl ShownPassedOn {
    /// What a letter from `by` passes on, checked; nothing where it passes none on.
    pub(super) fn of(directory: &Directory, by: Id, letter: &OpenedLetter) -> Option<Self> {
        match passed_on(directory, by, letter) {
            Ok(None) => None,
            Ok(Some(one)) => Some(Self {
                from: Some(ShownParty::of(directory, one.envelope().from)),
                author: Some(one.letter().worker().into()),
                accepted: Some(jst::iso(one.at().time)),
                comment: Some(one.comment().to_owned()).filter(|comment| !comment.is_empty()),
                refused: None,
                at: Some(one.at().time),
            }),
            Err(bad) => Some(Self {
                from: None,
                author: None,
                accepted: None,
                comment: None,
                refused: Some(bad.word()),
                at: None,
            }),
        }
    }

    pub(super) fn rows(&self, page: &mut Page) {
        let (Some(from), Some(author)) = (&self.from, &self.author) else {
            page.say(&Sentence::new("open.passed-on-refused"));
            return;
        };
        let time = self.at.map(jst::show).unwrap_or_default();
        page.row(&format!("照会元 asked by: {}  {}  {time}", from.row(), author.row()));
        self.comment.iter().for_each(|said| page.row(&format!("取次 passed on with: {said}")));
        page.say(&Sentence::new("open.passed-on"));
    }
}
