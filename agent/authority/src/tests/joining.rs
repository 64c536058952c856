//! A secondary joins by messages alone.

use super::world::{Clock, DAY, Server, carry, primary};
use crate::decide::renew_at;
use api::Write;
use api::federation::{CaInstall, CaRequest, CaSign, DatacenterUpdate};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_secondary_joins_and_renews() {
    let clock = Clock::new();
    let (dc1, dc2) = (primary(&clock).await, Server::new("dc2", &clock));
    dc2.lead();
    carry(&dc1, &dc2, "dc2").await.unwrap().unwrap();
    let (one, two) = (dc1.state(), dc2.state());
    assert_eq!((&two.trust_domain, &two.roots), (&one.trust_domain, &one.roots));
    assert!(one.secondaries.contains_key("dc2") && two.root_key.is_empty() && two.secondaries.is_empty());
    assert!(carry(&dc1, &dc2, "dc2").await.is_none(), "nothing is due yet");

    tokio::time::sleep(Duration::from_secs(renew_at(&two).unwrap() - clock.now()) + DAY).await;
    carry(&dc1, &dc2, "dc2").await.unwrap().unwrap();
    let renewed = dc2.state();
    assert!(renewed.intermediate != two.intermediate && renewed.epoch > two.epoch);
    assert!(carry(&dc1, &dc2, "dc2").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_leader_may_change_between_request_and_installation() {
    let clock = Clock::new();
    let (dc1, first) = (primary(&clock).await, Server::new("dc2", &clock));
    let request = CaRequest { trust_domain: dc1.state().trust_domain.clone() };
    let asked = first.authority.handle_request(&request).await.unwrap();
    let sign = CaSign { request: asked.request, role: "intermediate".into(), subject: "dc2".into() };
    let signed = dc1.authority.handle_sign(&sign).await.unwrap();
    let second = Server::with_log("dc2", &clock, first.log.clone());
    drop(first);
    second.authority.handle_install(&CaInstall { signed: Some(signed) }).await.unwrap();
    assert!(!second.state().intermediate.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_taken_name_is_refused_until_an_operator_forgets_it() {
    let clock = Clock::new();
    let dc1 = primary(&clock).await;
    let (honest, stranger) = (Server::new("dc2", &clock), Server::new("dc2", &clock));
    carry(&dc1, &honest, "dc2").await.unwrap().unwrap();
    let error = carry(&dc1, &stranger, "dc2").await.unwrap().unwrap_err();
    assert!(error.text.contains("an operator must forget dc2 first"), "{error}");
    assert!(stranger.state().intermediate.is_empty());

    let forget = |forgotten| dc1.log.commit(Write::DatacenterUpdate(DatacenterUpdate { dc: "dc2".into(), forgotten }));
    forget(true);
    dc1.until(|state| state.secondaries.is_empty()).await;
    assert!(carry(&dc1, &stranger, "dc2").await.unwrap().unwrap_err().text.contains("forgotten"));
    forget(false);
    carry(&dc1, &stranger, "dc2").await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn two_gateways_may_ask_at_once() {
    let clock = Clock::new();
    let (dc1, dc2) = (primary(&clock).await, Server::new("dc2", &clock));
    let (a, b) = tokio::join!(carry(&dc1, &dc2, "dc2"), carry(&dc1, &dc2, "dc2"));
    assert!(a.unwrap().is_ok() && b.is_none_or(|result| result.is_ok()));
    assert!(dc1.state().secondaries.len() == 1 && !dc2.state().intermediate.is_empty());
}
