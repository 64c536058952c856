//! `/v1/catalog/*`.

use super::decode::decode;
use super::response::to_json;
use super::route::{Body, Endpoint, Route};
use super::select::{named, select, tags};
use super::{Asked, Rejected, Request, bad_request, shapes};
use crate::catalog::{
    BODY_LIMIT, CheckRow, Datacenters, Deregister, Locality, Node, NodeRow, NodeServices, Nodes, Register, Service, ServiceRow,
    ServiceTags, Services,
};
use bytes::Bytes;
use http::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub(crate) const ROUTES: &[Route] = &[
    Route {
        path: "/v1/catalog/register",
        endpoints: &[Endpoint { method: Method::PUT, body: Body::Json(BODY_LIMIT), ask: register }],
        namespaced: false,
    },
    Route {
        path: "/v1/catalog/deregister",
        endpoints: &[Endpoint { method: Method::PUT, body: Body::Json(BODY_LIMIT), ask: deregister }],
        namespaced: true,
    },
    Route {
        path: "/v1/catalog/datacenters",
        endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: |_| Ok(datacenters()) }],
        namespaced: false,
    },
    Route {
        path: "/v1/catalog/nodes",
        endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: |request| Ok(Nodes { select: select(request) }.into()) }],
        namespaced: false,
    },
    Route {
        path: "/v1/catalog/services",
        endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: |request| Ok(Services { select: select(request) }.into()) }],
        namespaced: true,
    },
    Route {
        path: "/v1/catalog/service/",
        endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: |request| service(request, false) }],
        namespaced: true,
    },
    Route {
        path: "/v1/catalog/connect/",
        endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: |request| service(request, true) }],
        namespaced: true,
    },
    Route {
        path: "/v1/catalog/node/",
        endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: |request| node(request, false) }],
        namespaced: true,
    },
    Route {
        path: "/v1/catalog/node-services/",
        endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: |request| node(request, true) }],
        namespaced: true,
    },
];

fn service(request: &Request<'_>, connect: bool) -> Result<Asked, Rejected> {
    let name = named(request, "Missing service name")?;
    Ok(Service { name, tags: tags(request), connect, select: select(request) }.into())
}

fn node(request: &Request<'_>, as_list: bool) -> Result<Asked, Rejected> {
    let node = named(request, "Missing node name")?;
    Ok(Node { node, select: select(request), as_list }.into())
}

/// Body of a registration.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Registration {
    datacenter: String,
    #[serde(rename = "ID")]
    id: String,
    node: String,
    address: String,
    tagged_addresses: BTreeMap<String, String>,
    node_meta: BTreeMap<String, String>,
    locality: Option<Locality>,
    service: Option<ServiceRow>,
    check: Option<CheckRow>,
    checks: Vec<CheckRow>,
    skip_node_update: bool,
}

/// What datacenters there are is asked of the agent's own: a `dc` does not count.
fn datacenters() -> Asked {
    Asked { dc: Some(String::new()), ..Datacenters {}.into() }
}

fn register(request: &Request<'_>) -> Result<Asked, Rejected> {
    let body: Registration = body(request, &shapes::REGISTER)?;
    let named = if body.datacenter.is_empty() { &request.context.datacenter } else { &body.datacenter };
    let node = NodeRow {
        id: body.id,
        node: body.node,
        address: body.address,
        datacenter: named.clone(),
        tagged_addresses: body.tagged_addresses,
        meta: body.node_meta,
        locality: body.locality,
        ..NodeRow::default()
    };
    let mut checks = body.checks;
    checks.extend(body.check);
    for check in &mut checks {
        if check.r#type.is_empty() {
            check.r#type = check.definition.kind().to_owned();
        }
    }
    let op = Register { node: Some(node), skip_node_update: body.skip_node_update, service: body.service, checks };
    Ok(Asked { dc: Some(body.datacenter), ..op.into() })
}

/// Body of a deregistration.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Deregistration {
    datacenter: String,
    node: String,
    #[serde(rename = "ServiceID")]
    service_id: String,
    #[serde(rename = "CheckID")]
    check_id: String,
}

fn deregister(request: &Request<'_>) -> Result<Asked, Rejected> {
    let Deregistration { datacenter, node, service_id, check_id } = body(request, &shapes::DEREGISTER)?;
    Ok(Asked { dc: Some(datacenter), ..Deregister { node, service_id, check_id }.into() })
}

pub(crate) fn body<T: DeserializeOwned + Default>(request: &Request<'_>, shape: &super::decode::Shape) -> Result<T, Rejected> {
    let value = decode(request.body, shape).map_err(|why| bad_request(format!("Request decode failed: {why}")))?;
    if value.is_null() {
        return Ok(T::default());
    }
    serde_json::from_value(value).map_err(|why| bad_request(format!("Request decode failed: {why}")))
}

pub(crate) fn services_json(reply: &ServiceTags) -> Bytes {
    let by_name: BTreeMap<&str, &[String]> = reply.services.iter().map(|service| (&*service.name, &*service.tags)).collect();
    to_json(&by_name)
}

pub(crate) fn node_json(reply: &NodeServices) -> Bytes {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Found<'r, S> {
        node: Option<&'r NodeRow>,
        services: S,
    }
    let node = reply.node.as_ref();
    if reply.as_list {
        // Go's list of no services is one that nobody made.
        return to_json(&Found { node, services: (!reply.services.is_empty()).then_some(&reply.services) });
    }
    if node.is_none() {
        return Bytes::from_static(b"null");
    }
    let services: BTreeMap<&str, &ServiceRow> = reply.services.iter().map(|service| (&*service.id, service)).collect();
    to_json(&Found { node, services })
}
