//! Parameters that narrow or order a list: `filter`, `near`, `node-meta`, and those of services.

use super::{Rejected, Request, bad_request};
use crate::catalog::Select;
use crate::query::{NEAR_ADDRESS, NEAR_AGENT};
use std::net::IpAddr;

/// `filter`, `near` and `node-meta`; `near=_agent` is this node, `near=_ip` the one whose address the request came from. With Consul the
/// latter is for prepared queries alone.
pub(crate) fn select(request: &Request<'_>) -> Select {
    let query = request.query;
    let near = match query.get("near").unwrap_or("") {
        NEAR_AGENT => &request.context.node,
        near => near,
    };
    let pairs = query.all("node-meta").map(|pair| pair.split_once(':').unwrap_or((pair, "")));
    Select {
        filter: query.get("filter").unwrap_or("").to_owned(),
        near: near.to_owned(),
        node_meta: pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        // Only where it counts: answers to the same question are shared.
        address: if near == NEAR_ADDRESS { address(request) } else { String::new() },
    }
}

/// Who asked first, as the first proxy says, or who is connected; empty where nobody knows.
pub(crate) fn address(request: &Request<'_>) -> String {
    let forwarded = request.headers.get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let first = forwarded.and_then(|list| list.split(',').next()).and_then(|first| first.trim().parse().ok());
    first.or(request.from).map_or_else(String::new, |address: IpAddr| address.to_canonical().to_string())
}

/// All tags asked for. An empty one counts: no instance that lacks an empty tag has it.
pub(crate) fn tags(request: &Request<'_>) -> Vec<String> {
    request.query.all("tag").map(str::to_owned).collect()
}

/// Whether `passing` is asked for: by its presence, or with one of the words Go takes for a boolean.
pub(crate) fn passing(request: &Request<'_>) -> Result<bool, Rejected> {
    match request.query.get("passing") {
        None => Ok(false),
        Some("" | "1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
        Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
        Some(_) => Err(bad_request("Invalid value for ?passing")),
    }
}

/// What follows the endpoint's own path.
pub(crate) fn named(request: &Request<'_>, missing: &str) -> Result<String, Rejected> {
    if request.rest.is_empty() { Err(bad_request(missing)) } else { Ok(request.rest.to_owned()) }
}
