//! The values of statement lines: each type has one spelling, and nothing else is read.
//!
//! Source: `docs/FORMATS.md`, section 1.

use std::fmt;
use std::str::FromStr;

use unicode_normalization::is_nfc;

use crate::hash::Hash;

/// Longest text value, in bytes of UTF-8.
pub const MAX_TEXT: usize = 400;
/// Longest origin, in bytes.
pub const MAX_ORIGIN: usize = 100;

/// One value of a line, or one part of a value.
pub trait Value: Sized {
    /// The one spelling.
    fn encode(&self) -> String;
    /// Reads exactly what [`Value::encode`] writes; `None` for everything else.
    fn decode(text: &str) -> Option<Self>;
}

/// 128 bits that name an institution, administrator, terminal, worker, invitation or message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub [u8; 16]);

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u64);

/// An Ed25519 public key (RFC 8032).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub [u8; 32]);

/// A text for people: NFC, visible, at most [`MAX_TEXT`] bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(String);

/// The log's origin: a schemeless URL, and the prefix of every key name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

/// A telephone or FAX number (電話番号).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Telephone(String);

/// An institution's number: 医療機関コード or 介護事業所番号 (10 digits), or given by the administrators.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstitutionNumber(String);

/// A unit of an institution, such as `main` or a ward.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit(String);

impl Unit {
    /// The unit that every institution has.
    #[must_use]
    pub fn main() -> Self {
        Self("main".into())
    }
}

impl Origin {
    /// The DNS name at its beginning: the name in the exchange's TLS certificate.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.split('/').next().unwrap_or(&self.0)
    }

    /// The name of a holder's signature key: `ORIGIN/<role>/<id>`.
    #[must_use]
    pub fn key_name(&self, role: Role, id: Id) -> String {
        format!("{}/{}/{id}", self.0, role.word())
    }
}

/// Who holds a signature key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// An administrator (管理者).
    Administrator,
    /// An institution (機関).
    Institution,
    /// A terminal, one PC (端末).
    Terminal,
    /// A worker (職員).
    Worker,
}

impl Role {
    /// The word in key names.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Institution => "institution",
            Self::Terminal => "terminal",
            Self::Worker => "worker",
        }
    }
}

/// Makes an enum whose variants are the words of a line.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $( $(#[$vmeta:meta])* $variant:ident = $word:literal ),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $( $(#[$vmeta])* $variant ),* }

        impl $name {
            /// Every one, in the order of the page.
            pub const ALL: &'static [Self] = &[$( Self::$variant ),*];
            /// The word in statements.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $( Self::$variant => $word ),* }
            }
        }

        impl $crate::value::Value for $name {
            fn encode(&self) -> String { self.word().to_owned() }
            fn decode(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word() == text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.word()) }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::value::NotAValue;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                <Self as $crate::value::Value>::decode(text).ok_or($crate::value::NotAValue)
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What an institution is (機関の種別).
    InstitutionKind {
        /// 病院
        Hospital = "hospital",
        /// 診療所
        Clinic = "clinic",
        /// 居宅介護支援事業所
        CareOffice = "care-office",
        /// 地域包括支援センター
        CommunitySupport = "community-support",
        /// 訪問看護
        VisitingNurse = "visiting-nurse",
        /// 薬局
        Pharmacy = "pharmacy",
        /// 施設
        Facility = "facility",
        /// 消防
        FireService = "fire-service",
        /// 市町村
        Municipality = "municipality",
        /// 医師会など
        Association = "association",
        /// The exchange's own institution, for test letters.
        Exchange = "exchange",
    }
}

impl InstitutionKind {
    /// The Japanese name.
    #[must_use]
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Hospital => "病院",
            Self::Clinic => "診療所",
            Self::CareOffice => "居宅介護支援事業所",
            Self::CommunitySupport => "地域包括支援センター",
            Self::VisitingNurse => "訪問看護",
            Self::Pharmacy => "薬局",
            Self::Facility => "施設",
            Self::FireService => "消防",
            Self::Municipality => "市町村",
            Self::Association => "医師会など",
            Self::Exchange => "交換所",
        }
    }
}

impl Id {
    /// A message id made at `time` (UUIDv7, RFC 9562 section 5.7).
    ///
    /// `random` are the ten bytes whose lower 74 bits the format leaves free.
    #[must_use]
    pub fn for_message(time: Time, random: &[u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(time.0, random).into_uuid().into_bytes())
    }

    /// The time in a message id; `None` when it is not a UUIDv7.
    #[must_use]
    pub fn message_time(&self) -> Option<Time> {
        let uuid = uuid::Uuid::from_bytes(self.0);
        let standard = uuid.get_variant() == uuid::Variant::RFC4122;
        if !standard || uuid.get_version_num() != 7 {
            return None;
        }
        let mut ms = [0; 8];
        ms[2..].copy_from_slice(&self.0[..6]);
        Some(Time(u64::from_be_bytes(ms)))
    }
}

/// The text is not in the one spelling of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not in the form that docs/FORMATS.md section 1 has")]
pub struct NotAValue;

// === impl Value ===

impl Value for Id {
    fn encode(&self) -> String {
        hex::encode(self.0)
    }
    fn decode(text: &str) -> Option<Self> {
        lower_hex(text).map(Self)
    }
}

impl Value for Key {
    fn encode(&self) -> String {
        hex::encode(self.0)
    }
    fn decode(text: &str) -> Option<Self> {
        lower_hex(text).map(Self).filter(Self::is_sound)
    }
}

impl Key {
    /// Whether the bytes are the one encoding of a point that can be somebody's key.
    ///
    /// Under a point of small order a signature can be made that fits every text, so its holder could
    /// deny everything; a second encoding of a point is another key to some libraries and the same to
    /// others (RFC 8032, section 5.1.3 and 5.1.7 leave both to the verifier).
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let point = curve25519_dalek::edwards::CompressedEdwardsY(self.0).decompress();
        point.is_some_and(|point| !point.is_small_order() && point.compress().0 == self.0)
    }
}

impl Value for Hash {
    fn encode(&self) -> String {
        hex::encode(self.0)
    }
    fn decode(text: &str) -> Option<Self> {
        lower_hex(text).map(Self)
    }
}

impl Value for u64 {
    fn encode(&self) -> String {
        self.to_string()
    }
    fn decode(text: &str) -> Option<Self> {
        let value: Self = text.parse().ok()?;
        (value < 1 << 63 && value.to_string() == text).then_some(value)
    }
}

impl Value for Time {
    fn encode(&self) -> String {
        // Years to 9999 only: decode refuses the rest, and clocks beyond are refused before signing.
        let ms = i64::try_from(self.0).unwrap_or(i64::MAX).min(253_402_300_799_999);
        let moment = EPOCH.saturating_add(jiff::SignedDuration::from_millis(ms));
        moment.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
    }
    fn decode(text: &str) -> Option<Self> {
        if text.len() != 24 {
            return None;
        }
        // Not a `Timestamp`: those end a day before the year 9999 does.
        let moment: jiff::civil::DateTime = text.strip_suffix('Z')?.parse().ok()?;
        let time = Self(u64::try_from(moment.duration_since(EPOCH).as_millis()).ok()?);
        (time.encode() == text).then_some(time)
    }
}

/// What [`Time`] counts from, in UTC.
const EPOCH: jiff::civil::DateTime = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);

impl Value for Text {
    fn encode(&self) -> String {
        self.0.clone()
    }
    fn decode(text: &str) -> Option<Self> {
        is_text(text).then(|| Self(text.to_owned()))
    }
}

impl Value for Origin {
    fn encode(&self) -> String {
        self.0.clone()
    }
    fn decode(text: &str) -> Option<Self> {
        is_origin(text).then(|| Self(text.to_owned()))
    }
}

impl Value for Telephone {
    fn encode(&self) -> String {
        self.0.clone()
    }
    fn decode(text: &str) -> Option<Self> {
        let (first, rest) = text.split_at_checked(1)?;
        let first_ok = first == "+" || first.bytes().all(|b| b.is_ascii_digit());
        let rest_ok = rest.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        (first_ok && rest_ok && (2..=19).contains(&rest.len())).then(|| Self(text.to_owned()))
    }
}

impl Value for InstitutionNumber {
    fn encode(&self) -> String {
        self.0.clone()
    }
    fn decode(text: &str) -> Option<Self> {
        let good = |b: u8| b.is_ascii_digit() || b.is_ascii_uppercase();
        let first = text.bytes().next().is_some_and(good);
        (first && text.len() <= 20 && text.bytes().all(|b| good(b) || b == b'-'))
            .then(|| Self(text.to_owned()))
    }
}

impl Value for Unit {
    fn encode(&self) -> String {
        self.0.clone()
    }
    fn decode(text: &str) -> Option<Self> {
        let good = |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase() || b == b'-';
        ((1..=32).contains(&text.len()) && text.bytes().all(good)).then(|| Self(text.to_owned()))
    }
}

/// Display, Debug and FromStr of the types whose spelling is [`Value::encode`].
macro_rules! spelled {
    ($($name:ident),*) => { $(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.encode()) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.encode()) }
        }
        impl FromStr for $name {
            type Err = NotAValue;
            fn from_str(text: &str) -> Result<Self, NotAValue> { Self::decode(text).ok_or(NotAValue) }
        }
    )* };
}
spelled!(Id, Time, Key, Text, Origin, Telephone, InstitutionNumber, Unit);

/// The text inside.
macro_rules! textual {
    ($($name:ident),*) => { $(
        impl $name {
            /// As text.
            #[must_use]
            pub fn as_str(&self) -> &str { &self.0 }
        }
    )* };
}
textual!(Text, Origin, Telephone, InstitutionNumber, Unit);

pub(crate) fn lower_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let lower = text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    let mut out = [0; N];
    (lower && hex::decode_to_slice(text, &mut out).is_ok()).then_some(out)
}

/// Characters of texts (`docs/FORMATS.md`, section 1): blocks whose normal forms and case no later
/// version of Unicode changes, and no place that was still free in Unicode 14, so that every program
/// at every time agrees on what is well formed and on how names fold.
const CHARACTERS: &[(char, char)] = &[
    (' ', '~'),
    ('\u{a1}', '\u{ac}'),
    ('\u{ae}', '\u{17f}'),
    ('Α', 'Ρ'),
    ('Σ', 'Ω'),
    ('α', 'ω'),
    ('А', 'я'),
    ('\u{2010}', '\u{2027}'),
    ('\u{2030}', '\u{205e}'),
    ('\u{2100}', '\u{218b}'),
    ('\u{2190}', '\u{23ff}'),
    ('\u{2460}', '\u{26ff}'),
    ('\u{3000}', '\u{303f}'),
    ('\u{3041}', '\u{3096}'),
    ('\u{3099}', '\u{30ff}'),
    ('\u{31f0}', '\u{321e}'),
    ('\u{3220}', '\u{33ff}'),
    ('\u{3400}', '\u{4dbf}'),
    ('\u{4e00}', '\u{9fff}'),
    ('\u{f900}', '\u{fa6d}'),
    ('\u{ff01}', '\u{ff9f}'),
    ('\u{ffe0}', '\u{ffe6}'),
    ('\u{20000}', '\u{2a6df}'),
    ('\u{2a700}', '\u{2b738}'),
    ('\u{2b740}', '\u{2b81d}'),
    ('\u{2b820}', '\u{2cea1}'),
    ('\u{2ceb0}', '\u{2ebe0}'),
    ('\u{2f800}', '\u{2fa1d}'),
    ('\u{30000}', '\u{3134a}'),
    ('\u{e0100}', '\u{e01ef}'),
];

fn is_text(text: &str) -> bool {
    let known = |c: char| CHARACTERS.iter().any(|(first, last)| (*first..=*last).contains(&c));
    !text.is_empty()
        && text.len() <= MAX_TEXT
        && text.trim() == text
        && text.chars().all(known)
        && is_nfc(text)
}

fn is_origin(text: &str) -> bool {
    let mut segments = text.split('/');
    let host = segments.next().unwrap_or_default();
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase() || b == b'-')
    };
    let segment = |s: &str| {
        !s.is_empty()
            && s.bytes()
                .all(|b| b.is_ascii_digit() || b.is_ascii_lowercase() || b"._-".contains(&b))
            && !["administrator", "institution", "terminal", "worker"].contains(&s)
    };
    text.len() <= MAX_ORIGIN
        && host != "tsumugu"
        && host.split('.').all(label)
        && segments.all(segment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_have_one_spelling() {
        let time = Time(1_795_344_213_007);
        assert_eq!(time.encode(), "2026-11-22T10:43:33.007Z");
        assert_eq!(Time::decode(&time.encode()), Some(time));
        for wrong in [
            "2026-11-22T10:43:33Z",
            "2026-11-22T10:43:33.007+00:00",
            "2026-11-22t10:43:33.007Z",
            "2026-02-30T10:43:33.007Z",
            "2026-11-22T24:00:00.000Z",
            "2026-11-22T23:59:60.000Z",
            "1969-12-31T23:59:59.999Z",
        ] {
            assert_eq!(Time::decode(wrong), None, "{wrong}");
        }
        let last = "9999-12-31T23:59:59.999Z";
        assert_eq!(Time::decode(last), Some(Time(253_402_300_799_999)));
        assert_eq!(Time(u64::MAX).encode(), last);
        assert_eq!(Time(253_402_300_799_999).encode(), last);
    }

    #[test]
    fn texts() {
        for good in ["流山総合病院", "つむぐ 居宅", "a"] {
            assert!(Text::decode(good).is_some(), "{good}");
        }
        let long = "あ".repeat(MAX_TEXT / 3 + 1);
        for wrong in [
            "",
            " a",
            "a ",
            "\u{3000}a",
            "か\u{3099}",
            "a\tb",
            "a\u{202e}b",
            "\u{feff}a",
            "a\u{2028}",
            long.as_str(),
        ] {
            assert!(Text::decode(wrong).is_none(), "{wrong:?}");
        }
        // Not assigned, invisible, or composed differently by other versions of Unicode.
        for wrong in
            ["a\u{2fe0}", "a\u{200b}b", "\u{105d2}\u{307}", "e\u{301}", "a\u{e000}", "\u{2b73c}"]
        {
            assert!(Text::decode(wrong).is_none(), "{wrong:?}");
        }
        for good in ["髙橋", "𠮷野", "αクリニック", "①番館", "々", "ヶ丘", "葛󠄀城"]
        {
            assert!(Text::decode(good).is_some(), "{good}");
        }
        assert!(Text::decode(&"a".repeat(MAX_TEXT)).is_some());
        assert!(Text::decode(&"a".repeat(MAX_TEXT + 1)).is_none());
    }

    #[test]
    fn origins() {
        for good in ["exchange.example", "exchange.example/log1", "localhost"] {
            assert!(Origin::decode(good).is_some(), "{good}");
        }
        for wrong in [
            "",
            "Exchange.example",
            "tsumugu/v1",
            "a//b",
            "a/",
            "-a",
            "a b",
            "a+b",
            "x/terminal",
            "x/a/worker",
        ] {
            assert!(Origin::decode(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn keys_of_small_order_and_second_spellings_are_refused() {
        let sound = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert!(Key::decode(sound).is_some(), "RFC 8032, section 7.1, test 1");
        let zeros = "0".repeat(64);
        let identity = format!("01{}", "0".repeat(62));
        let order_two = format!("ec{}7f", "f".repeat(60));
        // y = p + 1, a second spelling of the identity; and y = 2^255 - 1, beyond the field.
        let spelled_again = format!("ee{}7f", "f".repeat(60));
        let beyond = format!("ff{}7f", "f".repeat(60));
        let order_eight = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";
        for wrong in [&zeros, &identity, &order_two, &spelled_again, &beyond, order_eight] {
            assert_eq!(Key::decode(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn message_ids_carry_their_time() {
        let id = Id::for_message(Time(1_795_344_213_007), &[0xff; 10]);
        assert_eq!(id.message_time(), Some(Time(1_795_344_213_007)));
        assert_eq!(Id([7; 16]).message_time(), None);
    }

    #[test]
    fn telephones_and_numbers() {
        assert!(Telephone::decode("04-7000-1234").is_some());
        for wrong in ["", "1", "-12", "04 7000", "0".repeat(21).as_str()] {
            assert!(Telephone::decode(wrong).is_none(), "{wrong}");
        }
        assert!(InstitutionNumber::decode("1270000001").is_some());
        assert!(InstitutionNumber::decode("-1").is_none());
        assert!(InstitutionNumber::decode(&"1".repeat(21)).is_none());
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_the_same(text in "\\PC{0,40}") {
            macro_rules! check { ($($t:ty),*) => { $( if let Some(v) = <$t>::decode(&text) { prop_assert_eq!(v.encode(), text.clone()); } )* } }
            check!(Id, Time, Key, Text, Origin, Telephone, InstitutionNumber, Unit, u64, InstitutionKind);
        }
    }
}
