//! Virtual IPs that are given by hand.

use super::{asked_with, refused};
use crate::catalog::{AssignVirtualIps, AssignedVirtualIps};
use crate::http::{Style, Written, render};
use crate::{Answer, Encoded, Meta, Op, Reply};

const LINE: &str = "PUT /v1/internal/service-virtual-ip";

#[test]
fn addresses_are_of_the_fourth_version() {
    let Ok(parsed) = asked_with(LINE, &[], r#"{"Service": "web", "ManualVIPs": ["10.0.0.1", "10.0.0.2"]}"#) else { panic!("refused") };
    let expected: Op = AssignVirtualIps { service: "web".to_owned(), addresses: vec![0x0a00_0001, 0x0a00_0002] }.into();
    assert!(*parsed.call.op == expected);
    for (body, why) in [
        (r#"{"Service": "web", "ManualVIPs": ["::1"]}"#, r#""::1" is not a valid IPv4 address"#),
        (r#"{"ManualVIPs": []}"#, "Missing service name"),
        (r#"{"Bogus": 1}"#, r#"Request decode failed: json: unknown field "Bogus""#),
    ] {
        assert_eq!(refused(asked_with(LINE, &[], body)), (400, why.to_owned()), "{body}");
    }
}

#[test]
fn who_lost_one_is_named() {
    let op = AssignVirtualIps { service: "web".to_owned(), addresses: Vec::new() }.into();
    let assigned = AssignedVirtualIps { found: true, unassigned_from: vec!["db".to_owned()] };
    let reply = Encoded::new(Reply::VirtualIpsAssign(assigned));
    let written = render(&op, Style::default(), Ok(Answer { reply, meta: Meta::default() })).map(Written::whole);
    assert_eq!(written.body(), r#"{"Found":true,"UnassignedFrom":[{"ServiceName":{"Name":"db"},"Peer":""}]}"#);
}
