#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::time::Duration;

use crate::*;

/// Random histories.
mod properties;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn topology() -> Topology {
    Topology::new(Config::new(Datacenter::new("dc1").unwrap()))
}

fn gateway(dc: &str, n: u8) -> GatewayName {
    GatewayName::new(&format!("gw-{dc}-{n}")).unwrap()
}

fn addr(dc: &str, n: u8) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::new(10, 0, *dc.as_bytes().last().unwrap(), n), 8302))
}

fn server(name: &str, healthy: bool) -> Server {
    Server { name: ServerName::new(name).unwrap(), addr: SocketAddr::from(([10, 1, 0, 1], 8300)), healthy, version: "1.16.0".to_owned() }
}

fn row(dc: &str, n: u8) -> GatewayRow {
    GatewayRow {
        gateway: gateway(dc, n),
        datacenter: Datacenter::new(dc).unwrap(),
        addr: addr(dc, n),
        rtt: None,
        withdrawn: false,
        servers: vec![server("s1", true), server("s2", true), server("s3", false)],
    }
}

fn names(topology: &Topology, now: Duration) -> Vec<String> {
    topology.datacenters(now).into_iter().map(|info| info.name.to_string()).collect()
}

fn sample(rtt: Duration) -> PathSample {
    PathSample { rtt, sent: 10, lost: 0 }
}

#[test]
fn a_query_fails_over_to_the_nearest_then_to_those_named() {
    let mut t = topology();
    for (dc, rtt) in [("dc2", 80), ("dc3", 20), ("dc4", 50), ("dc5", 5)] {
        t.handle_row(at(1), row(dc, 1)).unwrap();
        t.handle_path_sample(at(1), addr(dc, 1), sample(ms(rtt)));
    }
    let order = |t: &Topology, nearest: usize, named: &[&str]| -> Vec<String> {
        t.failover_order(at(2), nearest, named.iter().copied()).iter().map(ToString::to_string).collect()
    };
    assert_eq!(order(&t, 2, &[]), ["dc5", "dc3"]);
    assert_eq!(order(&t, 9, &[]), ["dc5", "dc3", "dc4", "dc2"]);
    assert_eq!(order(&t, 0, &["dc2", "dc9", "dc1", "", "dc4", "dc2"]), ["dc2", "dc4"], "unknown ones, this one and repeats are left out");
    assert_eq!(order(&t, 1, &["dc2", "dc5", "dc3"]), ["dc5", "dc2", "dc3"]);
    t.handle_path_lost(at(2), addr("dc2", 1));
    assert_eq!(order(&t, 1, &["dc2", "dc3"]), ["dc5", "dc3", "dc2"], "a lost path waits behind all that are well");
    t.handle_departure(at(2), &gateway("dc5", 1), Departure::Left);
    t.forget(at(2), "dc2").unwrap();
    assert_eq!(order(&t, 1, &["dc2", "dc5", "dc4"]), ["dc3", "dc4"], "what cannot be reached takes no place among the nearest");
}

#[test]
fn lists_local_first_then_by_round_trip_time_then_by_name() {
    let mut t = topology();
    for dc in ["zz", "dc3", "dc2", "near"] {
        t.handle_row(at(1), row(dc, 1)).unwrap();
    }
    assert_eq!(names(&t, at(1)), ["dc1", "dc2", "dc3", "near", "zz"]);
    t.handle_path_sample(at(2), addr("near", 1), sample(ms(4)));
    t.handle_path_sample(at(2), addr("zz", 1), sample(ms(4)));
    t.handle_path_sample(at(2), addr("dc2", 1), sample(ms(90)));
    assert_eq!(names(&t, at(2)), ["dc1", "near", "zz", "dc2", "dc3"]);
    assert_eq!(t.failover_order(at(2), 9, []).len(), 4);
}

#[test]
fn the_list_does_not_flap_when_a_datacenter_dies() {
    let mut t = topology();
    t.handle_row(at(1), row("dc2", 1)).unwrap();
    t.handle_row(at(1), row("dc3", 1)).unwrap();
    t.handle_path_sample(at(1), addr("dc2", 1), sample(ms(4)));
    t.handle_path_sample(at(1), addr("dc3", 1), sample(ms(9)));
    let before = names(&t, at(1));
    t.handle_path_lost(at(5), addr("dc2", 1));
    t.handle_departure(at(6), &gateway("dc2", 1), Departure::Failed);
    t.handle_tick(at(3600));
    assert_eq!(names(&t, at(3600)), before);
    assert_eq!(t.datacenters(at(3600))[1].dead_for, Some(at(3594)));
    assert_eq!(t.failover_order(at(3600), 9, []).len(), 1, "dead means no instances");
    t.handle_tick(at(73 * 3600));
    assert_eq!(names(&t, at(73 * 3600)), ["dc1", "dc3"], "kept for 72 hours");
}

#[test]
fn withdraws_on_two_kinds_of_evidence_within_the_published_bound() {
    type Report = fn(&mut Topology, Duration);
    let gossip: Report = |t, now| t.handle_departure(now, &gateway("dc2", 1), Departure::Failed);
    let calls: Report = |t, now| {
        (0..5).for_each(|n| t.handle_call_failed(now, &gateway("dc2", 1), "dc2", CallFailure::TimedOut, n));
    };
    for second in [gossip, calls] {
        let mut t = topology();
        t.handle_row(at(0), row("dc2", 1)).unwrap();
        t.handle_path_sample(at(0), addr("dc2", 1), sample(ms(4)));

        // The path dies at 0; QUIC reports it after its idle timeout, the other evidence comes later.
        t.handle_path_lost(at(10), addr("dc2", 1));
        assert!(t.phase(at(24), "dc2").unwrap().is_routed(), "one kind alone does not withdraw");
        second(&mut t, at(25));
        let no_path = t.next_hop(WITHDRAWAL_BOUND, "dc2", 1, &[]).unwrap_err();
        assert_eq!(no_path.cause, Cause::Withdrawn { age: at(2) });

        // It returns, but not at once.
        t.handle_row(at(100), row("dc2", 1)).unwrap();
        t.handle_path_sample(at(100), addr("dc2", 1), sample(ms(4)));
        assert!(matches!(t.next_hop(at(104), "dc2", 1, &[]).unwrap_err().cause, Cause::Returning { .. }));
        t.handle_tick(at(105));
        assert!(t.next_hop(at(105), "dc2", 1, &[]).is_ok());
    }
}

#[test]
fn explains_each_gateway_it_did_not_take() {
    let mut t = topology();
    (1..=4).for_each(|n| t.handle_row(at(1), row("dc2", n)).unwrap());
    (0..5).for_each(|s| t.handle_call_failed(at(2), &gateway("dc2", 1), "dc2", CallFailure::TimedOut, s));
    t.handle_departure(at(2), &gateway("dc2", 2), Departure::Left);
    t.handle_row(at(2), GatewayRow { withdrawn: true, ..row("dc2", 3) }).unwrap();
    let now = at(2) + ms(500);
    let no_path = t.next_hop(now, "dc2", 9, &[gateway("dc2", 4)]).unwrap_err();
    let reasons: Vec<Reason> = no_path.tried.iter().map(|tried| tried.reason).collect();
    assert!(
        matches!(
            reasons[..],
            [Reason::BreakerOpen { last: Some(CallFailure::TimedOut), .. }, Reason::Left, Reason::WithdrawnByGateway, Reason::Excluded,]
        ),
        "{reasons:?}"
    );
    assert_eq!(no_path.tried[0].evidence_age, ms(500));
    let text = no_path.to_string();
    assert!(text.starts_with("no path to datacenter \"dc2\": no gateway can be used: gw-dc2-1 did not answer in time"));
    assert_eq!(t.next_hop(now, "dc2", 9, &[]).unwrap().gateway, gateway("dc2", 4));
    assert_eq!(t.next_hop(now, "nowhere", 9, &[]).unwrap_err().cause, Cause::Unknown);
}

#[test]
fn prefers_live_cheap_paths_and_spreads_over_equals() {
    let mut t = topology();
    (1..=4).for_each(|n| t.handle_row(at(1), row("dc2", n)).unwrap());
    t.handle_path_sample(at(1), addr("dc2", 1), sample(ms(10)));
    t.handle_path_sample(at(1), addr("dc2", 2), sample(ms(11)));
    t.handle_path_sample(at(1), addr("dc2", 3), sample(ms(80)));
    t.handle_path_sample(at(1), addr("dc2", 4), sample(ms(1)));
    t.handle_departure(at(1), &gateway("dc2", 4), Departure::Failed);
    let mut taken = [0; 5];
    for seed in 0..1000 {
        let hop = t.next_hop(at(2), "dc2", seed, &[]).unwrap();
        taken[usize::from(hop.gateway.as_str().as_bytes()[7] - b'0')] += 1;
    }
    assert_eq!(taken[3] + taken[4], 0);
    assert!(taken[1] > 400 && taken[2] > 400, "{taken:?}");

    // Of three with a fault, the departed one is still tried when nothing else is left.
    let others: Vec<GatewayName> = (1..=3).map(|n| gateway("dc2", n)).collect();
    assert_eq!(t.next_hop(at(2), "dc2", 1, &others).unwrap().gateway, gateway("dc2", 4));
}

#[test]
fn a_busy_gateway_is_alive() {
    let mut t = topology();
    t.handle_row(at(1), row("dc2", 1)).unwrap();
    (0..100).for_each(|s| t.handle_call_failed(at(2), &gateway("dc2", 1), "dc2", CallFailure::Busy, s));
    assert!(!t.next_hop(at(2), "dc2", 1, &[]).unwrap().probe);
}

#[test]
fn one_due_probe_goes_first_and_closes_the_breaker() {
    let mut t = topology();
    t.handle_row(at(1), row("dc2", 1)).unwrap();
    t.handle_row(at(1), row("dc2", 2)).unwrap();
    (0..5).for_each(|s| t.handle_call_failed(at(2), &gateway("dc2", 1), "dc2", CallFailure::Lost, s));
    assert_eq!(t.next_hop(at(2), "dc2", 1, &[]).unwrap().gateway, gateway("dc2", 2));
    let probe = t.next_hop(at(4), "dc2", 1, &[]).unwrap();
    assert!(probe.probe && probe.gateway == gateway("dc2", 1));
    assert_eq!(t.next_hop(at(4), "dc2", 1, &[]).unwrap().gateway, gateway("dc2", 2), "one probe at a time");
    t.handle_call_ok(at(4), &gateway("dc2", 1), "dc2", ms(3));
    assert!((0..20).any(|seed| t.next_hop(at(4), "dc2", seed, &[]).unwrap().gateway == gateway("dc2", 1)));
}

#[test]
fn a_forgotten_datacenter_stays_forgotten_until_told() {
    let mut t = topology();
    t.handle_row(at(1), row("dc2", 1)).unwrap();
    t.forget(at(2), "dc2").unwrap();
    t.forget(at(3), "dc2").unwrap();
    assert_eq!(t.handle_row(at(4), row("dc2", 1)), Err(Refused::Forgotten(Datacenter::new("dc2").unwrap())));
    assert_eq!(t.next_hop(at(5), "dc2", 1, &[]).unwrap_err().cause, Cause::Forgotten { age: at(3) });
    assert_eq!(names(&t, at(5)), ["dc1"]);
    assert!(matches!(t.forget(at(5), "dc1"), Err(ForgetError::Local(_))));
    assert!(t.unforget("dc2") && !t.unforget("dc2"));
    t.handle_row(at(6), row("dc2", 1)).unwrap();
    assert!(t.is_reachable(at(6), "dc2"));
}

#[test]
fn servers_are_merged() {
    let mut t = topology();
    t.handle_row(at(1), row("dc2", 1)).unwrap();
    t.handle_row(at(2), GatewayRow { servers: vec![server("s1", false), server("s4", true)], ..row("dc2", 2) }).unwrap();
    let healthy = |t: &Topology| t.servers("dc2").iter().map(|s| (s.name.to_string(), s.healthy)).collect::<Vec<_>>();
    let expected = [("s1", false), ("s2", true), ("s3", false), ("s4", true)].map(|(name, up)| (name.to_owned(), up));
    assert_eq!(healthy(&t), expected);

    // The newer row departs: what the live one says counts again.
    t.handle_departure(at(3), &gateway("dc2", 2), Departure::Failed);
    assert!(t.servers("dc2")[0].healthy);
}

#[test]
fn the_explanation_is_pascal_case_json() {
    let mut t = topology();
    t.handle_row(at(1), row("dc2", 1)).unwrap();
    t.handle_path_sample(at(1), addr("dc2", 1), sample(ms(4)));
    t.handle_path_lost(at(2), addr("dc2", 1));
    t.handle_departure(at(3), &gateway("dc2", 1), Departure::Failed);
    let json = serde_json::to_value(t.explain(at(8), "dc2")).unwrap();
    assert_eq!(json["Phase"], "withdrawn");
    assert_eq!(json["PhaseAgeMs"], 2000);
    assert_eq!(json["Evidence"], serde_json::json!(["paths", "gossip"]));
    assert_eq!(json["WhyNot"], "no path to datacenter \"dc2\": withdrawn 2.0s ago");
    assert_eq!(json["RttMs"], 4.0);
    assert_eq!(json["Gateways"][0]["Departed"], "failed");
    assert_eq!(json["Gateways"][0]["PathLostAgeMs"], 6000);
    assert_eq!(json["Gateways"][0]["Breaker"], "Closed");
    assert_eq!(json["Servers"][0]["Healthy"], true);
    assert_eq!(t.explain(at(8), "nope").phase, "unknown");
}
