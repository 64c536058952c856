use std::time::Duration;

use proptest::prelude::*;

use super::*;

const DATACENTERS: [&str; 4] = ["dc1", "dc2", "dc3", "dc4"];

#[derive(Debug, Clone)]
enum Input {
    Row { dc: usize, gateway: u8, servers: usize, withdrawn: bool },
    Departed { dc: usize, gateway: u8, how: Departure },
    CallOk { dc: usize, gateway: u8 },
    CallFailed { dc: usize, gateway: u8, how: CallFailure },
    Sample { dc: usize, gateway: u8, rtt: u64, sent: u64, lost: u64 },
    PathLost { dc: usize, gateway: u8 },
    Forget(usize),
    Unforget(usize),
    Tick,
    Route { dc: usize, seed: u64 },
}

fn input() -> impl Strategy<Value = Input> {
    let dc = 0..DATACENTERS.len();
    let gw = 0..6u8;
    let how = prop_oneof![Just(Departure::Left), Just(Departure::Failed), Just(Departure::StreamEnded)];
    let failure =
        prop_oneof![Just(CallFailure::Unreachable), Just(CallFailure::Lost), Just(CallFailure::TimedOut), Just(CallFailure::Busy)];
    prop_oneof![
        4 => (dc.clone(), gw.clone(), 0..6usize, prop::bool::weighted(0.1))
            .prop_map(|(dc, gateway, servers, withdrawn)| Input::Row { dc, gateway, servers, withdrawn }),
        2 => (dc.clone(), gw.clone(), how).prop_map(|(dc, gateway, how)| Input::Departed { dc, gateway, how }),
        2 => (dc.clone(), gw.clone()).prop_map(|(dc, gateway)| Input::CallOk { dc, gateway }),
        6 => (dc.clone(), gw.clone(), failure).prop_map(|(dc, gateway, how)| Input::CallFailed { dc, gateway, how }),
        3 => (dc.clone(), gw.clone(), 0..300u64, any::<u64>(), any::<u64>())
            .prop_map(|(dc, gateway, rtt, sent, lost)| Input::Sample { dc, gateway, rtt, sent, lost }),
        3 => (dc.clone(), gw).prop_map(|(dc, gateway)| Input::PathLost { dc, gateway }),
        1 => dc.clone().prop_map(Input::Forget),
        1 => dc.clone().prop_map(Input::Unforget),
        1 => Just(Input::Tick),
        4 => (dc, any::<u64>()).prop_map(|(dc, seed)| Input::Route { dc, seed }),
    ]
}

fn apply(t: &mut Topology, now: Duration, input: &Input) {
    match *input {
        Input::Row { dc, gateway, servers, withdrawn } => {
            let servers = (0..servers).map(|n| server(&format!("s{n}"), n % 3 != 0)).collect();
            let _ = t.handle_row(now, GatewayRow { servers, withdrawn, ..row(DATACENTERS[dc], gateway) });
        }
        Input::Departed { dc, gateway: n, how } => t.handle_departure(now, &gateway(DATACENTERS[dc], n), how),
        Input::CallOk { dc, gateway: n } => t.handle_call_ok(now, &gateway(DATACENTERS[dc], n), DATACENTERS[dc], ms(2)),
        Input::CallFailed { dc, gateway: n, how } => {
            t.handle_call_failed(now, &gateway(DATACENTERS[dc], n), DATACENTERS[dc], how, u64::from(n));
        }
        Input::Sample { dc, gateway, rtt, sent, lost } => {
            t.handle_path_sample(now, addr(DATACENTERS[dc], gateway), PathSample { rtt: ms(rtt), sent, lost });
        }
        Input::PathLost { dc, gateway } => t.handle_path_lost(now, addr(DATACENTERS[dc], gateway)),
        Input::Forget(dc) => {
            let _ = t.forget(now, DATACENTERS[dc]);
        }
        Input::Unforget(dc) => {
            t.unforget(DATACENTERS[dc]);
        }
        Input::Tick => t.handle_tick(now),
        Input::Route { dc, seed } => {
            let _ = t.next_hop(now, DATACENTERS[dc], seed, &[]);
        }
    }
}

fn small() -> Topology {
    let mut config = Config::new(Datacenter::new("dc1").unwrap());
    config.limits = Limits { datacenters: 3, gateways_per_datacenter: 3, servers_per_gateway: 4 };
    Topology::new(config)
}

proptest! {
    #[test]
    fn never_routes_to_what_is_forgotten_or_withdrawn_and_stays_bounded(
        inputs in prop::collection::vec((0..4000u64, input()), 1..200),
        seed in any::<u64>(),
    ) {
        let mut t = small();
        let mut now = Duration::ZERO;
        for (step, input) in &inputs {
            now += ms(*step);
            apply(&mut t, now, input);
            prop_assert!(t.datacenters.len() <= 3 && t.forgotten.len() <= 3);
            for dc in DATACENTERS {
                let rows = t.datacenters.get(dc).map_or(0, |state| state.rows.len());
                prop_assert!(rows <= 3 && t.servers(dc).len() <= 3 * 4);
                let routed = t.phase(now, dc).is_some_and(Phase::is_routed);
                let forgotten = t.forgotten().any(|(name, _)| name.as_str() == dc);
                let reachable = t.is_reachable(now, dc);
                let hop = t.clone().next_hop(now, dc, seed, &[]);
                prop_assert_eq!(hop.is_ok(), reachable);
                prop_assert_eq!(t.explain(now, dc).reachable, reachable);
                if let Ok(hop) = hop {
                    prop_assert!(routed && !forgotten);
                    prop_assert!(hop.gateway.as_str().contains(dc));
                }
            }
        }
    }

    #[test]
    fn order_depends_on_times_and_names_only(rtts in prop::collection::vec(0..4u64, 6), shuffle in any::<u64>()) {
        let mut forward = topology();
        let mut backward = topology();
        let dcs: Vec<String> = (0..rtts.len()).map(|n| format!("x{n}")).collect();
        for (n, dc) in dcs.iter().enumerate() {
            forward.handle_row(at(1), row(dc, 1)).unwrap();
            forward.handle_path_sample(at(1), addr(dc, 1), sample(ms(rtts[n])));
        }
        for (n, dc) in dcs.iter().enumerate().rev() {
            backward.handle_row(at(1), row(dc, 1)).unwrap();
            // Less than a millisecond of jitter is no other order.
            let jitter = Duration::from_micros(shuffle >> n & 0x1ff);
            backward.handle_path_sample(at(2), addr(dc, 1), sample(ms(rtts[n]) + jitter));
        }
        prop_assert_eq!(names(&forward, at(2)), names(&backward, at(2)));
    }

    #[test]
    fn whatever_happened_a_path_that_works_again_is_used_again(
        inputs in prop::collection::vec((0..4000u64, input()), 1..200),
    ) {
        let mut t = topology();
        let mut now = Duration::ZERO;
        for (step, input) in &inputs {
            now += ms(*step);
            apply(&mut t, now, input);
        }
        // All heals: the gateway announces itself, its path carries packets, calls succeed when they are let through.
        t.unforget("dc2");
        let others: Vec<GatewayName> = (0..6).filter(|n| *n != 1).map(|n| gateway("dc2", n)).collect();
        for gateway in &others {
            t.handle_departure(now, gateway, Departure::Left);
        }
        for second in 0..300u64 {
            now += at(1);
            t.handle_row(now, row("dc2", 1)).unwrap();
            t.handle_path_sample(now, addr("dc2", 1), PathSample { rtt: ms(4), sent: second * 100, lost: 0 });
            t.handle_tick(now);
            if let Ok(hop) = t.next_hop(now, "dc2", second, &[]) {
                t.handle_call_ok(now, &hop.gateway, "dc2", ms(4));
            }
        }
        prop_assert!(!t.next_hop(now, "dc2", 7, &[]).unwrap().probe);
    }
}
