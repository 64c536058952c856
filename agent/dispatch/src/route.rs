//! Where a call goes next. A pure decision over a map of the world; a refusal says what was considered.

use crate::{Map, Peer, Role};
use api::{Attempt, Call, Class, Code, Consistency, Datacenter, Error, Scope};
use std::sync::Arc;

/// Where a call goes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hop {
    /// It is answered here.
    Here,
    /// The leader of this datacenter.
    Leader(Arc<Peer>),
    /// A server of this datacenter; it knows the leader.
    Server(Arc<Peer>),
    /// A gateway of this datacenter, since the call is for another.
    Gateway(Arc<Peer>),
    /// Another datacenter, directly: only a gateway takes this hop.
    Datacenter(Datacenter),
}

impl Hop {
    /// The process, when the hop names one.
    #[must_use]
    pub fn peer(&self) -> Option<&Arc<Peer>> {
        match self {
            Self::Leader(peer) | Self::Server(peer) | Self::Gateway(peer) => Some(peer),
            Self::Here | Self::Datacenter(_) => None,
        }
    }
}

impl std::fmt::Display for Hop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Here => f.write_str("here"),
            Self::Leader(peer) => write!(f, "leader {} ({})", peer.name, peer.addr),
            Self::Server(peer) => write!(f, "server {} ({})", peer.name, peer.addr),
            Self::Gateway(peer) => write!(f, "gateway {} ({})", peer.name, peer.addr),
            Self::Datacenter(dc) => write!(f, "datacenter {dc}"),
        }
    }
}

/// Decides where `call` goes. `seed` picks among equals; `tried` are hops that have failed this call already.
///
/// # Errors
/// [`Code::NoPath`], [`Code::NoDatacenter`] or [`Code::NoLeader`], with every hop considered and what ruled it out; [`Code::Protocol`]
/// for a call that has been passed on too often.
pub fn route(call: &Call, map: &Map, seed: u64, tried: &[(Hop, Attempt)]) -> Result<Hop, Error> {
    let row = call.op.row();
    if row.class == Class::Local && row.scope == Scope::Here {
        return Ok(Hop::Here);
    }
    let hop = match (&call.dc, &map.here) {
        _ if row.class == Class::Local && row.scope == Scope::Gateway => gateway(map, seed, tried)?,
        // A client agent knows no gateways: the servers do.
        (Some(dc), Some(here)) if dc != here && map.role != Role::Client => abroad(call, dc, here, map, seed, tried)?,
        _ => at_home(call, map, seed, tried)?,
    };
    if hop != Hop::Here && call.hops_left == 0 {
        return Err(Error::protocol(format!(
            "the call went through {} processes and is still not there; next would be {hop}",
            api::MAX_HOPS
        )));
    }
    Ok(hop)
}

fn abroad(call: &Call, dc: &Datacenter, here: &Datacenter, map: &Map, seed: u64, tried: &[(Hop, Attempt)]) -> Result<Hop, Error> {
    if call.via.contains(here) {
        let reason = format!("the call has left {here} before, by way of {}", names(&call.via));
        return Err(Error::no_path(vec![Attempt { hop: here.to_string(), reason, age_ms: 0 }]));
    }
    let Some(ruled_out) = map.datacenters.get(dc) else {
        return Err(Error::no_datacenter(&dc.0));
    };
    if !ruled_out.is_empty() {
        return Err(Error::no_path(ruled_out.clone()));
    }
    if map.role == Role::Gateway {
        return Ok(Hop::Datacenter(dc.clone()));
    }
    gateway(map, seed, tried)
}

/// A gateway of this datacenter.
fn gateway(map: &Map, seed: u64, tried: &[(Hop, Attempt)]) -> Result<Hop, Error> {
    match pick(&map.gateways, seed, |peer| tried.iter().any(|(hop, _)| hop.peer() == Some(peer))) {
        Some(gateway) => Ok(Hop::Gateway(Arc::clone(gateway))),
        None if map.gateways.is_empty() => {
            let here = map.here.as_ref().map_or("this datacenter", |here| &here.0).to_owned();
            let reason = format!("no gateway of {here} is alive");
            Err(Error::no_path(vec![Attempt { hop: here, reason, age_ms: 0 }]))
        }
        None => Err(Error::no_path(tried.iter().map(|(_, attempt)| attempt.clone()).collect())),
    }
}

fn at_home(call: &Call, map: &Map, seed: u64, tried: &[(Hop, Attempt)]) -> Result<Hop, Error> {
    let row = call.op.row();
    let anywhere = match row.class {
        Class::Read => matches!(call.consistency, Consistency::Stale { .. }),
        Class::Write => false,
        Class::Local => row.scope == Scope::Server || matches!(call.consistency, Consistency::Stale { .. }),
    };
    match map.role {
        Role::Server if map.leading || anywhere => Ok(Hop::Here),
        Role::Server => map.leader.clone().map(Hop::Leader).ok_or_else(Error::no_leader),
        Role::Client | Role::Gateway => {
            let failed = |peer: &Peer| tried.iter().any(|(hop, _)| hop.peer().is_some_and(|tried| **tried == *peer));
            match pick(&map.servers, seed, |peer| failed(peer)) {
                Some(server) => Ok(Hop::Server(Arc::clone(server))),
                None if map.servers.is_empty() => Err(no_servers(map)),
                None => Err(Error { why: tried.iter().map(|(_, attempt)| attempt.clone()).collect(), ..Error::no_leader() }),
            }
        }
    }
}

/// Who waits for servers to be known would hold up what goes on without them: an agent's own services and checks. So a client is told at
/// once, as Consul's are.
fn no_servers(map: &Map) -> Error {
    let here = map.here.as_ref().map_or("this datacenter", |here| &here.0).to_owned();
    let why = vec![Attempt { reason: format!("gossip shows no live server of {here}"), hop: here, age_ms: 0 }];
    let code = if map.role == Role::Client { Code::NoPath } else { Code::NoLeader };
    Error { why, ..Error::new(code, "No known Consul servers") }
}

/// One of `peers`, at random, that is not ruled out.
fn pick(peers: &[Arc<Peer>], seed: u64, ruled_out: impl Fn(&Arc<Peer>) -> bool) -> Option<&Arc<Peer>> {
    let count = peers.iter().filter(|peer| !ruled_out(peer)).count();
    if count == 0 {
        return None;
    }
    let nth = usize::try_from(seed % count as u64).unwrap_or(0);
    peers.iter().filter(|peer| !ruled_out(peer)).nth(nth)
}

fn names(datacenters: &[Datacenter]) -> String {
    datacenters.iter().map(|dc| dc.0.as_str()).collect::<Vec<_>>().join(", ")
}

/// The code a refusal of `route` has when waiting a moment may help: a leader may be elected.
#[must_use]
pub(crate) fn may_pass(error: &Error) -> bool {
    matches!(error.kind(), Code::NoLeader | Code::NotLeader)
}

#[cfg(test)]
mod tests;
