//! What this gateway knows of the federation: the topology, the WAN pool's members, the servers that others announced.

mod explain;
mod paths;
mod publish;
mod view;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use api::Attempt;
use api::federation::RemoteServer;
use api::query::Fallback;
use members::{Member, Status};
use parking_lot::Mutex;
use tokio::sync::Notify;
use topology::{CallFailure, Config, Datacenter, Departure, ForgetError, GatewayName, GatewayRow, Hop, Server, ServerName, Topology};

use crate::announce::{Announcement, BadAnnouncement};
use crate::wan::Places;

pub(crate) use paths::watch_paths;
pub(crate) use publish::publish;

/// One owner of the pure [`Topology`]: each method takes the lock, gives it the time, and lets it go.
pub(crate) struct Federation {
    here: String,
    gateway: String,
    started: Instant,
    inner: Mutex<Inner>,
    changed: Notify,
}

struct Inner {
    topology: Topology,
    /// Servers by datacenter and name, as last announced: the topology keeps only what routes.
    servers: BTreeMap<String, BTreeMap<String, RemoteServer>>,
    members: Arc<[Member]>,
    /// Where they lie in the WAN pool.
    places: Arc<Places>,
}

impl Federation {
    pub(crate) fn new(here: &str, gateway: &str) -> Result<Self, topology::BadName> {
        let topology = Topology::new(Config::new(Datacenter::new(here)?));
        let inner = Inner { topology, servers: BTreeMap::new(), members: Arc::new([]), places: Arc::default() };
        Ok(Self {
            here: here.to_owned(),
            gateway: gateway.to_owned(),
            started: Instant::now(),
            inner: Mutex::new(inner),
            changed: Notify::new(),
        })
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// The gateway to hand a call for `dc` to.
    ///
    /// # Errors
    /// What rules each way out.
    pub(crate) fn next_hop(&self, dc: &str, tried: &[GatewayName]) -> Result<Hop, Vec<Attempt>> {
        let now = self.now();
        let hop = self.inner.lock().topology.next_hop(now, dc, rand::random(), tried);
        hop.map_err(|no_path| explain::ruled_out(&no_path))
    }

    /// The datacenters to ask for a query, in this order.
    pub(crate) fn failover_order(&self, wanted: &Fallback) -> Vec<String> {
        let now = self.now();
        let nearest = usize::try_from(wanted.nearest_n).unwrap_or(0);
        let order = self.inner.lock().topology.failover_order(now, nearest, wanted.named());
        order.iter().map(ToString::to_string).collect()
    }

    /// A gateway answered a call.
    pub(crate) fn handle_answer(&self, hop: &Hop, dc: &str, rtt: Duration) {
        let now = self.now();
        self.inner.lock().topology.handle_call_ok(now, &hop.gateway, dc, rtt);
        if hop.probe {
            self.changed.notify_one();
        }
    }

    /// A gateway did not.
    pub(crate) fn handle_failure(&self, hop: &Hop, dc: &str, failure: CallFailure) {
        let now = self.now();
        self.inner.lock().topology.handle_call_failed(now, &hop.gateway, dc, failure, rand::random());
        self.changed.notify_one();
    }

    /// What became of our own question to a gateway: it was answered after this time, or it failed.
    pub(crate) fn handle_sign_of_life(&self, member: &Member, dc: &str, outcome: Result<Duration, CallFailure>) {
        let Ok(gateway) = GatewayName::new(&member.name) else { return };
        let now = self.now();
        let mut inner = self.inner.lock();
        match outcome {
            Ok(rtt) => inner.topology.handle_call_ok(now, &gateway, dc, rtt),
            Err(failure) => {
                if matches!(failure, CallFailure::Unreachable | CallFailure::Lost) {
                    inner.topology.handle_path_lost(now, member.addr);
                }
                inner.topology.handle_call_failed(now, &gateway, dc, failure, rand::random());
            }
        }
        drop(inner);
        self.changed.notify_one();
    }

    /// The WAN pool's list changed: who has gone takes his rows along.
    pub(crate) fn handle_members(&self, members: Arc<[Member]>) {
        let now = self.now();
        let mut inner = self.inner.lock();
        let Inner { topology, members: before, .. } = &mut *inner;
        let mut depart = |member: &Member, departure| {
            if let Ok(name) = GatewayName::new(&member.name) {
                topology.handle_departure(now, &name, departure);
            }
        };
        for member in &*members {
            match member.status {
                Status::Left => depart(member, Departure::Left),
                Status::Failed => depart(member, Departure::Failed),
                Status::Alive | Status::Leaving => {}
            }
        }
        for gone in before.iter().filter(|member| !members.iter().any(|still| still.name == member.name)) {
            depart(gone, Departure::Left);
        }
        *before = members;
        drop(inner);
        self.changed.notify_one();
    }

    /// A gateway told of the servers of its datacenter. `member` is whom the link's TLS proved to be of that datacenter.
    ///
    /// # Errors
    /// [`BadAnnouncement`]; nothing changed.
    pub(crate) fn handle_announcement(&self, member: &Member, dc: &str, announcement: Announcement) -> Result<(), BadAnnouncement> {
        announcement.check()?;
        let bad = |error: &dyn std::fmt::Display| BadAnnouncement::Topology(error.to_string());
        let mut rows = Vec::with_capacity(announcement.servers.len());
        for server in &announcement.servers {
            let listed = server.listed.as_ref().ok_or(BadAnnouncement::Incomplete)?;
            rows.push(Server {
                name: ServerName::new(&listed.name).map_err(|error| bad(&error))?,
                addr: server.rpc.parse().map_err(|_| BadAnnouncement::Address(server.rpc.chars().take(64).collect()))?,
                healthy: listed.alive,
                version: listed.tags.get("build").map_or("", String::as_str).chars().take(64).collect(),
            });
        }
        let row = GatewayRow {
            gateway: GatewayName::new(&member.name).map_err(|error| bad(&error))?,
            datacenter: Datacenter::new(dc).map_err(|error| bad(&error))?,
            addr: member.addr,
            rtt: None,
            withdrawn: false,
            servers: rows,
        };
        let now = self.now();
        let mut inner = self.inner.lock();
        inner.topology.handle_row(now, row).map_err(|error| bad(&error))?;
        let known: Vec<String> = inner.topology.servers(dc).iter().map(|server| server.name.to_string()).collect();
        let servers = inner.servers.entry(dc.to_owned()).or_default();
        for server in announcement.servers.into_iter().filter_map(|server| server.listed) {
            servers.insert(server.name.clone(), server);
        }
        servers.retain(|name, _| known.contains(name));
        drop(inner);
        self.changed.notify_one();
        Ok(())
    }

    /// Members of the WAN pool have moved. It is told with the next view.
    fn handle_places(&self, places: Arc<Places>) {
        self.inner.lock().places = places;
    }

    /// A second has passed.
    fn handle_tick(&self) {
        let now = self.now();
        let mut inner = self.inner.lock();
        let Inner { topology, servers, .. } = &mut *inner;
        topology.handle_tick(now);
        servers.retain(|dc, _| !topology.servers(dc).is_empty());
        drop(inner);
        self.changed.notify_one();
    }

    /// Forgets a datacenter until [`Self::unforget`].
    ///
    /// # Errors
    /// [`ForgetError`].
    pub(crate) fn forget(&self, dc: &str) -> Result<(), ForgetError> {
        let now = self.now();
        let mut inner = self.inner.lock();
        inner.topology.forget(now, dc)?;
        inner.servers.remove(dc);
        drop(inner);
        self.changed.notify_one();
        Ok(())
    }

    /// Lets it come back. False if it was not forgotten.
    pub(crate) fn unforget(&self, dc: &str) -> bool {
        let was = self.inner.lock().topology.unforget(dc);
        self.changed.notify_one();
        was
    }
}
