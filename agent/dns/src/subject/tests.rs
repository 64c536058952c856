//! The forms of names, one row each.
#![allow(clippy::unwrap_used)]

use super::*;

fn ask(name: &str, asked_kind: u16) -> String {
    let labels: Vec<&str> = name.split('.').filter(|label| !label.is_empty()).collect();
    match Asked::read(&labels, asked_kind) {
        Some(Asked { subject, datacenter: None }) => show(&subject),
        Some(Asked { subject, datacenter: Some(dc) }) => format!("{} @{dc}", show(&subject)),
        None => "-".to_owned(),
    }
}

fn show(subject: &Subject) -> String {
    match subject {
        Subject::Node(name) => format!("node {name}"),
        Subject::Service { name, tag, port } => {
            let tag = tag.as_ref().map(|tag| format!(" #{tag}")).unwrap_or_default();
            let port = port.as_ref().map(|port| format!(" :{port}")).unwrap_or_default();
            format!("service {name}{tag}{port}")
        }
        Subject::Connect(name) => format!("connect {name}"),
        Subject::Ingress(name) => format!("ingress {name}"),
        Subject::Virtual(name) => format!("virtual {name}"),
        Subject::Query(name) => format!("query {name}"),
        Subject::Address(ip) => format!("address {ip}"),
        Subject::NoAddress => "no address".to_owned(),
    }
}

#[test]
fn every_form_is_read() {
    let rows = [
        ("n1.node", "node n1"),
        ("n1.node.dc2", "node n1 @dc2"),
        ("n1.node.dc2.dc", "node n1 @dc2"),
        ("a.b.node", "node a.b"),
        ("web.service", "service web"),
        ("web.service.dc2", "service web @dc2"),
        ("web.service.dc2.dc", "service web @dc2"),
        ("v1.web.service", "service web #v1"),
        ("v1.0.web.service", "service web #v1.0"),
        ("_web._tcp.service", "service web"),
        ("_web._v1.service.dc2", "service web #v1 @dc2"),
        ("http.port.web.service", "service web :http"),
        ("web.service.default.ns.default.ap.dc2.dc", "service web @dc2"),
        ("web.service.default.ns.dc2", "service web @dc2"),
        ("web.connect", "connect web"),
        ("x.web.connect.dc2", "connect web @dc2"),
        ("web.ingress", "ingress web"),
        ("web.virtual", "virtual web"),
        ("near-web.query", "query near-web"),
        ("a.b.query.dc2", "query a.b @dc2"),
        ("_near._tcp.query", "query near"),
        ("0a5f0001.addr", "address 10.95.0.1"),
        ("0a5f0001.addr.dc1", "address 10.95.0.1 @dc1"),
        ("20010db8000000000000000000000006.addr", "address 2001:db8::6"),
        ("0a5f00.addr", "no address"),
        ("zzzz.addr", "no address"),
        ("service.node", "node service"),
    ];
    for (name, expected) in rows {
        assert_eq!(ask(name, kind::A), expected, "{name}");
    }
}

#[test]
fn what_makes_no_sense_is_said_to() {
    let names = [
        "",
        "foo",
        "foo.bar",
        "service",
        "node",
        "addr",
        "ns",
        "0a0000g1.addr",
        "x.0a000001.addr",
        "web.service.dc2.x",
        "web.service.a.b.c",
        "web.service.x.ns",
        "web.service.p.peer",
        "web.service.g.sg",
        "web.service.dc1.dc.dc2",
        "_web._tcp",
        "dc1._web",
    ];
    for name in names {
        assert_eq!(ask(name, kind::A), "-", "{name}");
    }
}

#[test]
fn questions_for_srv_may_leave_out_the_word() {
    assert_eq!(ask("_web._tcp", kind::SRV), "service web");
    assert_eq!(ask("_web._tcp.dc2", kind::SRV), "service web @dc2");
    assert_eq!(ask("_web.service", kind::SRV), "service _web");
    assert_eq!(ask("web.dc1", kind::SRV), "-");
}

#[test]
fn reverse_names_are_read() {
    let ip = |name: &str| reversed(&name.split('.').collect::<Vec<_>>()).map(|ip| ip.to_string());
    assert_eq!(ip("1.0.95.10.in-addr").as_deref(), Some("10.95.0.1"));
    let nibbles = "6.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6";
    assert_eq!(ip(nibbles).as_deref(), Some("2001:db8::6"));
    for name in ["10.in-addr", "in-addr", "256.0.0.10.in-addr", "1.2.3.4.5.in-addr", "x.0.0.10.in-addr", "1.2.ip6", "ip4"] {
        assert_eq!(ip(name), None, "{name}");
    }
}
