//! The messages and services of the exchange, package `tsumugu.v1`.
//!
//! The `.proto` files beside this crate are the reference; the code is generated at build time,
//! without `protoc`. Only the feature `services` brings gRPC.

#[allow(missing_docs, clippy::all, unreachable_pub)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/tsumugu.v1.rs"));
}

/// The schema as a `google.protobuf.FileDescriptorSet`, comments included: what reflection shows.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/schema.bin"));

/// Package `tsumugu.v1`.
pub mod v1 {
    pub use crate::generated::*;
}

impl v1::ErrorReason {
    /// The text in `google.rpc.ErrorInfo`: the name without its prefix.
    #[must_use]
    pub fn text(self) -> &'static str {
        let name = self.as_str_name();
        name.strip_prefix("ERROR_REASON_").unwrap_or(name)
    }

    /// Reads such a text; an unknown one is `Unspecified`, for servers newer than this client.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self::from_str_name(&format!("ERROR_REASON_{text}")).unwrap_or(Self::Unspecified)
    }
}
