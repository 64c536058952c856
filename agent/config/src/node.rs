//! Who this agent is: datacenter, name, role.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::reader::{Context, Findings, Reader};

/// Identity and role of the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Lower case, of letters, digits, `-` and `_`.
    pub datacenter: String,
    /// The datacenter that holds ACLs and roots; `datacenter` unless configured.
    pub primary_datacenter: String,
    /// Not empty; may be no DNS label (then there is a warning).
    pub node_name: String,
    /// The configured id; without one the agent keeps its own in `data_dir`.
    pub node_id: Option<NodeId>,
    /// At most 64 pairs; keys of at most 128 letters, digits, `-` and `_`, values of at most 512 bytes.
    pub node_meta: BTreeMap<String, String>,
    /// The DNS zone with a dot at the end.
    pub domain: String,
    /// A second zone with a dot at the end.
    pub alt_domain: Option<String>,
    /// Whether this agent is a server.
    pub server: bool,
    /// Servers to wait for before the first election; 1 for `bootstrap`, 0 to wait for an election
    /// held by others.
    pub bootstrap_expect: u32,
    /// `-dev`: state in memory only.
    pub dev: bool,
    /// Where state is kept; none only with `-dev`.
    pub data_dir: Option<PathBuf>,
    /// Where to write the process id.
    pub pid_file: Option<PathBuf>,
    /// Whether endpoints for profiling are on.
    pub enable_debug: bool,
    /// Least TTL of a session.
    pub session_ttl_min: Duration,
}

/// A UUID in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NodeId(String);

impl NodeId {
    /// Reads 8-4-4-4-12 hexadecimal digits in either case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let groups: Vec<_> = text.split('-').collect();
        let lengths = groups.iter().map(|group| group.len());
        let digits = groups.concat().bytes().all(|b| b.is_ascii_hexdigit());
        (digits && lengths.eq([8, 4, 4, 4, 12])).then(|| Self(text.to_ascii_lowercase()))
    }

    /// The 36 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(crate) fn resolve(context: &Context<'_>) -> (Node, Findings) {
    let mut read = Reader::new(context);
    let datacenter = match read.text("datacenter") {
        Some("") => {
            read.wrong("datacenter", "datacenter cannot be empty");
            String::new()
        }
        Some(name) => datacenter(&mut read, "datacenter", name),
        None => "dc1".to_owned(),
    };
    let primary_datacenter = match read.filled("primary_datacenter") {
        Some(name) => self::datacenter(&mut read, "primary_datacenter", name),
        None => datacenter.clone(),
    };
    let server = read.is("server");
    let data_dir = read.filled("data_dir").map(PathBuf::from);
    let absent = context.complete && !read.is_set("data_dir");
    if (absent || read.text("data_dir") == Some("")) && !context.dev {
        read.wrong("data_dir", "data_dir cannot be empty");
    }
    let node = Node {
        datacenter,
        primary_datacenter,
        node_name: node_name(&mut read, &context.host.name),
        node_id: node_id(&mut read),
        node_meta: node_meta(&mut read),
        domain: zone(read.filled("domain").unwrap_or("consul")),
        alt_domain: read.filled("alt_domain").map(zone),
        server,
        bootstrap_expect: bootstrap(&mut read, server, context.dev),
        dev: context.dev,
        data_dir,
        pid_file: read.filled("pid_file").map(PathBuf::from),
        enable_debug: read.is("enable_debug"),
        session_ttl_min: read.duration("session_ttl_min", Duration::from_secs(10)),
    };
    (node, read.finish())
}

fn datacenter(read: &mut Reader<'_>, key: &str, name: &str) -> String {
    let name = name.to_lowercase();
    let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    if !name.bytes().all(allowed) {
        let message = format!("{key} cannot be {name:?}. Please use only [a-z0-9-_]");
        read.wrong(key, message);
    }
    name
}

fn node_name(read: &mut Reader<'_>, host_name: &str) -> String {
    let name = read.filled("node_name").unwrap_or(host_name).trim();
    if name.is_empty() {
        read.wrong("node_name", "node_name cannot be empty");
    } else if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        read.warn(format!(
            "Node name {name:?} will not be discoverable via DNS due to invalid characters. \
             Valid characters include all alpha-numerics and dashes."
        ));
    } else if name.len() > 63 {
        read.warn(format!(
            "Node name {name:?} will not be discoverable via DNS due to it being too long. \
             Valid lengths are between 1 and 63 bytes."
        ));
    }
    name.to_owned()
}

fn node_id(read: &mut Reader<'_>) -> Option<NodeId> {
    let text = read.filled("node_id")?;
    let id = NodeId::parse(text);
    if id.is_none() {
        read.wrong("node_id", "specified NodeID is invalid: node_id is no UUID");
    }
    id
}

fn node_meta(read: &mut Reader<'_>) -> BTreeMap<String, String> {
    let mut meta = BTreeMap::new();
    for (name, value) in read.pairs("node_meta") {
        if let Err(reason) = check_meta(name, &value.value) {
            let value_text = &value.value;
            let message = format!("node_meta invalid: Couldn't load metadata pair ('{name}', '{value_text}'): {reason}");
            read.wrong_at(Some(value.origin.clone()), "node_meta", message);
        }
        meta.insert(name.to_owned(), value.value.clone());
    }
    if meta.len() > 64 {
        let message = "node_meta invalid: Node metadata cannot contain more than 64 key/value pairs";
        read.wrong("node_meta", message);
    }
    meta
}

fn check_meta(name: &str, value: &str) -> Result<(), &'static str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if name.is_empty() {
        Err("Key cannot be blank")
    } else if !name.bytes().all(allowed) {
        Err("Key contains invalid characters")
    } else if name.len() > 128 {
        Err("Key is too long (limit: 128 characters)")
    } else if name.starts_with("consul-") {
        Err("Key prefix 'consul-' is reserved for internal use")
    } else if value.len() > 512 {
        Err("Value is too long (limit: 512 characters)")
    } else {
        Ok(())
    }
}

/// The zone with exactly one dot at the end.
fn zone(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

/// How many servers to wait for, after the rules between `server`, `bootstrap` and
/// `bootstrap_expect`.
fn bootstrap(read: &mut Reader<'_>, server: bool, dev: bool) -> u32 {
    let alone = read.is("bootstrap");
    let key = "bootstrap_expect";
    let expect = match read.int(key) {
        Some(number @ ..0) => {
            let rule = "Must be greater than or equal to zero";
            read.wrong(key, format!("{key} cannot be {number}. {rule}"));
            0
        }
        _ => read.count(key, 0_u32),
    };
    if alone && !server {
        read.wrong("bootstrap", "'bootstrap = true' requires 'server = true'");
    }
    if expect > 0 && !server {
        read.wrong(key, "'bootstrap_expect > 0' requires 'server = true'");
    }
    if expect > 0 && dev {
        read.wrong(key, "'bootstrap_expect > 0' not allowed in dev mode");
    }
    if alone && expect > 0 {
        let message = "'bootstrap_expect > 0' and 'bootstrap = true' are mutually exclusive";
        read.wrong(key, message);
    }
    match expect {
        0 => {}
        1 => read.warn("BootstrapExpect is set to 1; this is the same as Bootstrap mode."),
        2 => read.warn("bootstrap_expect = 2: A cluster with 2 servers will provide no failure tolerance."),
        n if n % 2 == 0 => read.warn(
            "bootstrap_expect is even number: A cluster with an even number of servers does not \
             achieve optimum fault tolerance.",
        ),
        _ => {}
    }
    if alone || expect == 1 {
        read.warn("bootstrap = true: do not enable unless necessary");
    } else if expect > 1 {
        read.warn(format!("bootstrap_expect > 0: expecting {expect} servers"));
    }
    let single = alone || (dev && server);
    if single { 1 } else { expect }
}
