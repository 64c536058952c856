//! Starting, running and stopping a server.

use crate::embed::Embed;
use crate::federation::Federation;
use crate::leader::Leader;
use crate::map::MapKeeper;
use crate::office::Office;
use crate::queries::Queries;
use crate::{Settings, Waist, pool, trusting};
use authority::{Authority, LeafKeeper, LeafRole, LeafSettings};
use consensus::{Consensus, ConsensusConfig, Node, Role, StateMachine, WireTransport, raft_handlers};
use desk::{Ended, Front, FrontError, Stops, drain};
use dispatch::{Dispatcher, Store};
use lan::{Lan, LanHandle};
use node::{Identity, Kind, ServerTags, Tags, Trust, TrustError};
use rpc::{RpcPeers, handler};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wire::{Connector, Refused, ServerLimits};

/// How often the leader writes the coordinates it was told (Consul's `coordinate_update_period`), and with `-dev`.
const ROUND: Duration = Duration::from_secs(5);
const QUICK_ROUND: Duration = Duration::from_millis(100);

/// A server that has all its ports and its data, and does not run yet.
pub struct Server {
    settings: Settings,
    identity: Arc<Identity>,
    trust: Arc<Trust>,
    authority: Arc<Authority<Consensus, RpcPeers>>,
    leaf: LeafKeeper,
    consensus: Consensus,
    lan: Lan,
    rpc: TcpListener,
    waist: Arc<Waist>,
    front: Front<Consensus, RpcPeers>,
    tags: Tags,
    started: Instant,
}

/// What others in the process may want of a running server.
#[derive(Clone)]
pub struct Handle {
    /// The way in for calls.
    pub waist: Arc<Waist>,
    /// Its place in the LAN pool.
    pub lan: LanHandle,
    /// Whom it trusts.
    pub trust: Arc<Trust>,
    /// Who it is.
    pub identity: Arc<Identity>,
    /// Where it takes RPC.
    pub rpc: SocketAddr,
    /// Where it serves HTTP over TCP.
    pub http: Vec<SocketAddr>,
    /// Where it serves DNS.
    pub dns: Vec<SocketAddr>,
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory.
    #[error(transparent)]
    Identity(#[from] node::IdentityError),
    /// Certificates.
    #[error(transparent)]
    Trust(#[from] node::TrustError),
    /// The RPC port.
    #[error("cannot listen for RPC on {address}: {source}")]
    Rpc {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The log or its snapshots.
    #[error(transparent)]
    Raft(#[from] consensus::OpenError),
    /// Gossip.
    #[error(transparent)]
    Lan(#[from] desk::pool::BindError),
    /// What it shows, or keeps.
    #[error(transparent)]
    Front(#[from] FrontError),
}

impl Server {
    /// Takes all ports, opens the data directory.
    ///
    /// # Errors
    /// [`StartError`], naming the port or file.
    pub async fn bind(settings: Settings) -> Result<Self, StartError> {
        let started = Instant::now();
        let identity = Arc::new(Identity::open(settings.agent.data_dir.as_deref(), settings.agent.node_id.as_deref())?);
        let (dc, domain) = (&settings.agent.datacenter, &settings.agent.domain);
        let trust =
            Arc::new(Trust::open(&identity, dc, domain)?.configured(settings.agent.reloadable.internal_rpc.as_ref(), dc, domain)?);
        let address = SocketAddr::new(settings.agent.bind, settings.rpc_port);
        let rpc = listen(address).map_err(|source| StartError::Rpc { address, source })?;
        let rpc_port = rpc.local_addr().map_or(settings.rpc_port, |bound| bound.port());

        let store = Arc::new(Store::default());
        let consensus = open_raft(&settings, &identity, &trust, &store, rpc_port).await?;
        let tags = tags(&settings, &identity, &consensus, rpc_port);
        let lan = desk::pool::bind(&settings.agent, &identity, &trust, &tags).await?;

        let (locals, calls) = dispatch::locals();
        let peers = RpcPeers::new(trust.towards_servers(), trust.towards_gateways());
        let waist_settings =
            dispatch::Settings { hold: settings.agent.rpc_hold, tracer: settings.agent.tracer.clone(), ..dispatch::Settings::default() };
        let waist = Arc::new(Dispatcher::new(consensus.clone(), peers, store, locals, waist_settings, rand::random()));
        let authority =
            Authority::new(Arc::clone(&waist), &settings.agent.datacenter, &settings.agent.primary_datacenter, &settings.agent.domain);
        let authority = Arc::new(authority.map_err(|error| TrustError::Datacenter(error.to_string()))?);
        let leaf = LeafKeeper::new(LeafSettings {
            identity: Arc::clone(&identity),
            trust: Arc::clone(&trust),
            role: Some(LeafRole::Server),
            dc: settings.agent.datacenter.parse().map_err(|error: ca::spiffe::InvalidName| TrustError::Datacenter(error.to_string()))?,
            domain: settings.agent.domain.clone(),
            node: settings.agent.node_name.clone(),
            founders: {
                let (consensus, lan) = (consensus.clone(), lan.handle());
                Box::new(move || trusting::founders(&consensus, &lan))
            },
        });
        let front = Front::bind(settings.agent.clone(), &identity.node_id, &trust, Arc::clone(&waist), calls, started)?;
        Ok(Self { settings, identity, trust, authority, leaf, consensus, lan, rpc, waist, front, tags, started })
    }

    /// What others in the process may want of it.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle {
            waist: Arc::clone(&self.waist),
            lan: self.lan.handle(),
            trust: Arc::clone(&self.trust),
            identity: Arc::clone(&self.identity),
            rpc: self.rpc.local_addr().unwrap_or_else(|_| SocketAddr::new(self.settings.agent.bind, 0)),
            http: self.front.http(),
            dns: self.front.dns(),
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
        let Self { settings, identity, trust, authority, leaf, consensus, lan, rpc, waist, front, tags, started } = self;
        let lan_handle = lan.handle();
        let federation = Federation::new(Arc::clone(&trust), settings.agent.node_name.clone());
        let (stops, duties) = (Stops::default(), CancellationToken::new());
        let (core, tasks) = (stops.core.clone(), TaskTracker::new());

        // Core first: gossip, and what raft hears.
        let agent = desk::pool::Agent { settings: &settings.agent, identity: &identity, trust: &trust, waist: &waist };
        let mut failed = desk::pool::start(lan, &agent, &tasks, &core, &duties);
        tasks.spawn(trusting::watch_leader(consensus.clone(), Arc::clone(&trust), core.clone()));
        let (who, servers) = (Arc::clone(&trust), Arc::clone(&trust));
        let carried = wire::Services {
            calls: Some(handler(Arc::clone(&waist), Arc::new(move |peer| who.caller(peer)))),
            raft: Some(raft_handlers(&consensus.inbound(), move |peer| match servers.is_server(peer) {
                true => Ok(()),
                false => Err(Refused("raft is for servers of this datacenter only".to_owned())),
            })),
            topology: None,
        };
        let rpc_stop = core.clone();
        let tls = trust.rpc.server();
        let serving = wire::serve(rpc, Some(tls), carried, ServerLimits::default(), async move { rpc_stop.cancelled().await });
        tasks.spawn(serving);

        let embed =
            Embed::new(settings.clone(), lan_handle.clone(), Arc::clone(&trust), Arc::clone(&identity), tasks.clone(), duties.clone());
        tasks.spawn(Arc::clone(&embed).when_alone());

        // Then the map and the leader's duties.
        let keeper = MapKeeper {
            datacenter: settings.agent.datacenter.clone(),
            me: settings.agent.node_name.clone(),
            waist: Arc::clone(&waist),
            consensus: consensus.clone(),
            lan: lan_handle.clone(),
            federation: Arc::clone(&federation),
        };
        tasks.spawn(keeper.run(core.clone()));
        tasks.spawn(pool::form(
            lan_handle.clone(),
            consensus.clone(),
            tags,
            embed.port(),
            settings.agent.node_name.clone(),
            duties.clone(),
        ));
        let leader = Leader {
            datacenter: settings.agent.datacenter.clone(),
            waist: Arc::clone(&waist),
            consensus: consensus.clone(),
            lan: lan_handle.clone(),
            autopilot: settings.autopilot.clone(),
            started,
            authority: Arc::clone(&authority),
            round: if settings.dev { QUICK_ROUND } else { ROUND },
        };
        tasks.spawn(leader.run(duties.clone()));
        let asks = (Arc::clone(&waist), consensus.clone());
        tasks.spawn(leaf.keep(move |call| trusting::ask(Arc::clone(&asks.0), asks.1.clone(), call), duties.clone()));

        // What it shows comes last.
        let office = Office {
            settings: settings.clone(),
            consensus: consensus.clone(),
            lan: lan_handle.clone(),
            federation,
            queries: Queries { datacenter: settings.agent.datacenter.clone(), waist: Arc::clone(&waist) },
            waist: Arc::clone(&waist),
            authority,
            embed,
            started,
        };
        let mut left = front.start(office, lan_handle.clone(), &tasks, &stops);

        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => if leave_on_stop() { Ended::Left } else { Ended::Stopped },
            Some(()) = left.recv() => Ended::Left,
            Some(why) = failed.recv() => Ended::Failed(why),
            error = consensus.fatal() => Ended::Failed(format!("{}: {}", error.what, error.reason)),
        };

        // And down again, in the reverse order.
        stops.services.cancel();
        if ended == Ended::Left {
            leave(&consensus, &lan_handle, settings.agent.leave_drain).await;
        }
        duties.cancel();
        stops.edges.cancel();
        if ended == Ended::Stopped && consensus.status().borrow().role == Role::Leader {
            hand_over(&consensus).await;
        }
        core.cancel();
        drain(&tasks).await;
        consensus.shutdown().await;
        ended
    }
}

/// Graceful leave: leadership goes to another first, then everyone is told, then it waits so that raft may be changed without it.
async fn leave(consensus: &Consensus, lan: &LanHandle, drain: Duration) {
    if consensus.status().borrow().role == Role::Leader {
        hand_over(consensus).await;
    }
    if let Err(error) = lan.leave(drain.max(Duration::from_secs(3))).await {
        tracing::warn!(%error, "leaving the LAN pool");
    }
    // The leader takes this server out of raft; that is seen here when it happens, but need not be.
    let mut status = consensus.status();
    let removed = status.wait_for(|status| !status.is_voter);
    let _ = tokio::time::timeout(drain, removed).await;
}

/// Gives leadership to the voter that is furthest, so that nobody has to wait for an election.
async fn hand_over(consensus: &Consensus) {
    let me = consensus.me().id;
    let voters = consensus.membership().voters;
    let mut followers = consensus.followers();
    followers.retain(|follower| follower.id != me && voters.iter().any(|voter| voter.id == follower.id));
    followers.sort_by_key(|follower| std::cmp::Reverse(follower.matched));
    for follower in followers.iter().take(2) {
        match consensus.transfer_leader(follower.id).await {
            Ok(()) => return,
            Err(error) => tracing::warn!(target: "raft", %error, to = %follower.id, "leadership was not handed over"),
        }
    }
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

async fn open_raft(
    settings: &Settings,
    identity: &Identity,
    trust: &Arc<Trust>,
    store: &Arc<Store>,
    rpc_port: u16,
) -> Result<Consensus, StartError> {
    let node = Node {
        addr: SocketAddr::new(settings.agent.advertise, rpc_port).to_string(),
        node_id: identity.node_id.clone(),
        name: settings.agent.node_name.clone(),
    };
    let machine = Box::new(StateMachine::new(Arc::clone(store)));
    let trust = Arc::clone(trust);
    let dial = move |node: &Node| {
        let addr = node.addr.parse().map_err(|error: std::net::AddrParseError| format!("{}: {error}", node.addr))?;
        Ok(Connector::new(addr, trust.towards_servers()))
    };
    let transport = Arc::new(WireTransport::new(Box::new(dial)));
    let config = ConsensusConfig {
        data_dir: settings.agent.data_dir.clone(),
        raft_multiplier: settings.raft_multiplier,
        snapshots: crate::settings::snapshots(settings.agent.reloadable.compaction),
        ..ConsensusConfig::new(node, machine, transport)
    };
    Ok(Consensus::open(config).await?)
}

fn tags(settings: &Settings, identity: &Identity, consensus: &Consensus, rpc_port: u16) -> Tags {
    let server = ServerTags {
        expect: settings.bootstrap_expect,
        raft_id: consensus.me().id.to_string(),
        in_cluster: consensus.membership().index > 0,
        wan_port: settings.wan_port,
        ..ServerTags::default()
    };
    Tags {
        datacenter: settings.agent.datacenter.clone(),
        node_id: identity.node_id.clone(),
        kind: Kind::Server,
        rpc_port: Some(rpc_port),
        server: Some(server),
    }
}
