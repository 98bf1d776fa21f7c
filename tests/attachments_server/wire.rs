//! The three calls about attachments, as a hostile or honest party makes them.

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use tsumugu_proto::v1::upload_attachment_request::Part;
use tsumugu_proto::v1::{self, UploadAttachmentRequest};
use tsumugu_trust::hash::sha256;
use tsumugu_trust::statement::BytesRef;

use crate::support::fresh;
use crate::support::office::{Letter, Office};

/// Bytes in one piece.
pub(crate) const PIECE: usize = 100_000;
/// Progress is counted in blocks of so many bytes.
pub(crate) const BLOCK: usize = 65_536;

/// Bytes that look sealed, and that nobody else has.
pub(crate) fn sealed(length: usize) -> Vec<u8> {
    let mut bytes = fresh::<32>().repeat(length / 32 + 1);
    bytes.truncate(length);
    bytes
}

/// As an envelope names them.
pub(crate) fn named(bytes: &[u8]) -> BytesRef {
    BytesRef { digest: sha256(&[bytes]), length: bytes.len() as u64 }
}

pub(crate) fn start(named: &BytesRef, offset: u64) -> UploadAttachmentRequest {
    let digest = named.digest.0.to_vec().into();
    let start = v1::UploadStart { digest, length: named.length, offset };
    UploadAttachmentRequest { part: Some(Part::Start(start)) }
}

pub(crate) fn chunk(bytes: &[u8]) -> UploadAttachmentRequest {
    UploadAttachmentRequest { part: Some(Part::Chunk(bytes.to_vec().into())) }
}

/// What the exchange says that it has: bytes, and whether that is all.
pub(crate) type Has = (u64, bool);

/// Makes the call with exactly these messages.
pub(crate) async fn upload_messages(
    office: &Office,
    messages: Vec<UploadAttachmentRequest>,
) -> Result<Has, Status> {
    let stream = tokio_stream::iter(messages);
    let answer = office.link.exchange().upload_attachment(stream).await?.into_inner();
    Ok((answer.received, answer.complete))
}

/// Uploads from an offset on.
pub(crate) async fn upload_from(
    office: &Office,
    bytes: &[u8],
    offset: usize,
) -> Result<Has, Status> {
    upload_as(office, &named(bytes), &bytes[offset..], offset).await
}

/// Uploads something under a name that need not be its own.
pub(crate) async fn upload_as(
    office: &Office,
    named: &BytesRef,
    bytes: &[u8],
    offset: usize,
) -> Result<Has, Status> {
    let mut messages = vec![start(named, offset as u64)];
    messages.extend(bytes.chunks(PIECE).map(chunk));
    upload_messages(office, messages).await
}

/// Uploads all of it.
pub(crate) async fn upload(office: &Office, bytes: &[u8]) -> BytesRef {
    assert_eq!(upload_from(office, bytes, 0).await.unwrap(), (bytes.len() as u64, true));
    named(bytes)
}

/// Uploads some bytes from an offset on, and is cut off without an answer.
pub(crate) async fn cut(office: &Office, bytes: &[u8], offset: usize, length: usize) {
    let (to, stream) = mpsc::channel(1);
    let mut client = office.link.exchange();
    let call = tokio::spawn(async move {
        client.upload_attachment(ReceiverStream::new(stream)).await.map(|_| ())
    });
    to.send(start(&named(bytes), offset as u64)).await.unwrap();
    for piece in bytes[offset..offset + length].chunks(PIECE) {
        to.send(chunk(piece)).await.unwrap();
    }
    // The last piece is on its way when the next one is asked for.
    to.reserve().await.unwrap();
    call.abort();
    let _ = call.await;
}

pub(crate) async fn get_upload(office: &Office, named: &BytesRef) -> Result<Has, Status> {
    let digest = named.digest.0.to_vec().into();
    let request = v1::GetUploadRequest { digest, length: named.length };
    let answer = office.link.exchange().get_upload(request).await?.into_inner();
    Ok((answer.received, answer.complete))
}

pub(crate) fn fetch_request(
    letter: &Letter,
    of: &BytesRef,
    offset: u64,
) -> v1::FetchAttachmentRequest {
    let (from, id) = (letter.lines.from.to_string(), letter.lines.id.to_string());
    v1::FetchAttachmentRequest { from, id, digest: of.digest.0.to_vec().into(), offset }
}

/// Fetches from an offset on; every piece but the last has the size that was agreed on.
pub(crate) async fn fetch_from(
    office: &Office,
    letter: &Letter,
    of: &BytesRef,
    offset: u64,
) -> Result<Vec<u8>, Status> {
    let request = fetch_request(letter, of, offset);
    let mut stream = office.link.exchange().fetch_attachment(request).await?.into_inner();
    let (mut bytes, mut last) = (Vec::new(), BLOCK);
    while let Some(piece) = stream.message().await? {
        assert!((BLOCK..=4 * BLOCK).contains(&last), "a piece of {last} bytes");
        last = piece.chunk.len();
        assert!(last > 0 && last <= 4 * BLOCK);
        bytes.extend_from_slice(&piece.chunk);
    }
    Ok(bytes)
}

pub(crate) async fn fetch(
    office: &Office,
    letter: &Letter,
    of: &BytesRef,
) -> Result<Vec<u8>, Status> {
    fetch_from(office, letter, of, 0).await
}

/// A letter with these attachments, not yet sent.
pub(crate) fn with(from: &Office, to: &Office, attachments: &[&BytesRef]) -> Letter {
    from.note(to, |lines| lines.attachments = attachments.iter().map(|one| **one).collect())
}
