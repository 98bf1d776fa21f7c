//! The free disk: letters are refused while answers, ticks and removals can still be logged.

use std::sync::Arc;
use std::time::Duration;

use tsumugu_durable::space::FreeSpace;

use crate::refused::Refused;

/// How long a sender should wait before the operator may have made room.
pub const NO_ROOM: Duration = Duration::from_secs(600);

const MIB: u64 = 1 << 20;

/// Whether there is room for letters.
#[derive(Debug)]
pub struct Space {
    free: Arc<dyn FreeSpace>,
    reserve_megabytes: u32,
}

impl Space {
    /// Letters are refused when less than this is free, in MiB.
    #[must_use]
    pub fn new(free: Arc<dyn FreeSpace>, reserve_megabytes: u32) -> Self {
        Self { free, reserve_megabytes }
    }

    /// Whether letters and attachments may be taken.
    ///
    /// # Errors
    /// [`ErrorReason::Limit`](tsumugu_proto::v1::ErrorReason::Limit) below the reserve.
    pub fn check(&self) -> Result<(), Refused> {
        match self.free.free() {
            Ok(free) if free < u64::from(self.reserve_megabytes) * MIB => {
                tracing::error!(
                    free_megabytes = free / MIB,
                    "the disk is nearly full: letters are refused"
                );
                Err(Refused::limit("disk_reserve_megabytes", self.reserve_megabytes)
                    .retry_after(NO_ROOM))
            }
            Ok(_) => Ok(()),
            // A system that does not tell is no reason to keep letters out: a write that fails stops us.
            Err(error) => {
                tracing::warn!(%error, "the free space of the disk is not known");
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tsumugu_durable::space::SetSpace;

    use super::*;

    #[test]
    fn the_reserve_has_an_edge() {
        let free = SetSpace::of(7 * MIB);
        let space = Space::new(free.clone(), 7);
        space.check().unwrap();
        free.set(7 * MIB - 1);
        let refused = space.check().unwrap_err();
        assert_eq!(refused.retry, Some(NO_ROOM));
        assert_eq!(refused.metadata[1].1, "7");
        free.set_unknown();
        space.check().unwrap();
    }
}
