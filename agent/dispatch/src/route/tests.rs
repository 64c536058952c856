#![allow(clippy::unwrap_used)]
use super::*;
use api::{Operation, kv, operator};

fn peer(name: &str) -> Arc<Peer> {
    let last = name.bytes().last().unwrap();
    Arc::new(Peer { id: name.into(), name: name.into(), addr: format!("127.0.0.{last}:8300").parse().unwrap() })
}

fn map(role: Role) -> Map {
    let ruled_out = vec![Attempt { hop: "gateway g9".into(), reason: "withdrawn".into(), age_ms: 7 }];
    Map {
        here: Some("dc1".into()),
        role,
        leader: Some(peer("leader")),
        servers: vec![peer("a"), peer("b")],
        gateways: vec![peer("g"), peer("h")],
        datacenters: [("dc2".into(), vec![]), ("dc3".into(), ruled_out)].into(),
        ..Map::default()
    }
}

fn call(op: impl Operation, change: impl FnOnce(&mut Call)) -> Call {
    let mut call = Call::new(op);
    change(&mut call);
    call
}

fn abroad(dc: &str) -> Call {
    call(kv::Get::default(), |call| call.dc = Some(dc.into()))
}

#[test]
fn a_server_answers_what_it_may_and_hands_the_rest_to_the_leader() {
    let (server, leading) = (map(Role::Server), Map { leading: true, ..map(Role::Server) });
    let (read, write) = (call(kv::Get::default(), |_| ()), call(kv::Put::default(), |_| ()));
    let stale = call(kv::Get::default(), |call| call.consistency = Consistency::Stale { max: None });
    let leader = || Ok(Hop::Leader(peer("leader")));
    let cases = [
        (&server, read.clone(), leader()),
        (&server, write.clone(), leader()),
        (&server, stale, Ok(Hop::Here)),
        (&server, call(kv::Put::default(), |call| call.consistency = Consistency::Stale { max: None }), leader()),
        (&server, call(operator::StatusLeader {}, |_| ()), Ok(Hop::Here)),
        (&server, call(operator::RaftRead {}, |_| ()), leader()),
        (&server, call(api::agent::SelfRead {}, |call| call.dc = Some("nowhere".into())), Ok(Hop::Here)),
        (&leading, read, Ok(Hop::Here)),
        (&leading, write, Ok(Hop::Here)),
    ];
    for (map, call, expected) in cases {
        assert_eq!(route(&call, map, 1, &[]), expected, "{}", call.op.name());
    }
    let leaderless = Map { leader: None, ..map(Role::Server) };
    assert_eq!(route(&call(kv::Get::default(), |_| ()), &leaderless, 1, &[]).unwrap_err().kind(), Code::NoLeader);
}

#[test]
fn others_ask_any_server_but_not_one_that_failed() {
    let (client, read) = (map(Role::Client), call(kv::Get::default(), |_| ()));
    let picked: std::collections::BTreeSet<String> = (0..2).map(|seed| route(&read, &client, seed, &[]).unwrap().to_string()).collect();
    assert_eq!(picked.len(), 2, "both are picked");
    let failed = |name: &str| (Hop::Server(peer(name)), Attempt { hop: name.into(), reason: "broken".into(), age_ms: 0 });
    for seed in 0..4 {
        assert_eq!(route(&read, &client, seed, &[failed("a")]), Ok(Hop::Server(peer("b"))));
    }
    let error = route(&read, &client, 0, &[failed("a"), failed("b")]).unwrap_err();
    assert_eq!((error.kind(), error.why.len()), (Code::NoLeader, 2));
    let alone = route(&read, &Map { servers: vec![], ..map(Role::Client) }, 0, &[]).unwrap_err();
    assert_eq!((alone.kind(), alone.text.as_str()), (Code::NoPath, "No known Consul servers"));
    assert!(matches!(route(&abroad("dc9"), &client, 0, &[]), Ok(Hop::Server(_))), "servers know the ways to other datacenters");
}

#[test]
fn what_is_for_a_gateway_goes_to_one_of_this_datacenter() {
    let failover = call(api::query::Failover::default(), |_| ());
    for role in [Role::Server, Role::Client] {
        assert!(matches!(route(&failover, &map(role), 0, &[]), Ok(Hop::Gateway(_))));
    }
    let none = Map { gateways: Vec::new(), ..map(Role::Server) };
    let error = route(&failover, &none, 0, &[]).unwrap_err();
    assert_eq!((error.kind(), &*error.why[0].reason), (Code::NoPath, "no gateway of dc1 is alive"));
}

#[test]
fn another_datacenter_is_reached_through_a_gateway_or_the_refusal_says_why_not() {
    let server = map(Role::Server);
    assert!(matches!(route(&abroad("dc2"), &server, 0, &[]), Ok(Hop::Gateway(_))));
    assert_eq!(route(&abroad("dc2"), &map(Role::Gateway), 0, &[]), Ok(Hop::Datacenter("dc2".into())));
    let failed = (Hop::Gateway(peer("g")), Attempt { hop: "g".into(), reason: "broken".into(), age_ms: 0 });
    assert_eq!(route(&abroad("dc2"), &server, 0, std::slice::from_ref(&failed)), Ok(Hop::Gateway(peer("h"))));
    let why = |call: &Call, map: &Map| {
        let error = route(call, map, 0, &[]).unwrap_err();
        assert_eq!(error.text, "No path to datacenter");
        (error.kind(), error.why[0].reason.clone())
    };
    assert_eq!(why(&abroad("dc3"), &server), (Code::NoPath, "withdrawn".into()));
    assert_eq!(why(&abroad("dc4"), &server), (Code::NoDatacenter, "no gateway has ever told of this datacenter".into()));
    assert_eq!(why(&abroad("dc2"), &Map { gateways: vec![], ..map(Role::Server) }), (Code::NoPath, "no gateway of dc1 is alive".into()));
}

#[test]
fn loops_are_refused() {
    let mut looping = abroad("dc2");
    looping.via = vec!["dc1".into()];
    assert_eq!(route(&looping, &map(Role::Gateway), 0, &[]).unwrap_err().kind(), Code::NoPath);
    let mut tired = abroad("dc2");
    tired.hops_left = 0;
    assert_eq!(route(&tired, &map(Role::Gateway), 0, &[]).unwrap_err().kind(), Code::Protocol);
    let mut home = call(kv::Get::default(), |_| ());
    home.hops_left = 0;
    assert_eq!(route(&home, &Map { leading: true, ..map(Role::Server) }, 0, &[]), Ok(Hop::Here), "what is answered here needs no hop");
}
