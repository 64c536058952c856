//! This server in the LAN pool: the tags it shows, and when it makes a cluster.

use crate::bootstrap::{Decision, decide};
use consensus::Consensus;
use lan::LanHandle;
use node::Tags;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Shows through gossip whether this server belongs to a cluster, and makes one when it is time.
pub(crate) async fn form(
    lan: LanHandle,
    consensus: Consensus,
    tags: Tags,
    mut gateway: watch::Receiver<Option<u16>>,
    me: String,
    stop: CancellationToken,
) {
    let expect = tags.server.as_ref().map_or(0, |server| server.expect);
    let (mut pool, mut status) = (lan.members(), consensus.status());
    let mut last_reason = String::new();
    let mut shown = None;
    loop {
        let in_cluster = consensus.membership().index > 0 || status.borrow_and_update().voters > 0;
        let gateway_port = *gateway.borrow_and_update();
        if shown != Some((in_cluster, gateway_port)) {
            let server = tags.server.clone().map(|server| node::ServerTags { in_cluster, gateway_port, ..server });
            let tags = Tags { server, ..tags.clone() };
            match lan.set_tags(tags.to_map()).await {
                Ok(()) => shown = Some((in_cluster, gateway_port)),
                Err(error) => tracing::error!(%error, "this server's tags are not shown"),
            }
        }
        if !in_cluster {
            let decision = decide(&me, expect, &pool.borrow_and_update());
            match decision {
                Decision::Bootstrap(members) => match consensus.bootstrap(members).await {
                    Ok(_) => tracing::info!(target: "raft", expect, "found expected number of servers, making a cluster"),
                    Err(error) => tracing::error!(target: "raft", %error, "the cluster was not made"),
                },
                Decision::Wait(reason) if reason != last_reason => {
                    tracing::info!(target: "raft", %reason, "no cluster yet");
                    last_reason = reason;
                }
                Decision::Wait(_) => {}
            }
        } else {
            pool.mark_unchanged();
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            changed = pool.changed() => if changed.is_err() { return },
            changed = status.changed() => if changed.is_err() { return },
            changed = gateway.changed() => if changed.is_err() { return },
        }
    }
}
