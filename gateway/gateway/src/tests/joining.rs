use members::GossipKey;

use super::calls::{get, who};
use super::world::{Dc, LONG, eventually, key};
use crate::Standing;

/// Waits until the gateway of `dc` says that it was refused for this reason.
async fn refused(dc: &Dc, reason: &str) {
    let mut standing = dc.gateways[0].handle.standing();
    let refused = standing.wait_for(|standing| matches!(standing, Standing::Waiting { why } if why.contains(reason)));
    if tokio::time::timeout(LONG, refused).await.is_err() {
        panic!("expected {reason:?}: {:?}", dc.gateways[0].handle.standing().borrow().clone());
    }
}

/// A datacenter dc2 with this key, whose gateway tries to join `dc1`.
async fn joiner(dc1: &Dc, key: Option<GossipKey>, dev: bool) -> Dc {
    Dc::secondary_of("dc2", dc1.gateways[0].handle.wan_addr(), key, |settings| settings.dev = dev).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secondary_joins_once_and_its_second_gateway_needs_no_join() {
    let dc1 = Dc::primary().await;
    let mut dc2 = joiner(&dc1, Some(key(1)), false).await;
    dc2.gateways[0].certified().await;
    assert_eq!(dc1.leader.signed_for("dc2"), 1);
    dc2.gateway("gw2", |_| {}).await;
    for gateway in dc1.gateways.iter().chain(&dc2.gateways) {
        gateway.sees(3).await;
    }
    assert_eq!(dc1.leader.signed_for("dc2"), 1);
    assert_eq!(dc1.gateways[0].handle.counters().joins_admitted, 1);
    dc2.gateways[1].reaches("dc1").await;
    assert_eq!(who(dc2.server.call_through(dc2.gateways[1].handle.rpc_addr(), get("dc1")).await), "s1.dc1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_third_joins_through_the_second() {
    let (_dc1, dc2) = super::calls::pair().await;
    let dc3 = Dc::secondary("dc3", dc2.gateways[0].handle.wan_addr()).await;
    dc3.gateways[0].reaches("dc1").await;
    dc3.gateways[0].reaches("dc2").await;
    dc2.gateways[0].reaches("dc3").await;
    assert_eq!(who(dc3.call(get("dc1")).await), "s1.dc1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_key_or_none_is_refused_and_says_so() {
    let dc1 = Dc::primary_with(|settings| settings.dev = true).await;
    refused(&joiner(&dc1, Some(key(2)), false).await, "another gossip key").await;
    refused(&joiner(&dc1, None, false).await, "this gateway has none").await;
    refused(&joiner(&dc1, None, true).await, "requires a gossip key").await;
    assert_eq!(dc1.leader.signed_for("dc2"), 0);
    assert_eq!(dc1.gateways[0].handle.counters().joins_admitted, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_key_only_dev_may_be_joined() {
    let strict = Dc::primary_of(None, |_| {}).await;
    refused(&joiner(&strict, None, true).await, "has no gossip key").await;
    refused(&joiner(&strict, Some(key(1)), false).await, "has no gossip key").await;
    assert_eq!(strict.leader.signed_for("dc2"), 0);

    let open = Dc::primary_of(None, |settings| settings.dev = true).await;
    joiner(&open, None, true).await.gateways[0].certified().await;
    assert_eq!(open.leader.signed_for("dc2"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_is_our_own_is_harmless() {
    let dc1 = Dc::primary().await;
    let own = dc1.gateways[0].handle.wan_addr().to_string();
    dc1.gateways[0].handle.join_wan(&own).await.unwrap();
    dc1.gateways[0].sees(1).await;
    eventually("still alone", || dc1.gateways[0].handle.view().datacenters.is_empty()).await;
}
