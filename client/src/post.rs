//! What outbox and mailbox need of the exchange, and of what this terminal knows: a seam, so that
//! tests can be the exchange.
//!
//! Everything that comes from it is checked by whoever asks; [`Post::verify`] checks receipts.

mod session;
#[cfg(test)]
pub(crate) mod testing;

use std::path::Path;
use std::time::Duration;

use tsumugu_proto::v1;
use tsumugu_trust::checkpoint::VerifiedCheckpoint;
use tsumugu_trust::directory::{ClearChain, Directory};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::receipt::VerifiedReceipt;
use tsumugu_trust::statement::BytesRef;
use tsumugu_trust::value::{Id, Origin, Time};

use crate::failure::Failure;
use crate::identity::TerminalKeys;
use crate::letters::Randomness;
use crate::messages::Sentence;
use crate::progress::Progress;
use crate::vault::Vault;

/// Most events of a mailbox that are taken in at once.
pub(crate) const MAX_EVENTS: usize = 4_096;

/// A terminal's way to its exchange.
pub(crate) trait Post {
    /// An open watch of the mailbox.
    type Watching: Watching;
    /// Carries attachments.
    type Carrier: Carrier + 'static;

    /// The folder that holds the vault.
    fn home(&self) -> &Path;
    /// The vault.
    fn vault(&self) -> &Vault;
    /// The terminal's keys.
    fn keys(&self) -> Result<&TerminalKeys, Failure>;
    /// The clear chain, as far as it is known.
    fn chain(&self) -> &ClearChain;
    /// The last verified checkpoint, a signed note.
    fn checkpoint(&self) -> Option<&[u8]>;
    /// This PC's time.
    fn now(&self) -> Time;
    /// Lends the generator.
    fn with_random<R>(&self, use_it: impl FnOnce(&mut dyn Randomness) -> R) -> R;
    /// Says something on the way.
    fn note(&self, sentence: &Sentence);
    /// Destroys the key of a worker whom the leaf of that index removed.
    fn forget_worker(&mut self, worker: Id, index: u64) -> Result<(), Failure>;
    /// Keeps an alarm, so that the next command stops too; gives the failure back.
    fn keep_alarm(&self, failure: Failure) -> Failure;

    /// A bar for what takes long.
    fn progress(&self, what: &Sentence, length: u64) -> Progress;

    /// Waits, since the exchange asked for it.
    async fn pause(&self, wait: Duration);
    /// Brings the clear chain up to date.
    async fn sync(&mut self) -> Result<(), Failure>;
    /// Verifies a receipt against the log that is known.
    async fn verify(
        &mut self,
        receipt: &v1::Receipt,
        known: Option<&[u8]>,
    ) -> Result<VerifiedReceipt, Failure>;
    /// Holds a checkpoint that somebody else was shown against the log that is known.
    async fn compare(&mut self, checkpoint: VerifiedCheckpoint) -> Result<(), Failure>;
    /// Hands over letters.
    async fn send(&mut self, request: v1::SendRequest) -> Result<v1::SendResponse, Failure>;
    /// Says that a person opened a letter.
    async fn opened(&mut self, request: v1::OpenedRequest) -> Result<v1::OpenedResponse, Failure>;
    /// Answers a letter.
    async fn dispose(
        &mut self,
        request: v1::DisposeRequest,
    ) -> Result<v1::DisposeResponse, Failure>;
    /// Records what went past the exchange.
    async fn record_off_system(
        &mut self,
        request: v1::RecordOffSystemRequest,
    ) -> Result<v1::RecordOffSystemResponse, Failure>;
    /// The mailbox from a number on, at most [`MAX_EVENTS`], as far as it goes now.
    async fn events(&mut self, start: u64) -> Result<Vec<v1::MailboxEvent>, Failure>;
    /// Opens a watch of the mailbox from a number on, which goes on live.
    async fn watch(&mut self, start: u64) -> Result<Self::Watching, Failure>;
    /// Lets the connection go; the next call makes a new one.
    fn disconnect(&mut self);
    /// Takes in what another process of this vault has changed; an alarm that it kept is an error.
    fn refresh(&mut self) -> Result<(), Failure>;
    /// A sealed body of at most `limit` bytes, with the receipt that comes before it.
    async fn fetch(&mut self, from: Id, id: Id, limit: usize) -> Result<FetchedBody, Failure>;
    /// Somebody who carries attachments over the same connection, beside everything else.
    async fn carrier(&mut self) -> Result<Self::Carrier, Failure>;
    /// Fetches a sealed attachment of a letter from an offset on, piece by piece.
    async fn fetch_attachment(
        &mut self,
        letter: (Id, Id),
        digest: Hash,
        offset: u64,
        take: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure>;
    /// Everything that the exchange knows of one message.
    async fn track(&mut self, from: Id, id: Id) -> Result<v1::TrackResponse, Failure>;

    /// The directory that the chain gives.
    fn directory(&self) -> &Directory {
        self.chain().directory()
    }

    /// The log's origin.
    fn origin(&self) -> &Origin {
        self.directory().origin()
    }
}

/// Carries sealed attachments to the exchange. It holds nothing of the vault, so that what takes minutes
/// keeps nobody from it.
pub(crate) trait Carrier {
    /// How much of a sealed attachment the exchange has.
    async fn upload_state(&mut self, sealed: BytesRef) -> Result<UploadState, Failure>;
    /// Uploads a sealed attachment from an offset on.
    async fn upload(
        &mut self,
        sealed: BytesRef,
        offset: u64,
        file: &Path,
        progress: &Progress,
    ) -> Result<UploadState, Failure>;
    /// Waits, since the exchange asked for it.
    async fn pause(&self, wait: Duration);
}

/// How much of an upload the exchange has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UploadState {
    /// Bytes from the beginning that survive a crash.
    pub(crate) received: u64,
    /// All of them, with the right digest.
    pub(crate) complete: bool,
}

/// An open watch of the mailbox.
pub(crate) trait Watching {
    /// The next piece; nothing after the end. A call that is given up loses nothing.
    async fn next(&mut self) -> Result<Option<v1::SubscribeResponse>, Failure>;
}

/// A sealed body as it came.
pub(crate) struct FetchedBody {
    /// Receipt of `fetched`, with its record; absent for one's own letter.
    pub(crate) receipt: Option<v1::Receipt>,
    /// The bytes.
    pub(crate) body: Vec<u8>,
}
