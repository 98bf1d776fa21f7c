//! What one party may take of the exchange, so that none can take it from the others.
//!
//! | what | bounded by | who is over it |
//! |---|---|---|
//! | connections in their handshake | address, all | is not accepted, or closed |
//! | connections of members | institution or administrator, all | is told on the connection, which then ends |
//! | connections without a certificate | address, all, age, idle time | is told on the connection, which then ends |
//! | requests, streams, their bytes | institution, administrator, address; all | is told, with a time to wait |
//! | calls without a certificate | address and invitation, in a minute | is told, with a time to wait |
//! | letters and bytes accepted | institution, in a day of Japan | is told to wait until midnight |
//! | free disk | all who send | is told to wait |
//! | commands waiting for a commit | institution (`sequencer::lanes`) | is told, with a time to wait |
//!
//! Everything here is counted in memory, but for the day's quota, which [`quota`] keeps in a file.

mod address;
mod kind;
pub mod layer;
mod meter;
pub mod quota;
mod rate;
mod share;
mod space;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tsumugu_trust::value::{Id, Time};

pub use address::Net;
pub(crate) use kind::{ENROLMENT, SEND};
pub use meter::Activity;
pub use rate::{MAX_KEYS, Rate};
pub use share::{Part, Share};
pub use space::{NO_ROOM, Space};

use crate::party::Party;
use crate::refused::{BUSY, Refused};
use crate::settings::Limits;
use share::Over;

/// How long a caller should wait who has too many connections.
pub const CROWDED: Duration = Duration::from_secs(30);

/// Connections that are only told why they are not served, at once.
pub const TURNED_AWAY: u64 = 32;

/// Bytes of requests under way without a certificate, from one address.
pub const STRANGERS_BYTES_EACH: u64 = 16 << 20;

/// Bytes of requests under way without a certificate, in all: they take none of the members' memory.
pub const STRANGERS_BYTES: u64 = 64 << 20;

/// A minute, in milliseconds.
const MINUTE: u64 = 60_000;

/// For whom something is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// An institution, whatever terminal.
    Institution(Id),
    /// An administrator.
    Administrator(Id),
    /// Whoever comes from there without a certificate.
    Address(Net),
}

/// Who holds an open connection, as its handshake showed it.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Whose requests these are.
    pub holder: Holder,
    /// What is under way on it.
    pub activity: Arc<Activity>,
    /// Why nothing is answered on it but this.
    pub turned_away: Option<Box<Refused>>,
}

/// A place among the open connections: free again when dropped.
#[derive(Debug)]
pub struct Seat {
    _part: Part<Holder>,
}

/// All that is counted.
#[derive(Debug)]
pub struct Bounds {
    limits: Limits,
    arrivals: Arc<Share<Holder>>,
    members: Arc<Share<Holder>>,
    administrators: Arc<Share<Holder>>,
    strangers: Arc<Share<Holder>>,
    turned_away: Arc<Share<Holder>>,
    requests: Arc<Share<Holder>>,
    streams: Arc<Share<Holder>>,
    bytes: Arc<Share<Holder>>,
    strangers_bytes: Arc<Share<Holder>>,
    calls_by_address: Rate<Net>,
    calls_by_invitation: Rate<Id>,
}

impl Bounds {
    /// Nothing is taken yet.
    #[must_use]
    pub fn new(limits: &Limits) -> Arc<Self> {
        let per_institution = u64::from(limits.connections_per_institution);
        let share = |each: u32, all: u32| Share::new(each.into(), all.into());
        Arc::new(Self {
            arrivals: share(limits.arrivals_per_address, limits.arrivals),
            members: share(limits.connections_per_institution, limits.connections),
            // A trust list names five at most; who is none any more is refused at each request.
            administrators: Share::new(per_institution, per_institution.saturating_mul(5)),
            strangers: share(
                limits.connections_per_address,
                limits.connections_without_certificate,
            ),
            turned_away: Share::new(TURNED_AWAY / 4, TURNED_AWAY),
            requests: share(limits.requests_per_institution, u32::MAX),
            streams: share(limits.streams_per_institution, u32::MAX),
            bytes: share(limits.request_bytes_per_institution, limits.request_bytes),
            strangers_bytes: Share::new(STRANGERS_BYTES_EACH, STRANGERS_BYTES),
            calls_by_address: Rate::new(limits.calls_per_address, MINUTE),
            calls_by_invitation: Rate::new(limits.calls_per_invitation, MINUTE),
            limits: limits.clone(),
        })
    }

    /// A connection that begins its handshake; `None` where its address or everybody has too many.
    #[must_use]
    pub fn arrive(&self, from: IpAddr) -> Option<Seat> {
        let part = self.arrivals.take(Holder::Address(Net::of(from)), 1).ok()?;
        Some(Seat { _part: part })
    }

    /// A place for a connection whose handshake is done. One for which there is none has a place to
    /// be told so, as long as there are such; `None` otherwise.
    #[must_use]
    pub fn seat(&self, party: Option<Party>, from: IpAddr) -> Option<(Connection, Seat)> {
        let (holder, share, each, all) = match party {
            Some(Party::Terminal { institution, .. }) => (
                Holder::Institution(Id(institution)),
                &self.members,
                "connections_per_institution",
                "connections",
            ),
            Some(Party::Administrator { id }) => (
                Holder::Administrator(Id(id)),
                &self.administrators,
                "connections_per_institution",
                "connections_per_institution",
            ),
            None => (
                Holder::Address(Net::of(from)),
                &self.strangers,
                "connections_per_address",
                "connections_without_certificate",
            ),
        };
        let connection = |turned_away| Connection { holder, activity: Arc::default(), turned_away };
        match share.take(holder, 1) {
            Ok(part) => Some((connection(None), Seat { _part: part })),
            Err(over) => {
                let refused = match over {
                    Over::Each => Refused::limit(each, share.each()),
                    Over::All => Refused::limit(all, share.all()),
                };
                let part = self.turned_away.take(holder, 1).ok()?;
                let why = Some(Box::new(refused.retry_after(CROWDED)));
                Some((connection(why), Seat { _part: part }))
            }
        }
    }

    /// A request that begins.
    pub(crate) fn request(&self, holder: Holder) -> Result<Part<Holder>, Refused> {
        let name = match holder {
            Holder::Address(_) => "requests_per_address",
            _ => "requests_per_institution",
        };
        let over = |_| Refused::limit(name, self.requests.each()).retry_after(BUSY);
        self.requests.take(holder, 1).map_err(over)
    }

    /// A stream of answers that begins.
    pub(crate) fn stream(&self, holder: Holder) -> Result<Part<Holder>, Refused> {
        let name = "streams_per_institution";
        let over = |_| Refused::limit(name, self.streams.each()).retry_after(CROWDED);
        self.streams.take(holder, 1).map_err(over)
    }

    /// The bytes of a request, of which none have come yet.
    pub(crate) fn bytes(&self, holder: Holder) -> Part<Holder> {
        if holder.is_known() {
            self.bytes.nothing(holder)
        } else {
            self.strangers_bytes.nothing(holder)
        }
    }

    /// Further bytes of a request.
    pub(crate) fn grow(part: &mut Part<Holder>, by: u64) -> Result<(), Refused> {
        part.grow(by).map_err(|over| {
            let name = match over {
                Over::Each => "request_bytes_per_institution",
                Over::All => "request_bytes",
            };
            Refused::limit(name, part.most(over)).retry_after(BUSY)
        })
    }

    /// A call without a certificate from an address.
    pub(crate) fn call_from(&self, net: Net, now: Time) -> Result<(), Refused> {
        let most = self.limits.calls_per_address;
        self.calls_by_address
            .ask(net, now.0)
            .map_err(|wait| Refused::limit("calls_per_address", most).retry_after(wait))
    }

    /// A call for an invitation.
    ///
    /// # Errors
    /// [`ErrorReason::Limit`](tsumugu_proto::v1::ErrorReason::Limit): too many in a minute.
    pub fn call_for(&self, invitation: Id, now: Time) -> Result<(), Refused> {
        let most = self.limits.calls_per_invitation;
        self.calls_by_invitation
            .ask(invitation, now.0)
            .map_err(|wait| Refused::limit("calls_per_invitation", most).retry_after(wait))
    }
}

impl Holder {
    /// Whether a certificate was shown.
    #[must_use]
    pub fn is_known(self) -> bool {
        !matches!(self, Self::Address(_))
    }
}

#[cfg(test)]
mod tests;
