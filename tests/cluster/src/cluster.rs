//! Several datacenters, and the files of a run.

use crate::address::Block;
use crate::configuration::{self, Place};
use crate::namespace::{self, Link};
use crate::slot::Slot;
use crate::{Consistency, Datacenter, Namespace, Node, PATIENCE, Setup, Unavailable, until};
use serde_json::{Value, json};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Place of a datacenter's first gateway among its addresses.
const FIRST_GATEWAY: usize = 9;
/// Place of its first client agent.
const FIRST_CLIENT_AGENT: usize = 13;

/// Hosts beyond the link, where one datacenter is split: its third server and its second client agent.
const FAR: [usize; 2] = [3, FIRST_CLIENT_AGENT + 1];

/// How much of what is to be started.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Datacenters: `dc1`, `dc2`, …
    pub datacenters: usize,
    /// Servers in each.
    pub servers: usize,
    /// Gateways in each.
    pub gateways: usize,
    /// Members to add to every server's configuration.
    pub settings: Value,
    /// Members to add to every gateway's.
    pub gateway_settings: Value,
}

impl Default for Shape {
    /// One datacenter of three servers.
    fn default() -> Self {
        Self { datacenters: 1, servers: 3, gateways: 0, settings: json!({}), gateway_settings: json!({}) }
    }
}

/// Datacenters that run. Dropping it ends all of their processes; the files stay when the test failed.
#[derive(Debug)]
pub struct Cluster {
    /// The datacenters, in order.
    pub datacenters: Vec<Datacenter>,
    shape: Shape,
    net: Net,
    files: Option<TempDir>,
    _slot: Slot,
}

/// Where the processes have their addresses.
#[derive(Debug)]
enum Net {
    Loopback(Block),
    /// One namespace per datacenter.
    Link(Link),
    /// One datacenter, and [`FAR`] hosts of it in a namespace of their own.
    Split(Link),
}

impl Cluster {
    /// Starts datacenters on loopback, and waits until every one of them answers, for itself and for the others.
    pub async fn start(shape: Shape) -> Self {
        let slot = Slot::take().await;
        Self::start_on(Net::Loopback(Block::take()), shape, slot).await
    }

    /// Starts two datacenters, each in a network namespace of its own.
    ///
    /// # Errors
    /// [`Unavailable`] where there can be no namespaces; nothing was started.
    pub async fn start_in_namespaces(shape: Shape) -> Result<Self, Unavailable> {
        assert_eq!(shape.datacenters, 2, "there is one link, between two");
        let slot = Slot::take().await;
        Ok(Self::start_on(Net::Link(Link::new()?), shape, slot).await)
    }

    /// Starts one datacenter, of which the third server and the second client agent are in a network namespace of their own.
    ///
    /// # Errors
    /// [`Unavailable`] where there can be no namespaces; nothing was started.
    pub async fn start_split(shape: Shape) -> Result<Self, Unavailable> {
        assert_eq!((shape.datacenters, shape.servers), (1, 3), "there is one link, and two servers stay together");
        let slot = Slot::take().await;
        Ok(Self::start_on(Net::Split(Link::new()?), shape, slot).await)
    }

    async fn start_on(net: Net, shape: Shape, slot: Slot) -> Self {
        let files = directory_of_a_run();
        let mut cluster = Self { datacenters: Vec::new(), shape, net, files: Some(files), _slot: slot };
        for dc in 1..=cluster.shape.datacenters {
            let name = format!("dc{dc}");
            cluster.datacenters.push(Datacenter { name, servers: Vec::new(), gateways: Vec::new() });
            for _ in 1..=cluster.shape.servers {
                cluster.add_server(dc, &json!({}));
            }
            for number in 1..=cluster.shape.gateways {
                let gateway = cluster.gateway(dc, number);
                cluster.datacenters[dc - 1].gateways.push(gateway);
            }
        }
        cluster.ready().await;
        cluster
    }

    /// Starts what `setups` makes of the addresses (datacenter from 1, host from 1 to 15) and of a folder for data: the nodes of each
    /// datacenter, in order. Waits until every one of them answers, for itself and for the others.
    pub async fn start_from(setups: impl FnOnce(&dyn Fn(usize, usize) -> Ipv4Addr, &Path) -> Vec<Vec<Setup>>) -> Self {
        let slot = Slot::take().await;
        let files = directory_of_a_run();
        let block = Block::take();
        let setups = setups(&|dc, host| block.address(dc, host), &files.path().join("data"));
        let count = |setups: &[Setup], command| setups.iter().filter(|setup| setup.command == command).count();
        let (servers, gateways) = (count(&setups[0], "agent"), count(&setups[0], "gateway"));
        let shape = Shape { datacenters: setups.len(), servers, gateways, ..Shape::default() };
        let mut cluster = Self { datacenters: Vec::new(), shape, net: Net::Loopback(block), files: Some(files), _slot: slot };
        for (dc, setups) in setups.into_iter().enumerate() {
            let start = |setup: Setup| cluster.start_one(setup);
            let (servers, gateways) = setups.into_iter().partition::<Vec<_>, _>(|setup| setup.command == "agent");
            let servers = servers.into_iter().map(start).collect();
            let gateways = gateways.into_iter().map(start).collect();
            cluster.datacenters.push(Datacenter { name: format!("dc{}", dc + 1), servers, gateways });
        }
        cluster.ready().await;
        cluster
    }

    /// Starts one more node, of whatever kind, as `setup` has it.
    #[must_use]
    pub fn start_one(&self, setup: Setup) -> Node {
        let directory = self.directory(&setup.name);
        Node::start(setup, &directory, None)
    }

    async fn ready(&mut self) {
        for datacenter in &mut self.datacenters {
            datacenter.ready().await;
        }
        self.federated().await;
    }

    /// The first datacenter.
    pub fn dc1(&mut self) -> &mut Datacenter {
        &mut self.datacenters[0]
    }

    /// Starts one more server in datacenter `dc` (from 1), with these members added to its configuration; returns its place.
    pub fn add_server(&mut self, dc: usize, settings: &Value) -> usize {
        let number = self.datacenters[dc - 1].servers.len() + 1;
        let (name, address, servers) = (format!("dc{dc}-s{number}"), self.address(dc, number), self.servers(dc));
        let directory = self.directory(&name);
        let place = Place { dc: &format!("dc{dc}"), name: &name, address, directory: &directory, servers: &servers };
        let mut own = configuration::server(&place, self.shape.servers);
        if number > self.shape.servers {
            // Who comes later finds a datacenter there, and must not make another.
            own.as_object_mut().unwrap().remove("bootstrap_expect");
        }
        let own = configuration::with(configuration::with(own, &self.shape.settings), settings);
        let node = Node::start(Setup::of("agent", &name, address, &directory, &own), &directory, self.namespace(dc, number));
        self.datacenters[dc - 1].servers.push(node);
        number - 1
    }

    /// Starts a client agent, the `number`th (from 1, at the most 3) of datacenter `dc` (from 1), and waits until it answers.
    pub async fn client_agent(&self, dc: usize, number: usize, settings: &Value) -> Node {
        let (name, servers) = (format!("dc{dc}-c{number}"), self.servers(dc));
        let host = FIRST_CLIENT_AGENT - 1 + number;
        let (address, directory) = (self.address(dc, host), self.directory(&name));
        let place = Place { dc: &format!("dc{dc}"), name: &name, address, directory: &directory, servers: &servers };
        let own = configuration::with(configuration::with(configuration::client_agent(&place), &self.shape.settings), settings);
        let node = Node::start(Setup::of("agent", &name, address, &directory, &own), &directory, self.namespace(dc, host));
        until(&format!("{name} knows a leader"), PATIENCE, || async { node.known_leader().await.is_some() }).await;
        node
    }

    /// Waits until every server answers for every datacenter.
    pub async fn federated(&self) {
        for from in &self.datacenters {
            for to in self.datacenters.iter().filter(|to| to.name != from.name) {
                for server in &from.servers {
                    let path = format!("/v1/kv/ready/{}?dc={}", to.servers[0].name, to.name);
                    until(&format!("{} answers for {}", server.name, to.name), PATIENCE, || async {
                        server.http.get(&path).await.is_ok_and(|answer| answer.status == 200)
                    })
                    .await;
                }
            }
        }
    }

    /// Cuts the link between the datacenters, or through the one: from now on nothing passes, and nobody is told.
    pub fn cut(&self) {
        self.link().cut().unwrap();
    }

    /// Ends the cut.
    pub fn heal(&self) {
        self.link().heal().unwrap();
    }

    /// Waits until `key` holds `value` in every server's own state.
    pub async fn holds_everywhere(&self, dc: usize, key: &str, value: &str) {
        for server in &self.datacenters[dc - 1].servers {
            until(&format!("{} holds {key} = {value}", server.name), PATIENCE, || {
                let http = Arc::clone(&server.http);
                async move {
                    let entry = http.kv_get(key, Consistency::Stale, Duration::from_secs(2)).await;
                    matches!(entry, Ok(Some(entry)) if entry.value == value.as_bytes())
                }
            })
            .await;
        }
    }

    fn gateway(&self, dc: usize, number: usize) -> Node {
        let (name, address, servers) = (format!("dc{dc}-gw{number}"), self.address(dc, FIRST_GATEWAY - 1 + number), self.servers(dc));
        let directory = self.directory(&name);
        let wan: Vec<Ipv4Addr> = (0..self.shape.gateways).map(|other| self.address(1, FIRST_GATEWAY + other)).collect();
        let place = Place { dc: &format!("dc{dc}"), name: &name, address, directory: &directory, servers: &servers };
        let own = configuration::with(configuration::gateway(&place, &wan), &self.shape.gateway_settings);
        Node::start(Setup::of("gateway", &name, address, &directory, &own), &directory, self.namespace(dc, FIRST_GATEWAY - 1 + number))
    }

    /// Addresses of the servers that a datacenter begins with.
    fn servers(&self, dc: usize) -> Vec<Ipv4Addr> {
        (1..=self.shape.servers).map(|number| self.address(dc, number)).collect()
    }

    fn address(&self, dc: usize, host: usize) -> Ipv4Addr {
        match &self.net {
            Net::Loopback(block) => block.address(dc, host),
            Net::Link(_) => namespace::address(dc, host),
            Net::Split(_) => namespace::address(side(host), host),
        }
    }

    fn namespace(&self, dc: usize, host: usize) -> Option<Namespace> {
        match &self.net {
            Net::Loopback(_) => None,
            Net::Link(link) => Some(link.namespace(dc)),
            Net::Split(link) => Some(link.namespace(side(host))),
        }
    }

    fn link(&self) -> &Link {
        match &self.net {
            Net::Link(link) | Net::Split(link) => link,
            Net::Loopback(_) => panic!("loopback cannot be cut"),
        }
    }

    fn directory(&self, name: &str) -> PathBuf {
        self.files.as_ref().unwrap().path().join(name)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The processes first: they write.
        self.datacenters.clear();
        if let Some(files) = self.files.take()
            && (std::thread::panicking() || std::env::var_os("DELIAN_KEEP").is_some())
        {
            eprintln!("configurations, logs and data: {}", files.keep().display());
        }
    }
}

/// On which side of the link a host of a split datacenter is.
fn side(host: usize) -> usize {
    if FAR.contains(&host) { 2 } else { 1 }
}

fn directory_of_a_run() -> TempDir {
    tempfile::Builder::new().prefix("delian-cluster-").tempdir().unwrap()
}
