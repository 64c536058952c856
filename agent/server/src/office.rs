//! What a server answers about itself beyond what every agent does: raft, the autopilot, the datacenters, the certificate authority.

mod autopilot;
mod clock;
mod coordinates;
mod keyring;
mod measures;
mod raft;
mod stats;
mod wan;

use crate::embed::Embed;
use crate::federation::Federation;
use crate::queries::Queries;
use crate::settings::snapshots;
use crate::{Settings, Waist};
use api::agent::Nothing;
use api::{Call, Code, Error, Local, Reply};
use authority::Authority;
use consensus::Consensus;
use desk::Reloadable;
use lan::LanHandle;
use rpc::RpcPeers;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::time::Instant;

/// What the answers are made from.
pub(crate) struct Office {
    pub(crate) settings: Settings,
    pub(crate) consensus: Consensus,
    pub(crate) lan: LanHandle,
    pub(crate) federation: Arc<Federation>,
    pub(crate) waist: Arc<Waist>,
    pub(crate) authority: Arc<Authority<Consensus, RpcPeers>>,
    pub(crate) embed: Arc<Embed>,
    pub(crate) queries: Queries,
    pub(crate) started: Instant,
}

impl desk::Office for Office {
    async fn answer(&self, call: &Call) -> Result<Reply, Error> {
        let api::Op::Local(op) = &*call.op else { return Err(Error::protocol("not an operation of the agent")) };
        match op {
            Local::StatusLeader(_) => Ok(Reply::StatusLeader(self.leader())),
            Local::StatusPeers(_) => Ok(Reply::StatusPeers(self.peers())),
            Local::RaftConfiguration(_) => Ok(Reply::RaftConfiguration(self.raft_configuration())),
            Local::RaftRemovePeer(op) => self.remove_peer(op).await.map(Reply::RaftRemovePeer),
            Local::RaftTransferLeader(op) => self.transfer_leader(op).await.map(Reply::RaftTransferLeader),
            Local::AutopilotHealth(_) => Ok(Reply::AutopilotHealth(self.servers_health())),
            Local::AutopilotState(_) => Ok(Reply::AutopilotState(self.servers_health())),
            Local::KeyringList(_) => self.list_keys().await.map(Reply::KeyringList),
            Local::KeyringChange(op) => self.change_keys(op).await.map(|()| Reply::KeyringChange(Nothing {})),
            Local::Datacenters(_) => Ok(Reply::Datacenters(self.datacenters())),
            Local::CoordinateDatacenters(_) => Ok(Reply::CoordinateDatacenters(self.coordinates())),
            Local::FederationExplain(op) => Ok(Reply::FederationExplain(self.explain(&op.dc))),
            Local::QueryExecute(op) => self.queries.execute(call, op).await.map(Reply::QueryExecute),
            Local::QueryServe(op) => self.queries.serve(call, op).await.map(Reply::QueryServe),
            Local::CaSign(op) => self.authority.handle_sign(op).await.map(Reply::CaSign),
            Local::CaRequest(op) => self.authority.handle_request(op).await.map(Reply::CaRequest),
            Local::CaInstall(op) => self.authority.handle_install(op).await.map(Reply::CaInstall),
            _ => Err(Error::new(Code::Unsupported, format!("{} is answered at the desk", call.op.name()))),
        }
    }

    fn wan_members(&self, pool: &[members::Member]) -> Vec<api::agent::Member> {
        self.servers_everywhere(pool)
    }

    async fn join_wan(&self, address: &str) -> Result<(), Error> {
        self.join(address).await
    }

    async fn force_leave_wan(&self, node: &str, prune: bool) -> Result<bool, Error> {
        self.force_leave(node, prune).await
    }

    fn reloaded(&self, new: &Reloadable) {
        self.consensus.set_snapshots(snapshots(new.compaction));
    }

    fn is_server(&self) -> bool {
        true
    }

    fn stats(&self) -> Map<String, Value> {
        self.sections()
    }

    fn gauges(&self) -> Vec<(&'static str, f64)> {
        self.levels()
    }

    fn counted(&self) -> Vec<(&'static str, u64)> {
        self.totals()
    }
}
