//! `/v1/event/*`.

use super::response::to_json;
use super::route::{Body, Endpoint, Route};
use super::{Asked, Rejected, Request, bad_request, rejected};
use crate::Error;
use crate::event::{BODY_LIMIT, Events, Fire, List};
use bytes::Bytes;
use http::Method;

pub(crate) const ROUTES: &[Route] = &[
    Route {
        path: "/v1/event/fire/",
        endpoints: &[Endpoint { method: Method::PUT, body: Body::Json(BODY_LIMIT), ask: fire }],
        namespaced: false,
    },
    Route { path: "/v1/event/list", endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: list }], namespaced: false },
];

fn fire(request: &Request<'_>) -> Result<Asked, Rejected> {
    if request.rest.is_empty() {
        return Err(bad_request("Missing name"));
    }
    let filter = |name: &str| request.query.get(name).unwrap_or("").to_owned();
    let (node, service, tag) = (filter("node"), filter("service"), filter("tag"));
    if service.is_empty() && !tag.is_empty() {
        return Err(rejected(&Error::failed("Cannot provide tag filter without service filter")));
    }
    Ok(Fire { name: request.rest.to_owned(), payload: request.body.clone(), node, service, tag }.into())
}

fn list(request: &Request<'_>) -> Result<Asked, Rejected> {
    Ok(List { name: request.query.get("name").unwrap_or("").to_owned() }.into())
}

pub(crate) fn list_json(reply: &Events) -> Bytes {
    to_json(&reply.events)
}
