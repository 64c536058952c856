//! `/v1/health/*`.

use super::route::{Body, Endpoint, Route};
use super::select::{named, passing, select, tags};
use super::{Asked, Rejected, Request};
use crate::health::{Node, Service, ServiceChecks, State};
use http::Method;

pub(crate) const ROUTES: &[Route] = &[
    Route { path: "/v1/health/node/", endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: node }], namespaced: true },
    Route { path: "/v1/health/checks/", endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: checks }], namespaced: true },
    Route { path: "/v1/health/state/", endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: state }], namespaced: true },
    Route {
        path: "/v1/health/service/",
        endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: |request| service(request, false) }],
        namespaced: true,
    },
    Route {
        path: "/v1/health/connect/",
        endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: |request| service(request, true) }],
        namespaced: true,
    },
];

fn node(request: &Request<'_>) -> Result<Asked, Rejected> {
    Ok(Node { node: named(request, "Missing node name")?, select: select(request) }.into())
}

fn checks(request: &Request<'_>) -> Result<Asked, Rejected> {
    Ok(ServiceChecks { service: named(request, "Missing service name")?, select: select(request) }.into())
}

fn state(request: &Request<'_>) -> Result<Asked, Rejected> {
    Ok(State { state: named(request, "Missing check state")?, select: select(request) }.into())
}

fn service(request: &Request<'_>, connect: bool) -> Result<Asked, Rejected> {
    let name = named(request, "Missing service name")?;
    Ok(Service { name, tags: tags(request), connect, passing: passing(request)?, select: select(request) }.into())
}
