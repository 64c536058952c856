//! A node keeps its leaf.

use super::world::{Clock, DAY, Server, carry, primary};
use crate::{LeafKeeper, LeafRole, LeafSettings};
use api::federation::{CaState, CaUpdate};
use api::{Call, Code, Error, Write};
use ca::SpkiHash;
use node::{Identity, Trust};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

/// A node, and what it asked its server.
pub(super) struct Node {
    pub(super) trust: Arc<Trust>,
    pub(super) certified: watch::Receiver<bool>,
    asked: Arc<Mutex<Vec<&'static str>>>,
    pub(super) cut_off: Arc<AtomicBool>,
    _stop: DropGuard,
}

impl Node {
    pub(super) fn of(server: &Server, dc: &str, role: LeafRole, clock: &Arc<Clock>) -> Self {
        Self::on_disk(server, dc, Some(role), clock, None, BTreeSet::new())
    }

    /// A node that remembers its last run in `data_dir`, and takes `founders` for the servers of its cluster.
    pub(super) fn on_disk(
        server: &Server,
        dc: &str,
        role: Option<LeafRole>,
        clock: &Arc<Clock>,
        data_dir: Option<&Path>,
        founders: BTreeSet<SpkiHash>,
    ) -> Self {
        let identity = Arc::new(Identity::open(data_dir, None).unwrap());
        let trust = Arc::new(Trust::open_by(&identity, dc, "consul", Arc::clone(clock) as _).unwrap());
        let settings = LeafSettings {
            identity,
            trust: Arc::clone(&trust),
            role,
            dc: dc.parse().unwrap(),
            domain: "consul".into(),
            node: "n1".into(),
            founders: Box::new(move || founders.clone()),
        };
        let (asked, cut_off) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let keeper = LeafKeeper::new(settings);
        let (certified, stop) = (keeper.certified(), CancellationToken::new());
        let ask = {
            let (dispatcher, asked, cut_off) = (Arc::clone(&server.dispatcher), Arc::clone(&asked), Arc::clone(&cut_off));
            move |call: Call| {
                let (dispatcher, asked, cut_off) = (Arc::clone(&dispatcher), Arc::clone(&asked), Arc::clone(&cut_off));
                async move {
                    asked.lock().push(call.op.name());
                    if cut_off.load(Ordering::Relaxed) {
                        return Err(Error::new(Code::NoLeader, "cut off"));
                    }
                    dispatcher.call(call).await
                }
            }
        };
        tokio::spawn(keeper.keep(ask, stop.clone()));
        Self { trust, certified, asked, cut_off, _stop: stop.drop_guard() }
    }

    pub(super) async fn is_certified(&mut self, wanted: bool) {
        let wait = self.certified.wait_for(|certified| *certified == wanted);
        tokio::time::timeout(30 * DAY, wait).await.expect("certified in time").unwrap();
    }

    pub(super) fn leaf(&self) -> Vec<u8> {
        self.trust.keys.current().chain()[0].to_vec()
    }

    pub(super) fn count(&self, name: &str) -> usize {
        self.asked.lock().iter().filter(|asked| **asked == name).count()
    }
}

#[tokio::test(start_paused = true)]
async fn a_leaf_is_had_as_soon_as_there_is_an_authority_and_renewed_at_half_life() {
    let clock = Clock::new();
    let (dc1, dc2) = (primary(&clock).await, Server::new("dc2", &clock));
    let mut node = Node::of(&dc2, "dc2", LeafRole::Gateway, &clock);
    tokio::time::sleep(DAY).await;
    assert!(!*node.certified.borrow());
    let patience = node.count("ca.roots");
    assert!(patience < 600, "{patience} reads in a day without an authority");

    carry(&dc1, &dc2, "dc2").await.unwrap().unwrap();
    let began = tokio::time::Instant::now();
    node.is_certified(true).await;
    assert!(began.elapsed() <= Duration::from_secs(5), "{:?}", began.elapsed());
    let first = node.leaf();
    assert_eq!(node.trust.keys.current().chain().len(), 2);

    tokio::time::sleep(Duration::from_secs(35 * 3600)).await;
    assert_eq!((node.leaf(), node.count("ca.sign")), (first.clone(), 1));
    tokio::time::sleep(Duration::from_secs(2 * 3600)).await;
    assert_eq!(node.count("ca.sign"), 2);
    assert_ne!(node.leaf(), first);
}

#[tokio::test(start_paused = true)]
async fn roots_are_followed_and_another_active_root_means_another_leaf() {
    let clock = Clock::new();
    let dc1 = primary(&clock).await;
    let other = Server::new("dc1", &clock);
    other.lead();
    let other = other.until(|state| state.epoch > 0).await;
    let mut node = Node::of(&dc1, "dc1", LeafRole::Server, &clock);
    node.is_certified(true).await;
    let before = node.trust.roots.load();

    let update = |change: &dyn Fn(&mut CaState)| {
        let mut state = CaState::clone(&dc1.state());
        change(&mut state);
        state.epoch += 1;
        dc1.log.commit(Write::CaUpdate(CaUpdate { replaces: state.epoch - 1, state: Some(state) }));
    };
    update(&|state| state.roots.push(other.roots[0].clone()));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!Arc::ptr_eq(&before, &node.trust.roots.load()), "the new bundle is trusted");
    assert_eq!(node.count("ca.sign"), 1);
    update(&|state| state.roots.reverse());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(node.count("ca.sign"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_leaf_that_cannot_be_renewed_ends() {
    let clock = Clock::new();
    let dc1 = primary(&clock).await;
    let mut node = Node::of(&dc1, "dc1", LeafRole::Server, &clock);
    node.is_certified(true).await;
    let began = tokio::time::Instant::now();
    node.cut_off.store(true, Ordering::Relaxed);
    node.is_certified(false).await;
    assert!(began.elapsed() >= Duration::from_secs(71 * 3600), "{:?}", began.elapsed());
    node.cut_off.store(false, Ordering::Relaxed);
    node.is_certified(true).await;
}

#[tokio::test(start_paused = true)]
async fn a_forged_answer_changes_nothing() {
    let clock = Clock::new();
    let (dc1, foreign) = (primary(&clock).await, primary(&clock).await);
    let mut node = Node::of(&dc1, "dc1", LeafRole::Server, &clock);
    node.is_certified(true).await;
    let shown = node.leaf();
    // Roots of one federation, a signer of another.
    let mut mixed = CaState::clone(&dc1.state());
    mixed.epoch += 1;
    mixed.roots = foreign.state().roots.clone();
    mixed.trust_domain.clone_from(&foreign.state().trust_domain);
    dc1.log.commit(Write::CaUpdate(CaUpdate { replaces: mixed.epoch - 1, state: Some(mixed) }));
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(node.leaf(), shown);
    assert!(node.count("ca.sign") > 10, "it goes on asking");
}
