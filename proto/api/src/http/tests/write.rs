//! Answers.

use crate::http::{Style, Written, render};
use crate::operator::{AutopilotHealthRead, AutopilotRead, AutopilotStateRead, ServerHealth, ServersHealth};
use crate::{Answer, Code, Encoded, Error, Meta, Op, Reply, agent, catalog, coordinate, kv, query};
use bytes::Bytes;
use http::Response;
use serde::Serialize;
use serde_json::{Value, json};

fn answer(op: impl Into<Op>, style: Style, reply: Reply) -> Response<Bytes> {
    let meta = Meta { index: 7, known_leader: true, last_contact_ms: 3, ..Meta::default() };
    render(&op.into(), style, Ok(Answer { reply: Encoded::new(reply), meta })).map(Written::whole)
}

fn header<'r>(response: &'r Response<Bytes>, name: &str) -> Option<&'r str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

fn entries(value: &'static str) -> kv::Entries {
    kv::Entries { entries: vec![kv::Entry { key: "a".into(), value: value.into(), ..kv::Entry::default() }] }
}

#[test]
fn queries_say_how_they_were_served_and_coordinates_do_not() {
    let said = |response: &Response<Bytes>| {
        ["x-consul-index", "x-consul-effective-consistency"].map(|name| header(response, name).map(str::to_owned))
    };
    let executed = answer(query::Execute::default(), Style::default(), Reply::QueryExecute(query::Executed::default()));
    assert_eq!(said(&executed), [Some("1".to_owned()), Some("leader".to_owned())], "an index that nobody can wait for");
    let nodes = answer(coordinate::Nodes::default(), Style::default(), Reply::CoordinateNodes(coordinate::LocatedList::default()));
    assert_eq!(said(&nodes), [Some("7".to_owned()), None]);
}

#[test]
fn keys_that_are_there_and_keys_that_are_not() {
    let get = || kv::Get { key: "a".into() };
    let found = answer(get(), Style::default(), Reply::KvGet(entries("x")));
    assert_eq!(found.body(), r#"[{"LockIndex":0,"Key":"a","Flags":0,"Value":"eA==","CreateIndex":0,"ModifyIndex":0}]"#);
    let headers = ["content-type", "x-consul-index", "x-consul-knownleader", "x-consul-lastcontact", "x-consul-effective-consistency"];
    assert_eq!(headers.map(|name| header(&found, name)), [Some("application/json"), Some("7"), Some("true"), Some("3"), None]);

    let empty = answer(get(), Style::default(), Reply::KvGet(entries("")));
    assert!(String::from_utf8_lossy(empty.body()).contains("\"Value\":null"));

    let raw = answer(get(), Style { raw: true, ..Style::default() }, Reply::KvGet(entries("x")));
    assert_eq!(raw.body(), "x");
    let headers = ["content-type", "content-security-policy", "x-content-type-options", "x-consul-index"];
    assert_eq!(headers.map(|name| header(&raw, name)), [Some("text/plain"), Some("sandbox"), Some("nosniff"), Some("7")]);

    let missing = answer(get(), Style::default(), Reply::KvGet(kv::Entries::default()));
    assert_eq!((missing.status().as_u16(), missing.body().len(), header(&missing, "x-consul-index")), (404, 0, Some("7")));
    assert_eq!(header(&missing, "content-type"), None);

    let none = |root| {
        let keys = kv::Keys { prefix: String::new(), separator: String::new() };
        answer(keys, Style { root, ..Style::default() }, Reply::KvKeys(kv::Names::default()))
    };
    assert_eq!((none(true).status().as_u16(), &none(true).body()[..]), (200, &b"[]"[..]));
    assert_eq!(none(false).status(), 404);
}

#[test]
fn pretty_is_four_blanks_and_a_newline() {
    let written = answer(kv::Put::default(), Style { pretty: true, ..Style::default() }, Reply::KvPut(kv::Applied { ok: true }));
    assert_eq!(written.body(), "true\n");
    let names = kv::Names { names: vec!["a".into()] };
    let keys = kv::Keys { prefix: "a".into(), separator: String::new() };
    assert_eq!(answer(keys, Style { pretty: true, ..Style::default() }, Reply::KvKeys(names)).body(), "[\n    \"a\"\n]\n");
}

/// As serde indents it, whose output is Consul's but for the line feed at the end.
fn indented_by_serde(text: &[u8]) -> String {
    let (value, mut out) = (serde_json::from_slice::<Value>(text).unwrap(), Vec::new());
    let indent = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, indent)).unwrap();
    String::from_utf8(out).unwrap() + "\n"
}

#[test]
fn indented_at_once_or_in_pieces_it_is_the_same() {
    let strings = ["", "a", "\"", "\\", "\\\"", "{[,:]}", "ü \u{1f600}\n", &"\\\"x".repeat(20_000)];
    let deep = (0..100).fold(json!([]), |inner, level| if level % 2 == 0 { json!([inner, 1.5]) } else { json!({ "a b": inner, "": {} }) });
    for value in [json!(null), json!([]), json!({}), json!([{}, [], [[]]]), json!(strings), json!({ "s": strings, "n": -1 }), deep] {
        for text in [serde_json::to_vec(&value).unwrap(), serde_json::to_vec_pretty(&value).unwrap()] {
            let written = Written::Indented(text.clone().into());
            let expected = indented_by_serde(&text);
            assert!(written.clone().whole() == expected, "{}", String::from_utf8_lossy(&written.whole()));
            let pieces: Vec<Bytes> = written.pieces().collect();
            assert!(pieces.iter().all(|piece| (1..10_000).contains(&piece.len())), "pieces of one size");
            assert!(pieces.concat() == expected.as_bytes());
        }
    }
    assert!(Written::Indented(Bytes::new()).whole().is_empty());
    // What is no JSON ends, too.
    for text in ["\"", "\"\\", "]]]]", "{{{", "\\", ","] {
        let written = Written::Indented(text.into());
        assert_eq!(written.clone().pieces().collect::<Vec<_>>().concat(), written.whole());
    }
}

#[test]
fn errors_are_text_under_their_status() {
    let refused = |op: Op, error: Error| {
        let response = render(&op, Style::default(), Err(error)).map(Written::whole);
        (
            response.status().as_u16(),
            String::from_utf8(response.body().to_vec()).unwrap(),
            header(&response, "x-consul-index").map(str::to_owned),
        )
    };
    let no_path = || Error::no_path(Vec::new());
    let text = "No path to datacenter".to_owned();
    assert_eq!(refused(kv::Get::default().into(), no_path()), (500, text.clone(), None));
    assert_eq!(refused(catalog::Nodes::default().into(), no_path()), (500, text, Some("1".to_owned())));
    let prometheus = Error::new(Code::BadRequest, "not enabled");
    assert_eq!(refused(agent::Metrics { prometheus: true }.into(), prometheus).0, 415);
    let busy = Error::new(Code::Busy, "rate limit exceeded");
    assert_eq!(refused(kv::Get::default().into(), busy).0, 429);
}

#[test]
fn unhealthy_servers_are_a_429() {
    let server = |id: &str, leader| ServerHealth {
        id: id.into(),
        serf_status: "alive".into(),
        leader,
        voter: true,
        last_contact: 6_326_365,
        ..ServerHealth::default()
    };
    let health = |healthy| ServersHealth { healthy, failure_tolerance: 0, servers: vec![server("a", true), server("b", false)] };
    let well = answer(AutopilotHealthRead {}, Style::default(), Reply::AutopilotHealth(health(true)));
    assert_eq!(well.status(), 200);
    assert!(String::from_utf8_lossy(well.body()).contains(r#""SerfStatus":"alive","Version":"","Leader":true,"LastContact":"6.326365ms""#));
    let unwell = answer(AutopilotHealthRead {}, Style::default(), Reply::AutopilotHealth(health(false)));
    assert_eq!(unwell.status(), 429);
    let state = answer(AutopilotStateRead {}, Style::default(), Reply::AutopilotState(health(false)));
    assert_eq!(state.status(), 200);
    let state: serde_json::Value = serde_json::from_slice(state.body()).unwrap();
    assert_eq!((&state["Leader"], &state["Voters"]), (&"a".into(), &serde_json::json!(["a", "b"])));
    assert_eq!((&state["Servers"]["b"]["Status"], &state["Servers"]["b"]["NodeStatus"]), (&"voter".into(), &"alive".into()));
}

#[test]
fn the_configuration_of_the_autopilot_cannot_be_watched() {
    let response = answer(AutopilotRead {}, Style::default(), Reply::AutopilotConfiguration(crate::operator::Autopilot::default()));
    assert_eq!((response.status().as_u16(), header(&response, "x-consul-index")), (200, None));
}
