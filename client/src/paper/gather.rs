//! The records of the office, first ones with what was recorded about them later.

use std::collections::BTreeMap;

use tsumugu_proto::v1;
use tsumugu_trust::directory::Directory;
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::seal::SealingIdentity;
use tsumugu_trust::statement::{AnyBody, Statement};
use tsumugu_trust::value::{Id, Time};

use super::Said;
use super::keep::{all, place};
use crate::failure::Failure;
use crate::identity::TerminalKeys;
use crate::letters::{NamedWorker, Unreadable, read_record};
use crate::outbox::{Command, entries};
use crate::vault::Vault;

/// One record, opened and checked.
#[derive(Debug, Clone)]
pub struct PaperRecord {
    /// Its id.
    pub id: Id,
    /// Its place in the log; none while it waits in this PC's outbox.
    pub at: Option<LogPosition>,
    /// When it was recorded, the recorder's word.
    pub recorded: Time,
    /// Who recorded it.
    pub worker: NamedWorker,
    /// What it says.
    pub said: Said,
}

/// Something that went past the exchange: the first record, and the later ones about it.
#[derive(Debug, Clone)]
pub struct Paper {
    first: PaperRecord,
    later: Vec<PaperRecord>,
}

/// What is known of the receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperState {
    /// Somebody there confirmed it (確認済).
    Confirmed,
    /// It went there, and nobody has confirmed that it arrived (未確認).
    Unconfirmed,
    /// Handed over in person, or received here: nothing is to be confirmed (記録).
    Recorded,
    /// A telephone call alone: by itself it delivers nothing (電話のみ; provisional, 暫定).
    CallOnly,
    /// Taken back (取消).
    Withdrawn,
}

/// A record that cannot be read here, with why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadPaper {
    /// Its id.
    pub id: Id,
    /// Its place in the log.
    pub at: Option<LogPosition>,
    /// The word of the check that failed.
    pub why: &'static str,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Papers {
    /// By the ids of the first records, which is the order of their making.
    pub papers: Vec<Paper>,
    /// Those that cannot be read here, or that are about a record that is not here.
    pub unread: Vec<UnreadPaper>,
}

impl PaperState {
    /// The word in `--json`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Unconfirmed => "unconfirmed",
            Self::Recorded => "recorded",
            Self::CallOnly => "call-only",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// In Japanese.
    #[must_use]
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Confirmed => "確認済",
            Self::Unconfirmed => "未確認",
            Self::Recorded => "記録",
            Self::CallOnly => "電話のみ（受け渡しになりません：暫定）",
            Self::Withdrawn => "取消",
        }
    }
}

impl Paper {
    /// The id of the first record.
    #[must_use]
    pub fn id(&self) -> Id {
        self.first.id
    }

    /// The first record.
    #[must_use]
    pub fn first(&self) -> &PaperRecord {
        &self.first
    }

    /// Everything that was recorded, in log order, what waits last.
    pub fn records(&self) -> impl Iterator<Item = &PaperRecord> {
        std::iter::once(&self.first).chain(&self.later)
    }

    /// What went, by the newest correction.
    #[must_use]
    pub fn contact(&self) -> &v1::Contact {
        static NOTHING: std::sync::LazyLock<v1::Contact> =
            std::sync::LazyLock::new(v1::Contact::default);
        let newest = self.later.iter().rev().chain([&self.first]);
        newest.filter_map(|record| record.said.contact()).next().unwrap_or(&NOTHING)
    }

    /// The case that it belongs to.
    #[must_use]
    pub fn case_id(&self) -> Option<Id> {
        self.contact().case_id.parse().ok()
    }

    /// How it went.
    #[must_use]
    pub fn means(&self) -> v1::Means {
        self.contact().means()
    }

    /// When it went.
    #[must_use]
    pub fn time(&self) -> Time {
        Time(self.contact().at_ms)
    }

    /// The first confirmation, as the first answer to a letter counts; later ones are shown, too. One
    /// before a correction of what went, to whom, how or when confirmed something else.
    #[must_use]
    pub fn confirmed(&self) -> Option<(&PaperRecord, &v1::Confirmation)> {
        let mut known = self.first.said.contact();
        let mut from = 0;
        for (at, record) in self.later.iter().enumerate() {
            let Some(corrected) = record.said.contact() else { continue };
            if !known.is_some_and(|known| is_one_delivery(known, corrected)) {
                from = at + 1;
            }
            known = Some(corrected);
        }
        let later = self.later.iter().skip(from);
        later.filter_map(|record| Some((record, record.said.confirmation()?))).next()
    }

    /// What is known of the receipt.
    #[must_use]
    pub fn state(&self) -> PaperState {
        let contact = self.contact();
        if self.later.iter().any(|record| record.said.withdrawal().is_some()) {
            return PaperState::Withdrawn;
        }
        match (contact.received, contact.means()) {
            (_, v1::Means::Call) => PaperState::CallOnly,
            (true, _) | (_, v1::Means::Visit | v1::Means::Hand) => PaperState::Recorded,
            _ if self.confirmed().is_some() => PaperState::Confirmed,
            _ => PaperState::Unconfirmed,
        }
    }

    /// Whether somebody still has to confirm that it arrived.
    #[must_use]
    pub fn is_unconfirmed(&self) -> bool {
        self.state() == PaperState::Unconfirmed
    }
}

/// Whether a correction leaves what went, to whom, how and when.
fn is_one_delivery(one: &v1::Contact, other: &v1::Contact) -> bool {
    let what = |contact: &v1::Contact| {
        let v1::Contact { institution, party, number, sheet, .. } = contact.clone();
        (institution, party, number, sheet, contact.means, contact.at_ms, contact.received)
    };
    what(one) == what(other)
}

impl Papers {
    /// Those of a case.
    pub fn of_case(&self, case_id: Id) -> impl Iterator<Item = &Paper> {
        self.papers.iter().filter(move |paper| paper.case_id() == Some(case_id))
    }

    /// Those that nobody has confirmed yet.
    pub fn unconfirmed(&self) -> impl Iterator<Item = &Paper> {
        self.papers.iter().filter(|paper| paper.is_unconfirmed())
    }
}

/// Reads every record that this PC has: from the log, and from its own outbox.
///
/// # Errors
/// The vault. A record that does not open or breaks a rule is no error; it stands in
/// [`Papers::unread`].
pub fn gather(
    vault: &Vault,
    directory: &Directory,
    keys: &TerminalKeys,
) -> Result<Papers, Failure> {
    let identities = keys.sealing_identities();
    let identities: Vec<&SealingIdentity> = identities.iter().map(|(_, one)| one).collect();
    let mut papers = Papers::default();
    let mut records: BTreeMap<Id, Vec<PaperRecord>> = BTreeMap::new();
    let mut take = |at: Option<LogPosition>, statement: &Statement, detail: &[u8]| {
        let AnyBody::OffSystem(lines) = &statement.body else { return };
        match read(directory, at, statement, detail, &identities) {
            Ok(record) => records.entry(lines.about.unwrap_or(lines.id)).or_default().push(record),
            Err(why) => papers.unread.push(UnreadPaper { id: lines.id, at, why }),
        }
    };
    for kept in all(vault)? {
        take(Some(kept.at), &kept.statement, &kept.detail);
    }
    for entry in entries(vault)? {
        let Command::OffSystem(record) = &entry.command else { continue };
        // Between the record and the end of its entry both are there.
        if entry.refused.is_some() || place(vault, record.message)?.is_some() {
            continue;
        }
        if let Ok(statement) = Statement::parse(record.statement()) {
            take(None, &statement, record.detail());
        }
    }
    for (id, mut of_one) in records {
        // What the log has stands by its place, what waits by its making.
        of_one.sort_by_key(|record| (record.at.unwrap_or(LogPosition::END), record.id));
        match of_one.iter().position(|record| record.id == id) {
            Some(place) => {
                let first = of_one.remove(place);
                papers.papers.push(Paper { first, later: of_one });
            }
            None => papers.unread.extend(of_one.into_iter().map(|record| UnreadPaper {
                id: record.id,
                at: record.at,
                why: "first-missing",
            })),
        }
    }
    Ok(papers)
}

fn read(
    directory: &Directory,
    at: Option<LogPosition>,
    statement: &Statement,
    detail: &[u8],
    identities: &[&SealingIdentity],
) -> Result<PaperRecord, &'static str> {
    let place = at.unwrap_or(LogPosition::END);
    let opened = read_record(directory, place, statement, detail, identities);
    let opened = opened.map_err(|why: Unreadable| why.word())?;
    let (lines, worker) = (opened.lines(), opened.worker().clone());
    let said = Said::check(opened.said().clone(), lines.about).map_err(|_| "malformed")?;
    Ok(PaperRecord { id: lines.id, at, recorded: lines.recorded, worker, said })
}
