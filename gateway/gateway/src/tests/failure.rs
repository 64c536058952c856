use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use api::{Call, Code, kv};

use super::calls::{get, pair, who};
use super::cut::Path;
use super::world::{Dc, LONG, Running, eventually, fresh_ip, key};
use crate::GatewaySettings;

fn put(dc: &str) -> Call {
    Call { dc: Some(dc.into()), ..Call::new(kv::Put { key: "k".into(), ..kv::Put::default() }) }
}

/// Two datacenters, the second with two gateways that the first knows.
async fn pair_with_two_gateways() -> (Dc, Dc) {
    let (dc1, mut dc2) = pair().await;
    let known = dc1.gateways[0].handle.wan_addr().to_string();
    dc2.gateway("gw2", |settings| settings.retry_join_wan = vec![known]).await;
    both_announce(&dc1).await;
    (dc1, dc2)
}

async fn both_announce(dc1: &Dc) {
    let both = || {
        let view = dc1.gateways[0].handle.view();
        let explanation: serde_json::Value = serde_json::from_str(&view.datacenters[0].explanation).unwrap();
        explanation["Details"]["Gateways"].as_array().unwrap().len() == 2
    };
    eventually("both gateways of dc2 announce", both).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_gateways_dies_and_calls_go_on() {
    let (dc1, mut dc2) = pair_with_two_gateways().await;
    for _ in 0..50 {
        assert_eq!(who(dc1.call(get("dc2")).await), "s1.dc2");
    }
    dc2.gateways.remove(0).kill();
    for _ in 0..50 {
        assert_eq!(who(dc1.call(get("dc2")).await), "s1.dc2", "a read finds the other gateway");
    }
    let writes = dc2.server.desk.writes.load(Relaxed);
    for _ in 0..20 {
        dc1.call(put("dc2")).await.unwrap();
    }
    assert_eq!(dc2.server.desk.writes.load(Relaxed), writes + 20, "a write is processed once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_stops_says_so_and_loses_nothing() {
    let (dc1, mut dc2) = pair_with_two_gateways().await;
    let stopping = tokio::spawn(dc2.gateways.remove(0).stop());
    for _ in 0..200 {
        dc1.call(put("dc2")).await.unwrap();
    }
    stopping.await.unwrap();
    assert_eq!(dc2.server.desk.writes.load(Relaxed), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_our_own_two_gateways_dies_and_the_other_serves() {
    let (mut dc1, dc2) = pair().await;
    let known = dc2.gateways[0].handle.wan_addr().to_string();
    dc1.gateway("gw2", |settings| settings.retry_join_wan = vec![known]).await;
    dc1.gateways[1].reaches("dc2").await;
    dc1.gateways.remove(0).kill();
    assert_eq!(who(dc1.call(get("dc2")).await), "s1.dc2");
    assert_eq!(who(dc2.call(get("dc1")).await), "s1.dc1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_datacenter_is_explained_and_heals_when_it_returns() {
    let (dc1, mut dc2) = pair().await;
    let lost = dc2.gateways.remove(0);
    let mut settings = dc2.settings("gw1");
    (settings.bind, settings.ports.serf_wan) = (lost.ip, lost.handle.wan_addr().port());
    lost.stop().await;

    let short = || Call { time_left: Duration::from_millis(500), ..get("dc2") };
    let error = dc1.call(short()).await.err().unwrap();
    assert!(!error.why.is_empty() || !error.text.is_empty(), "{error:?}");

    // It returns at its address, knowing nobody: who remembers it finds it.
    let returned = Running::start(settings).await;
    let deadline = tokio::time::Instant::now() + LONG;
    while dc1.call(short()).await.is_err() {
        assert!(tokio::time::Instant::now() < deadline, "never heals");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    returned.sees(2).await;
    returned.reaches("dc1").await;
}

/// Two datacenters, with a path that can be cut in front of the first gateway of the second.
async fn pair_over_a_path() -> (Dc, Dc, Path) {
    pair_over_a_path_with(|_| {}).await
}

async fn pair_over_a_path_with(change: fn(&mut GatewaySettings)) -> (Dc, Dc, Path) {
    let dc1 = Dc::primary_with(change).await;
    let known = dc1.gateways[0].handle.wan_addr().to_string();
    let front = fresh_ip();
    let mut dc2 = Dc::bare("dc2", Some(key(1))).await;
    dc2.gateway("gw1", |settings| {
        settings.retry_join_wan = vec![known];
        settings.advertise_wan = Some(front);
        change(settings);
    })
    .await;
    let gateway = &dc2.gateways[0];
    let path = Path::open(front, SocketAddr::new(gateway.ip, gateway.handle.wan_addr().port())).await;
    dc1.gateways[0].reaches("dc2").await;
    (dc1, dc2, path)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_falls_silent_is_left_within_seconds() {
    let (dc1, mut dc2, path) = pair_over_a_path().await;
    let known = dc1.gateways[0].handle.wan_addr().to_string();
    dc2.gateway("gw2", |settings| settings.retry_join_wan = vec![known]).await;
    both_announce(&dc1).await;
    path.cut();
    let cut = Instant::now();
    let mut slowest_late = Duration::ZERO;
    while cut.elapsed() < Duration::from_secs(9) {
        let began = Instant::now();
        assert_eq!(who(dc1.call(get("dc2")).await), "s1.dc2", "a read in flight finds the other gateway");
        if began.duration_since(cut) > Duration::from_millis(4500) {
            slowest_late = slowest_late.max(began.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(slowest_late < Duration::from_secs(1), "{slowest_late:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_path_is_withdrawn_with_its_reason_and_returns() {
    let (dc1, _dc2, path) = pair_over_a_path().await;
    path.cut();
    let gateway = &dc1.gateways[0].handle;
    let withdrawn = || gateway.view().datacenters.iter().any(|dc| dc.ruled_out.iter().any(|why| why.reason.contains("withdrawn")));
    eventually("dc2 is withdrawn", withdrawn).await;
    let began = Instant::now();
    let error = dc1.call(get("dc2")).await.err().unwrap();
    assert_eq!(error.kind(), Code::NoPath);
    assert!(error.why[0].reason.contains("withdrawn") && began.elapsed() < Duration::from_secs(1), "{error:?}");
    assert_eq!(gateway.view().datacenters[0].servers.len(), 1, "what was known stays, with its age");

    path.heal();
    dc1.gateways[0].reaches("dc2").await;
    assert_eq!(who(dc1.call(get("dc2")).await), "s1.dc2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_calls_gossip_is_slow_and_still_the_published_bound_holds() {
    let (dc1, _dc2, path) = pair_over_a_path_with(|settings| settings.wan = members::Config::wan()).await;
    path.cut();
    let cut = Instant::now();
    let gateway = &dc1.gateways[0].handle;
    let withdrawn = || gateway.view().datacenters.iter().any(|dc| dc.ruled_out.iter().any(|why| why.reason.contains("withdrawn")));
    eventually("dc2 is withdrawn", withdrawn).await;
    assert!(cut.elapsed() < topology::WITHDRAWAL_BOUND, "{:?}", cut.elapsed());
}
