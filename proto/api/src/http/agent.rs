//! `/v1/agent/*`, and `/v1/federation/*`, which is ours.

use super::route::{Body, Endpoint, Route};
use super::{Asked, Rejected, Request, Style, Written, bad_request, text};
use crate::agent::{Document, ForceLeave, Host, Join, Leave, Members, Metrics, Monitor, SelfRead, Version};
use crate::federation::{DatacenterUpdate, Explain};
use bytes::Bytes;
use http::{HeaderValue, Method, Response, StatusCode, header};

const fn get(path: &'static str, ask: &'static [Endpoint]) -> Route {
    Route { path, endpoints: ask, namespaced: false }
}

pub(crate) const ROUTES: &[Route] = &[
    get("/v1/agent/self", &[Endpoint { method: Method::GET, body: Body::None, ask: |_| Ok(SelfRead {}.into()) }]),
    get("/v1/agent/members", &[Endpoint { method: Method::GET, body: Body::None, ask: members }]),
    get("/v1/agent/join/", &[Endpoint { method: Method::PUT, body: Body::None, ask: join }]),
    get("/v1/agent/leave", &[Endpoint { method: Method::PUT, body: Body::None, ask: |_| Ok(Leave {}.into()) }]),
    get("/v1/agent/force-leave/", &[Endpoint { method: Method::PUT, body: Body::None, ask: force_leave }]),
    get("/v1/agent/metrics", &[Endpoint { method: Method::GET, body: Body::None, ask: metrics }]),
    get("/v1/agent/monitor", &[Endpoint { method: Method::GET, body: Body::None, ask: monitor }]),
    get("/v1/agent/version", &[Endpoint { method: Method::GET, body: Body::None, ask: |_| Ok(Version {}.into()) }]),
    get("/v1/agent/host", &[Endpoint { method: Method::GET, body: Body::None, ask: |_| Ok(Host {}.into()) }]),
    get("/v1/federation/explain/", &[Endpoint { method: Method::GET, body: Body::None, ask: explain }]),
    get(
        "/v1/federation/forget/",
        &[
            Endpoint { method: Method::PUT, body: Body::None, ask: |request| forget(request, true) },
            Endpoint { method: Method::DELETE, body: Body::None, ask: |request| forget(request, false) },
        ],
    ),
];

fn members(request: &Request<'_>) -> Result<Asked, Rejected> {
    let wan = request.query.filled("wan").is_some();
    // There is one segment; `_all` is all of it.
    if request.query.filled("segment").is_some_and(|segment| segment != "_all") {
        return Err(if wan {
            bad_request("Cannot provide a segment with wan=true")
        } else {
            text(StatusCode::INTERNAL_SERVER_ERROR, "Network segments are not supported in this version of Consul")
        });
    }
    Ok(Members { wan, filter: request.query.get("filter").unwrap_or("").to_owned() }.into())
}

fn join(request: &Request<'_>) -> Result<Asked, Rejected> {
    let wan = request.query.filled("wan").is_some();
    Ok(Join { address: request.rest.to_owned(), wan }.into())
}

fn force_leave(request: &Request<'_>) -> Result<Asked, Rejected> {
    Ok(ForceLeave { node: request.rest.to_owned(), prune: request.query.has("prune"), wan: request.query.has("wan") }.into())
}

fn metrics(request: &Request<'_>) -> Result<Asked, Rejected> {
    let accept = request.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("");
    let wants_text = accept.starts_with("application/openmetrics-text") || accept.starts_with("text/plain;version=0.4.0");
    Ok(Metrics { prometheus: wants_text || request.query.get("format") == Some("prometheus") }.into())
}

fn monitor(request: &Request<'_>) -> Result<Asked, Rejected> {
    let asked = request.query.filled("loglevel").unwrap_or("INFO");
    let level = match asked.to_ascii_lowercase().as_str() {
        level @ ("trace" | "debug" | "info" | "warn" | "error") => level.to_owned(),
        "err" => "error".to_owned(),
        _ => return Err(bad_request(format!("Unknown log level: {asked}"))),
    };
    // Given at all, as Consul takes it.
    Ok(Monitor { level, json: request.query.has("logjson") }.into())
}

fn explain(request: &Request<'_>) -> Result<Asked, Rejected> {
    Ok(Explain { dc: datacenter(request)? }.into())
}

fn forget(request: &Request<'_>, forgotten: bool) -> Result<Asked, Rejected> {
    Ok(DatacenterUpdate { dc: datacenter(request)?, forgotten }.into())
}

fn datacenter(request: &Request<'_>) -> Result<String, Rejected> {
    if request.rest.is_empty() { Err(bad_request("Missing datacenter name")) } else { Ok(request.rest.to_owned()) }
}

pub(crate) fn render_document(document: &Document, style: Style) -> Response<Written> {
    let json = document.content_type == "application/json";
    let text = Bytes::from(document.text.clone());
    let body = if json { Written::json(text, style) } else { Written::Plain(text) };
    let mut response = Response::new(body);
    if let Ok(content_type) = HeaderValue::from_str(&document.content_type) {
        response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    }
    response
}
