//! The exchange's log against what this vault remembers: every leaf is fetched and hashed.

use tsumugu_proto::v1;
use tsumugu_trust::leaf::Leaf;
use tsumugu_trust::receipt;

use super::Verified;
use crate::commands::leaves;
use crate::context::Context;
use crate::failure::Failure;
use crate::identity::Party;
use crate::log_folder::Replay;
use crate::mailbox::all;
use crate::mailbox::message::Message;
use crate::session::{Purpose, Session};

/// Checks the checkpoint and its consistency, every leaf, that the clear ones are the chain of this
/// vault, and every receipt in it.
pub(super) async fn verify(ctx: &Context, settle: bool) -> Result<Verified, Failure> {
    let mut session = Session::open(ctx, Purpose::Look)?;
    session.sync().await?;
    let whole = whole_log(&mut session).await;
    let whole = session.keep_alarm(whole)?;
    let receipts = own_receipts(&session, &whole);
    let receipts = session.keep_alarm(receipts)?;
    if settle {
        session.settle_alarm()?;
        session.confirm_own()?;
    }
    let root = session.identity().exchange.root;
    Ok(Verified {
        origin: session.origin().to_string(),
        size: whole.tree().size(),
        root: whole.tree().root().to_string(),
        clear_leaves: whole.chain().next_number(),
        bundles: 0,
        tiles: 0,
        fingerprint: root.to_string(),
        // Every replay of the chain compares leaf 0 with the vault's fingerprint.
        anchored: true,
        receipts,
        settled: settle,
        trust_root: root,
    })
}

/// All leaves, whose root is that of the remembered checkpoint.
async fn whole_log(session: &mut Session<'_>) -> Result<Replay, Failure> {
    let known = session.checkpoint().cloned().ok_or_else(|| Failure::fault("checkpoint"))?;
    let rpc = session.connect().await?;
    let mut replay = Replay::new(session.origin().clone());
    let push = |_, entry: &[u8]| {
        replay.push(entry).map_err(|bad| Failure::bad_proof(&bad.to_string()).because(bad))
    };
    leaves::each(&rpc, 0..known.size(), push).await?;
    if replay.tree().root() != known.root() {
        return Err(Failure::bad_proof("the leaves are not those of the checkpoint"));
    }
    // The chain of the directory may have grown beyond the checkpoint, and was proved with it.
    for place in session.chain().places().iter().filter(|place| place.index < known.size()) {
        if replay.leaf(place.index) != Some(place.hash) {
            return Err(Failure::bad_proof("the clear chain is another one"));
        }
    }
    Ok(replay)
}

/// The receipts of the workers' admissions and of every record of every message.
fn own_receipts(session: &Session<'_>, whole: &Replay) -> Result<u64, Failure> {
    let mut count = 0;
    if let Party::Terminal(keys) = &session.identity().party {
        for worker in &keys.workers {
            check(session, whole, &worker.receipt()?, Some(worker.statement()))?;
            count += 1;
        }
    }
    for (from, id) in all(session.vault())? {
        let Some(message) = Message::load(session.vault(), from, id)? else { continue };
        for leaf in message.leaves() {
            check(session, whole, &leaf.receipt, None)?;
            count += 1;
        }
    }
    Ok(count)
}

/// A receipt proves its leaf in an earlier state of this very tree.
fn check(
    session: &Session<'_>,
    whole: &Replay,
    shown: &v1::Receipt,
    known: Option<&[u8]>,
) -> Result<(), Failure> {
    let verified = receipt::verify(shown, known, session.origin(), &whole.all_log_keys())
        .map_err(|error| Failure::bad_proof(&error.to_string()).because(error))?;
    let (size, root) = (verified.checkpoint.size(), verified.checkpoint.root());
    // One that came while the leaves were read is compared the next time.
    if size > whole.tree().size() {
        return Ok(());
    }
    let leaf = |leaf: &Leaf| whole.leaf(verified.at.index) == Some(leaf.hash());
    if whole.tree().root_at(size) == Ok(root) && leaf(&verified.leaf) {
        Ok(())
    } else {
        Err(Failure::log_forked(size))
    }
}
