//! From bytes to a statement and back.

use super::kinds::*;
use super::lines::{Body, Malformed, Reader, Writer};
use crate::hash::{Hash, sha256};
use crate::note::{Note, NoteSignature, SigningKey, VerifyingKey};
use crate::value::{Origin, Value};

/// Longest statement with its signatures, in bytes.
pub const MAX_STATEMENT: usize = 16_384;
/// Most signature lines: two lists of five administrators.
pub const MAX_SIGNATURES: usize = 10;

const PREFIX: &str = "tsumugu/v1/";

macro_rules! kinds {
    ($( $name:ident ),* $(,)?) => {
        /// The lines of a statement of any kind.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum AnyBody { $( $name($name) ),* }

        fn read_body(kind: &str, input: &mut Reader<'_>) -> Result<AnyBody, Malformed> {
            match kind {
                $( <$name as Body>::KIND => $name::read(input).map(AnyBody::$name), )*
                _ => Err(Malformed::UnknownKind),
            }
        }

        impl AnyBody {
            /// The kind's word.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self { $( Self::$name(_) => <$name as Body>::KIND ),* }
            }

            fn write(&self, out: &mut Writer) {
                match self { $( Self::$name(body) => body.write(out) ),* }
            }
        }

        $( impl From<$name> for AnyBody {
            fn from(body: $name) -> Self { Self::$name(body) }
        } )*
    };
}

kinds!(
    TrustList,
    Institution,
    Standing,
    CatalogueRelease,
    Profile,
    KeySet,
    Terminal,
    TerminalRemoved,
    Tick,
    Invitation,
    InvitationClosed,
    InvitationEnded,
    Enrolment,
    Candidacy,
    TerminalRequest,
    Renewal,
    Worker,
    WorkerRemoved,
    Envelope,
    Fetched,
    Undelivered,
    Destroyed,
    Opened,
    Disposition,
    Recall,
    OffSystem,
    Hold,
    Author,
);

impl AnyBody {
    /// Whether it is the exchange's word: text without signatures.
    #[must_use]
    pub fn is_unsigned(&self) -> bool {
        matches!(
            self,
            Self::Tick(_)
                | Self::InvitationEnded(_)
                | Self::Fetched(_)
                | Self::Undelivered(_)
                | Self::Destroyed(_)
        )
    }

    /// Whether the log holds it as a leaf of its own. The others travel beside the log or inside a letter.
    #[must_use]
    pub fn is_leaf(&self) -> bool {
        !matches!(self, Self::TerminalRequest(_) | Self::Renewal(_) | Self::Author(_))
    }

    /// Whether its leaf is clear: the statement itself is in the log, for all to read.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        matches!(
            self,
            Self::TrustList(_)
                | Self::Institution(_)
                | Self::Standing(_)
                | Self::CatalogueRelease(_)
                | Self::Profile(_)
                | Self::KeySet(_)
                | Self::Terminal(_)
                | Self::TerminalRemoved(_)
                | Self::Tick(_)
        )
    }
}

/// A well-formed statement. Nothing is known yet of its signatures, but that they are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The log it is for.
    pub origin: Origin,
    /// Its lines.
    pub body: AnyBody,
    text: String,
    /// The note around the text; unsigned kinds have none.
    note: Option<Note>,
}

impl Statement {
    /// Reads a statement as it travels.
    ///
    /// # Errors
    /// [`Malformed`] for everything that is not byte for byte the one spelling.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        if bytes.len() > MAX_STATEMENT {
            return Err(Malformed::TooLong);
        }
        let (text, note) = split(bytes)?;
        let (origin, body) = parse_text(&text)?;
        if body.is_unsigned() != note.is_none() {
            return Err(Malformed::Signatures);
        }
        if encode_any(&origin, &body) != text {
            return Err(Malformed::NotAStatement);
        }
        Ok(Self { origin, body, text, note })
    }

    /// The text without signatures.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// SHA-256 of the text: what other statements name it by.
    #[must_use]
    pub fn digest(&self) -> Hash {
        digest(&self.text)
    }

    /// The bytes as they travel, verbatim: reading demanded the one spelling.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.note.as_ref().map_or_else(|| self.text.clone(), Note::encode).into_bytes()
    }

    /// The signature lines, sorted by key name.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        self.note.as_ref().map_or(&[], Note::signatures)
    }

    /// Whether `key` has signed it. A line by that key that fails counts as no signature.
    #[must_use]
    pub fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        self.note.as_ref().is_some_and(|note| note.verify(key).is_ok())
    }

    /// The same statement with only the signature lines that `keep` names.
    ///
    /// # Errors
    /// [`Malformed::Signatures`] when none is left.
    pub fn with_signatures(
        &self,
        keep: impl Fn(&NoteSignature) -> bool,
    ) -> Result<Self, Malformed> {
        let lines = self.signatures().iter().filter(|line| keep(line)).cloned().collect();
        Self::parse(&assemble(&self.text, lines)?)
    }

    /// The same statement with the signature lines of both. `other` must have the same text.
    ///
    /// # Errors
    /// [`Malformed::Signatures`] when the texts differ or there are too many lines.
    pub fn merge(&self, other: &Self) -> Result<Self, Malformed> {
        if self.text != other.text {
            return Err(Malformed::Signatures);
        }
        let mut lines = self.signatures().to_vec();
        lines.extend(
            other
                .signatures()
                .iter()
                .filter(|line| !lines.contains(line))
                .cloned()
                .collect::<Vec<_>>(),
        );
        Self::parse(&assemble(&self.text, lines)?)
    }
}

/// The text of a statement.
#[must_use]
pub fn encode_text(origin: &Origin, body: &impl Body) -> String {
    let mut out = Writer::default();
    body.write(&mut out);
    heading(origin, kind_of(body)) + &out.0
}

/// Digest of a statement's text.
#[must_use]
pub fn digest(text: &str) -> Hash {
    sha256(&[text.as_bytes()])
}

/// Makes a signed statement. The keys' names must be those that the kind demands; readers check.
///
/// # Errors
/// [`Malformed`] when the lines break a rule of their kind or the result is too long: the one who
/// makes a statement learns it before anyone else does.
pub fn sign(
    origin: &Origin,
    body: &impl Body,
    keys: &[&SigningKey],
) -> Result<Statement, Malformed> {
    sign_text(&encode_text(origin, body), keys)
}

/// Makes an unsigned statement: the exchange's word.
///
/// # Errors
/// As [`sign`].
pub fn unsigned(origin: &Origin, body: &impl Body) -> Result<Statement, Malformed> {
    Statement::parse(encode_text(origin, body).as_bytes())
}

/// Signs a text that was shown: an administrator's signature under another's draft.
///
/// # Errors
/// As [`sign`].
pub fn sign_text(text: &str, keys: &[&SigningKey]) -> Result<Statement, Malformed> {
    let lines = keys.iter().map(|key| key.sign(text)).collect();
    Statement::parse(&assemble(text, lines)?)
}

fn assemble(text: &str, lines: Vec<NoteSignature>) -> Result<Vec<u8>, Malformed> {
    let mut note = Note::new(text).map_err(|_| Malformed::NotAStatement)?;
    for line in lines {
        note.add(line).map_err(|_| Malformed::Signatures)?;
    }
    note.sort_signatures();
    Ok(note.encode().into_bytes())
}

fn split(bytes: &[u8]) -> Result<(String, Option<Note>), Malformed> {
    let text = std::str::from_utf8(bytes).map_err(|_| Malformed::NotAStatement)?;
    if !text.ends_with('\n') || text.contains('\r') {
        return Err(Malformed::NotAStatement);
    }
    if !text.contains("\n\n") {
        return Ok((text.to_owned(), None));
    }
    let note = Note::parse(bytes).map_err(|_| Malformed::NotAStatement)?;
    let lines = note.signatures();
    let sorted =
        lines.windows(2).all(|w| (w[0].name(), w[0].key_id()) < (w[1].name(), w[1].key_id()));
    let ed25519 = lines.iter().all(|line| line.signature().len() == 64);
    if note.encode().as_bytes() != bytes || !sorted || !ed25519 || lines.len() > MAX_SIGNATURES {
        return Err(Malformed::Signatures);
    }
    Ok((note.text().to_owned(), Some(note)))
}

fn parse_text(text: &str) -> Result<(Origin, AnyBody), Malformed> {
    let mut input = Reader::new(text);
    let kind =
        input.line().and_then(|line| line.strip_prefix(PREFIX)).ok_or(Malformed::NotAStatement)?;
    let origin = input.line().and_then(Origin::decode).ok_or(Malformed::Origin)?;
    let body = read_body(kind, &mut input)?;
    input.finish()?;
    Ok((origin, body))
}

fn encode_any(origin: &Origin, body: &AnyBody) -> String {
    let mut out = Writer::default();
    body.write(&mut out);
    heading(origin, body.kind()) + &out.0
}

fn heading(origin: &Origin, kind: &str) -> String {
    format!("{PREFIX}{kind}\n{origin}\n")
}

fn kind_of<B: Body>(_: &B) -> &'static str {
    B::KIND
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::*;
    use crate::value::*;
    use proptest::prelude::*;

    fn origin() -> Origin {
        "exchange.example".parse().unwrap()
    }

    fn terminal_key(id: Id) -> SigningKey {
        SigningKey::from_seed(&origin().key_name(Role::Terminal, id), &[7; 32]).unwrap()
    }

    fn envelope() -> Envelope {
        Envelope {
            id: Id::for_message(Time(1_795_344_213_007), &[3; 10]),
            from: Id([1; 16]),
            to: Destination { institution: Id([2; 16]), unit: Unit::main() },
            content: Hash([4; 32]),
            body: BytesRef { digest: Hash([5; 32]), length: 4000 },
            attachments: vec![],
            urgency: Urgency::Normal,
            ack_by: Some(Time(1_795_344_999_000)),
            replaces: None,
            key_sets: KeySets { sender: Hash([6; 32]), recipient: Hash([8; 32]) },
            composed: Time(1_795_344_213_007),
        }
    }

    #[test]
    fn a_signed_statement_comes_back_as_it_went() {
        let key = terminal_key(Id([9; 16]));
        let made = sign(&origin(), &envelope(), &[&key]).unwrap();
        let read = Statement::parse(&made.bytes()).unwrap();
        assert_eq!(read, made);
        assert_eq!(read.body, AnyBody::Envelope(envelope()));
        assert!(read.is_signed_by(key.verifying_key()));
        assert!(!read.is_signed_by(terminal_key(Id([10; 16])).verifying_key()));
        insta::assert_snapshot!(String::from_utf8_lossy(&made.bytes()));
    }

    #[test]
    fn any_changed_byte_is_refused() {
        let key = terminal_key(Id([9; 16]));
        let made = sign(&origin(), &envelope(), &[&key]).unwrap();
        for at in 0..made.bytes().len() {
            for flip in [0x01, 0x20, 0x80] {
                let mut bytes = made.bytes();
                bytes[at] ^= flip;
                let taken = Statement::parse(&bytes)
                    .is_ok_and(|read| read.is_signed_by(key.verifying_key()));
                assert!(!taken, "byte {at} xor {flip:#x}");
            }
        }
    }

    #[test]
    fn unsigned_kinds_have_no_signature_and_signed_ones_do() {
        let tick = unsigned(&origin(), &Tick {}).unwrap();
        assert_eq!(tick.text(), "tsumugu/v1/tick\nexchange.example\n");
        let key = terminal_key(Id([9; 16]));
        assert_eq!(sign(&origin(), &Tick {}, &[&key]).unwrap_err(), Malformed::Signatures);
        let bare = encode_text(&origin(), &envelope());
        assert_eq!(Statement::parse(bare.as_bytes()).unwrap_err(), Malformed::Signatures);
    }

    #[test]
    fn lines_out_of_place_are_named() {
        let key = terminal_key(Id([9; 16]));
        let text = encode_text(&origin(), &envelope());
        let swapped =
            text.replace("urgency normal\n", "").replace("composed", "urgency normal\ncomposed");
        assert_eq!(
            sign_text(&swapped, &[&key]).unwrap_err(),
            Malformed::Line { number: 8, expected: "urgency" }
        );
        let surplus = text.clone() + "colour red\n";
        assert_eq!(sign_text(&surplus, &[&key]).unwrap_err(), Malformed::Surplus { number: 12 });
        let unknown = text.replace("/envelope\n", "/envelop\n");
        assert_eq!(sign_text(&unknown, &[&key]).unwrap_err(), Malformed::UnknownKind);
    }

    #[test]
    fn versions_begin_at_1() {
        let (origin, id) = (origin(), Id([7; 16]));
        let at = |version: u64| {
            [
                format!("standing\n{origin}\ninstitution {id}\nversion {version}\nstate active"),
                format!("catalogue\n{origin}\nversion {version}\nfile a {} 1", Hash([1; 32])),
                format!("profile\n{origin}\ninstitution {id}\nversion {version}\nunit main 窓口"),
                format!(
                    "hold\n{origin}\nfrom {id}\nid {id}\nversion {version}\nstate on\n\
                     ordered 2026-01-01T00:00:00.000Z"
                ),
            ]
        };
        let read = |lines: &String| parse_text(&format!("tsumugu/v1/{lines}\n"));
        for lines in at(1) {
            read(&lines).unwrap();
        }
        for lines in at(0) {
            assert!(matches!(read(&lines), Err(Malformed::Together(_))), "{lines}");
        }
    }

    #[test]
    fn the_length_limit() {
        let files = |n: usize| CatalogueRelease {
            version: 1,
            files: vec![
                CatalogueFile {
                    name: "a".repeat(64),
                    content: BytesRef { digest: Hash([1; 32]), length: 9 }
                };
                n
            ],
        };
        let key = terminal_key(Id([9; 16]));
        assert!(sign(&origin(), &files(64), &[&key]).is_ok());
        assert_eq!(
            sign(&origin(), &files(65), &[&key]).unwrap_err(),
            Malformed::Together("a release has 1 to 64 files")
        );
        assert_eq!(
            Statement::parse(&vec![b'a'; MAX_STATEMENT + 1]).unwrap_err(),
            Malformed::TooLong
        );
        assert_ne!(Statement::parse(&vec![b'a'; MAX_STATEMENT]).unwrap_err(), Malformed::TooLong);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Statement::parse(&bytes);
        }

        #[test]
        fn what_parses_is_its_one_spelling(text in "tsumugu/v1/(tick|opened|key-set)\nexchange.example\n(institution [0-9a-f]{32}\n)?(number [0-9]{1,3}\n)?") {
            if let Ok(read) = Statement::parse(text.as_bytes()) {
                prop_assert_eq!(read.bytes(), text.as_bytes());
            }
        }
    }
}
