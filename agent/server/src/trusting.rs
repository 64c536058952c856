//! What a server's trust hangs on: whether there is a leader, who was there at the founding, and whom a newcomer asks.

use crate::Waist;
use ca::SpkiHash;
use consensus::{Consensus, Role};
use dispatch::Log;
use lan::LanHandle;
use node::{Tags, Trust, key_of};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether there is a leader.
const LOOK: Duration = Duration::from_millis(500);

/// A leader that was not heard of for longer is none. Elections take less, even where `raft_multiplier` is 10.
const OUT_OF_TOUCH: Duration = Duration::from_secs(20);

/// Tells `trust` whether this server sees a leader, until `stop`.
pub(crate) async fn watch_leader(consensus: Consensus, trust: Arc<Trust>, stop: CancellationToken) {
    let mut told = None;
    let mut looks = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        let seen = sees_leader(&consensus);
        if told != Some(seen) {
            trust.handle_leader(seen);
            told = Some(seen);
        }
    }
}

/// Whether this server leads with the consent of the others, or has heard of a leader lately. What its log says of a leader may be old.
fn sees_leader(consensus: &Consensus) -> bool {
    if consensus.status().borrow().role == Role::Leader {
        return consensus.lease().is_ok();
    }
    let last = consensus.contact().last_ms.map(Duration::from_millis);
    last.is_some_and(|last| last < OUT_OF_TOUCH)
}

/// The keys of the servers that vote in this server's cluster, as gossip knows them.
pub(crate) fn founders(consensus: &Consensus, lan: &LanHandle) -> BTreeSet<SpkiHash> {
    let voters = consensus.membership().voters;
    let pool = lan.members().borrow().clone();
    let votes = |node_id: &str| voters.iter().any(|voter| voter.node.node_id == node_id);
    pool.iter().filter(|member| votes(&Tags::of(member).node_id)).filter_map(key_of).collect()
}

/// Brings a call for certificates to the leader. Nobody speaks raft with a server that has no certificate in force, so it knows no
/// leader: then it asks another server, which does.
pub(crate) async fn ask(waist: Arc<Waist>, consensus: Consensus, call: api::Call) -> Result<api::Answer, api::Error> {
    let servers = waist.map().servers.clone();
    let pick = usize::try_from(rand::random::<u32>()).ok().and_then(|seed| seed.checked_rem(servers.len()));
    match pick.and_then(|nth| servers.get(nth)) {
        Some(server) if !sees_leader(&consensus) => waist.peers().ask_server(server.addr, &call).await,
        _ => waist.call(call).await,
    }
}
