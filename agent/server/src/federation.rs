//! What the gateways of this datacenter tell of the others: one stream from each, merged.
//!
//! A gateway's rows go when its stream ends; what was known last stays with its age, so that a list of datacenters does not flap.

use api::coordinate::Coordinate;
use api::federation::{FederationView, RemoteDatacenter};
use api::{Attempt, Datacenter};
use dispatch::Peer;
use parking_lot::Mutex;
use prost::Message;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wire::{Connector, TopologyClient};

/// Gateways of one datacenter that are listened to.
const MOST_GATEWAYS: usize = 64;
/// How long a gateway may take to say its first word.
const FIRST_WORD: Duration = Duration::from_secs(5);

/// The federation as this server knows it.
pub(crate) struct Federation {
    trust: Arc<node::Trust>,
    me: String,
    heard: Mutex<BTreeMap<String, Heard>>,
    listening: Mutex<BTreeMap<String, CancellationToken>>,
    changed: watch::Sender<()>,
}

/// A gateway's last word.
struct Heard {
    view: FederationView,
    at: Instant,
    live: bool,
}

impl Federation {
    pub(crate) fn new(trust: Arc<node::Trust>, me: String) -> Arc<Self> {
        Arc::new(Self { trust, me, heard: Mutex::default(), listening: Mutex::default(), changed: watch::channel(()).0 })
    }

    /// Resolves when there is news.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Listens to these gateways from now on, and to no others.
    pub(crate) fn listen_to(self: &Arc<Self>, gateways: &[Arc<Peer>]) {
        let mut listening = self.listening.lock();
        listening.retain(|key, stop| {
            let stays = gateways.iter().any(|gateway| *key == key_of(gateway));
            if !stays {
                stop.cancel();
            }
            stays
        });
        for gateway in gateways {
            if listening.len() >= MOST_GATEWAYS || listening.contains_key(&key_of(gateway)) {
                continue;
            }
            let stop = CancellationToken::new();
            listening.insert(key_of(gateway), stop.clone());
            let (this, gateway) = (Arc::clone(self), Arc::clone(gateway));
            tokio::spawn(async move {
                stop.run_until_cancelled(this.listen(&gateway)).await;
                this.silence(&gateway.name);
            });
        }
    }

    /// Never ends by itself.
    async fn listen(&self, gateway: &Peer) {
        let client = TopologyClient::connect(Connector::new(gateway.addr, self.trust.towards_gateways()));
        let mut pause = Duration::from_millis(100);
        loop {
            let words = match client.watch(bytes::Bytes::from(self.me.clone()), FIRST_WORD).await {
                Ok(mut words) => loop {
                    match words.next().await {
                        Ok(word) => match FederationView::decode(word) {
                            Ok(view) => {
                                pause = Duration::from_millis(100);
                                self.hear(&gateway.name, view);
                            }
                            Err(error) => break error.to_string(),
                        },
                        Err(error) => break error.to_string(),
                    }
                },
                Err(error) => error.to_string(),
            };
            self.silence(&gateway.name);
            tracing::debug!(target: "federation", gateway = %gateway.name, error = %words, "a gateway has fallen silent");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    fn hear(&self, gateway: &str, view: FederationView) {
        self.heard.lock().insert(gateway.to_owned(), Heard { view, at: Instant::now(), live: true });
        self.changed.send_replace(());
    }

    fn silence(&self, gateway: &str) {
        let mut heard = self.heard.lock();
        if let Some(last) = heard.get_mut(gateway) {
            last.live = false;
        }
        // With another gateway's word at hand, the last word of a silent one says nothing more.
        if heard.values().any(|heard| heard.live) {
            heard.retain(|_, heard| heard.live);
        }
        drop(heard);
        self.changed.send_replace(());
    }

    /// The other datacenters, each as the gateway that reaches it best sees it; nearest first.
    pub(crate) fn datacenters(&self) -> Vec<RemoteDatacenter> {
        let heard = self.heard.lock();
        let mut best: BTreeMap<&str, RemoteDatacenter> = BTreeMap::new();
        for (gateway, heard) in heard.iter() {
            let age = u64::try_from(heard.at.elapsed().as_millis()).unwrap_or(u64::MAX);
            for dc in &heard.view.datacenters {
                let mut seen = RemoteDatacenter { age_ms: dc.age_ms, ..dc.clone() };
                if !heard.live {
                    seen.age_ms = seen.age_ms.saturating_add(age);
                    let reason = "the gateway has fallen silent".to_owned();
                    seen.ruled_out.push(Attempt { hop: format!("gateway {gateway}"), reason, age_ms: age });
                }
                let better = best.get(dc.dc.as_str()).is_none_or(|known| rank(&seen) < rank(known));
                if better {
                    best.insert(&dc.dc, seen);
                }
            }
        }
        let mut datacenters: Vec<RemoteDatacenter> = best.into_values().collect();
        datacenters.sort_by(|a, b| (a.round_trip_us == 0, a.round_trip_us, &a.dc).cmp(&(b.round_trip_us == 0, b.round_trip_us, &b.dc)));
        datacenters
    }

    /// Where a datacenter lies in the WAN pool: where a live gateway of it is, as the gateway here that was heard last has it.
    pub(crate) fn coordinate_of(&self, dc: &str) -> Option<Coordinate> {
        const ALIVE: i32 = 1;
        let heard = self.heard.lock();
        let mut views: Vec<&Heard> = heard.values().collect();
        views.sort_by_key(|heard| (!heard.live, std::cmp::Reverse(heard.at)));
        let gateways = views.into_iter().flat_map(|heard| &heard.view.gateways);
        gateways.filter(|gateway| gateway.dc == dc && gateway.status == ALIVE).find_map(|gateway| gateway.coordinate.clone())
    }

    /// What the map says of the other datacenters.
    pub(crate) fn ruled_out(&self) -> BTreeMap<Datacenter, Vec<Attempt>> {
        self.datacenters().into_iter().map(|dc| (Datacenter(dc.dc), dc.ruled_out)).collect()
    }
}

/// A way before none; then the shorter.
fn rank(dc: &RemoteDatacenter) -> (bool, bool, u64) {
    (!dc.ruled_out.is_empty(), dc.round_trip_us == 0, dc.round_trip_us)
}

fn key_of(gateway: &Peer) -> String {
    format!("{}@{}", gateway.name, gateway.addr)
}
