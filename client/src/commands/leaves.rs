//! The leaf entries of a range, from the exchange.

use std::ops::Range;

use tsumugu_proto::v1;

use crate::failure::Failure;
use crate::rpc::{Rpc, incomplete};

/// Gives each entry of the range with its index, in order. Nothing is checked but that all came.
///
/// # Errors
/// The exchange breaks off or leaves some out; what `take` says.
pub(super) async fn each(
    rpc: &Rpc,
    range: Range<u64>,
    mut take: impl FnMut(u64, &[u8]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut next = range.start;
    if range.is_empty() {
        return Ok(());
    }
    let request = v1::ListLeavesRequest { start: range.start, end: range.end };
    let mut pieces = rpc.list_leaves(request).await?;
    while let Some(piece) = pieces.next().await? {
        if piece.start != next {
            return Err(incomplete("leaves"));
        }
        for entry in &piece.entries {
            if next == range.end {
                return Err(incomplete("leaves"));
            }
            take(next, entry)?;
            next += 1;
        }
    }
    if next == range.end { Ok(()) } else { Err(incomplete("leaves")) }
}
