//! Which calls are answered while the exchange is read-only: one place, before any service.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::operations::{Condition, ConditionReader};
use crate::restraint::read_only;

/// Our services begin so; what does not (health, reflection) changes nothing.
const OURS: &str = "/tsumugu.v1.";

/// Calls that change nothing, and the one that ends it. `Fetch` is not among them: before a body
/// leaves, the log says so. A certificate may be renewed: who was off meanwhile has to be able to come.
const ANSWERED: [&str; 16] = [
    "AdminService/ListPending",
    "AdminService/Resume",
    "DirectoryService/FetchCatalogueFile",
    "DirectoryService/SyncDirectory",
    "EnrolmentService/GetEnrolment",
    "EnrolmentService/GetInvitation",
    "EnrolmentService/GetTerminalAdmission",
    "EnrolmentService/RenewCertificate",
    "ExchangeService/FetchAttachment",
    "ExchangeService/GetUpload",
    "ExchangeService/Subscribe",
    "ExchangeService/Track",
    "LogService/GetCheckpoint",
    "LogService/GetInclusionProofs",
    "LogService/ListLeaves",
    "TerminalService/GetTerminalRequest",
];

/// Refuses what would change something, while the exchange is read-only.
#[derive(Debug, Clone)]
pub(crate) struct ReadOnlyLayer(pub(crate) ConditionReader);

impl<S> Layer<S> for ReadOnlyLayer {
    type Service = Restrained<S>;

    fn layer(&self, inner: S) -> Restrained<S> {
        Restrained { inner, condition: self.0.clone() }
    }
}

/// A service under [`ReadOnlyLayer`].
#[derive(Debug, Clone)]
pub(crate) struct Restrained<S> {
    inner: S,
    condition: ConditionReader,
}

impl<S> Service<http::Request<Body>> for Restrained<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        if self.condition.now() == Condition::ReadOnly && changes(request.uri().path()) {
            return Box::pin(async { Ok(Status::from(read_only()).into_http()) });
        }
        Box::pin(self.inner.call(request))
    }
}

fn changes(path: &str) -> bool {
    path.strip_prefix(OURS).is_some_and(|call| !ANSWERED.contains(&call))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_known_to_change_something_or_not() {
        let protos = [
            ("Exchange", include_str!("../../../proto/tsumugu/v1/exchange.proto")),
            ("Directory", include_str!("../../../proto/tsumugu/v1/directory.proto")),
            ("Log", include_str!("../../../proto/tsumugu/v1/log.proto")),
            ("Admin", include_str!("../../../proto/tsumugu/v1/admin.proto")),
            ("Terminal", include_str!("../../../proto/tsumugu/v1/terminal.proto")),
            ("Enrolment", include_str!("../../../proto/tsumugu/v1/enrolment.proto")),
        ];
        let (mut answered, mut changing) = (Vec::new(), Vec::new());
        for (service, proto) in protos {
            for line in proto.lines().filter_map(|line| line.trim().strip_prefix("rpc ")) {
                let call = format!("{service}Service/{}", line.split('(').next().unwrap());
                let list =
                    if changes(&format!("{OURS}{call}")) { &mut changing } else { &mut answered };
                list.push(call);
            }
        }
        answered.sort();
        assert_eq!(answered, ANSWERED, "a name that is no call, or a call twice");
        changing.sort();
        insta::assert_snapshot!(changing.join("\n"));
        assert!(!changes("/grpc.health.v1.Health/Check"));
    }
}
