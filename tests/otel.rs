//! The feature `otel`: a collector receives spans and metrics of a real run.

#![cfg(all(unix, feature = "otel"))]
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::sync::{Arc, Mutex};

use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use support::town::Town;
use tonic::{Request, Response, Status};

#[derive(Debug, Clone, Default)]
struct Collector {
    spans: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
    metrics: Arc<Mutex<Vec<ExportMetricsServiceRequest>>>,
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.spans.lock().unwrap().push(request.into_inner());
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.metrics.lock().unwrap().push(request.into_inner());
        Ok(Response::new(Default::default()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_receives_spans_and_metrics_of_a_real_run() {
    let collector = Collector::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let serving = tonic::transport::Server::builder()
        .add_service(TraceServiceServer::new(collector.clone()))
        .add_service(MetricsServiceServer::new(collector.clone()))
        .serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener));
    let serving = tokio::spawn(serving);

    let mut town = Town::process().await;
    let mut office = town.office().await;
    town.stop().await;
    let (collecting, often) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_METRIC_EXPORT_INTERVAL");
    town.start_process(&[(collecting, &endpoint), (often, "50")]);
    town.reconnect(&mut [&mut office]).await;
    let letter = office.letter(&office);
    office.send_one(&letter).await.unwrap();
    // What is looked up is sent while it runs.
    while !format!("{:?}", collector.metrics.lock().unwrap()).contains("tsumugu.log.leaves") {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    // The end sends what is left.
    town.stop().await;
    serving.abort();

    let spans = collector.spans.lock().unwrap();
    let all = spans.iter().flat_map(|request| &request.resource_spans);
    let all = all.flat_map(|resource| &resource.scope_spans).flat_map(|scope| &scope.spans);
    let calls: Vec<String> =
        all.filter(|span| span.name == "call").map(|s| format!("{s:?}")).collect();
    assert!(calls.iter().any(|span| span.contains("ExchangeService/Send")), "{calls:?}");
    let metrics = format!("{:?}", collector.metrics.lock().unwrap());
    for name in ["tsumugu.requests", "tsumugu.commit.duration", "tsumugu.log.leaves"] {
        assert!(metrics.contains(name), "{name} in {metrics}");
    }
    let everything = format!("{spans:?}{metrics}");
    assert!(!everything.contains(&office.id.to_string()), "no institution");
}
