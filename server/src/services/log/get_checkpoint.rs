use tsumugu_proto::v1::{self, ErrorReason};
use tsumugu_trust::checkpoint::VerifiedCheckpoint;

use crate::exchange::Exchange;
use crate::ledger::wire_hashes;
use crate::refused::Refused;

/// The newest checkpoint, proved to continue the one the client remembers. When that one is ours and
/// this log does not continue it, one of the two histories was shown to somebody: the client stops,
/// and so does the exchange: it signs nothing more.
pub(super) fn get_checkpoint(
    exchange: &Exchange,
    request: &v1::GetCheckpointRequest,
) -> Result<v1::GetCheckpointResponse, Refused> {
    let published = exchange.reader.published();
    let mut consistency_proof = Vec::new();
    if !request.known_checkpoint.is_empty() {
        let keys = published.directory.log_keys();
        let known = VerifiedCheckpoint::verify(
            &request.known_checkpoint,
            exchange.reader.origin().as_str(),
            &keys,
        )
        .map_err(|_| {
            Refused::new(ErrorReason::Malformed, "the known checkpoint is not signed by this log")
        })?;
        if known.size() > published.size
            || exchange.reader.root_at(known.size()) != Some(known.root())
        {
            exchange.restraint.shown(&known);
            return Err(Refused::new(
                ErrorReason::InconsistentCheckpoint,
                "this log does not continue the checkpoint that the client remembers",
            ));
        }
        consistency_proof =
            wire_hashes(&exchange.reader.consistency_proof(known.size(), published.size)?);
    }
    Ok(v1::GetCheckpointResponse {
        checkpoint: published.checkpoint.clone().into(),
        consistency_proof,
        time_ms: exchange.now().0,
    })
}
