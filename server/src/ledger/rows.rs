//! Rows of the views: small, versioned by protobuf's own rules, never read by anyone but this server.

use prost::Message;
use tsumugu_durable::journal::Position;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::state::{Event, MessageState};
use tsumugu_trust::statement::{Answer, BytesRef, HoldState};
use tsumugu_trust::value::{Id, Time};

/// Most dispositions of one message. People give one or two; a row of the views must stay small.
pub const MAX_ANSWERS: usize = 64;

/// Where a leaf and what belongs to it stand in the journal, and who may read the record.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct LeafRow {
    /// Position of the leaf frame.
    #[prost(bytes = "vec", tag = "1")]
    pub leaf: Vec<u8>,
    /// Position of the record frame; empty for clear leaves.
    #[prost(bytes = "vec", tag = "2")]
    pub record: Vec<u8>,
    /// Position of the sealed detail; empty where there is none.
    #[prost(bytes = "vec", tag = "3")]
    pub detail: Vec<u8>,
    /// Institutions that may read the record.
    #[prost(bytes = "vec", repeated, tag = "4")]
    pub readers: Vec<Vec<u8>>,
}

/// One message.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct MessageRow {
    /// Index of its envelope.
    #[prost(uint64, tag = "1")]
    pub envelope: u64,
    /// Digest of its envelope.
    #[prost(bytes = "vec", tag = "2")]
    pub digest: Vec<u8>,
    /// The recipient.
    #[prost(bytes = "vec", tag = "3")]
    pub to: Vec<u8>,
    /// Where the body is; empty once it is destroyed.
    #[prost(bytes = "vec", tag = "4")]
    pub body: Vec<u8>,
    /// What happened to it.
    #[prost(message, repeated, tag = "5")]
    pub events: Vec<EventRow>,
    /// Its attachments, each digest (32 bytes) | u64be length; also after they are destroyed.
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub attachments: Vec<Vec<u8>>,
    /// Index of the leaf that says that the exchange's copy was destroyed; 0 when there is none.
    #[prost(uint64, tag = "7")]
    pub destroyed: u64,
}

/// An attachment that at least one committed envelope names whose copy is not destroyed.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct AttachmentRow {
    /// How many such envelopes.
    #[prost(uint64, tag = "1")]
    pub references: u64,
    /// Its length in bytes.
    #[prost(uint64, tag = "2")]
    pub length: u64,
}

/// What a `destroyed` leaf leaves to be done on the disk. Gone when it is done.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct DoomedRow {
    /// Where the body is.
    #[prost(bytes = "vec", tag = "1")]
    pub body: Vec<u8>,
    /// Whose attachments.
    #[prost(bytes = "vec", tag = "2")]
    pub owner: Vec<u8>,
    /// Their digests.
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub attachments: Vec<Vec<u8>>,
}

/// One event of a message.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct EventRow {
    /// See [`event_code`].
    #[prost(uint32, tag = "1")]
    pub code: u32,
    /// The leaf's time.
    #[prost(uint64, tag = "2")]
    pub time: u64,
    /// The leaf's index.
    #[prost(uint64, tag = "3")]
    pub index: u64,
}

/// An invitation.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct InvitationRow {
    /// Index of its leaf.
    #[prost(uint64, tag = "1")]
    pub index: u64,
    /// When it expires, ms.
    #[prost(uint64, tag = "2")]
    pub expires: u64,
    /// 0 open, 1 used, 2 expired, 3 closed by an administrator.
    #[prost(uint32, tag = "3")]
    pub end: u32,
}

/// The newest hold (保全) of a message.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub struct HoldRow {
    /// Index of its leaf.
    #[prost(uint64, tag = "1")]
    pub index: u64,
    /// Its version.
    #[prost(uint64, tag = "2")]
    pub version: u64,
    /// Whether the message is held.
    #[prost(bool, tag = "3")]
    pub on: bool,
}

/// A worker at a terminal.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct WorkerRow {
    /// Index of its leaf.
    #[prost(uint64, tag = "1")]
    pub index: u64,
    /// Its key.
    #[prost(bytes = "vec", tag = "2")]
    pub key: Vec<u8>,
    /// Whether it was removed.
    #[prost(bool, tag = "3")]
    pub removed: bool,
}

impl LeafRow {
    /// Whether an institution may read the record.
    #[must_use]
    pub fn is_for(&self, institution: Id) -> bool {
        self.readers.iter().any(|reader| reader[..] == institution.0)
    }
}

impl HoldRow {
    /// Version and state.
    #[must_use]
    pub fn standing(&self) -> (u64, HoldState) {
        (self.version, if self.on { HoldState::On } else { HoldState::Off })
    }
}

impl MessageRow {
    /// The recipient.
    #[must_use]
    pub fn recipient(&self) -> Option<Id> {
        self.to.as_slice().try_into().ok().map(Id)
    }

    /// The state: the join of its events.
    #[must_use]
    pub fn state(&self) -> MessageState {
        let mut state = MessageState::default();
        for row in &self.events {
            if let Some(event) = event_of(row.code) {
                // All are private leaves of one log: their indexes order them.
                state.join(LogPosition::of_private(0, row.index, Time(row.time)), event);
            }
        }
        state
    }

    /// Since when the exchange keeps its copy for nobody's sake but to be asked again: the time of
    /// the answer, once the recipient has fetched, too. `None` before, and after it is destroyed.
    #[must_use]
    pub fn settled_at(&self) -> Option<Time> {
        let state = self.state();
        let (answered, _) = state.answer()?;
        (!self.body.is_empty() && state.fetched_at().is_some()).then_some(answered.time)
    }

    /// The attachments, each once.
    #[must_use]
    pub fn attachments(&self) -> Vec<BytesRef> {
        let mut all: Vec<BytesRef> = Vec::with_capacity(self.attachments.len());
        for bytes in &self.attachments {
            let Some((digest, length)) = bytes.split_first_chunk::<32>() else { continue };
            let Ok(length) = length.try_into().map(u64::from_be_bytes) else { continue };
            if all.iter().all(|one| one.digest.0 != *digest) {
                all.push(BytesRef { digest: Hash(*digest), length });
            }
        }
        all
    }

    /// Adds an event.
    pub fn join(&mut self, at: LogPosition, event: Event) {
        self.events.push(EventRow { code: event_code(event), time: at.time.0, index: at.index });
    }
}

/// A position as a row has it.
#[must_use]
pub(super) fn position(bytes: &[u8]) -> Option<Position> {
    Position::from_bytes(bytes)
}

const EVENTS: &[(u32, Event)] = &[
    (1, Event::Accepted),
    (2, Event::Undelivered),
    (3, Event::Fetched),
    (4, Event::Opened),
    (5, Event::Superseded),
    (6, Event::Withdrawn),
    (11, Event::Answered(Answer::Acknowledged)),
    (12, Event::Answered(Answer::Rejected)),
    (13, Event::Answered(Answer::NotForUs)),
    (14, Event::Answered(Answer::Unreadable)),
];

fn event_code(event: Event) -> u32 {
    EVENTS.iter().find(|(_, e)| *e == event).map_or(0, |(code, _)| *code)
}

fn event_of(code: u32) -> Option<Event> {
    EVENTS.iter().find(|(c, _)| *c == code).map(|(_, event)| *event)
}

/// An attachment as a message's row has it.
#[must_use]
pub(super) fn attachment(named: &BytesRef) -> Vec<u8> {
    [&named.digest.0[..], &named.length.to_be_bytes()].concat()
}
