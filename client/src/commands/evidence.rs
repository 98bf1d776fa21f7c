//! `tsumugu evidence`: one file that proves to anyone what became of a message.

use serde::Serialize;
use tsumugu_durable::{DiskError, write_new};
use tsumugu_proto::v1;
use tsumugu_proto::v1::receipt::Visibility;
use tsumugu_proto::v1::sync_directory_response::Part;
use tsumugu_trust::checkpoint::VerifiedCheckpoint;
use tsumugu_trust::directory::check_disposition;
use tsumugu_trust::evidence::{Evidence, EvidenceBuilder, EvidenceRefused, Needed, verify};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::leaf::{ClearLeaf, Leaf};
use tsumugu_trust::merkle::leaf_hash;
use tsumugu_trust::receipt::{self, VerifiedReceipt, hashes};
use tsumugu_trust::statement::AnyBody;

use super::mail::{exchange_mail, find_message};
use super::report::ShownReport;
use super::track::take_all;
use crate::args::EvidenceArgs;
use crate::context::Context;
use crate::failure::Failure;
use crate::letters::read_detail;
use crate::mailbox::message::Message;
use crate::messages::Sentence;
use crate::output::{Outcome, Page};
use crate::rpc::incomplete;
use crate::session::{Purpose, Session};
use crate::workers::Leavers;

/// Inclusion proofs in one call (`GetInclusionProofsRequest`).
const PROOFS_PER_CALL: usize = 256;

/// Outcome of the command.
#[derive(Debug, Serialize)]
pub struct Written {
    /// The file.
    pub file: String,
    /// Its bytes.
    pub bytes: usize,
    /// Whether the letter is in it.
    pub letter_revealed: bool,
    /// What it proves, checked as a reader will check it.
    pub report: ShownReport,
}

/// Runs the command. The file is verified before it is written, against the whole clear chain.
///
/// # Errors
/// There is no such message; the exchange is not reached, which has to prove every leaf anew; the
/// file is there already; an alarm.
pub async fn run(ctx: &Context, args: &EvidenceArgs) -> Result<Written, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    exchange_mail(&mut session).await?.tell_unsent(ctx);
    let (from, id) = find_message(&mut session, &args.id).await?;
    session.sync().await?;
    take_all(&mut session, from, id).await?;
    // The records may have brought a newer checkpoint: the chain has to reach as far.
    session.sync().await?;
    let message = Message::load(session.vault(), from, id)?;
    let message = message.ok_or_else(|| Failure::unknown_message(&args.id))?;
    let known = session.checkpoint().ok_or_else(|| Failure::fault("checkpoint"))?.clone();
    let mut builder = EvidenceBuilder::new(session.directory(), &known, from, id);
    if !args.without_letter {
        reveal(&session, &message, &mut builder)?;
    }
    add_records(&mut session, &message, &known, &mut builder).await?;
    let needed = builder.needed(session.directory());
    add_clear_leaves(&mut session, &needed, &known, &mut builder).await?;
    let file = builder.build().map_err(unprovable)?;
    let root = session.identity().exchange.root;
    let report = Evidence::parse(&file)
        .and_then(|evidence| verify(&evidence, Some(root), Some(session.directory())))
        .map_err(unprovable)?;
    write_new(&args.out, &file).map_err(|error| match error {
        DiskError::Exists { .. } => Failure::file_exists(&args.out),
        error => Failure::file_unwritable(&args.out, error),
    })?;
    Ok(Written {
        file: args.out.display().to_string(),
        bytes: file.len(),
        letter_revealed: report.letter.is_some(),
        report: (&report).into(),
    })
}

/// Reveals the letter, who wrote it, and who answered and said what. Without it the file names nobody.
fn reveal(
    session: &Session<'_>,
    message: &Message,
    builder: &mut EvidenceBuilder,
) -> Result<(), Failure> {
    let directory = session.directory();
    let Some(letter) = message.read_letter(session.vault(), directory)? else { return Ok(()) };
    builder.letter(letter.bytes().to_vec());
    let Some((envelope, lines)) = message.envelope() else { return Ok(()) };
    let digest = envelope.statement.digest();
    for leaf in message.leaves().iter().filter(|leaf| !leaf.detail.is_empty()) {
        let checked = check_disposition(directory, leaf.at, &leaf.statement, lines, digest);
        let Ok(checked) = checked else { continue };
        let key = letter.letter_key();
        // A detail that does not verify proves nothing; the answer itself still stands.
        if let Ok(detail) = read_detail(directory, leaf.at, &checked, &leaf.detail, key)
            && !Leavers::of(session).had_left(
                checked.body().by,
                detail.worker().id(),
                leaf.at.index,
            )
            && let Some(salt) = detail.salt().first_chunk::<32>()
        {
            builder.detail(leaf.at.index, *salt, detail.detail().to_vec());
        }
    }
    Ok(())
}

async fn add_records(
    session: &mut Session<'_>,
    message: &Message,
    known: &VerifiedCheckpoint,
    builder: &mut EvidenceBuilder,
) -> Result<(), Failure> {
    // The envelope of a correction stands with the corrected message, and is another's record.
    let is_own = |body: &AnyBody| match body {
        AnyBody::Envelope(lines) => lines.id == message.id(),
        _ => true,
    };
    let leaves = message.leaves().iter().filter(|leaf| is_own(&leaf.statement.body));
    let receipts: Vec<_> = leaves.map(|leaf| leaf.receipt.clone()).collect();
    add(session, receipts, known, builder).await
}

/// Adds the clear leaves that the proof needs. They are fetched anew, and held against the hashes of
/// those that this vault has replayed.
async fn add_clear_leaves(
    session: &mut Session<'_>,
    needed: &Needed,
    known: &VerifiedCheckpoint,
    builder: &mut EvidenceBuilder,
) -> Result<(), Failure> {
    let request = v1::SyncDirectoryRequest { start_number: 0 };
    let mut pieces = session.connect().await?.sync_directory(request).await?;
    let mut receipts = Vec::new();
    let places = session.chain().places().to_vec();
    let mut places = places.iter();
    while let Some(piece) = pieces.next().await? {
        let Some(Part::Leaves(leaves)) = piece.part else { break };
        for leaf in leaves.leaves {
            // What is newer than the chain that is known is not needed: it was synchronised just now.
            let Some(place) = places.next() else { break };
            if leaf_hash(&leaf.entry) != place.hash || leaf.index != place.index {
                let failure = Failure::bad_proof("a clear leaf has changed");
                return session.keep_alarm(Err(failure));
            }
            let Some(Leaf::Clear(clear)) = Leaf::parse(&leaf.entry) else {
                return Err(incomplete("leaves"));
            };
            if clear.parse_statement().is_ok_and(|s| needed.contains(&s.body)) {
                receipts.push(clear_receipt(leaf.index, clear));
            }
        }
    }
    add(session, receipts, known, builder).await
}

fn clear_receipt(index: u64, leaf: ClearLeaf) -> v1::Receipt {
    let part = v1::ClearPart { number: leaf.number, previous: leaf.previous.0.to_vec().into() };
    v1::Receipt {
        index,
        time_ms: leaf.time.0,
        visibility: Some(Visibility::Clear(part)),
        proof: Vec::new(),
        checkpoint: Default::default(),
        record: leaf.statement.into(),
    }
}

/// Adds leaves, each with a proof against the one checkpoint.
async fn add(
    session: &mut Session<'_>,
    receipts: Vec<v1::Receipt>,
    known: &VerifiedCheckpoint,
    builder: &mut EvidenceBuilder,
) -> Result<(), Failure> {
    for some in receipts.chunks(PROOFS_PER_CALL) {
        let request = v1::GetInclusionProofsRequest {
            indexes: some.iter().map(|receipt| receipt.index).collect(),
            tree_size: known.size(),
        };
        let answer = session.connect().await?.get_inclusion_proofs(request).await?;
        if answer.proofs.len() != some.len() {
            return Err(incomplete("proofs"));
        }
        for (receipt, proof) in some.iter().zip(answer.proofs) {
            let (verified, proof) = proved(session, receipt, proof, known)?;
            builder.leaf(&verified, &proof).map_err(unprovable)?;
        }
    }
    Ok(())
}

fn proved(
    session: &Session<'_>,
    receipt: &v1::Receipt,
    proof: v1::InclusionProof,
    known: &VerifiedCheckpoint,
) -> Result<(VerifiedReceipt, Vec<Hash>), Failure> {
    let path = hashes(&proof.hashes).ok_or_else(|| incomplete("proofs"))?;
    let anew = v1::Receipt {
        proof: proof.hashes,
        checkpoint: known.note_bytes().to_vec().into(),
        ..receipt.clone()
    };
    let verified = receipt::verify(&anew, None, session.origin(), &session.log_keys());
    let verified = verified.map_err(|error| Failure::bad_proof(&error.to_string()).because(error));
    Ok((session.keep_alarm(verified)?, path))
}

fn unprovable(error: EvidenceRefused) -> Failure {
    Failure::new("evidence.unprovable").with("detail", &error).because(error)
}

impl Outcome for Written {
    fn lines(&self, page: &mut Page) {
        page.say(&Sentence::new("evidence.written").with("file", &self.file));
        if self.letter_revealed {
            page.say(&Sentence::new("evidence.reveals-letter"));
        }
        self.report.lines(page);
    }
}
