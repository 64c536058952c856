//! What `delian dev` starts.

use crate::settings::Observers;
use anyhow::{Context, bail};
use config::{Flags, Host, Inputs, Level};
use desk::{AgentSettings, HttpAddress};
use gateway::{GatewaySettings, Ports};
use members::GossipKey;
use server::Settings;
use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

pub(super) const USAGE: &str = "Usage: delian dev [options]

  Starts whole datacenters in this one process, on loopback and in memory, each
  with its servers and its gateway; registers a service in the second, asks for
  it from the first, and stays until it is interrupted.

  -datacenters=<n>   How many datacenters (2).
  -servers=<n>       Servers in each (1).
  -http-port=<port>  Port of the first server's HTTP API (8500); the others take
                     any free one.
  -dns-port=<port>   Port of the first server's DNS (8600); likewise.
  -log-level=<level> trace, debug, info, warn or error (error).
";

/// More than this is no trial any more.
const MOST_DATACENTERS: u32 = 9;
const MOST_SERVERS: u32 = 7;
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

pub(super) struct Plan {
    pub(super) datacenters: u32,
    pub(super) servers: u32,
    pub(super) log_level: Level,
    http_port: u16,
    dns_port: u16,
    key: GossipKey,
}

impl Plan {
    /// `None` when only help was wanted.
    pub(super) fn parse(words: &[OsString]) -> anyhow::Result<Option<Self>> {
        let key = GossipKey::new(&rand::random::<[u8; 32]>()).context("gossip key")?;
        let mut plan = Self { datacenters: 2, servers: 1, log_level: Level::Error, http_port: 8500, dns_port: 8600, key };
        let mut words = words.iter().map(|word| word.to_string_lossy().into_owned());
        while let Some(word) = words.next() {
            let Some(flag) = word.strip_prefix("--").or_else(|| word.strip_prefix('-')) else {
                bail!("Unexpected extra argument: {word:?}")
            };
            if matches!(flag, "h" | "help") {
                return Ok(None);
            }
            let (name, value) = match flag.split_once('=') {
                Some((name, value)) => (name.to_owned(), value.to_owned()),
                None => (flag.to_owned(), words.next().with_context(|| format!("flag needs an argument: -{flag}"))?),
            };
            plan.set(&name, &value)?;
        }
        Ok(Some(plan))
    }

    fn set(&mut self, name: &str, value: &str) -> anyhow::Result<()> {
        let invalid = || format!("invalid value {value:?} for flag -{name}");
        let count = |most: u32| -> anyhow::Result<u32> {
            let count: u32 = value.parse().with_context(invalid)?;
            if (1..=most).contains(&count) { Ok(count) } else { bail!("{}: 1 to {most} are possible", invalid()) }
        };
        match name {
            "datacenters" => self.datacenters = count(MOST_DATACENTERS)?,
            "servers" => self.servers = count(MOST_SERVERS)?,
            "http-port" => self.http_port = value.parse().with_context(invalid)?,
            "dns-port" => self.dns_port = value.parse().with_context(invalid)?,
            "log-level" => {
                self.log_level = match value.to_ascii_lowercase().as_str() {
                    "trace" => Level::Trace,
                    "debug" => Level::Debug,
                    "info" => Level::Info,
                    "warn" => Level::Warn,
                    "err" | "error" => Level::Error,
                    _ => bail!(invalid()),
                }
            }
            _ => bail!("flag provided but not defined: -{name}"),
        }
        Ok(())
    }

    /// Server `n` of datacenter `number`, which joins those at `lan`.
    pub(super) fn server(&self, number: u32, n: u32, lan: &[String], observers: Observers) -> anyhow::Result<Settings> {
        // Consul's -dev is the base; only what has to differ between servers of one process is said here.
        let flags = ["-dev".to_owned(), format!("-datacenter=dc{number}"), format!("-node=dc{number}-s{n}")];
        let flags = Flags::parse(flags)?;
        let host = Host { name: "dev".to_owned(), addresses: vec![("lo".to_owned(), LOOPBACK)] };
        let config = config::resolve(&Inputs { flags, files: Vec::new(), host })?;
        let (http, dns) = if (number, n) == (1, 1) { (self.http_port, self.dns_port) } else { (0, 0) };
        let agent = AgentSettings {
            primary_datacenter: "dc1".to_owned(),
            lan_port: 0,
            http: vec![HttpAddress::Tcp(SocketAddr::new(LOOPBACK, http))],
            dns: vec![SocketAddr::new(LOOPBACK, dns)],
            encrypt: Some(self.key.clone()),
            keyring_file: false,
            retry_join: lan.to_vec(),
            retry_interval: Duration::from_millis(500),
            ..crate::settings::agent(&config, observers)?
        };
        Ok(Settings { agent, rpc_port: 0, bootstrap_expect: self.servers, ..crate::settings::server(&config, Observers::default())? })
    }

    /// The gateway of datacenter `number`.
    pub(super) fn gateway(&self, number: u32, lan: &[String], wan: &[String]) -> anyhow::Result<GatewaySettings> {
        let settings = GatewaySettings::new(&format!("dc{number}"), &format!("dc{number}-gw1"));
        Ok(GatewaySettings {
            primary_datacenter: "dc1".to_owned(),
            bind: LOOPBACK,
            ports: Ports { serf_lan: 0, serf_wan: 0, rpc: 0 },
            encrypt: Some(self.key.clone()),
            retry_join: lan.to_vec(),
            retry_join_wan: wan.to_vec(),
            lan: members::Config { pool: settings.lan.pool.clone(), ..members::Config::dev() },
            ..settings
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn flags_are_read_and_bounded() {
        let parse = |words: &[&str]| Plan::parse(&words.iter().map(OsString::from).collect::<Vec<_>>());
        let plan = parse(&["-datacenters", "3", "--servers=5", "-http-port=0", "-dns-port=53"]).unwrap().unwrap();
        assert_eq!((plan.datacenters, plan.servers, plan.http_port, plan.dns_port), (3, 5, 0, 53));
        assert!(parse(&["-h"]).unwrap().is_none());
        for bad in [&["-datacenters=0"][..], &["-servers=99"], &["-servers"], &["-nope=1"], &["what"], &["-log-level=loud"]] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
