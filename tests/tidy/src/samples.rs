//! The sample configurations under `deploy/samples`, with addresses, folders and the key put in, so that they can be read and started.

use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use config::{Config, Flags, GatewayConfig, Host, Inputs, Invalid, Source};
use hcl::Format;

/// Where the samples lie below the root.
pub const FOLDER: &str = "deploy/samples";

/// What stands where the operator puts the gossip key; it is no key, so nothing starts with it.
pub const KEY_PLACEHOLDER: &str = "the output of delian keygen";

/// Which command a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// `delian agent`, with `server = true`.
    Server,
    /// `delian agent` without.
    Client,
    /// `delian gateway`.
    Gateway,
}

/// One process of a sample.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    /// Its name, which the sample gives it.
    pub name: &'static str,
    /// Which command it is.
    pub role: Role,
    /// Its address in the sample.
    pub address: Ipv4Addr,
    /// Its files below [`FOLDER`], in the order the command reads them.
    pub files: &'static [&'static str],
}

/// One datacenter of servers, a gateway and an agent with a service.
pub const ONE_DATACENTER: &[Node] = &[
    server("dc1-server-1", [10, 1, 0, 11], &["one-datacenter/datacenter.hcl", "one-datacenter/server-1.hcl", "one-datacenter/server.hcl"]),
    server("dc1-server-2", [10, 1, 0, 12], &["one-datacenter/datacenter.hcl", "one-datacenter/server-2.hcl", "one-datacenter/server.hcl"]),
    server("dc1-server-3", [10, 1, 0, 13], &["one-datacenter/datacenter.hcl", "one-datacenter/server-3.hcl", "one-datacenter/server.hcl"]),
    gateway("dc1-gateway-1", [10, 1, 0, 21], &["one-datacenter/gateway.hcl"]),
    client("dc1-client-1", [10, 1, 0, 31], &["one-datacenter/client.hcl", "one-datacenter/datacenter.hcl", "one-datacenter/web.hcl"]),
];

/// Two of them, federated.
pub const TWO_DATACENTERS: &[Node] = &[
    server(
        "dc1-server-1",
        [10, 1, 0, 11],
        &["two-datacenters/dc1/datacenter.hcl", "two-datacenters/dc1/server-1.hcl", "two-datacenters/dc1/server.hcl"],
    ),
    server(
        "dc1-server-2",
        [10, 1, 0, 12],
        &["two-datacenters/dc1/datacenter.hcl", "two-datacenters/dc1/server-2.hcl", "two-datacenters/dc1/server.hcl"],
    ),
    server(
        "dc1-server-3",
        [10, 1, 0, 13],
        &["two-datacenters/dc1/datacenter.hcl", "two-datacenters/dc1/server-3.hcl", "two-datacenters/dc1/server.hcl"],
    ),
    gateway("dc1-gateway-1", [10, 1, 0, 21], &["two-datacenters/dc1/gateway.hcl"]),
    server(
        "dc2-server-1",
        [10, 2, 0, 11],
        &["two-datacenters/dc2/datacenter.hcl", "two-datacenters/dc2/server-1.hcl", "two-datacenters/dc2/server.hcl"],
    ),
    server(
        "dc2-server-2",
        [10, 2, 0, 12],
        &["two-datacenters/dc2/datacenter.hcl", "two-datacenters/dc2/server-2.hcl", "two-datacenters/dc2/server.hcl"],
    ),
    server(
        "dc2-server-3",
        [10, 2, 0, 13],
        &["two-datacenters/dc2/datacenter.hcl", "two-datacenters/dc2/server-3.hcl", "two-datacenters/dc2/server.hcl"],
    ),
    gateway("dc2-gateway-1", [10, 2, 0, 21], &["two-datacenters/dc2/gateway.hcl"]),
];

const fn server(name: &'static str, address: [u8; 4], files: &'static [&'static str]) -> Node {
    let [a, b, c, d] = address;
    Node { name, role: Role::Server, address: Ipv4Addr::new(a, b, c, d), files }
}

const fn client(name: &'static str, address: [u8; 4], files: &'static [&'static str]) -> Node {
    let [a, b, c, d] = address;
    Node { name, role: Role::Client, address: Ipv4Addr::new(a, b, c, d), files }
}

const fn gateway(name: &'static str, address: [u8; 4], files: &'static [&'static str]) -> Node {
    let [a, b, c, d] = address;
    Node { name, role: Role::Gateway, address: Ipv4Addr::new(a, b, c, d), files }
}

/// What is put in place of what the samples say.
pub struct Stage<'s> {
    /// The address of a node: every other on a host of its own, all on the default ports.
    pub address: &'s dyn Fn(&Node) -> Ipv4Addr,
    /// Where the data of all nodes lies, each in a folder of its name.
    pub data: &'s Path,
    /// A gossip key as `delian keygen` prints it.
    pub key: &'s str,
}

/// A node ready to be written down and started.
#[derive(Debug)]
pub struct Staged {
    /// The node as the sample has it.
    pub node: Node,
    /// Its address now.
    pub address: Ipv4Addr,
    /// Its data.
    pub data: PathBuf,
    /// Its files, in the order of [`Node::files`].
    pub files: Vec<Source>,
}

/// What a node's files say.
#[derive(Debug)]
pub enum Resolved {
    /// Of a server or a client agent.
    Agent(Box<Config>),
    /// Of a gateway.
    Gateway(Box<GatewayConfig>),
}

/// The nodes of `sample` as `stage` has them. `root` is the workspace's.
///
/// # Errors
/// The first file that cannot be read.
pub fn stage(root: &Path, sample: &[Node], stage: &Stage<'_>) -> io::Result<Vec<Staged>> {
    let mut staged = Vec::new();
    for node in sample {
        let data = stage.data.join(node.name);
        let mut files = Vec::new();
        for file in node.files {
            let text = fs::read_to_string(root.join(FOLDER).join(file))?;
            let text = replace(&text, node, sample, stage, &data);
            files.push(Source { name: (*file).to_owned(), text, format: Format::Hcl });
        }
        staged.push(Staged { node: *node, address: (stage.address)(node), data, files });
    }
    Ok(staged)
}

fn replace(text: &str, node: &Node, sample: &[Node], stage: &Stage<'_>, data: &Path) -> String {
    let quoted = |text: &str| format!("\"{text}\"");
    // Where all nodes are on one machine, each answers its clients on an address of its own.
    let text = text.replace(&quoted("127.0.0.1"), &quoted(&node.address.to_string()));
    let mut text = text.replace(&quoted(KEY_PLACEHOLDER), &quoted(stage.key));
    for folder in ["/var/lib/delian", "/var/lib/delian-gateway"] {
        text = text.replace(&quoted(folder), &quoted(&data.display().to_string()));
    }
    // To marks first: an address put in for one node may be what the sample says of another.
    for (number, node) in sample.iter().enumerate() {
        text = text.replace(&quoted(&node.address.to_string()), &format!("\"<{number}>\""));
    }
    for (number, node) in sample.iter().enumerate() {
        text = text.replace(&format!("\"<{number}>\""), &quoted(&(stage.address)(node).to_string()));
    }
    text
}

impl Staged {
    /// What the program makes of the files.
    ///
    /// # Errors
    /// Every mistake in them.
    pub fn resolve(&self) -> Result<Resolved, Invalid> {
        let host = Host { name: "sample".to_owned(), addresses: Vec::new() };
        match self.node.role {
            Role::Server | Role::Client => {
                let inputs = Inputs { flags: Flags::default(), files: self.files.clone(), host };
                Ok(Resolved::Agent(Box::new(config::resolve(&inputs)?)))
            }
            Role::Gateway => Ok(Resolved::Gateway(Box::new(config::resolve_gateway(&self.files, &host)?))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_be_exchanged_and_only_whole_ones_are() {
        let sample = [server("a", [10, 0, 0, 1], &[]), server("b", [10, 0, 0, 2], &[])];
        let address = |node: &Node| if node.name == "a" { Ipv4Addr::new(10, 0, 0, 2) } else { Ipv4Addr::new(10, 0, 0, 1) };
        let on = Stage { address: &address, data: Path::new("/d"), key: "K" };
        let text = format!(
            "x = [\"10.0.0.1\", \"10.0.0.2\", \"10.0.0.11\"]\nencrypt = \"{KEY_PLACEHOLDER}\"\ndata_dir = \"/var/lib/delian\"\nclient_addr = \"127.0.0.1\""
        );
        let replaced = replace(&text, &sample[0], &sample, &on, Path::new("/d/a"));
        assert_eq!(
            replaced,
            "x = [\"10.0.0.2\", \"10.0.0.1\", \"10.0.0.11\"]\nencrypt = \"K\"\ndata_dir = \"/d/a\"\nclient_addr = \"10.0.0.2\""
        );
    }
}
