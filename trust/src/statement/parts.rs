//! Values of several parts, and the words, that only statements have.

use std::sync::Arc;

use crate::hash::Hash;
use crate::note::VerifyingKey;
use crate::seal::SealingRecipient;
use crate::value::{Id, Key, Origin, Text, Unit, Value, words};

/// Parts separated by one space; only the last may hold spaces.
fn parts<const N: usize>(text: &str) -> Option<[&str; N]> {
    let mut split = text.splitn(N, ' ');
    let mut out = [""; N];
    for part in &mut out {
        *part = split.next()?;
    }
    Some(out)
}

/// An age recipient of type mlkem768x25519, as text that is known to parse.
#[derive(Debug, Clone)]
pub struct RecipientText {
    text: String,
    /// Read once: every letter is sealed to two of them.
    recipient: Arc<SealingRecipient>,
}

impl RecipientText {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The recipient.
    #[must_use]
    pub fn recipient(&self) -> SealingRecipient {
        (*self.recipient).clone()
    }
}

/// One recipient has one text.
impl PartialEq for RecipientText {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for RecipientText {}

impl From<&SealingRecipient> for RecipientText {
    fn from(recipient: &SealingRecipient) -> Self {
        Self { text: recipient.to_string(), recipient: Arc::new(recipient.clone()) }
    }
}

impl Value for RecipientText {
    fn encode(&self) -> String {
        self.text.clone()
    }
    fn decode(text: &str) -> Option<Self> {
        let recipient: SealingRecipient = text.parse().ok()?;
        let decoded = Self::from(&recipient);
        (decoded.text == text).then_some(decoded)
    }
}

/// A C2SP verifier key of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogKey(pub VerifyingKey);

impl Value for LogKey {
    fn encode(&self) -> String {
        self.0.to_string()
    }
    fn decode(text: &str) -> Option<Self> {
        let key: VerifyingKey = text.parse().ok()?;
        (key.to_string() == text && crate::value::Key(*key.public()).is_sound())
            .then_some(Self(key))
    }
}

/// An administrator in a trust list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administrator {
    /// Id.
    pub id: Id,
    /// Signature key.
    pub key: Key,
    /// Sealing recipient: opens invitations' secrets and backups, never a sheet.
    pub recipient: RecipientText,
}

impl Value for Administrator {
    fn encode(&self) -> String {
        format!("{} {} {}", self.id, self.key, self.recipient.as_str())
    }
    fn decode(text: &str) -> Option<Self> {
        let [id, key, recipient] = parts(text)?;
        Some(Self {
            id: Id::decode(id)?,
            key: Key::decode(key)?,
            recipient: RecipientText::decode(recipient)?,
        })
    }
}

/// A log that this one takes over from, where its leaves are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldLog {
    /// Its origin.
    pub origin: Origin,
    /// Its last known size.
    pub size: u64,
    /// Its root at that size.
    pub root: Hash,
}

impl Value for OldLog {
    fn encode(&self) -> String {
        format!("{} {} {}", self.origin, self.size, self.root.encode())
    }
    fn decode(text: &str) -> Option<Self> {
        let [origin, size, root] = parts(text)?;
        Some(Self {
            origin: Origin::decode(origin)?,
            size: u64::decode(size)?,
            root: Hash::decode(root)?,
        })
    }
}

/// Digest and length of bytes that travel beside a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BytesRef {
    /// SHA-256 of the bytes.
    pub digest: Hash,
    /// Their number.
    pub length: u64,
}

impl Value for BytesRef {
    fn encode(&self) -> String {
        format!("{} {}", self.digest.encode(), self.length)
    }
    fn decode(text: &str) -> Option<Self> {
        let [digest, length] = parts(text)?;
        Some(Self { digest: Hash::decode(digest)?, length: u64::decode(length)? })
    }
}

/// A sealed detail: what it commits to, and the sealed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DetailRef {
    /// Commitment to the plain detail.
    pub commitment: Hash,
    /// Digest and length of the sealed detail.
    pub sealed: BytesRef,
}

impl Value for DetailRef {
    fn encode(&self) -> String {
        format!("{} {}", self.commitment.encode(), self.sealed.encode())
    }
    fn decode(text: &str) -> Option<Self> {
        let [commitment, sealed] = parts(text)?;
        Some(Self { commitment: Hash::decode(commitment)?, sealed: BytesRef::decode(sealed)? })
    }
}

/// Where a letter goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The institution.
    pub institution: Id,
    /// Its unit.
    pub unit: Unit,
}

impl Value for Destination {
    fn encode(&self) -> String {
        format!("{} {}", self.institution, self.unit)
    }
    fn decode(text: &str) -> Option<Self> {
        let [institution, unit] = parts(text)?;
        Some(Self { institution: Id::decode(institution)?, unit: Unit::decode(unit)? })
    }
}

/// The key sets a body is sealed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySets {
    /// Digest of the sender's key-set statement.
    pub sender: Hash,
    /// Digest of the recipient's.
    pub recipient: Hash,
}

impl Value for KeySets {
    fn encode(&self) -> String {
        format!("{} {}", self.sender.encode(), self.recipient.encode())
    }
    fn decode(text: &str) -> Option<Self> {
        let [sender, recipient] = parts(text)?;
        Some(Self { sender: Hash::decode(sender)?, recipient: Hash::decode(recipient)? })
    }
}

/// A unit with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedUnit {
    /// The unit's id.
    pub unit: Unit,
    /// Its name for people, such as 地域連携室.
    pub name: Text,
}

impl Value for NamedUnit {
    fn encode(&self) -> String {
        format!("{} {}", self.unit, self.name)
    }
    fn decode(text: &str) -> Option<Self> {
        let [unit, name] = parts(text)?;
        Some(Self { unit: Unit::decode(unit)?, name: Text::decode(name)? })
    }
}

words! {
    /// A day of the week.
    Weekday {
        /// 月
        Monday = "mon",
        /// 火
        Tuesday = "tue",
        /// 水
        Wednesday = "wed",
        /// 木
        Thursday = "thu",
        /// 金
        Friday = "fri",
        /// 土
        Saturday = "sat",
        /// 日
        Sunday = "sun",
    }
}

/// Business hours on a day of the week (営業時間), Japan's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    /// The day.
    pub day: Weekday,
    /// Minutes after midnight when it opens.
    pub from: u16,
    /// Minutes after midnight when it closes; later than `from`, at most 24:00.
    pub until: u16,
}

impl Value for Hours {
    fn encode(&self) -> String {
        let clock = |m: u16| format!("{:02}:{:02}", m / 60, m % 60);
        format!("{} {}-{}", self.day, clock(self.from), clock(self.until))
    }
    fn decode(text: &str) -> Option<Self> {
        let [day, span] = parts(text)?;
        let (from, until) = span.split_once('-')?;
        let minutes = |t: &str| {
            let (h, m) = t.split_once(':')?;
            let (h, m): (u16, u16) = (h.parse().ok()?, m.parse().ok()?);
            (m < 60 && h <= 24 && h * 60 + m <= 24 * 60).then(|| h * 60 + m)
        };
        let hours =
            Self { day: Weekday::decode(day)?, from: minutes(from)?, until: minutes(until)? };
        (hours.from < hours.until && hours.encode() == text).then_some(hours)
    }
}

/// A calendar day of the years 1970 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day(pub jiff::civil::Date);

impl Value for Day {
    fn encode(&self) -> String {
        self.0.strftime("%Y-%m-%d").to_string()
    }
    fn decode(text: &str) -> Option<Self> {
        let day = Self(text.parse().ok()?);
        (day.0.year() >= 1970 && day.encode() == text).then_some(day)
    }
}

/// A file of a catalogue release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueFile {
    /// Name: `[a-z0-9._-]{1,64}`.
    pub name: String,
    /// Its bytes.
    pub content: BytesRef,
}

impl Value for CatalogueFile {
    fn encode(&self) -> String {
        format!("{} {}", self.name, self.content.encode())
    }
    fn decode(text: &str) -> Option<Self> {
        let [name, content] = parts(text)?;
        let good = |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase() || b"._-".contains(&b);
        let named = (1..=64).contains(&name.len()) && name.bytes().all(good);
        named.then_some(Self { name: name.to_owned(), content: BytesRef::decode(content)? })
    }
}

words! {
    /// Just `yes`.
    Yes {
        /// It is so.
        Yes = "yes",
    }
}
words! {
    /// Whether an institution takes part.
    StandingState {
        /// It does.
        Active = "active",
        /// It does not for now (停止).
        Suspended = "suspended",
    }
}
words! {
    /// Why a terminal was removed.
    RemovalReason {
        /// Put out of use.
        Retired = "retired",
        /// Lost or stolen: what it held may be read by others.
        Lost = "lost",
    }
}
words! {
    /// What an invitation is for.
    Purpose {
        /// A new member.
        Member = "member",
        /// A further administrator.
        Administrator = "administrator",
        /// A member that lost its keys.
        Restore = "restore",
    }
}
words! {
    /// Why an administrator closed an invitation.
    ClosedReason {
        /// The request was rejected.
        Rejected = "rejected",
        /// The invitation was withdrawn.
        Withdrawn = "withdrawn",
    }
}
words! {
    /// Why an invitation ended.
    EndedReason {
        /// It was used.
        Used = "used",
        /// It expired.
        Expired = "expired",
    }
}
words! {
    /// How soon a letter wants to be read.
    Urgency {
        /// In the ordinary course.
        Normal = "normal",
        /// At once (至急).
        Urgent = "urgent",
    }
}
words! {
    /// Why a letter was not delivered.
    UndeliveredReason {
        /// Nobody fetched it in time.
        Expired = "expired",
        /// The recipient left.
        Closed = "closed",
    }
}
words! {
    /// Why the exchange's copy was destroyed.
    DestroyedReason {
        /// The sender recalled it.
        Recalled = "recalled",
        /// Its retention time ended.
        Retention = "retention",
    }
}
words! {
    /// The recipient's answer (受領確認).
    Answer {
        /// 受領
        Acknowledged = "acknowledged",
        /// 受理できない, with a reason in the detail.
        Rejected = "rejected",
        /// 宛先違い
        NotForUs = "not-for-us",
        /// The letter did not open; made by the terminal, not by a person.
        Unreadable = "unreadable",
    }
}
words! {
    /// A legal hold.
    HoldState {
        /// Keep.
        On = "on",
        /// No longer.
        Off = "off",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_have_one_spelling_and_no_hour_is_too_large_to_read() {
        let good = "mon 09:00-24:00";
        assert_eq!(Hours::decode(good).map(|hours| hours.encode()).as_deref(), Some(good));
        for wrong in [
            "mon 9:00-18:00",
            "mon 18:00-09:00",
            "mon 00:00-24:01",
            "mon 00:00-65535:00",
            "mon +9:00-18:00",
        ] {
            assert_eq!(Hours::decode(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn days_are_of_the_same_years_as_times() {
        for good in ["1970-01-01", "2024-02-29", "9999-12-31"] {
            assert_eq!(Day::decode(good).map(|day| day.encode()).as_deref(), Some(good));
        }
        for wrong in ["0000-01-01", "1969-12-31", "10000-01-01", "2026-02-29", "2026-1-1"] {
            assert_eq!(Day::decode(wrong), None, "{wrong}");
        }
    }
}
