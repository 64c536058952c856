//! `/v1/status/*`, `/v1/operator/*`.

use super::decode::{Shape, Struct, decode};
use super::query::uint;
use super::response::to_json;
use super::route::{Body, Endpoint, Route};
use super::{Asked, Rejected, Request, bad_request};
use crate::operator::{
    Autopilot, AutopilotHealthRead, AutopilotRead, AutopilotStateRead, AutopilotUpdate, RaftRead, RaftRemovePeer, RaftTransferLeader,
    ServerHealth, ServersHealth, StatusLeader, StatusPeers, Updated,
};
use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value, json};

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
    Route {
        path: "/v1/operator/autopilot/health",
        endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: |_| Ok(AutopilotHealthRead {}.into()) }],
        namespaced: false,
    },
    Route {
        path: "/v1/operator/autopilot/state",
        endpoints: &[Endpoint { method: Method::GET, body: Body::None, ask: |_| Ok(AutopilotStateRead {}.into()) }],
        namespaced: false,
    },
];

/// The id counts when it is given at all, even empty.
fn remove_peer(request: &Request<'_>) -> Result<Asked, Rejected> {
    match (request.query.get("id"), request.query.get("address")) {
        (None, None) => Err(bad_request("Must specify either ?id with the server's ID or ?address with IP:port of peer to remove")),
        (Some(_), Some(_)) => Err(bad_request("Must specify only one of ?id or ?address")),
        (id, address) => {
            let owned = |given: Option<&str>| given.unwrap_or("").to_owned();
            Ok(RaftRemovePeer { id: owned(id), address: owned(address) }.into())
        }
    }
}

fn transfer_leader(request: &Request<'_>) -> Result<Asked, Rejected> {
    Ok(RaftTransferLeader { id: request.query.get("id").unwrap_or("").to_owned() }.into())
}

fn update_autopilot(request: &Request<'_>) -> Result<Asked, Rejected> {
    let unparsable = |why: String| bad_request(format!("Error parsing autopilot config: {why}"));
    let configuration = match decode(request.body, &AUTOPILOT).map_err(unparsable)? {
        Value::Null => Autopilot::default(),
        given => serde_json::from_value(given).map_err(|error| unparsable(error.to_string()))?,
    };
    let cas = request.query.get("cas").map(uint).transpose();
    let cas = cas.map_err(|why| bad_request(format!("Error parsing cas value: {why}")))?;
    Ok(AutopilotUpdate { configuration: Some(configuration), cas }.into())
}

const AUTOPILOT: Shape = Shape::Struct(&Struct {
    name: "api.AutopilotConfiguration",
    fields: &[
        ("CleanupDeadServers", Shape::Bool),
        ("LastContactThreshold", Shape::Duration),
        ("MaxTrailingLogs", Shape::Uint),
        ("MinQuorum", Shape::Uint),
        ("ServerStabilizationTime", Shape::Duration),
        ("RedundancyZoneTag", Shape::String),
        ("DisableUpgradeMigration", Shape::Bool),
        ("UpgradeVersionTag", Shape::String),
        ("CreateIndex", Shape::Uint),
        ("ModifyIndex", Shape::Uint),
    ],
    aliases: &[],
    lenient: false,
    snake: false,
    without: &[],
});

/// `{"Success":true}`
pub(crate) fn success_json(updated: &Updated) -> Bytes {
    to_json(&json!({ "Success": updated.ok }))
}

/// The same news as of the health endpoint, by id and with the roles spelled out.
pub(crate) fn state_json(health: &ServersHealth) -> Bytes {
    let status = |server: &ServerHealth| match (server.leader, server.voter) {
        (true, _) => "leader",
        (false, true) => "voter",
        (false, false) => "non-voter",
    };
    let mut servers = Map::new();
    for server in &health.servers {
        let mut shown = serde_json::to_value(server).unwrap_or_default();
        if let Some(fields) = shown.as_object_mut() {
            for gone in ["Leader", "Voter"] {
                fields.remove(gone);
            }
            let said = fields.remove("SerfStatus").unwrap_or_default();
            fields.insert("NodeStatus".to_owned(), said);
            fields.insert("Status".to_owned(), status(server).into());
            fields.insert("NodeType".to_owned(), "voter".into());
            fields.insert("ReadReplica".to_owned(), false.into());
            fields.insert("Meta".to_owned(), Value::Null);
        }
        servers.insert(server.id.clone(), shown);
    }
    let voters: Vec<&str> = health.servers.iter().filter(|server| server.voter).map(|server| server.id.as_str()).collect();
    to_json(&json!({
        "Healthy": health.healthy,
        "FailureTolerance": health.failure_tolerance,
        "OptimisticFailureTolerance": health.failure_tolerance,
        "Servers": servers,
        "Leader": health.servers.iter().find(|server| server.leader).map_or("", |server| server.id.as_str()),
        "Voters": voters,
    }))
}
