//! A leader makes and renews what its datacenter makes itself; no two leaders do.

use super::memory_log::MemoryLog;
use super::world::{Clock, DAY, Server, primary};
use crate::decide::renew_at;
use api::Write;
use api::federation::{CaRequest, CaState, CaUpdate, DatacenterUpdate};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn the_primary_renews_its_intermediate_at_half_life() {
    let clock = Clock::new();
    let dc1 = primary(&clock).await;
    let made = dc1.state();
    let half = Duration::from_secs(renew_at(&made).unwrap() - clock.now());
    tokio::time::sleep(half - DAY).await;
    assert_eq!((dc1.state().epoch, dc1.log.proposals()), (1, 1));
    tokio::time::sleep(2 * DAY).await;
    let renewed = dc1.state();
    assert_eq!((renewed.epoch, dc1.log.proposals()), (2, 2));
    assert!(renewed.intermediate != made.intermediate && renewed.intermediate_key == made.intermediate_key);
    // Ten years on, the root is at its end, and nothing runs hot.
    tokio::time::sleep(3650 * DAY).await;
    assert!(dc1.log.proposals() < 30, "{} changes", dc1.log.proposals());
}

#[tokio::test(start_paused = true)]
async fn a_secondary_makes_nothing_of_its_own_accord() {
    let dc2 = Server::new("dc2", &Clock::new());
    dc2.lead();
    tokio::time::sleep(2 * DAY).await;
    assert_eq!(dc2.log.proposals(), 0);
}

#[tokio::test(start_paused = true)]
async fn of_two_leaders_one_makes_the_federation() {
    let (clock, log) = (Clock::new(), MemoryLog::default());
    let servers = [Server::with_log("dc1", &clock, log.clone()), Server::with_log("dc1", &clock, log.clone())];
    servers.iter().for_each(Server::lead);
    let made = servers[0].until(|state| state.epoch > 0).await;
    tokio::time::sleep(DAY).await;
    assert_eq!((log.proposals(), made.epoch), (2, 1));
    assert!(*servers[1].state() == *made);
}

#[tokio::test(start_paused = true)]
async fn a_change_decided_on_an_older_epoch_is_refused() {
    let clock = Clock::new();
    let (dc1, dc2) = (primary(&clock).await, Server::new("dc2", &clock));
    // Another leader commits between the decision here and its place in the log.
    let other = CaState { epoch: 1, intermediate_key: dc1.state().intermediate_key.clone(), ..CaState::default() };
    dc2.log.overtake_with(Write::CaUpdate(CaUpdate { state: Some(other.clone()), replaces: 0 }));
    let request = CaRequest { trust_domain: dc1.state().trust_domain.clone() };
    let error = dc2.authority.handle_request(&request).await.unwrap_err();
    assert!(error.text.contains("another leader") && error.proves_unprocessed(), "{error}");
    assert!(*dc2.state() == other, "the older change was applied");
    assert!(!dc2.authority.handle_request(&request).await.unwrap().request.is_empty());

    dc2.log.depose();
    assert_eq!(dc2.authority.handle_request(&request).await.unwrap_err().kind(), api::Code::NotLeader);
    assert_eq!(dc2.authority.handle_sign(&Default::default()).await.unwrap_err().kind(), api::Code::NotLeader);
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_datacenter_loses_its_record() {
    let dc1 = primary(&Clock::new()).await;
    let mut signed = CaState::clone(&dc1.state());
    signed.epoch += 1;
    signed.secondaries.insert("dc2".into(), vec![0; 32]);
    dc1.log.commit(Write::CaUpdate(CaUpdate { replaces: signed.epoch - 1, state: Some(signed) }));
    dc1.log.commit(Write::DatacenterUpdate(DatacenterUpdate { dc: "dc2".into(), forgotten: true }));
    assert_eq!(dc1.until(|state| state.secondaries.is_empty()).await.epoch, 3);
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_stops_makes_nothing() {
    let dc1 = Server::new("dc1", &Clock::new());
    dc1.stop.cancel();
    dc1.authority.lead(dc1.stop.clone()).await;
    assert_eq!(dc1.log.proposals(), 0);
}
