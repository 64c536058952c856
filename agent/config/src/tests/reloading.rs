//! What a reload takes, and what it leaves.

use super::{flags, hcl_file, host};
use crate::{Config, GatewayConfig, Inputs, Invalid, Reloaded, reload, reload_gateway, resolve};
use std::time::Duration;

const STARTED: &str =
    r#"data_dir = "/var/lib/x" node_name = "n" node_meta { rack = "1" } ports { http = 8500 } dns_config { node_ttl = "1s" }"#;

fn started(words: &str, text: &str) -> Inputs {
    Inputs { flags: flags(words), files: vec![hcl_file("a.hcl", text)], host: host() }
}

fn reread(words: &str, before: &str, now: &str) -> Result<Reloaded<Config>, Invalid> {
    reload(&started(words, before), vec![hcl_file("a.hcl", now)])
}

#[test]
fn live_keys_are_taken_and_the_others_named() {
    let now = r#"data_dir = "/var/lib/x" node_name = "m"
        node_meta { rack = "2" } ports { http = 8501 } dns_config { node_ttl = "2s" } log_level = "warn"
        raft_snapshot_threshold = 7 raft_snapshot_interval = "8s" raft_trailing_logs = 9 raft_protocol = 2"#;
    let Reloaded { config, kept } = reread("", STARTED, now).unwrap();
    assert_eq!(config.node.node_meta.get("rack").map(String::as_str), Some("2"));
    assert_eq!((config.dns.node_ttl, config.log.level), (Duration::from_secs(2), crate::Level::Warn));
    let raft = crate::Raft { protocol: 3, snapshot_threshold: 7, snapshot_interval: Duration::from_secs(8), trailing_logs: 9 };
    assert_eq!((config.node.node_name.as_str(), config.ports.http, config.raft), ("n", Some(8500), raft));
    assert_eq!(kept, ["a.hcl:1:25: node_name", "a.hcl:2:42: ports.http", "a.hcl:3:90: raft_protocol"]);
}

#[test]
fn a_key_that_was_taken_out_is_as_if_it_had_never_been_said() {
    let Reloaded { config, kept } = reread("", STARTED, r#"data_dir = "/var/lib/x" ports { http = 8600 dns = 8601 }"#).unwrap();
    assert_eq!((config.node.node_meta.len(), config.dns.node_ttl), (0, Duration::ZERO));
    assert_eq!((config.node.node_name.as_str(), config.ports.http, config.ports.dns), ("n", Some(8500), Some(8600)));
    assert_eq!(kept, ["node_name", "a.hcl:1:45: ports.dns", "a.hcl:1:33: ports.http"]);
}

#[test]
fn a_default_that_is_written_out_is_no_change() {
    let same = format!("{STARTED} datacenter = \"dc1\" retry_interval = \"30s\" server = false");
    assert_eq!(reread("", STARTED, &same).unwrap(), reread("", STARTED, STARTED).unwrap());
    assert!(reread("", STARTED, STARTED).unwrap().kept.is_empty());
}

#[test]
fn flags_go_on_to_win_over_files() {
    let Reloaded { config, kept } =
        reread("-log-level=err -http-port=1", STARTED, "data_dir = \"/var/lib/x\" log_level = \"debug\"").unwrap();
    assert_eq!((config.log.level, config.ports.http), (crate::Level::Error, Some(1)));
    assert_eq!(kept, ["node_name"]);
}

#[test]
fn definitions_and_watches_are_those_of_now() {
    let now = format!(r#"{STARTED} service {{ name = "web" }} watches = [{{ type = "nodes", args = ["x"] }}]"#);
    let Reloaded { config, kept } = reread("", STARTED, &now).unwrap();
    assert_eq!((config.local.services.len(), config.watches.len(), kept.len()), (1, 1, 0));
}

#[test]
fn mistakes_and_warnings_are_those_of_the_files() {
    let refused = |now: &str| reread("", STARTED, now).unwrap_err().mistakes.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(refused("data_dir = \"/var/lib/x\" nope = 1"), ["a.hcl:1:25: invalid config key nope"]);
    // A key that would not be taken must make sense all the same: the next start would fail on it.
    assert_eq!(refused("data_dir = \"\"").len(), 1);
    let warned = reread("", STARTED, &format!("{STARTED} ui = true")).unwrap();
    assert!(warned.config.warnings.iter().any(|warning| warning.contains("'ui' field is deprecated")), "{:?}", warned.config.warnings);
}

#[test]
fn the_first_reload_is_not_what_the_second_is_measured_by() {
    let began = started("", STARTED);
    let changed = || vec![hcl_file("a.hcl", &STARTED.replace("8500", "8501"))];
    assert_eq!(reload(&began, changed()).unwrap().kept, reload(&began, changed()).unwrap().kept);
    assert_eq!(reload(&began, began.files.clone()).unwrap().config, resolve(&began).unwrap());
}

#[test]
fn a_gateway_takes_its_certificates_and_its_log_level() {
    let files = |text: &str| [hcl_file("g.hcl", &format!("data_dir = \"/d\" encrypt = \"\" {text}"))];
    let said = r#"log_level = "debug" retry_join = ["10.0.0.9"] tls { internal_rpc { ca_file = "/ca" } }"#;
    let Reloaded { config, kept }: Reloaded<GatewayConfig> = reload_gateway(&files(""), &files(said), &host()).unwrap();
    assert_eq!((config.log_level, config.internal_rpc.ca_file), (crate::Level::Debug, Some("/ca".into())));
    assert_eq!((config.retry_join.addrs.len(), kept), (0, vec!["g.hcl:1:50: retry_join".to_owned()]));
}
