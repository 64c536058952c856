//! What the leader does for the datacenter: members into the catalog, servers into raft, tombstones out of the state.

mod reconcile;
mod voters;

use crate::Waist;
use authority::Authority;
use consensus::{ChangeError, Consensus, Role};
use lan::LanHandle;
use rpc::RpcPeers;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use voters::{Change, Look};

/// Everything is compared anew this often, whatever gossip says meanwhile (Consul's reconcile interval).
const RECONCILE: Duration = Duration::from_secs(60);
/// Voters and tombstones are looked at this often.
const LOOK_AFTER: Duration = Duration::from_secs(1);

/// The leader's duties. Runs on every server; does something only while it leads.
pub(crate) struct Leader {
    pub(crate) datacenter: String,
    pub(crate) waist: Arc<Waist>,
    pub(crate) consensus: Consensus,
    pub(crate) lan: LanHandle,
    pub(crate) autopilot: api::operator::Autopilot,
    /// When the process began: what [`members::Member::since`] counts from.
    pub(crate) started: Instant,
    pub(crate) authority: Arc<Authority<Consensus, RpcPeers>>,
    /// How often what was kept back is written.
    pub(crate) round: Duration,
}

impl Leader {
    pub(crate) async fn run(self, stop: CancellationToken) {
        let mut status = self.consensus.status();
        loop {
            let led = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                led = status.wait_for(|status| status.role == Role::Leader) => led.is_ok(),
            };
            if !led {
                break;
            }
            tracing::info!(target: "leader", "cluster leadership acquired");
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = self.lead() => {}
                () = self.authority.lead(stop.clone()) => {}
                _ = status.wait_for(|status| status.role != Role::Leader) => {}
            }
            tracing::info!(target: "leader", "cluster leadership lost");
        }
    }

    async fn lead(&self) {
        self.waist.drop_kept_back();
        let mut pool = self.lan.members();
        let mut reconcile = ticks(RECONCILE);
        let mut look_after = ticks(LOOK_AFTER);
        let mut round = ticks(self.round);
        loop {
            tokio::select! {
                changed = pool.changed() => {
                    if changed.is_err() {
                        return std::future::pending().await;
                    }
                    self.reconcile().await;
                }
                _ = reconcile.tick() => self.reconcile().await,
                _ = round.tick() => self.write_kept_back().await,
                _ = look_after.tick() => {
                    self.seed().await;
                    self.start_virtual_ips().await;
                    self.look_after_voters().await;
                    self.reap().await;
                }
            }
        }
    }

    /// The first leader writes what the configuration says of the autopilot.
    async fn seed(&self) {
        if self.waist.store().snapshot().autopilot().modify_index != 0 {
            return;
        }
        let update = api::operator::AutopilotUpdate { configuration: Some(self.autopilot.clone()), cas: Some(0) };
        self.decide(api::Write::AutopilotUpdate(update)).await;
    }

    /// Virtual IPs are given as soon as no server is left that would give none.
    async fn start_virtual_ips(&self) {
        let start = api::Write::VirtualIpsStart(api::catalog::StartVirtualIps {});
        let needed = api::Op::Write(start.clone()).row().level;
        let all_know = self.waist.map().level.is_some_and(|level| level >= needed);
        if all_know && !self.waist.store().snapshot().gives_virtual_ips() {
            self.decide(start).await;
        }
    }

    async fn reconcile(&self) {
        // Whatever was committed before is to be seen, or a new leader would write what is there already.
        if self.consensus.confirm_leader().await.is_err() {
            return;
        }
        let pool = self.lan.members().borrow().clone();
        let writes = reconcile::writes(&self.datacenter, &pool, &self.waist.store().snapshot());
        futures_util::future::join_all(writes.into_iter().map(|write| self.decide(write))).await;
    }

    async fn look_after_voters(&self) {
        let (pool, membership) = (self.lan.members().borrow().clone(), self.consensus.membership());
        let autopilot = self.waist.store().snapshot().autopilot();
        let look = Look {
            me: self.consensus.me().id,
            pool: &pool,
            membership: &membership,
            followers: &self.consensus.followers(),
            last_log: self.consensus.status().borrow().last_log,
            autopilot: &autopilot,
            now: self.started.elapsed(),
        };
        let Some(change) = voters::decide(&look) else { return };
        let (what, result) = match &change {
            Change::Add(member) => (format!("adding {}", member.node.name), self.consensus.add_learner(member.clone()).await),
            Change::Promote(id) => (format!("promoting {id} to voter"), self.consensus.promote(*id).await),
            Change::Remove(id, why) => (format!("removing {id}: {why}"), self.consensus.remove(*id).await),
        };
        match result {
            Ok(()) => tracing::info!(target: "autopilot", "{what}"),
            Err(ChangeError::InProgress) => {}
            Err(error) => tracing::warn!(target: "autopilot", %error, "{what}"),
        }
    }

    async fn reap(&self) {
        for write in self.waist.store().snapshot().due(self.consensus.clock().now_ms()) {
            self.decide(write.write().clone()).await;
        }
    }

    async fn write_kept_back(&self) {
        if let Err(error) = self.waist.write_kept_back().await {
            tracing::warn!(target: "leader", %error, "coordinates of nodes were not written");
        }
    }

    async fn decide(&self, write: api::Write) {
        let name = api::Op::Write(write.clone()).name();
        if let Err(error) = self.waist.decide(write).await {
            // Leadership was lost, most likely; the next leader compares anew.
            tracing::warn!(target: "leader", %error, "{name} was not written");
        }
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
