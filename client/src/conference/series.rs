//! The invitations of one conference, in their versions, with the answers.

use std::collections::BTreeMap;

use tsumugu_trust::state::Validity;
use tsumugu_trust::value::Id;

use super::letter::{ConferenceLetter, Invitation, Reply, Status};

/// A conference as its letters tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conference {
    /// Who invites.
    pub from: Id,
    /// The case; the first invitation's message where the letters name none.
    pub key: Id,
    /// Whether `key` is a case.
    pub is_case: bool,
    /// 1, 2, …: conferences of the same case by the same institution.
    pub number: usize,
    /// Oldest first; never empty.
    pub versions: Vec<Version>,
    /// In log order.
    pub replies: Vec<Answered>,
}

/// A version: invitations of the same text to different institutions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// 1, 2, …
    pub number: usize,
    /// In log order; never empty.
    pub invitations: Vec<Invitation>,
}

/// An answer, and what it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub reply: Reply,
    /// Number of the version that it answers.
    pub version: usize,
    /// Whether that institution was sent a newer version.
    pub to_older: bool,
    /// Whether that institution answered again later.
    pub superseded: bool,
}

impl Conference {
    /// The version that counts.
    #[must_use]
    pub fn newest(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// The newest invitation to an institution.
    #[must_use]
    pub fn newest_to(&self, institution: Id) -> Option<(&Version, &Invitation)> {
        self.versions.iter().rev().find_map(|version| {
            let invitation = version.to(institution)?;
            Some((version, invitation))
        })
    }

    /// Whether a message is one of its invitations or answers.
    #[must_use]
    pub fn has(&self, (from, id): (Id, Id)) -> bool {
        let mut invitations = self.versions.iter().flat_map(|version| &version.invitations);
        invitations.any(|one| (one.about.from, one.about.id) == (from, id))
            || self.replies.iter().any(|one| (one.reply.from, one.reply.id) == (from, id))
    }

    /// Institutions that were sent the version that counts, and have not answered it.
    #[must_use]
    pub fn unanswered(&self) -> Vec<Id> {
        let Some(newest) = self.newest().filter(|v| v.status() != Status::Cancelled) else {
            return Vec::new();
        };
        let answered = |id: Id| {
            let of = |one: &&Answered| one.reply.from == id && one.version == newest.number;
            self.replies.iter().any(|one| of(&one))
        };
        let invited = newest.invitations.iter().map(|one| one.to.institution);
        invited.filter(|id| !answered(*id)).collect()
    }

    fn answers_before(&mut self, reply: Reply) {
        let version = self.versions.iter().find(|version| {
            let is_it = |one: &Invitation| one.about == reply.about;
            version.invitations.iter().any(|one| is_it(one) && one.to.institution == reply.from)
        });
        let Some(version) = version.map(|version| version.number) else { return };
        let newest = self.newest_to(reply.from).map(|(newest, _)| newest.number);
        let to_older = newest.is_some_and(|newest| version < newest);
        for earlier in self.replies.iter_mut().filter(|one| one.reply.from == reply.from) {
            earlier.superseded = true;
        }
        self.replies.push(Answered { reply, version, to_older, superseded: false });
    }
}

impl Version {
    /// What it says of the conference.
    #[must_use]
    pub fn status(&self) -> Status {
        self.invitations.first().map_or(Status::Scheduling, |one| one.status)
    }

    /// The invitation to an institution.
    #[must_use]
    pub fn to(&self, institution: Id) -> Option<&Invitation> {
        self.invitations.iter().find(|one| one.to.institution == institution)
    }

    /// Any of its invitations: they say the same.
    #[must_use]
    pub fn text(&self) -> Option<&Invitation> {
        self.invitations.first()
    }
}

/// The conferences that letters tell of, by the place of their first invitation in the log.
///
/// Invitations of one institution for one case are one conference, until it was cancelled or is past;
/// then the next 日程調整 or 決定 begins another. Invitations that were taken back do not count. An
/// answer counts when it is by the institution that was invited, and names that invitation's envelope.
#[must_use]
pub fn conferences(letters: Vec<ConferenceLetter>) -> Vec<Conference> {
    let (mut invitations, mut replies) = (Vec::new(), Vec::new());
    for letter in letters {
        match letter {
            ConferenceLetter::Invitation(one) if one.validity != Validity::Withdrawn => {
                invitations.push(one);
            }
            ConferenceLetter::Invitation(_) => {}
            ConferenceLetter::Reply(one) => replies.push(one),
        }
    }
    invitations.sort_by_key(|one| one.index);
    replies.sort_by_key(|one| one.index);
    let mut open: BTreeMap<(Id, Id), Vec<Conference>> = BTreeMap::new();
    for invitation in invitations {
        let key = invitation.case.unwrap_or(invitation.about.id);
        let known = open.entry((invitation.about.from, key)).or_default();
        let number = known.len() + 1;
        match known.last_mut().filter(|last| !begins_another(last, &invitation)) {
            Some(last) => add(last, invitation),
            None => known.push(Conference {
                from: invitation.about.from,
                key,
                is_case: invitation.case.is_some(),
                number,
                versions: vec![Version { number: 1, invitations: vec![invitation] }],
                replies: Vec::new(),
            }),
        }
    }
    let mut found: Vec<Conference> = open.into_values().flatten().collect();
    let first = |one: &Conference| {
        let invitations = one.versions.iter().flat_map(|version| &version.invitations);
        invitations.map(|invitation| invitation.index).min()
    };
    found.sort_by_key(first);
    for reply in replies {
        let about = (reply.about.from, reply.about.id);
        if let Some(conference) = found.iter_mut().find(|one| one.has(about)) {
            conference.answers_before(reply);
        }
    }
    found
}

fn begins_another(last: &Conference, next: &Invitation) -> bool {
    let Some(newest) = last.newest() else { return true };
    let is_new = matches!(next.status, Status::Scheduling | Status::Decided);
    let held_at = newest.text().and_then(|text| text.held_at);
    let is_over = held_at.is_some_and(|held_at| held_at < next.composed);
    // The same cancellation or invitation to one more institution belongs to the version.
    let is_same = newest.text().is_some_and(|text| text.body == next.body);
    is_new && !is_same && (newest.status() == Status::Cancelled || is_over)
}

fn add(conference: &mut Conference, invitation: Invitation) {
    let number = conference.versions.len() + 1;
    match conference.versions.last_mut() {
        Some(last)
            if last.text().is_some_and(|text| text.body == invitation.body)
                && last.to(invitation.to.institution).is_none() =>
        {
            last.invitations.push(invitation);
        }
        _ => conference.versions.push(Version { number, invitations: vec![invitation] }),
    }
}

#[cfg(test)]
mod tests {
    use tsumugu_trust::hash::Hash;
    use tsumugu_trust::statement::Destination;
    use tsumugu_trust::value::{Time, Unit};

    use super::super::letter::Attendance;
    use super::*;
    use crate::letters::About;

    const HOSPITAL: Id = Id([1; 16]);
    const OFFICE: Id = Id([2; 16]);
    const STATION: Id = Id([3; 16]);
    const CASE: Id = Id([9; 16]);

    fn about(index: u8) -> About {
        About { from: HOSPITAL, id: Id([index; 16]), envelope: Hash([index; 32]) }
    }

    fn invites(index: u8, to: Id, status: Status, held_at: Option<u64>) -> ConferenceLetter {
        ConferenceLetter::Invitation(Invitation {
            about: about(index),
            to: Destination { institution: to, unit: Unit::main() },
            case: Some(CASE),
            composed: Time(u64::from(index)),
            index: u64::from(index),
            status,
            held_at: held_at.map(Time),
            place: None,
            candidates: Vec::new(),
            agenda: None,
            body: format!("{status:?} {held_at:?}").into_bytes(),
            validity: Validity::Current,
            answer: None,
        })
    }

    fn answers(index: u8, from: Id, to: u8) -> ConferenceLetter {
        ConferenceLetter::Reply(Reply {
            from,
            id: Id([index; 16]),
            about: about(to),
            index: u64::from(index),
            logged: Time(u64::from(index)),
            attendance: Attendance::Attends,
            candidates: Vec::new(),
            people: Vec::new(),
            comment: None,
            worker: (String::new(), String::new()),
        })
    }

    fn one(letters: Vec<ConferenceLetter>) -> Conference {
        let mut found = conferences(letters);
        assert_eq!(found.len(), 1);
        found.remove(0)
    }

    #[test]
    fn the_same_text_to_several_is_one_version_and_a_move_is_the_next() {
        let found = one(vec![
            invites(1, OFFICE, Status::Decided, Some(100)),
            invites(2, STATION, Status::Decided, Some(100)),
            invites(3, OFFICE, Status::Changed, Some(200)),
        ]);
        let sizes: Vec<_> = found.versions.iter().map(|one| one.invitations.len()).collect();
        assert_eq!(sizes, [2, 1]);
        assert_eq!(found.newest().unwrap().number, 2);
        assert_eq!(found.newest_to(STATION).unwrap().0.number, 1);
        assert_eq!(found.unanswered(), [OFFICE]);
    }

    #[test]
    fn an_answer_to_an_older_version_is_marked_and_a_later_answer_takes_its_place() {
        let letters = vec![
            invites(1, OFFICE, Status::Decided, Some(100)),
            invites(2, STATION, Status::Decided, Some(100)),
            invites(3, OFFICE, Status::Changed, Some(200)),
            answers(4, OFFICE, 1),
            // Nobody sent the station the change: its answer is to the newest that it has.
            answers(5, STATION, 2),
            answers(6, OFFICE, 3),
            // Not the one who was invited.
            answers(7, STATION, 3),
        ];
        let found = one(letters);
        let told: Vec<_> = found
            .replies
            .iter()
            .map(|one| (one.reply.from, one.version, one.to_older, one.superseded))
            .collect();
        let expected =
            [(OFFICE, 1, true, true), (STATION, 1, false, false), (OFFICE, 2, false, false)];
        assert_eq!(told, expected);
        assert_eq!(found.unanswered(), []);
    }

    #[test]
    fn after_a_cancellation_or_a_past_one_another_begins() {
        let numbers = |letters| {
            conferences(letters)
                .iter()
                .map(|one| (one.number, one.versions.len()))
                .collect::<Vec<_>>()
        };
        let cancelled = vec![
            invites(1, OFFICE, Status::Decided, Some(100)),
            invites(2, OFFICE, Status::Cancelled, Some(100)),
            invites(3, OFFICE, Status::Scheduling, None),
        ];
        assert_eq!(numbers(cancelled), [(1, 2), (2, 1)]);
        let past = vec![
            invites(1, OFFICE, Status::Decided, Some(4)),
            invites(5, OFFICE, Status::Decided, Some(100)),
        ];
        assert_eq!(numbers(past), [(1, 1), (2, 1)]);
        let moved_afterwards = vec![
            invites(1, OFFICE, Status::Decided, Some(4)),
            invites(5, OFFICE, Status::Changed, Some(100)),
        ];
        assert_eq!(numbers(moved_afterwards), [(1, 2)]);
    }

    #[test]
    fn what_was_taken_back_does_not_count_and_a_wrong_digest_answers_nothing() {
        let mut withdrawn = invites(2, OFFICE, Status::Changed, Some(200));
        if let ConferenceLetter::Invitation(one) = &mut withdrawn {
            one.validity = Validity::Withdrawn;
        }
        let mut forged = answers(4, OFFICE, 1);
        if let ConferenceLetter::Reply(one) = &mut forged {
            one.about.envelope = Hash([8; 32]);
        }
        let found = one(vec![invites(1, OFFICE, Status::Decided, Some(100)), withdrawn, forged]);
        assert_eq!((found.versions.len(), found.replies.len()), (1, 0));
    }
}
