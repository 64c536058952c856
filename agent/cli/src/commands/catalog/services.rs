//! `catalog services`: the services of a datacenter, or those of a node.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{NODE_META, with_node_meta};
use crate::call::Call;
use crate::client::ApiError;
use crate::command::Command;
use crate::failure::Failure;
use crate::flag::Flag;
use crate::http_options::Http;
use crate::http_options::NAMESPACE;
use crate::table;

pub(in crate::commands) const COMMAND: Command = Command {
    path: &["catalog", "services"],
    arguments: "[options]",
    summary: "Lists the services of a datacenter",
    about: "
Lists the names of all services, with -tags each with the tags of its
instances:

    $ delian catalog services -tags

Only those with an instance on one node, or on nodes with certain metadata:

    $ delian catalog services -node=web-1
    $ delian catalog services -node-meta=rack=a1
",
    http: Http::Datacenter,
    flags: &[NAMESPACE, NODE, NODE_META, TAGS],
    run,
};

const NODE: Flag = Flag::text("node", "id or name", "Only services on this node, given by ID or name.");
const TAGS: Flag = Flag::switch("tags", "Show the tags of each service, sorted and separated by commas.");

/// Tags by service name.
type Services = BTreeMap<String, Vec<String>>;

/// The services of one node; the answer is `null` for a node that does not exist.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NodeServices {
    #[serde(default)]
    services: Option<BTreeMap<String, Instance>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Instance {
    service: String,
    #[serde(default)]
    tags: Option<Vec<String>>,
}

fn run(call: &mut Call<'_, '_>) -> Result<(), Failure> {
    call.no_arguments()?;
    let services = services(call)?.map_err(|error| Failure::new(format_args!("Error listing services: {error}")))?;
    if services.is_empty() {
        return call.warn("No services match the given query - try expanding your search.");
    }
    if !call.flags.is_on(&TAGS) {
        return services.keys().try_for_each(|name| call.line(name));
    }
    let rows: Vec<(String, String)> = services
        .into_iter()
        .map(|(name, mut tags)| {
            tags.sort_unstable();
            (name, tags.join(","))
        })
        .collect();
    Ok(call.io.stdout.write_all(&table::details(&rows))?)
}

fn services(call: &Call<'_, '_>) -> Result<Result<Services, ApiError>, Failure> {
    let client = call.client()?;
    let Some(node) = call.flags.non_empty(&NODE) else {
        return Ok(client.ask_json(&with_node_meta(call, call.get("/v1/catalog/services"))));
    };
    let request = with_node_meta(call, call.get(format!("/v1/catalog/node/{node}")));
    let answer: Result<Option<NodeServices>, ApiError> = client.ask_json(&request);
    Ok(answer.map(|answer| {
        let mut services = Services::new();
        let instances = answer.and_then(|node| node.services).unwrap_or_default();
        for instance in instances.into_values() {
            services.entry(instance.service).or_default().extend(instance.tags.unwrap_or_default());
        }
        services
    }))
}
