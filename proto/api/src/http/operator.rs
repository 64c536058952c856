//! `/v1/status/*`, `/v1/operator/*`.

use super::render::to_json;
use super::routes::{Body, Endpoint, Route};
use super::{Asked, Rejected, Request, bad_request, text};
use crate::operator::{
    Autopilot, AutopilotRead, AutopilotUpdate, RaftRead, RaftRemovePeer, RaftTransferLeader, StatusLeader, StatusPeers, Updated,
};
use bytes::Bytes;
use http::{Method, StatusCode};

pub(crate) const ROUTES: &[Route] = &[
    Route {
        path: "/v1/status/leader",
        endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: |_| Ok(StatusLeader {}.into()) }],
        namespaced: false,
    },
    Route {
        path: "/v1/status/peers",
        endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: |_| Ok(StatusPeers {}.into()) }],
        namespaced: false,
    },
    Route {
        path: "/v1/operator/raft/configuration",
        endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: |_| Ok(RaftRead {}.into()) }],
        namespaced: false,
    },
    Route {
        path: "/v1/operator/raft/peer",
        endpoints: &[Endpoint { method: Method::DELETE, body: Body::None, ask: remove_peer }],
        namespaced: false,
    },
    Route {
        path: "/v1/operator/raft/transfer-leader",
        endpoints: &[Endpoint { method: Method::POST, body: Body::None, ask: transfer_leader }],
        namespaced: false,
    },
    Route {
        path: "/v1/operator/autopilot/configuration",
        endpoints: &[
            Endpoint { method: Method::GET, body: Body::None, ask: |_| Ok(AutopilotRead {}.into()) },
            Endpoint { method: Method::PUT, body: Body::Json(64 * 1024), ask: update_autopilot },
        ],
        namespaced: false,
    },
];

fn remove_peer(request: &Request<'_>) -> Result<Asked, Rejected> {
    let (id, address) = (request.query.get("id").unwrap_or("").to_owned(), request.query.get("address").unwrap_or("").to_owned());
    match (id.is_empty(), address.is_empty()) {
        (true, true) => Err(bad_request("Must specify either ?id with the server's ID or ?address with IP:port of peer to remove")),
        (false, false) => Err(bad_request("Must specify only one of ?id or ?address")),
        _ => Ok(RaftRemovePeer { id, address }.into()),
    }
}

fn transfer_leader(request: &Request<'_>) -> Result<Asked, Rejected> {
    Ok(RaftTransferLeader { id: request.query.get("id").unwrap_or("").to_owned() }.into())
}

fn update_autopilot(request: &Request<'_>) -> Result<Asked, Rejected> {
    let configuration: Autopilot =
        serde_json::from_slice(request.body).map_err(|error| bad_request(format!("Error parsing autopilot config: {error}")))?;
    let cas = match request.query.get("cas") {
        None => None,
        Some(given) => Some(given.parse().map_err(|_| {
            let why = format!("Error parsing cas value: strconv.ParseUint: parsing {given:?}: invalid syntax");
            text(StatusCode::BAD_REQUEST, why)
        })?),
    };
    Ok(AutopilotUpdate { configuration: Some(configuration), cas }.into())
}

/// `{"Success":true}`
pub(crate) fn success_json(updated: &Updated) -> Bytes {
    to_json(&serde_json::json!({ "Success": updated.ok }))
}
