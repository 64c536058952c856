//! This server in the LAN pool: the keys that gossip pins, the tags it shows, whom it joins, and when it makes a cluster.

use crate::bootstrap::{Decision, decide};
use consensus::Consensus;
use lan::{JoinError, LanHandle};
use node::{Tags, Trust};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Pins the keys of whoever is in the pool, as soon as gossip tells of them.
pub(crate) async fn pin(lan: LanHandle, trust: Arc<Trust>, stop: CancellationToken) {
    let mut pool = lan.members();
    loop {
        trust.set_members(&pool.borrow_and_update());
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            changed = pool.changed() => if changed.is_err() { return },
        }
    }
}

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

/// Joins the pool through `addresses`, again and again until somebody else answers: at first at once, since whoever is started together
/// comes up together, later at `interval`.
///
/// # Errors
/// After `max` attempts, unless that is 0.
pub(crate) async fn join(
    lan: LanHandle,
    addresses: Vec<String>,
    interval: Duration,
    max: u32,
    stop: CancellationToken,
) -> Result<(), String> {
    if addresses.is_empty() {
        return Ok(());
    }
    let mut pause = Duration::from_millis(200).min(interval);
    let mut attempts = 0u32;
    loop {
        let outcome = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            outcome = lan.join(&addresses) => outcome,
        };
        // Its own address is usually among them, and answers; but it is no company.
        let alone = lan.members().borrow().iter().filter(|member| member.status.is_live()).count() < 2;
        match outcome {
            Ok(contacted) if !alone || addresses.len() == 1 => {
                tracing::info!(target: "serf", contacted, "joined the LAN pool");
                return Ok(());
            }
            Ok(_) => {}
            Err(JoinError::Stopped(_)) => return Ok(()),
            Err(error) => {
                attempts += 1;
                if max > 0 && attempts >= max {
                    return Err(format!("max join retry exhausted, exiting: {error}"));
                }
                if pause >= interval || attempts == 1 {
                    tracing::warn!(target: "serf", %error, retry_interval = ?pause, "join failed, will retry");
                }
            }
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(interval);
    }
}
