//! `/v1/coordinate/*`.

use super::decode::decode;
use super::route::{Body, Endpoint, Route};
use super::shapes::COORDINATE_UPDATE;
use super::{Asked, Rejected, Request, bad_request, empty, rejected, text};
use crate::Error;
use crate::coordinate::{BODY_LIMIT, Datacenters, Located, LocatedList, Node, Nodes, Update};
use bytes::Bytes;
use http::{Method, Response, StatusCode};
use serde::Deserialize;

pub(crate) const ROUTES: &[Route] = &[
    Route {
        path: "/v1/coordinate/datacenters",
        endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: |request| enabled(request).map(|()| Datacenters {}.into()) }],
        namespaced: false,
    },
    Route {
        path: "/v1/coordinate/nodes",
        endpoints: &[Endpoint {
            method: Method::GET,
            body: Body::None,
            ask: |request| enabled(request).map(|()| Nodes { segment: segment(request) }.into()),
        }],
        namespaced: false,
    },
    Route {
        path: "/v1/coordinate/node/",
        endpoints: &[Endpoint {
            method: Method::GET,
            body: Body::None,
            ask: |request| enabled(request).map(|()| Node { node: request.rest.to_owned(), segment: segment(request) }.into()),
        }],
        namespaced: false,
    },
    Route {
        path: "/v1/coordinate/update",
        endpoints: &[Endpoint { method: Method::PUT, body: Body::Json(BODY_LIMIT), ask: update }],
        namespaced: false,
    },
];

/// As Consul answers with `disable_coordinates`.
fn enabled(request: &Request<'_>) -> Result<(), Rejected> {
    if request.context.coordinates { Ok(()) } else { Err(text(StatusCode::UNAUTHORIZED, "Coordinate support disabled")) }
}

fn segment(request: &Request<'_>) -> String {
    request.query.get("segment").unwrap_or("").to_owned()
}

/// Body of an update.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Placement {
    datacenter: String,
    #[serde(flatten)]
    located: Located,
}

fn update(request: &Request<'_>) -> Result<Asked, Rejected> {
    enabled(request)?;
    let failed = |why: String| bad_request(format!("Request decode failed: {why}"));
    let value = decode(request.body, &COORDINATE_UPDATE).map_err(failed)?;
    let Placement { datacenter, located } = serde_json::from_value(value).map_err(|why| failed(why.to_string()))?;
    if !located.coord.is_compatible() {
        return Err(rejected(&Error::failed("incompatible coordinate")));
    }
    Ok(Asked { dc: Some(datacenter), ..Update { updates: vec![located] }.into() })
}

/// A node that has no coordinate is one that is not found.
pub(crate) fn render_node(nodes: &LocatedList) -> Option<Response<Bytes>> {
    nodes.nodes.is_empty().then(|| empty(StatusCode::NOT_FOUND))
}
