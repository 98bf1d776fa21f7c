//! Every sentence that the client says, Japanese first, from one keyed file: `client/messages.toml`.
//!
//! A key is `area.name`. [`Sentence`] is a message with its arguments; a failure is a sentence with an
//! exit code and a remedy ([`crate::failure::Failure`]).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::failure::Exit;

/// An argument is cut after so many characters: it stands inside a sentence.
pub const MAX_ARGUMENT_CHARS: usize = 200;

/// What a message says where an argument is missing.
pub const ABSENT: &str = "-";

/// The key that stands in for one that is not in the file (a fault of ours, which tests find).
const FAULT: &str = "client.fault";

static CATALOGUE: LazyLock<BTreeMap<String, Message>> =
    LazyLock::new(|| parse(include_str!("../messages.toml")).expect("messages.toml is tested"));

/// One entry of the file.
#[derive(Debug)]
pub struct Message {
    key: String,
    ja: String,
    en: String,
    failure: Option<(Exit, Remedy)>,
}

/// What to do about a failure, and who has to do it.
#[derive(Debug)]
struct Remedy {
    ja: String,
    en: String,
}

/// The message of a key, if the file has it.
#[must_use]
pub fn find(key: &str) -> Option<&'static Message> {
    CATALOGUE.get(key)
}

/// All messages, by key.
pub fn all() -> impl Iterator<Item = &'static Message> {
    CATALOGUE.values()
}

impl Message {
    /// `area.name`.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The exit code of a failure; nothing for a sentence that is none.
    #[must_use]
    pub fn exit(&self) -> Option<Exit> {
        self.failure.as_ref().map(|(exit, _)| *exit)
    }

    /// The names of the placeholders, in the order in which the Japanese text has them.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        pieces(&self.ja).filter_map(Piece::placeholder)
    }
}

/// A message with its arguments, ready to be said.
#[derive(Debug, Clone)]
pub struct Sentence {
    message: &'static Message,
    arguments: BTreeMap<String, String>,
}

impl Sentence {
    /// The message of `key`, with no argument yet. A key that is not in the file, which a test of
    /// this crate finds, becomes the message of an internal fault.
    #[must_use]
    pub fn new(key: &str) -> Self {
        let absent = || find(FAULT).expect("messages.toml is tested to have the fault's message");
        match find(key) {
            Some(message) => Self { message, arguments: BTreeMap::new() },
            None => Self { message: absent(), arguments: BTreeMap::new() }.with("detail", key),
        }
    }

    /// Gives an argument. What cannot be shown safely on a terminal is replaced, and a long text is
    /// cut ([`MAX_ARGUMENT_CHARS`]): arguments may come from the other end of a connection.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        let text = value.to_string();
        let mut shown: String = text.chars().take(MAX_ARGUMENT_CHARS).map(visible).collect();
        if text.chars().nth(MAX_ARGUMENT_CHARS).is_some() {
            shown.push('…');
        }
        self.arguments.insert(name.to_owned(), shown);
        self
    }

    /// The warning that the newest tick is `minutes` old (`docs/FORMATS.md`, section 3).
    #[must_use]
    pub fn stale_log(minutes: u64) -> Self {
        Self::new("log.stale").with("minutes", minutes)
    }

    /// The warning that a receipt's time is `minutes` away from this PC's.
    #[must_use]
    pub fn clock_differs(minutes: u64) -> Self {
        Self::new("log.clock-differs").with("minutes", minutes)
    }

    /// An argument that was given, as it is shown.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<&str> {
        self.arguments.get(name).map(String::as_str)
    }

    /// The message without its arguments.
    #[must_use]
    pub fn message(&self) -> &'static Message {
        self.message
    }

    /// In Japanese.
    #[must_use]
    pub fn ja(&self) -> String {
        self.fill(&self.message.ja)
    }

    /// In English.
    #[must_use]
    pub fn en(&self) -> String {
        self.fill(&self.message.en)
    }

    /// What to do, in Japanese; empty for a sentence that is no failure.
    #[must_use]
    pub fn remedy_ja(&self) -> String {
        self.message.failure.as_ref().map(|(_, remedy)| self.fill(&remedy.ja)).unwrap_or_default()
    }

    /// What to do, in English; empty for a sentence that is no failure.
    #[must_use]
    pub fn remedy_en(&self) -> String {
        self.message.failure.as_ref().map(|(_, remedy)| self.fill(&remedy.en)).unwrap_or_default()
    }

    /// In one pass, so that an argument that looks like a placeholder stays what it is.
    fn fill(&self, text: &str) -> String {
        let argument = |name| self.arguments.get(name).map_or(ABSENT, String::as_str);
        pieces(text)
            .map(|piece| match piece {
                Piece::Text(text) => text,
                Piece::Placeholder(name) => argument(name),
            })
            .collect()
    }
}

/// The character itself, or U+FFFD for one that would move the cursor, colour the terminal or turn
/// the direction of the text: control characters, line and paragraph separators, and the
/// bidirectional controls that `docs/FORMATS.md`, section 1, forbids in values.
#[must_use]
pub fn visible(character: char) -> char {
    match character {
        '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => char::REPLACEMENT_CHARACTER,
        control if control.is_control() => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}

/// The file's form: area, name, entry.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    exit: Option<Exit>,
    ja: String,
    en: String,
    remedy_ja: Option<String>,
    remedy_en: Option<String>,
}

fn parse(text: &str) -> Result<BTreeMap<String, Message>, String> {
    let areas: BTreeMap<String, BTreeMap<String, Entry>> =
        toml::from_str(text).map_err(|error| error.to_string())?;
    let mut messages = BTreeMap::new();
    for (area, entries) in areas {
        for (name, entry) in entries {
            let key = format!("{area}.{name}");
            let failure = match (entry.exit, entry.remedy_ja, entry.remedy_en) {
                (Some(exit), Some(ja), Some(en)) => Some((exit, Remedy { ja, en })),
                (None, None, None) => None,
                _ => return Err(format!("{key}: a failure has exit, remedy_ja and remedy_en")),
            };
            let message = Message { key: key.clone(), ja: entry.ja, en: entry.en, failure };
            messages.insert(key, message);
        }
    }
    Ok(messages)
}

enum Piece<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

impl<'a> Piece<'a> {
    fn placeholder(self) -> Option<&'a str> {
        match self {
            Self::Text(_) => None,
            Self::Placeholder(name) => Some(name),
        }
    }
}

/// Cuts a text at its `{name}`s. A brace without its partner is text.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((name, after)) = rest.strip_prefix('{').and_then(|inner| inner.split_once('}'))
        {
            rest = after;
            return Some(Piece::Placeholder(name));
        }
        let brace = rest.char_indices().skip(1).find(|&(_, character)| character == '{');
        let (piece, after) = rest.split_at(brace.map_or(rest.len(), |(at, _)| at));
        rest = after;
        Some(Piece::Text(piece))
    })
}

#[cfg(test)]
mod tests;
