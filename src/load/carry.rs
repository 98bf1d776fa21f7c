//! One large attachment there and back, in constant memory.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, sink};
use std::path::Path;
use std::time::Instant;

use rand::rngs::{OsRng, StdRng};
use rand::{RngCore, SeedableRng};
use tsumugu_client::progress::Progress;
use tsumugu_proto::v1;
use tsumugu_trust::letter::{SealedAttachment, open_attachment, seal_attachment};
use tsumugu_trust::statement::Envelope;

use super::Outcome;
use super::exchange::{Cost, Exchange};
use super::figures::Carried;
use super::office::{Enclosed, Office};

/// Seals random bytes, uploads them, sends the letter that names them; the reader fetches and opens.
pub(super) async fn carry(
    (from, to): (&Office, &Office),
    length: u64,
    dir: &Path,
    exchange: &Exchange,
) -> Outcome<Carried> {
    let (sealed_file, fetched_file) = (dir.join("sealed"), dir.join("fetched"));
    let (server, client) = (exchange.cost(), Cost::own());
    let mut key = [0; 32];
    OsRng.fill_bytes(&mut key);

    let began = Instant::now();
    let out = BufWriter::new(File::create(&sealed_file)?);
    let plain = RandomBytes(StdRng::from_entropy());
    let made = seal_attachment(&key, plain.take(length), length, out, &mut OsRng)?;
    let start = v1::UploadStart {
        digest: made.sealed.digest.0.to_vec().into(),
        length: made.sealed.length,
        offset: 0,
    };
    let there = from.rpc.upload_attachment(start, &sealed_file, &Progress::default()).await?;
    if !there.complete {
        return Err("the exchange has not all of the attachment".into());
    }
    let up = began.elapsed();
    send(from, to, key, made).await?;

    let began = Instant::now();
    let lines = arrival(to).await?;
    fetch(to, &lines, made, &fetched_file).await?;
    let sealed = BufReader::new(File::open(&fetched_file)?);
    if open_attachment(&key, sealed, made.plain, sink())? != made.sealed {
        return Err("another attachment came than was sent".into());
    }
    let down = began.elapsed();
    std::fs::remove_file(&sealed_file)?;
    std::fs::remove_file(&fetched_file)?;
    let rate = |took: std::time::Duration| {
        (length as f64 / 1e6 / took.as_secs_f64().max(1e-6) * 10.0).round() / 10.0
    };
    Ok(Carried {
        bytes: length,
        up_mb_s: rate(up),
        down_mb_s: rate(down),
        server_rss_growth_kib: exchange.cost().growth_since(&server),
        client_rss_growth_kib: Cost::own().growth_since(&client),
    })
}

async fn send(from: &Office, to: &Office, key: [u8; 32], made: SealedAttachment) -> Outcome<()> {
    let secret = v1::AttachmentSecret {
        name: "picture.png".to_owned(),
        media_type: "image/png".to_owned(),
        digest: made.plain.digest.0.to_vec().into(),
        length: made.plain.length,
        key: key.to_vec().into(),
    };
    let known = from.follow(None).await?;
    let enclosed = Enclosed { body: Vec::new(), attachments: vec![(made.sealed, secret)] };
    from.send(from.letter(to.institution, enclosed, &known)?).await?;
    Ok(())
}

/// The one letter in the mailbox, its body fetched: before that the exchange gives no attachment.
async fn arrival(to: &Office) -> Outcome<Envelope> {
    use v1::subscribe_response::Part;
    let request = v1::SubscribeRequest { start: 0, stop_at_end: true };
    let mut pieces = to.rpc.subscribe(request).await?;
    while let Some(piece) = pieces.next().await? {
        let Some(Part::Events(events)) = piece.part else { continue };
        for event in &events.events {
            if let Some(arrived) = to.arrived(event).await? {
                to.acknowledge(&arrived).await?;
                return Ok(arrived.lines);
            }
        }
    }
    Err("the letter with the attachment did not come".into())
}

async fn fetch(to: &Office, lines: &Envelope, made: SealedAttachment, into: &Path) -> Outcome<()> {
    use std::io::Write;
    let request = v1::FetchAttachmentRequest {
        from: lines.from.to_string(),
        id: lines.id.to_string(),
        digest: made.sealed.digest.0.to_vec().into(),
        offset: 0,
    };
    let mut out = BufWriter::new(File::create(into)?);
    let mut pieces = to.rpc.fetch_attachment(request).await?;
    while let Some(piece) = pieces.next().await? {
        out.write_all(&piece.chunk)?;
    }
    Ok(out.flush()?)
}

/// Bytes without an end that nobody can compress.
struct RandomBytes(StdRng);

impl Read for RandomBytes {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.0.fill_bytes(out);
        Ok(out.len())
    }
}
