//! The samples under `deploy/samples` become running datacenters, with nothing changed but addresses, folders and the key.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test has nobody to hand an error to")]

use cluster::{Cluster, PATIENCE, Setup, until};
use serde_json::json;
use std::net::Ipv4Addr;
use std::path::Path;
use tidy::samples::{self, Node, ONE_DATACENTER, Role, Stage, Staged, TWO_DATACENTERS};

/// It guards nothing but this test.
const KEY: &str = "mRvO0cX2bWm5Y3yJYQ8m0T8m0m1m7Qe0vJ3uH8yqkYk=";

/// In the samples 10.D.0.11 on are the servers of datacenter D, 10.D.0.21 on its gateways, 10.D.0.31 on its client agents.
fn place(node: &Node) -> (usize, usize) {
    let [_, dc, _, host] = node.address.octets();
    let first = match node.role {
        Role::Server => 10,
        Role::Gateway => 12,
        Role::Client => 17,
    };
    (dc.into(), usize::from(host) - first)
}

fn setup(staged: Staged) -> Setup {
    let command = match staged.node.role {
        Role::Server | Role::Client => "agent",
        Role::Gateway => "gateway",
    };
    let name = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let files = staged.files.into_iter().map(|file| (name(&file.name), file.text)).collect();
    Setup { command, name: staged.node.name.to_owned(), address: staged.address, data: staged.data, files }
}

/// Starts the servers and gateways of `sample`, and returns what its client agents are to be started with.
async fn start(sample: &[Node]) -> (Cluster, Vec<Setup>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let mut agents = Vec::new();
    let cluster = Cluster::start_from(|address, data| {
        let address = |node: &Node| -> Ipv4Addr {
            let (dc, host) = place(node);
            address(dc, host)
        };
        let staged = samples::stage(root, sample, &Stage { address: &address, data, key: KEY }).unwrap();
        let mut setups: Vec<Vec<Setup>> = Vec::new();
        for staged in staged {
            let (dc, _) = place(&staged.node);
            if staged.node.role == Role::Client {
                agents.push(setup(staged));
                continue;
            }
            setups.resize_with(setups.len().max(dc), Vec::new);
            setups[dc - 1].push(setup(staged));
        }
        setups
    })
    .await;
    (cluster, agents)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_datacenter_starts() {
    let (mut cluster, mut agents) = start(ONE_DATACENTER).await;
    cluster.dc1().voters(&["dc1-server-1", "dc1-server-2", "dc1-server-3"]).await;
    assert!(cluster.dc1().gateways[0].is_running(), "{}", cluster.dc1().gateways[0].log_tail());

    let agent = cluster.start_one(agents.remove(0));
    until("the agent's service is in the catalog, with its check", PATIENCE, || async {
        let found = agent.http.json("/v1/health/service/web").await;
        found.is_some_and(|found| {
            found[0]["Node"]["Node"] == "dc1-client-1" && found[0]["Checks"].as_array().is_some_and(|all| all.len() == 2)
        })
    })
    .await;
    let own = agent.http.json("/v1/agent/self").await.unwrap();
    let counts = &own["Stats"]["agent"];
    assert_eq!((&counts["services"], &counts["checks"], &counts["check_ttls"]), (&json!("1"), &json!("1"), &json!("0")), "{own}");
}

/// That each server of both answers for both is what starting waits for.
#[tokio::test(flavor = "multi_thread")]
async fn two_datacenters_start_and_answer_for_each_other() {
    let (cluster, _) = start(TWO_DATACENTERS).await;
    let names = cluster.datacenters[1].servers[0].http.json("/v1/catalog/datacenters").await.unwrap();
    assert_eq!(names.as_array().unwrap().len(), 2, "{names}");
    for datacenter in &cluster.datacenters {
        let of = |number| format!("{}-server-{number}", datacenter.name);
        datacenter.voters(&[&of(1), &of(2), &of(3)]).await;
    }
}
