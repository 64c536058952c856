//! The samples under `deploy/` are configurations that the program takes, without a warning.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use tidy::samples::{self, FOLDER, KEY_PLACEHOLDER, Node, ONE_DATACENTER, Resolved, Role, Stage, Staged, TWO_DATACENTERS};

/// 32 bytes of zero.
const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

#[test]
fn every_node_of_every_sample_is_taken_without_a_complaint() {
    for sample in [ONE_DATACENTER, TWO_DATACENTERS] {
        for staged in stage(sample, KEY) {
            let resolved = staged.resolve().unwrap_or_else(|invalid| panic!("{}: {invalid}", staged.node.name));
            let (warnings, name, bound) = match &resolved {
                Resolved::Agent(server) => (&server.warnings, &server.node.node_name, server.addresses.bind_addr),
                Resolved::Gateway(gateway) => (&gateway.warnings, &gateway.node_name, gateway.bind_addr),
            };
            // What Consul says of every server that waits for others.
            let unexpected: Vec<&String> =
                warnings.iter().filter(|warning| *warning != "bootstrap_expect > 0: expecting 3 servers").collect();
            assert!(unexpected.is_empty(), "{}: {unexpected:?}", staged.node.name);
            assert_eq!(name, staged.node.name);
            assert_eq!(bound, IpAddr::V4(staged.address), "{}", staged.node.name);
        }
    }
}

#[test]
fn a_secondary_knows_its_primary_and_where_it_is() {
    let staged = stage(TWO_DATACENTERS, KEY);
    for staged in staged.iter().filter(|staged| staged.node.name.starts_with("dc2")) {
        match staged.resolve().unwrap() {
            Resolved::Agent(server) => {
                assert_eq!((server.node.datacenter.as_str(), server.node.primary_datacenter.as_str()), ("dc2", "dc1"))
            }
            Resolved::Gateway(gateway) => {
                assert_eq!((gateway.datacenter.as_str(), gateway.primary_datacenter.as_str()), ("dc2", "dc1"));
                let first = TWO_DATACENTERS.iter().find(|node| node.role == Role::Gateway).unwrap();
                assert_eq!(gateway.retry_join_wan.addrs, [loopback(first).to_string()]);
            }
        }
    }
}

#[test]
fn nothing_starts_with_the_key_of_the_samples() {
    for staged in stage(ONE_DATACENTER, KEY_PLACEHOLDER) {
        let invalid = staged.resolve().unwrap_err();
        assert_eq!(invalid.mistakes.len(), 1, "{}: {invalid}", staged.node.name);
        assert_eq!(invalid.mistakes[0].key, "encrypt", "{invalid}");
    }
}

#[test]
fn every_file_of_the_samples_belongs_to_one() {
    let used: BTreeSet<PathBuf> =
        [ONE_DATACENTER, TWO_DATACENTERS].concat().iter().flat_map(|node| node.files).map(|file| root().join(FOLDER).join(file)).collect();
    let mut there = BTreeSet::new();
    let mut folders = vec![root().join(FOLDER)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                there.insert(path);
            }
        }
    }
    assert_eq!(used, there);
}

#[test]
fn the_table_of_ports_names_the_default_ports() {
    let readme = fs::read_to_string(root().join("deploy/README.md")).unwrap();
    let staged = stage(ONE_DATACENTER, KEY);
    for staged in &staged {
        let ports: Vec<u16> = match staged.resolve().unwrap() {
            Resolved::Agent(agent) => {
                [agent.ports.http, agent.ports.dns, agent.ports.serf_lan, agent.ports.server].into_iter().flatten().collect()
            }
            Resolved::Gateway(gateway) => [gateway.ports.serf_lan, gateway.ports.serf_wan].into_iter().flatten().collect(),
        };
        assert!(ports.len() >= 2);
        for port in ports {
            assert!(readme.contains(&format!("| {port} |")), "deploy/README.md has no row for port {port} of {}", staged.node.name);
        }
    }
}

fn stage(sample: &[Node], key: &str) -> Vec<Staged> {
    samples::stage(root(), sample, &Stage { address: &loopback, data: Path::new("/data"), key }).unwrap()
}

/// 127.<the last three numbers of the sample's address>.
fn loopback(node: &Node) -> Ipv4Addr {
    let [_, dc, rest, host] = node.address.octets();
    Ipv4Addr::new(127, dc, rest, host)
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
