//! `/v1/operator/keyring`.

use super::decode::{Shape, Struct, decode};
use super::route::{Body, Endpoint, Route};
use super::{Asked, Rejected, Request, bad_request};
use crate::keyring::{Action, BODY_LIMIT, Change, List};
use http::Method;
use serde_json::Value;

pub(crate) const ROUTES: &[Route] = &[Route {
    path: "/v1/operator/keyring",
    endpoints: &[
        Endpoint { method: Method::GET, body: Body::None, ask: list },
        Endpoint { method: Method::POST, body: Body::Json(BODY_LIMIT), ask: |request| change(request, Action::Install) },
        Endpoint { method: Method::PUT, body: Body::Json(BODY_LIMIT), ask: |request| change(request, Action::Use) },
        Endpoint { method: Method::DELETE, body: Body::Json(BODY_LIMIT), ask: |request| change(request, Action::Remove) },
    ],
    namespaced: false,
}];

const ARGUMENTS: Shape = Shape::Struct(&Struct {
    name: "agent.keyringArgs",
    fields: &[("Key", Shape::String)],
    aliases: &[],
    lenient: false,
    snake: false,
    without: &[],
});

fn list(request: &Request<'_>) -> Result<Asked, Rejected> {
    check_relay_factor(request)?;
    // Only the datacenter asked is listed, whether that is demanded or not.
    local_only(request)?;
    Ok(List {}.into())
}

fn change(request: &Request<'_>, action: Action) -> Result<Asked, Rejected> {
    let given = decode(request.body, &ARGUMENTS).map_err(|why| bad_request(format!("Request decode failed: {why}")))?;
    check_relay_factor(request)?;
    if local_only(request)? {
        return Err(bad_request("Invalid use of local-only: local-only can only be set for list requests"));
    }
    let key = given.get("Key").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Change { action: action.into(), key }.into())
}

/// Nothing is relayed: each member answers on the stream that it was asked on.
fn check_relay_factor(request: &Request<'_>) -> Result<(), Rejected> {
    let Some(given) = request.query.filled("relay-factor") else { return Ok(()) };
    match given.parse::<i64>() {
        Ok(0..=5) => Ok(()),
        Ok(_) => Err(bad_request("Invalid relay-factor: Relay factor must be in range: [0, 5]")),
        Err(_) => Err(bad_request(format!("Error parsing relay factor: strconv.Atoi: parsing {given:?}: invalid syntax"))),
    }
}

fn local_only(request: &Request<'_>) -> Result<bool, Rejected> {
    match request.query.filled("local-only") {
        Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
        None | Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
        Some(given) => Err(bad_request(format!("Error parsing local-only: strconv.ParseBool: parsing {given:?}: invalid syntax"))),
    }
}
