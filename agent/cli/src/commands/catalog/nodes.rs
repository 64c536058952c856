//! `catalog nodes`: the nodes of a datacenter, or those of a service.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{NODE_META, with_node_meta};
use crate::call::Call;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;
use crate::table;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["catalog", "nodes"],
    arguments: "[options]",
    summary: "Lists the nodes of a datacenter",
    about: "
Lists the nodes of a datacenter with the start of their IDs and their
addresses, or with all that is known about them:

    $ delian catalog nodes
    $ delian catalog nodes -detailed

Only those with an instance of a service, those with certain metadata, nearest
first:

    $ delian catalog nodes -service=web -node-meta=rack=a1 -near=_agent
",
    http: Http::Datacenter,
    flags: &[DETAILED, FILTER, NEAR, NODE_META, SERVICE],
    run,
};

const DETAILED: Flag = Flag::switch("detailed", "Show whole IDs, tagged addresses and metadata.");
const FILTER: Flag = Flag::text("filter", "string", "Only nodes for which this filter expression is true.");
const NEAR: Flag =
    Flag::text("near", "string", "Sort by the estimated round-trip time from this node; `_agent` is the node of the agent asked.");
const SERVICE: Flag = Flag::text("service", "name", "Only nodes with an instance of this service.");

/// Characters of a node's ID that are shown without `-detailed`.
const SHORT_ID: usize = 8;

/// A node, or an instance of a service with its node's fields: they differ in one name.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Node {
    #[serde(rename = "ID", default)]
    id: String,
    node: String,
    address: String,
    datacenter: String,
    #[serde(default)]
    tagged_addresses: Option<BTreeMap<String, String>>,
    #[serde(default, alias = "NodeMeta")]
    meta: Option<BTreeMap<String, String>>,
}

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    call.no_arguments()?;
    let request = match call.flags.non_empty(&SERVICE) {
        Some(service) => call.get(format!("/v1/catalog/service/{service}")),
        None => call.get("/v1/catalog/nodes"),
    };
    let request =
        with_node_meta(call, request).query_if("filter", call.flags.non_empty(&FILTER)).query_if("near", call.flags.non_empty(&NEAR));
    let nodes: Vec<Node> = call.client()?.ask_json(&request).map_err(|error| Failure::new(format_args!("Error listing nodes: {error}")))?;
    if nodes.is_empty() {
        return call.warn("No nodes match the given query - try expanding your search.");
    }
    let rows = if call.flags.is_on(&DETAILED) { detailed(&nodes) } else { simple(&nodes) };
    Ok(call.io.stdout.write_all(&table::list(&rows))?)
}

fn simple(nodes: &[Node]) -> Vec<Vec<String>> {
    let header = ["Node", "ID", "Address", "DC"].map(str::to_owned).to_vec();
    let rows = nodes.iter().map(|node| {
        let id = node.id.chars().take(SHORT_ID).collect();
        vec![node.node.clone(), id, node.address.clone(), node.datacenter.clone()]
    });
    std::iter::once(header).chain(rows).collect()
}

fn detailed(nodes: &[Node]) -> Vec<Vec<String>> {
    let header = ["Node", "ID", "Address", "DC", "TaggedAddresses", "Meta"].map(str::to_owned).to_vec();
    let rows = nodes.iter().map(|node| {
        vec![
            node.node.clone(),
            node.id.clone(),
            node.address.clone(),
            node.datacenter.clone(),
            joined(node.tagged_addresses.as_ref()),
            joined(node.meta.as_ref()),
        ]
    });
    std::iter::once(header).chain(rows).collect()
}

/// `a=b, c=d`, sorted by key.
fn joined(map: Option<&BTreeMap<String, String>>) -> String {
    let pairs: Vec<String> = map.into_iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join(", ")
}
