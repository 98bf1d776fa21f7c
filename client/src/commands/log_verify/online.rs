//! The exchange's log against what this vault remembers.

use tsumugu_proto::v1;
use tsumugu_trust::merkle::verify_inclusion;
use tsumugu_trust::receipt::hashes;

use super::Verified;
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::Party;
use crate::session::{Purpose, Session};

/// Inclusion proofs in one call (`GetInclusionProofsRequest`).
const PROOFS_PER_CALL: usize = 256;

/// Checks the checkpoint, its consistency, the inclusion of every clear leaf, and the own receipts.
pub(super) async fn verify(ctx: &Context, settle: bool) -> Result<Verified, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    session.sync().await?;
    let included = every_clear_leaf(&mut session).await;
    session.keep_alarm(included)?;
    let receipts = own_receipts(&mut session).await?;
    if settle {
        session.settle_alarm()?;
        session.confirm_own()?;
    }
    let known = session.checkpoint().ok_or_else(|| Failure::fault("checkpoint"))?;
    let root = session.identity().exchange.root;
    Ok(Verified {
        origin: session.origin().to_string(),
        size: known.size(),
        root: known.root().to_string(),
        clear_leaves: session.chain().chain().next_number(),
        fingerprint: root.to_string(),
        // Every replay of the chain compares leaf 0 with the vault's fingerprint.
        anchored: true,
        receipts,
        settled: settle,
        trust_root: root,
    })
}

/// Proves each leaf of the chain in the tree that is remembered.
async fn every_clear_leaf(session: &mut Session<'_>) -> Result<(), Failure> {
    let known = session.checkpoint().cloned().ok_or_else(|| Failure::fault("checkpoint"))?;
    let rpc = session.connect().await?;
    let places = session.chain().places().to_vec();
    // A leaf that came after the checkpoint was proved when it was taken in.
    let places: Vec<_> = places.into_iter().filter(|place| place.index < known.size()).collect();
    for some in places.chunks(PROOFS_PER_CALL) {
        let request = v1::GetInclusionProofsRequest {
            indexes: some.iter().map(|place| place.index).collect(),
            tree_size: known.size(),
        };
        let answer = rpc.get_inclusion_proofs(request).await?;
        if answer.proofs.len() != some.len() {
            return Err(crate::rpc::incomplete("proofs"));
        }
        for (place, proof) in some.iter().zip(&answer.proofs) {
            let proof = hashes(&proof.hashes).ok_or_else(|| Failure::bad_proof("inclusion"))?;
            verify_inclusion(place.hash, place.index, known.size(), &proof, &known.root())
                .map_err(|error| Failure::bad_proof("inclusion").because(error))?;
        }
    }
    Ok(())
}

/// The receipts of the workers' admissions.
async fn own_receipts(session: &mut Session<'_>) -> Result<u64, Failure> {
    let workers = match &session.identity().party {
        Party::Terminal(keys) => keys.workers.clone(),
        Party::Administrator(_) => Vec::new(),
    };
    for worker in &workers {
        session.verify_receipt(&worker.receipt()?, Some(worker.statement())).await?;
    }
    Ok(workers.len() as u64)
}
