//! Letters: what is sealed, what is committed to, and how it is packed (`docs/FORMATS.md`, section 4).
//!
//! The sealing itself is in [`crate::seal`]; the messages are in `tsumugu_proto::v1`.

mod attachment;
mod commitments;
mod pack;

pub use attachment::{
    AttachmentError, MAX_ATTACHMENT, SealedAttachment, open_attachment, padded, read_attachment,
    seal_attachment, sealed_lengths,
};
pub use commitments::{
    author_digest, card_commitment, content_commitment, detail_commitment, disposition_header,
    envelope_header, off_system_header, recall_header,
};
pub use pack::{MAX_LETTER, MAX_SEALED_BODY, PackError, pack, padme, unpack};

/// Most bytes of a plain detail: salt and message.
pub const MAX_DETAIL: usize = 8_192;
/// Most bytes of a sealed detail: the plain one, an age header with its grease, and the tag.
pub const MAX_SEALED_DETAIL: usize = MAX_DETAIL + 2_048;
/// Most bytes of the sealed detail of an off-system record: it holds the sheet that went by FAX, packed
/// as letters are, and has to fit one frame of the exchange's journal.
pub const MAX_SEALED_RECORD: usize = 98_304;
