//! Command lines.

use super::*;
use crate::FlagError;

fn words(line: &str) -> Result<Flags, FlagError> {
    Flags::parse(line.split_whitespace().map(str::to_owned))
}

#[test]
fn wrong_lines() {
    let cases = [
        ("-bogus", "flag provided but not defined: -bogus"),
        ("--bogus=1", "flag provided but not defined: -bogus"),
        ("-bind", "flag needs an argument: -bind"),
        ("-server=x", "invalid boolean value \"x\" for -server: strconv.ParseBool: parsing \"x\": invalid syntax"),
        ("-bootstrap-expect x", "invalid value \"x\" for flag -bootstrap-expect: strconv.Atoi: parsing \"x\": invalid syntax"),
        ("-retry-max 1.5", "invalid value \"1.5\" for flag -retry-max: strconv.Atoi: parsing \"1.5\": invalid syntax"),
        ("---x", "bad flag syntax: ---x"),
        ("-=x", "bad flag syntax: -=x"),
        ("foo", "Unexpected extra arguments: [foo]"),
        ("-- -dev", "Unexpected extra arguments: [-dev]"),
        ("- -dev", "Unexpected extra arguments: [- -dev]"),
        ("-dev extra -bogus", "Unexpected extra arguments: [extra -bogus]"),
        ("-config-format yaml", "config: -config-format must be either 'hcl' or 'json'"),
        ("-h", "flag: help requested"),
    ];
    for (line, expected) in cases {
        assert_eq!(words(line).expect_err(line).to_string(), expected, "{line}");
    }
}

#[test]
fn help_names_every_flag_and_fits_a_terminal() {
    let help = Flags::help();
    for flag in ["-server\n", "-retry-join=<value>\n", "-dev\n", "-config-dir=<value>\n"] {
        assert!(help.contains(&format!("\n  {flag}     ")), "{flag}");
    }
    assert!(help.contains("-ui\n     Serve the web interface.\n     Accepted; it has no effect yet.\n"));
    assert_eq!(help.lines().find(|line| line.len() > 80), None);
    for name in help.lines().filter_map(|line| line.strip_prefix("  -")) {
        let word = format!("-{}", name.replace("<value>", "1"));
        assert!(!matches!(words(&word), Err(FlagError::Unknown(_))), "{word}");
    }
}

#[test]
fn a_flag_warns_where_the_key_in_a_file_does() {
    let flags = words("-serf-lan-allowed-cidrs 10.0.0.0/8 -grpc-port 8502 -check_output_max_size 1024 -ui -read-replica").unwrap();
    let idle = ["serf_lan_allowed_cidrs", "ports.grpc", "ui_config.enabled", "read_replica"];
    assert_eq!(flags.warnings, idle.map(|key| format!("key {key} is accepted and has no effect yet")));
}

#[test]
fn spellings() {
    let line = "-bind=127.0.0.1 --node n -server -dev=false -config-dir d --config-file=f \
                -config-format json -encrypt= -http-port 1 -retry-interval 5s";
    let flags = words(line).unwrap();
    assert!(!flags.dev);
    assert_eq!(flags.config_paths, ["d", "f"].map(std::path::PathBuf::from));
    assert_eq!(flags.config_format, Some(Format::Json));
    let host = host();
    let files = vec![hcl_file("f", "data_dir = \"/x\"")];
    let config = resolve(&Inputs { flags, files, host }).unwrap();
    assert_eq!((config.node.node_name.as_str(), config.ports.http), ("n", Some(1)));
    assert!(config.node.server && config.gossip.encrypt.is_none());
}

#[test]
fn a_flag_is_named_as_the_place() {
    let flags = words("-dev -bind foo -bootstrap-expect 3 -hcl bogus=1").unwrap();
    let host = host();
    let invalid = resolve(&Inputs { flags, host, ..Inputs::default() }).unwrap_err();
    let printed: Vec<_> = invalid.mistakes.iter().map(ToString::to_string).collect();
    let expected = [
        "flags-0.hcl:1:1: invalid config key bogus",
        "flag -bootstrap-expect: 'bootstrap_expect > 0' not allowed in dev mode",
        "flag -bind: bind_addr: invalid ip address: foo",
    ];
    assert_eq!(printed, expected);
}

#[test]
fn every_documented_flag_is_known() {
    let names = "advertise advertise-wan allow-write-http-from alt-domain bind bootstrap \
        bootstrap-expect check_output_max_size client config-dir config-file config-format \
        data-dir datacenter default-query-time dev disable-host-node-id disable-keyring-file \
        dns-port domain enable-local-script-checks enable-script-checks encrypt grpc-port \
        grpc-tls-port hcl http-port https-port join join-wan log-file log-json log-level \
        log-rotate-bytes log-rotate-duration log-rotate-max-files max-query-time node node-id \
        node-meta non-voting-server pid-file primary-gateway protocol raft-protocol recursor \
        rejoin retry-interval retry-interval-wan retry-join retry-join-wan retry-max \
        retry-max-wan segment serf-lan-allowed-cidrs serf-lan-bind serf-lan-port \
        serf-wan-allowed-cidrs serf-wan-bind serf-wan-port server server-port syslog ui \
        ui-content-path ui-dir auto-reload-config read-replica";
    for name in names.split_whitespace() {
        if let Err(error) = words(&format!("-{name}=zz")) {
            assert!(!matches!(error, FlagError::Unknown(_)), "{name}: {error}");
        }
    }
}
