//! What a record may say, checked before anything of it is shown or signed.

use tsumugu_catalogue::{FilledForm, Format};
use tsumugu_proto::v1;
use tsumugu_proto::v1::off_system::Said as Raw;
use tsumugu_trust::value::{Id, Telephone, Text, Value};

use super::limits::{MAX_NOTE, MAX_PAGES, MAX_SHEET, MAX_STEP};
use crate::messages::visible;
use crate::releases::Catalogues;

/// The last time that can be shown: the end of the year 9999.
const LAST: u64 = 253_402_300_799_999;

/// What a record says, by the rules. Only [`Said::check`] makes it.
#[derive(Clone, PartialEq)]
pub struct Said(Raw);

/// A record breaks a rule: nothing is shown of it, and nothing signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the off-system record is malformed: {0}")]
pub struct BadRecord(pub &'static str);

impl Said {
    /// Checks what a record says; `about` is the statement's line.
    ///
    /// # Errors
    /// [`BadRecord`]
    pub fn check(said: v1::OffSystem, about: Option<Id>) -> Result<Self, BadRecord> {
        let said = said.said.ok_or(BadRecord("an unknown kind"))?;
        let is_first = match &said {
            Raw::Contact(contact) => check_contact(contact).map(|()| true)?,
            Raw::Correction(contact) => check_contact(contact).map(|()| false)?,
            Raw::Confirmation(confirmation) => check_confirmation(confirmation).map(|()| false)?,
            Raw::Withdrawal(reason) => {
                need(!reason.is_empty() && is_note(reason), "the reason").map(|()| false)?
            }
        };
        need(is_first == about.is_none(), "what it is about")?;
        Ok(Self(said))
    }

    /// As it travels.
    #[must_use]
    pub fn record(&self) -> v1::OffSystem {
        v1::OffSystem { said: Some(self.0.clone()) }
    }

    /// What went, of a first record or a correction.
    #[must_use]
    pub fn contact(&self) -> Option<&v1::Contact> {
        match &self.0 {
            Raw::Contact(contact) | Raw::Correction(contact) => Some(contact),
            _ => None,
        }
    }

    /// Who confirmed the receipt.
    #[must_use]
    pub fn confirmation(&self) -> Option<&v1::Confirmation> {
        match &self.0 {
            Raw::Confirmation(confirmation) => Some(confirmation),
            _ => None,
        }
    }

    /// Why the first record was taken back.
    #[must_use]
    pub fn withdrawal(&self) -> Option<&str> {
        match &self.0 {
            Raw::Withdrawal(reason) => Some(reason),
            _ => None,
        }
    }

    /// `contact`, `correction`, `confirmation` or `withdrawal`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match &self.0 {
            Raw::Contact(_) => "contact",
            Raw::Correction(_) => "correction",
            Raw::Confirmation(_) => "confirmation",
            Raw::Withdrawal(_) => "withdrawal",
        }
    }
}

/// Shows nobody's data.
impl std::fmt::Debug for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Said").field(&self.word()).finish()
    }
}

/// The word of a means in the command line and in `--json`.
#[must_use]
pub fn means_word(means: v1::Means) -> &'static str {
    match means {
        v1::Means::Unspecified => "unknown",
        v1::Means::Fax => "fax",
        v1::Means::Post => "post",
        v1::Means::Hand => "hand",
        v1::Means::Visit => "visit",
        v1::Means::Call => "call",
        v1::Means::Mail => "mail",
        v1::Means::Other => "other",
    }
}

/// A means in Japanese.
#[must_use]
pub fn means_japanese(means: v1::Means) -> &'static str {
    match means {
        v1::Means::Unspecified => "不明",
        v1::Means::Fax => "FAX",
        v1::Means::Post => "郵送",
        v1::Means::Hand => "手渡し",
        v1::Means::Visit => "訪問・面談",
        v1::Means::Call => "電話",
        v1::Means::Mail => "電子メール",
        v1::Means::Other => "その他",
    }
}

/// The sheet of a contact, in the version that it was written with; nothing where there is none, or of a
/// form that no catalogue here knows.
#[must_use]
pub fn sheet_of(catalogues: &Catalogues, contact: &v1::Contact) -> Option<FilledForm> {
    catalogues.parse(&contact.sheet, Format::Json).ok()
}

fn check_contact(contact: &v1::Contact) -> Result<(), BadRecord> {
    need(contact.case_id.is_empty() || contact.case_id.parse::<Id>().is_ok(), "the case")?;
    need(is_known(contact.means), "the means")?;
    let institution = &contact.institution;
    need(institution.is_empty() || institution.parse::<Id>().is_ok(), "the institution")?;
    need(is_text(&contact.party), "the other party")?;
    let number = &contact.number;
    need(number.is_empty() || Telephone::decode(number).is_some(), "the number")?;
    need(contact.unit.is_empty() || is_text(&contact.unit), "the unit")?;
    need(contact.at_ms <= LAST && contact.answer_by_ms <= LAST, "the time")?;
    need(contact.attachments <= MAX_PAGES, "the attachments")?;
    need(contact.step.is_empty() || is_step(&contact.step), "the step")?;
    need(contact.pages <= MAX_PAGES, "the pages")?;
    need(contact.sheet.len() <= MAX_SHEET, "the sheet")?;
    need(is_note(&contact.note), "the note")
}

fn check_confirmation(confirmation: &v1::Confirmation) -> Result<(), BadRecord> {
    need(is_text(&confirmation.name), "the name")?;
    need(confirmation.role.is_empty() || is_text(&confirmation.role), "the role")?;
    need(confirmation.at_ms <= LAST, "the time")?;
    need(is_known(confirmation.means), "the means")?;
    need(is_note(&confirmation.note), "the note")
}

fn is_known(means: i32) -> bool {
    v1::Means::try_from(means).is_ok_and(|means| means != v1::Means::Unspecified)
}

fn is_text(text: &str) -> bool {
    Text::decode(text).is_some()
}

/// Lines of characters that a screen shows as they are; may be empty.
fn is_note(note: &str) -> bool {
    note.len() <= MAX_NOTE && note.chars().all(|c| c == '\n' || visible(c) == c)
}

fn is_step(step: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    step.len() <= MAX_STEP && step.bytes().all(plain)
}

fn need(good: bool, rule: &'static str) -> Result<(), BadRecord> {
    if good { Ok(()) } else { Err(BadRecord(rule)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;

    const ID: &str = "0190f3c1000070008000000000000001";

    fn contact() -> v1::Contact {
        v1::Contact {
            case_id: ID.to_owned(),
            means: v1::Means::Fax.into(),
            party: "かげろう薬局".to_owned(),
            at_ms: 1,
            ..v1::Contact::default()
        }
    }

    fn is_good(change: impl FnOnce(&mut v1::Contact)) -> bool {
        let mut contact = contact();
        change(&mut contact);
        let said = |said| v1::OffSystem { said: Some(said) };
        let first = Said::check(said(Raw::Contact(contact.clone())), None).is_ok();
        let about = Some(ID.parse().unwrap());
        assert_eq!(Said::check(said(Raw::Correction(contact.clone())), about).is_ok(), first);
        // One that is about another is no first one, and the other way round.
        assert!(Said::check(said(Raw::Contact(contact.clone())), about).is_err());
        assert!(Said::check(said(Raw::Correction(contact)), None).is_err());
        first
    }

    #[test]
    fn limits_of_a_contact_hold_at_their_edges() {
        assert!(is_good(|_| {}));
        assert!(is_good(|c| c.case_id.clear()) && !is_good(|c| c.case_id.push('0')));
        assert!(!is_good(|c| c.means = 0) && !is_good(|c| c.means = 8) && is_good(|c| c.means = 7));
        assert!(!is_good(|c| c.party.clear()) && !is_good(|c| c.party = "\u{202e}".into()));
        assert!(
            is_good(|c| c.number = "04-7000-0400".into()) && !is_good(|c| c.number = "x".into())
        );
        assert!(is_good(|c| c.at_ms = LAST) && !is_good(|c| c.at_ms = LAST + 1));
        assert!(is_good(|c| c.step = "a".repeat(MAX_STEP)));
        assert!(
            !is_good(|c| c.step = "a".repeat(MAX_STEP + 1)) && !is_good(|c| c.step = "A".into())
        );
        assert!(is_good(|c| c.pages = MAX_PAGES) && !is_good(|c| c.pages = MAX_PAGES + 1));
        assert!(is_good(|c| c.sheet = vec![0; MAX_SHEET].into()));
        assert!(!is_good(|c| c.sheet = vec![0; MAX_SHEET + 1].into()));
        assert!(
            is_good(|c| c.note = "x".repeat(MAX_NOTE)) && is_good(|c| c.note = "一\n二".into())
        );
        assert!(
            !is_good(|c| c.note = "x".repeat(MAX_NOTE + 1))
                && !is_good(|c| c.note = "\u{1b}".into())
        );
    }

    #[test]
    fn a_confirmation_names_somebody_and_a_withdrawal_says_why() {
        let about = Some(ID.parse().unwrap());
        let check = |said| Said::check(v1::OffSystem { said: Some(said) }, about).is_ok();
        let confirmed = |name: &str, means: v1::Means| {
            check(Raw::Confirmation(v1::Confirmation {
                name: name.into(),
                means: means.into(),
                ..v1::Confirmation::default()
            }))
        };
        assert!(confirmed("山田 純", v1::Means::Call));
        assert!(!confirmed("", v1::Means::Call) && !confirmed("山田 純", v1::Means::Unspecified));
        assert!(
            check(Raw::Withdrawal("番号違い".into())) && !check(Raw::Withdrawal(String::new()))
        );
        assert!(Said::check(v1::OffSystem::default(), about).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(said) = v1::OffSystem::decode(&bytes[..]) {
                let _ = Said::check(said.clone(), None);
                let _ = Said::check(said, Some(Id([1; 16])));
            }
        }
    }
}
