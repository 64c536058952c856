//! Requests that are calls.

use super::{asked, asked_with, head, op};
use crate::http::{Context, Origin, find, parse};
use crate::operator::{Autopilot, AutopilotHealthRead, AutopilotUpdate, RaftRemovePeer, RaftTransferLeader};
use crate::{Consistency, Op, Read, Wait, Write, agent, kv};
use bytes::Bytes;
use std::time::Duration;

#[test]
fn keys() {
    let put = |key: &str| kv::Put { key: key.to_owned(), value: "value".into(), ..kv::Put::default() };
    let cases: Vec<(&str, Op)> = vec![
        ("GET /v1/kv/a/b", kv::Get { key: "a/b".into() }.into()),
        ("GET /v1/kv/a%2Fb", kv::Get { key: "a/b".into() }.into()),
        ("GET /v1/kv/a+b%20c", kv::Get { key: "a+b c".into() }.into()),
        ("GET /v1/kv/%C3%A9", kv::Get { key: "é".into() }.into()),
        ("GET /v1/kv/e%CC%81", kv::Get { key: "e\u{301}".into() }.into()),
        ("GET /v1/kv/a/", kv::Get { key: "a/".into() }.into()),
        ("GET /v1/kv/?recurse", kv::List { prefix: String::new() }.into()),
        ("GET /v1/kv/a?recurse=false", kv::List { prefix: "a".into() }.into()),
        ("GET /v1/kv/a?recurse&keys", kv::Keys { prefix: "a".into(), separator: String::new() }.into()),
        ("GET /v1/kv/a?keys;separator=/", kv::Keys { prefix: "a".into(), separator: "/".into() }.into()),
        ("PUT /v1/kv/a", put("a").into()),
        ("PUT /v1/kv/a?flags=7&flags=8", kv::Put { flags: 7, ..put("a") }.into()),
        ("PUT /v1/kv/a?flags=18446744073709551615", kv::Put { flags: u64::MAX, ..put("a") }.into()),
        ("PUT /v1/kv/a?cas=0", kv::Put { cas: Some(0), ..put("a") }.into()),
        ("PUT /v1/kv/a?acquire=s", kv::Put { acquire: Some("s".into()), ..put("a") }.into()),
        ("PUT /v1/kv/a?release=", kv::Put { release: Some(String::new()), ..put("a") }.into()),
        ("DELETE /v1/kv/a?cas=3", kv::Delete { key: "a".into(), recurse: false, cas: Some(3) }.into()),
        ("DELETE /v1/kv/?recurse", kv::Delete { key: String::new(), recurse: true, cas: None }.into()),
    ];
    for (line, expected) in cases {
        assert!(op(line) == expected, "{line}");
    }
}

#[test]
fn servers_and_the_agent() {
    let peer = |id: &str, address: &str| RaftRemovePeer { id: id.to_owned(), address: address.to_owned() };
    let cases: Vec<(&str, Op)> = vec![
        ("DELETE /v1/operator/raft/peer?id=x", peer("x", "").into()),
        ("DELETE /v1/operator/raft/peer?id=", peer("", "").into()),
        ("DELETE /v1/operator/raft/peer?address=127.0.0.1:8300", peer("", "127.0.0.1:8300").into()),
        ("POST /v1/operator/raft/transfer-leader", RaftTransferLeader { id: String::new() }.into()),
        ("GET /v1/operator/autopilot/health", AutopilotHealthRead {}.into()),
        ("GET /v1/agent/members?wan=1&segment=_all", agent::Members { wan: true, filter: String::new() }.into()),
        ("GET /v1/agent/members?wan", agent::Members { wan: false, filter: String::new() }.into()),
        ("GET /v1/agent/metrics?format=prometheus", agent::Metrics { prometheus: true }.into()),
    ];
    for (line, expected) in cases {
        assert!(op(line) == expected, "{line}");
    }
}

#[test]
fn the_autopilot_is_configured_as_go_decodes_it() {
    let body =
        r#"{"cleanupdeadservers":true,"LastContactThreshold":1000000000,"ServerStabilizationTime":"10s","MaxTrailingLogs":250} more"#;
    let parsed = asked_with("PUT /v1/operator/autopilot/configuration?cas=7", &[], body).ok().unwrap();
    let configuration = Autopilot {
        cleanup_dead_servers: true,
        last_contact_threshold: 1000,
        server_stabilization_time: 10_000,
        max_trailing_logs: 250,
        ..Autopilot::default()
    };
    assert!(*parsed.call.op == AutopilotUpdate { configuration: Some(configuration), cas: Some(7) }.into());
    let nothing = asked_with("PUT /v1/operator/autopilot/configuration", &[], "null").ok().unwrap();
    assert!(*nothing.call.op == AutopilotUpdate { configuration: Some(Autopilot::default()), cas: None }.into());
}

#[test]
fn how_fresh() {
    let stale = |max: Option<u64>| Consistency::Stale { max: max.map(Duration::from_secs) };
    let cases = [
        ("", Consistency::Default),
        ("?stale", stale(None)),
        ("?stale=false", stale(None)),
        ("?consistent", Consistency::Consistent),
        ("?leader", Consistency::Default),
        ("?max_stale=5s", stale(Some(5))),
        ("?max_stale=", Consistency::Default),
        ("?max_stale=0s", Consistency::Default),
        ("?max_stale=-5s", Consistency::Default),
        ("?cached", Consistency::Default),
    ];
    for (query, expected) in cases {
        assert_eq!(asked(&format!("GET /v1/kv/a{query}")).ok().unwrap().call.consistency, expected, "{query}");
    }
}

#[test]
fn how_long() {
    let wait = |index, secs| Some(Wait { index, limit: Duration::from_secs(secs) });
    let cases = [
        ("GET /v1/kv/a", None),
        ("GET /v1/kv/a?wait=5s", None),
        ("GET /v1/kv/a?index=0&wait=5s", None),
        ("GET /v1/kv/a?index=&wait=", None),
        ("GET /v1/kv/a?index=7", wait(7, 300)),
        ("GET /v1/kv/a?index=7&wait=5s", wait(7, 5)),
        ("GET /v1/kv/a?index=7&wait=0", wait(7, 300)),
        ("GET /v1/kv/a?index=7&wait=24h", wait(7, 600)),
        ("GET /v1/kv/a?index=18446744073709551615", wait(u64::MAX, 300)),
        ("PUT /v1/kv/a?index=7", None),
        ("GET /v1/status/leader?index=7", None),
        ("GET /v1/operator/autopilot/configuration?index=7", None),
    ];
    for (line, expected) in cases {
        assert_eq!(asked(line).ok().unwrap().call.wait, expected, "{line}");
    }
}

#[test]
fn the_first_token_that_is_not_empty() {
    type Headers = &'static [(&'static str, &'static str)];
    let cases: [(&str, Headers, &str); 8] = [
        ("", &[], ""),
        ("?token=q", &[("x-consul-token", "h")], "q"),
        ("?token=", &[("x-consul-token", "h"), ("authorization", "Bearer b")], "h"),
        ("", &[("authorization", "Bearer b")], "b"),
        ("", &[("authorization", "bearer  b c")], "b"),
        ("", &[("authorization", "Basic b")], ""),
        ("", &[("authorization", "Bearer")], ""),
        ("", &[("x-consul-token", ""), ("authorization", "Bearer b")], "b"),
    ];
    for (query, headers, expected) in cases {
        let parsed = asked_with(&format!("GET /v1/kv/a{query}"), headers, "").ok().unwrap();
        assert_eq!(parsed.call.token.0, expected, "{query} {headers:?}");
    }
}

#[test]
fn near_whom() {
    type Headers = &'static [(&'static str, &'static str)];
    let cases: [(&str, Headers, &str, &str); 8] = [
        ("n%65ar=_ip", &[], "_ip", "10.0.0.7"),
        ("tag=near%3D_ip", &[], "", ""),
        ("near=n1", &[("x-forwarded-for", "10.0.0.9")], "n1", ""),
        ("near=_agent", &[], "here", ""),
        ("near=_ip", &[], "_ip", "10.0.0.7"),
        ("near=_ip", &[("x-forwarded-for", "10.0.0.9, 10.0.0.8")], "_ip", "10.0.0.9"),
        ("near=_ip", &[("x-forwarded-for", "::ffff:10.0.0.9")], "_ip", "10.0.0.9"),
        ("near=_ip", &[("x-forwarded-for", "nobody")], "_ip", "10.0.0.7"),
    ];
    let context = Context { node: "here".to_owned(), ..Context::default() };
    for path in
        ["/v1/catalog/nodes", "/v1/catalog/service/web", "/v1/catalog/connect/web", "/v1/health/service/web", "/v1/health/state/any"]
    {
        for (query, headers, near, address) in &cases {
            let head = head(&format!("GET {path}?{query}"), headers);
            let found = find(&head).ok().unwrap();
            let origin = Origin { from: Some([10, 0, 0, 7].into()), seed: 0 };
            let parsed = parse(&found, &head, &Bytes::new(), &context, origin).ok().unwrap();
            let Op::Read(read) = &*parsed.call.op else { panic!("no read") };
            let select = match read {
                Read::CatalogNodes(op) => &op.select,
                Read::CatalogService(op) => &op.select,
                Read::HealthService(op) => &op.select,
                Read::HealthState(op) => &op.select,
                _ => panic!("another read"),
            };
            assert_eq!((&*select.near, &*select.address), (*near, *address), "{path}?{query} {headers:?}");
        }
    }
}

#[test]
fn which_datacenter() {
    for (query, expected) in [("", None), ("?dc=", None), ("?dc=dc2", Some("dc2")), ("?dc=dc2&dc=dc3", Some("dc2"))] {
        let dc = asked(&format!("GET /v1/kv/a{query}")).ok().unwrap().call.dc;
        assert_eq!(dc.as_ref().map(|dc| dc.0.as_str()), expected, "{query}");
    }
}

#[test]
fn what_newer_clients_send_along_is_read_over() {
    let check = r#"{"Node":"n","CheckID":"c","Name":"c","Interval":"10s","Timeout":"","ExposedPort":0,"PeerName":"","Definition":{}}"#;
    let register =
        format!(r#"{{"Node":"n","Address":"10.0.0.1","PeerName":"","Service":{{"Service":"s","PeerName":""}},"Check":{check}}}"#);
    for (line, body) in [
        ("PUT /v1/catalog/register", register.clone()),
        ("PUT /v1/txn", format!(r#"[{{"Check":{{"Verb":"set","Check":{check}}}}}]"#)),
        ("PUT /v1/txn", r#"[{"Node":{"Verb":"set","Node":{"Node":"n","PeerName":""}}}]"#.to_owned()),
    ] {
        assert!(asked_with(line, &[], &body).is_ok(), "{line} {body}");
    }
    let kept = asked_with("PUT /v1/catalog/register", &[], &register).ok().unwrap();
    let Op::Write(Write::CatalogRegister(kept)) = &*kept.call.op else { panic!("another operation") };
    assert_eq!((&*kept.checks[0].interval, &*kept.checks[0].timeout), ("10s", ""));
    let imported = register.replace(r#""PeerName":"","Service""#, r#""PeerName":"east","Service""#);
    let refused = super::refused(asked_with("PUT /v1/catalog/register", &[], &imported));
    assert_eq!(refused, (400, r#"Request decode failed: json: unknown field "PeerName""#.to_owned()));
}
