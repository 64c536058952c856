//! Files of `delian gateway`.

use super::*;
use crate::{Level, resolve_gateway};

fn json_file(text: &str) -> Source {
    Source { name: "g.json".to_owned(), text: text.to_owned(), format: Format::Json }
}

#[test]
fn a_whole_file() {
    let file = json_file(
        r#"{
          "datacenter": "DC2", "primary_datacenter": "dc1", "node_name": "gw1",
          "bind_addr": "127.0.2.9", "advertise_addr_wan": "198.51.100.9",
          "data_dir": "/var/lib/gw", "encrypt": "c2hvcnRidXRvbmVrZXkxNg==",
          "retry_join": ["127.0.2.1"], "retry_join_wan": ["127.0.1.9:8302"],
          "ports": {"grpc": 8502, "serf_wan": 9302, "mesh_gateway": 9443},
          "acl": {"tokens": {"agent": "a", "replication": "r"}},
          "log_level": "warn", "domain": "example.",
          "tls": {"defaults": {"ca_file": "/ca", "cert_file": "/other"}, "internal_rpc": {"cert_file": "/c", "verify_incoming": true}},
          "telemetry": {"otlp_endpoint": "http://127.0.0.1:4317", "sample_ratio": 0.25}
        }"#,
    );
    let config = resolve_gateway(&[file], &host()).unwrap();
    assert_eq!((config.datacenter.as_str(), config.node_name.as_str()), ("dc2", "gw1"));
    assert_eq!(config.advertise_addr, config.bind_addr);
    assert_eq!(config.encrypt.unwrap().bytes(), b"shortbutonekey16");
    assert_eq!(config.retry_join_wan.addrs, ["127.0.1.9:8302"]);
    let ports = config.ports;
    assert_eq!([ports.serf_lan, ports.serf_wan], [Some(8301), Some(9302)]);
    assert_eq!([ports.grpc, ports.mesh_gateway], [Some(8502), Some(9443)]);
    assert_eq!(config.tokens.replication.unwrap().expose(), "r");
    assert_eq!(config.log_level, Level::Warn);
    assert_eq!(config.telemetry.sample_ratio, Some(0.25));
    let rpc = config.internal_rpc;
    assert_eq!((rpc.ca_file, rpc.cert_file, rpc.key_file), (Some("/ca".into()), Some("/c".into()), None));
    assert!(rpc.verify_incoming);
    assert_eq!(config.domain, "example.");
    assert_eq!(config.warnings, ["key ports.mesh_gateway is accepted and has no effect yet"]);
}

#[test]
fn every_mistake_at_once() {
    let file = json_file("{\"server\": true,\n \"ports\": {\"serf_wan\": 8301, \"http\": 1},\n \"log_level\": \"x\"}");
    let invalid = resolve_gateway(&[file], &host()).unwrap_err();
    let printed: Vec<_> = invalid.mistakes.iter().map(ToString::to_string).collect();
    let expected = [
        "g.json:1:2: invalid config key server",
        "g.json:2:30: invalid config key ports.http",
        "data_dir cannot be empty",
        "g.json:2:12: Serf Advertise WAN address 10.0.0.5:8301 already configured for Serf Advertise LAN",
        "g.json:3:2: Invalid log level: x. Valid log levels are: [TRACE DEBUG INFO WARN ERR]",
    ];
    assert_eq!(printed, expected);
}
