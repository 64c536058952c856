//! Valid texts: defaults, values, warnings.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::{DefaultPolicy, Endpoint, Level, TlsVersion};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn defaults() {
    let config = config("");
    assert_eq!(config.node.datacenter, "dc1");
    assert_eq!(config.node.primary_datacenter, "dc1");
    assert_eq!(config.node.node_name, "host1");
    assert_eq!(config.node.domain, "consul.");
    assert_eq!(config.node.data_dir, Some(PathBuf::from("/var/lib/x")));
    assert_eq!((config.node.server, config.node.dev, config.node.bootstrap_expect), (false, false, 0));
    assert_eq!(config.addresses.bind_addr, ip("0.0.0.0"));
    assert_eq!(config.addresses.advertise_addr, ip("10.0.0.5"));
    assert_eq!(config.addresses.advertise_addr_wan, ip("10.0.0.5"));
    assert_eq!(config.addresses.client_addrs, [Endpoint::Ip(ip("127.0.0.1"))]);
    assert_eq!(config.addresses.tagged_addresses["lan_ipv4"], "10.0.0.5");
    let ports = config.ports;
    assert_eq!([ports.dns, ports.http, ports.https], [Some(8600), Some(8500), None]);
    assert_eq!([ports.serf_lan, ports.serf_wan, ports.server], [Some(8301), Some(8302), Some(8300)]);
    assert!(config.join.leave_on_terminate && !config.join.skip_leave_on_interrupt);
    assert_eq!(config.join.retry_join.interval, Duration::from_secs(30));
    assert_eq!(config.join.retry_join.max, None);
    assert_eq!(config.gossip.gossip_lan.gossip_interval, Duration::from_millis(200));
    assert_eq!(config.gossip.gossip_wan.probe_timeout, Duration::from_millis(350));
    assert!(config.gossip.encrypt.is_none() && config.gossip.encrypt_verify_incoming);
    assert_eq!(config.performance.raft_multiplier, 5);
    assert_eq!(config.raft.snapshot_threshold, 16384);
    assert_eq!(config.limits.kv_max_value_size, 524_288);
    assert_eq!(config.limits.rpc_rate, None);
    assert_eq!(config.http.max_query_time, Duration::from_secs(600));
    assert_eq!(config.log.level, Level::Info);
    assert_eq!(config.acl.default_policy, DefaultPolicy::Allow);
    assert_eq!(config.telemetry.metrics_prefix, "consul");
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
}

#[test]
fn dev_presets_are_clean_and_can_be_overridden() {
    let mut inputs = Inputs { flags: flags("-dev"), host: host(), ..Inputs::default() };
    let config = resolve(&inputs).unwrap();
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    assert!(config.node.dev && config.node.server && config.join.skip_leave_on_interrupt);
    assert_eq!((config.node.data_dir, config.node.bootstrap_expect), (None, 1));
    assert_eq!(config.addresses.advertise_addr, ip("127.0.0.1"));
    assert_eq!(config.ports.grpc, None, "nothing listens there");
    assert_eq!(config.log.level, Level::Debug);
    assert_eq!(config.performance.raft_multiplier, 1);
    assert_eq!((config.gossip.gossip_wan.suspicion_mult, config.gossip.gossip_lan.suspicion_mult), (Some(3), Some(3)));

    inputs.files = vec![hcl_file("f.hcl", "ports { grpc = -1 } server = false")];
    let config = resolve(&inputs).unwrap();
    assert_eq!((config.ports.grpc, config.node.server), (None, false));
}

#[test]
fn what_consul_accepts() {
    let texts = [
        "server=true ports { dns = 1 http = 2 }",
        "\"server\" = true",
        "Server = true SERVER_NAME = \"x\"",
        "datacenter = [\"a\"]",
        "server = [true]",
        "ports = [{dns = 1}]",
        "ports { dns = 8600.0 }",
        "ports { http = -5 serf_wan = -1 server = 0 }",
        "node_meta { a = [\"x\"] }",
        "client_addr = \"\"",
        "addresses { http = \"\" }",
        "default_query_time = \"0x\" default_query_time = \"1h\"",
        "services = { name = \"x\" }",
        "service { Name = \"web\" ID = \"x\" EnableTagOverride = true }",
        "service { name = \"web\" port = 80 check { http = \"http://x\" interval = \"10s\" } }",
        "retry_join = [\"provider=aws\"]",
    ];
    for text in texts {
        config(text);
    }
    assert_eq!(config("client_addr = \"\"").addresses.client_addrs, []);
}

#[test]
fn warnings() {
    let cases: &[(&str, &[&str])] = &[
        ("server = true bootstrap = true", &["bootstrap = true: do not enable unless necessary"]),
        (
            "server = true bootstrap_expect = 2",
            &[
                "bootstrap_expect = 2: A cluster with 2 servers will provide no failure tolerance.",
                "bootstrap_expect > 0: expecting 2 servers",
            ],
        ),
        ("server = true bootstrap_expect = 3", &["bootstrap_expect > 0: expecting 3 servers"]),
        (
            "server = true bootstrap_expect = 4",
            &[
                "bootstrap_expect is even number: A cluster with an even number of servers does not achieve optimum fault tolerance.",
                "bootstrap_expect > 0: expecting 4 servers",
            ],
        ),
        (
            "node_name = \"a_b\"",
            &[
                "Node name \"a_b\" will not be discoverable via DNS due to invalid characters. Valid characters include all alpha-numerics and dashes.",
            ],
        ),
        ("acl_datacenter = \"x\"", &["The 'acl_datacenter' field is deprecated. Use the 'primary_datacenter' field instead."]),
        ("start_join = [\"a\"]", &["The 'start_join' field is deprecated. Use the 'retry_join' field instead."]),
        ("telemetry { prefix_filter = [\"foo\", \"+a\", \"-b\"] }", &["Filter rule must begin with either '+' or '-': \"foo\""]),
        (
            "enable_script_checks = true",
            &[
                "enable_script_checks without http_config.allow_write_http_from is DANGEROUS: whoever reaches the HTTP API has this node run \
                 any command. Use enable_local_script_checks instead",
            ],
        ),
        ("enable_script_checks = true http_config { allow_write_http_from = [\"127.0.0.0/8\"] }", &[]),
        ("non_voting_server = true", &["The 'non_voting_server' field is deprecated. Use the 'read_replica' field instead."]),
        (
            "tls { https { tls_min_version = \"TLSv1_0\" } }",
            &["tls.https.tls_min_version: versions before TLS 1.2 are not spoken; it stays at TLSv1_2"],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(config(text).warnings, *expected, "{text}");
    }
    let long = format!("node_name = \"{}\"", "a".repeat(64));
    assert!(config(&long).warnings[0].ends_with("Valid lengths are between 1 and 63 bytes."));
}

#[test]
fn addresses_and_templates() {
    let config = config(
        r#"
        bind_addr = "{{ GetPrivateIP }}"
        advertise_addr_wan = "{{ GetPublicIP }}"
        client_addr = "{{ GetInterfaceIPs \"lo\" }} 10.0.0.5"
        addresses { http = "unix:///run/x.sock 127.0.0.9" }
        retry_join = ["{{ GetPrivateIP }}", "server.example:8301"]
        tagged_addresses { wan = "203.0.113.7" lan_ipv6 = "::1" }
        "#,
    );
    let addresses = config.addresses;
    assert_eq!(addresses.bind_addr, ip("10.0.0.5"));
    assert_eq!(addresses.serf_wan, ip("10.0.0.5"));
    assert_eq!(addresses.advertise_addr_wan, ip("8.8.4.4"));
    assert_eq!(addresses.dns, [ip("127.0.0.1"), ip("::1"), ip("10.0.0.5")]);
    let socket = Endpoint::Unix(PathBuf::from("/run/x.sock"));
    assert_eq!(addresses.http, [socket, Endpoint::Ip(ip("127.0.0.9"))]);
    assert_eq!(addresses.tagged_addresses["wan"], "203.0.113.7");
    assert_eq!(config.join.retry_join.addrs, ["10.0.0.5", "server.example:8301"]);
}

#[test]
fn tls_inherits() {
    let tls = config(
        r#"
        ca_file = "old.pem"
        verify_incoming_https = true
        tls {
          defaults { ca_file = "ca.pem" verify_incoming = true tls_min_version = "TLSv1_3" }
          internal_rpc { verify_server_hostname = true }
          https { verify_incoming = false cert_file = "https.pem" }
          grpc { tls_min_version = "TLSv1_2" use_auto_cert = true }
        }
        "#,
    )
    .tls;
    let ca = Some(PathBuf::from("ca.pem"));
    assert_eq!((&tls.internal_rpc.ca_file, &tls.grpc.ca_file), (&ca, &ca));
    assert!(tls.internal_rpc.verify_server_hostname && tls.internal_rpc.verify_outgoing);
    assert!(tls.internal_rpc.verify_incoming && !tls.https.verify_incoming);
    assert!(!tls.https.verify_outgoing && !tls.grpc.verify_outgoing);
    assert_eq!((tls.https.min_version, tls.grpc.min_version), (TlsVersion::V1_3, TlsVersion::V1_2));
    assert!(tls.grpc.use_auto_cert);

    let old = config("verify_incoming_rpc = true tls_min_version = \"tls13\" cert_file = \"c\"").tls;
    assert!(old.internal_rpc.verify_incoming && !old.https.verify_incoming);
    assert_eq!(old.https.min_version, TlsVersion::V1_3);
    assert_eq!(old.grpc.cert_file, Some(PathBuf::from("c")));
}

#[test]
fn odds_and_ends() {
    let config = config(
        r#"
        node_id = "E948A211-8D80-513F-787F-16FC4EDB23AB"
        domain = "example.." alt_domain = "alt"
        log_rotate_max_files = -1
        limits { rpc_rate = -1 request_limits { mode = "enforcing" write_rate = 5 } }
        retry_max = 3
        acl { policy_ttl = "5s" tokens { master = "m" agent = "" } }
        http_config { response_headers { X-A = "b" } max_header_bytes = 0 }
        "#,
    );
    let id = config.node.node_id.unwrap();
    assert_eq!(id.as_str(), "e948a211-8d80-513f-787f-16fc4edb23ab");
    assert_eq!(config.node.domain, "example.");
    assert_eq!(config.node.alt_domain.as_deref(), Some("alt."));
    assert_eq!(config.log.rotate_max_files, Some(0));
    assert_eq!((config.limits.rpc_rate, config.limits.request_limits.write_rate), (None, Some(5.0)));
    assert_eq!(config.join.retry_join.max, Some(3));
    assert_eq!(config.acl.role_ttl, Duration::from_secs(5));
    let tokens = config.acl.tokens;
    assert_eq!(tokens.initial_management.unwrap().expose(), "m");
    assert!(tokens.agent.is_none());
    assert_eq!(config.http.response_headers["X-A"], "b");
    assert_eq!(config.http.max_header_bytes, None);
}
