//! What the servers of this datacenter are told.

use std::collections::BTreeMap;

use api::coordinate::Coordinate;
use api::federation::{FederationView, RemoteDatacenter, RemoteGateway, RemoteServer};
use members::{Member, Status};

use super::{Federation, Inner, explain};

impl Federation {
    /// The federation as it is seen from here, whole.
    pub(crate) fn view(&self) -> FederationView {
        let now = self.now();
        let inner = self.inner.lock();
        let remote = inner.topology.datacenters(now).into_iter().filter(|info| !info.is_local);
        let datacenters = remote.map(|info| {
            let name = info.name.as_str();
            let explanation = inner.topology.explain(now, name);
            RemoteDatacenter {
                dc: name.to_owned(),
                round_trip_us: info.rtt.map_or(0, |rtt| rtt.as_micros().try_into().unwrap_or(u64::MAX)),
                ruled_out: explain::why_not(&explanation),
                servers: servers(&inner, name),
                age_ms: info.dead_for.map_or(0, |age| age.as_millis().try_into().unwrap_or(u64::MAX)),
                explanation: explain::json(&self.here, &explanation),
            }
        });
        FederationView {
            gateway: self.gateway.clone(),
            datacenters: datacenters.collect(),
            gateways: inner.members.iter().map(|member| remote_gateway(member, inner.places.get(&member.name))).collect(),
        }
    }
}

/// What of a view makes a new one worth sending: not its ages, of round trips whether they are known, and begun milliseconds,
/// and of places hundredths of a second.
pub(crate) fn essence(view: &FederationView) -> FederationView {
    let mut essence = view.clone();
    for dc in &mut essence.datacenters {
        dc.round_trip_us = dc.round_trip_us.div_ceil(1000);
        dc.age_ms = 0;
        dc.explanation.clear();
        for attempt in &mut dc.ruled_out {
            attempt.age_ms = 0;
            // Reasons count seconds; what else they say counts.
            attempt.reason.retain(|letter| !letter.is_ascii_digit());
        }
    }
    for coordinate in essence.gateways.iter_mut().filter_map(|gateway| gateway.coordinate.as_mut()) {
        let begun = |seconds: f64| (seconds * 100.0).round();
        *coordinate = Coordinate {
            vec: coordinate.vec.iter().map(|part| begun(*part)).collect(),
            height: begun(coordinate.height),
            ..Coordinate::origin()
        };
    }
    essence
}

/// In order of name; whether each is alive, the topology says: it knows which announcement is the newest.
fn servers(inner: &Inner, dc: &str) -> Vec<RemoteServer> {
    let empty = BTreeMap::new();
    let announced = inner.servers.get(dc).unwrap_or(&empty);
    let known = inner.topology.servers(dc).iter();
    known
        .filter_map(|server| announced.get(server.name.as_str()).map(|listed| RemoteServer { alive: server.healthy, ..listed.clone() }))
        .collect()
}

fn remote_gateway(member: &Member, place: Option<&members::Coordinate>) -> RemoteGateway {
    RemoteGateway {
        name: member.name.clone(),
        dc: member.tags.get("dc").cloned().unwrap_or_default(),
        address: member.addr.to_string(),
        status: match member.status {
            Status::Alive => 1,
            Status::Leaving => 2,
            Status::Left => 3,
            Status::Failed => 4,
        },
        tags: member.tags.clone(),
        coordinate: place.map(node::coordinate),
    }
}
