//! The record file of a case (情報提供・受領記録のファイル): what the printed record says, as data
//! (`docs/FORMATS.md`, section 7.1).
//!
//! One JSON document with its fields in one order, two spaces of indentation and a line feed at the
//! end. A reader takes it apart, writes it again and compares: so one content is one file, and one
//! digest.

use serde::{Deserialize, Serialize};
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::sheet_code::SheetCode;

/// The first field of every record file.
pub const FORMAT: &str = "tsumugu/v1/record";

/// Longest record file, in bytes: some thousand letters.
pub const MAX_RECORD: usize = 8 * 1_024 * 1_024;

/// A record file that breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRecord {
    /// It is longer than [`MAX_RECORD`].
    #[error("the record file is too long")]
    TooLong,
    /// It is no such document, or not written in the one way that there is.
    #[error("this is no record file, or it was changed")]
    Form,
}

/// What is known of a case: times are ISO 8601 with Japan's offset, ids and digests hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseRecord {
    /// [`FORMAT`].
    pub format: String,
    /// The exchange whose log it speaks of.
    pub exchange: Exchange,
    /// Whose record it is.
    pub office: PartyName,
    /// The case.
    pub case: CaseName,
    /// When it was written, by that PC's clock.
    pub made: String,
    /// The admission, in the office's own word; nothing where it recorded none.
    pub admission: Option<Admission>,
    /// What the times show of 入院時情報連携加算; nothing without an admission.
    pub class: Option<Class>,
    /// The letters, in log order.
    pub deliveries: Vec<Delivery>,
    /// What did not go through the exchange: the office's own word.
    pub off_system: Vec<OffSystemItem>,
    /// What is missing, in Japanese.
    pub missing: Vec<String>,
}

/// An exchange.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// The log's origin.
    pub origin: String,
    /// Root fingerprint (根の指紋).
    pub root: String,
}

/// An institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyName {
    /// Number.
    pub number: String,
    /// Name.
    pub name: String,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseName {
    /// Id.
    pub id: String,
    /// How the office calls it; empty where the office began none.
    pub label: String,
}

/// An admission, as the office or a notice says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admission {
    /// Day, or day and time, in Japan.
    pub at: String,
    /// Whose word: `office`, or `letter` where the newest notice of admission says so.
    pub word: String,
    /// Whether it was planned, where that is known.
    pub planned: Option<bool>,
    /// When the office learnt of it.
    pub learnt: Option<String>,
    /// From whom, in Japanese.
    pub learnt_from: Option<String>,
    /// The office's business hours, as its profile gave them when this was written.
    pub hours: String,
}

/// What the times show, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// `1`, `2`, `past`, `month-used`, `not-covered`; nothing while nothing was sent.
    pub class: Option<String>,
    /// The rule set, such as R6.
    pub rule_set: String,
    /// Last day of (Ⅰ).
    pub class_1_last_day: String,
    /// Last day of (Ⅱ).
    pub class_2_last_day: String,
    /// Why, in Japanese.
    pub reason: String,
    /// Whether no official paper confirms all of it (暫定).
    pub provisional: bool,
}

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// Whether the office sent it.
    pub sent: bool,
    /// The sender's institution id.
    pub from: String,
    /// The message.
    pub message: String,
    /// The other institution.
    pub other: PartyName,
    /// The recipient's unit, by name; empty for `main`.
    pub unit: String,
    /// Title of the form.
    pub title: String,
    /// Id and version of the form.
    pub form: String,
    /// Which edition of the sheet: 1, and one more with each correction (第n版).
    pub edition: u32,
    /// Who wrote it: name and role.
    pub author: String,
    /// Digest of the envelope: what the log fixes of it.
    pub envelope: String,
    /// Digest that commits to the letter's content.
    pub content: String,
    /// `current`, `superseded` or `withdrawn`.
    pub validity: String,
    /// What happened, in log order; the first is its acceptance.
    pub events: Vec<Event>,
    /// The answer that counts.
    pub answer: Option<Receipt>,
    /// Whether it gives the information of 入院時情報連携加算.
    pub is_admission_info: bool,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// `accepted`, `fetched`, `opened`, an answer and so on.
    pub what: String,
    /// When the exchange logged it: the exchange's word.
    pub logged: String,
    /// When by the PC of the one who signed it, where it says so.
    pub said: Option<String>,
    /// Index of its leaf in the log (記録番号).
    pub index: u64,
    /// The institution whose terminal signed it; nothing for the exchange's own word.
    pub by: Option<PartyName>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// `acknowledged`, `rejected`, `not-for-us` or `unreadable`.
    pub answer: String,
    /// When the exchange logged it.
    pub logged: String,
    /// Index of its leaf.
    pub index: u64,
    /// Who answered: name and role.
    pub who: Option<String>,
    /// What the worker said.
    pub comment: Option<String>,
}

/// A FAX, visit, call or post: the office's own word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OffSystemItem {
    /// Whether it came to the office; else the office sent it.
    pub received: bool,
    /// By which means, in Japanese.
    pub means: String,
    /// When, as typed by a worker.
    pub at: String,
    /// To or with whom.
    pub other: String,
    /// What, in Japanese.
    pub what: String,
    /// `confirmed`, `unconfirmed`, `recorded` (in person, or received here) or `call-only`.
    pub state: String,
    /// Who received it, as the office says.
    pub received_by: Option<String>,
    /// When that was confirmed, as typed by a worker.
    pub confirmed: Option<String>,
    /// Who recorded it.
    pub recorded_by: String,
    /// Index of its leaf; the log fixes when the office said so, not that it is true.
    pub index: Option<u64>,
}

/// A record as a file, with what stands on paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The file's bytes.
    pub file: Vec<u8>,
    /// SHA-256 of the file.
    pub digest: Hash,
    /// The verification code of that digest.
    pub code: SheetCode,
}

impl CaseRecord {
    /// The record as a file.
    #[must_use]
    pub fn account(&self) -> Account {
        let mut file = serde_json::to_vec_pretty(self).unwrap_or_default();
        file.push(b'\n');
        let digest = sha256(&[&file]);
        Account { file, digest, code: SheetCode::of(digest) }
    }

    /// Reads a file that [`Self::account`] made.
    ///
    /// # Errors
    /// [`BadRecord`]
    pub fn parse(bytes: &[u8]) -> Result<Self, BadRecord> {
        if bytes.len() > MAX_RECORD {
            return Err(BadRecord::TooLong);
        }
        let record: Self = serde_json::from_slice(bytes).map_err(|_| BadRecord::Form)?;
        let is_canonical = record.format == FORMAT && record.account().file == bytes;
        if is_canonical { Ok(record) } else { Err(BadRecord::Form) }
    }
}

impl Delivery {
    /// When the exchange accepted it.
    #[must_use]
    pub fn accepted(&self) -> Option<&Event> {
        self.events.iter().find(|event| event.what == "accepted")
    }

    /// The title with its edition, where there are several.
    #[must_use]
    pub fn titled(&self) -> String {
        if self.edition > 1 {
            format!("{}(第{}版)", self.title, self.edition)
        } else {
            self.title.clone()
        }
    }

    /// Whether a person of the other side confirmed receipt (受領確認).
    #[must_use]
    pub fn is_acknowledged(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.answer == "acknowledged")
    }

    /// The other institution with its unit.
    #[must_use]
    pub fn other_unit(&self) -> String {
        if self.unit.is_empty() {
            self.other.name.clone()
        } else {
            format!("{}{}", self.other.name, self.unit)
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A case with a sheet in two editions, the first unanswered, and a FAX.
    pub(crate) fn example() -> CaseRecord {
        let party =
            |number: &str, name: &str| PartyName { number: number.into(), name: name.into() };
        let hospital = party("1217000001", "流山つむぐ病院");
        let office = party("1277000002", "ケアプランいとぐるま");
        let event = |what: &str, logged: &str, index, by: Option<&PartyName>| Event {
            what: what.into(),
            logged: logged.into(),
            said: by.map(|_| logged.into()),
            index,
            by: by.cloned(),
        };
        let delivery = |edition, events, answer, validity: &str| Delivery {
            sent: true,
            from: "11".repeat(16),
            message: format!("{edition:032x}"),
            other: hospital.clone(),
            unit: "地域連携室".into(),
            title: "入院時情報提供書".into(),
            form: "mhlw-admission-info-r6 1".into(),
            edition,
            author: "佐藤 健（介護支援専門員）".into(),
            envelope: "ab".repeat(32),
            content: "cd".repeat(32),
            validity: validity.into(),
            events,
            answer,
            is_admission_info: true,
        };
        let first = vec![
            event("accepted", "2026-01-30T11:00:00+09:00", 18, Some(&office)),
            event("fetched", "2026-01-30T11:02:00+09:00", 19, None),
            event("superseded", "2026-01-30T14:05:00+09:00", 21, Some(&office)),
        ];
        let second = vec![
            event("accepted", "2026-01-30T14:05:00+09:00", 21, Some(&office)),
            event("fetched", "2026-01-30T14:06:00+09:00", 22, None),
            event("opened", "2026-01-30T14:20:00+09:00", 23, Some(&hospital)),
            event("acknowledged", "2026-01-30T14:22:00+09:00", 24, Some(&hospital)),
        ];
        let answer = Receipt {
            answer: "acknowledged".into(),
            logged: "2026-01-30T14:22:00+09:00".into(),
            index: 24,
            who: Some("田中 由美（MSW）".into()),
            comment: Some("病棟へ共有します".into()),
        };
        CaseRecord {
            format: FORMAT.into(),
            exchange: Exchange { origin: "exchange.example".into(), root: "0f".repeat(32) },
            office: office.clone(),
            case: CaseName { id: "22".repeat(16), label: "架空 花子さま".into() },
            made: "2026-02-02T09:00:00+09:00".into(),
            admission: Some(Admission {
                at: "2026-01-30T07:40:00+09:00".into(),
                word: "office".into(),
                planned: Some(false),
                learnt: Some("2026-01-30T08:10:00+09:00".into()),
                learnt_from: Some("本人・家族".into()),
                hours: "月～金 09:00-18:00".into(),
            }),
            class: Some(Class {
                class: Some("1".into()),
                rule_set: "R6".into(),
                class_1_last_day: "2026-01-30".into(),
                class_2_last_day: "2026-02-01".into(),
                reason: "入院日のうちに送っています。".into(),
                provisional: true,
            }),
            deliveries: vec![
                delivery(1, first, None, "superseded"),
                delivery(2, second, Some(answer), "current"),
            ],
            off_system: vec![OffSystemItem {
                received: false,
                means: "FAX".into(),
                at: "2026-01-30T15:00:00+09:00".into(),
                other: "はた訪問看護ステーション".into(),
                what: "入院の連絡".into(),
                state: "unconfirmed".into(),
                received_by: None,
                confirmed: None,
                recorded_by: "佐藤 健（介護支援専門員）".into(),
                index: Some(30),
            }],
            missing: vec!["FAX（はた訪問看護ステーション）の受領確認がありません。".into()],
        }
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let record = example();
        let account = record.account();
        assert_eq!(CaseRecord::parse(&account.file).unwrap(), record);
        let text = String::from_utf8(account.file.clone()).unwrap();
        for spoilt in [
            text.trim_end().to_owned(),
            format!("{text}\n"),
            text.replacen("  \"format\"", " \"format\"", 1),
            text.replacen("tsumugu/v1/record", "tsumugu/v2/record", 1),
            text.replacen("\"made\":", "\"more\": 1,\n  \"made\":", 1),
            text.replacen("佐藤", "\\u4f50藤", 1),
            String::new(),
            "{}".to_owned(),
        ] {
            assert_eq!(CaseRecord::parse(spoilt.as_bytes()), Err(BadRecord::Form), "{spoilt}");
        }
        let other = text.replacen("14:22", "14:23", 1);
        let other = CaseRecord::parse(other.as_bytes()).unwrap().account();
        assert_ne!((other.digest, other.code), (account.digest, account.code));
    }

    #[test]
    fn the_limit_holds_at_its_edge() {
        let mut record = example();
        let room = MAX_RECORD - record.account().file.len();
        record.case.label.push_str(&"x".repeat(room));
        let file = record.account().file;
        assert_eq!(file.len(), MAX_RECORD);
        assert!(CaseRecord::parse(&file).is_ok());
        record.case.label.push('x');
        assert_eq!(CaseRecord::parse(&record.account().file), Err(BadRecord::TooLong));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(CaseRecord::parse(&bytes).is_err());
        }

        #[test]
        fn a_changed_byte_is_refused_or_changes_the_code(at in 0_usize..4_000, to: u8) {
            let account = example().account();
            let mut file = account.file.clone();
            let at = at % file.len();
            if file[at] != to {
                file[at] = to;
                if let Ok(record) = CaseRecord::parse(&file) {
                    prop_assert_ne!(record.account().code, account.code);
                }
            }
        }
    }
}
