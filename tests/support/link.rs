//! A connection to the exchange, and what its refusals say.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use tonic::Status;
use tonic::transport::Channel;
use tonic_types::StatusExt;
use tsumugu_client::tls::{self, ClientIdentity, ServerTrust, TlsFailure};
use tsumugu_durable::clock::Clock;
use tsumugu_proto::v1::ErrorReason;
use tsumugu_proto::v1::admin_service_client::AdminServiceClient;
use tsumugu_proto::v1::directory_service_client::DirectoryServiceClient;
use tsumugu_proto::v1::enrolment_service_client::EnrolmentServiceClient;
use tsumugu_proto::v1::exchange_service_client::ExchangeServiceClient;
use tsumugu_proto::v1::log_service_client::LogServiceClient;
use tsumugu_proto::v1::terminal_service_client::TerminalServiceClient;

use super::folder::ORIGIN;

/// Mutual TLS, or TLS without a certificate.
#[derive(Debug, Clone)]
pub struct Link {
    channel: Channel,
}

impl Link {
    /// Connects to an exchange whose CA pin is known.
    pub async fn open(
        address: &str,
        ca_pin: [u8; 32],
        identity: Option<ClientIdentity>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, TlsFailure> {
        let trust = ServerTrust::Pinned { ca_pins: vec![ca_pin] };
        let channel = tls::connect(address, ORIGIN, &trust, identity, clock).await?;
        Ok(Self { channel })
    }

    /// A place holder: the first call fails.
    pub fn none() -> Self {
        Self { channel: Channel::from_static("http://127.0.0.1:1").connect_lazy() }
    }

    /// Connects as who has a code and nothing else.
    pub async fn blind(address: &str, clock: Arc<dyn Clock>) -> Self {
        let trust = ServerTrust::BlindUntilDocument;
        let channel = tls::connect(address, ORIGIN, &trust, None, clock).await.unwrap();
        Self { channel }
    }

    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    pub fn admin(&self) -> AdminServiceClient<Channel> {
        AdminServiceClient::new(self.channel.clone())
    }
    pub fn directory(&self) -> DirectoryServiceClient<Channel> {
        DirectoryServiceClient::new(self.channel.clone())
    }
    pub fn enrolment(&self) -> EnrolmentServiceClient<Channel> {
        EnrolmentServiceClient::new(self.channel.clone())
    }
    pub fn exchange(&self) -> ExchangeServiceClient<Channel> {
        ExchangeServiceClient::new(self.channel.clone())
    }
    pub fn log(&self) -> LogServiceClient<Channel> {
        LogServiceClient::new(self.channel.clone())
    }
    pub fn terminal(&self) -> TerminalServiceClient<Channel> {
        TerminalServiceClient::new(self.channel.clone())
    }
}

/// The reason of a refusal, and its details.
#[track_caller]
pub fn refusal(status: &Status) -> (ErrorReason, BTreeMap<String, String>) {
    let details = status.get_error_details();
    let Some(info) = details.error_info() else { panic!("no ErrorInfo in {status:?}") };
    assert_eq!(info.domain, "tsumugu");
    let metadata = info.metadata.clone().into_iter().collect();
    (ErrorReason::from_text(&info.reason), metadata)
}

/// The reason for which a call was refused.
#[track_caller]
pub fn reason<T: Debug>(answer: Result<T, Status>) -> ErrorReason {
    refusal(&answer.expect_err("a refusal")).0
}

/// The limit that a call was over.
#[track_caller]
pub fn limit<T: Debug>(answer: Result<T, Status>) -> (String, String) {
    let status = answer.expect_err("a refusal");
    assert_eq!(status.code(), tonic::Code::ResourceExhausted);
    let (reason, metadata) = refusal(&status);
    assert_eq!(reason, ErrorReason::Limit);
    (metadata["limit"].clone(), metadata["value"].clone())
}

/// After how long the exchange asks to try again.
pub fn retry_after(status: &Status) -> Option<std::time::Duration> {
    status.get_details_retry_info().and_then(|info| info.retry_delay)
}
