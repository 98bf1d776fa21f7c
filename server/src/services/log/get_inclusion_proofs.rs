use std::sync::Arc;

use tsumugu_proto::v1::{self, ErrorReason};

use crate::exchange::{Caller, Exchange};
use crate::ledger::wire_hashes;
use crate::refused::Refused;

/// Most indexes of one call.
pub(super) const MAX_INDEXES: usize = 256;

/// Proofs for leaves that are clear or whose record the caller may read: an index alone would tell
/// when others write.
pub(super) async fn get_inclusion_proofs(
    exchange: &Arc<Exchange>,
    caller: Caller,
    request: v1::GetInclusionProofsRequest,
) -> Result<v1::GetInclusionProofsResponse, Refused> {
    if request.indexes.len() > MAX_INDEXES {
        return Err(Refused::limit("indexes", MAX_INDEXES));
    }
    let proved = exchange.reading(move |exchange| {
        let published = exchange.reader.published();
        let size = if request.tree_size == 0 { published.size } else { request.tree_size };
        if size > published.size {
            return Err(Refused::new(ErrorReason::Rule, "the tree is smaller than that")
                .with("rule", "tree_size"));
        }
        let mut proofs = Vec::with_capacity(request.indexes.len());
        for index in &request.indexes {
            if *index >= size || !may_prove(exchange, caller, *index)? {
                return Err(Refused::not_found());
            }
            proofs.push(v1::InclusionProof {
                hashes: wire_hashes(&exchange.reader.inclusion_proof(*index, size)?),
            });
        }
        Ok(v1::GetInclusionProofsResponse {
            checkpoint: published.checkpoint.clone().into(),
            proofs,
        })
    });
    proved.await
}

fn may_prove(exchange: &Exchange, caller: Caller, index: u64) -> Result<bool, Refused> {
    let Some(row) = exchange.reader.leaf_row(index)? else { return Ok(false) };
    let is_clear = row.record.is_empty();
    Ok(match caller {
        _ if is_clear => true,
        Caller::Terminal(terminal) => row.is_for(terminal.institution()),
        Caller::Administrator(_) => row.readers.is_empty(),
    })
}
