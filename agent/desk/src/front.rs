//! What an agent of either kind shows and keeps: HTTP, DNS, watches, this node's services and checks, and the desk.

use crate::desk::{Desk, Parts};
use crate::edges::{bind_dns, bind_http};
use crate::{AgentSettings, Current, Office, node, watches};
use ::node::Trust;
use dispatch::{Dispatcher, LocalDesk, Log, Peers};
use edge_dns::DnsServer;
use edge_http::{Counters, HttpServer};
use lan::LanHandle;
use services::Services;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// All of it, with its ports, and nothing running yet.
pub struct Front<L, P> {
    settings: AgentSettings,
    current: Current,
    node_id: String,
    waist: Arc<Dispatcher<L, P>>,
    calls: LocalDesk,
    services: Services,
    counters: Arc<Counters>,
    http: Vec<HttpServer<L, P>>,
    dns: DnsServer<L, P>,
    started: Instant,
}

/// Why it cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FrontError {
    /// Services and checks.
    #[error(transparent)]
    Services(#[from] services::StartError),
    /// HTTP.
    #[error(transparent)]
    Http(#[from] edge_http::BindError),
    /// DNS.
    #[error(transparent)]
    Dns(#[from] edge_dns::BindError),
}

/// When which part ends.
#[derive(Clone, Default)]
pub struct Stops {
    /// Nobody is let in any more, and watches end.
    pub edges: CancellationToken,
    /// The catalog is told nothing more of this node: one that leaves must not register itself anew.
    pub services: CancellationToken,
    /// The desk answers nobody any more.
    pub core: CancellationToken,
}

impl<L: Log, P: Peers> Front<L, P> {
    /// Takes every port, and what was kept of services and checks. `calls` are those for the desk of `waist`; `trust` is what RPC goes by.
    ///
    /// # Errors
    /// [`FrontError`], naming the port, file or definition.
    pub fn bind(
        settings: AgentSettings,
        node_id: &str,
        trust: &Arc<Trust>,
        waist: Arc<Dispatcher<L, P>>,
        calls: LocalDesk,
        started: Instant,
    ) -> Result<Self, FrontError> {
        let services = node::services(&settings, node_id, rand::random())?;
        let counters = Arc::new(Counters::default());
        let current = Current::new(&settings, Arc::clone(trust));
        let http = bind_http(&settings, &current, &waist, &counters)?;
        let dns = bind_dns(&settings, &current, &waist)?;
        Ok(Self { settings, current, node_id: node_id.to_owned(), waist, calls, services, counters, http, dns, started })
    }

    /// Where it serves plain HTTP over TCP.
    #[must_use]
    pub fn http(&self) -> Vec<SocketAddr> {
        self.http.iter().filter(|edge| !edge.is_secured()).filter_map(HttpServer::addr).collect()
    }

    /// Where it serves DNS.
    #[must_use]
    pub fn dns(&self) -> Vec<SocketAddr> {
        self.dns.addrs().collect()
    }

    /// Starts all of it, the edges last: nobody is let in before there is somebody to answer. Says when the agent is told to leave.
    pub fn start<O: Office>(self, office: O, lan: LanHandle, tasks: &TaskTracker, stops: &Stops) -> mpsc::Receiver<()> {
        let Self { settings, current, node_id, waist, calls, services, counters, http, dns, started } = self;
        let (leaving, left) = mpsc::channel(1);
        let (fresh, stop) = (Arc::clone(&waist), stops.core.clone());
        tasks.spawn(async move { stop.run_until_cancelled(fresh.keep_fresh()).await });
        let (watched, asked) = (current.watches.subscribe(), current.http.subscribe());
        tasks.spawn(watches::run(watched, Arc::clone(&waist), asked, stops.edges.clone()));
        let (members, handle, dns_counters) = (lan.members(), services.handle(), dns.counters());
        tasks.spawn(services.run(
            move |call| {
                let waist = Arc::clone(&waist);
                async move { waist.call(call).await }
            },
            members,
            stops.services.clone(),
        ));
        let parts = Parts { settings, current, node_id, lan, counters, dns_counters, started, services: handle, leaving };
        tasks.spawn(Desk::new(parts, office).run(calls, stops.core.clone()));
        for edge in http {
            tasks.spawn(edge.run(stops.edges.clone()));
        }
        tasks.spawn(dns.run(stops.edges.clone()));
        left
    }
}
