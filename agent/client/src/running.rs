//! Starting, running and stopping a client agent.

use crate::map::MapKeeper;
use crate::office::Office;
use crate::peers::{Live, Report};
use crate::{ServerPeers, Waist};
use authority::{LeafKeeper, LeafSettings};
use desk::{AgentSettings, Ended, Front, FrontError, Stops, drain, pool};
use dispatch::{Dispatcher, NoLog, Store};
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
    waist: Arc<Waist>,
    front: Front<NoLog, ServerPeers>,
    tell: watch::Sender<Live>,
    reports: mpsc::Receiver<Report>,
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
    /// What it shows, or keeps.
    #[error(transparent)]
    Front(#[from] FrontError),
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
        let trust = Arc::new(Trust::begin(&identity.key, dc, domain)?.configured(settings.reloadable.internal_rpc.as_ref(), dc, domain)?);
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
        let front = Front::bind(settings.clone(), &identity.node_id, &trust, Arc::clone(&waist), calls, started)?;
        Ok(Self { settings, identity, trust, roots, lan, waist, front, tell, reports })
    }

    /// What others in the process may want of it.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle { waist: Arc::clone(&self.waist), lan: self.lan.handle(), http: self.front.http(), dns: self.front.dns() }
    }

    /// Its node id.
    #[must_use]
    pub fn node_id(&self) -> &str {
        &self.identity.node_id
    }

    /// Runs it until `stop`, until it is told to leave through its API, or until it cannot go on. `leave_on_stop` makes a stop a
    /// graceful leave.
    pub async fn run(self, stop: CancellationToken, leave_on_stop: impl Fn() -> bool) -> Ended {
        let Self { settings, identity, trust, roots, lan, waist, front, tell, reports } = self;
        let (lan_handle, stops, tasks) = (lan.handle(), Stops::default(), TaskTracker::new());
        let agent = pool::Agent { settings: &settings, identity: &identity, trust: &trust, waist: &waist };
        let mut failed = pool::start(lan, &agent, &tasks, &stops.core, &stops.core);
        let keeper = MapKeeper {
            datacenter: settings.datacenter.clone(),
            me: settings.node_name.clone(),
            waist: Arc::clone(&waist),
            lan: lan_handle.clone(),
            tell,
            reports,
        };
        tasks.spawn(keeper.run(stops.core.clone()));
        let asks = Arc::clone(&waist);
        tasks.spawn(roots.keep(move |call| call_waist(Arc::clone(&asks), call), stops.core.clone()));
        let mut left = front.start(Office { waist }, lan_handle.clone(), &tasks, &stops);

        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => if leave_on_stop() { Ended::Left } else { Ended::Stopped },
            Some(()) = left.recv() => Ended::Left,
            Some(why) = failed.recv() => Ended::Failed(why),
        };
        stops.services.cancel();
        if ended == Ended::Left
            && let Err(error) = lan_handle.leave(settings.leave_drain.max(Duration::from_secs(3))).await
        {
            tracing::warn!(%error, "leaving the LAN pool");
        }
        stops.edges.cancel();
        stops.core.cancel();
        drain(&tasks).await;
        ended
    }
}

async fn call_waist(waist: Arc<Waist>, call: api::Call) -> Result<api::Answer, api::Error> {
    waist.call(call).await
}
