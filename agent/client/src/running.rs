//! Starting, running and stopping a client agent.

use crate::map::MapKeeper;
use crate::office::Office;
use crate::peers::{Live, Report};
use crate::{ServerPeers, Waist};
use authority::{LeafKeeper, LeafSettings};
use desk::{AgentSettings, Desk, Parts, bind_dns, bind_http, pool, watches};
use dispatch::{Dispatcher, LocalDesk, NoLog, Store};
use edge_dns::DnsServer;
use edge_http::{Counters, HttpServer};
use lan::{Lan, LanHandle};
use node::{Identity, Kind, Tags, Trust, TrustError};
use rpc::RpcPeers;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A client agent that has all its ports, and does not run yet.
pub struct Client {
    settings: AgentSettings,
    identity: Arc<Identity>,
    trust: Arc<Trust>,
    roots: LeafKeeper,
    lan: Lan,
    http: Vec<HttpServer<NoLog, ServerPeers>>,
    dns: DnsServer<NoLog, ServerPeers>,
    waist: Arc<Waist>,
    calls: LocalDesk,
    tell: watch::Sender<Live>,
    reports: mpsc::Receiver<Report>,
    counters: Arc<Counters>,
    services: services::Services,
    started: Instant,
}

/// What others in the process may want of a running client agent.
#[derive(Clone)]
pub struct Handle {
    /// The way in for calls.
    pub waist: Arc<Waist>,
    /// Its place in the LAN pool.
    pub lan: LanHandle,
    /// Where it serves HTTP over TCP.
    pub http: Vec<SocketAddr>,
    /// Where it serves DNS.
    pub dns: Vec<SocketAddr>,
}

/// Why a client agent cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory.
    #[error(transparent)]
    Identity(#[from] node::IdentityError),
    /// Certificates.
    #[error(transparent)]
    Trust(#[from] node::TrustError),
    /// Gossip.
    #[error(transparent)]
    Lan(#[from] pool::BindError),
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

/// Why a client agent ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was told to stop.
    Stopped,
    /// It left its datacenter.
    Left,
    /// It cannot go on, and why.
    Failed(String),
}

impl Client {
    /// Takes all ports, opens the data directory.
    ///
    /// # Errors
    /// [`StartError`], naming the port or file.
    pub async fn bind(settings: AgentSettings) -> Result<Self, StartError> {
        let started = Instant::now();
        let identity = Arc::new(Identity::open(settings.data_dir.as_deref(), settings.node_id.as_deref())?);
        let (dc, domain) = (&settings.datacenter, &settings.domain);
        let trust = Arc::new(Trust::begin(&identity.key, dc, domain)?.configured(settings.internal_rpc.as_ref(), dc, domain)?);
        let tags = Tags {
            datacenter: settings.datacenter.clone(),
            node_id: identity.node_id.clone(),
            kind: Kind::Client,
            rpc_port: None,
            server: None,
        };
        let lan = pool::bind(&settings, &identity, &trust, &tags).await?;
        let (locals, calls) = dispatch::locals();
        let (peers, tell, reports) = ServerPeers::new(RpcPeers::new(trust.towards_servers(), None));
        let waist_settings =
            dispatch::Settings { hold: settings.rpc_hold, tracer: settings.tracer.clone(), ..dispatch::Settings::default() };
        let waist = Arc::new(Dispatcher::new(NoLog, peers, Arc::new(Store::default()), locals, waist_settings, rand::random()));
        let roots = LeafKeeper::new(LeafSettings {
            identity: Arc::clone(&identity),
            trust: Arc::clone(&trust),
            role: None,
            dc: settings.datacenter.parse().map_err(|error: ca::spiffe::InvalidName| TrustError::Datacenter(error.to_string()))?,
            domain: settings.domain.clone(),
            node: settings.node_name.clone(),
            founders: Box::new(BTreeSet::new),
        });
        let services = desk::services(&settings, &identity.node_id, rand::random())?;
        let counters = Arc::new(Counters::default());
        let http = bind_http(&settings, &waist, &counters)?;
        let dns = bind_dns(&settings, &waist)?;
        Ok(Self { settings, identity, trust, roots, lan, http, dns, waist, calls, tell, reports, counters, services, started })
    }

    /// What others in the process may want of it.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle {
            waist: Arc::clone(&self.waist),
            lan: self.lan.handle(),
            http: self.http.iter().filter(|edge| !edge.is_secured()).filter_map(HttpServer::addr).collect(),
            dns: self.dns.addrs().collect(),
        }
    }

    /// Its node id.
    #[must_use]
    pub fn node_id(&self) -> &str {
        &self.identity.node_id
    }

    /// Runs it until `stop`, until it is told to leave through its API, or until it cannot go on. `leave_on_stop` makes a stop a
    /// graceful leave.
    pub async fn run(self, stop: CancellationToken, leave_on_stop: impl Fn() -> bool) -> Ended {
        let Self { settings, identity, trust, roots, lan, http, dns, waist, calls, tell, reports, counters, services, started } = self;
        let lan_handle = lan.handle();
        let (edges, core) = (CancellationToken::new(), CancellationToken::new());
        let tasks = TaskTracker::new();
        let (leaving, mut left) = mpsc::channel(1);
        let (failing, mut failed) = mpsc::channel::<String>(1);

        tasks.spawn(lan.run(core.clone()));
        tasks.spawn(pool::pin(lan_handle.clone(), trust, core.clone()));
        tasks.spawn(pool::keep_generation(lan_handle.clone(), Arc::clone(&identity), core.clone()));
        let keeper = MapKeeper {
            datacenter: settings.datacenter.clone(),
            me: settings.node_name.clone(),
            waist: Arc::clone(&waist),
            lan: lan_handle.clone(),
            tell,
            reports,
        };
        tasks.spawn(keeper.run(core.clone()));
        let asks = Arc::clone(&waist);
        tasks.spawn(roots.keep(move |call| call_waist(Arc::clone(&asks), call), core.clone()));
        let joining =
            pool::join(lan_handle.clone(), settings.retry_join.clone(), settings.retry_interval, settings.retry_max, core.clone());
        tasks.spawn(async move {
            if let Err(error) = joining.await {
                // Somebody else may have ended the agent by now.
                let _ = failing.send(error).await;
            }
        });

        if settings.coordinates {
            let (asks, name) = (Arc::clone(&waist), settings.node_name.clone());
            tasks.spawn(node::report_coordinates(asks, lan_handle.clone(), name, core.clone()));
        }

        let (fresh, stop_keeping) = (Arc::clone(&waist), core.clone());
        tasks.spawn(async move { stop_keeping.run_until_cancelled(fresh.keep_fresh()).await });

        // The edges last: nobody is let in before there is somebody to answer.
        let drain = settings.leave_drain;
        let context = settings.http_config.context.clone();
        tasks.spawn(watches::run(settings.watches.clone(), Arc::clone(&waist), context, edges.clone()));
        let parts = Parts {
            settings,
            node_id: identity.node_id.clone(),
            lan: lan_handle.clone(),
            counters,
            dns_counters: Arc::clone(dns.counters()),
            started,
            services: services.handle(),
            leaving,
        };
        let (asks, keeping) = (Arc::clone(&waist), CancellationToken::new());
        tasks.spawn(services.run(move |call| call_waist(Arc::clone(&asks), call), lan_handle.members(), keeping.clone()));
        tasks.spawn(Desk::new(parts, Office { waist }).run(calls, core.clone()));
        for server in http {
            tasks.spawn(server.run(edges.clone()));
        }
        tasks.spawn(dns.run(edges.clone()));

        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => if leave_on_stop() { Ended::Left } else { Ended::Stopped },
            Some(()) = left.recv() => Ended::Left,
            Some(why) = failed.recv() => Ended::Failed(why),
        };
        // A node that leaves must not register itself anew.
        keeping.cancel();
        if ended == Ended::Left
            && let Err(error) = lan_handle.leave(drain.max(Duration::from_secs(3))).await
        {
            tracing::warn!(%error, "leaving the LAN pool");
        }
        edges.cancel();
        core.cancel();
        tasks.close();
        if tokio::time::timeout(Duration::from_secs(10), tasks.wait()).await.is_err() {
            tracing::warn!(tasks = tasks.len(), "still busy at the end of the drain time");
        }
        ended
    }
}

async fn call_waist(waist: Arc<Waist>, call: api::Call) -> Result<api::Answer, api::Error> {
    waist.call(call).await
}
