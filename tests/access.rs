//! Who gets in, over real TLS: asked at the handshake, at every request, and while streams are open.

#![allow(missing_docs, clippy::unwrap_used)]

mod support;

#[path = "access/certificates.rs"]
mod certificates;
#[path = "access/lists.rs"]
mod lists;
#[path = "access/revocation.rs"]
mod revocation;
