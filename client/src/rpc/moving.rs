//! Patience with a slow line: as long as it moves, an answer may take as long as it needs.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

use crate::tls::Traffic;

/// How long a line may stand still. What a proxy holds for us on a line of 64 kbit/s is through by then.
pub const STANDSTILL: Duration = Duration::from_secs(60);

/// Bytes that a line that moves carries in that time: more than the signs of life of one where nothing
/// goes on.
pub const MOVED: u64 = 4 * 1024;

/// What the call gives; nothing when the line stood still for so long before.
pub(super) async fn while_moving<T>(
    traffic: &Traffic,
    standstill: Duration,
    call: impl Future<Output = T>,
) -> Option<T> {
    let mut call = pin!(call);
    let mut patience = Patience(traffic.total());
    loop {
        match timeout(standstill, &mut call).await {
            Ok(answer) => return Some(answer),
            Err(_) if patience.is_over(traffic.total()) => return None,
            Err(_) => {}
        }
    }
}

/// What had moved when it was last looked at.
struct Patience(u64);

impl Patience {
    fn is_over(&mut self, total: u64) -> bool {
        let moved = total.saturating_sub(self.0);
        self.0 = total;
        moved < MOVED
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_moves_is_waited_for() {
        let mut patience = Patience(100);
        assert!(!patience.is_over(100 + MOVED));
        assert!(!patience.is_over(100 + 3 * MOVED));
        assert!(patience.is_over(100 + 4 * MOVED - 1), "signs of life are not enough");
        assert!(patience.is_over(100 + 4 * MOVED - 1));
    }

    #[tokio::test]
    async fn an_answer_is_given() {
        assert_eq!(while_moving(&Traffic::default(), STANDSTILL, async { 7 }).await, Some(7));
    }
}
