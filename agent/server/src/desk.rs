//! Operations that ask this process: one task answers them, in the order they came, and hands what takes time to tasks of its own.

mod autopilot;
mod clock;
mod document;
mod host;
mod metrics;
mod pools;
mod raft;

use crate::embed::Embed;
use crate::federation::Federation;
use crate::{Settings, Waist};
use api::agent::{Document, Nothing};
use api::{Code, Error, Local, Reply};
use authority::Authority;
use consensus::Consensus;
use dispatch::{LocalCall, LocalDesk};
use edge_http::Counters;
use lan::LanHandle;
use rpc::RpcPeers;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Requests that take time, at once.
const AT_ONCE: usize = 64;

/// What the answers are made from.
pub(crate) struct Desk {
    pub(crate) settings: Settings,
    pub(crate) node_id: String,
    pub(crate) consensus: Consensus,
    pub(crate) lan: LanHandle,
    pub(crate) federation: Arc<Federation>,
    pub(crate) waist: Arc<Waist>,
    pub(crate) authority: Arc<Authority<Consensus, RpcPeers>>,
    pub(crate) embed: Arc<Embed>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) metrics: telemetry::Metrics,
    pub(crate) started: Instant,
    pub(crate) leaving: mpsc::Sender<()>,
}

impl Desk {
    pub(crate) async fn run(self, mut desk: LocalDesk, stop: CancellationToken) {
        let this = Arc::new(self);
        let places = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
        let mut measuring = tokio::time::interval(metrics::PERIOD);
        measuring.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            let call = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = measuring.tick() => {
                    this.measure();
                    continue;
                }
                call = desk.recv() => match call { Some(call) => call, None => return },
            };
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                let _ = call.reply.send(Err(Error::new(Code::Busy, format!("more than {AT_ONCE} requests are with the agent"))));
                continue;
            };
            let this = Arc::clone(&this);
            tokio::spawn(async move {
                let LocalCall { call, reply } = call;
                let answer = this.answer(&call).await;
                drop(place);
                // Whoever asked may have gone.
                let _ = reply.send(answer);
            });
        }
    }

    async fn answer(&self, call: &api::Call) -> Result<Reply, Error> {
        let api::Op::Local(op) = &*call.op else { return Err(Error::protocol("not an operation of the agent")) };
        match op {
            Local::StatusLeader(_) => Ok(Reply::StatusLeader(self.leader())),
            Local::StatusPeers(_) => Ok(Reply::StatusPeers(self.peers())),
            Local::RaftConfiguration(_) => Ok(Reply::RaftConfiguration(self.raft_configuration())),
            Local::RaftRemovePeer(op) => self.remove_peer(op).await.map(Reply::RaftRemovePeer),
            Local::RaftTransferLeader(op) => self.transfer_leader(op).await.map(Reply::RaftTransferLeader),
            Local::AutopilotHealth(_) => Ok(Reply::AutopilotHealth(self.servers_health())),
            Local::AutopilotState(_) => Ok(Reply::AutopilotState(self.servers_health())),
            Local::Datacenters(_) => Ok(Reply::Datacenters(self.datacenters())),
            Local::AgentSelf(_) => Ok(Reply::AgentSelf(json(&self.self_document()))),
            Local::AgentMembers(op) => self.members(op).map(Reply::AgentMembers),
            Local::AgentJoin(op) => self.join(op).await.map(|()| Reply::AgentJoin(Nothing {})),
            Local::AgentLeave(_) => self.leave().await.map(|()| Reply::AgentLeave(Nothing {})),
            Local::AgentForceLeave(op) => self.force_leave(op).await.map(|()| Reply::AgentForceLeave(Nothing {})),
            Local::AgentMetrics(op) => self.metrics(op).map(Reply::AgentMetrics),
            Local::AgentVersion(_) => Ok(Reply::AgentVersion(json(&document::version()))),
            Local::AgentHost(_) => Ok(Reply::AgentHost(json(&host::document()))),
            Local::FederationExplain(op) => Ok(Reply::FederationExplain(self.explain(&op.dc))),
            Local::CaSign(op) => self.authority.handle_sign(op).await.map(Reply::CaSign),
            Local::CaRequest(op) => self.authority.handle_request(op).await.map(Reply::CaRequest),
            Local::CaInstall(op) => self.authority.handle_install(op).await.map(Reply::CaInstall),
        }
    }

    async fn leave(&self) -> Result<(), Error> {
        self.leaving.send(()).await.map_err(|_| Error::failed("the agent is stopping already"))
    }
}

fn json(value: &serde_json::Value) -> Document {
    Document { content_type: "application/json".to_owned(), text: value.to_string() }
}
