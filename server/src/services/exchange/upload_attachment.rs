use std::sync::Arc;

use tonic::Streaming;
use tsumugu_durable::attachments::{Progress, Quota, UploadName, UploadWriter};
use tsumugu_proto::v1::{self, ErrorReason, upload_attachment_request::Part};

use super::attachments::{is_named, on_disk, upload};
use crate::exchange::{Exchange, Guest};
use crate::refused::Refused;

/// Bytes of one piece.
const MAX_PIECE: usize = 1 << 20;

type Pieces = Streaming<v1::UploadAttachmentRequest>;

/// Takes an attachment in pieces. What was written stays, however the call ends: by its end, by a
/// refusal, or because nothing came for too long. A slow sender holds up nobody.
pub(super) async fn upload_attachment(
    exchange: &Arc<Exchange>,
    guest: &Guest,
    mut pieces: Pieces,
) -> Result<v1::UploadAttachmentResponse, Refused> {
    let Some(Part::Start(start)) = next(&mut pieces).await? else {
        return Err(Refused::new(ErrorReason::Malformed, "an upload begins with its start"));
    };
    let name = upload(exchange, guest.caller(), &start.digest, start.length)?;
    if is_named(exchange, name).await? {
        return Ok(v1::UploadAttachmentResponse { received: name.length, complete: true });
    }
    let mut writer = begin(exchange, name, start.offset).await?;
    let mut written = Ok(());
    while written.is_ok() {
        match next(&mut pieces).await {
            Ok(Some(part)) => (writer, written) = write(exchange, guest, writer, part).await?,
            Ok(None) => break,
            Err(cut) => written = Err(cut),
        }
    }
    let now = exchange.now().0;
    let settled = on_disk(exchange, move |_| writer.settle(now)).await;
    written?;
    let Progress { received, complete } = settled?;
    Ok(v1::UploadAttachmentResponse { received, complete })
}

async fn next(pieces: &mut Pieces) -> Result<Option<Part>, Refused> {
    match pieces.message().await {
        Ok(Some(piece)) => match piece.part {
            Some(part) => Ok(Some(part)),
            None => Err(Refused::new(ErrorReason::Malformed, "a piece is a start or bytes")),
        },
        Ok(None) => Ok(None),
        // Mostly nobody is there any more to read it.
        Err(status) => Err(Refused::new(ErrorReason::Malformed, status.message())),
    }
}

async fn begin(
    exchange: &Arc<Exchange>,
    name: UploadName,
    offset: u64,
) -> Result<UploadWriter, Refused> {
    let limits = &exchange.settings.limits;
    let quota = Quota {
        uploads: limits.uploads_per_institution.into(),
        bytes: u64::from(limits.upload_megabytes_per_institution) << 20,
    };
    let now = exchange.now().0;
    on_disk(exchange, move |store| store.upload(name, offset, quota, now)).await
}

/// Writes one piece. The inner refusal leaves what came before it to be settled.
async fn write(
    exchange: &Arc<Exchange>,
    guest: &Guest,
    mut writer: UploadWriter,
    part: Part,
) -> Result<(UploadWriter, Result<(), Refused>), Refused> {
    let chunk = match may_take(exchange, guest, part) {
        Ok(chunk) => chunk,
        Err(refused) => return Ok((writer, Err(refused))),
    };
    let now = exchange.now().0;
    on_disk(exchange, move |_| {
        writer.write(&chunk, now)?;
        Ok((writer, Ok(())))
    })
    .await
}

/// A piece that the caller may hand in now.
fn may_take(
    exchange: &Exchange,
    guest: &Guest,
    part: Part,
) -> Result<prost::bytes::Bytes, Refused> {
    let Part::Chunk(chunk) = part else {
        return Err(Refused::new(ErrorReason::Malformed, "after the start come bytes"));
    };
    if chunk.len() > MAX_PIECE {
        return Err(Refused::limit("upload_piece_bytes", MAX_PIECE));
    }
    exchange.still(guest)?;
    exchange.space.check()?;
    // What came is charged, also where it is there already: it took the line and the exchange's time.
    let institution = guest.caller().institution();
    let charged = exchange.quota.charge(institution, chunk.len() as u64, exchange.now())?;
    drop(charged);
    Ok(chunk)
}
