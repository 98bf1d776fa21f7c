//! The lines of a statement: written in a fixed order, read in that order and no other.

use crate::value::Value;

/// A statement is not in the form that `docs/FORMATS.md`, section 2, demands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Longer than [`super::MAX_STATEMENT`].
    #[error("a statement has at most 16384 bytes")]
    TooLong,
    /// Not UTF-8, no final line end, or not a signed note where one is demanded.
    #[error("not a statement")]
    NotAStatement,
    /// The first line names no kind that this version knows.
    #[error("unknown kind of statement")]
    UnknownKind,
    /// The second line is not an origin.
    #[error("the origin is malformed")]
    Origin,
    /// A line is absent, out of order, or its value is not in the one spelling.
    #[error("line {number} should be a well-formed {expected:?}")]
    Line {
        /// Line number, from 1.
        number: usize,
        /// The line's name by the kind's order.
        expected: &'static str,
    },
    /// Lines are left over.
    #[error("line {number} does not belong here")]
    Surplus {
        /// Line number, from 1.
        number: usize,
    },
    /// Lines that are well formed each but not together.
    #[error("{0}")]
    Together(&'static str),
    /// The signature lines are not those that the kind demands.
    #[error("the signature lines are not those of the kind")]
    Signatures,
}

/// The lines of one kind of statement.
pub trait Body: Sized {
    /// The kind's word in the first line.
    const KIND: &'static str;
    /// Writes the lines in the kind's order.
    fn write(&self, out: &mut Writer);
    /// Reads them.
    ///
    /// # Errors
    /// [`Malformed`], naming the line.
    fn read(input: &mut Reader<'_>) -> Result<Self, Malformed>;
}

/// Collects lines.
#[derive(Debug, Default)]
pub struct Writer(pub(super) String);

impl Writer {
    pub(crate) fn one<V: Value>(&mut self, name: &str, value: &V) {
        self.0.push_str(name);
        self.0.push(' ');
        self.0.push_str(&value.encode());
        self.0.push('\n');
    }

    pub(crate) fn maybe<V: Value>(&mut self, name: &str, value: &Option<V>) {
        if let Some(value) = value {
            self.one(name, value);
        }
    }

    pub(crate) fn many<V: Value>(&mut self, name: &str, values: &[V]) {
        for value in values {
            self.one(name, value);
        }
    }
}

/// Reads lines in order.
#[derive(Debug)]
pub struct Reader<'a> {
    lines: Vec<&'a str>,
    next: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { lines: text.lines().collect(), next: 0 }
    }

    pub(super) fn line(&mut self) -> Option<&'a str> {
        let line = self.lines.get(self.next).copied();
        self.next += usize::from(line.is_some());
        line
    }

    pub(crate) fn one<V: Value>(&mut self, name: &'static str) -> Result<V, Malformed> {
        let value = self.peek(name).and_then(V::decode);
        let value = value.ok_or(Malformed::Line { number: self.next + 1, expected: name })?;
        self.next += 1;
        Ok(value)
    }

    pub(crate) fn maybe<V: Value>(&mut self, name: &'static str) -> Result<Option<V>, Malformed> {
        if self.peek(name).is_some() { self.one(name).map(Some) } else { Ok(None) }
    }

    pub(crate) fn many<V: Value>(&mut self, name: &'static str) -> Result<Vec<V>, Malformed> {
        let mut values = Vec::new();
        while let Some(value) = self.maybe(name)? {
            values.push(value);
        }
        Ok(values)
    }

    pub(super) fn finish(self) -> Result<(), Malformed> {
        if self.next == self.lines.len() {
            Ok(())
        } else {
            Err(Malformed::Surplus { number: self.next + 1 })
        }
    }

    fn peek(&self, name: &str) -> Option<&'a str> {
        self.lines.get(self.next)?.strip_prefix(name)?.strip_prefix(' ')
    }
}
