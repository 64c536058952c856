//! Keeps the waist's map: who leads, who else serves, which gateways there are, which datacenters lie behind them.

use crate::Waist;
use crate::federation::Federation;
use api::{Attempt, Datacenter};
use consensus::{Consensus, Role as RaftRole};
use dispatch::{Map, Peer, Role};
use lan::LanHandle;
use node::{Kind, Tags, peers};
use state::{Table, Topic};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

pub(crate) struct MapKeeper {
    pub(crate) datacenter: String,
    pub(crate) me: String,
    pub(crate) waist: Arc<Waist>,
    pub(crate) consensus: Consensus,
    pub(crate) lan: LanHandle,
    pub(crate) federation: Arc<Federation>,
}

impl MapKeeper {
    pub(crate) async fn run(self, stop: CancellationToken) {
        let (mut status, mut pool, mut news) = (self.consensus.status(), self.lan.members(), self.federation.changes());
        let forgotten = self.waist.store().topics().register(&Topic::Table(Table::Datacenters));
        loop {
            let seen = forgotten.version();
            self.waist.set_map(self.map());
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                changed = status.changed() => if changed.is_err() { return },
                changed = pool.changed() => if changed.is_err() { return },
                changed = news.changed() => if changed.is_err() { return },
                () = forgotten.changed_since(seen) => {}
            }
        }
    }

    fn map(&self) -> Map {
        let pool = self.lan.members().borrow().clone();
        let gateways = peers(&pool, Kind::Gateway, "");
        self.federation.listen_to(&gateways);
        let mut datacenters = self.federation.ruled_out();
        for dc in self.waist.store().snapshot().forgotten_datacenters() {
            if let Some(ruled_out) = datacenters.get_mut(&Datacenter::from(dc)) {
                let reason = "an operator had it forgotten".to_owned();
                *ruled_out = vec![Attempt { hop: format!("datacenter {dc}"), reason, age_ms: 0 }];
            }
        }
        let status = self.consensus.status().borrow().clone();
        let leading = status.role == RaftRole::Leader;
        let leader = status.leader.filter(|leader| leader.id != self.consensus.me().id).and_then(|leader| {
            let addr = leader.node.addr.parse().ok()?;
            Some(Arc::new(Peer { id: leader.node.node_id, name: leader.node.name, addr }))
        });
        Map {
            here: Some(Datacenter(self.datacenter.clone())),
            role: Role::Server,
            leading,
            leader,
            servers: peers(&pool, Kind::Server, &self.me),
            gateways,
            level: oldest(&pool),
            datacenters,
        }
    }
}

/// The least feature level of the servers in the pool, whatever their state: who failed may come back as it was.
fn oldest(pool: &[members::Member]) -> Option<u32> {
    pool.iter().filter_map(|member| Tags::of(member).server).map(|server| server.level).min()
}
