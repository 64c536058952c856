//! The node's own services and checks: `/v1/agent/services`, `/v1/agent/service/*`, `/v1/agent/checks`, `/v1/agent/check/*`,
//! `/v1/agent/health/*`, `/v1/agent/maintenance`, `/v1/agent/reload`.

use super::decode::decode;
use super::response::{json_response, to_json};
use super::route::{Body, Endpoint, Route};
use super::{Asked, Rejected, Request, Style, Written, bad_request, definitions, duration, shapes, text};
use crate::agent::{
    CheckMap, Checks, DeregisterCheck, DeregisterService, Health, HealthById, HealthByName, LocalService, Maintenance, RegisterCheck,
    RegisterService, Reload, Service, ServiceHealth, ServiceMaintenance, ServiceMap, Services, UpdateCheck,
};
use crate::catalog::{BODY_LIMIT, CRITICAL, CheckRow, PASSING, WARNING};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

type Ask = fn(&Request<'_>) -> Result<Asked, Rejected>;

const fn endpoint(method: Method, body: Body, ask: Ask) -> Endpoint {
    Endpoint { method, body, ask }
}

pub(crate) const ROUTES: &[Route] = &[
    Route {
        path: "/v1/agent/services",
        namespaced: true,
        endpoints: &[endpoint(Method::GET, Body::None, |r| Ok(Services { filter: filter(r) }.into()))],
    },
    Route { path: "/v1/agent/service/", namespaced: true, endpoints: &[endpoint(Method::GET, Body::None, service)] },
    Route {
        path: "/v1/agent/checks",
        namespaced: true,
        endpoints: &[endpoint(Method::GET, Body::None, |r| Ok(Checks { filter: filter(r) }.into()))],
    },
    Route { path: "/v1/agent/health/service/id/", namespaced: true, endpoints: &[endpoint(Method::GET, Body::None, health_by_id)] },
    Route { path: "/v1/agent/health/service/name/", namespaced: true, endpoints: &[endpoint(Method::GET, Body::None, health_by_name)] },
    Route {
        path: "/v1/agent/service/register",
        namespaced: true,
        endpoints: &[endpoint(Method::PUT, Body::Json(BODY_LIMIT), register_service)],
    },
    Route { path: "/v1/agent/service/deregister/", namespaced: true, endpoints: &[endpoint(Method::PUT, Body::None, deregister_service)] },
    Route {
        path: "/v1/agent/service/maintenance/",
        namespaced: true,
        endpoints: &[endpoint(Method::PUT, Body::None, service_maintenance)],
    },
    Route { path: "/v1/agent/maintenance", namespaced: false, endpoints: &[endpoint(Method::PUT, Body::None, maintenance)] },
    Route {
        path: "/v1/agent/check/register",
        namespaced: true,
        endpoints: &[endpoint(Method::PUT, Body::Json(BODY_LIMIT), register_check)],
    },
    Route { path: "/v1/agent/check/deregister/", namespaced: true, endpoints: &[endpoint(Method::PUT, Body::None, deregister_check)] },
    Route { path: "/v1/agent/check/pass/", namespaced: true, endpoints: &[endpoint(Method::PUT, Body::None, |r| Ok(noted(r, PASSING)))] },
    Route { path: "/v1/agent/check/warn/", namespaced: true, endpoints: &[endpoint(Method::PUT, Body::None, |r| Ok(noted(r, WARNING)))] },
    Route { path: "/v1/agent/check/fail/", namespaced: true, endpoints: &[endpoint(Method::PUT, Body::None, |r| Ok(noted(r, CRITICAL)))] },
    Route { path: "/v1/agent/check/update/", namespaced: true, endpoints: &[endpoint(Method::PUT, Body::Json(BODY_LIMIT), update)] },
    Route { path: "/v1/agent/reload", namespaced: false, endpoints: &[endpoint(Method::PUT, Body::None, |_| Ok(Reload {}.into()))] },
];

fn filter(request: &Request<'_>) -> String {
    request.query.get("filter").unwrap_or("").to_owned()
}

/// A hash makes it wait as an index would.
fn service(request: &Request<'_>) -> Result<Asked, Rejected> {
    let id = request.rest.to_owned();
    let Some(hash) = request.query.filled("hash") else { return Ok(Service { id, ..Service::default() }.into()) };
    let (default, most) = (request.context.default_query_time, request.context.max_query_time);
    let wait = match request.query.filled("wait") {
        None => default,
        Some(text) => duration::parse(text).ok_or_else(|| bad_request("Invalid wait time"))?,
    };
    let wait = if wait.is_zero() { default } else { wait.min(most) };
    let op = Service { id, hash: hash.to_owned(), wait_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX) };
    Ok(Asked { held: wait, ..op.into() })
}

fn register_service(request: &Request<'_>) -> Result<Asked, Rejected> {
    let definition = definitions::service_of(request.body).map_err(undecodable)?;
    if definition.name.is_empty() {
        return Err(bad_request("Missing service name"));
    }
    let replace_existing_checks = matches!(request.query.get("replace-existing-checks"), Some("" | "true"));
    Ok(RegisterService { definition, replace_existing_checks }.into())
}

fn deregister_service(request: &Request<'_>) -> Result<Asked, Rejected> {
    Ok(DeregisterService { id: request.rest.to_owned() }.into())
}

fn service_maintenance(request: &Request<'_>) -> Result<Asked, Rejected> {
    if request.rest.is_empty() {
        return Err(bad_request("Missing service ID"));
    }
    let (enable, reason) = wanted(request)?;
    Ok(ServiceMaintenance { id: request.rest.to_owned(), enable, reason }.into())
}

fn maintenance(request: &Request<'_>) -> Result<Asked, Rejected> {
    let (enable, reason) = wanted(request)?;
    Ok(Maintenance { enable, reason }.into())
}

/// `enable` and `reason`.
fn wanted(request: &Request<'_>) -> Result<(bool, String), Rejected> {
    let reason = request.query.get("reason").unwrap_or("").to_owned();
    match request.query.get("enable") {
        None => Err(bad_request("Missing value for enable")),
        Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok((true, reason)),
        Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok((false, reason)),
        Some(other) => Err(bad_request(format!("Invalid value for enable: {other:?}"))),
    }
}

fn register_check(request: &Request<'_>) -> Result<Asked, Rejected> {
    let definition = definitions::check_of(request.body).map_err(undecodable)?;
    if definition.name.is_empty() {
        return Err(bad_request("Missing check name"));
    }
    if !matches!(&*definition.status, "" | PASSING | WARNING | CRITICAL) {
        return Err(bad_request("Bad check status"));
    }
    Ok(RegisterCheck { definition }.into())
}

fn deregister_check(request: &Request<'_>) -> Result<Asked, Rejected> {
    Ok(DeregisterCheck { id: request.rest.to_owned() }.into())
}

fn noted(request: &Request<'_>, status: &str) -> Asked {
    let output = request.query.get("note").unwrap_or("").to_owned();
    UpdateCheck { id: request.rest.to_owned(), status: status.to_owned(), output }.into()
}

fn update(request: &Request<'_>) -> Result<Asked, Rejected> {
    let body = decode(request.body, &shapes::CHECK_UPDATE).map_err(undecodable)?;
    let said = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let (status, output) = (said("Status"), said("Output"));
    if !matches!(&*status, PASSING | WARNING | CRITICAL) {
        return Err(bad_request(format!("Invalid check status: '{status}'")));
    }
    Ok(UpdateCheck { id: request.rest.to_owned(), status, output }.into())
}

fn health_by_id(request: &Request<'_>) -> Result<Asked, Rejected> {
    let id = request.rest.to_owned();
    if id.is_empty() {
        return Err(missing("Missing serviceID"));
    }
    Ok(HealthById { id, text: wants_text(request) }.into())
}

fn health_by_name(request: &Request<'_>) -> Result<Asked, Rejected> {
    let name = request.rest.to_owned();
    if name.is_empty() {
        return Err(missing("Missing service Name"));
    }
    Ok(HealthByName { name, text: wants_text(request) }.into())
}

/// These two say 500 where the others say 400.
fn missing(what: &str) -> Rejected {
    text(StatusCode::INTERNAL_SERVER_ERROR, format!("Bad request: {what}"))
}

fn wants_text(request: &Request<'_>) -> bool {
    let accept = request.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("");
    request.query.get("format") == Some("text") || accept.starts_with("text/plain")
}

fn undecodable(why: String) -> Rejected {
    bad_request(format!("Request decode failed: {why}"))
}

pub(crate) fn services_json(reply: &ServiceMap) -> Bytes {
    let by_id: BTreeMap<&str, Value> = reply.services.iter().map(|service| (&*service.row.id, service_value(service))).collect();
    to_json(&by_id)
}

pub(crate) fn checks_json(reply: &CheckMap) -> Bytes {
    let by_id: BTreeMap<&str, &CheckRow> = reply.checks.iter().map(|check| (&*check.check_id, check)).collect();
    to_json(&by_id)
}

pub(crate) fn service_json(reply: &LocalService) -> Bytes {
    to_json(&service_value(reply))
}

pub(crate) fn render_service(reply: &LocalService, style: Style) -> Response<Written> {
    let mut response = json_response(Written::json(service_json(reply), style));
    if let Ok(hash) = HeaderValue::from_str(&reply.hash) {
        response.headers_mut().insert(CONTENT_HASH, hash);
    }
    response
}

pub(crate) fn health_json(reply: &Health) -> Bytes {
    let one = |health: &ServiceHealth| {
        let checks: Vec<Value> = health.checks.iter().map(full_check).collect();
        json!({ "AggregatedStatus": health.status, "Service": service_value(&health.service), "Checks": checks })
    };
    match (reply.by_name, reply.instances.first()) {
        (true, _) => to_json(&reply.instances.iter().map(one).collect::<Vec<_>>()),
        (false, Some(health)) => to_json(&one(health)),
        (false, None) => to_json(&json!({ "AggregatedStatus": CRITICAL, "Service": null, "Checks": null })),
    }
}

pub(crate) fn render_health(reply: &Health, style: Style) -> Response<Written> {
    let mut response = if reply.text {
        let mut response = Response::new(Written::Plain(reply.reason.clone().into()));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        response
    } else {
        json_response(Written::json(health_json(reply), style))
    };
    *response.status_mut() = match &*reply.status {
        PASSING => StatusCode::OK,
        WARNING => StatusCode::TOO_MANY_REQUESTS,
        "" => StatusCode::NOT_FOUND,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    if let Ok(reason) = HeaderValue::from_str(&reply.reason) {
        response.headers_mut().insert(REASON, reason);
    }
    response
}

const CONTENT_HASH: HeaderName = HeaderName::from_static("x-consul-contenthash");
const REASON: HeaderName = HeaderName::from_static("x-consul-reason");

/// An instance as its agent shows it: the catalog's object, less what says nothing. This is also what a filter sees.
#[must_use]
pub fn service_value(service: &LocalService) -> Value {
    let row = &service.row;
    let Ok(Value::Object(mut object)) = serde_json::to_value(row) else { return Value::Null };
    object.retain(|name, _| !matches!(&**name, "CreateIndex" | "ModifyIndex"));
    if row.meta.is_empty() {
        object.insert("Meta".to_owned(), json!({}));
    }
    if row.kind.is_empty() {
        object.remove("Proxy");
    } else if let Some(upstreams) = object.get_mut("Proxy").and_then(|proxy| proxy.get_mut("Upstreams")).and_then(Value::as_array_mut) {
        upstreams.iter_mut().filter_map(Value::as_object_mut).for_each(without_nothing);
    }
    if !row.connect.native {
        object.remove("Connect");
    }
    object.insert("Datacenter".to_owned(), Value::from(&*service.datacenter));
    if !service.hash.is_empty() {
        object.insert("ContentHash".to_owned(), Value::from(&*service.hash));
    }
    Value::Object(object)
}

fn without_nothing(upstream: &mut Map<String, Value>) {
    upstream.retain(|_, value| !value.is_null() && value.as_str() != Some(""));
}

/// A check as `/v1/agent/health` shows it: through Go's client, which knows nothing of the type and all of the definition.
fn full_check(check: &CheckRow) -> Value {
    let tags = if check.service_tags.is_empty() { Value::Null } else { Value::from(check.service_tags.clone()) };
    json!({
        "Node": check.node, "CheckID": check.check_id, "Name": check.name, "Status": check.status, "Notes": check.notes,
        "Output": check.output, "ServiceID": check.service_id, "ServiceName": check.service_name, "ServiceTags": tags, "Type": "",
        "Definition": {
            "Interval": "0s", "Timeout": "0s", "DeregisterCriticalServiceAfter": "0s", "HTTP": "", "Header": null, "Method": "",
            "Body": "", "TLSSkipVerify": false, "TCP": "",
        },
        "CreateIndex": 0, "ModifyIndex": 0,
    })
}
