//! Keeps the waist's map: the servers that gossip shows, without those that lately did not answer.

use crate::peers::{Live, Report};
use crate::{Servers, Waist};
use api::Datacenter;
use dispatch::{Map, Role};
use lan::LanHandle;
use node::{Kind, peers};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) struct MapKeeper {
    pub(crate) datacenter: String,
    pub(crate) me: String,
    pub(crate) waist: Arc<Waist>,
    pub(crate) lan: LanHandle,
    pub(crate) tell: watch::Sender<Live>,
    pub(crate) reports: mpsc::Receiver<Report>,
}

impl MapKeeper {
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let began = Instant::now();
        let (mut pool, mut servers) = (self.lan.members(), Servers::default());
        servers.handle_pool(peers(&pool.borrow_and_update(), Kind::Server, &self.me));
        loop {
            self.publish(&servers, began.elapsed());
            let again = servers.poll_timeout(began.elapsed());
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                changed = pool.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    servers.handle_pool(peers(&pool.borrow_and_update(), Kind::Server, &self.me));
                }
                report = self.reports.recv() => match report {
                    Some(Report::Failed(peer)) => servers.handle_failure(began.elapsed(), &peer),
                    Some(Report::Answered(peer)) => servers.handle_answer(&peer),
                    None => return,
                },
                () = at(began, again) => {}
            }
        }
    }

    fn publish(&self, servers: &Servers, now: Duration) {
        let map =
            Map { here: Some(Datacenter(self.datacenter.clone())), role: Role::Client, servers: servers.usable(now), ..Map::default() };
        // Whoever waits for a leader is woken by each map: only a new one is set.
        let current = self.waist.map();
        if current.servers != map.servers || current.here != map.here {
            self.waist.set_map(map);
        }
        self.tell.send_if_modified(|live| {
            let now = Live { servers: servers.known().to_vec(), failed: servers.any_failed() };
            let differs = live.servers != now.servers || live.failed != now.failed;
            if differs {
                *live = now;
            }
            differs
        });
    }
}

async fn at(began: Instant, time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep_until(began + time).await,
        None => std::future::pending().await,
    }
}
