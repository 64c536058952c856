//! `/v1/internal/service-virtual-ip`.

use super::catalog::body;
use super::route::{Body, Endpoint, Route};
use super::{Asked, Rejected, Request, bad_request, shapes};
use crate::catalog::AssignVirtualIps;
use http::Method;
use serde::Deserialize;
use std::net::Ipv4Addr;

/// Addresses as text are short: a few of them fit.
const BODY_LIMIT: usize = 64 * 1024;

pub(crate) const ROUTES: &[Route] = &[Route {
    path: "/v1/internal/service-virtual-ip",
    endpoints: &[Endpoint { method: Method::PUT, body: Body::Json(BODY_LIMIT), ask: assign }],
    namespaced: true,
}];

/// Body of an assignment.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Assignment {
    service: String,
    #[serde(rename = "ManualVIPs")]
    manual_vips: Vec<String>,
}

fn assign(request: &Request<'_>) -> Result<Asked, Rejected> {
    let Assignment { service, manual_vips } = body(request, &shapes::ASSIGN_VIRTUAL_IPS)?;
    if service.is_empty() {
        return Err(bad_request("Missing service name"));
    }
    let bits =
        |text: &String| text.parse().map(Ipv4Addr::to_bits).map_err(|_| bad_request(format!("{text:?} is not a valid IPv4 address")));
    let addresses = manual_vips.iter().map(bits).collect::<Result<_, _>>()?;
    Ok(AssignVirtualIps { service, addresses }.into())
}
