//! One wrong text each, and all mistakes of it.

use super::*;

#[test]
fn wrong_texts() {
    let cases: &[(&str, &[&str])] = &[
        // Reading.
        ("foo = 1", &["f.hcl:1:1: invalid config key foo"]),
        (
            "foo = 1 bar = 2\nports { zz = 1 }",
            &["f.hcl:1:1: invalid config key foo", "f.hcl:1:9: invalid config key bar", "f.hcl:2:9: invalid config key ports.zz"],
        ),
        ("retry_join = [1 2]", &["f.hcl:1:17: failed to parse: expected ',' or ']' in a list, got number"]),
        ("server = \"true\"", &["f.hcl:1:10: 'server' expected type 'bool', got unconvertible type 'string'"]),
        ("server = 1", &["f.hcl:1:10: 'server' expected type 'bool', got unconvertible type 'int'"]),
        ("server = [true, false]", &["f.hcl:1:10: 'server' expected type 'bool', got unconvertible type '[]interface {}'"]),
        ("ports { dns = \"8600\" }", &["f.hcl:1:15: 'ports.dns' expected type 'int', got unconvertible type 'string'"]),
        ("ports { dns = 8600.5 }", &["f.hcl:1:15: 'ports.dns' expected type 'int', got unconvertible type 'float64'"]),
        ("datacenter = {}", &["f.hcl:1:14: 'datacenter' expected type 'string', got unconvertible type 'map[string]interface {}'"]),
        ("retry_join = \"a\"", &["f.hcl:1:14: 'retry_join': source data must be an array or slice, got string"]),
        ("retry_join = [1,]", &["f.hcl:1:15: 'retry_join[0]' expected type 'string', got unconvertible type 'int'"]),
        ("ports = 5", &["f.hcl:1:9: 'ports' expected a map, got 'int'"]),
        ("ports = []", &["f.hcl:1:9: 'ports' expected a map, got 'slice'"]),
        ("ports { dns = 1 }\nports { http = 2 }", &["f.hcl:1:7: 'ports' expected a map, got 'slice'"]),
        ("node_meta { a = 1 }", &["f.hcl:1:17: 'node_meta[a]' expected type 'string', got unconvertible type 'int'"]),
        ("limits { rpc_rate = \"x\" }", &["f.hcl:1:21: 'limits.rpc_rate' expected type 'float64', got unconvertible type 'string'"]),
        ("services = [1]", &["f.hcl:1:13: 'services[0]' expected a map, got 'int'"]),
        ("service { name = \"web\" bogus = 1 }", &["f.hcl:1:24: invalid config key service.bogus"]),
        (
            "services = [{name = \"a\"}, {port = \"x\"}]",
            &["f.hcl:1:35: 'services[1].port' expected type 'int', got unconvertible type 'string'"],
        ),
        ("check { script = \"x\" }", &["f.hcl:1:9: invalid config key check.script"]),
        ("reconnect_timeout = 5", &["f.hcl:1:21: 'reconnect_timeout' expected type 'string', got unconvertible type 'int'"]),
        ("reconnect_timeout = \"5\"", &["f.hcl:1:21: reconnect_timeout: invalid duration: \"5\": time: missing unit in duration \"5\""]),
        (
            "dns_config { max_stale = \"1d\" }",
            &["f.hcl:1:26: dns_config.max_stale: invalid duration: \"1d\": time: unknown unit \"d\" in duration \"1d\""],
        ),
        // Identity.
        ("datacenter = \"\"", &["f.hcl:1:1: datacenter cannot be empty"]),
        ("datacenter = \"a b\"", &["f.hcl:1:1: datacenter cannot be \"a b\". Please use only [a-z0-9-_]"]),
        ("primary_datacenter = \"A.b\"", &["f.hcl:1:1: primary_datacenter cannot be \"a.b\". Please use only [a-z0-9-_]"]),
        ("node_name = \" \"", &["f.hcl:1:1: node_name cannot be empty"]),
        ("node_id = \"x\"", &["f.hcl:1:1: specified NodeID is invalid: node_id is no UUID"]),
        ("data_dir = \"\"", &["f.hcl:1:1: data_dir cannot be empty"]),
        (
            "node_meta { \"consul-x\" = \"1\" }",
            &[
                "f.hcl:1:13: node_meta invalid: Couldn't load metadata pair ('consul-x', '1'): Key prefix 'consul-' is reserved for internal use",
            ],
        ),
        ("node_meta { \"\" = \"1\" }", &["f.hcl:1:13: node_meta invalid: Couldn't load metadata pair ('', '1'): Key cannot be blank"]),
        (
            "node_meta { \"a b\" = \"1\" }",
            &["f.hcl:1:13: node_meta invalid: Couldn't load metadata pair ('a b', '1'): Key contains invalid characters"],
        ),
        // Bootstrap.
        ("bootstrap = true", &["f.hcl:1:1: 'bootstrap = true' requires 'server = true'"]),
        ("bootstrap_expect = 3", &["f.hcl:1:1: 'bootstrap_expect > 0' requires 'server = true'"]),
        ("bootstrap_expect = -1", &["f.hcl:1:1: bootstrap_expect cannot be -1. Must be greater than or equal to zero"]),
        (
            "server = true bootstrap = true bootstrap_expect = 3",
            &["f.hcl:1:32: 'bootstrap_expect > 0' and 'bootstrap = true' are mutually exclusive"],
        ),
        // Addresses and ports.
        ("advertise_addr = \"0.0.0.0\"", &["f.hcl:1:1: Advertise address cannot be 0.0.0.0, :: or [::]"]),
        ("advertise_addr = \"[::]\"", &["f.hcl:1:1: Advertise address cannot be 0.0.0.0, :: or [::]"]),
        ("advertise_addr_wan = \"::\"", &["f.hcl:1:1: Advertise WAN address cannot be 0.0.0.0, :: or [::]"]),
        ("advertise_addr = \"foo.example\"", &["f.hcl:1:1: advertise_addr: invalid ip address: foo.example"]),
        ("advertise_addr = \"1.2.3.4 1.2.3.5\"", &["f.hcl:1:1: advertise_addr: multiple addresses found: 1.2.3.4 1.2.3.5"]),
        ("advertise_addr = \"unix:///x\"", &["f.hcl:1:1: advertise_addr cannot be a unix socket"]),
        ("advertise_addr_ipv4 = \"::1\"", &["f.hcl:1:1: advertise_addr_ipv4 must be an ipv4 address"]),
        (
            "advertise_addr = \"{{ foo }}\"",
            &[
                "f.hcl:1:1: advertise_addr: error parsing \"{{ foo }}\": unable to parse template: function \"foo\" not defined for these arguments",
            ],
        ),
        ("bind_addr = \"::\"", &["f.hcl:1:1: No public IPv6 address found"]),
        ("bind_addr = \"\"", &["f.hcl:1:1: bind_addr cannot be empty"]),
        ("bind_addr = \"unix:///x\"", &["f.hcl:1:1: bind_addr cannot be a unix socket"]),
        (
            "bind_addr = \"127.0.0.1 127.0.0.2\"",
            &["f.hcl:1:1: bind_addr cannot contain multiple addresses. Use 'addresses.{dns,http,https}' instead."],
        ),
        ("client_addr = \"foo\"", &["f.hcl:1:1: client_addr: invalid ip address: foo"]),
        ("addresses { dns = \"unix:///x\" }", &["f.hcl:1:13: DNS address cannot be a unix socket"]),
        ("addresses { http = \"foo\" }", &["f.hcl:1:13: addresses.http: invalid ip address: foo"]),
        ("serf_lan = \"foo\"", &["f.hcl:1:1: serf_lan: invalid ip address: foo"]),
        ("ports { http = 8600 }", &["f.hcl:1:9: HTTP address 127.0.0.1:8600 already configured for DNS"]),
        ("ports { http = 70000 }", &["f.hcl:1:9: ports.http: invalid port: 70000"]),
        ("ports { serf_lan = 8302 }", &["Serf Advertise WAN address 10.0.0.5:8302 already configured for Serf Advertise LAN"]),
        ("ports { server = 8301 }", &["Serf Advertise LAN address 10.0.0.5:8301 already configured for RPC Advertise"]),
        ("addresses { http = \"1.2.3.4 1.2.3.4\" }", &["HTTP address 1.2.3.4:8500 already configured for HTTP"]),
        // The rest.
        ("encrypt = \"zz\"", &["f.hcl:1:1: encrypt has invalid key: illegal base64 data at input byte 0"]),
        ("encrypt = \"aGVsbG8gd29ybGQ=\"", &["f.hcl:1:1: encrypt has invalid key: key size must be 16, 24 or 32 bytes"]),
        ("serf_lan_allowed_cidrs = [\"foo\"]", &["f.hcl:1:27: serf_lan_allowed_cidrs: invalid cidr: foo"]),
        (
            "http_config { allow_write_http_from = [\"127.0.0.0/8\", \"1.2.3.4\"] }",
            &["f.hcl:1:55: http_config.allow_write_http_from: invalid cidr: 1.2.3.4"],
        ),
        (
            "http_config { response_headers { \"a\" = \"b\\r\\nc: d\" } }",
            &["f.hcl:1:34: http_config.response_headers: invalid header \"a\""],
        ),
        ("primary_gateways = [\"1.2.3.4:1\"]", &["f.hcl:1:1: 'primary_gateways' requires 'server = true'"]),
        ("performance { raft_multiplier = 11 }", &["f.hcl:1:15: performance.raft_multiplier cannot be 11. Must be between 1 and 10"]),
        ("performance { raft_multiplier = 0 }", &["f.hcl:1:15: performance.raft_multiplier cannot be 0. Must be between 1 and 10"]),
        (
            "autopilot { max_trailing_logs = -1 }",
            &["f.hcl:1:13: autopilot.max_trailing_logs cannot be -1. Must be greater than or equal to zero"],
        ),
        ("raft_protocol = 9", &["f.hcl:1:1: raft_protocol: Protocol version 9 must be >= 1 and <= 3"]),
        ("gossip_lan { gossip_interval = \"0s\" }", &["f.hcl:1:14: gossip_lan.gossip_interval must be greater than zero"]),
        ("default_query_time = \"-5s\"", &["f.hcl:1:1: default_query_time cannot be negative"]),
        ("log_level = \"foo\"", &["f.hcl:1:1: Invalid log level: foo. Valid log levels are: [TRACE DEBUG INFO WARN ERR]"]),
        ("acl { default_policy = \"foo\" }", &["f.hcl:1:7: acl.default_policy cannot be \"foo\". Must be one of allow, deny"]),
        (
            "tls_cipher_suites = \"foo\"",
            &["f.hcl:1:1: tls.defaults.tls_cipher_suites: invalid tls cipher suites: unsupported cipher \"foo\""],
        ),
        ("telemetry { sample_ratio = 2 }", &["f.hcl:1:13: telemetry.sample_ratio cannot be 2. Must be between 0 and 1"]),
        (
            "telemetry { otlp_endpoint = \"foo:4317\" }",
            &["f.hcl:1:13: telemetry.otlp_endpoint cannot be \"foo:4317\". Must be of the form http://host:port or https://host:port"],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(mistakes(text), *expected, "{text}");
    }
}

#[test]
fn every_mistake_at_once() {
    let text = "datacenter = \"a b\"\nbogus = 1\nports { http = 8600 }\nencrypt = \"zz\"\nserver = 1";
    assert_eq!(
        resolve_file(text).unwrap_err().to_string(),
        "5 errors occurred:\n\
         \t* f.hcl:2:1: invalid config key bogus\n\
         \t* f.hcl:5:10: 'server' expected type 'bool', got unconvertible type 'int'\n\
         \t* f.hcl:1:1: datacenter cannot be \"a b\". Please use only [a-z0-9-_]\n\
         \t* f.hcl:3:9: HTTP address 127.0.0.1:8600 already configured for DNS\n\
         \t* f.hcl:4:1: encrypt has invalid key: illegal base64 data at input byte 0\n\n"
    );
}

#[test]
fn what_is_missing_counts_only_when_all_was_read() {
    let of = |text: &str| {
        let files = vec![hcl_file("f.hcl", text)];
        let host = host();
        let inputs = Inputs { files, host, ..Inputs::default() };
        resolve(&inputs).unwrap_err().to_string()
    };
    assert_eq!(of(""), "1 error occurred:\n\t* data_dir cannot be empty\n\n");
    assert!(!of("data_dir = 1").contains("cannot be empty"));
    let unread = of("data_dir = /x");
    assert!(unread.contains("f.hcl:1:12: failed to parse"), "{unread}");
    assert!(!unread.contains("data_dir cannot be empty"), "{unread}");
}

#[test]
fn the_address_to_advertise_must_be_plain() {
    let mut inputs = Inputs { host: host(), flags: flags("-data-dir /x"), ..Inputs::default() };
    inputs.host.addresses.push(("eth2".to_owned(), "192.168.1.1".parse().unwrap()));
    assert_eq!(
        resolve(&inputs).unwrap_err().to_string(),
        "1 error occurred:\n\t* Multiple private IPv4 addresses found. \
         Please configure one with 'bind' and/or 'advertise'.\n\n"
    );
    inputs.host.addresses.clear();
    let none = resolve(&inputs).unwrap_err().to_string();
    assert_eq!(none, "1 error occurred:\n\t* No private IPv4 address found\n\n");
}

#[test]
fn verdicts() {
    let verdict = |text: &str| {
        let data = hcl_file("data.hcl", "data_dir = \"/x\"");
        crate::validate(&[data, hcl_file("f.hcl", text)], &host()).map_err(|invalid| invalid.to_string())
    };
    assert_eq!(
        verdict("server = true bootstrap_expect = 1"),
        Ok(vec![
            "BootstrapExpect is set to 1; this is the same as Bootstrap mode.".to_owned(),
            "bootstrap = true: do not enable unless necessary".to_owned()
        ])
    );
    assert_eq!(verdict("foo = 1"), Err("1 error occurred:\n\t* f.hcl:1:1: invalid config key foo\n\n".to_owned()));
}
