//! `/v1/coordinate/*`, as Consul 1.8.7 answers.

use super::{asked, asked_with, head, op, refused};
use crate::coordinate::{Coordinate, Located, LocatedList, Node, Nodes, Update};
use crate::http::{Context, Origin, Style, Written, find, parse, render};
use crate::{Answer, Encoded, Meta, Op, Reply};
use bytes::Bytes;

fn n1() -> Located {
    let vec = vec![0.0, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 1e40];
    Located { node: "n1".into(), segment: String::new(), coord: Coordinate { vec, error: 1.0, adjustment: 0.0, height: -1.0 } }
}

fn answer(op: impl Into<Op>, reply: Reply) -> (u16, Bytes) {
    let answer = Answer { reply: Encoded::new(reply), meta: Meta { index: 7, ..Meta::default() } };
    let response = render(&op.into(), Style::default(), Ok(answer)).map(Written::whole);
    (response.status().as_u16(), response.into_body())
}

#[test]
fn questions() {
    assert!(op("GET /v1/coordinate/nodes?segment=s") == Nodes { segment: "s".into() }.into());
    assert!(op("GET /v1/coordinate/node/N1") == Node { node: "N1".into(), segment: String::new() }.into());
    assert!(op("GET /v1/coordinate/datacenters") == crate::coordinate::Datacenters {}.into());
    assert_eq!(refused(asked("PUT /v1/coordinate/nodes")), (405, "method PUT not allowed".into()));
}

#[test]
fn updates_lie_in_the_same_space() {
    let update = |body: &str| asked_with("PUT /v1/coordinate/update", &[], body);
    let body = r#"{"Datacenter":"dc2","node":"n1","Coord":{"Vec":[0,0.1,0,0,0,0,0,1e40],"Error":1,"Adjustment":0,"Height":-1}}"#;
    let parsed = update(body).ok().unwrap();
    assert!(*parsed.call.op == Update { updates: vec![n1()] }.into());
    assert_eq!(parsed.call.dc.unwrap().0, "dc2");
    let bent = r#"{"Node":"n1","Coord":{"Vec":[0,0],"Error":1,"Adjustment":0,"Height":0.1}}"#;
    let cases = [
        (bent, (500, "incompatible coordinate")),
        (r#"{"Node":"n1"}"#, (500, "incompatible coordinate")),
        (r#"{"Node":"n1","Bogus":1}"#, (400, "Request decode failed: json: unknown field \"Bogus\"")),
        ("", (400, "Request decode failed: EOF")),
        ("{", (400, "Request decode failed: unexpected EOF")),
    ];
    for (body, (status, text)) in cases {
        assert_eq!(refused(update(body)), (status, text.to_owned()), "{body}");
    }
}

#[test]
fn answers_are_written_as_go_writes_them() {
    let list = || LocatedList { nodes: vec![n1()] };
    let written = r#"[{"Node":"n1","Segment":"","Coord":{"Vec":[0,0.1,0,0,0,0,0,1e+40],"Error":1,"Adjustment":0,"Height":-1}}]"#;
    assert_eq!(answer(Nodes::default(), Reply::CoordinateNodes(list())), (200, written.into()));
    assert_eq!(answer(Node::default(), Reply::CoordinateNode(list())), (200, written.into()));
    assert_eq!(answer(Nodes::default(), Reply::CoordinateNodes(LocatedList::default())), (200, "[]".into()));
    assert_eq!(answer(Node::default(), Reply::CoordinateNode(LocatedList::default())), (404, Bytes::new()));
    assert_eq!(answer(Update::default(), Reply::CoordinateUpdate(crate::coordinate::Noted {})), (200, Bytes::new()));
}

#[test]
fn they_can_be_switched_off() {
    let context = Context { coordinates: false, ..Context::default() };
    for line in ["GET /v1/coordinate/nodes", "GET /v1/coordinate/node/a", "GET /v1/coordinate/datacenters", "PUT /v1/coordinate/update"] {
        let head = head(line, &[]);
        let parsed = parse(&find(&head).ok().unwrap(), &head, &Bytes::new(), &context, Origin::default());
        assert_eq!(refused(parsed), (401, "Coordinate support disabled".to_owned()), "{line}");
    }
}
