//! A collector on loopback that keeps what it is sent.

use http::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::Span;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tower::Service;

/// A span and the process it is from.
#[derive(Clone, Debug)]
pub struct Seen {
    pub process: BTreeMap<String, String>,
    pub span: Span,
}

impl Seen {
    pub fn node(&self) -> &str {
        &self.process["service.instance.id"]
    }

    pub fn attributes(&self) -> BTreeMap<String, String> {
        shown(&self.span.attributes)
    }
}

#[derive(Clone, Default)]
pub struct Collector {
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Collector {
    /// Listens; returns where.
    pub async fn begin() -> (Self, SocketAddr) {
        let collector = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let service = TraceServiceServer::new(collector.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = service.clone();
                let answer = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
                    let mut service = service.clone();
                    async move { Ok::<Response<_>, std::convert::Infallible>(service.call(request).await.unwrap()) }
                });
                let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                tokio::spawn(connection.serve_connection(TokioIo::new(stream), answer));
            }
        });
        (collector, addr)
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().clone()
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: tonic::Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, tonic::Status> {
        for of_process in request.into_inner().resource_spans {
            let process = of_process.resource.map(|resource| shown(&resource.attributes)).unwrap_or_default();
            let spans = of_process.scope_spans.into_iter().flat_map(|scope| scope.spans);
            self.seen.lock().extend(spans.map(|span| Seen { process: process.clone(), span }));
        }
        Ok(tonic::Response::new(ExportTraceServiceResponse::default()))
    }
}

fn shown(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let value = |pair: &KeyValue| match pair.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(any_value::Value::StringValue(text)) => text.clone(),
        Some(any_value::Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    attributes.iter().map(|pair| (pair.key.clone(), value(pair))).collect()
}
