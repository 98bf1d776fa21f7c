//! The network as offices have it: proxies, inspection, either kind of address, slow and broken lines.

#![allow(missing_docs, clippy::unwrap_used)]

#[path = "network/addresses.rs"]
mod addresses;
#[path = "network/inspection.rs"]
mod inspection;
#[path = "network/limits.rs"]
mod limits;
#[path = "network/lines.rs"]
mod lines;
#[path = "support/people.rs"]
mod people;
#[path = "network/proxy.rs"]
mod proxy;
#[path = "support/relay.rs"]
mod relay;

use tsumugu_client::identity::Identity;

use people::Person;

/// The office's line to the exchange is another one from now on.
fn reached_at(person: &Person, address: &str) {
    let vault = person.vault();
    let mut identity = Identity::load(&vault).unwrap().unwrap();
    identity.exchange.address = address.to_owned();
    identity.save(&vault).unwrap();
}
